"""The cheapest way through the candidates of a text, under the order of levels."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from gridmap.address.costs import INDEX, START, TRANSPARENT, transitions

if TYPE_CHECKING:
    from gridmap.address.spans import Edge, Lattice, Part

Way = tuple[float, int, int, Any, int, Any]
"""(cost, level on the ladder, 1 after a break, last edge, its start, the way before): a tuple, for there are many."""
_Arrived = list[tuple[float, tuple[float, ...], Way]]
_Kept = dict[int, list[Way]]

_LONGEST_NAME, _LONGEST_LATIN = 24, 64
_MOST_ENDS = 8
_MOST_POINTS = 4
_BEAM = 4.5
_WIDEST = 12
_PASSED = 2.8
_CROSSING = 1.3  # a name with a space or a number inside
_INSIDE = {INDEX["place"]: 0.6, INDEX["community"]: 0.9}  # share of the strength of ends inside
_PLACE, _NOTE, _COMMUNITY, _MARK = (INDEX[level] for level in ("place", "note", "community", "mark"))
_RELATION, _ROAD = INDEX["relation"], INDEX["road"]
_BREAKS = frozenset((_MARK, _RELATION, INDEX["person"], _NOTE))
_DIRECTIONS, _NUMERALS, _LAST_CHARACTERS = (
    frozenset("东西南北中"),
    frozenset("一二三四五六七八九十"),
    frozenset("路道的"),
)
_ASIDE, _GATES = frozenset("外内前后旁"), frozenset("门口")
_TOWN = INDEX["town"]
_ZONE, _CITY = INDEX["zone"], INDEX["city"]
_BESIDE, _REGION_FIRST = 0.7, 1.0
_BEGINNING = 4  # characters: a province may stand before
_ANYWHERE = (0.0, 0.0)
_IN_VILLAGE = (-0.8, -0.8)  # 村卫生室: the village's own needs no name
_ON_STREET = (0.0, 1.0)  # 驿都中路地铁站 is called after the street
_SHARE = (1.0, 0.35)  # 长江路小学 is called after the street
_NO_SHIFT: dict[int, float] = {}
_HAMLETS, _ZONE_LATER = {_COMMUNITY: -1.3}, {_ZONE: _REGION_FIRST}  # 明山村张家湾
_UNNAMED_HAMLET = -1.6  # 回龙村徐家漕
_STREETS = frozenset("路街道")
_EARLY = 1.0  # 东头 behind a region begins a name, it tells no side


def parts_of(way: Way) -> list[Part]:
    """Return the (level, start, end) of a way, in order."""
    found: list[Part] = []
    at: Way | None = way
    while at is not None and at[3] is not None:
        end, first, _, _, several = at[3]
        if several is None:
            found.append((first, at[4], end))
        else:
            found.extend(reversed(several))
        at = at[5]
    found.reverse()
    return found


def decode(lattice: Lattice, k: int = 1) -> list[Way]:
    """Return up to k cheapest ways through a lattice, the best first."""
    ways: dict[int, _Kept] = {0: {START * 2: [(0.0, START, 0, None, 0, None)]}}
    places = [end for end, _ in lattice.ends]
    lowest = 0.0  # of all ways so far
    for number, start in enumerate(lattice.points):
        if start == lattice.size or start not in ways:
            continue
        here = ways.pop(start)
        if k == 1 and _hopeless(here, ways, lowest):
            continue
        arrived = _arrived(here, k, broken=start in lattice.gaps)
        lowest = min(lowest, _extend(ways, arrived, _edges_from(lattice, number, start, places), start, k))
    final = [way for kept in ways.get(lattice.size, {}).values() for way in kept]
    final.sort(key=_cost)
    return final[:k]


def _extend(ways: dict[int, _Kept], arrived: _Arrived, edges: list[Edge], start: int, k: int) -> float:
    """Go on by every edge; return a cost that none of the new ways is below."""
    best: dict[int, list[tuple[float, Way]]] = {}
    lowest = min([cost for cost, _, _ in arrived])
    cheapest = 0.0
    for edge in edges:
        end, first, last, extra, _ = edge
        there = ways.get(end)
        if there is None:
            there = ways[end] = {}
        if first in TRANSPARENT:
            cheapest = min(cheapest, extra)
            _pass(there, arrived, edge, start, k)
            continue
        before = best.get(first)
        if before is None:
            before = best[first] = _cheapest(arrived, first, k)
        key = last * 2
        if k == 1:  # without a call: this is where the time goes
            cost, way = before[0]
            cost += extra
            if cost < lowest:  # noqa: PLR1730 -- as above
                lowest = cost
            kept = there.get(key)
            if kept is None:
                there[key] = [(cost, last, 0, edge, start, way)]
            elif cost < kept[0][0]:
                kept[0] = (cost, last, 0, edge, start, way)
            continue
        for cost, way in before:
            _keep(there, key, (cost + extra, last, 0, edge, start, way), k)
    return lowest + cheapest


def _hopeless(here: _Kept, ahead: dict[int, _Kept], lowest: float) -> bool:
    """Tell whether what leads past this place is so much cheaper that nothing through it can win."""
    limit = min([kept[0][0] for kept in here.values()]) - _PASSED
    if lowest >= limit:
        return False
    for there in ahead.values():
        for kept in there.values():
            if kept[0][0] < limit:
                return True
    return False


def _cost(way: Way) -> float:
    return way[0]


def _keep(there: _Kept, key: int, way: Way, k: int) -> None:
    kept = there.get(key)
    if kept is None:
        there[key] = [way]
    elif k == 1:
        if way[0] < kept[0][0]:
            kept[0] = way
    elif len(kept) < k or way[0] < kept[-1][0]:
        kept.append(way)
        kept.sort(key=_cost)
        del kept[k:]


def _arrived(here: _Kept, k: int, *, broken: bool) -> _Arrived:
    table = transitions()
    ways = [way for kept in here.values() for way in kept]
    if len(ways) > 1:
        limit = min(way[0] for way in ways) + _BEAM
        ways = [way for way in ways if way[0] <= limit]
        if len(ways) > _WIDEST * k:
            ways = sorted(ways, key=_cost)[: _WIDEST * k]
    if broken:
        ways = [(way[0], way[1], 1, *way[3:]) for way in ways]
    return [(way[0], table[way[2]][way[1]], way) for way in ways]


def _cheapest(arrived: _Arrived, level: int, k: int) -> list[tuple[float, Way]]:
    if k > 1:
        found = [(cost + row[level], way) for cost, row, way in arrived]
        found.sort(key=lambda pair: pair[0])
        return found[:k]
    lowest, chosen = float("inf"), arrived[0][2]
    for cost, row, way in arrived:
        total = cost + row[level]
        if total < lowest:
            lowest, chosen = total, way
    return [(lowest, chosen)]


def _pass(there: _Kept, arrived: _Arrived, edge: Edge, start: int, k: int) -> None:
    """Take an edge that leaves the place on the ladder as it was."""
    breaks, extra = edge[1] in _BREAKS, edge[3]
    early = _EARLY if edge[1] == _RELATION else 0.0
    for before, _, way in arrived:
        cost = before + early if early and (way[1] <= _TOWN or way[1] == START) else before
        broken = 1 if breaks else way[2]
        _keep(there, way[1] * 2 + broken, (cost + extra, way[1], broken, edge, start, way), k)


def _edges_from(lattice: Lattice, number: int, start: int, places: list[int]) -> list[Edge]:
    edges = list(lattice.edges.get(start, ()))
    barred, strong, placed, broken = lattice.barred, lattice.strong, lattice.placed, lattice.broken
    wall, longest = barred[start], _longest(lattice.text[start])
    first = bisect_right(places, start)
    named = []
    text = lattice.text
    odd = _odd(lattice, start)
    directed = _directed(text, start)
    nameless, shifted = _after(text, start, edges)
    for place, ending in lattice.ends[first : first + _MOST_ENDS]:
        length = place - start - ending.length
        if place - start > longest or barred[place] != wall:
            break
        if length < 0:
            continue
        named.append(place)
        inside, common = 0.0, odd
        if not length:
            common += nameless[ending.of_street]
        elif length > 1:
            inside = (strong[place - ending.length] - strong[start + 1]) * _SHARE[ending.of_street]
            common += placed[place - ending.length - (not ending.of_part)] - placed[start + 1]
            common += (broken[place - 1] - broken[start]) * _CROSSING
        if directed and length <= directed and ending.levels[0][0] == _ROAD:
            common += 0.8
        for level, base, by_length in ending.levels:
            cost = base + by_length[length] + common
            if inside:
                cost += inside * _INSIDE.get(level, 1.0)
            if level in shifted:
                cost += shifted[level]
            edges.append((place, level, level, cost, None))
    _unknown(lattice, number, start, named, edges, odd)
    return edges


def _after(text: str, start: int, edges: list[Edge]) -> tuple[tuple[float, float], dict[int, float]]:
    """Return what stands behind a village or street: the extra cost of an institution without a name, and of levels.

    The first is a pair, for others and for those that are called after streets.
    """
    behind = text[start - 1 : start]
    if behind == "村":
        return _IN_VILLAGE, _HAMLETS
    # 杭州 in 杭州下沙经济开发区 is the city, but 平湖 in 平湖市新埭镇平湖经济开发区 is said already
    regional = start <= _BEGINNING and any(edge[1] <= _CITY for edge in edges)
    return (_ON_STREET if behind in _STREETS else _ANYWHERE), (_ZONE_LATER if regional else _NO_SHIFT)


def _directed(text: str, start: int) -> int:
    """Return how many characters of a direction begin there, that belong to a road's name: 南京东路, 中山东一路."""
    if not start or text[start] not in _DIRECTIONS:
        return 0
    return 2 if text[start + 1 : start + 2] in _NUMERALS else 1


