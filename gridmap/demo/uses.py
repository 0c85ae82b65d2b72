"""What stands where: the use of every block, and the land of the dedicated grids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from gridmap.demo import names
from gridmap.demo.network import Network, network
from gridmap.demo.skeleton import Skeleton, Way
from gridmap.demo.town import HALF_WIDTH, Size, Use, WayKind, on_grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_SHARES: Mapping[Use, float] = {  # of the blocks that can be built on
    Use.INDUSTRY: 0.12,
    Use.PARK: 0.03,
    Use.COMMERCIAL: 0.075,
    Use.OLD_TOWN: 0.055,
}


@dataclass(frozen=True)
class Site:
    """The land of a dedicated grid: its kind, its name, and how it lies: whole block, corner, or inside a block."""

    kind: str
    name: str
    form: str


@dataclass(frozen=True)
class Blocks:
    """The network with the use of its blocks.

    Parameters
    ----------
    network : Network
    use : (F,) object array of Use
    site : (F,) int64
        Index into `sites`, -1 for blocks that are no dedicated grid.
    lot : (F,) object array of Polygon
        What can be built on: the block without streets, banks and railway land; may be empty.
    sites : tuple of Site
    """

    network: Network
    use: NDArray[np.object_]
    site: NDArray[np.int64]
    lot: NDArray[np.object_]
    sites: tuple[Site, ...]


def lots(net: Network) -> NDArray[np.object_]:
    """Take from every block the land of the ways around it; the largest piece is left."""
    left = net.blocks.copy()
    for kind, width in HALF_WIDTH.items():
        mine = np.array([way.kind is kind for way in net.ways])[net.way]
        for side in (0, 1):
            block = net.sides[mine, side]
            order = np.argsort(block, kind="stable")
            order = order[block[order] >= 0]
            if not len(order):
                continue
            lines = shapely.linestrings(net.segments[mine][order])
            found, index = np.unique(block[order], return_inverse=True)
            strips = shapely.buffer(shapely.multilinestrings(lines, indices=index), width, quad_segs=3)
            left[found] = shapely.difference(left[found], strips)
    largest = [max(shapely.get_parts(shape), key=shapely.area, default=Polygon()) for shape in left]
    return shapely.simplify(np.array(largest, dtype=object), 0.4)


def _inner_radius(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    radius = np.zeros(len(shapes))
    full = ~shapely.is_empty(shapes)
    radius[full] = shapely.length(shapely.maximum_inscribed_circle(shapes[full], tolerance=2.0))
    return radius


class _Chooser:
    """Blocks that are still free, and what is known of them."""

    def __init__(self, rng: np.random.Generator, frame: Skeleton, net: Network) -> None:
        self.rng = rng
        self.lot = lots(net)
        self.area = shapely.area(self.lot)
        self.radius = _inner_radius(self.lot)
        self.centres = shapely.get_coordinates(shapely.centroid(net.blocks))
        self.centre = np.add(frame.outline.centroid.coords[0], (-120.0, 60.0))
        self.reach = 0.6 * np.sqrt(frame.outline.area)
        self.away = np.hypot(*(self.centres - self.centre).T) / self.reach
        railway = next(way.line for way in frame.ways if way.kind is WayKind.RAILWAY)
        self.behind = np.array([_east_of(railway, xy) for xy in self.centres])
        banks = np.array([way.kind is WayKind.RIVER for way in net.ways])[net.way]
        self.bank = np.isin(np.arange(len(net.blocks)), net.sides[banks])
        self.use = np.full(len(net.blocks), Use.GREEN, dtype=object)
        self.free = (self.radius > 21.0) & ~self.bank

    def take(self, count: int, score: NDArray[np.float64], where: NDArray[np.bool_] | None = None) -> list[int]:
        """Take the free blocks of the lowest score."""
        allowed = self.free if where is None else self.free & where
        order = np.argsort(np.where(allowed, score, np.inf), kind="stable")
        chosen = [int(index) for index in order[:count] if allowed[index]]
        self.free[chosen] = False
        return chosen

    def spread(self, count: int, where: NDArray[np.bool_]) -> list[int]:
        """Take free blocks far from each other."""
        chosen: list[int] = []
        nearest = np.full(len(self.use), np.inf)
        score = self.rng.uniform(0.0, 1.0, len(self.use))
        for _ in range(count):
            chosen += self.take(1, score, where)
            nearest = np.minimum(nearest, np.hypot(*(self.centres - self.centres[chosen[-1]]).T))
            score = -nearest + self.rng.uniform(0, 150.0, len(nearest))
        return chosen


def _east_of(line: LineString, xy: NDArray[np.float64]) -> bool:
    at = line.interpolate(line.project(Point(xy)))
    return bool(xy[0] > at.x)


def _whole_sites(chooser: _Chooser, size: Size) -> dict[int, Site]:
    """Give whole blocks to schools, hospitals, markets and parks of companies."""
    found: dict[int, Site] = {}
    area, away = chooser.area, chooser.away
    wanted = {
        "学校": (area > 9_000) & (area < 34_000) & ~chooser.behind,
        "医院": (area > 9_000) & (away < 0.7) & ~chooser.behind,
        "商圈市场": (area > 8_000) & (away < 0.8) & ~chooser.behind,
        "企业园区": (area > 16_000) & (chooser.behind | (away > 0.62)),
    }
    for kind, (whole, _, _) in size.dedicated.items():
        chosen = chooser.spread(whole, wanted.get(kind, chooser.free))
        for block, name in zip(chosen, names.DEDICATED_GRIDS[kind], strict=False):
            found[block] = Site(kind, name, "whole")
            chooser.use[block] = Use.DEDICATED
    return found


def _uses(chooser: _Chooser, size: Size) -> None:
    """Decide the use of the free blocks; those left over are lived in, as many as the compounds need."""
    rng, away = chooser.rng, chooser.away
    pool = int(chooser.free.sum())
    noise = rng.normal(0.0, 0.16, len(away))
    counts = {use: max(1, round(share * pool)) for use, share in _SHARES.items()}
    picked = {
        Use.OLD_TOWN: chooser.take(counts[Use.OLD_TOWN], np.hypot(away - 0.16, 0.0) + 0.5 * noise),
        Use.COMMERCIAL: chooser.take(counts[Use.COMMERCIAL], away + 1.1 * noise),
        Use.INDUSTRY: chooser.take(counts[Use.INDUSTRY], -1.2 * chooser.behind - away + noise),
        Use.PARK: chooser.spread(counts[Use.PARK], chooser.area > np.quantile(chooser.area, 0.4)),
    }
    for use, blocks in picked.items():
        chooser.use[blocks] = use
    lived = chooser.take(round(size.compounds / 1.12), away + 0.8 * noise, chooser.radius > 26.0)
    chooser.use[lived] = Use.RESIDENTIAL


def _inside(rng: np.random.Generator, lot: Polygon) -> Polygon:
    """Lay a parcel into the middle of a lot, along its sides, with land all around it."""
    circle = shapely.maximum_inscribed_circle(lot, tolerance=1.0)
    (x, y), radius = circle.coords[0], circle.length
    corners = shapely.get_coordinates(shapely.oriented_envelope(lot))
    along = corners[1] - corners[0]
    turn = np.arctan2(along[1], along[0]) + rng.normal(0.0, 0.02)
    wide, deep = radius * rng.uniform(0.58, 0.68), radius * rng.uniform(0.45, 0.56)
    box = np.array([[-wide, -deep], [wide, -deep * rng.uniform(0.85, 1)], [wide * 0.96, deep], [-wide, deep]])
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Polygon(on_grid(box @ rotation + (x, y)))


def _corner(rng: np.random.Generator, block: Polygon) -> Polygon:
    """Cut off a share of a block, across its long side."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(block))[:4]
    if np.hypot(*(corners[1] - corners[0])) < np.hypot(*(corners[3] - corners[0])):
        corners = np.roll(corners, -1, axis=0)
    share = rng.uniform(0.28, 0.38)
    if rng.uniform() < 0.5:
        share = 1 - share
    low = corners[0] + (corners[1] - corners[0]) * share
    high = corners[3] + (corners[2] - corners[3]) * (share + rng.normal(0, 0.02))
    beyond = corners[[0, 3]] if share < 0.5 else corners[[1, 2]]
    outward = (corners[0] - corners[1]) if share < 0.5 else (corners[1] - corners[0])
    up = (high - low) * 0.5
    half = shapely.Polygon([low - up, high + up, beyond[1] + up + outward, beyond[0] - up + outward])
    piece: Polygon = max(shapely.get_parts(block.intersection(half)), key=shapely.area)
    return piece


