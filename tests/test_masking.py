"""Telephone and identity numbers in free text: hidden wherever they stand, and nothing else is."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gridmap.access import Mask, mask
from gridmap.address.masking import mask_numbers, mask_within
from gridmap.model.kinds import kind_named
from gridmap.services.masking import as_stored, masked_record

WORDS = st.text(alphabet="解放路号栋室电话请回身份证，。、；（）()：: \n\t-+/.A?粤x１２0123456789*", max_size=30)
MOBILES = st.builds(lambda head, rest: f"1{head}{rest:09}", st.integers(3, 9), st.integers(0, 10**9 - 1))
IDENTITIES = st.builds(
    lambda area, year, rest, last: f"{area}{year}{rest:07}{last}",
    st.integers(110000, 659999),
    st.integers(1900, 2099),
    st.integers(0, 10**7 - 1),
    st.sampled_from("0123456789Xx"),
)
LANDLINES = st.builds(
    lambda area, rest: f"{area}-{rest}",
    st.sampled_from(("010", "020", "0571", "0755")),
    st.integers(10**7, 10**8 - 1),
)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
ways = st.sampled_from(
    (
        lambda number: number,
        lambda number: number.translate(FULL_WIDTH),
        "\u200b".join,
        lambda number: f"+86{number}",
        lambda number: f"0086{number}",
        lambda number: f"{number[:3]} {number[3:7]} {number[7:]}",
        lambda number: f"{number[:3]}-{number[3:7]}-{number[7:]}",
        lambda number: f"{number[:3]}　{number[3:]}",
    )
)


def digits(text: str) -> str:
    return re.sub(r"[^0-9Xx*]", "", text.translate(str.maketrans("０１２３４５６７８９", "0123456789")))


def stands_alone(before: str, after: str) -> bool:
    """Whether a number between these is one: not a part of a longer row of digits, nor the decimals of a place."""
    ends = re.search(r"[0-9０-９]\Z|[0-9０-９]{1,3}\.\Z", re.sub(r"[^0-9０-９.]+\Z", "", before))
    return not (ends or re.match(r"\W*[0-9０-９]", after))


@given(before=WORDS, number=st.one_of(MOBILES, IDENTITIES, LANDLINES), after=WORDS)
def test_a_number_anywhere_in_a_text_loses_its_middle(before: str, number: str, after: str) -> None:
    assume(stands_alone(before, after))
    shown = mask_numbers(before + number + after)
    plain = number.replace("-", "")
    head = 6 if len(plain) == 18 else 3
    inner = shown[len(before) : len(before) + len(number)]
    assert digits(inner) == plain[:head] + "*" * (len(plain) - head - 4) + plain[-4:]
    assert len(shown) == len(before + number + after)


@given(before=WORDS, number=MOBILES, way=ways, after=WORDS)
def test_however_a_number_is_written(before: str, number: str, way: object, after: str) -> None:
    assume(stands_alone(before, after) and not before.endswith(("+", "-")))
    text = before + way(number) + after  # type: ignore[operator]
    inner = mask_numbers(text)[len(before) : len(text) - len(after)]
    assert digits(inner).endswith(f"{number[:3]}****{number[-4:]}")


@given(st.one_of(WORDS, st.text(max_size=60), st.lists(st.one_of(WORDS, MOBILES, IDENTITIES, LANDLINES)).map("".join)))
def test_masking_twice_changes_nothing_and_only_digits_are_hidden(text: str) -> None:
    shown = mask_numbers(text)
    assert mask_numbers(shown) == shown
    assert len(shown) == len(text)
    assert all(
        new == old or (new == "*" and (old.isdecimal() or old in "Xx")) for new, old in zip(shown, text, strict=True)
    )


@given(st.text(alphabet="解放路号栋室，。 -/.ab12345\n", max_size=9))
def test_a_text_without_numbers_stays_as_it_is(text: str) -> None:
    assert mask_numbers(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "解放路1391号2栋3单元1234室",
        "3-1-1301、3-1-1302-201",
        "工单2026112200123已办",
        "编号20261122001234567890",
        "粤A12345、粤AD12345",
        "113.13912345678,30.13912345678",
        "2026-11-22 13:45:00至2026年12月1日",
        "440106001003007网格",
        "（1）2026（3）15983（7）1",
    ],
)
def test_what_is_no_number_of_a_person_stays(text: str) -> None:
    assert mask_numbers(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13912345678。", "电话139****5678。"),
        ("身份证44010619900101123X", "身份证440106********123X"),
        ("440106 19900101 1234", "440106 ******** 1234"),
        ("13912345678/13800001111", "139****5678/138****1111"),
        ("0571-88888888转2", "057*-****8888转2"),
        ("(010) 88886666", "(010) ****6666"),
        ("13912340571-88888888", "139****057*-****8888"),  # what one leaves is another one
        ("501\n13912345678\n2", "501\n139****5678\n2"),
        ("联系人：1.13912345678", "联系人：1.139****5678"),
    ],
)
def test_the_style_of_the_house(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@given(MOBILES)
def test_a_number_alone_is_masked_as_its_own_field_is(number: str) -> None:
    assert mask_numbers(number) == mask(number, Mask.PHONE)


def test_of_json_only_the_texts_that_are_named_are_read() -> None:
    number = "13912345678"
    said = {"unit": number, "photos": [number], "floor": 3, "place": {"matter": f"电话{number}"}}
    assert mask_within(said, frozenset({"unit"})) == said | {"unit": "139****5678"}
    assert mask_within(said) == {
        "unit": "139****5678",
        "photos": ["139****5678"],
        "floor": 3,
        "place": {"matter": "电话139****5678"},
    }


@given(title=st.lists(st.one_of(WORDS, MOBILES)).map("".join), number=MOBILES)
def test_a_record_keeps_its_number_and_comes_back_as_it_was(title: str, number: str) -> None:
    kind = kind_named("incidents")
    stored = {"number": number, "title": title, "phone": number, "description": None, "floor": 3}
    shown = masked_record(kind, stored)
    assert shown == stored | {"title": mask_numbers(title), "phone": mask(number, Mask.PHONE)}
    back = {name: shown[name] for name in ("number", "title", "floor")}
    assert as_stored(kind, back, stored) == {name: stored[name] for name in back}
    assert as_stored(kind, {"title": "另一个*标题"}, stored) == {"title": "另一个*标题"} or title == "另一个*标题"
