"""The words of addresses, arranged for scanning: last words of names by their last character, unit words, phrases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from gridmap.address.costs import CORE_LENGTH, INDEX
from gridmap.address.labels import LABELS, Level
from gridmap.address.numerals import NUMERAL
from gridmap.address.words import address_words

if TYPE_CHECKING:
    from collections.abc import Iterable

_STRENGTH = {"town": 2.2, "road": 1.8, "community": 0.9, "district": 1.2, "zone": 1.5, "lane": 1.0, "group": 0.4}
_ONE_CHARACTER = {"市": 0.8, "区": 0.8, "里": 0.2, "道": 0.6, "线": 0.2, "条": 0.2, "旗": 0.2, "盟": 0.3, "路": 2.0}
_BASE: dict[str, float] = {
    "province": 1.0,
    "city": 0.9,
    "district": 0.9,
    "zone": 0.4,
    "town": 0.2,
    "community": 0.4,
    "road": 0.3,
    "group": 0.8,
    "lane": 0.8,
    "compound": 0.8,
    "organisation": 0.8,
    "section": 0.4,
    "hamlet": 1.6,
}
_LEVEL: dict[str, Level] = {
    "compound": "place",
    "organisation": "place",
    "section": "part",
    "hamlet": "community",
    **{level: level for level in LABELS},
}
_PARTLY = frozenset("苑园里楼邸郡庭轩阁居府湾墅坊")
_OF_ITS_OWN = 1.8  # 矿大家属区 is 家属区 of 矿大
_SPEAKING, _NAMELESS = 3, 0.6  # 便利店 needs no name of its own
_WEAK_ENDS = frozenset("里台座线条道行部社站局所府楼院坊轩阁郡旗盟庭居塔寺庙")


@dataclass(frozen=True, slots=True)
class Ending:
    """A last word of names: its length, what names it ends, how strongly it speaks for an end.

    `of_part`: alone it names a part of a place, as 家属院 does; `of_street`: such places are called after the street;
    `of_stalls`: a 号 in there is a stall.
    """

    length: int
    levels: tuple[tuple[int, float, tuple[float, ...]], ...]
    strength: float
    of_place: bool
    of_part: bool
    of_street: bool = False
    of_stalls: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that a scan looks up.

    `endings` maps a last character to words, the longest first; `units` maps a unit word to (level, cost) choices;
    `unit_lengths` maps the first character of unit words to their lengths, the longest first; `phrases` maps a
    first character to fixed phrases, the longest first.
    """

    endings: dict[str, tuple[tuple[str, Ending], ...]]
    units: dict[str, tuple[tuple[int, float], ...]]
    phrases: dict[str, tuple[tuple[str, int, float], ...]]
    unit_lengths: dict[str, tuple[int, ...]]
    number: re.Pattern[str]
    number_latin: re.Pattern[str]
    distance: re.Pattern[str]
    person: re.Pattern[str]
    called: re.Pattern[str]
    note: re.Pattern[str]
    trouble: re.Pattern[str]


_NUMBER = (
    r"(?:附|自编|(?<!号)[甲乙丙丁特副])?(?:{latin}(?:(?<![A-Za-z])(?!(?<=[0-9])[Ff][0-9]{{3}})[A-Za-z]{{0,2}}|(?<=[0-9][Ff])(?=[0-9]{{3}}))[0-9]{{1,9}}[A-EG-Za-eg-z]?(?![A-EG-Za-eg-z])"
    r"(?:[-~之][A-Za-z]?[0-9]{{1,6}}[A-EG-Za-eg-z]?(?![A-EG-Za-eg-z])|之[一二三四五六七八九])*"
    r"|(?<![A-Za-z])[A-Za-z](?![A-Za-z0-9])|[甲乙丙丁戊己庚]|(?:负|地下)?[{numeral}]{{1,6}}|负[0-9]{{1,2}})"
)
_NOT_IN_WORDS = {"放": "(?<![解开存排停堆])放", "请": "请(?!问)"}
"""Words of notes, not in 解放路, nor in a question."""
_AMONG_LETTERS = (
    r"N[Oo]\.?[0-9]{1,9}|(?<![A-Za-z0-9])[0-9]{1,2}[A-EG-Za-eg-z][0-9]{2,4}(?![A-Za-z0-9])"
    r"|(?<=[A-Za-z]{3})[0-9]{1,9}(?![A-Za-z])|"
)
"""In texts with letters: No.33, 3C028, and the number behind a Latin word."""
_UNIT_CHOICES: dict[str, tuple[tuple[Level, float], ...]] = {
    "building": (("building", 0.0),),
    "unit": (("unit", 0.1),),
    "floor": (("floor", 0.1),),
    "room": (("room", 0.1),),
    "lane": (("lane", 0.2), ("road", 1.0)),
    "number": (("number", 0.2), ("building", 0.9), ("room", 1.2), ("subnumber", 0.9)),
    "gate": (("part", 0.3), ("unit", 0.6)),
    "hash": (("building", 0.0), ("number", 0.7)),
    "town": (("town", 0.4),),
    "group": (("group", 0.4),),
    "part": (("part", 0.3),),
}