def _parcels(chooser: _Chooser, net: Network, size: Size) -> list[tuple[int, Polygon, Site]]:
    """Choose blocks for parcels at corners and inside, near the centre."""
    made = []
    for kind, (whole, corner, inside) in size.dedicated.items():
        left = names.DEDICATED_GRIDS[kind][whole : whole + corner + inside]
        for number, name in enumerate(left):
            form = "corner" if number < corner else "inside"
            home = Use.COMMERCIAL if kind == "商务楼宇" else Use.RESIDENTIAL
            fits = (chooser.use == home) & (chooser.radius > (62.0 if form == "inside" else 45.0)) & ~chooser.behind
            for use in (Use.COMMERCIAL, Use.RESIDENTIAL):
                fits = fits if fits.any() else (chooser.use == use) & (chooser.radius > 45.0)
            score = chooser.away + chooser.rng.uniform(0.0, 0.5, len(chooser.away))
            block = int(np.argmin(np.where(fits, score, np.inf)))
            shape = (
                _inside(chooser.rng, chooser.lot[block])
                if form == "inside"
                else _corner(chooser.rng, net.blocks[block])
            )
            made.append((block, shape, Site(kind, name, form)))
            chooser.radius[block] = 0.0  # one parcel in a block is enough
    return made


def _walls(net: Network, parcels: list[tuple[int, Polygon, Site]]) -> list[Way]:
    """Give the lines that part parcels from their blocks."""
    made = []
    for block, shape, site in parcels:
        line = LineString(shape.exterior.coords)
        if site.form == "corner":
            street = net.blocks[block].exterior
            inner = max(shapely.get_parts(line.difference(street.buffer(0.01))), key=shapely.length)
            ends = shapely.shortest_line(street, shapely.points([inner.coords[0], inner.coords[-1]]))
            line = LineString(on_grid(shapely.get_coordinates(ends)[::2]))
        made.append(Way(WayKind.WALL, line, f"{site.name}围墙"))
    return made


