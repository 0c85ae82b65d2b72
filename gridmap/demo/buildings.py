"""Compounds and buildings on every lot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString, Polygon

from gridmap.demo.layout import Rows, fronts, rectangles, rows, south_facing
from gridmap.demo.town import HALF_WIDTH, Size, Use, WayKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.demo.network import Network
    from gridmap.demo.uses import Blocks

NONE = -1
FRONT_DEPTH = 11.0

_FLATS: tuple[tuple[float, Rows, tuple[int, int], int], ...] = (  # share, rows, floors, rooms per floor and stairwell
    (0.45, Rows(11.5, 33.0, 14.5, (2, 3, 4), 9.0), (3, 5), 2),
    (0.33, Rows(13.0, 38.0, 17.0, (2, 3), 13.0), (5, 7), 2),
    (0.14, Rows(17.0, 58.0, 30.0, (1,), 26.0), (9, 16), 4),
    (0.08, Rows(11.0, 27.0, 10.0, (2, 3, 4), 7.0), (3, 3), 1),
)
_OTHER: Mapping[str, tuple[Rows, tuple[int, int]]] = {
    Use.COMMERCIAL: (Rows(26.0, 52.0, 34.0, (1,), 22.0), (6, 22)),
    Use.INDUSTRY: (Rows(34.0, 56.0, 42.0, (1, 2), 16.0), (1, 2)),
    Use.OLD_TOWN: (Rows(9.5, 17.0, 8.5, (1,), 0.7), (2, 3)),
    "学校": (Rows(14.0, 40.0, 42.0, (1,), 18.0), (4, 5)),
    "医院": (Rows(20.0, 44.0, 52.0, (1,), 16.0), (5, 14)),
    "商圈市场": (Rows(34.0, 48.0, 38.0, (1, 2), 14.0), (1, 4)),
    "商务楼宇": (Rows(32.0, 50.0, 36.0, (1,), 16.0), (14, 28)),
    "企业园区": (Rows(30.0, 52.0, 40.0, (1, 2), 18.0), (2, 5)),
}


@dataclass(frozen=True)
class Compounds:
    """Residential compounds.

    Parameters
    ----------
    shape : (C,) object array of Polygon
    block : (C,) int64
    style : (C,) int64
        Index of the kind of flats.
    """

    shape: NDArray[np.object_]
    block: NDArray[np.int64]
    style: NDArray[np.int64]


@dataclass(frozen=True)
class Buildings:
    """Buildings by column; N of them.

    Parameters
    ----------
    box : (N, 5) float64
        Centre x, centre y, angle, length, depth.
    shape : (N,) object array of Polygon
    kind : (N,) object array of str
        flats, mixed (shops below, flats above), shops, house, or the use of the block.
    block, compound : (N,) int64
        `compound` is -1 for buildings outside compounds.
    way : (N,) int64
        The way that a front looks to, -1 for buildings that stand behind.
    floors, units, rooms : (N,) int64
        Floors, stairwells, and homes per floor and stairwell (0 where nobody lives).
    """

    box: NDArray[np.float64]
    shape: NDArray[np.object_]
    kind: NDArray[np.object_]
    block: NDArray[np.int64]
    compound: NDArray[np.int64]
    way: NDArray[np.int64]
    floors: NDArray[np.int64]
    units: NDArray[np.int64]
    rooms: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def homes_from(self) -> NDArray[np.int64]:
        """The lowest floor with homes: the second above shops."""
        return np.where(self.kind == "mixed", 2, 1)

    @property
    def homes(self) -> NDArray[np.int64]:
        """How many homes each building has."""
        made: NDArray[np.int64] = (self.floors - self.homes_from + 1) * self.units * self.rooms
        return made


class _Site:
    """Buildings as they are collected."""

    def __init__(self) -> None:
        self.boxes: list[NDArray[np.float64]] = []
        self.rest: list[tuple[str, int, int, int, int, int, int]] = []

    def add(
        self,
        boxes: NDArray[np.float64],
        kind: str,
        block: int,
        *,
        compound: int = NONE,
        way: int = NONE,
        floors: NDArray[np.int64],
        units: NDArray[np.float64] | None = None,
        rooms: int = 0,
    ) -> None:
        """Add N boxes of one kind."""
        self.boxes.append(boxes[:, :5])
        many = np.ones(len(boxes)) if units is None else units
        self.rest += [
            (kind, block, compound, way, int(floor), int(unit), rooms) for floor, unit in zip(floors, many, strict=True)
        ]


def _halves(lot: Polygon) -> list[Polygon]:
    """Part a lot in two across its long side, with a path of 4 m between."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(lot))[:4]
    if np.hypot(*(corners[1] - corners[0])) < np.hypot(*(corners[3] - corners[0])):
        corners = np.roll(corners, -1, axis=0)
    low, high = (corners[0] + corners[1]) / 2, (corners[3] + corners[2]) / 2
    path = LineString([2 * low - high, 2 * high - low]).buffer(2.0, cap_style="flat")
    return sorted(shapely.get_parts(lot.difference(path)), key=lambda piece: -piece.area)[:2]


