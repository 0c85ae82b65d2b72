"""Fixed phrases in a text: relations, parts of places, distances, persons, notes, what is wrong there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gridmap.address.costs import INDEX
from gridmap.address.lexicon import lexicon

if TYPE_CHECKING:
    from gridmap.address.spans import Edge

_Span = tuple[int, int]
_COMPANY = re.compile(r"[一-龥A-Za-z]{2,12}(\([一-龥]{2,6}\))[一-龥]{0,12}公司")
_JOINABLE = frozenset("路街道巷弄口场厦城")
_JOINING, _BESIDES = frozenset("与和及同"), frozenset("近靠临")
_RELATION, _NOTE, _PERSON, _PLACE, _PART = (INDEX[level] for level in ("relation", "note", "person", "place", "part"))
_GROUP, _LANE, _UNIT, _ROOM = (INDEX[level] for level in ("group", "lane", "unit", "room"))
_PATTERNS: tuple[tuple[frozenset[str], re.Pattern[str], int, float], ...] = tuple(
    (frozenset(needed), re.compile(pattern), level, cost)
    for needed, pattern, level, cost in (
        (
            "街",
            r"(?:[一二三四五六七八九十]|(?<=[区园邨村城楼])[0-9]){1,2}街(?![道坊])",
            _PART,
            0.9,
        ),  # of a large estate: 碧桂园五街12座
        ("口", r"(?<![A-Za-z0-9])[A-Z][0-9]?(?:出入|出|入)?口", _PART, 0.3),  # of a station
        (
            "巷胡",
            r"(?:[东南西北中上下前后]?[一二三四五六七八九十0-9]{1,3}[横直纵]?|[东南西北中上下前后]?[横直纵])(?:条胡同|胡同|巷)",
            _LANE,
            0.05,
        ),
        (
            "横直纵",
            r"[东南西北]?(?:[一二三四五六七八九十]{1,2}[横直纵]|[横直纵][一二三四五六七八九十]{1,2})[路街](?!道)",
            _LANE,
            0.05,
        ),
        ("社组队", r"(?<=[村区会])[上中下东南西北前后大小新老]{1,2}[社组队]", _GROUP, 0.2),
        ("元", r"[东西南北中][0-9一二三四五六七八九]单元", _UNIT, 0.1),
        (
            "小中高",
            r"第?[一二三四五六七八九十]{1,2}(?:完小|[中小高])(?![学路街巷村段期国区华山心医州江楼])",
            _PLACE,
            1.2,
        ),
        (
            "商面铺位口库台",
            r"(?:底商|门面房?|店面|商铺|铺面|铺位|摊位|档口|车库|车位|柜台|档位|商位|仓库)[A-Z]?[0-9]{1,5}(?:-[0-9]{1,4})?号?",
            _ROOM,
            0.0,
        ),
    )
)
"""(characters of which one is needed, pattern, level, cost)."""
_GATES = frozenset("门口")
_CLAUSE_ENDS = frozenset(",.;()")
_TOLD, _LONGEST_NOTE = 6, 24  # characters: of a trouble before its word, of a note
_TROUBLE, _TROUBLE_STEP, _ASIDE = 1.2, 0.45, 1.5
_SIDES = frozenset("旁内外前后里边")


def phrases(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> tuple[list[_Span], list[_Span]]:
    """Add fixed phrases.

    Returns
    -------
    parts, relations : list of (start, end)
        Where those lie that are parts of a place, and those of two and more characters that tell a relation.
    """
    parts: list[_Span] = []
    relations: list[_Span] = []
    _phrases_by_pattern(text, edges, natural, relations)
    ended: set[int] = set()
    table = lexicon().phrases
    for start, character in enumerate(text):
        entries = table.get(character)
        if entries is None:
            continue
        for word, level, cost in entries:
            if not text.startswith(word, start):
                continue
            end = start + len(word)
            extra = 0.0
            if level == _RELATION and len(word) == 1:
                doubt = _doubt(text, start, natural | ended if word == "旁" else natural)
                if doubt is None:
                    continue
                extra = doubt
            edges.setdefault(start, []).append((end, level, level, cost + extra, None))
            if level != _PART or word[-1] in _GATES:
                natural.add(end)
            if level == _PART:
                parts.append((start, end))
                ended.add(end)
            elif level == _RELATION and end - start > 1:
                relations.append((start, end))
            break
    return parts, relations


def _phrases_by_pattern(text: str, edges: dict[int, list[Edge]], natural: set[int], relations: list[_Span]) -> None:
    characters = set(text)
    for needed, pattern, level, cost in _PATTERNS:
        if needed.isdisjoint(characters):
            continue
        for match in pattern.finditer(text):
            edges.setdefault(match.start(), []).append((match.end(), level, level, cost, None))
            natural.add(match.end())
    for match in lexicon().distance.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _RELATION, _RELATION, 0.2, None))
        relations.append(match.span())


def _doubt(text: str, start: int, natural: set[int]) -> float | None:
    """Return the extra cost of one character that tells a relation; None where it cannot."""
    if start not in natural:
        return None
    at_end = start + 1 == len(text) or start + 1 in natural
    word, before = text[start], text[start - 1 : start]
    if word in _JOINING:
        return None if not before or before not in _JOINABLE or text.endswith("街道", 0, start) else -1.2
    if word in _BESIDES and (not before or before in _CLAUSE_ENDS):
        return -1.0  # (近人民路)
    if word == "旁":
        return -0.8  # no name begins with it
    if word == "口" and before and before in "路街道巷弄村":
        return -1.2
    return 0.0 if at_end else 0.8  # 里 within a name is more likely than inside


def people_and_notes(text: str, edges: dict[int, list[Edge]], natural: set[int], gaps: frozenset[int]) -> None:
    """Add persons, notes, and what is wrong there."""
    words = lexicon()
    for match in _COMPANY.finditer(text):  # the country in brackets belongs to the name
        for start in natural.intersection(range(match.start(), match.start(1) - 1)):
            edges.setdefault(start, []).append((match.end(), _PLACE, _PLACE, 0.6, None))
    for match in words.person.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _PERSON, _PERSON, 0.8, None))
    for match in words.called.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _PERSON, _PERSON, 0.3, None))
    for match in words.trouble.finditer(text):
        end = _clause_end(text, match.start())
        for start in natural.intersection(range(max(1, match.start() - _TOLD), match.start() + 1)):
            aside = _ASIDE if text[start] in _SIDES else 0.0
            cost = _TROUBLE + _TROUBLE_STEP * (match.start() - start) + aside
            edges.setdefault(start, []).append((end, _NOTE, _NOTE, cost, None))
    for match in words.note.finditer(text):
        end = _clause_end(text, match.start())
        after_mark = match.start() in gaps or (match.start() > 0 and text[match.start() - 1] in ",.;(*")
        bracket = text.rfind("(", max(0, match.start() - _TOLD - 1), match.start()) + 1
        if 0 < bracket < match.start() and ")" not in text[bracket : match.start()]:  # (有门禁请打电话)
            edges.setdefault(bracket, []).append((end, _NOTE, _NOTE, 1.0, None))
        edges.setdefault(match.start(), []).append((end, _NOTE, _NOTE, 0.3 if after_mark else 2.2, None))


def _clause_end(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and end - start < _LONGEST_NOTE and text[end] not in _CLAUSE_ENDS:
        end += 1
    return end
