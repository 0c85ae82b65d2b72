"""House numbers along a road: measure and side of the known ones, and where a missing one must be.

Numbers are tied to the axis of their road by measure (metres from its beginning) and offset (metres to its left,
negative to its right). A missing number lies between its neighbours of the same parity, for parity tells the side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

_GAP = 80.0  # metres between pieces of one road that are bridged
_PARALLEL = 30.0  # a piece that lies within this distance of the axis is the other carriageway
_TINY = 1e-6
_FEW = 4  # numbers that tell how fast they run


def road_axis(pieces: Sequence[Geometry]) -> LineString | None:
    """Chain the pieces of a road to one axis.

    The longest piece is lengthened at both ends by the nearest other pieces; carriageways that run beside it add
    nothing.

    Parameters
    ----------
    pieces : sequence of lines
        In the plane, metres, in any order and direction.
    """
    lines = [part for piece in pieces for part in shapely.get_parts(piece) if part.length > 0]
    if not lines:
        return None
    merged = shapely.line_merge(shapely.union_all(lines))
    parts = sorted(shapely.get_parts(merged), key=lambda part: (-part.length, part.wkb))
    chain = [tuple(point) for point in parts.pop(0).coords]
    while parts:
        best: tuple[float, int, bool, bool] | None = None
        axis = LineString(chain)
        for number, part in enumerate(parts):
            ends = part.coords[0], part.coords[-1]
            for at_end in (True, False):
                tip = chain[-1] if at_end else chain[0]
                for reverse in (False, True):
                    near, far = (ends[1], ends[0]) if reverse else ends
                    gap = float(np.hypot(near[0] - tip[0], near[1] - tip[1]))
                    if (
                        gap <= _GAP
                        and axis.distance(shapely.Point(far)) > _PARALLEL
                        and (best is None or gap < best[0])
                    ):
                        best = gap, number, at_end, reverse
        if best is None:
            break
        _, number, at_end, reverse = best
        points = [tuple(point) for point in parts.pop(number).coords]
        points = points[::-1] if reverse else points
        chain = chain + points if at_end else points[::-1] + chain
    return LineString(chain)


def tie(axis: LineString, xy: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tie points to a road.

    Parameters
    ----------
    axis : LineString
    xy : array (N, 2)
        In the plane, metres.

    Returns
    -------
    measure : array (N,)
        Metres from the beginning of the axis.
    offset : array (N,)
        Metres from the axis, positive on its left.
    """
    points = shapely.points(xy)
    measure = np.asarray(shapely.line_locate_point(axis, points), dtype=np.float64)
    return measure, _side(axis, measure, xy) * np.asarray(shapely.distance(axis, points), dtype=np.float64)


