"""Cut several blocks of a coverage by one line, all of them noded together, on the 1 mm grid."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon

from gridmap.errors import BadInput
from gridmap.space.guards import refuse
from gridmap.space.layout import dissolve
from gridmap.space.measure import HAIRLINE, array_of, is_wider
from gridmap.space.polygons import GRID, Chains, Node, round_coordinates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

MAX_POINTS = 10_000  # of a stroke
_FARTHEST = 1e8  # metres from the plane's origin; a double has its millimetres far beyond
_LEAST = 1e-4  # metres; two nodes are at least 1 mm apart
_BESIDE = 0.0015  # metres; a node that an edge was bent to lies within 0.71 mm of it
_ON_BORDER = 0.003  # metres; a node so near was put on the border by an edit
_ROUNDED = 0.00075  # metres; rounding a point of a border to the grid moves it by up to 0.71 mm


_ALONG = "the line runs along a border within a millimetre of it: draw it on that border or away from it"


@dataclass(frozen=True)
class Division:
    """What a line makes of some blocks.

    Parameters
    ----------
    pieces : tuple of tuple of Polygon
        Of each block, in the order given. A single piece may have new nodes, or be the block itself.
    chains : dict
        For `insert_nodes` on every neighbour that is not among the blocks.
    """

    pieces: tuple[tuple[Polygon, ...], ...]
    chains: Chains


def stroke(points: Any) -> LineString:
    """Make a line on the 1 mm grid out of what somebody drew.

    Raises
    ------
    BadInput
        Fewer than two different points, more than 10,000, no numbers, or a place beyond the plane.
    """
    try:
        xy = np.asarray(shapely.get_coordinates(points) if isinstance(points, LineString) else points, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput("a line is a list of points, each of two numbers") from error
    if xy.ndim != 2 or xy.shape[1:] != (2,) or not (np.abs(xy) < _FARTHEST).all():  # NaN is not below it either
        raise BadInput("a line is a list of points, each of two numbers of metres in the plane")
    if len(xy) > MAX_POINTS:
        raise BadInput(f"the line has {len(xy)} points: draw it with at most {MAX_POINTS}")
    xy = np.rint(xy * 1000.0) / 1000.0 + 0.0
    xy = xy[np.concatenate([[True], (xy[1:] != xy[:-1]).any(axis=1)])] if len(xy) > 1 else xy
    if len(xy) < 2:
        raise BadInput("a line has at least two different points")
    return LineString(xy)


def faces_of(shape: Geometry, line: LineString) -> NDArray[Any]:
    """Return the parts that a line divides a shape into; its own parts when it does not."""
    lines = shapely.union_all([shapely.boundary(shape), line], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    return np.asarray(faces[shapely.intersects(shape, shapely.point_on_surface(faces))])


def divide(blocks: Sequence[Polygon], bases: Sequence[Polygon], line: LineString) -> Division:
    """Cut blocks by a line.

    A new node on an old border that strays from the border as it was in the beginning by more than rounding does is
    put back on it: else many edits at one place would move it bit by bit.

    Parameters
    ----------
    blocks : sequence of Polygon
        A part of a valid coverage.
    bases : sequence of Polygon
        Of each block, the one that the draft began with.
    line : LineString
        On the grid; its ends may lie anywhere.

    Raises
    ------
    EditRefused
        The line runs along a border within a millimetre of it.
    """
    lands = array_of(blocks)
    lines = shapely.union_all([*shapely.boundary(lands), round_coordinates(array_of([line]))[0]], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    row, home = shapely.STRtree(lands).query(shapely.point_on_surface(faces), predicate="intersects")
    row, first = np.unique(row, return_index=True)
    faces, home = _without_specks(faces[row], home[first])
    if len(np.unique(home)) < len(lands):
        raise refuse(_ALONG, "too_close", line.coords[0])
    chains = _chains(lands, faces, home)
    faces, chains = _held_to(array_of(bases), faces, chains)
    order = np.argsort(-shapely.area(faces), kind="stable")
    faces, home = faces[order], home[order]
    return Division(tuple(tuple(faces[home == number]) for number in range(len(lands))), chains)


def _without_specks(faces: NDArray[Any], home: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Join faces of no width, which arise where a line crosses a border beside a node, with a face of their block."""
    for speck in np.flatnonzero(~is_wider(faces, HAIRLINE)).tolist():
        beside = np.flatnonzero((home == home[speck]) & ~shapely.is_empty(faces))
        beside = beside[beside != speck]
        common = shapely.length(shapely.intersection(shapely.boundary(faces[beside]), shapely.boundary(faces[speck])))
        if common.any():
            taker = beside[int(np.argmax(common))]
            faces[taker] = dissolve(faces[[taker, speck]])
            faces[speck] = Polygon()
    left = ~shapely.is_empty(faces)
    return faces[left], home[left]


