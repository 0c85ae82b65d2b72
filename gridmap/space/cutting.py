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
        Fewer than two different points, more than 10,000, or no numbers.
    """
    try:
        xy = np.asarray(shapely.get_coordinates(points) if isinstance(points, LineString) else points, dtype=float)
    except (TypeError, ValueError) as error:
        raise BadInput("a line is a list of points, each of two numbers") from error
    if xy.ndim != 2 or xy.shape[1:] != (2,) or not np.isfinite(xy).all():
        raise BadInput("a line is a list of points, each of two numbers")
    if len(xy) > MAX_POINTS:
        raise BadInput(f"the line has {len(xy)} points: draw it with at most {MAX_POINTS}")
    xy = np.rint(xy * 1000.0) / 1000.0 + 0.0
    xy = xy[np.concatenate([[True], (xy[1:] != xy[:-1]).any(axis=1)])]
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
    pieces = tuple(
        tuple(sorted(faces[home == number], key=lambda piece: -shapely.area(piece))) for number in range(len(lands))
    )
    return Division(pieces, chains)


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


def _chains(lands: NDArray[Any], faces: NDArray[Any], home: NDArray[np.intp]) -> Chains:
    """Find the nodes that the line put on old borders: on each edge that is gone, those of the outside beside it."""
    edges = directed_edges(faces, home)
    there = set(edges)
    broken = [edge for edge in directed_edges(lands, np.arange(len(lands))) if edge not in there]
    rim: dict[int, set[Node]] = {edge[0]: set() for edge in broken}
    for number, start, end in edges:
        if number in rim and (number, end, start) not in there:
            rim[number].add(start)
    outside = {number: np.array(sorted(nodes)) for number, nodes in rim.items()}
    chains: Chains = {}
    for number, start, end in broken:
        way = np.subtract(end, start)
        offset = outside[number] - start
        length = float(np.hypot(*way))
        along = offset @ way / length
        aside = np.abs(offset @ (way[1], -way[0])) / length
        on_edge = np.flatnonzero((aside < _BESIDE) & (along > _LEAST) & (along < length - _LEAST))
        nodes_there = outside[number][on_edge[np.argsort(along[on_edge], kind="stable")]]
        between = [(x, y) for x, y in nodes_there.tolist()]
        if any((number, *edge) not in there for edge in pairwise([start, *between, end])):
            raise refuse(_ALONG, "too_close", start)
        chains[start, end] = tuple(between)
    return chains


def directed_edges(polygons: NDArray[Any], number: NDArray[np.intp]) -> list[tuple[int, Node, Node]]:
    """Directed edges with the land on their left, each with the number of its polygon; a node given twice is none."""
    parts, part_of = shapely.get_parts(shapely.orient_polygons(polygons), return_index=True)
    rings, ring_of = shapely.get_rings(parts, return_index=True)
    xy, index = shapely.get_coordinates(rings, return_index=True)
    nodes = [(x, y) for x, y in xy.tolist()]
    numbers = np.asarray(number)[part_of[ring_of[index]]].tolist()
    starts = np.flatnonzero(index[1:] == index[:-1]).tolist()
    return [(numbers[row], nodes[row], nodes[row + 1]) for row in starts if nodes[row] != nodes[row + 1]]


def _held_to(bases: NDArray[Any], faces: NDArray[Any], chains: Chains) -> tuple[NDArray[Any], Chains]:
    """Put new nodes of old borders back on the borders of the beginning."""
    nodes = list(dict.fromkeys(node for between in chains.values() for node in between))
    if not nodes:
        return faces, chains
    border = shapely.union_all(shapely.boundary(bases)) if len(bases) > 1 else shapely.boundary(bases[0])
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
    rings = [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(polygon)]
    kept = [[point for point in ring[:-1] if (point[0], point[1]) not in gone] for ring in rings]
    if all(len(after) == len(before) - 1 for after, before in zip(kept, rings, strict=True)):
        return polygon
    return Polygon(kept[0], kept[1:])


def nodes_of(land: Geometry) -> set[Node]:
    """Return the nodes of a border."""
    return {(x, y) for x, y in shapely.get_coordinates(land).tolist()}


def edge_lines(edges: Mapping[tuple[Node, Node], Any]) -> NDArray[Any]:
    """Return edges as lines."""
    return np.asarray(shapely.linestrings(np.array(list(edges), dtype=float).reshape(-1, 2, 2)), dtype=object)


def incident_edges(polygons: Sequence[Polygon], nodes: set[Node]) -> dict[Node, set[Node]]:
    """Return, for each of the nodes, those that it has an edge to in any of the polygons."""
    found: dict[Node, set[Node]] = {node: set() for node in nodes}
    for polygon in polygons:
        for ring in shapely.get_rings(shapely.get_parts(polygon)):
            for start, end in pairwise(map(tuple, shapely.get_coordinates(ring).tolist())):
                if start in nodes and start != end:
                    found[start].add(end)
                if end in nodes and start != end:
                    found[end].add(start)
    return found
