"""GCJ-02 and BD-09: the shifts that map services of mainland China apply to WGS84, and their exact inverses.

The formulas were never published by their authors; these are the ones that the open source world agrees on
(constants of the Krassovsky ellipsoid, a = 6378245 m, e^2 = 0.00669342162296594323). The services add up to about
1 m of noise that nobody can undo, so a converted position is an approximation, never an official coordinate.

In or out: going from WGS84 a position is shifted when it lies in the area of `area.py`. Coming back, it is shifted
back when the place it would come back *to* lies in the area. So everything inside comes back to where it was, at the
border too (to the tenth of a millimetre of it: nearer, rounding decides). What lies outside comes back exactly as
well, except in a strip beyond the border as wide as the shift is long (0.8 km; BD-09 1.5 km): there the same numbers
may also stand for a place inside, and the place inside wins.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datum.area import in_shift_area, near_shift_area

if TYPE_CHECKING:
    from numpy.typing import NDArray

_A = 6378245.0
_EE = 0.00669342162296594323
_BAIDU_K = np.pi * 3000.0 / 180.0
# A fixed number of steps, so that a position does not depend on the batch it comes in. One step shrinks the error by a
# factor of 200 (GCJ-02) or 50 (BD-09); nanometres are left, a micrometre at 105 degrees, where the formula has a kink.
_GCJ_STEPS = 5
_BD_STEPS = 5


class Datum(StrEnum):
    """What longitude and latitude are measured against. CGCS2000 counts as WGS84."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


def _gcj_offset(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shift of GCJ-02 against WGS84 in degrees, at WGS84 positions anywhere."""
    lon, lat = np.ascontiguousarray(lonlat[:, 0]), np.ascontiguousarray(lonlat[:, 1])
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    two_x, third_x, third_y = np.sin(2.0 * np.pi * x), np.sin(np.pi / 3.0 * x), np.sin(np.pi / 3.0 * y)
    common = 20.0 * _sine_of_thrice(two_x) + 20.0 * two_x
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (
        common
        + 20.0 * _sine_of_thrice(third_y)
        + 40.0 * third_y
        + 160.0 * np.sin(np.pi / 12.0 * y)
        + 320.0 * np.sin(np.pi / 30.0 * y)
    ) * (2.0 / 3.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (
        common
        + 20.0 * _sine_of_thrice(third_x)
        + 40.0 * third_x
        + 150.0 * np.sin(np.pi / 12.0 * x)
        + 300.0 * np.sin(np.pi / 30.0 * x)
    ) * (2.0 / 3.0)
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    root = np.sqrt(magic)
    return np.column_stack(
        (
            np.degrees(east * root / (_A * np.cos(phi))),
            np.degrees(north * magic * root / (_A * (1.0 - _EE))),
        )
    )


def _sine_of_thrice(sine: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sine of three times an angle from its sine; sines are what the shift costs."""
    return sine * (3.0 - 4.0 * sine * sine)


def _gcj_to_bd(gcj: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y = gcj[:, 0], gcj[:, 1]
    z = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_K)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_K)
    return np.column_stack((z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006))


def shift_everywhere(lonlat: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    """Apply the formula of a datum to WGS84 positions, wherever they are (no poles)."""
    if datum is Datum.WGS84:
        return lonlat.copy()
    gcj = lonlat + _gcj_offset(lonlat)
    return gcj if datum is Datum.GCJ02 else _gcj_to_bd(gcj)


def unshift_everywhere(lonlat: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    """Undo `shift_everywhere` to about a micrometre, by fixed-point iteration."""
    if datum is Datum.WGS84:
        return lonlat.copy()
    gcj = lonlat
    if datum is Datum.BD09:
        gcj = lonlat - (0.0065, 0.006)
        for _ in range(_BD_STEPS):
            gcj = gcj + (lonlat - _gcj_to_bd(gcj))
    wgs = gcj
    for _ in range(_GCJ_STEPS):
        wgs = gcj - _gcj_offset(wgs)
    return wgs


def from_wgs84(lonlat: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    """Shift WGS84 positions to a datum where the shift applies; elsewhere they stay.

    Parameters
    ----------
    lonlat : ndarray of float64, shape (N, 2)
        Longitude, latitude, WGS84 degrees.
    datum : Datum

    Returns
    -------
    ndarray of float64, shape (N, 2)
    """
    result = lonlat.copy()
    if datum is not Datum.WGS84:
        inside = in_shift_area(lonlat)
        result[inside] = shift_everywhere(lonlat[inside], datum)
    return result


def to_wgs84(lonlat: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    """Undo `from_wgs84`: positions of a datum, degrees, to WGS84; see the module for what happens at the border."""
    result = lonlat.copy()
    if datum is not Datum.WGS84:
        candidates = origins(lonlat, datum)
        inside = in_shift_area(candidates)
        result[inside] = candidates[inside]
    return result


def origins(lonlat: NDArray[np.float64], datum: Datum) -> NDArray[np.float64]:
    """Return where positions of a datum would come from, had all of them been shifted; far from the area they stay."""
    result = lonlat.copy()
    near = near_shift_area(lonlat)
    result[near] = unshift_everywhere(lonlat[near], datum)
    return result
