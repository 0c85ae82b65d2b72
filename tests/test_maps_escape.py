from __future__ import annotations

import html
import json

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.escape import inert, json_block

HOSTILE = st.text(
    alphabet=st.sampled_from(list("<>&\"'${}`\\\n\r%#/-!019 abx网格\u2028\u2029\u202e\u0000")), max_size=40
)


@given(HOSTILE | st.text())
def test_a_browser_shows_escaped_text_unchanged(text: str) -> None:
    assert html.unescape(inert(text)) == text


@given(HOSTILE)
def test_escaped_text_has_no_character_that_a_template_string_or_html_reads(text: str) -> None:
    assert not set(inert(text)) & set("<>\"'${`\\\n\r")


@given(HOSTILE)
def test_jinja_sees_nothing_in_escaped_text(text: str) -> None:
    assert jinja2.Template(inert(text), keep_trailing_newline=True).render() == inert(text)


@given(
    st.recursive(st.none() | st.integers() | HOSTILE, lambda inner: st.lists(inner) | st.dictionaries(HOSTILE, inner))
)
def test_a_json_block_gives_back_its_value_and_cannot_end_early(value: object) -> None:
    block = json_block(value)
    assert json.loads(block) == value
    assert not set(block) & set("<>&\u2028\u2029")


def test_a_number_that_json_has_no_word_for_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_block([float("nan")])
