"""Long edges get vertices before they are bent by a change of coordinate system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datum.points import offset_metres

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gridmap.datum.crs import Crs

    Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]

_PIECE = 0.9  # of the longest, so that pieces are not split again on the way back
_SPLITTABLE = (shapely.GeometryType.LINESTRING, shapely.GeometryType.POLYGON,
               shapely.GeometryType.MULTILINESTRING, shapely.GeometryType.MULTIPOLYGON)  # fmt: skip


def split_long_edges(
    shapes: NDArray[np.object_], longest: float, to_degrees: Function, plane: Crs | None = None
) -> NDArray[np.object_]:
    """Insert vertices into every edge that is too long, evenly.

    The new vertices of an edge do not depend on its direction, so that neighbours go on sharing them.

    Parameters
    ----------
    shapes : ndarray of shapely geometries, shape (N,)
    longest : float
        Length in metres from which an edge is split, into pieces of at most 0.9 times that.
    to_degrees : function
        Coordinates of the shapes, shape (N, 2), to longitude, latitude: an edge is measured there.
    plane : Crs or None
        Where edges are straight: a projection of the shapes' longitude, latitude; None where their own numbers are.

    Returns
    -------
    ndarray of shapely geometries, shape (N,)
    """
    result = shapes.copy()
    kinds = shapely.get_type_id(shapes)
    filled = ~shapely.is_empty(shapes)
    for kind in _SPLITTABLE:
        chosen = np.flatnonzero((kinds == kind) & filled)
        if chosen.size:
            result[chosen] = _split_alike(shapes[chosen], longest, to_degrees, plane)
    for i in np.flatnonzero((kinds == shapely.GeometryType.GEOMETRYCOLLECTION) & filled):
        result[i] = shapely.GeometryCollection(
            list(split_long_edges(shapely.get_parts(shapes[i]), longest, to_degrees, plane))
        )
    return result


def _split_alike(
    shapes: NDArray[np.object_], longest: float, to_degrees: Function, plane: Crs | None
) -> NDArray[np.object_]:
    """Split the edges of shapes of one kind, by way of their flat arrays: only the offsets of the lines change."""
    kind, xy, offsets = shapely.to_ragged_array(shapes)
    lonlat = to_degrees(xy)
    pieces = np.ones(len(xy), dtype=np.int64)  # of the edge that begins at each vertex
    length = np.hypot(*offset_metres(lonlat[:-1], lonlat[1:]).T)
    pieces[:-1] = np.where(length > longest, np.ceil(length / (_PIECE * longest)), 1)
    line_starts = offsets[0]
    pieces[line_starts[1:] - 1] = 1  # the last vertex of a line begins no edge
    if (pieces == 1).all():
        return shapes
    first = np.concatenate(([0], np.cumsum(pieces)))
    new = np.repeat(xy, pieces, axis=0)
    edge = np.repeat(np.arange(len(xy)), pieces)
    step = np.arange(len(new)) - first[edge]
    inserted = np.flatnonzero(step)
    new[inserted] = _between(xy, edge[inserted], step[inserted], pieces[edge[inserted]], plane)
    result: NDArray[np.object_] = shapely.from_ragged_array(kind, new, (first[line_starts], *offsets[1:]))
    return result


def _between(
    xy: NDArray[np.float64],
    edge: NDArray[np.int64],
    step: NDArray[np.int64],
    pieces: NDArray[np.int64],
    plane: Crs | None,
) -> NDArray[np.float64]:
    """Points on edges, always counted from the end that is lower in x, then y."""
    start, end = xy[edge], xy[edge + 1]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[turned], end[turned] = end[turned], start[turned]
    share = (np.where(turned, pieces - step, step) / pieces)[:, None]
    if plane is None:
        return start + (end - start) * share
    start, end = plane.from_degrees(start), plane.from_degrees(end)
    return plane.to_degrees(start + (end - start) * share)
