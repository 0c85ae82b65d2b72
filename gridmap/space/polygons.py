"""Polygons one by one: accept, orient, put on the plane's grid, cut by a line, give neighbours the same nodes.

Everything is in the plane, metres, unless it says otherwise. The grid of the plane is 1 mm.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely
from shapely import GeometryType, MultiPolygon, Polygon

from gridmap.errors import GeometryRefused
from gridmap.space.measure import array_of, polygonal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry, LineString

GRID = 0.001  # metres; all arithmetic of boundaries happens on it

Node: TypeAlias = tuple[float, float]
Chains: TypeAlias = "dict[tuple[Node, Node], tuple[Node, ...]]"
"""Directed segment (u, v) of an old border -> the nodes that now lie between u and v, in that order."""


@dataclass(frozen=True)
class Accepted:
    """Polygons that can be worked with, and what was dropped on the way in.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        Two-dimensional, none empty.
    dropped_z, dropped_m : tuple of int
        Rows that carried heights or measures; boundaries have neither, so they are gone, and the user is told.
    """

    polygons: NDArray[Any]
    dropped_z: tuple[int, ...]
    dropped_m: tuple[int, ...]


def accept(shapes: Iterable[Geometry | None] | NDArray[Any]) -> Accepted:
    """Take only areas: polygons and multipolygons with land in them, in two dimensions.

    A self-intersection is not refused here: a layer is looked at as a whole before anything is thrown back
    (`gridmap.space.coverage`); a single record is asked by `broken`.

    Raises
    ------
    GeometryRefused
        Something is missing, empty, no area, or has a coordinate that is no number; `rows` in the evidence names
        all of them with their reasons.
    """
    listed = array_of(shapes)
    reasons: dict[int, str] = {}
    kinds = shapely.get_type_id(listed)
    areas = np.isin(kinds, (GeometryType.POLYGON, GeometryType.MULTIPOLYGON))
    for row in np.flatnonzero(~areas).tolist():
        reasons[row] = "has no geometry" if listed[row] is None else f"is a {listed[row].geom_type}, not an area"
    for row in np.flatnonzero(areas & shapely.is_empty(listed)).tolist():
        reasons[row] = "is empty"
    xy, index = shapely.get_coordinates(listed, return_index=True)
    for row in np.unique(index[~np.isfinite(xy).all(axis=1)]).tolist():
        reasons[row] = "has a coordinate that is no number"
    if reasons:
        first, reason = min(reasons.items())
        raise GeometryRefused(
            f"{len(reasons)} of {len(listed)} boundaries cannot be used; the first is number {first + 1}, which "
            f"{reason}: correct or remove these rows in the source",
            rows=reasons,
        )
    return Accepted(
        polygons=array_of(shapely.force_2d(listed)),
        dropped_z=tuple(np.flatnonzero(shapely.has_z(listed)).tolist()),
        dropped_m=tuple(np.flatnonzero(shapely.has_m(listed)).tolist()),
    )


def broken(polygon: Geometry) -> tuple[str, Node] | None:
    """Say why a polygon is invalid and where, as GEOS sees it, or None when it is valid."""
    if shapely.is_valid(polygon):
        return None
    reason, _, where = shapely.is_valid_reason(polygon).partition("[")
    x, y, *_ = (float(number) for number in where.rstrip("]").split())
    return reason.strip(), (x, y)


def orient(polygons: NDArray[Any]) -> NDArray[Any]:
    """Turn shells counter-clockwise and holes clockwise, as GeoJSON (RFC 7946) wants."""
    return array_of(shapely.orient_polygons(polygons))


def identity(polygon: Geometry) -> bytes:
    """Return bytes that are equal for equal land: WKB with first vertex, ring order and direction made canonical.

    The first vertex of a result differs between versions of GEOS and with the order of the input.
    """
    return identities(shapely.normalize(array_of([polygon])))[0]


def identities(normal: NDArray[Any]) -> list[bytes]:
    """Return the `identity` of each of many polygons that are in normal form (`shapely.normalize`) already."""
    marks: list[bytes] = shapely.to_wkb(normal, byte_order=1, output_dimension=2).tolist()
    return marks


def round_coordinates(polygons: NDArray[Any]) -> NDArray[Any]:
    """Round every coordinate to the grid and change nothing else: what neighbours share, they go on sharing.

    A polygon may become invalid by it; `snap_to_plane` takes care of that. The rule is that of `datum.Plane`: half to
    even of the product with 1000, and never -0.0, which would be another identity.
    """
    return array_of(shapely.transform(polygons, lambda xy: np.rint(xy * 1000.0) / 1000.0 + 0.0))


def snap_to_plane(polygons: NDArray[Any]) -> NDArray[Any]:
    """Put polygons on the 1 mm grid, each of them valid.

    Coordinates are rounded one by one, because that moves a shared edge on both sides alike;
    `shapely.set_precision` nodes each polygon for itself and its neighbours do not learn of it. Only polygons that
    are invalid after rounding (a spike folded onto itself, two borders closer than a millimetre, or invalid
    before) go through it or, when broken as delivered, through `make_valid`.

    Raises
    ------
    GeometryRefused
        A polygon has no land left on the grid.
    """
    rounded = round_coordinates(polygons)
    for row in np.flatnonzero(~shapely.is_valid(rounded)):
        whole = shapely.make_valid(polygons[row], method="structure", keep_collapsed=False)
        rounded[row] = polygonal(array_of([shapely.set_precision(whole, GRID)]))[0]
    gone = np.flatnonzero(shapely.is_empty(rounded) | (shapely.area(rounded) == 0))
    if len(gone):
        raise GeometryRefused(
            f"boundary number {gone[0] + 1} has no area on the 1 mm grid: it is a line or a point; remove it",
            rows=gone.tolist(),
        )
    return rounded


@dataclass(frozen=True)
class Cut:
    """The pieces of a polygon and the nodes that its neighbours have to take over.

    Parameters
    ----------
    pieces : tuple of Polygon
        One piece, the polygon itself untouched, when the line does not divide it.
    chains : dict
        For `insert_nodes` on every neighbour; empty when nothing was divided.
    """

    pieces: tuple[Geometry, ...]
    chains: Chains


def cut(polygon: Polygon | MultiPolygon, line: LineString) -> Cut:
    """Cut a polygon by a polyline, on the 1 mm grid.

    The boundary is united with the *full* line and polygonized: clipping the line first leaves floating end points
    that do not lie on the boundary, and most cuts then fail to node. A cut's end point that falls between two nodes
    bends that edge by less than a millimetre; the neighbour across it must take the node over (`insert_nodes`), or
    the coverage is broken.

    Parameters
    ----------
    polygon : Polygon or MultiPolygon
        On the grid and valid.
    line : LineString
        May begin and end anywhere, cross itself and cross the polygon several times.

    Returns
    -------
    Cut
        Pieces ordered by area, largest first.
    """
    lines = shapely.union_all([shapely.boundary(polygon), round_coordinates(array_of([line]))[0]], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    pieces = faces[shapely.intersects(polygon, shapely.point_on_surface(faces))]
    if len(pieces) <= shapely.get_num_geometries(polygon):
        return Cut((polygon,), {})
    pieces = pieces[np.argsort(-shapely.area(pieces), kind="stable")]
    return Cut(tuple(pieces), _chains(polygon, pieces))


def insert_nodes(polygon: Geometry, chains: Mapping[tuple[Node, Node], Sequence[Node]]) -> Geometry:
    """Give a neighbour the nodes that a cut put on a shared edge; the polygon itself when it has none of those edges.

    The edge is found as the identical segment, in either direction, never by distance.
    """
    ends = {node for edge in chains for node in edge}

    def nodes_between(start: Node, end: Node) -> Sequence[Node]:
        if start not in ends or end not in ends:  # of most edges; asked first since it costs a third
            return ()
        return chains.get((start, end)) or tuple(reversed(chains.get((end, start), ())))

    def with_nodes(ring: NDArray[np.float64]) -> list[Node]:
        points: list[Node] = [_node(ring[0])]
        for start, end in pairwise(map(_node, ring)):
            points += [*nodes_between(start, end), end]
        return points

    # most neighbours have none: they are not rebuilt. Where one ring ends and the next begins there is no edge
    nodes = [(x, y) for x, y in shapely.get_coordinates(polygon).tolist()]
    if not any(nodes_between(start, end) for start, end in pairwise(nodes)):
        return polygon
    return _rebuilt(polygon, with_nodes)


def share_vertices(polygons: NDArray[Any]) -> NDArray[Any]:
    """Insert every node of the layer into the segments of other polygons that it lies on (T-junctions).

    "Lies on" is exact: coordinates are whole millimetres, so the cross product is computed in integers. Nothing
    moves. Nodes that are a rounding away from a segment are a matter for `gridmap.space.repair`.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        On the 1 mm grid.
    """
    rings = _rings(polygons)
    ends, ring_of = shapely.get_coordinates(rings, return_index=True)
    same = ring_of[1:] == ring_of[:-1]
    once = np.unique(np.hstack([ends[:-1][same], ends[1:][same]]), axis=0)
    start, end = once[:, :2], once[:, 2:]
    nodes = np.unique(ends, axis=0)
    segments = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)), dtype=object)
    # the envelope query finds candidates; integers decide
    of_segment, of_node = shapely.STRtree(np.asarray(shapely.points(nodes), dtype=object)).query(segments)
    origin = _millimetres(start[of_segment])
    along = _millimetres(end[of_segment]) - origin
    offset = _millimetres(nodes[of_node]) - origin
    on_line = along[:, 0] * offset[:, 1] == along[:, 1] * offset[:, 0]
    progress = (along * offset).sum(axis=1)
    between = on_line & (progress > 0) & (progress < (along * along).sum(axis=1))
    chains: Chains = {}
    order = np.lexsort((progress, of_segment))
    for row in order[between[order]]:
        segment = (_node(start[of_segment[row]]), _node(end[of_segment[row]]))
        chains[segment] = (*chains.get(segment, ()), _node(nodes[of_node[row]]))
    return array_of([insert_nodes(polygon, chains) for polygon in polygons]) if chains else polygons


def _chains(before: Geometry, pieces: NDArray[Any]) -> Chains:
    """Find the nodes that a cut put on the old border, by walking along the outside of the pieces."""
    edges = {edge for piece in pieces for edge in _edges(piece)}
    following: dict[Node, list[Node]] = {}
    for start, end in edges:
        if (end, start) not in edges:  # inner edges have a piece on both sides
            following.setdefault(start, []).append(end)
    chains: Chains = {}
    for start, end in _edges(before):
        if (start, end) in edges:
            continue
        between = _walk(start, end, following)
        chains[start, end] = between
    return chains


def _walk(start: Node, end: Node, following: Mapping[Node, Sequence[Node]]) -> tuple[Node, ...]:
    """Follow the border from node to node; where it touches itself, the step that leads towards the end is taken."""
    between: list[Node] = []
    here = start
    while True:
        steps = following.get(here, ())
        if not steps:
            raise GeometryRefused(
                "the cut runs along the border within a millimetre of it; draw it away from the border", place=here
            )
        here = min(steps, key=lambda step: _detour(here, step, end))
        if here == end:
            return tuple(between)
        between.append(here)
        if len(between) > 10_000:
            raise GeometryRefused("the cut touches its own border without end; draw a simpler line", place=start)


def _detour(here: Node, step: Node, end: Node) -> float:
    return float(np.hypot(step[0] - here[0], step[1] - here[1]) + np.hypot(end[0] - step[0], end[1] - step[1])) - float(
        np.hypot(end[0] - here[0], end[1] - here[1])
    )


def _edges(polygon: Geometry) -> list[tuple[Node, Node]]:
    """Directed edges with the land on their left."""
    oriented = shapely.orient_polygons(polygon)
    return [edge for ring in _rings(oriented) for edge in pairwise(map(_node, ring.coords))]


def _rings(polygons: Geometry | NDArray[Any]) -> NDArray[Any]:
    return shapely.get_rings(shapely.get_parts(polygons))  # of a multipolygon, GEOS gives no rings


def _rebuilt(polygon: Geometry, change: Any) -> Geometry:
    parts = []
    for part in shapely.get_parts(polygon):
        shell, *holes = [change(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
        parts.append(Polygon(shell, holes))
    return parts[0] if isinstance(polygon, Polygon) else MultiPolygon(parts)


def _node(xy: Sequence[float] | NDArray[np.float64]) -> Node:
    return float(xy[0]), float(xy[1])


def _millimetres(xy: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(xy / GRID).astype(np.int64)
