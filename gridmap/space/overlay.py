"""Which land went from whom to whom: two divisions of the same land laid over each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.measure import HAIRLINE, is_wider, polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Overlay:
    """Pieces of land in columns of equal length P.

    Parameters
    ----------
    old, new : int64 array (P,)
        Index of the block that the piece lies in, -1 where the division has none there.
    shapes : array of object (P,)
        Polygons or multipolygons.
    areas : float64 array (P,)
        m².
    """

    old: NDArray[np.int64]
    new: NDArray[np.int64]
    shapes: NDArray[Any]
    areas: NDArray[np.float64]


def overlay(old: NDArray[Any], new: NDArray[Any], old_owner: NDArray[Any], new_owner: NDArray[Any]) -> Overlay:
    """Cut two coverages of blocks into the pieces that they have in common.

    What changes its owner and is nowhere wider than a hairline is no land but a border that was drawn twice (or bent
    by less than a millimetre when a neighbour was cut), and is left out.

    Parameters
    ----------
    old, new : array of Polygon or MultiPolygon, (N,) and (M,)
        In the plane, metres; each a valid coverage.
    old_owner, new_owner : int array (N,), (M,)
        What each block belongs to, comparable between the two.
    """
    first, second = shapely.STRtree(new).query(old, predicate="intersects") if len(old) and len(new) else _none()
    shapes = polygonal(shapely.intersection(old[first], new[second]))
    areas = shapely.area(shapes)
    real = areas > 0
    moved = real & (old_owner[first] != new_owner[second])
    real[moved] = is_wider(shapes[moved], HAIRLINE)
    first, second, shapes, areas = first[real], second[real], shapes[real], areas[real]
    lost, lost_shapes = _left_over(old, first, new, second)
    gained, gained_shapes = _left_over(new, second, old, first)
    return Overlay(
        old=np.concatenate([first, lost, np.full(len(gained), -1)]).astype(np.int64),
        new=np.concatenate([second, np.full(len(lost), -1), gained]).astype(np.int64),
        shapes=np.concatenate([shapes, lost_shapes, gained_shapes]),
        areas=np.concatenate([areas, shapely.area(lost_shapes), shapely.area(gained_shapes)]),
    )


def _none() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)


def _left_over(
    blocks: NDArray[Any], mine: NDArray[np.int64], others: NDArray[Any], theirs: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return the land of blocks that no block of the other side has, wider than a hairline."""
    order = np.argsort(mine, kind="stable")
    starts = np.searchsorted(mine[order], np.arange(len(blocks) + 1))
    rest = blocks.copy()
    for block in np.flatnonzero(np.diff(starts)):
        over = others[theirs[order[starts[block] : starts[block + 1]]]]
        rest[block] = shapely.difference(blocks[block], shapely.union_all(over))
    rest = polygonal(rest)
    left = np.flatnonzero(is_wider(rest, HAIRLINE)) if len(rest) else np.empty(0, dtype=np.int64)
    return left, rest[left]
