"""What an address asks for, a node that may be meant, and the way from there down to its finest number."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridmap.address.gazetteer import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.address.gazetteer import NodeLevel
    from gridmap.address.index import GazetteerIndex
    from gridmap.address.labels import Field, Level, Reading

_POI, _COMPOUND = LEVEL["poi"], LEVEL["compound"]
_PARTS, _BUILDINGS, _UNITS = (LEVEL[level] for level in ("part", "building", "unit"))
_ASIDE = frozenset(("mark", "repeat", "note", "person"))
_REGIONS = frozenset(("province", "city", "district", "zone", "town"))
_LINKS, _NAMES = frozenset("·-&'’/+"), frozenset(("place", "part", "community"))
_FOUND_BELOW, _UNKNOWN_BELOW, _SKIPPED_BELOW = 1.5, -1.0, -0.4


@dataclass(frozen=True, slots=True)
class Way:
    """Where the numbers of an address lead from a node downwards, and what that adds to a score."""

    node: int
    score: float
    unknown: tuple[str, ...]
    skipped: int
    ambiguous: bool


@dataclass(slots=True)
class Asked:
    """What a reading asks for, by level: the fields that name something, the first of each level.

    `entire` is everything but marks, notes and persons, `whole` that without the regions before it. `misplaced` are
    regions behind a road or place: a shop 三味小超市 misspelt may look like a city, and is not understood. `linked` are
    names with a mark inside, 益丰·外滩源, which a parser that does not know them takes for two. `ways` remembers the
    ways down by node and levels used up, since name and house number lead to the same compound.
    """

    roads: list[Field] = field(default_factory=list)
    places: list[Field] = field(default_factory=list)
    single: dict[Level, Field] = field(default_factory=dict)
    relations: list[str] = field(default_factory=list)
    misplaced: list[str] = field(default_factory=list)
    whole: str = ""
    entire: str = ""
    linked: list[str] = field(default_factory=list)
    ways: dict[tuple[int, frozenset[str]], Way] = field(init=False, default_factory=dict)

    def key(self, level: Level) -> str | None:
        """Return what a level's field is compared by, None when it is not asked for."""
        found = self.single.get(level)
        return None if found is None else str(found.value)


def asked_of(reading: Reading) -> Asked:
    """Sort the fields of a reading."""
    asked = Asked()
    for each in reading.fields:
        if each.label not in _ASIDE:
            asked.entire += each.text
            if asked.whole or each.label not in _REGIONS:
                asked.whole += each.text
        elif each.text in _LINKS:
            asked.linked = list(_linked(reading))
        if each.label == "road":
            asked.roads.append(each)
        elif each.label == "place":
            asked.places.append(each)
        elif each.label in _REGIONS and (asked.roads or asked.places or "town" in asked.single):
            asked.misplaced.append(each.text)
        elif each.label == "relation":
            asked.relations.append(each.text)
        elif each.label == "lane" and each.label in asked.single and "number" not in asked.single:
            asked.single[each.label] = each
        else:
            asked.single.setdefault(each.label, each)
    return asked


