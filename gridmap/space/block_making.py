"""Blocks out of land: what roads, rivers and railways enclose, with every compound in one piece.

Everything is in the plane, metres, on the 1 mm grid. The land is a valid coverage (communities, or the blocks of a
plan), and so are the blocks; no border of the land is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.space.block_graph import BlockGraph, connected
from gridmap.space.coverage import GAP_WIDTH, require_valid
from gridmap.space.layout import dissolve
from gridmap.space.measure import array_of, is_wider, polygonal
from gridmap.space.nearest import between
from gridmap.space.polygons import GRID, round_coordinates
from gridmap.space.snapping import segments_of, snap_beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MIN_AREA = 1000.0  # m²; half a football pitch is no land to paint
MIN_WIDTH = 12.0  # metres; the land between two carriageways, or between a road's axis and a wall
_SAME = 0.1  # of the smaller of two compounds: more in common, and they are drawn twice
_WITHIN = 0.5  # of a face: it belongs to the compound that has more


@dataclass(frozen=True)
class MadeBlocks:
    """What was made.

    Parameters
    ----------
    shapes : array of Polygon (N,)
        A valid coverage of the land.
    of : int array (N,)
        The piece of land that each block lies in.
    compound : int array (N,)
        The compound that a block holds, the largest one where it holds several; -1 for none.
    merged : int
        Faces that were too small or too narrow and went to a neighbour.
    dropped : float
        Metres of line that enclose nothing: dead ends.
    """

    shapes: NDArray[Any]
    of: NDArray[np.intp]
    compound: NDArray[np.intp]
    merged: int
    dropped: float


def make_blocks(
    land: NDArray[Any] | Sequence[Any],
    lines: NDArray[Any] | Sequence[Any],
    compounds: NDArray[Any] | Sequence[Any] = (),
    *,
    min_area: float = MIN_AREA,
    min_width: float = MIN_WIDTH,
) -> MadeBlocks:
    """Divide land along lines, and cut every compound out in one piece.

    A line inside a compound is ignored, so that a lane between its houses does not part it. The land around a compound,
    up to the streets, goes with it; around several it is divided half-way between them. A face that is smaller
    than `min_area` or nowhere wider than `min_width` goes to the neighbour within the same land with which it has the
    longest border; a compound is never too small, only a part of one that reaches into other land.

    Parameters
    ----------
    land : array of Polygon or MultiPolygon (L,)
        A valid coverage.
    lines : array of LineString, MultiLineString, Polygon or MultiPolygon
        Axes of roads, rivers and railways; of water areas the banks count.
    compounds : array of Polygon or MultiPolygon (C,)
        Two that have a tenth of the smaller in common are one.
    min_area, min_width : float
        m² and metres.

    Raises
    ------
    BadInput
        There is no land, or a limit is negative.
    CoverageBroken
        The land is no coverage.
    """
    areas = round_coordinates(array_of(land))
    if not len(areas):
        raise BadInput("there is no land to divide: give a community with an outline")
    if min_area < 0 or min_width < 0:
        raise BadInput("the least area and width of a block are not negative", min_area=min_area, min_width=min_width)
    require_valid(areas, [f"land {number + 1}" for number in range(len(areas))])
    walls = _walls(array_of(compounds))
    noded = _noded(array_of(lines), areas, walls)
    faces, of = _faces(noded, areas)
    compound = _homes(faces, walls)
    seams = [seam for face, inner in _around(faces, of, compound) for seam in between(faces[face], faces[inner])]
    if seams:
        noded = shapely.union_all([noded, *seams], grid_size=GRID)
        faces, of = _faces(noded, areas)
        compound = _homes(faces, walls)
    dropped = float(shapely.length(noded)) - float(shapely.length(shapely.union_all(shapely.boundary(faces))))
    before = len(faces)
    faces, of, compound = _worth_painting(faces, of, compound, _Least(min_area, min_width))
    require_valid(faces, [f"block {number + 1}" for number in range(len(faces))])
    outer = polygonal(shapely.difference(walls, shapely.union_all(areas))) if len(walls) else walls
    beyond = float(shapely.length(outer).sum())
    return MadeBlocks(faces, of, compound, before - len(faces), max(dropped - beyond, 0.0))


@dataclass(frozen=True)
class _Least:
    area: float
    width: float


def _walls(compounds: NDArray[Any]) -> NDArray[Any]:
    """Make the outlines of compounds disjoint: those drawn twice become one, else the larger one has what is common."""
    if not len(compounds):
        return compounds
    sound = np.where(shapely.is_valid(compounds), compounds, shapely.make_valid(compounds))
    shapes = round_coordinates(polygonal(array_of(sound)))
    shapes = shapely.set_precision(shapes, GRID)
    areas = shapely.area(shapes)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = one < other
    one, other = one[once], other[once]
    common = shapely.area(shapely.intersection(shapes[one], shapes[other], grid_size=GRID))
    same = common > _SAME * np.minimum(areas[one], areas[other])
    part = connected(len(shapes), np.column_stack([one[same], other[same]]))
    first = np.unique(part, return_index=True)[1]
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    for number, row in enumerate(first.tolist()):
        result[row] = shapely.union_all(shapes[part == number], grid_size=GRID)
    for row in np.argsort(-shapely.area(result), kind="stable").tolist():
        near = shapely.STRtree(result).query(result[row], predicate="intersects")
        near = near[(near != row)]
        smaller = near[shapely.area(result[near]) <= shapely.area(result[row])]
        result[smaller] = shapely.difference(result[smaller], result[row], grid_size=GRID)
    return polygonal(result)


def _noded(lines: NDArray[Any], areas: NDArray[Any], walls: NDArray[Any]) -> Any:
    """Node the borders of the land, the walls, and of the lines what crosses the land and lies in no compound."""
    flat = np.asarray(shapely.get_parts(lines), dtype=object)
    flat = np.where(shapely.get_dimensions(flat) == 2, shapely.boundary(flat), flat)
    near = np.unique(shapely.STRtree(areas).query(flat, predicate="intersects")[0])
    inside = shapely.union_all(walls) if len(walls) else shapely.Polygon()
    drawn = np.asarray(shapely.difference(flat[near], inside), dtype=object)
    borders = segments_of(areas)
    outlines = snap_beside(segments_of(walls), borders)
    roads = snap_beside(segments_of(drawn), np.concatenate([borders, segments_of(outlines)]))
    return shapely.union_all([*shapely.boundary(areas), *outlines, *roads], grid_size=GRID)


def _faces(noded: Any, areas: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the faces of the linework that lie in the land, and in which part of it."""
    faces = np.asarray(shapely.get_parts(shapely.polygonize([noded])), dtype=object)
    face, area = shapely.STRtree(areas).query(shapely.point_on_surface(faces), predicate="intersects")
    first = np.unique(face, return_index=True)[1]
    return faces[face[first]], area[first].astype(np.intp)


