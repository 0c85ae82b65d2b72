"""Where road and house number of an address lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import ALIAS, CLOSE, GazetteerIndex, Hit
from gridmap.address.numerals import number_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gridmap.address.descend import Asked

ROADS = frozenset((LEVEL["road"],))
_MOST_ROADS = 6
_NUMBERED = re.compile(r"(.{4,40}?)([0-9]{1,5}(?:-[0-9]{1,5})?)号")


@dataclass(frozen=True, slots=True)
class Door:
    """Where road and number lead: the road, the house number (-1 when it is not known), the number asked for."""

    road: int
    node: int
    how: int
    wanted: str | None
    tail: tuple[str, ...]


def doors_of(index: GazetteerIndex, asked: Asked) -> list[Door]:
    """Return the house numbers, roads and lanes that an address can mean, as far as they are known."""
    doors: list[Door] = []
    lane, number, sub = asked.key("lane"), asked.key("number"), asked.key("subnumber")
    for road in asked.roads[:3]:
        hits = index.named(str(road.value), ROADS)
        if lane is not None:
            whole = road.text + asked.single["lane"].text
            joined = index.named(whole, ROADS) or _lanes_of(index, hits, asked) or index.resembling(whole, ROADS)
            wanted = number if number is not None else sub
            doors.extend(_door(index, hit, wanted, None) for hit in joined[:_MOST_ROADS])
        if not hits:
            hits = index.resembling(str(road.value), ROADS)[:_MOST_ROADS]
        doors.extend(
            _lane_door(index, hit, asked) if lane is not None else _door(index, hit, number, sub) for hit in hits
        )
    return doors


def _lanes_of(index: GazetteerIndex, hits: Sequence[Hit], asked: Asked) -> list[Hit]:
    """Return the lanes that are roads of their own, where the road is called by another name."""
    lane = asked.single["lane"].text
    others = [hit for hit in hits if hit.how == ALIAS]
    return [Hit(found.node, ALIAS) for hit in others for found in index.named(index.name(hit.node) + lane, ROADS)]


def _door(index: GazetteerIndex, hit: Hit, number: str | None, sub: str | None) -> Door:
    if number is None:
        return Door(hit.node, -1, hit.how, None, ())
    node = index.child(hit.node, "number", number)
    if node < 0 and "-" in number:  # 12-14号 is found by its first number
        node = index.child(hit.node, "number", number.partition("-")[0])
    if node < 0 or sub is None:
        return Door(hit.node, node, hit.how, number, ())
    below = index.child(node, "subnumber", sub.removeprefix("附"))
    return Door(hit.node, below if below >= 0 else node, hit.how, number, () if below >= 0 else (f"附{sub}号",))


def _lane_door(index: GazetteerIndex, hit: Hit, asked: Asked) -> Door:
    lane = asked.single["lane"]
    key = str(number_value(str(lane.value)))
    node = index.child(hit.node, "lane", key)
    number = asked.key("subnumber") if "subnumber" in asked.single else asked.key("number")
    if node < 0:
        return Door(hit.node, -1, hit.how, None, (lane.text,))
    if number is None:
        return Door(hit.node, node, hit.how, None, ())
    below = index.child(node, "number", number)
    return Door(hit.node, below if below >= 0 else node, hit.how, number, () if below >= 0 else (f"{number}号",))


def far_doors(index: GazetteerIndex, asked: Asked, doors: Sequence[Door]) -> Iterator[tuple[Asked, Door]]:
    """Yield house numbers of roads that are misspelt beyond one character, or that do not read like roads.

    The house number has to be known there. With each comes what is still asked for.
    """
    if any(door.how < CLOSE for door in doors):
        return
    if asked.roads:
        road, number, sub = asked.roads[0], asked.key("number"), asked.key("subnumber")
        if number is not None:
            hits = index.guesser.near(road.text, ROADS)
            yield from ((asked, door) for hit in hits if (door := _door(index, hit, number, sub)).node >= 0)
        return
    name, number, left = _like_a_road(asked)
    hits = (index.resembling(name, ROADS) or index.guesser.near(name, ROADS)) if name else []
    yield from ((left, door) for hit in hits[:_MOST_ROADS] if (door := _door(index, hit, number, None)).node >= 0)


def _like_a_road(asked: Asked) -> tuple[str, str, Asked]:
    """Return a name with a number behind it, as a road has, and what else is asked for; an empty name for none."""
    for level in ("number", "building"):
        behind = asked.single.get(level)
        if asked.places and behind is not None and behind.start == asked.places[0].end:
            rest = {key: value for key, value in asked.single.items() if key != level}
            return asked.places[0].text, str(behind.value), replace(asked, places=asked.places[1:], single=rest)
    found = _NUMBERED.match(asked.whole)
    if found is None:
        return "", "", asked
    return found[1], str(number_value(found[2])), replace(asked, places=[], single={}, misplaced=[])
