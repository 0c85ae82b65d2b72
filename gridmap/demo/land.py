"""Communities and grids: regions of blocks, with codes, names and four limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.demo import names
from gridmap.demo.limits import four_limits
from gridmap.demo.regions import Neighbours, components, dissolve, merge, neighbours
from gridmap.demo.town import ROADS, SUBDISTRICT_CODE, Size, Use, WayKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.demo.network import Network
    from gridmap.demo.uses import Blocks

_LIVED: Mapping[Use, float] = {  # expected households per square metre of lot, relative to flats
    Use.RESIDENTIAL: 1.0,
    Use.OLD_TOWN: 0.5,
    Use.COMMERCIAL: 0.35,
    Use.INDUSTRY: 0.12,
    Use.PARK: 0.04,
    Use.GREEN: 0.04,
    Use.DEDICATED: 0.12,
}


@dataclass(frozen=True)
class Areas:
    """Regions of one level, ordered by code.

    Parameters
    ----------
    code, name, four_limits : tuple of str
    shape : (N,) object array of Polygon
        A valid coverage on the 1 mm grid.
    of_block : (F,) int64
        Which region every block belongs to.
    """

    code: tuple[str, ...]
    name: tuple[str, ...]
    four_limits: tuple[str, ...]
    shape: NDArray[np.object_]
    of_block: NDArray[np.int64]


@dataclass(frozen=True)
class Land:
    """The sub-district divided.

    Parameters
    ----------
    blocks : Blocks
    communities, grids : Areas
    community_of_grid : (G,) int64
    site_of_grid : (G,) int64
        Which site a dedicated grid is made for, -1 for general grids.
    section : tuple of str
        The 片区 of each community.
    """

    blocks: Blocks
    communities: Areas
    grids: Areas
    community_of_grid: NDArray[np.int64]
    site_of_grid: NDArray[np.int64]
    section: tuple[str, ...]


def _weights(blocks: Blocks) -> NDArray[np.float64]:
    per_metre = np.array([_LIVED[use] for use in blocks.use])
    weight: NDArray[np.float64] = shapely.area(blocks.lot) * per_metre + 400.0
    return weight


def _reading_order(shapes: NDArray[np.object_], rows: int) -> NDArray[np.int64]:
    """Order regions from west to east, row by row from the north, as the code standards ask."""
    xy = shapely.get_coordinates(shapely.centroid(shapes))
    rank = np.argsort(np.argsort(-xy[:, 1]))
    return np.lexsort((xy[:, 0], rank * rows // len(xy)))


def _renumber(labels: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    numbered: NDArray[np.int64] = place[labels]
    return numbered


def _communities(blocks: Blocks, near: Neighbours, size: Size) -> NDArray[np.int64]:
    """Merge quarters (blocks between roads that are more than lanes) into communities."""
    net = blocks.network
    soft = np.array([way.kind in {WayKind.LANE, WayKind.WALL} for way in net.ways])[net.way]
    inner = net.sides[soft & (net.sides >= 0).all(axis=1)]
    quarter = components(len(net.blocks), inner)
    count = int(quarter.max()) + 1
    shapes = dissolve(net.blocks, quarter, count)
    weight = np.bincount(quarter, _weights(blocks) + 0.12 * shapely.area(net.blocks)).astype(float)
    return merge(_lifted(near, quarter), shapes, weight, size.communities)[quarter]


def _lifted(near: Neighbours, label: NDArray[np.int64]) -> Neighbours:
    """Give the neighbours of regions from those of their blocks."""
    pairs = np.sort(label[near.pairs], axis=1)
    apart = pairs[:, 0] != pairs[:, 1]
    unique, index = np.unique(pairs[apart], axis=0, return_inverse=True)
    index = index.ravel()
    length, strength = (np.bincount(index, values[apart]).astype(float) for values in (near.length, near.strength))
    return Neighbours(unique, length, strength)


def _shares(weight: NDArray[np.float64], total: int, least: int) -> NDArray[np.int64]:
    """Share out whole numbers in proportion to weights (largest remainders), each at least `least`."""
    exact = weight / weight.sum() * (total - least * len(weight))
    whole = np.floor(exact).astype(np.int64)
    rest = total - least * len(weight) - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:rest]] += 1
    shares: NDArray[np.int64] = whole + least
    return shares


def _general(blocks: Blocks, near: Neighbours, community: NDArray[np.int64], size: Size) -> NDArray[np.int64]:
    """Divide the blocks of every community that are no dedicated grid into general grids; -1 for the others."""
    weight = _weights(blocks) + 0.05 * shapely.area(blocks.network.blocks)
    plain = blocks.site < 0
    load = np.bincount(community, weight).astype(float)
    counts = _shares(np.power(load, 0.9), size.general_grids, 2)
    label = np.full(len(community), -1, dtype=np.int64)
    first = 0
    for number, count in enumerate(counts.tolist()):
        mine = np.flatnonzero(plain & (community == number))
        place = np.full(len(community), -1, dtype=np.int64)
        place[mine] = np.arange(len(mine))
        kept = (place[near.pairs] >= 0).all(axis=1)
        local = Neighbours(place[near.pairs[kept]], near.length[kept], near.strength[kept])
        label[mine] = first + merge(local, blocks.network.blocks[mine], weight[mine], count)
        first += count
    return label


def _community_names(net: Network, community: NDArray[np.int64], count: int) -> list[str]:
    """Name every community after a road that runs in it or beside it, each road once."""
    road = np.array([way.name if way.kind in ROADS[:2] else "" for way in net.ways], dtype=object)[net.way]
    found: list[dict[str, float]] = [{} for _ in range(count)]
    worth = [9.0 if way.name == "解放路" else 1.6 if way.kind is WayKind.MAIN else 1.0 for way in net.ways]
    weight = np.array(worth)[net.way]
    for side in (0, 1):
        known = (net.sides[:, side] >= 0) & (road != "")
        places = community[net.sides[known, side]]
        for name, place, metres in zip(road[known], places, (net.lengths * weight)[known], strict=True):
            found[place][name] = found[place].get(name, 0.0) + float(metres)
    taken: dict[int, str] = {}
    for _, place, name in sorted((-m, place, name) for place, roads in enumerate(found) for name, m in roads.items()):
        if place not in taken and name not in taken.values():
            taken[place] = name
    return [f"{taken[place]}社区" for place in range(count)]


def divide(blocks: Blocks, size: Size) -> Land:
    """Divide the blocks into communities and grids."""
    net = blocks.network
    near = neighbours(net)
    raw = _communities(blocks, near, size)
    shapes = dissolve(net.blocks, raw, size.communities)
    community = _renumber(raw, _reading_order(shapes, max(2, round(np.sqrt(size.communities)))))
    codes = tuple(f"{SUBDISTRICT_CODE}{number:03d}" for number in range(1, size.communities + 1))
    communities = Areas(
        codes,
        tuple(_community_names(net, community, size.communities)),
        tuple(four_limits(net, community == number) for number in range(size.communities)),
        dissolve(net.blocks, community, size.communities),
        community,
    )
    general = _general(blocks, near, community, size)
    label = np.where(general >= 0, general, size.general_grids + blocks.site)
    return _grids(blocks, communities, label, size)


def _grids(blocks: Blocks, communities: Areas, label: NDArray[np.int64], size: Size) -> Land:
    net, community = blocks.network, communities.of_block
    count = size.general_grids + size.dedicated_grids
    shapes = dissolve(net.blocks, label, count)
    home = np.array([community[label == number][0] for number in range(count)])
    dedicated = np.arange(count) >= size.general_grids
    order = _reading_order(shapes, max(3, round(2.2 * np.sqrt(size.communities))))
    order = order[np.lexsort((np.arange(count), dedicated[order], home[order]))]
    label, shapes, home, dedicated = _renumber(label, order), shapes[order], home[order], dedicated[order]
    site = np.where(dedicated, order - size.general_grids, -1)
    codes, titles, sequence = [], [], dict.fromkeys(range(size.communities), 0)
    for number in range(count):
        sequence[int(home[number])] += 1
        here = sequence[int(home[number])]
        codes.append(f"{communities.code[home[number]]}{here:03d}")
        own = f"第{here:02d}网格" if site[number] < 0 else f"{blocks.sites[site[number]].name}专属网格"
        titles.append(communities.name[home[number]] + own)
    limits = tuple(four_limits(net, label == number) for number in range(count))
    grids = Areas(tuple(codes), tuple(titles), limits, shapes, label)
    return Land(blocks, communities, grids, home, site, _sections(communities))


def _sections(communities: Areas) -> tuple[str, ...]:
    """Group the communities into 片区 of three or four, in the order of their codes."""
    count = len(communities.code)
    return tuple(names.SECTIONS[min(number * 3 // count, 2)] for number in range(count))
