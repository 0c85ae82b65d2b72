"""What the parts of a text could be: explicit edges (numbers with units, regions, phrases, marks) and name ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from gridmap.address.chains import bare_edges, chained_edges
from gridmap.address.costs import INDEX
from gridmap.address.lexicon import Ending, lexicon
from gridmap.address.numerals import NUMERAL
from gridmap.address.words import Region, regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridmap.address.labels import Level

Part = tuple[int, int, int]
"""(level, start, end)."""
Edge = tuple[int, int, int, float, tuple[Part, ...] | None]
"""(end, first level, last level, cost, parts when there are several)."""

_MARK = re.compile(r"(?:[^\w*]|_)+|\*+")
_ROAD_NUMBERED = re.compile(r"[GSXYgsxy]?[0-9]+号?(?:国道|省道|县道|乡道|大街|大道|路|街|公路|高速|支路)")
_COMPANY = re.compile(r"[一-龥A-Za-z]{2,12}(\([一-龥]{2,6}\))[一-龥]{0,12}公司")
_SECTION = re.compile(r"[东南西北中]?[一二三四五六七八九]?段|[东南西北中](?=[0-9])")
_COUNTED, _COUNTABLE = frozenset(NUMERAL + "0123456789"), frozenset("楼座层区厅条")
_DOORWAY = frozenset("口前外牌面")
_TOWN_WORDS = frozenset("镇乡街")
_JOINABLE = frozenset("路街道巷弄口场厦城")
_JOINING = frozenset("与和及同")
_RELATION, _NOTE, _MARKED, _PERSON = (INDEX[level] for level in ("relation", "note", "mark", "person"))
_TOWN, _ROAD, _PLACE, _PART = (INDEX[level] for level in ("town", "road", "place", "part"))
_LONGEST_REGION, _LONGEST_TOWN, _MOST_STARTS = 15, 8, 64


class Names(Protocol):
    """Known names: a gazetteer's trie, or a set in a test."""

    def at(self, text: str, start: int) -> Iterable[tuple[int, Level]]:
        """Return (end, level) of every known name that begins at `start` of the normalised text."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Candidates of one text.

    `edges` by start; `ends` are the places where a name may end (place, last word), in order; `strong[i]` sums the
    strength of the last words of regions and roads that end at or before i, `placed[i]` that of places;
    `barred[i]` counts marks, `broken[i]` gaps and digit runs before i.
    """

    text: str
    size: int
    edges: dict[int, list[Edge]]
    ends: list[tuple[int, Ending]]
    points: list[int]
    strong: list[float]
    placed: list[float]
    barred: list[int]
    broken: list[int]
    gaps: frozenset[int]


def scan(text: str, gaps: frozenset[int], names: Names | None = None) -> Lattice:
    """Find everything that parts of a normalised text could be.

    Parameters
    ----------
    text : str
        Normalised.
    gaps : frozenset of int
        Places before which the original has a space.
    names : Names, optional
        Names known beforehand; they win over guesses.
    """
    size = len(text)
    edges: dict[int, list[Edge]] = {}
    ends = _endings(text)
    natural = {0, *gaps, *(end for end, _ in ends)}
    barred, digit_runs = _marks(text, edges, natural)
    _numbers(text, edges, natural)
    _regions(text, edges, natural)
    _phrases(text, edges, natural)
    _people_and_notes(text, edges, natural)
    if names is not None:
        for start in range(size):
            for end, level in names.at(text, start):
                edges.setdefault(start, []).append((end, INDEX[level], INDEX[level], -1.0, None))
    relations = {
        edge[0] for start, found in edges.items() for edge in found if edge[1] == _RELATION and edge[0] - start > 1
    }
    points = {0, size, *gaps, *edges, *(end for end, _ in ends)}
    points.update(edge[0] for found in edges.values() for edge in found)
    strong, placed = [0.0] * (size + 2), [0.0] * (size + 2)
    for end, ending in ends:
        if ending.of_place:
            placed[end] += ending.strength
        else:
            strong[end] += ending.strength
    for end in relations:
        strong[end] += 0.8
    broken = [0] * (size + 2)
    for place in gaps:
        broken[place] += 1
    for place in digit_runs:
        broken[place] += 1
    for place in range(1, size + 1):
        strong[place] += strong[place - 1]
        placed[place] += placed[place - 1]
        broken[place] += broken[place - 1]
    return Lattice(text, size, edges, ends, sorted(points), strong, placed, barred, broken, gaps)


