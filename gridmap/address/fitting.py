"""Fitting the calibration on the project's own gazetteer, and measuring it on other streets."""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from gridmap.address.answer import answer
from gridmap.address.calibrate import Calibration, fit_probability, fit_radius
from gridmap.address.evaluate import Judged, judge
from gridmap.address.gazetteer import LEVEL, LEVELS
from gridmap.address.interpolate import interpolate
from gridmap.address.perturb import half_of, street_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely import LineString

    from gridmap.address.index import GazetteerIndex
    from gridmap.address.perturb import Half, Query

_PRECISION = 0.9975  # of what is accepted, on the tuned half; the promise is 99.5 %
_LEAST_ACCEPTED = 0.9
_SAME_PLACE = 0.1  # metres: what a gazetteer has at one point tells nothing about distances
_FEW = 30
_SAMPLE = (2, 3, 4, 6, 9, 13)
_UNEVEN = (1, 1, 2, 5, 12)
Missed = tuple[str, float, float]
"""A kind of answer, its scale, and how far it was from the truth, metres."""


def judged(index: GazetteerIndex, queries: Sequence[Query], calibration: Calibration | None = None) -> list[Judged]:
    """Answer noisy queries and judge the answers."""
    return [
        judge(index, query.text, query.kinds[0], answer(index, query.text, calibration), query.node)
        for query in queries
    ]


def fit(found: Sequence[Judged], missed: Sequence[Missed]) -> Calibration:
    """Fit probability, acceptance and radii.

    Parameters
    ----------
    found : sequence of Judged
        Answers to noisy queries of the tuned half.
    missed : sequence of Missed
        As `left_out` yields them.
    """
    usable = [each for each in found if each.answer.features]
    features = np.array([each.answer.features for each in usable])
    right = np.array([each.right for each in usable])
    weights, knots, levels = fit_probability(features, right)
    draft = Calibration(weights, knots, levels, 1.0)
    probability = np.array([draft.probability(each.answer.features) for each in usable])
    clear = np.array([not each.answer.features[11] for each in usable])  # a conflict is never accepted
    return Calibration(weights, knots, levels, _acceptance(probability[clear], right[clear]), _radii(missed))


def _acceptance(probability: np.ndarray, right: np.ndarray) -> float:
    """Return the lowest probability from which on enough answers are right."""
    order = np.argsort(-probability, kind="stable")
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ends = np.flatnonzero(np.diff(probability[order], append=-1.0) < 0)  # equal probabilities are accepted together
    good = [end for end in ends if precision[end] >= _PRECISION]
    return max(round(float(probability[order][good[-1]]), 4), _LEAST_ACCEPTED) if good else 1.0


def _radii(missed: Sequence[Missed]) -> dict[str, tuple[float, float]]:
    by_kind: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for kind, scale, error in missed:
        by_kind[kind].append((error, scale))
    return {
        kind: fit_radius(np.array([error for error, _ in rows]), np.array([scale for _, scale in rows]))
        for kind, rows in sorted(by_kind.items())
        if len(rows) >= _FEW and max(error for error, _ in rows) > _SAME_PLACE
    }


def left_out(index: GazetteerIndex, half: Half | None = None) -> Iterator[Missed]:
    """Yield what an answer would miss if a node were not in the gazetteer: its parent's place against its own.

    House numbers are interpolated from the others of their road, each left out in turn.
    """
    levels = index.columns["level"]
    for level in ("room", "building", "subnumber", "poi", "unit", "number"):
        for node in np.flatnonzero(levels == LEVEL[level]).tolist():
            if half is not None and half_of(street_of(index, node)) != half:
                continue
            parent = index.parent(node)
            if parent >= 0:
                yield from _missed_by(index, node, parent)
            if level == "room" and LEVELS[index.level(parent)] == "unit":
                yield from _missed_by(index, node, index.parent(parent))
    yield from (row for road in np.flatnonzero(levels == LEVEL["road"]).tolist() for row in _numbers(index, road, half))


def _missed_by(index: GazetteerIndex, node: int, above: int) -> Iterator[Missed]:
    (x, y, _), (from_x, from_y, scale) = index.place(node), index.place(above)
    error = float(np.hypot(x - from_x, y - from_y))
    if error == error:  # noqa: PLR0124 -- NaN
        yield LEVELS[index.level(above)], float(scale), error


def _numbers(index: GazetteerIndex, road: int, half: Half | None) -> Iterator[Missed]:
    axis = index.axis(road)
    if axis is None or (half is not None and half_of(index.name(road)) != half):
        return
    numbers, measure, offset = index.numbers_on(road)
    tied = [at for at in index.children(road).tolist() if index.columns["measure"][at] == index.columns["measure"][at]]
    truth = {int(index.columns["value"][at]): index.place(at) for at in tied}
    yield from _far_ones(index, road, axis)
    for chosen, called in _samples(numbers, index.name(road), grown=half == "tuned"):
        pace = index.pace if called is numbers else index.pace / float(np.mean(_UNEVEN))
        for at in chosen.tolist():
            others = chosen[called[chosen] != called[at]]
            found = interpolate(int(called[at]), called[others], measure[others], offset[others], axis, pace)
            if found is not None:
                x, y, _ = truth[int(numbers[at])]
                yield f"interpolated_{found.method}", found.scale, float(np.hypot(found.x - x, found.y - y))


def _far_ones(index: GazetteerIndex, road: int, axis: LineString) -> Iterator[Missed]:
    """Yield the errors of numbers too far from the axis to be tied to it: an address asks for them all the same."""
    numbers, measure, offset = index.numbers_on(road)
    for at in index.children(road).tolist():
        wanted, (x, y, _) = int(index.columns["value"][at]), index.place(at)
        if not wanted or not np.isnan(index.columns["measure"][at]) or np.isnan(x):
            continue
        found = interpolate(wanted, numbers, measure, offset, axis, index.pace)
        if found is not None:
            yield f"interpolated_{found.method}", found.scale, float(np.hypot(found.x - x, found.y - y))


def _samples(
    numbers: NDArray[np.int64], name: str, *, grown: bool
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield which numbers of a road to know, and what they are called.

    All of them as they are; or, for tuning, a few only, as on most streets, and numbered as unevenly as streets are
    that grew. The demonstration's own count evenly, and what holds for them would promise too much elsewhere.
    """
    if not grown:
        yield np.arange(len(numbers)), numbers
        return
    random = np.random.default_rng(zlib.crc32(name.encode()))
    order = np.argsort(numbers, kind="stable")
    for size in _SAMPLE:
        if size > len(numbers):
            return
        chosen = np.sort(random.choice(len(numbers), size, replace=False))
        steps = np.diff(numbers[order], prepend=0) * random.choice(_UNEVEN, len(numbers))
        called = np.empty_like(numbers)
        called[order] = np.cumsum(steps)
        called += (called - numbers) % 2  # a number keeps its side
        yield chosen, called
