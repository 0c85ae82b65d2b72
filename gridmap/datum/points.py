"""Coordinates as arrays: checked once where they come in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import CoordinatesRefused

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_MERIDIAN_DEGREE = 110_946.0  # metres in a degree of latitude at 35 degrees north, +-0.4 % over China
_EQUATOR_DEGREE = 111_320.0  # metres in a degree of longitude at the equator


def as_points(xy: ArrayLike) -> NDArray[np.float64]:
    """Return the coordinates as float64 of shape (N, 2).

    Raises
    ------
    CoordinatesRefused
        Of another shape, or not finite.
    """
    points = np.asarray(xy, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise CoordinatesRefused(f"coordinates must come as pairs, not as an array of shape {points.shape}")
    finite = np.isfinite(points).all(axis=1)
    if not finite.all():
        rows = np.flatnonzero(~finite)
        raise CoordinatesRefused(
            f"{rows.size} of {len(points)} coordinates are empty or infinite, the first in row {rows[0]} "
            "(counted from 0): fill or drop them",
            rows=rows[:20].tolist(),
        )
    return points


def offset_metres(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres east and north from one lon/lat to another, shape (N, 2); good to 1 % over a few kilometres."""
    east, north = (end - start).T
    middle = np.radians((start[:, 1] + end[:, 1]) / 2.0)
    return np.column_stack((east * np.cos(middle) * _EQUATOR_DEGREE, north * _MERIDIAN_DEGREE))