def compounds(rng: np.random.Generator, blocks: Blocks, size: Size) -> Compounds:
    """Make one compound of every residential lot, and two of the largest, until there are enough."""
    lived = np.flatnonzero(blocks.use == Use.RESIDENTIAL)
    lived = lived[np.argsort(-shapely.area(blocks.lot[lived]), kind="stable")][: size.compounds]
    whole = np.array([len(lot.interiors) == 0 for lot in blocks.lot[lived]])
    parted = lived[whole][: size.compounds - len(lived)]
    made = []
    for block in np.sort(lived).tolist():
        lot = blocks.lot[block]
        made += [(piece, block) for piece in (_halves(lot) if block in parted else [lot])]
    shapes = np.empty(len(made), dtype=object)
    shapes[:] = [shapely.set_precision(shape, 0.001) for shape, _ in made]
    style = rng.choice(len(_FLATS), len(made), p=[share for share, *_ in _FLATS])
    return Compounds(shapes, np.array([block for _, block in made]), style)


def frontages(net: Network) -> list[tuple[int, int, LineString]]:
    """Give (block, way, line) for every main or side road along a block; the block lies left of the line."""
    open_to_shops = np.array([way.kind in {WayKind.MAIN, WayKind.SIDE} for way in net.ways])[net.way]
    made = []
    for side in (0, 1):
        mine = np.flatnonzero(open_to_shops & (net.sides[:, side] >= 0))
        lines = net.segments[mine] if side == 0 else net.segments[mine][:, ::-1]
        keys = np.column_stack((net.sides[mine, side], net.way[mine]))
        made += [(int(block), int(way), line) for (block, way), line in zip(keys, lines, strict=True)]
    found: dict[tuple[int, int], list[NDArray[np.float64]]] = {}
    for block, way, line in made:
        found.setdefault((block, way), []).append(line)
    result = []
    for (block, way), pieces in sorted(found.items(), key=lambda item: item[0]):
        merged = shapely.line_merge(shapely.MultiLineString(pieces), directed=True)
        result += [(block, way, part) for part in shapely.get_parts(merged) if part.length > 45.0]
    return result


def _front_share(kind: WayKind, use: str, away: float) -> float:
    near = max(0.12, 1.05 - 0.95 * away)
    return float(near * (0.95 if kind is WayKind.MAIN else 0.62) * (1.0 if use != Use.RESIDENTIAL else 0.85))


def _add_fronts(rng: np.random.Generator, site: _Site, blocks: Blocks, homes: Compounds, size: Size) -> None:
    net = blocks.network
    centre = shapely.get_coordinates(shapely.centroid(shapely.multipoints(shapely.centroid(net.blocks))))[0]
    reach = 0.6 * np.sqrt(size.area)
    owner: dict[int, list[int]] = {}
    for number, block in enumerate(homes.block.tolist()):
        owner.setdefault(block, []).append(number)
    placed: dict[int, shapely.Geometry] = {}
    for block, way, line in frontages(net):
        use = str(blocks.use[block])
        if use not in {Use.RESIDENTIAL, Use.COMMERCIAL, Use.OLD_TOWN} or blocks.lot[block].is_empty:
            continue
        path = line.offset_curve(HALF_WIDTH[net.ways[way].kind] + 0.3, quad_segs=2)
        if path.geom_type != "LineString" or path.is_empty:
            continue
        away = float(np.hypot(*(np.array(line.centroid.coords[0]) - centre)) / reach)
        boxes = fronts(rng, path, blocks.lot[block], FRONT_DEPTH, _front_share(net.ways[way].kind, use, away))
        shapes = rectangles(boxes)
        free = ~shapely.intersects(shapes, shapely.buffer(placed.get(block, Polygon()), 4.0))
        boxes, shapes = boxes[free], shapes[free]
        placed[block] = shapely.union_all([placed.get(block, Polygon()), *shapes])
        for box, shape in zip(boxes, shapes, strict=True):
            inside = [c for c in owner.get(block, []) if homes.shape[c].contains(shape.centroid)]
            _add_front(rng, site, box[None], use, block, inside[0] if inside else NONE, way)