def _endings(text: str) -> list[tuple[int, Ending]]:
    found: list[tuple[int, Ending]] = []
    table = lexicon().endings
    for at, character in enumerate(text, 1):
        words = table.get(character)
        if words is None:
            continue
        for word, ending in words:
            if not text.endswith(word, 0, at):
                continue
            length = ending.length
            before = text[at - length - 1 : at - length]
            if length == 1 and before and before in _COUNTED and character in _COUNTABLE:
                break  # 二楼 is a floor
            while found and found[-1][0] > at - length >= found[-1][0] - found[-1][1].length:
                found.pop()  # 街 is no end in 街道
            found.append((at, ending))
            if ending.levels[0][0] == _ROAD and (section := _SECTION.match(text, at)):
                more = section.end() - at
                found.append((section.end(), Ending(length + more, ending.levels[:1], 0.0, of_place=False)))
            break
    found.sort(key=lambda pair: pair[0])
    return found


def _marks(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> tuple[list[int], list[int]]:
    barred = [0] * (len(text) + 2)
    for match in _MARK.finditer(text):
        start, end = match.span()
        level = _NOTE if text[start] == "*" else _MARKED
        edges.setdefault(start, []).append((end, level, level, 0.0, None))
        natural.update((start, end))
        for place in range(start + 1, end + 1):
            barred[place] = 1
    for place in range(1, len(text) + 1):
        barred[place] += barred[place - 1]
    return barred, [match.end() for match in re.finditer(r"[0-9]+", text)]


def _numbers(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> None:
    words = lexicon()
    for match in words.number.finditer(text):
        start, end = match.span()
        number = match.group()
        for length in range(words.longest_unit, 0, -1):
            unit = text[end : end + length]
            if len(unit) == length and unit in words.units:
                if unit[-1] == "门" and text[end + length : end + length + 1] in _DOORWAY:
                    continue  # 35号门口 is no gate 35
                choices = words.units[unit]
                found = edges.setdefault(start, [])
                stop = end + length
                found.extend(chained_edges(number, start, stop, choices))
                natural.update((start, stop))
                break
        if number[-1].isascii() or number[0].isascii():
            found = bare_edges(number, start, end)
            if found:
                edges.setdefault(start, []).extend(found)
                natural.update((start, end))
    for match in _ROAD_NUMBERED.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _ROAD, _ROAD, 0.2, None))
        natural.add(match.end())