def _frame(axis: LineString, measure: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points of the axis at measures, and its direction there."""
    step = min(5.0, axis.length / 4)
    low, high = np.clip(measure - step, 0, axis.length), np.clip(measure + step, 0, axis.length)
    here = shapely.get_coordinates(shapely.line_interpolate_point(axis, measure))
    along = shapely.get_coordinates(shapely.line_interpolate_point(axis, high)) - shapely.get_coordinates(
        shapely.line_interpolate_point(axis, low)
    )
    length = np.hypot(along[:, 0], along[:, 1])
    return here, along / np.maximum(length, _TINY)[:, None]


def _side(axis: LineString, measure: NDArray[np.float64], xy: NDArray[np.float64]) -> NDArray[np.float64]:
    here, along = _frame(axis, measure)
    away = xy - here
    cross = along[:, 0] * away[:, 1] - along[:, 1] * away[:, 0]
    return np.where(cross >= 0, 1.0, -1.0)


def place_on(axis: LineString, measure: float, offset: float) -> tuple[float, float]:
    """Return the point at a measure and offset of an axis; beyond its ends it goes on straight."""
    inside = min(max(measure, 0.0), axis.length)
    here, along = _frame(axis, np.array([inside]))
    (x, y), (ax, ay) = here[0], along[0]
    beyond = measure - inside
    return float(x + ax * beyond - ay * offset), float(y + ay * beyond + ax * offset)


@dataclass(frozen=True, slots=True)
class Interpolated:
    """Where a house number must be: the point, how it was found, and what its error grows with.

    `scale` is in metres: how far the nearest known number is along the road, and a share of a road of which little
    is known.

    `method` is "between" (known numbers of its side on both sides of it), "beyond" (on one only) or "across" (none
    of its side is known).
    """

    x: float
    y: float
    scale: float
    method: str


def interpolate(
    wanted: int,
    numbers: NDArray[np.int64],
    measure: NDArray[np.float64],
    offset: NDArray[np.float64],
    axis: LineString,
) -> Interpolated | None:
    """Place a house number among the known ones of its road.

    Parameters
    ----------
    wanted : int
    numbers : int array (N,)
        Known numbers, in any order.
    measure, offset : array (N,)
        As `tie` gives them.
    axis : LineString

    Returns
    -------
    Interpolated or None
        None when no number of the road is known.
    """
    if not len(numbers):
        return None
    same = (numbers - wanted) % 2 == 0
    own, at, aside = numbers[same], measure[same], offset[same]
    low, high = own <= wanted, own >= wanted
    if low.any() and high.any():
        first = int(np.flatnonzero(low)[np.argmax(own[low])])
        last = int(np.flatnonzero(high)[np.argmin(own[high])])
        span = float(own[last] - own[first])
        share = (wanted - float(own[first])) / span if span else 0.0
        gap, turn = abs(float(at[last] - at[first])), abs(float(aside[last] - aside[first]))
        here = float(at[first] + share * (at[last] - at[first]))
        side = float(aside[first] + share * (aside[last] - aside[first]))
        return Interpolated(*place_on(axis, here, side), gap * min(share, 1 - share) + turn / 2, "between")
    if not same.any():
        here, apart = _among_others(wanted, numbers, measure, axis)
        side = -float(np.median(offset))
        return Interpolated(*place_on(axis, here, side), apart + axis.length / 4, "across")
    nearest = int(np.argmin(np.abs(own - wanted)))
    if numbers.min() <= wanted <= numbers.max():  # the other side of the road goes further
        here, apart = _among_others(wanted, numbers, measure, axis)
    else:
        step = float(wanted - own[nearest]) * _slope(*_nearest(wanted, own, at) if len(own) > 1 else (numbers, measure))
        here = float(np.clip(at[nearest] + step, 0.0, axis.length))
        apart = abs(step)
    return Interpolated(*place_on(axis, here, float(aside[nearest])), apart + axis.length / 20, "beyond")


def _among_others(
    wanted: int, numbers: NDArray[np.int64], measure: NDArray[np.float64], axis: LineString
) -> tuple[float, float]:
    """Return the measure of a number by those of both sides of the road, and how far the nearest known one is."""
    order = np.argsort(numbers, kind="stable")
    known, at = numbers[order], measure[order]
    if known[0] <= wanted <= known[-1]:
        here = float(np.interp(wanted, known, at))
    else:
        nearest = 0 if wanted < known[0] else len(known) - 1
        slope = _slope(*_nearest(wanted, known, at))
        here = float(np.clip(at[nearest] + (wanted - known[nearest]) * slope, 0.0, axis.length))
    return here, float(np.abs(at - here).min())


def _nearest(
    wanted: int, numbers: NDArray[np.int64], measure: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the few numbers next to the wanted one: a road's numbers run faster here and slower there."""
    few = np.argsort(np.abs(numbers - wanted), kind="stable")[:_FEW]
    return numbers[few], measure[few]


def _slope(numbers: NDArray[np.int64], measure: NDArray[np.float64]) -> float:
    """Return metres per number: the median over all pairs (Theil and Sen), 0 for a single number."""
    first, second = np.triu_indices(len(numbers), 1)
    apart = numbers[second] - numbers[first]
    usable = apart != 0
    if not usable.any():
        return 0.0
    return float(np.median((measure[second] - measure[first])[usable] / apart[usable]))
