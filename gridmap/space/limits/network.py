"""Named lines as a planar network: edges cut at every crossing, their nodes, names, and the faces between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

GRID = 0.001  # metres
_OWN = 0.01  # metres from a piece of an edge to the line that it came from
_BESIDE = 0.02  # metres beside an edge at which its faces are looked up
_SHARPEST = 0.25  # of the length of a segment: on short ones the probe stays nearer


@dataclass(frozen=True)
class Network:
    """A planar network of named lines.

    Parameters
    ----------
    edges : (E,) array of LineString
        They meet at their ends only.
    ends : (E, 2) int64
        Nodes.
    nodes : (N, 2) float64
    lengths : (E,) float64
    carried : tuple of array of int64
        For each edge the lines, by number, that run along it: sorted pairs of `line_of` at `first[e]:first[e + 1]`.
    tree : STRtree
        Of the edges.
    """

    edges: NDArray[Any]
    ends: NDArray[np.int64]
    nodes: NDArray[np.float64]
    lengths: NDArray[np.float64]
    line_of: NDArray[np.int64]
    first: NDArray[np.int64]
    tree: shapely.STRtree

    def lines_on(self, edge: int) -> NDArray[np.int64]:
        """Return the numbers of the lines that run along an edge."""
        return self.line_of[self.first[edge] : self.first[edge + 1]]


@dataclass(frozen=True)
class Faces:
    """The land between the edges.

    Parameters
    ----------
    shapes : (F,) array of Polygon
    beside : (E, 2) int64
        Faces left and right of each edge, -1 for none (outside).
    tree : STRtree
        Of the faces.
    around : array of int64, first : (F + 1,) int64
        Edges of face f: `around[first[f]:first[f + 1]]`.
    """

    shapes: NDArray[Any]
    beside: NDArray[np.int64]
    tree: shapely.STRtree
    around: NDArray[np.int64]
    first: NDArray[np.int64]


def build_network(lines: Sequence[Any] | NDArray[Any]) -> Network:
    """Cut lines at every crossing.

    Parameters
    ----------
    lines : (L,) array of LineString or MultiLineString
        In the plane; put on the 1 mm grid.
    """
    given = np.asarray(lines, dtype=object)
    cut = shapely.get_parts(shapely.unary_union(given, grid_size=GRID))
    cut = cut[(shapely.get_type_id(cut) == shapely.GeometryType.LINESTRING) & (shapely.length(cut) > 0)]
    points = shapely.get_point(cut, 0), shapely.get_point(cut, -1)
    xy = np.concatenate([shapely.get_coordinates(points[0]), shapely.get_coordinates(points[1])])
    key = np.rint(xy / GRID).astype(np.int64)
    _, index, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    ends = inverse.reshape(2, -1).T.astype(np.int64)
    middle = shapely.line_interpolate_point(cut, 0.5, normalized=True)
    of_edge, of_line = shapely.STRtree(given).query(middle, predicate="dwithin", distance=_OWN)
    order = np.lexsort((of_line, of_edge))
    first = np.searchsorted(of_edge[order], np.arange(len(cut) + 1))
    return Network(
        cut, ends, xy[index], shapely.length(cut), of_line[order].astype(np.int64), first, shapely.STRtree(cut)
    )


def build_faces(edges: NDArray[Any]) -> Faces:
    """Find the faces between edges that meet at their ends only, and which lie beside each."""
    shapes = shapely.get_parts(shapely.polygonize(edges))
    tree = shapely.STRtree(shapes)
    one, two = shapely.get_point(edges, 0), shapely.get_point(edges, 1)
    start, stop = shapely.get_coordinates(one), shapely.get_coordinates(two)
    along = stop - start
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), GRID)[:, None]
    aside = np.column_stack((-along[:, 1], along[:, 0])) / length * np.minimum(_BESIDE, _SHARPEST * length)
    middle = (start + stop) / 2
    beside = np.full((len(edges), 2), -1, dtype=np.int64)
    for column, sign in ((0, 1.0), (1, -1.0)):
        edge, face = tree.query(shapely.points(middle + sign * aside), predicate="intersects")
        beside[edge, column] = face
    flat = beside.ravel()
    numbers = np.repeat(np.arange(len(edges)), 2)
    known = flat >= 0
    order = np.argsort(flat[known], kind="stable")
    first = np.searchsorted(flat[known][order], np.arange(len(shapes) + 1))
    return Faces(shapes, beside, tree, numbers[known][order], first)
