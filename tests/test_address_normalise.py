"""Normalising: one spelling, idempotent, with the way back to the original."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.address.normalise import normalise
from gridmap.address.numerals import chinese_number, name_key, number_value

ADDRESSLIKE = st.text(
    alphabet="解放路一二三12号栋幢-－（）()１２３ＡB\u200b \t\n，,东区13812345678Xx龍樓①㎡😀\u202eé", max_size=80
)


@given(st.one_of(st.text(max_size=80), ADDRESSLIKE))
@settings(max_examples=400)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once.text).text == once.text


@given(st.one_of(st.text(max_size=80), ADDRESSLIKE))
@settings(max_examples=400)
def test_every_character_knows_where_it_comes_from(text: str) -> None:
    found = normalise(text)
    assert len(found.offsets) == len(found.text) + 1
    assert list(found.offsets) == sorted(found.offsets)
    assert found.offsets[-1] == len(text) == len(found.original)
    assert all(0 <= offset < len(text) for offset in found.offsets[:-1])


def test_spans_point_into_the_original() -> None:
    found = normalise("解放 路１２ 号（南门）")
    assert found.text == "解放路12号(南门)"
    start, end = found.span(0, 3)
    assert found.original[start:end] == "解放 路"
    start, end = found.span(3, 6)
    assert found.original[start:end] == "１２ 号"


@pytest.mark.parametrize(
    ("text", "kind"),
    [("电话13812345678", "mobile"), ("0571-88888888转2", "telephone"), ("身份证330106198001011234", "identity")],
)
def test_numbers_of_persons_are_masked(text: str, kind: str) -> None:
    found = normalise(text)
    assert [mask[2] for mask in found.masked] == [kind]
    start, end, _ = found.masked[0]
    assert set(found.text[start:end]) == {"*"}
    assert not any(run in found.text for run in ("138123", "8888", "198001"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("三", 3),
        ("十二", 12),
        ("二十", 20),
        ("一百零一", 101),
        ("二〇三", 203),
        ("廿一", 21),
        ("壹拾贰", 12),
        ("两百", 200),
    ],
)
def test_chinese_numbers(text: str, number: int) -> None:
    assert chinese_number(text) == number


@given(st.integers(1, 9999))
def test_chinese_numbers_come_back(number: int) -> None:
    assert chinese_number(_written(number)) == number


def _written(number: int) -> str:
    digits, text, gap = "零一二三四五六七八九", "", False
    for unit, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            text += ("零" if gap and text else "") + digits[digit] + word
            gap = False
        elif text:
            gap = True
    return text


@pytest.mark.parametrize("text", ["", "十十", "百千", "甲", "三四十"])
def test_what_is_no_number(text: str) -> None:
    assert chinese_number(text) is None


@pytest.mark.parametrize(
    ("texts", "value"),
    [
        (("3栋", "三幢", "3号楼", "3#", "03座", "叁栋"), 3),
        (("2单元", "二单元", "02单元"), 2),
        (("501室", "501户", "501房", "501"), 501),
        (("负一层", "B1层", "-1楼", "地下一层")[:2], -1),
        (("12-14号",), "12-14"),
        (("A座", "a座"), "A"),
        (("甲单元",), "甲"),
        (("附3号",), 3),
        (("28F",), 28),
    ],
)
def test_one_number_has_one_value(texts: tuple[str, ...], value: int | str) -> None:
    assert {number_value(text) for text in texts} == {value}


def test_letters_stems_and_numbers_stay_apart() -> None:
    assert len({number_value("1栋"), number_value("甲栋"), number_value("A栋")}) == 3


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("科技南十路", "科技南10路"),
        ("科技南10路", "科技南10路"),
        ("五一路", "五一路"),
        ("八一街", "八一街"),
        ("翠苑三区", "翠苑3区"),
    ],
)
def test_numbers_inside_names(name: str, key: str) -> None:
    assert name_key(name, frozenset(("五一", "八一"))) == key