def _odd(lattice: Lattice, start: int) -> float:
    """Return the extra cost of a name that begins there: where a name rather goes on, or something else begins."""
    text = lattice.text
    if text[start] == "号":
        return 1.5
    if not start:
        return 0.0
    aside = _BESIDE if start in lattice.beside else 0.0  # 西侧茶叶店 is a shop on the western side
    if text[start] in _LAST_CHARACTERS:
        return aside + 1.5  # 香港路 is no place 香港 with a road 路…
    pair = text[start - 1 : start + 1]
    if pair.isascii() and pair.isalnum():
        return aside + 3.0  # a Latin word is not cut
    if text[start] in _ASIDE and pair[0] in _GATES:
        return aside + 1.0  # 南门外小吃店 is a shop outside the gate
    return aside


def _longest(first: str) -> int:
    return _LONGEST_LATIN if first.isascii() else _LONGEST_NAME


def _unknown(lattice: Lattice, number: int, start: int, named: list[int], edges: list[Edge], odd: float) -> None:
    """Add edges for text that no word explains: a place, rarely a community, at worst a note."""
    if lattice.text[start].isdecimal() and start in lattice.edges:
        return  # no nameless place begins with a number
    points, strong, placed, broken = lattice.points, lattice.strong, lattice.placed, lattice.broken
    wall, longest = lattice.barred[start], _longest(lattice.text[start])
    for place in points[number + 1 : number + 1 + _MOST_POINTS]:
        length = place - start
        if length > longest or lattice.barred[place] != wall:
            break
        if place in named:
            continue
        inside = 0.0
        if length > 1:
            inside = strong[place] - strong[start + 1] + placed[place] - placed[start + 1]
        crossed = broken[place - 1] - broken[start]
        cost = 2.6 + odd + 0.12 * length + inside + crossed * _CROSSING + (2.0 if length == 1 else 0.0)
        edges.append((place, _PLACE, _PLACE, cost, None))
        if 2 <= length <= 4 and inside == 0.0 and crossed == 0:
            hamlet = _UNNAMED_HAMLET if lattice.text[start - 1 : start] == "村" else 0.0
            edges.append((place, _COMMUNITY, _COMMUNITY, 3.4 + hamlet, None))
    if number + 1 < len(points) and not any(edge[0] == points[number + 1] for edge in edges):
        place = points[number + 1]
        edges.append((place, _NOTE, _NOTE, 5.0 + 0.1 * (place - start), None))