def _linked(reading: Reading) -> Iterator[str]:
    fields = reading.fields
    for before, mark, after in zip(fields, fields[1:], fields[2:], strict=False):
        if mark.label == "mark" and mark.text in _LINKS and before.label in _NAMES and after.label in _NAMES:
            yield before.text + mark.text + after.text


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that may be meant.

    Parameters
    ----------
    node : int
    score : float
        Sum over the fields; higher is better.
    road_how, place_how : int
        How the names were found (`index.EXACT` ...), -1 when none was.
    conflict : str
        A number that contradicts the candidate's own; empty for none.
    unknown : tuple of str
        Fields that were asked for and the gazetteer does not have below the node.
    skipped : int
        Levels that the address leaves out and only one way leads through.
    unexplained : tuple of str
        Names in the address that found nothing.
    number : int or None
        The house number that the road does not have and that must be interpolated.
    ambiguous : bool
        More than one node below fits.
    area : int
        1 where the community agrees, -1 where it contradicts.
    """

    node: int
    score: float
    road_how: int = -1
    place_how: int = -1
    conflict: str = ""
    unknown: tuple[str, ...] = ()
    skipped: int = 0
    unexplained: tuple[str, ...] = ()
    number: int | None = None
    ambiguous: bool = False
    area: int = 0


def descend(index: GazetteerIndex, asked: Asked, start: Candidate, used: frozenset[str]) -> Candidate:
    """Follow part, building, unit and room downwards as far as the gazetteer knows them."""
    way = asked.ways.get((start.node, used))
    if way is None:
        way = asked.ways[start.node, used] = _way_down(index, asked, start.node, used)
    return Candidate(  # `replace` takes twice the time, and there are many
        way.node,
        start.score + way.score,
        start.road_how,
        start.place_how,
        start.conflict,
        start.unknown + way.unknown,
        start.skipped + way.skipped,
        start.unexplained,
        start.number,
        start.ambiguous or way.ambiguous,
        start.area,
    )


def _way_down(index: GazetteerIndex, asked: Asked, node: int, used: frozenset[str]) -> Way:
    unknown: tuple[str, ...] = ()
    skipped, found, ambiguous = 0, 0, False
    for level, key, text in _steps(index, asked, node, used):
        ways = _below(index, node, level, key)
        if len(ways) == 1 and index.level(ways[0]) == LEVEL[level]:
            skipped += index.parent(ways[0]) != node
            node = ways[0]
            found += 1
        elif not ways and _passable(index, node, level):
            skipped += 1
        else:
            ambiguous = len(ways) > 1
            unknown = (text,)
            break
    score = _FOUND_BELOW * found + _SKIPPED_BELOW * skipped + _UNKNOWN_BELOW * len(unknown)
    return Way(node, score, unknown, skipped, ambiguous)


def _steps(index: GazetteerIndex, asked: Asked, node: int, used: frozenset[str]) -> list[tuple[NodeLevel, str, str]]:
    """Return the levels to go down, as (level, key, text)."""
    steps: list[tuple[NodeLevel, str, str]] = []
    single = asked.single
    if index.level(node) == _POI:  # 图书馆 behind a place that is no library: it is asked for, and nothing has it
        behind = single.get("part")
        return [("building", str(behind.value), behind.text)] if behind is not None and "part" not in used else []
    if "part" in single and "part" not in used:
        steps.append(("part", str(single["part"].value), single["part"].text))
    if "building" in single and "building" not in used:
        steps.append(("building", str(single["building"].value), single["building"].text))
    elif index.level(node) == _COMPOUND and "number" in single and not asked.roads and "number" not in used:
        steps.append(("building", str(single["number"].value), single["number"].text))
    if "unit" in single:
        steps.append(("unit", str(single["unit"].value), single["unit"].text))
    if "room" in single:
        steps.append(("room", _room_key(asked), single["room"].text))
    return steps


def _room_key(asked: Asked) -> str:
    """Return the number of a room; with a floor before a short one, both: 5楼01室 is 501."""
    room, floor = asked.single["room"].value, asked.single.get("floor")
    if isinstance(room, int) and room < 100 and floor is not None and isinstance(floor.value, int) and floor.value > 0:
        return str(floor.value * 100 + room)
    return str(room)


def _below(index: GazetteerIndex, node: int, level: NodeLevel, key: str) -> list[int]:
    """Return the nodes of a key below a node: its child, else those of the level between that an address left out."""
    own = index.child(node, level, key)
    if own >= 0:
        return [own]
    between = {"building": _PARTS, "unit": _BUILDINGS, "room": _UNITS}.get(level)
    if between is None:
        return []
    middle = [int(child) for child in index.children(node) if index.level(int(child)) == between]
    if level == "unit" and len(middle) != 1:
        return []
    return [below for each in middle if (below := index.child(each, level, key)) >= 0]


def _passable(index: GazetteerIndex, node: int, level: NodeLevel) -> bool:
    """Tell whether a level that is asked for does not exist here at all, so that what follows lies right below."""
    if level not in {"part", "unit"}:
        return False
    wanted = LEVEL[level]
    return all(index.level(int(child)) != wanted for child in index.children(node))