def _homes(faces: NDArray[Any], walls: NDArray[Any]) -> NDArray[np.intp]:
    """Return the compound that a face belongs to, -1 for none."""
    home = np.full(len(faces), -1, dtype=np.intp)
    if len(walls):
        face, wall = shapely.STRtree(walls).query(shapely.point_on_surface(faces), predicate="intersects")
        common = shapely.area(shapely.intersection(faces[face], walls[wall]))
        most = common > _WITHIN * shapely.area(faces[face])
        home[face[most]] = wall[most]
    return home


def _around(
    faces: NDArray[Any], of: NDArray[np.intp], compound: NDArray[np.intp]
) -> list[tuple[int, NDArray[np.intp]]]:
    """Find the faces that lie around compounds which border on nothing else, but perhaps on each other; and these.

    Such a compound could never change hands: its surroundings would have to go first, and leave it an island.
    """
    graph = BlockGraph.of(faces)
    lived = compound >= 0
    touched = np.zeros(len(faces))
    outside: dict[int, set[int]] = {}
    for (one, other), metres in zip(graph.pairs.tolist(), graph.metres.tolist(), strict=True):
        touched[[one, other]] += metres
        for here, there in ((one, other), (other, one)):
            if lived[here] and not lived[there]:
                outside.setdefault(here, set()).add(there)
    around: dict[int, list[int]] = {}
    for here, others in outside.items():
        face = min(others)
        if len(others) == 1 and of[face] == of[here] and touched[here] >= graph.perimeter[here] - GRID:
            around.setdefault(face, []).append(here)
    return [(face, np.array(inner, dtype=np.intp)) for face, inner in sorted(around.items())]