def _add_front(
    rng: np.random.Generator, site: _Site, box: NDArray[np.float64], use: str, block: int, compound: int, way: int
) -> None:
    mixed = rng.uniform() < {Use.RESIDENTIAL: 0.55, Use.OLD_TOWN: 0.7}.get(Use(use), 0.1) and box[0, 3] > 22.0
    floors = rng.integers(3, 6, 1) if mixed else rng.integers(1, 4, 1)
    units = np.array([box[0, 3] // 13.0]) if mixed else None
    kind = "mixed" if mixed else "shops"
    site.add(box, kind, block, compound=compound, way=way, floors=floors, units=units, rooms=2 if mixed else 0)


def buildings(rng: np.random.Generator, blocks: Blocks, homes: Compounds, size: Size) -> Buildings:
    """Set up the buildings of every block."""
    site = _Site()
    _add_fronts(rng, site, blocks, homes, size)
    at_front = rectangles(np.vstack(site.boxes))
    in_block = np.array([block for _, block, *_ in site.rest])
    strips = {
        int(block): shapely.union_all(shapely.buffer(at_front[in_block == block], 9.0, quad_segs=2))
        for block in np.unique(in_block)
    }
    for number, (shape, block, style) in enumerate(zip(homes.shape, homes.block, homes.style, strict=True)):
        area = _largest(shape.buffer(-4.0).difference(strips.get(int(block), Polygon())))
        _, plan, floors, rooms = _FLATS[style]
        boxes = rows(rng, area, south_facing(shape), plan)
        level = rng.integers(floors[0], floors[1] + 1, len(boxes))
        level = np.where(rng.uniform(size=len(boxes)) < 0.7, level[:1], level) if len(boxes) else level
        site.add(boxes, "flats", int(block), compound=number, floors=level, units=boxes[:, 5], rooms=rooms)
    for block in range(len(blocks.use)):
        _add_other(rng, site, blocks, block, strips.get(block, Polygon()))
    return _enough(_collected(site), size.households)


def _enough(made: Buildings, households: int) -> Buildings:
    """Raise the flats by a floor as often as it takes to house everybody, with a few homes empty."""
    while made.homes.sum() < 1.03 * households:
        made = replace(made, floors=made.floors + np.isin(made.kind, ("flats", "mixed")))
    return made


def _largest(shape: shapely.Geometry) -> Polygon:
    return max(shapely.get_parts(shape), key=shapely.area, default=Polygon())


def _add_other(rng: np.random.Generator, site: _Site, blocks: Blocks, block: int, taken: shapely.Geometry) -> None:
    use = str(blocks.use[block])
    word = blocks.sites[blocks.site[block]].kind if use == Use.DEDICATED else use
    if word not in _OTHER:
        return
    plan, floors = _OTHER[word]
    margin = 2.0 if use == Use.OLD_TOWN else 5.0
    area = _largest(blocks.lot[block].buffer(-margin).difference(taken))
    boxes = rows(rng, area, south_facing(blocks.lot[block]), plan)
    if not len(boxes) and use == Use.DEDICATED:
        boxes = _fitted(area)
    if word == "学校":
        boxes = boxes[boxes[:, 1] > np.median(boxes[:, 1]) - 5.0] if len(boxes) else boxes  # the rest is playground
    kind = "house" if use == Use.OLD_TOWN else word
    level = rng.integers(floors[0], floors[1] + 1, len(boxes))
    site.add(boxes, kind, block, floors=level, rooms=1 if kind == "house" else 0)


def _fitted(area: Polygon) -> NDArray[np.float64]:
    """Put one building into an area that the usual ones do not fit."""
    (x, y), radius = area.centroid.coords[0], 0.5 * np.sqrt(area.area)
    for share in np.arange(0.9, 0.05, -0.05):
        boxes = np.array([[x, y, south_facing(area), 2 * radius * share, 1.4 * radius * share, 1.0]])
        if shapely.covers(area, rectangles(boxes[:, :5]))[0]:
            return boxes
    return np.empty((0, 6))


def _collected(site: _Site) -> Buildings:
    kind, block, compound, way, floors, units, rooms = zip(*site.rest, strict=True)
    box = np.vstack(site.boxes)
    whole = [np.array(values, dtype=np.int64) for values in (block, compound, way, floors, units, rooms)]
    words = np.array(kind, dtype=object)
    level = np.where(words == "house", 1, whole[3])  # a house is one home, whatever its floors
    return Buildings(box, rectangles(box), words, whole[0], whole[1], whole[2], level, whole[4], whole[5])
