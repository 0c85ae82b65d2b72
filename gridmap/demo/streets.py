"""Side roads and lanes: the blocks between main roads are cut until they are small enough to live on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from gridmap.demo import names
from gridmap.demo.skeleton import Skeleton, Way, smooth
from gridmap.demo.town import GRID_SIZE, WayKind, on_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SIDE_ROAD_AREA = 105_000.0  # a larger block is cut by a side road, a smaller one by a lane
_JOIN = 42.0  # metres within which a new street goes on where another one ends
_THIN = 51.0  # a block that holds no circle of this radius is not cut: banks, strips along the railway


@dataclass
class _Streets:
    """The streets cut so far: their lines, kinds, the ends where others may go on, and who goes on as whom."""

    lines: list[LineString] = field(default_factory=list)
    kinds: list[WayKind] = field(default_factory=list)
    ends: list[tuple[float, ...]] = field(default_factory=list)
    leaving: list[NDArray[np.float64]] = field(default_factory=list)  # unit vector from each end into its street
    goes_on: list[tuple[int, int]] = field(default_factory=list)

    def add(self, line: LineString, kind: WayKind, joined: tuple[int, ...]) -> None:
        me = len(self.lines)
        self.lines.append(line)
        self.kinds.append(kind)
        self.ends += [line.coords[0], line.coords[-1]]
        along = np.subtract(line.coords[-1], line.coords[0])
        along /= np.hypot(*along)
        self.leaving += [along, -along]
        self.goes_on += [(me, other) for other in joined]


def _target_area(rng: np.random.Generator, point: Point, centre: Point, reach: float) -> float:
    """How large a block may be: small about the centre, large at the outskirts."""
    share = min(point.distance(centre) / reach, 1.0)
    return float((15_500.0 + 29_000.0 * share**1.4) * rng.uniform(0.85, 1.5))


def _axes(block: Polygon) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Give the corner, the direction of the long side, that of the short side, and the long side's length."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(block))[:4]
    first, second = corners[1] - corners[0], corners[3] - corners[0]
    if np.hypot(*first) < np.hypot(*second):
        first, second = second, first
    length = float(np.hypot(*first))
    return corners[0], first / length, second / np.hypot(*second), length


def _chord(rng: np.random.Generator, block: Polygon) -> NDArray[np.float64] | None:
    """Lay a line across the block, about halfway along its long side; its two ends on the block's border."""
    corner, long, short, length = _axes(block)
    place = np.clip(0.5 + rng.normal(0.0, 0.07), 0.34, 0.66)
    turn = rng.normal(0.0, 0.05)
    direction = short * np.cos(turn) + long * np.sin(turn)
    base = corner + long * length * place
    across = LineString([base - direction * 3000, base + direction * 3000]).intersection(block)
    parts = [part for part in shapely.get_parts(across) if part.length > 30]
    if not parts:
        return None
    return shapely.get_coordinates(max(parts, key=lambda part: part.length))[[0, -1]]


def _joined(
    streets: _Streets, block: Polygon, end: NDArray[np.float64], other: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int | None]:
    """Move an end to that of a street on the other side of the road, if one is near and leads straight on."""
    if not streets.ends:
        return end, None
    ends = np.array(streets.ends)
    away = np.hypot(*(ends - end).T)
    into = (other - end) / np.hypot(*(other - end))
    for index in np.argsort(away)[:4]:
        straight = float(streets.leaving[index] @ into) < -0.88
        if away[index] < _JOIN and straight and block.exterior.distance(Point(ends[index])) < 0.01:
            return ends[index], int(index) // 2
    return end, None


