"""Was the right datum declared? What each confusion would displace, compared with what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datum.points import as_points, offset_metres
from gridmap.datum.shift import Datum, from_wgs84, to_wgs84
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from gridmap.datum.crs import Crs

SAME = "same"
_FEWEST = 5  # pairs
_POOR_FIT = 30.0  # metres: matched places (a gate for a building's centre) differ by that much
_CLOSE_RACE = 20.0  # metres that the second best explanation must be worse


@dataclass(frozen=True)
class ShiftEvidence:
    """What the displacement between declared and trusted positions says.

    Parameters
    ----------
    declared : str
        Datum that the positions were read as, by the best explanation. It is another one than the caller declared
        where the file had been converted *from* that datum before, without need.
    actual : str or None
        Datum that the numbers are in, by the best explanation; "same" when nothing is displaced; None when it
        cannot be told: too few pairs, no explanation fits, or two fit alike.
    pairs : int
    shift_m : float
        Median displacement, metres.
    residual_m : float
        Median distance that the best explanation leaves, metres.
    margin_m : float
        By how much the second best is worse, metres.
    """

    declared: str
    actual: str | None
    pairs: int
    shift_m: float
    residual_m: float
    margin_m: float

    @property
    def summary(self) -> str:
        """One sentence for a person."""
        facts = (
            f"{self.pairs} pairs, displaced by {self.shift_m:.0f} m, best fit leaves {self.residual_m:.0f} m, "
            f"the next {self.margin_m:.0f} m more"
        )
        if self.actual is None:
            return f"cannot tell whether the datum is right ({facts})"
        if self.actual == SAME:
            return f"the datum is right ({facts})"
        return f"the coordinates were read as {self.declared} but are {self.actual} ({facts})"


def predict_shift(lonlat: ArrayLike, declared: Datum | str, actual: Datum | str) -> NDArray[np.float64]:
    """Give the way from where places appear to where they are, if one datum was taken for another.

    Parameters
    ----------
    lonlat : array_like, shape (N, 2)
        Positions as they appear, EPSG:4490, read as `declared`.
    declared, actual : Datum or its name
        What the numbers were taken for, and what they are.

    Returns
    -------
    ndarray of float64, shape (N, 2)
        Metres east and north; 89 to 1,482 m long in China.
    """
    points = as_points(lonlat)
    return offset_metres(points, _reread(points, Datum(declared), Datum(actual)))


def diagnose_shift(declared_lonlat: ArrayLike, trusted_lonlat: ArrayLike, declared_crs: Crs) -> ShiftEvidence:
    """Compare positions read from a file with trusted positions of the same places.

    Each of the six confusions of WGS84, GCJ-02 and BD-09 predicts a displacement at each place, and no confusion
    predicts none. The explanation with the smallest median residual is named if that is at most 30 m and the next
    one is worse by 20 m and by the residual itself; medians, so that up to half of the pairs may be mismatched.

    Parameters
    ----------
    declared_lonlat : array_like, shape (N, 2)
        Positions EPSG:4490 after reading the file as declared.
    trusted_lonlat : array_like, shape (N, 2)
        Where the same places are known to be, EPSG:4490.
    declared_crs : Crs
        What the file was declared as.

    Returns
    -------
    ShiftEvidence

    Raises
    ------
    BadInput
        The arrays are not of the same length.
    """
    seen, trusted = as_points(declared_lonlat), as_points(trusted_lonlat)
    if len(seen) != len(trusted):
        raise BadInput(f"{len(seen)} positions cannot be compared with {len(trusted)}: give pairs")
    if len(seen) == 0:
        return ShiftEvidence(declared_crs.datum.value, None, 0, 0.0, 0.0, 0.0)
    moved = offset_metres(seen, trusted)
    shift = _median_length(moved)
    fits = [(shift, declared_crs.datum.value, SAME)]
    fits += [
        (_median_length(moved - predict_shift(seen, declared, actual)), declared.value, actual.value)
        for declared, actual in permutations(Datum, 2)
    ]
    fits.sort()
    residual, declared_as, actual_as = fits[0]
    margin = fits[1][0] - residual
    sure = len(seen) >= _FEWEST and residual <= _POOR_FIT and margin >= max(_CLOSE_RACE, residual)
    return ShiftEvidence(declared_as, actual_as if sure else None, len(seen), shift, residual, margin)


def hypotheses(lonlat_as_read: ArrayLike, declared: Crs) -> dict[str, NDArray[np.float64]]:
    """Give where the places would lie if the file were in each of the datums: for evidence without pairs.

    The caller counts how many fall into buildings or compounds that are known.

    Parameters
    ----------
    lonlat_as_read : array_like, shape (N, 2)
        Positions EPSG:4490 after reading the file as declared.
    declared : Crs

    Returns
    -------
    dict of str to ndarray of float64, shape (N, 2)
        Positions EPSG:4490 by datum: "wgs84", "gcj02", "bd09"; that of `declared` as they were read.
    """
    points = as_points(lonlat_as_read)
    return {datum.value: _reread(points, declared.datum, datum) for datum in Datum}


def _reread(lonlat: NDArray[np.float64], declared: Datum, actual: Datum) -> NDArray[np.float64]:
    return lonlat.copy() if declared is actual else to_wgs84(from_wgs84(lonlat, declared), actual)


def _median_length(vectors: NDArray[np.float64]) -> float:
    return float(np.median(np.hypot(vectors[:, 0], vectors[:, 1])))
