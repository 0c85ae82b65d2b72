"""The network as a planar graph: blocks (faces), and the line segments between them, each with its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.demo.town import GRID_SIZE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.demo.skeleton import Way

OUTSIDE = -1


@dataclass(frozen=True)
class Network:
    """Ways, the blocks between them, and the segments of all borders.

    Parameters
    ----------
    ways : tuple of Way
    blocks : (F,) object array of Polygon
        A valid coverage on the 1 mm grid.
    segments : (S, 2, 2) float64
        Begin and end of every segment.
    way : (S,) int64
        The way that a segment belongs to.
    sides : (S, 2) int64
        The two blocks beside a segment, the left one first; `OUTSIDE` beyond the border.
    """

    ways: tuple[Way, ...]
    blocks: NDArray[np.object_]
    segments: NDArray[np.float64]
    way: NDArray[np.int64]
    sides: NDArray[np.int64]

    @property
    def lengths(self) -> NDArray[np.float64]:
        """Length of every segment in metres."""
        metres: NDArray[np.float64] = np.hypot(*(self.segments[:, 1] - self.segments[:, 0]).T)
        return metres


def _rings(blocks: NDArray[np.object_]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give begin and end (in millimetres) of every segment of every ring, with the block on its left."""
    oriented = shapely.orient_polygons(blocks, exterior_cw=False)
    rings, block = shapely.get_rings(oriented, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    millimetres = np.round(xy / GRID_SIZE).astype(np.int64)
    follows = ring[1:] == ring[:-1]
    return millimetres[:-1][follows], millimetres[1:][follows], block[ring[:-1][follows]]


def network(ways: Sequence[Way]) -> Network:
    """Node the ways on the 1 mm grid and find the blocks between them. Loose ends are dropped."""
    lines = np.array([way.line for way in ways], dtype=object)
    noded = shapely.get_parts(shapely.union_all(lines, grid_size=GRID_SIZE))
    blocks = shapely.get_parts(shapely.polygonize(noded))
    begin, end, block = _rings(blocks)
    turned = (begin[:, 0] > end[:, 0]) | ((begin[:, 0] == end[:, 0]) & (begin[:, 1] > end[:, 1]))
    low = np.where(turned[:, None], end, begin)
    high = np.where(turned[:, None], begin, end)
    unique, index = np.unique(np.hstack((low, high)), axis=0, return_inverse=True)
    sides = np.full((len(unique), 2), OUTSIDE, dtype=np.int64)
    sides[index.ravel(), turned.astype(np.int64)] = block  # not turned: the block is on the left
    segments = (unique * GRID_SIZE).round(3).reshape(-1, 2, 2)
    middles = shapely.points(segments.mean(axis=1))
    nearest = shapely.STRtree(lines).query_nearest(middles, all_matches=False)
    way = np.empty(len(unique), dtype=np.int64)
    way[nearest[0]] = nearest[1]
    return Network(tuple(ways), blocks, segments, way, sides)
