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
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

_GAP = 80.0  # metres between pieces of one road that are bridged
_PARALLEL = 30.0  # a piece that lies within this distance of the axis is the other carriageway
_TINY = 1e-6
_FEW = 4  # numbers that tell how fast they run
_ENOUGH = 200  # numbers of a road that tell its pace
_TYPICAL = 3.0  # metres per number where a gazetteer tells nothing
_NOISE = 15.0  # metres: how far a plate is from where an even pace has it
_VARIES = 0.6  # share by which the pace of a road differs from the typical one
_REACH = 150.0  # metres from its axis beyond which a plate is not on a road: the axis was cut off, or goes elsewhere


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
        Metres from the beginning of the axis; NaN for what is too far away to be on the road.
    offset : array (N,)
        Metres from the axis, positive on its left; NaN as above.
    """
    points = shapely.points(xy)
    measure = np.asarray(shapely.line_locate_point(axis, points), dtype=np.float64)
    apart = np.asarray(shapely.distance(axis, points), dtype=np.float64)
    offset = _side(axis, measure, xy) * apart
    far = apart > _REACH
    return np.where(far, np.nan, measure), np.where(far, np.nan, offset)


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

    `scale` is in metres: how far the nearest known number is along the road; beyond and across the standard error.

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
    typical: float = _TYPICAL,
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
    typical : float
        Metres that a number usually takes in this gazetteer, see `typical_pace`; it counts where the road tells little.

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
    inside = bool(numbers.min() <= wanted <= numbers.max())  # the other side of the road goes further
    if inside:
        here, doubt = _among_others(wanted, numbers, measure)
    else:
        here, doubt = _beyond_others(wanted, numbers, measure, axis, typical)
    if not same.any():
        return Interpolated(*place_on(axis, here, -float(np.median(offset))), doubt, "across")
    side = float(aside[int(np.argmin(np.abs(own - wanted)))])
    return Interpolated(*place_on(axis, here, side), doubt, "beyond")


def _among_others(wanted: int, numbers: NDArray[np.int64], measure: NDArray[np.float64]) -> tuple[float, float]:
    """Return the measure of a number between those of both sides of its road, and its standard error, metres."""
    order = np.argsort(numbers, kind="stable")
    known, at = numbers[order], measure[order]
    here = float(np.interp(wanted, known, at))
    return here, float(np.abs(at - here).min()) + _NOISE


def _beyond_others(
    wanted: int, numbers: NDArray[np.int64], measure: NDArray[np.float64], axis: LineString, typical: float
) -> tuple[float, float]:
    """Return the measure of a number beyond all known ones of its road, and its standard error, metres.

    It is as many numbers from the nearest known one as the plates say, at the pace of the few numbers there; the
    fewer and closer together they are, the more of the typical pace is mixed in.
    """
    own = np.flatnonzero((numbers - wanted) % 2 == 0)  # the two sides of a road do not always run in step
    own = own if len(own) else np.arange(len(numbers))
    near = own[np.argsort(np.abs(numbers[own] - wanted), kind="stable")][:_FEW]
    few = near if len(near) > 1 else np.argsort(np.abs(numbers - wanted), kind="stable")[:_FEW]
    steps = float(wanted - numbers[near[0]])
    pace, doubt = _pace(numbers[few], measure[few], typical)
    here = float(np.clip(measure[near[0]] + steps * pace, 0.0, axis.length))
    return here, float(np.hypot(_spacing(numbers, measure, axis), min(abs(steps) * doubt, axis.length)))


def _spacing(numbers: NDArray[np.int64], measure: NDArray[np.float64], axis: LineString) -> float:
    """Return how far apart the known numbers of a road are on average, metres; of a single one nothing is known."""
    known = len(set(numbers.tolist()))
    return float(np.ptp(measure)) / (known - 1) + _NOISE if known > 1 else axis.length / 4


def _pace(numbers: NDArray[np.int64], measure: NDArray[np.float64], typical: float) -> tuple[float, float]:
    """Return metres per number along the axis, and its standard error: what is known weighed with what is typical."""
    spread = float(((numbers - numbers.mean()) ** 2).sum())
    if spread == 0.0:  # one number does not tell in which direction they rise
        return 0.0, typical
    seen = _slope(numbers, measure)
    known, usual = spread / _NOISE**2, 1.0 / (_VARIES * typical) ** 2
    return float((known * seen + usual * np.copysign(typical, seen)) / (known + usual)), float((known + usual) ** -0.5)


def _slope(numbers: NDArray[np.int64], measure: NDArray[np.float64]) -> float:
    """Return metres per number: the median over all pairs (Theil and Sen), 0 when all are one number."""
    first, second = np.triu_indices(len(numbers), 1)
    apart = numbers[second] - numbers[first]
    usable = apart != 0
    if not usable.any():
        return 0.0
    return float(np.median((measure[second] - measure[first])[usable] / apart[usable]))


def typical_pace(roads: Iterable[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> float:
    """Return how many metres a number usually takes.

    Parameters
    ----------
    roads : iterable of (numbers, measures)
        Of the roads of a gazetteer; those of which fewer than four numbers are known tell nothing.

    Returns
    -------
    float
        The median over roads; 3 metres when none tells anything.
    """
    paces = []
    for numbers, measure in roads:
        some = slice(None, None, 1 + len(numbers) // _ENOUGH)  # pairs grow with the square
        if len(set(numbers[some].tolist())) >= _FEW:
            paces.append(abs(_slope(numbers[some], measure[some])))
    paces = [pace for pace in paces if pace > 0.0]
    return float(np.median(paces)) if paces else _TYPICAL
