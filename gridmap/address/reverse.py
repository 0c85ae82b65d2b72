"""From a point back to words: the nearest door plate, building and road crossing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.address.gazetteer import LEVEL

if TYPE_CHECKING:
    from gridmap.address.gazetteer import NodeLevel
    from gridmap.address.index import GazetteerIndex

_EIGHT = ("东", "东北", "北", "西北", "西", "西南", "南", "东南")
_AT = 15.0  # metres within which a point is at the place
_DOOR, _CROSSING, _FAR = 60.0, 120.0, 2000.0


@dataclass(frozen=True, slots=True)
class Near:
    """A node near a point: its distance in metres, and the direction in which the point lies from it."""

    node: int
    distance: float
    direction: str

    def words(self, name: str) -> str:
        """Return the point in words, seen from the node: 人民路与建设街交叉口东北约40米."""
        if self.distance <= _AT:
            return name
        step = 5 if self.distance < 50 else 10 if self.distance < 200 else 50
        return f"{name}{self.direction}约{max(step, round(self.distance / step) * step)}米"


class Neighbourhood:
    """The nodes of an index by place; made once for an index."""

    def __init__(self, index: GazetteerIndex) -> None:
        self.index = index

    @cached_property
    def _trees(self) -> dict[NodeLevel, tuple[np.ndarray, shapely.STRtree]]:
        return {}

    def nearest(self, level: NodeLevel, x: float, y: float, within: float) -> Near | None:
        """Return the nearest node of a level, None when none is within so many metres."""
        if level not in self._trees:
            columns = self.index.columns
            nodes = np.flatnonzero((columns["level"] == LEVEL[level]) & ~np.isnan(columns["x"]))
            points: Any = shapely.points(columns["x"][nodes], columns["y"][nodes])
            self._trees[level] = nodes, shapely.STRtree(points)
        nodes, tree = self._trees[level]
        if not len(nodes):
            return None
        found, distance = tree.query_nearest(shapely.Point(x, y), return_distance=True, max_distance=within)
        if not len(found):
            return None
        best = min(zip(distance.tolist(), nodes[found].tolist(), strict=True))
        return Near(best[1], best[0], self._direction(best[1], x, y))

    def _direction(self, node: int, x: float, y: float) -> str:
        from_x, from_y, _ = self.index.place(node)
        angle = np.degrees(np.arctan2(y - from_y, x - from_x))
        return _EIGHT[round(angle / 45) % 8]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is near a point, and the point in words."""

    door: Near | None
    building: Near | None
    crossing: Near | None
    words: str


def describe(near: Neighbourhood, x: float, y: float) -> Surroundings:
    """Describe a point by what is around it.

    A building or door plate within 60 m names the place; else the crossing within 120 m; else whichever is nearest.

    Parameters
    ----------
    near : Neighbourhood
    x, y : float
        In the plane, metres.
    """
    door = near.nearest("number", x, y, _FAR)
    building = near.nearest("building", x, y, _FAR)
    crossing = near.nearest("crossing", x, y, _FAR)
    choices = [each for each in (building, door) if each is not None and each.distance <= _DOOR]
    if choices:
        best = min(choices, key=lambda each: each.distance)
    elif crossing is not None and crossing.distance <= _CROSSING:
        best = crossing
    else:
        others = [each for each in (door, building, crossing) if each is not None]
        if not others:
            return Surroundings(None, None, None, "")
        best = min(others, key=lambda each: each.distance)
    return Surroundings(door, building, crossing, best.words(named(near.index, best.node)))


def named(index: GazetteerIndex, node: int) -> str:
    """Return a node's name with that of its road or compound."""
    levels = {LEVEL[level] for level in ("district", "town", "community")}
    return "".join(index.name(each) for each in index.path(node) if index.level(each) not in levels)