def _worth_painting(
    faces: NDArray[Any], of: NDArray[np.intp], compound: NDArray[np.intp], least: _Least
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """Join what surrounds a single compound with it, and what is no block with a neighbour, until all are blocks."""
    rings = [(face, int(inner[0])) for face, inner in _around(faces, of, compound)]
    faces, of, compound = _joined(faces, of, compound, connected(len(faces), np.array(rings, np.intp).reshape(-1, 2)))
    small = _too_small(faces, compound, least)
    while small.any() or (small := _pinched(faces)).any():
        group = _merged(faces, of, small)
        if len(np.unique(group)) == len(faces):
            break
        faces, of, compound = _joined(faces, of, compound, group)
        small = _too_small(faces, compound, least)
    return faces, of, compound


def _too_small(faces: NDArray[Any], compound: NDArray[np.intp], least: _Least) -> NDArray[np.bool_]:
    """Say which faces are no blocks. The largest part of a compound always is one."""
    areas = shapely.area(faces)
    small = (areas < least.area) | ~is_wider(faces, least.width)
    order = np.lexsort((-areas, compound))
    rows, first = np.unique(compound[order], return_index=True)
    small[order[first[rows >= 0]]] = False
    return small


def _pinched(faces: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which faces have a neck too narrow for a coverage, or lie beside one, though they are wide elsewhere."""
    edges = shapely.coverage_invalid_edges(faces, gap_width=GAP_WIDTH)
    if shapely.is_empty(edges).all():
        return np.zeros(len(faces), dtype=bool)
    near = shapely.STRtree(faces).query(edges[~shapely.is_empty(edges)], predicate="dwithin", distance=GAP_WIDTH)[1]
    return np.isin(np.arange(len(faces)), near)


def _merged(faces: NDArray[Any], of: NDArray[np.intp], small: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Put every small face, the smallest first, to the neighbour with the longest common border; groups of faces."""
    graph = BlockGraph.of(faces)
    group = np.arange(len(faces))
    best: dict[int, tuple[float, int]] = {}
    for (one, other), metres in zip(graph.pairs.tolist(), graph.metres.tolist(), strict=True):
        if of[one] == of[other]:
            for here, there in ((one, other), (other, one)):
                if small[here] and (metres, -there) > best.get(here, (0.0, 0)):
                    best[here] = (metres, -there)
    joined = np.array([(here, -there) for here, (_, there) in best.items()], dtype=np.intp).reshape(-1, 2)
    return connected(len(group), joined)


def _joined(
    faces: NDArray[Any], of: NDArray[np.intp], compound: NDArray[np.intp], group: NDArray[np.intp]
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.intp]]:
    """Dissolve groups of faces; the largest face of a compound in it names the block's compound."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max() + 2))
    areas = shapely.area(faces)
    shapes, homes = np.empty(len(starts) - 1, dtype=object), np.full(len(starts) - 1, -1, dtype=np.intp)
    for number, (start, end) in enumerate(zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)):
        rows = order[start:end]
        shapes[number] = dissolve(faces[rows])
        lived = rows[compound[rows] >= 0]
        if len(lived):
            homes[number] = compound[lived[np.argmax(areas[lived])]]
    return shapes, of[order[starts[:-1]]], homes
