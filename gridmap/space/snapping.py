"""Lines that run beside a border are meant to run on it: they are put there before anything is noded.

A road drawn a hand's breadth beside the border of a grid would leave a strip that nobody can see, and where the two
cross again and again, necks that are no coverage at 1 cm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

BESIDE = 0.5  # metres; nearer than this, a line and a border are one


def segments_of(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return all segments of lines, or of the borders of polygons: (S, 2, 2)."""
    flat = np.asarray(shapely.get_parts(shapes), dtype=object)
    areal = shapely.get_dimensions(flat) == 2
    rings = np.asarray(shapely.get_rings(flat[areal]), dtype=object)
    xy, line = shapely.get_coordinates(np.concatenate([rings, flat[~areal]]), return_index=True)
    same = line[1:] == line[:-1]
    return np.stack([xy[:-1][same], xy[1:][same]], axis=1)


def snap_beside(segments: NDArray[np.float64], onto: NDArray[np.float64]) -> NDArray[Any]:
    """Put segments on borders that they run beside.

    Ends within 0.5 m of a node go to it, others within 0.5 m of a border go to the nearest place on it; nodes of
    borders within 0.5 m of a segment become nodes of it.

    Parameters
    ----------
    segments : float64 array (S, 2, 2)
    onto : float64 array (T, 2, 2)

    Returns
    -------
    array of LineString
        Of each segment that is not gone to a point.
    """
    if not len(segments) or not len(onto):
        return _lines(segments)
    nodes = np.unique(onto.reshape(-1, 2), axis=0)
    node_tree = shapely.STRtree(np.asarray(shapely.points(nodes), dtype=object))
    borders = _lines(onto)
    ends = segments.reshape(-1, 2).copy()
    row, node = node_tree.query_nearest(shapely.points(ends), max_distance=BESIDE, all_matches=False)
    ends[row] = nodes[node]
    loose = np.setdiff1d(np.arange(len(ends)), row)
    points = np.asarray(shapely.points(ends[loose]), dtype=object)
    row, border = shapely.STRtree(borders).query_nearest(points, max_distance=BESIDE, all_matches=False)
    along = shapely.line_locate_point(borders[border], points[row])
    ends[loose[row]] = shapely.get_coordinates(shapely.line_interpolate_point(borders[border], along))
    return _with_nodes(ends.reshape(-1, 2, 2), nodes, node_tree)


def _with_nodes(segments: NDArray[np.float64], nodes: NDArray[np.float64], tree: shapely.STRtree) -> NDArray[Any]:
    """Give segments the nodes that lie beside them, in order."""
    segments = segments[(segments[:, 0] != segments[:, 1]).any(axis=1)]
    lines = _lines(segments)
    row, node = tree.query(lines, predicate="dwithin", distance=BESIDE)
    progress = shapely.line_locate_point(lines[row], shapely.points(nodes[node]))
    length = shapely.length(lines)
    between = (progress > 0) & (progress < length[row])
    number = np.arange(len(lines))
    line = np.concatenate([number, number, row[between]])
    order = np.lexsort((np.concatenate([np.zeros(len(lines)), length, progress[between]]), line))
    xy = np.concatenate([segments[:, 0], segments[:, 1], nodes[node[between]]])
    return np.asarray(shapely.linestrings(xy[order], indices=line[order]), dtype=object)


def _lines(segments: NDArray[np.float64]) -> NDArray[Any]:
    return np.asarray(shapely.linestrings(segments), dtype=object).reshape(-1)