def blocks(rng: np.random.Generator, size: Size, frame: Skeleton, ways: list[Way]) -> Blocks:
    """Decide what every block is used for, and draw the parcels of dedicated grids into the network."""
    net = network(ways)
    chooser = _Chooser(rng, frame, net)
    whole = _whole_sites(chooser, size)
    _uses(chooser, size)
    parcels = _parcels(chooser, net, size)
    final = network([*ways, *_walls(net, parcels)])
    inner = shapely.point_on_surface(final.blocks)
    parent = np.empty(len(inner), dtype=np.int64)
    found = shapely.STRtree(net.blocks).query(inner, predicate="within")
    parent[found[0]] = found[1]
    use = chooser.use[parent]
    sites = [*whole.values(), *(site for _, _, site in parcels)]
    site = np.full(len(inner), -1, dtype=np.int64)
    numbers = {block: number for number, block in enumerate(whole)}
    for index, block in enumerate(parent.tolist()):
        site[index] = numbers.get(block, -1)
    for number, (_, shape, _) in enumerate(parcels, start=len(whole)):
        mine = shapely.intersects(shapely.buffer(shape, -2.0), inner)
        site[mine] = number
        use[mine] = Use.DEDICATED
    return Blocks(final, use, site, lots(final), tuple(sites))
