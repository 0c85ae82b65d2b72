"""Forms of 四至 sentences as public notices write them: read as a person reads them (`limits_sentences.jsonl`)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from limits_sentences import told

from gridmap.errors import BadInput
from gridmap.services.limits import parse_text
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
    for exemption in parsed.exemptions:
        yield from exemption.mentions


def hold_the_laws(parsed: Parse) -> None:
    """Spans cover what they say, and lie in the text."""
    for mention in mentions(parsed):
        assert mention.name
        said = iter(plain(parsed.piece(mention.span)))  # 解放(老街)路: a note may stand inside a name
        assert all(letter in said for letter in MARKS.sub("", mention.name))
        for qualifier in mention.qualifiers:
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
@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
def test_any_text_at_all_is_read_or_refused(text: str) -> None:
    try:
        parsed = parse_text(text)
    except BadInput:
        return
    hold_the_laws(parsed)
