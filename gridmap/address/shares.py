"""How much of the uncertainty of a position lies in which grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

Verdict = Literal["inside", "near_border", "ambiguous", "outside", "unlocated"]
_SEGMENTS = 12  # of a quarter circle: the disc's area is 0.3 % too small, and is divided by itself
_INSIDE, _NEAR = 0.99, 0.75


def disc_shares(
    blocks: NDArray[np.object_], block_grid: NDArray[np.int64], x: float, y: float, radius: float
) -> dict[int, float]:
    """Return the share of a disc that lies in each grid, the largest first.

    Parameters
    ----------
    blocks : array of polygons (B,)
        In the plane, metres.
    block_grid : int array (B,)
        Index of each block's grid.
    x, y, radius : float
        The disc, metres.

    Returns
    -------
    dict of int to float
        Index of a grid to its share; what is missing to 1 lies in no grid.
    """
    disc = shapely.Point(x, y).buffer(max(radius, 0.01), quad_segs=_SEGMENTS)
    west, south, east, north = shapely.bounds(blocks).T
    left, low, right, high = disc.bounds
    near = np.flatnonzero((west <= right) & (east >= left) & (south <= high) & (north >= low))
    areas = shapely.area(shapely.intersection(blocks[near], disc)) / disc.area
    grids, inverse = np.unique(block_grid[near], return_inverse=True)
    shares = np.bincount(inverse, weights=areas, minlength=len(grids))
    order = np.lexsort((grids, -shares))
    return {int(grids[at]): round(float(shares[at]), 4) for at in order if shares[at] > 1e-6}


def verdict_of(shares: dict[int, float]) -> Verdict:
    """Tell what the shares of a disc mean.

    `inside` from 99 % in one grid, `near_border` from 75 %, `outside` when more than half lies in none, else
    `ambiguous`.
    """
    if 1.0 - sum(shares.values()) > 0.5:
        return "outside"
    best = max(shares.values(), default=0.0)
    return "inside" if best >= _INSIDE else "near_border" if best >= _NEAR else "ambiguous"
