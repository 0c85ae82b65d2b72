"""House numbers: odd on the left of a street, even on the right, rising along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString

from gridmap.demo.buildings import NONE, Buildings, Compounds
from gridmap.demo.town import ROADS, on_grid, points_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from gridmap.demo.skeleton import Way
    from gridmap.demo.uses import Blocks

_SPACING = 9.0  # metres of street for each number of a side


@dataclass(frozen=True)
class Doors:
    """Every door with its road and number.

    Parameters
    ----------
    road : (D,) object array of str
    number : (D,) int64
    xy : (D, 2) float64
    of_building : (N,) int64
        The door of each building; -1 for buildings that are reached through their compound.
    of_compound : (C,) int64
    """

    road: NDArray[np.object_]
    number: NDArray[np.int64]
    xy: NDArray[np.float64]
    of_building: NDArray[np.int64]
    of_compound: NDArray[np.int64]

    def address(self, door: int) -> str:
        """Write road and number of a door."""
        return f"{self.road[door]}{self.number[door]}号"


@dataclass(frozen=True)
class Street:
    """All pieces of one road in order, running east or north."""

    pieces: tuple[LineString, ...]
    begins: tuple[float, ...]


def streets_by_name(ways: Sequence[Way]) -> Mapping[str, Street]:
    """Join the ways of each road name."""
    found: dict[str, list[LineString]] = {}
    for way in ways:
        if way.kind in ROADS:
            found.setdefault(way.name, []).append(way.line)
    return {name: _joined(lines) for name, lines in found.items()}


def _joined(lines: list[LineString]) -> Street:
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(lines)))
    spans = [np.subtract(line.coords[-1], line.coords[0]) for line in merged]
    east = sum(abs(span[0]) for span in spans) >= sum(abs(span[1]) for span in spans)
    axis = 0 if east else 1
    turned = [line if span[axis] >= 0 else line.reverse() for line, span in zip(merged, spans, strict=True)]
    turned.sort(key=lambda line: line.centroid.coords[0][axis])
    begins = np.concatenate(([0.0], np.cumsum([line.length for line in turned])[:-1]))
    return Street(tuple(turned), tuple(begins.tolist()))


def _measure(street: Street, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give metres along a street, and whether the points lie on its left."""
    points = points_of(xy)
    pieces = np.array(street.pieces, dtype=object)
    nearest = np.argmin(shapely.distance(pieces[:, None], points[None]), axis=0)
    mine = pieces[nearest]
    at = shapely.line_locate_point(mine, points)
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(mine, np.minimum(at + 1.0, shapely.length(mine))))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(mine, np.maximum(at - 1.0, 0.0)))
    along, aside = ahead - behind, xy - behind
    left = along[:, 0] * aside[:, 1] - along[:, 1] * aside[:, 0] > 0
    return at + np.array(street.begins)[nearest], left


def _numbers(street: Street, xy: NDArray[np.float64]) -> NDArray[np.int64]:
    at, left = _measure(street, xy)
    number = np.zeros(len(xy), dtype=np.int64)
    for side in (True, False):
        last = 1 if side else 0
        last -= 2
        for index in np.argsort(at, kind="stable"):
            if left[index] == side:
                last = max(last + 2, 2 * int(at[index] / _SPACING) + (1 if side else 2))
                number[index] = last
    return number


def gate(shape: shapely.Polygon, tree: shapely.STRtree, roads: Sequence[Way]) -> tuple[int, NDArray[np.float64]]:
    """Find the road that a lot is entered from, and the place of its gate: the nearest of its corners' middles."""
    corners = shapely.get_coordinates(shape.exterior)
    middles = points_of((corners[:-1] + corners[1:]) / 2)
    road, away = tree.query_nearest(middles, return_distance=True, all_matches=False)
    worth = away + np.array([{"main": 0.0, "side": 5.0, "lane": 40.0}[roads[index].kind] for index in road[1]])
    best = int(np.argmin(worth))
    return int(road[1][best]), shapely.get_coordinates(middles[road[0][best]])[0]


def _facade(made: Buildings) -> NDArray[np.float64]:
    """Give the middle of each building's street side."""
    x, y, angle, _, depth = made.box.T
    return np.column_stack((x + np.sin(angle) * depth / 2, y - np.cos(angle) * depth / 2))


def doors(blocks: Blocks, homes: Compounds, made: Buildings) -> Doors:
    """Give numbers to the fronts, the gates of compounds, the houses of the old town, and all other buildings."""
    ways = blocks.network.ways
    roads = [way for way in ways if way.kind in ROADS]
    tree = shapely.STRtree([way.line for way in roads])
    facade = _facade(made)
    own = (made.way != NONE) | (made.compound == NONE)
    road = np.full(len(made), "", dtype=object)
    fronts = made.way != NONE
    road[fronts] = [ways[way].name for way in made.way[fronts]]
    behind = np.flatnonzero(own & ~fronts)
    road[behind] = [roads[int(tree.nearest(point))].name for point in points_of(facade[behind])]
    gates = [gate(shape, tree, roads) for shape in homes.shape]
    all_roads = np.concatenate((road[own], [roads[index].name for index, _ in gates]))
    xy = np.vstack((facade[own], np.array([place for _, place in gates])))
    number = np.zeros(len(xy), dtype=np.int64)
    for name, street in streets_by_name(ways).items():
        mine = all_roads == name
        if mine.any():
            number[mine] = _numbers(street, xy[mine])
    of_building = np.full(len(made), NONE)
    of_building[own] = np.arange(own.sum())
    of_compound = np.arange(own.sum(), len(xy))
    return Doors(all_roads, number, on_grid(xy), of_building, of_compound)