def _regions(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> None:
    known = regions()
    waiting: list[tuple[int, frozenset[str]]] = [(place, frozenset()) for place in sorted(natural)[:_MOST_STARTS]]
    waiting.reverse()
    seen: set[tuple[int, frozenset[str]]] = set()
    while waiting and len(seen) < 2 * _MOST_STARTS:
        start, within = waiting.pop()
        if (start, within) in seen:
            continue
        seen.add((start, within))
        if text[start : start + 2] in known.beginnings:
            found = edges.setdefault(start, [])
            for length in range(2, min(_LONGEST_REGION, len(text) - start) + 1):
                for level, cost, context in _meanings(text[start : start + length], within):
                    found.append((start + length, level, level, cost, None))
                    natural.add(start + length)
                    waiting.append((start + length, context))
            if len(found) > 1:
                _drop_shorter(found)
        if within:
            _towns(text, start, within, edges, natural)


@lru_cache(maxsize=65536)  # the rows of a file begin with the same regions
def _meanings(word: str, within: frozenset[str]) -> tuple[tuple[int, float, frozenset[str]], ...]:
    """Return (level, cost, what the next part lies in) of a region's name after the regions `within`."""
    found = regions().named.get(word, ())
    meanings = []
    for level in dict.fromkeys(region.level for region in found):
        same = [region for region in found if region.level == level]
        chained = [region for region in same if within & region.parents]
        best = chained or same
        cost = _region_cost(level, best, chained=bool(chained), within=bool(within))
        context = frozenset(name for region in best for name in (region.full, *region.parents))
        meanings.append((INDEX[level], cost, context | within if chained else context))  # type: ignore[index]
    return tuple(meanings)


def _drop_shorter(found: list[Edge]) -> None:
    """Leave out 锦江 where 锦江区 stands."""
    for edge in [edge for edge in found if edge[2] <= _TOWN]:
        if any(other[1] == edge[1] and other[0] > edge[0] and other[3] < edge[3] for other in found):
            found.remove(edge)


def _region_cost(level: str, found: list[Region], *, chained: bool, within: bool) -> float:
    short = all(region.short for region in found)
    if level == "province":
        return (
            (-0.1 if found[0].full[-1] == "市" else -0.8) if not short else (0.9 if found[0].full[-1] == "市" else 0.3)
        )
    if not short:
        return -0.8 if chained or within else -0.6
    if chained:
        return -0.1
    return 1.4 if within else 0.6 if level == "city" else 1.6


@lru_cache(maxsize=16384)
def _tables(within: frozenset[str]) -> tuple[dict[str, bool], ...]:
    """Return the towns of the smallest regions that are known to contain them."""
    tables = sorted((table for name in within if (table := regions().towns.get(name)) is not None), key=len)
    return tuple(tables[:1])


def _towns(text: str, start: int, within: frozenset[str], edges: dict[int, list[Edge]], natural: set[int]) -> None:
    for table in _tables(within):
        for length in range(2, min(_LONGEST_TOWN, len(text) - start) + 1):
            short = table.get(text[start : start + length])
            if short is None or (short and text[start + length : start + length + 1] in _TOWN_WORDS):
                continue
            edges.setdefault(start, []).append((start + length, _TOWN, _TOWN, 1.1 if short else -1.0, None))
            natural.add(start + length)


def _phrases(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> None:
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
                if start not in natural:
                    continue
                doubt = _doubt(text, start, at_end=end == len(text) or end in natural)
                if doubt is None:
                    continue
                extra = doubt
            edges.setdefault(start, []).append((end, level, level, cost + extra, None))
            if level != _PART:
                natural.add(end)
            break
    for match in lexicon().distance.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _RELATION, _RELATION, 0.2, None))


def _doubt(text: str, start: int, *, at_end: bool) -> float | None:
    """Return the extra cost of one character that tells a relation; None where it cannot."""
    word, before = text[start], text[start - 1 : start]
    if word in _JOINING:
        return None if not before or before not in _JOINABLE or text.endswith("街道", 0, start) else -1.2
    if word == "口" and before and before in "路街道巷弄村":
        return -1.2
    return 0.0 if at_end else 0.8  # 里 within a name is more likely than inside


def _people_and_notes(text: str, edges: dict[int, list[Edge]], natural: set[int]) -> None:
    words = lexicon()
    for match in _COMPANY.finditer(text):  # the country in brackets belongs to the name
        for start in natural.intersection(range(match.start(), match.start(1) - 1)):
            edges.setdefault(start, []).append((match.end(), _PLACE, _PLACE, 0.6, None))
    for match in words.person.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _PERSON, _PERSON, 0.8, None))
    for match in words.note.finditer(text):
        end = match.end()
        while end < len(text) and end - match.start() < 24 and text[end] not in ",.;()":
            end += 1
        after_mark = match.start() > 0 and text[match.start() - 1] in ",.;(*"
        edges.setdefault(match.start(), []).append((end, _NOTE, _NOTE, 0.3 if after_mark else 2.2, None))


def names_of(known: Sequence[tuple[str, Level]]) -> Names:
    """Make `Names` of a short list, for tests and small offices."""
    table: dict[str, list[tuple[str, Level]]] = {}
    for name, level in known:
        if name:
            table.setdefault(name[0], []).append((name, level))

    class _Listed:
        def at(self, text: str, start: int) -> Iterable[tuple[int, Level]]:
            return [
                (start + len(name), level) for name, level in table.get(text[start], ()) if text.startswith(name, start)
            ]

    return _Listed()
