"""The vocabulary of 四至 sentences, compiled once from `data/lookups/limits_words.json`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_DIRECTION = "[东南西北]"
LONGEST_NAME = 200  # characters; what is longer names nothing, and reading it as a name would take long
_BEHIND = 12  # characters before a place that tell what begins there; no word of the vocabulary is longer
_NUMBERED_ROAD = re.compile(r"[GSXYC]\d{2,4}(?:线|道)?$")  # 国道G107


def alternatives(words: Iterable[str]) -> str:
    """Return a pattern that matches any of some words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word))) + ")"


@dataclass(frozen=True)
class Words:
    """Compiled patterns; texts are matched after `plain`.

    Parameters
    ----------
    strong, weak : pattern
        A side word with a verb that marks a side anywhere (东至), or at the beginning of a clause only (东接).
    bare : pattern
        A side word directly before a name (西徐乐路), or alone.
    joining, closing, heading, label, excluding : pattern
    qualifiers : tuple of (kind, pattern)
        At the end of a name.
    leading : tuple of (kind, pattern)
        At the beginning of a name.
    kinds : tuple of (suffix, kind)
        The longest first.
    generic : frozenset of str
        Names that many features share.
    """

    strong: re.Pattern[str]
    weak: re.Pattern[str]
    bare: re.Pattern[str]
    joining: re.Pattern[str]
    closing: re.Pattern[str]
    heading: re.Pattern[str]
    label: re.Pattern[str]
    excluding: re.Pattern[str]
    qualifiers: tuple[tuple[str, re.Pattern[str]], ...]
    leading: tuple[tuple[str, re.Pattern[str]], ...]
    kinds: tuple[tuple[str, str], ...]
    generic: frozenset[str]

    @staticmethod
    def of(table: Mapping[str, Any]) -> Words:
        """Compile the vocabulary."""
        noun = alternatives(table["side_nouns"]) + "?"
        inside = r"[^\s,;:、.()\[\]]"  # A路以东 is no side
        joint = r"\s*(?:[、,/和及与]\s*)?"
        sides = rf"(?P<sides>{_DIRECTION}{noun}(?:{joint}{_DIRECTION}{noun}){{0,3}})"
        several = r"\s*(?:(?:两侧|两面|两边|分别|各|均|都|皆)\s*)?"
        strong = alternatives(table["verbs_strong"])
        weak = alternatives(table["verbs_weak"])
        out, into = alternatives(table["excluding"]), alternatives(table["including"])
        suffixes = [(suffix, kind) for kind, words in table["kinds"].items() for suffix in words]
        marks = alternatives(table["closing"])
        return Words(
            strong=re.compile(rf"(?<!{inside}以)正?{sides}{several}[起始]?(?:{strong})\s*[:]?\s*"),
            weak=re.compile(rf"(?<!{inside}以)正?{sides}{several}(?:{weak}|[:\-=])\s*"),
            bare=re.compile(rf"(?:[\[(](?P<boxed>{_DIRECTION}){noun}[\])]|(?P<sides>{_DIRECTION}){noun})\s*"),
            joining=re.compile(alternatives(table["joining"])),
            closing=re.compile(rf"(?:{marks})\s*$"),
            heading=re.compile(
                rf"{alternatives(table['headings'])}\s*(?:(?:如下|分别)\s*)?(?:[:为是]\s*)?(?::\s*)?$|[:为是]\s*$"
            ),
            label=re.compile(
                r"(?:[东南西北中左右上下]|[一二三四五六七八九十\d甲乙丙丁A-Za-z]|主)(?:侧|部|边)?"
                r"(?:块|片|片区|区块|地块|部分|区域|区)|(?:地块|片区|区块)[一二三四五六七八九十\dA-Za-z]+(?!至)|飞地[一二三四\d]*"
                r"|第[一二三四五六七八九十\d]+(?:块|片|片区|部分|区域)|主体(?:部分)?"
            ),
            excluding=re.compile(
                rf"(?P<out>{out})|(?P<into>(?<![不]){into})"
                rf"|除(?P<but>[^,;。()\n]{{1,{LONGEST_NAME}}}?)(?:以外|之外|外)"
            ),
            qualifiers=tuple(
                (kind, re.compile(alternatives(said) + "$")) for kind, said in table["qualifiers"].items()
            ),
            leading=tuple((kind, re.compile("^" + alternatives(said))) for kind, said in table["leading"].items()),
            kinds=tuple(sorted(suffixes, key=lambda pair: -len(pair[0]))),
            generic=frozenset(table["generic_roads"]),
        )

    def kind_of(self, name: str) -> str:
        """Return the kind that the end of a name tells, or ""."""
        found = next((kind for suffix, kind in self.kinds if name.endswith(suffix)), "")
        return found or ("road" if _NUMBERED_ROAD.search(name, max(0, len(name) - _BEHIND)) else "")


_DASHES = dict.fromkeys(map(ord, "—–―－~～→➔➝﹣‐‑−"), "-")
_PLAIN = {
    **{0xFF01 + offset: chr(0x21 + offset) for offset in range(94)},
    **_DASHES,
    **dict.fromkeys(map(ord, "【〔［「『"), "["),
    **dict.fromkeys(map(ord, "】〕］」』"), "]"),
    **dict.fromkeys(map(ord, "\t\r\u3000\u00a0"), " "),
    **dict.fromkeys(map(ord, '“”"《》〈〉*'), " "),
    ord("。"): ";",
    ord("；"): ";",
    ord("﹐"): ",",
    ord("､"): "、",
    ord("・"): "、",
    ord("·"): "·",
    ord("："): ":",
    ord("|"): ";",
    ord("｜"): ";",
    ord("東"): "东",
    **dict.fromkeys(range(ord("①"), ord("⑳") + 1), ";"),
}


def plain(text: str) -> str:
    """Write a text in half-width with few kinds of marks, character for character, so that places stay the same."""
    return text.translate(_PLAIN)


def behind(text: str, at: int) -> str:
    """Return the last characters before a place, each stretch of white space as one: a new line, if it has one."""
    found: list[str] = []
    while at > 0 and len(found) < _BEHIND:
        at -= 1
        if not (text[at].isspace() and found and found[-1].isspace()):
            found.append(text[at])
        elif text[at] == "\n":
            found[-1] = "\n"
    return "".join(reversed(found))