@dataclass(frozen=True, eq=False)
class Edges:
    """Directed edges with the land on their left; a node given twice is none.

    Parameters
    ----------
    nodes : complex128 array (K,)
        x + iy, by x and then y; one array for all layers that were numbered together.
    of, starts, ends : int64 arrays (E,)
        Number of the polygon; rows of `nodes`.
    """

    nodes: NDArray[np.complex128]
    of: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def there(self) -> NDArray[np.int64]:
        """Return a number for each edge; those of equal edges are equal."""
        return self._marks(self.starts, self.ends)

    def across(self) -> NDArray[np.int64]:
        """Return for each edge the number that the same edge has in the other direction."""
        return self._marks(self.ends, self.starts)

    def _marks(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
        count = len(self.nodes)
        return (self.of * count + starts) * count + ends


def edges_of(*layers: tuple[NDArray[Any], NDArray[np.intp]]) -> tuple[Edges, ...]:
    """Return the edges of some layers, each of polygons and their numbers."""
    points, numbers, starts = [], [], []
    for polygons, number in layers:
        parts, part_of = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
        rings, ring_of = shapely.get_rings(parts, return_index=True)
        xy, index = shapely.get_coordinates(rings, return_index=True)
        node = xy.view(np.complex128).reshape(-1)
        points.append(node)
        starts.append(np.flatnonzero((index[1:] == index[:-1]) & (node[1:] != node[:-1])))
        numbers.append(np.asarray(number, dtype=np.int64)[part_of[ring_of[index[starts[-1]]]]])
    nodes, place = np.unique(np.concatenate(points), return_inverse=True)
    rows = np.split(place, np.cumsum([len(each) for each in points])[:-1])
    return tuple(
        Edges(nodes, of, row[start], row[start + 1]) for of, row, start in zip(numbers, rows, starts, strict=True)
    )


def same_border(one: Edges, other: Edges) -> bool:
    """Say whether two layers that were numbered together have the same border around all their land.

    An edge counts 1 there and -1 the other way, so that what lies between two polygons cancels out. Where the sums are
    equal, both layers cover every place equally often.
    """
    forth = np.sort(np.concatenate([one.there(), other.across()]))
    back = np.sort(np.concatenate([one.across(), other.there()]))
    return bool(np.array_equal(forth, back))


def _chains(lands: NDArray[Any], faces: NDArray[Any], home: NDArray[np.intp]) -> Chains:
    """Find the nodes that the line put on old borders: on each edge that is gone, those of the outside beside it."""
    new, old = edges_of((faces, home), (lands, np.arange(len(lands))))
    there, nodes = set(new.there().tolist()), new.nodes
    broken = [row for row, mark in enumerate(old.there().tolist()) if mark not in there]
    starts, ends, of = old.starts[broken], old.ends[broken], old.of[broken]
    rim = [row for row, mark in enumerate(new.across().tolist()) if mark not in there]
    rim_of, rim_node = np.divmod(np.unique(new.of[rim] * len(nodes) + new.starts[rim]), len(nodes))
    edge, near = np.nonzero(of[:, None] == rim_of[None, :])
    way, offset = (nodes[ends] - nodes[starts])[edge], nodes[rim_node[near]] - nodes[starts[edge]]
    length = np.abs(way)
    along = (offset.real * way.real + offset.imag * way.imag) / length
    aside = np.abs(offset.real * way.imag - offset.imag * way.real) / length
    on_edge = np.flatnonzero((aside < _BESIDE) & (along > _LEAST) & (along < length - _LEAST))
    on_edge = on_edge[np.lexsort((along[on_edge], edge[on_edge]))]
    between: list[list[int]] = [[] for _ in broken]
    for row, node in zip(edge[on_edge].tolist(), rim_node[near[on_edge]].tolist(), strict=True):
        between[row].append(node)
    xy = nodes.view(np.float64).reshape(-1, 2).tolist()
    chains: Chains = {}
    for row, (number, start, end) in enumerate(zip(of.tolist(), starts.tolist(), ends.tolist(), strict=True)):
        way_there = pairwise([start, *between[row], end])
        if any((number * len(nodes) + one) * len(nodes) + other not in there for one, other in way_there):
            raise refuse(_ALONG, "too_close", xy[start])
        chains[_node(xy[start]), _node(xy[end])] = tuple(_node(xy[node]) for node in between[row])
    return chains


def _node(xy: Sequence[float]) -> Node:
    return xy[0], xy[1]


def _held_to(bases: NDArray[Any], faces: NDArray[Any], chains: Chains) -> tuple[NDArray[Any], Chains]:
    """Put new nodes of old borders back on the borders of the beginning."""
    nodes = list(dict.fromkeys(node for between in chains.values() for node in between))
    if not nodes:
        return faces, chains
    border = shapely.geometrycollections(shapely.boundary(bases))
    points = shapely.points(nodes)
    gap = shapely.distance(points, border)
    moves: dict[Node, Node] = {}
    for astray in np.flatnonzero((gap > _ROUNDED) & (gap < _ON_BORDER)).tolist():
        target = shapely.get_coordinates(shapely.shortest_line(border, points[astray]))[0]
        moves[nodes[astray]] = (float(np.rint(target[0] * 1000) / 1000), float(np.rint(target[1] * 1000) / 1000))
    if not moves:
        return faces, chains
    moved = shapely.transform(faces, lambda xy: np.array([moves.get((x, y), (x, y)) for x, y in xy.tolist()]))
    moved = shapely.remove_repeated_points(moved)
    if not (shapely.is_valid(moved).all() and shapely.coverage_is_valid(moved)):
        place = next(iter(moves))
        raise refuse("the line crosses a border twice within a millimetre: draw it across once", "too_close", place)
    held: Chains = {}
    for edge, between in chains.items():
        nodes_there = dict.fromkeys(moves.get(node, node) for node in between)
        held[edge] = tuple(node for node in nodes_there if node not in edge)
    return np.asarray(moved), held


def without_nodes(polygon: Polygon | MultiPolygon, gone: set[Node]) -> Polygon | MultiPolygon:
    """Take nodes out of a border; the polygon itself when it has none of them."""
    if isinstance(polygon, MultiPolygon):
        parts = [without_nodes(part, gone) for part in polygon.geoms]
        return MultiPolygon([part for part in parts if isinstance(part, Polygon)])
    if not any((x, y) in gone for x, y in shapely.get_coordinates(polygon).tolist()):
        return polygon
    rings = [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(polygon)]
    kept = [[point for point in ring[:-1] if (point[0], point[1]) not in gone] for ring in rings]
    return Polygon(kept[0], kept[1:])


def nodes_of(land: Geometry) -> set[Node]:
    """Return the nodes of a border."""
    return {(x, y) for x, y in shapely.get_coordinates(land).tolist()}


def edge_lines(edges: Mapping[tuple[Node, Node], Any]) -> NDArray[Any]:
    """Return edges as lines."""
    return np.asarray(shapely.linestrings(np.array(list(edges), dtype=float).reshape(-1, 2, 2)), dtype=object)


def incident_edges(polygons: Sequence[Polygon], nodes: set[Node]) -> dict[Node, set[Node]]:
    """Return, for each of the nodes, those that it has an edge to in any of the polygons."""
    rings = shapely.get_rings(shapely.get_parts(array_of(polygons)))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    wanted = np.array(list(nodes), dtype=np.float64).view(np.complex128).reshape(-1)
    found: dict[Node, set[Node]] = {node: set() for node in nodes}
    for row in np.flatnonzero(np.isin(xy.view(np.complex128).reshape(-1), wanted)).tolist():
        node = _node(xy[row].tolist())
        for beside in (row - 1, row + 1):
            if 0 <= beside < len(xy) and ring[beside] == ring[row] and (other := _node(xy[beside].tolist())) != node:
                found[node].add(other)
    return found