def _ending(word: str, kinds: list[str], words: dict[str, frozenset[str]]) -> Ending:
    soft, parts = words["soft_ends"], words["parts"]
    levels = []
    for kind in kinds:
        base = _BASE[kind]
        if kind in {"compound", "organisation"} and len(word) == 1:
            base += 0.7 if word in _WEAK_ENDS else 0.3
        if kind == "lane" or (kind == "road" and word in {"道", "线", "条"}):
            base += 0.6
        levels.append((INDEX[_LEVEL[kind]], base, _core_lengths(word, kind, parts)))
    strong = max((_STRENGTH.get(kind, 0.0) for kind in kinds), default=0.0)
    if "community" in kinds and "compound" not in kinds:
        levels.append((INDEX["place"], 1.3, CORE_LENGTH["community"]))
    of_place = strong == 0.0
    if of_place:
        strong = (0.8 if word in "苑园城" else 0.25) if len(word) == 1 or word in soft else 1.2
    of_compound = "compound" in kinds and len(word) > 1
    if of_compound or word in _PARTLY:
        levels.append((INDEX["part"], 1.3, CORE_LENGTH["section" if word in _PARTLY else "compound"]))
    if kinds == ["hamlet"]:
        strong = 0.0
    return Ending(
        len(word),
        tuple(levels),
        _ONE_CHARACTER.get(word, strong),
        of_place,
        word in parts,
        word in words["of_street"],
        word.endswith(tuple(words["markets"])),
    )


def _core_lengths(word: str, kind: str, parts: frozenset[str]) -> tuple[float, ...]:
    lengths = CORE_LENGTH["quarter" if kind == "section" and word == "区" else kind]
    if kind == "section" and word in parts:
        return lengths[0], *(cost + _OF_ITS_OWN for cost in lengths[1:])
    if kind in {"organisation", "compound"} and len(word) >= _SPEAKING:
        return _NAMELESS, *lengths[1:]
    return lengths


def _phrases(words: dict[str, list[str]]) -> dict[str, tuple[tuple[str, int, float], ...]]:
    groups: tuple[tuple[str, Level, float], ...] = (
        ("parts", "part", 0.5),
        ("blocks", "building", 0.8),
        ("units_named", "unit", 0.3),
        ("floors_named", "floor", 0.3),
        ("rooms_named", "room", 0.8),
        ("relations", "relation", 0.4),
        ("countries", "country", 0.0),
    )
    found: dict[str, list[tuple[str, int, float]]] = {}
    for name, level, cost in groups:
        for word in words[name]:
            extra = 0.6 if len(word) == 1 else 0.0
            found.setdefault(word[0], []).append((word, INDEX[level], cost + extra))
    return {first: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for first, entries in found.items()}


def _lengths(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for word in words:
        found.setdefault(word[0], set()).add(len(word))
    return {first: tuple(sorted(lengths, reverse=True)) for first, lengths in found.items()}


@cache
def lexicon() -> Lexicon:
    """Return the lexicon made from `address_words.json`."""
    words = address_words()
    kinds: dict[str, list[str]] = {}
    for kind, endings in words["suffixes"].items():
        for word in endings:
            if kind not in kinds.setdefault(word, []):
                kinds[word].append(kind)
    groups = {name: frozenset(words[name]) for name in ("soft_ends", "parts", "of_street", "markets")}
    by_last: dict[str, list[tuple[str, Ending]]] = {}
    for word, of in kinds.items():
        by_last.setdefault(word[-1], []).append((word, _ending(word, of, groups)))
    units = {
        word: tuple((INDEX[level], cost) for level, cost in _UNIT_CHOICES[name])
        for name, entries in words["units"].items()
        for word in entries
    }
    surname, title = f"[{words['surnames']}]", "|".join(sorted(words["persons"], key=len, reverse=True))
    han = "[一-龥]"
    return Lexicon(
        {last: tuple(sorted(entries, key=lambda entry: -len(entry[0]))) for last, entries in by_last.items()},
        units,
        _phrases(words),
        _lengths(units),
        re.compile(_NUMBER.format(latin="", numeral=NUMERAL)),
        re.compile(_NUMBER.format(latin=_AMONG_LETTERS, numeral=NUMERAL)),
        re.compile(
            r"(?:[往向朝村]?[东南西北前后左右]{1,2}|[往向][里内外])[侧边面方]?(?:走|行)?约?(?:[0-9]+|[一二三四五六七八九十百几两]+)多?(?:米|公里|m|M)(?:左右|处|远|路(?![东南西北]))?(?:路[东南西北]侧?)?"
            r"|约?[0-9]+(?:米|公里)(?:左右|处|远)?|第[一二三四五六七八九十0-9]+(?:家|户|间|个路口|个红绿灯)"
        ),
        re.compile(
            rf"(?:收件人|收货人|联系人):?{han}{{2,4}}|{surname}{han}{{0,2}}(?:{title})(?:收|转)?|{surname}{han}{{1,2}}(?:收|转)(?![一-龥])"
        ),
        re.compile(rf"(?<![^,.;:()*]){surname}(?:{han}{{1,2}}(?=[,.;:]?\*{{8}})|生(?![一-龥]))"),
        re.compile(
            "|".join(_NOT_IN_WORDS.get(word, re.escape(word)) for word in sorted(words["notes"], key=len, reverse=True))
        ),
        re.compile("|".join(sorted(map(re.escape, words["troubles"]), key=len, reverse=True))),
    )
