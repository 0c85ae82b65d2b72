"""Forms of 四至 sentences as public notices write them: read as a person reads them (`limits_sentences.jsonl`)."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits_sentences import told

from gridmap.errors import BadInput
from gridmap.services.limits import parse_text
from gridmap.space.limits.parse import LONGEST
from gridmap.space.limits.words import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.space.limits.values import Mention, Parse

LINES = (Path(__file__).parent / "limits_sentences.jsonl").read_text(encoding="utf-8").splitlines()
SENTENCES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
MARKS = re.compile(r"[\s\[\]]")


def mentions(parsed: Parse) -> Iterator[Mention]:
    for part in parsed.parts:
        for limit in part.limits:
            yield from limit.mentions
        for leg in part.legs:
            yield leg.along
        yield from part.start
        for leg in part.legs:
            yield from leg.until
    for exemption in parsed.exemptions:
        yield from exemption.mentions


def hold_the_laws(parsed: Parse) -> None:
    """Spans cover what they say, and lie in the text."""
    for mention in mentions(parsed):
        assert mention.name
        assert 0 <= mention.span.start < mention.span.end <= len(parsed.text)
        said = iter(plain(parsed.piece(mention.span)))  # 解放(老街)路: a note may stand inside a name
        assert all(letter in said for letter in MARKS.sub("", mention.name))
        for qualifier in mention.qualifiers:
            assert 0 <= qualifier.span.start < qualifier.span.end <= len(parsed.text)
            assert qualifier.text.strip()
            assert plain(parsed.piece(qualifier.span)).strip() == plain(qualifier.text).strip()
    for left in parsed.leftovers:
        assert left.text == parsed.piece(left.span)


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda each: each["text"][:12])
def test_a_sentence_is_read_as_a_person_reads_it(sentence: dict[str, Any]) -> None:
    if sentence.get("refused"):
        with pytest.raises(BadInput, match="东至"):
            parse_text(sentence["text"])
        return
    parsed = parse_text(sentence["text"])
    assert {"text": sentence["text"], **told(parsed)} == sentence
    hold_the_laws(parsed)


PIECES = st.sampled_from(
    [*"东南西北正至到起临以为界分别沿由自止与、，；：（）【】①②含不除外路河区 \n", "解放路", "示范河", "一是"]
)


@example("东至0(以含0\n")  # an exemption inside a note
@example("东至东至除外")
@example("东至0「)0")
@example("东以沿 止")
@example("南是路，沿 止")
@example("西由沿（）止")
@example("南自止【含分路至临 界")
@example("东范河\n沿【】止")
@example("西河】含放路到 临到")
@example("东临解放路，南的为界，西至B路")
@example("南至红荔 路至香蜜 湖路，东至A路")
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    try:
        parsed = parse_text(text)
    except BadInput:
        return
    hold_the_laws(parsed)


def test_a_space_inside_a_name_moves_nothing() -> None:
    """Word leaves spaces where a line was broken; what is said beside the name still has its place."""
    parsed = parse_text("南至红荔 路至香蜜 湖路，东至规 划 路三 期")
    found = {each.name: [(one.kind, parsed.piece(one.span)) for one in each.qualifiers] for each in mentions(parsed)}
    assert found == {"红荔路": [("section", "至香蜜 湖路")], "规划路三期": [("phase", "三 期")]}


def test_a_piece_without_a_name_is_left_over() -> None:
    parsed = parse_text("东临解放路，南的为界，西至B路")
    assert [each.name for each in mentions(parsed)] == ["解放路", "B路"]
    assert "的为界" in [each.text for each in parsed.leftovers]


def test_a_side_word_in_brackets_inside_a_name_is_no_side() -> None:
    parsed = parse_text("东至解放路，南至三（北）期花园")
    assert [each.value for each in parsed.parts[0].missing] == ["west", "north"]
    boxed = parse_text("【东】甲路【南】乙路【西】丙路【北】丁路")
    assert told(boxed)["said"] == ["东 甲路/road 南 乙路/road 西 丙路/road 北 丁路/road"]


# Patterns over the whole rest of a text, or with two stretches of white space after each other, fail on one of these.
UNITS = [
    "东至",
    "东",
    "东至111路",
    "东至A路的",
    "沿",
    "由",
    "除",
    "含东至",
    "经甲",
    "(北)",
    "1.",
    " ",
    "\n",
    "范围 ",
    "止",
]


@pytest.mark.parametrize("begun", ["", "东至", "该范围", "由A路，沿"])
@pytest.mark.parametrize("unit", UNITS)
def test_the_longest_text_is_read_in_time(begun: str, unit: str) -> None:
    text = (begun + unit * LONGEST)[: LONGEST - 6] + "x东至甲路"
    spent = process_time()
    with suppress(BadInput):
        parse_text(text)
    assert process_time() - spent < 3  # 0.2 s on a quiet machine


def test_a_piece_that_no_name_is_as_long_as_is_left_over() -> None:
    long = "甲" * 201 + "路"
    parsed = parse_text(f"东至{long}、乙路")
    assert [each.name for each in mentions(parsed)] == ["乙路"]
    assert [each.text for each in parsed.leftovers] == [long]