def _cut(rng: np.random.Generator, streets: _Streets, block: Polygon, least: float) -> list[Polygon]:
    """Cut a block in two by a slightly bent street; the block alone when no try gives two good pieces."""
    for _ in range(7):
        chord = _chord(rng, block)
        if chord is None:
            continue
        first, one = _joined(streets, block, chord[0], chord[1])
        last, other = _joined(streets, block, chord[1], chord[0])
        along = last - first
        aside = np.array([-along[1], along[0]]) * rng.normal(0.0, 0.022)
        bow = smooth(np.array([first, first + along * rng.uniform(0.4, 0.6) + aside, last]), 45.0)
        line = LineString(on_grid(bow))
        faces = shapely.polygonize(shapely.get_parts(shapely.union_all([block.exterior, line], grid_size=GRID_SIZE)))
        pieces = [piece for piece in shapely.get_parts(faces) if block.covers(piece.representative_point())]
        if len(pieces) == 2 and min(piece.area for piece in pieces) > least and all(map(_roomy, pieces)):
            kind = WayKind.SIDE if block.area > _SIDE_ROAD_AREA else WayKind.LANE
            streets.add(line, kind, tuple(index for index in (one, other) if index is not None))
            return pieces
    return [block]


def _roomy(block: Polygon) -> bool:
    return bool(4 * np.pi * block.area / block.length**2 > 0.42)


def _divide(rng: np.random.Generator, streets: _Streets, outline: Polygon, start: list[Polygon]) -> None:
    centre = Point(outline.centroid.x - 120.0, outline.centroid.y + 60.0)
    reach = 0.62 * np.sqrt(outline.area)
    waiting = sorted(start, key=lambda block: -block.area)
    while waiting:
        block = waiting.pop(0)
        target = _target_area(rng, block.centroid, centre, float(reach))
        if block.area < 1.55 * target or block.buffer(-_THIN).is_empty:
            continue
        pieces = _cut(rng, streets, block, 0.5 * target)
        if len(pieces) == 2:
            waiting = sorted([*waiting, *pieces], key=lambda piece: -piece.area)


def _groups(count: int, pairs: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Find the streets that go on as one another: equal numbers."""
    group = np.arange(count)
    for a, b in pairs:
        group[group == group[a]] = group[b]
    return group


def streets(rng: np.random.Generator, frame: Skeleton) -> list[Way]:
    """Cut the blocks of a skeleton by side roads and lanes, and name them.

    A street that goes on across a road keeps its name; lanes are named after the road that they leave.
    """
    lines = [way.line for way in frame.ways]
    faces = shapely.polygonize(shapely.get_parts(shapely.union_all(lines, grid_size=GRID_SIZE)))
    cut = _Streets()
    _divide(rng, cut, frame.outline, list(shapely.get_parts(faces)))
    group = _groups(len(cut.lines), cut.goes_on)
    whole = {int(g): [i for i in range(len(group)) if group[i] == g] for g in np.unique(group)}
    side = {g for g, members in whole.items() if any(cut.kinds[i] is WayKind.SIDE for i in members)}
    order = rng.permutation(len(names.SIDE_ROADS))
    free = iter([pool[i] for pool in (names.SIDE_ROADS, names.MORE_SIDE_ROADS) for i in order])
    named = [way for way in frame.ways if way.kind is WayKind.MAIN]
    made = []
    for g in sorted(side, key=lambda g: -sum(cut.lines[i].length for i in whole[g])):
        name = next(free)
        made += [Way(WayKind.SIDE, cut.lines[i], name) for i in whole[g]]
    return [*made, *_lanes(cut, [members for g, members in whole.items() if g not in side], [*named, *made])]


def _lanes(cut: _Streets, lanes: list[list[int]], roads: list[Way]) -> list[Way]:
    """Name lanes 解放路一巷, 解放路二巷 … in the order in which they leave their road."""
    leaving: dict[str, list[tuple[float, list[int]]]] = {}
    tree = shapely.STRtree([road.line for road in roads])
    for members in lanes:
        first = cut.lines[members[0]]
        ends = [Point(first.coords[0]), Point(first.coords[-1])]
        near = [int(tree.nearest(end)) for end in ends]
        away = [roads[road].line.distance(end) for road, end in zip(near, ends, strict=True)]
        road = roads[near[int(np.argmin(away))]]
        where = road.line.project(ends[int(np.argmin(away))])
        leaving.setdefault(road.name, []).append((where, members))
    made = []
    for name, found in leaving.items():
        for number, (_, members) in enumerate(sorted(found), start=1):
            lane = f"{name}{names.chinese_number(number)}巷"
            made += [Way(WayKind.LANE, cut.lines[i], lane) for i in members]
    return made
