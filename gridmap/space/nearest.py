"""Half-way lines: land divided among the shapes that it lies around, each place to the nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.snapping import segments_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_STEP = 2.0  # metres between the points that stand for an outline
_PLAIN = 1.0  # metres; a half-way line of points is crooked by up to a quarter of their step, and need not be
_NOISE = 1e-6  # metres; both points of a half-way line are as near
_OVER = 0.05  # metres beyond the land, so that a line surely meets its border


def between(land: Any, inner: NDArray[Any]) -> Iterator[Any]:
    """Draw the lines within some land that lie half-way between the shapes in it; none for a single shape.

    From the Voronoi cells of points on the outlines, drawn straight where that moves them by no more than a metre.

    Parameters
    ----------
    land : Polygon
    inner : array of Polygon
    """
    if len(inner) < 2:
        return
    outlines = shapely.segmentize(shapely.boundary(inner), _STEP)
    xy, shape = shapely.get_coordinates(outlines, return_index=True)
    xy, first = np.unique(xy, axis=0, return_index=True)
    edges = segments_of(
        shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(xy), extend_to=land, only_edges=True))
    )
    lines = np.asarray(shapely.linestrings(edges), dtype=object)
    middles = shapely.points(edges.mean(axis=1))
    tree = shapely.STRtree(np.asarray(shapely.points(xy), dtype=object))
    reach = shapely.distance(middles, shapely.points(xy[tree.nearest(middles)])) + _NOISE
    edge, point = tree.query(middles, predicate="dwithin", distance=reach)
    owner = shape[first][point]
    parting = np.unique(edge[owner != owner[np.searchsorted(edge, edge)]])  # edges between points of two shapes
    within = shapely.intersection(lines[parting], shapely.buffer(land, _OVER))
    parts = shapely.get_parts(within)
    merged = shapely.line_merge(shapely.multilinestrings(parts[shapely.length(parts) > 0]))
    whole = shapely.union_all(inner)
    for line in shapely.get_parts(merged):
        yield shapely.difference(shapely.simplify(line, _PLAIN), whole)
