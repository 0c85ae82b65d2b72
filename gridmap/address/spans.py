"""What the parts of a text could be: explicit edges (numbers with units, regions, phrases, marks) and name ends."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Protocol

from gridmap.address.chains import bare_edges, chained_edges
from gridmap.address.costs import INDEX
from gridmap.address.endings import endings
from gridmap.address.lexicon import lexicon
from gridmap.address.numerals import NUMERAL
from gridmap.address.phrases import people_and_notes, phrases
from gridmap.address.words import ONLY_WITHIN, Region, regions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gridmap.address.labels import Level
    from gridmap.address.lexicon import Ending

Part = tuple[int, int, int]
"""(level, start, end)."""
Edge = tuple[int, int, int, float, tuple[Part, ...] | None]
"""(end, first level, last level, cost, parts when there are several)."""

_LATIN = re.compile("[A-Za-z]")
_MARK = re.compile(r"(?:[^\w*]|_)+|\*+")
_ROAD_NUMBERED = re.compile(r"[GSXYgsxy]?[0-9]+号?(?:国道|省道|县道|乡道|大街|大道|路|街|公路|高速|支路)")
_ANNEX = re.compile(r"[甲乙丙丁](?![座栋幢号单区楼室])|之[一二三四五六七八九0-9]+|-[0-9]{1,2}(?![0-9-])")
"""188号甲, 16号之二, 123号-5."""
_LETTERS = frozenset("ABCDEFGHabcdefgh甲乙丙丁")
_STAIRS = re.compile(rf"[0-9{NUMERAL}]{{1,3}}(?:单元|门(?![口前外牌面]))")  # 10楼3单元: a building, in Beijing
_DOORWAY = frozenset("口前外牌面禁")
_ZONE = INDEX["zone"]
_ZONE_ENDS = ("开发区", "工业区", "业园区", "技园区", "工业园", "高新区", "保税区", "度假区", "管理区", "产业园")
_TOWN_WORDS, _TOWN_ENDS = frozenset("镇乡街"), ("镇", "乡", "街道")
_NOTE, _MARKED, _TOWN, _ROAD, _NUMBERED = (INDEX[level] for level in ("note", "mark", "town", "road", "number"))
_RELATION_INSIDE, _COUNTED_INSIDE, _PART_INSIDE = 2.0, 0.8, 0.9
"""What a name costs more that goes on behind 对面, 3栋, or 南门."""
_FLOOR_INSIDE = 1.8
_NEVER_NAMED = frozenset((INDEX["floor"], INDEX["unit"]))
_STALL = ((_NUMBERED, 0.2), (INDEX["room"], 0.3), (INDEX["building"], 1.6), (INDEX["subnumber"], 0.9))
"""What 15号 can mean in a market."""
_LONGEST_TOWN, _MOST_STARTS = 8, 64


class Names(Protocol):
    """Known names: a gazetteer's trie, or a set in a test."""

    def at(self, text: str, start: int) -> Iterable[tuple[int, Level]]:
        """Return (end, level) of every known name that begins at `start` of the normalised text."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Candidates of one text.

    `edges` by start; `ends` are the places where a name may end (place, last word), in order; `strong[i]` sums the
    strength of the last words of regions and roads that end at or before i, `placed[i]` that of places;
    `barred[i]` counts marks, `broken[i]` gaps and digit runs before i; at `beside` begin words of two and more
    characters that tell a relation.
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
    beside: frozenset[int]


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
    ends = endings(text)
    natural = {0, *gaps, *(end for end, _ in ends)}
    barred, digit_runs = _marks(text, edges, natural)
    stalls = next((end for end, ending in ends if ending.of_stalls), size)
    counted = _numbers(text, edges, natural, stalls)
    _regions(text, edges, natural)
    parts, related = phrases(text, edges, natural)
    people_and_notes(text, edges, natural, gaps)
    if names is not None:
        for start in range(size):
            for end, level in names.at(text, start):
                edges.setdefault(start, []).append((end, INDEX[level], INDEX[level], -1.0, None))
    points = {0, size, *gaps, *edges, *(end for end, _ in ends)}
    points.update(edge[0] for found in edges.values() for edge in found)
    strong, placed = _strengths(size, ends, counted, parts)
    for end in {end for _, end in related}:
        strong[end] += _RELATION_INSIDE
    broken = [0] * (size + 2)
    for place in (*gaps, *digit_runs):
        broken[place] += 1
    strong, placed, broken = list(accumulate(strong)), list(accumulate(placed)), list(accumulate(broken))
    beside = frozenset(start for start, _ in related)
    return Lattice(text, size, edges, ends, sorted(points), strong, placed, barred, broken, gaps, beside)


def _strengths(
    size: int, ends: list[tuple[int, Ending]], counted: list[tuple[int, float]], parts: list[tuple[int, int]]
) -> tuple[list[float], list[float]]:
    """Return how strongly each place speaks for the end of a region or road, and of a place."""
    strong, placed = [0.0] * (size + 2), [0.0] * (size + 2)
    finished = set()
    for end, ending in ends:
        if ending.of_place:
            placed[end] += ending.strength
            finished.add(end)
        else:
            strong[end] += ending.strength
    for end, weight in counted:
        placed[end] += weight
    for start, end in parts:
        if start in finished:
            placed[end] += _PART_INSIDE
    return strong, placed


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


def _numbers(text: str, edges: dict[int, list[Edge]], natural: set[int], stalls: int) -> list[tuple[int, float]]:
    """Add numbers; return where those end whose unit word is no mere 号, and how little a name goes on behind."""
    words = lexicon()
    counted = []
    for match in (words.number_latin if _LATIN.search(text) else words.number).finditer(text):
        start, end = match.span()
        number = match.group()
        for length in words.unit_lengths.get(text[end : end + 1], ()):
            unit = text[end : end + length]
            if unit in words.units and len(unit) == length:
                if unit[-1] == "门" and text[end + length : end + length + 1] in _DOORWAY:
                    continue  # 35号门口 is no gate 35
                found = edges.setdefault(start, [])
                stop = end + length
                choices = _choices(text, number, unit, stop, in_market=start >= stalls)
                if unit[-1] in "号房室层" and (annex := _ANNEX.match(text, stop)):
                    stop = annex.end()
                found.extend(chained_edges(number, start, stop, choices))
                natural.update((start, stop))
                if unit[0] not in "号#":
                    counted.append((stop, _FLOOR_INSIDE if choices[0][0] in _NEVER_NAMED else _COUNTED_INSIDE))
                break
        if number[-1].isascii() or number[0].isascii():
            found = bare_edges(number, start, end)
            if found:
                edges.setdefault(start, []).extend(found)
                natural.update((start, end))
    for match in _ROAD_NUMBERED.finditer(text):
        edges.setdefault(match.start(), []).append((match.end(), _ROAD, _ROAD, 0.2, None))
        natural.add(match.end())
    return counted


def _choices(text: str, number: str, unit: str, stop: int, *, in_market: bool) -> tuple[tuple[int, float], ...]:
    """Return what a unit word that ends at `stop` can mean there."""
    if unit == "号" and in_market:
        return _STALL
    if unit == "楼" and (number in _LETTERS or _STAIRS.match(text, stop)):
        return lexicon().units["号楼"]
    return lexicon().units[unit]


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
        lengths = known.beginnings.get(text[start : start + 2])
        if lengths is not None:
            found = edges.setdefault(start, [])
            for length in lengths:
                word, after = text[start : start + length], start + length
                if word not in known.named or after > len(text):
                    continue
                if text.startswith(_TOWN_ENDS, after) and text[after : after + 2] not in known.beginnings:
                    continue  # 城关 is no district in 城关镇
                zone = _ZONE if word.endswith(_ZONE_ENDS) else None
                for level, cost, context in _meanings(word, within):
                    found.append((after, zone or level, zone or level, cost, None))
                    natural.add(after)
                    waiting.append((after, context))
            if len(found) > 1:
                _drop_shorter(found)
        if within:
            _towns(text, start, within, edges, natural)


@lru_cache(maxsize=65536)  # the rows of a file begin with the same regions
def _meanings(word: str, within: frozenset[str]) -> tuple[tuple[int, float, frozenset[str]], ...]:
    """Return (level, cost, what the next part lies in) of a region's name after the regions `within`."""
    found = regions().named[word]
    meanings = []
    for level in dict.fromkeys(region.level for region in found):
        same = [region for region in found if region.level == level]
        chained = [region for region in same if within & region.parents]
        if word in ONLY_WITHIN and not chained:
            continue
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
            level = _ZONE if text.endswith(_ZONE_ENDS, start, start + length) else _TOWN
            cost = -1.0 if not short else 1.9 if text[start + length - 1] == "街" else 1.5  # 红旗街 is a street rather
            edges.setdefault(start, []).append((start + length, level, level, cost, None))
            natural.add(start + length)


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
