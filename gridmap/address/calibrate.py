"""From agreement to an honest probability, and from a scale of error to a radius that holds the truth.

The probability that the node is right is a logistic regression on how the fields agreed, straightened by isotonic
regression; the radius is a line in the scale of error, fitted to the 90 % quantile. Both are fitted on the project's
own gazetteer by perturbation (`gridmap.address.perturb`), and stand in `data/lookups/address_calibration.json`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.config import read_lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

FEATURES = (
    "one",
    "margin",
    "tie",
    "place_alias",
    "place_sound",
    "place_close",
    "road_alias",
    "road_sound",
    "road_close",
    "place_alone",
    "road_alone",
    "conflict",
    "unknown",
    "skipped",
    "unexplained",
    "interpolated",
    "ambiguous",
    "area_agrees",
    "area_contradicts",
    "area_only",
    "second_reading",
)
"""What a probability is made of, in the order of the weights; see `gridmap.address.answer.features`."""
_RIDGE, _ROUNDS = 1.0, 60
_LEAST, _MOST = 0.001, 0.999


@dataclass(frozen=True)
class Calibration:
    """Fitted numbers.

    Parameters
    ----------
    weights : tuple of float
        One for each of `FEATURES`.
    knots, levels : tuple of float
        Isotonic regression: the probability is `levels`, linear between `knots` of the logistic one.
    accept : float
        The probability from which an answer needs no review.
    radius : mapping
        Kind of answer to (floor, factor): the radius is floor + factor x scale, metres.
    """

    weights: tuple[float, ...]
    knots: tuple[float, ...]
    levels: tuple[float, ...]
    accept: float
    radius: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def probability(self, features: tuple[float, ...]) -> float:
        """Return the probability that an answer with these features is right."""
        logit = sum(weight * value for weight, value in zip(self.weights, features, strict=True))
        raw = 1.0 / (1.0 + math.exp(-logit))
        at = bisect_right(self.knots, raw)
        if at in (0, len(self.knots)):
            return round(self.levels[max(at - 1, 0)], 4)
        share = (raw - self.knots[at - 1]) / (self.knots[at] - self.knots[at - 1])
        return round(self.levels[at - 1] + share * (self.levels[at] - self.levels[at - 1]), 4)

    def radius_of(self, kind: str, scale: float) -> float:
        """Return the radius in metres that holds the truth in 90 % of cases."""
        floor, factor = self.radius.get(kind, (0.0, 1.0))
        return floor + factor * scale

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"features": list(FEATURES)} | asdict(self)


@cache
def shipped() -> Calibration:
    """Return the calibration that comes with the project."""
    content = read_lookup("address_calibration.json")
    return Calibration(
        tuple(content["weights"]),
        tuple(content["knots"]),
        tuple(content["levels"]),
        content["accept"],
        {kind: (floor, factor) for kind, (floor, factor) in content["radius"].items()},
    )


def fit_probability(
    features: NDArray[np.float64], right: NDArray[np.bool_]
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """Fit weights, and the knots and levels of the isotonic step.

    Parameters
    ----------
    features : array (N, F)
    right : bool array (N,)
    """
    weights = _logistic(features, right.astype(np.float64))
    raw = 1.0 / (1.0 + np.exp(-features @ weights))
    knots, levels = isotonic(raw, right.astype(np.float64))
    return tuple(weights.round(4).tolist()), tuple(knots.round(6).tolist()), tuple(levels.round(5).tolist())


def _logistic(features: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fit by Newton's method with a small ridge, which keeps the weights of what always agrees finite."""
    weights = np.zeros(features.shape[1])
    ridge = np.eye(features.shape[1]) * _RIDGE
    for _ in range(_ROUNDS):
        expected = 1.0 / (1.0 + np.exp(-features @ weights))
        slope = features.T @ (right - expected) - ridge @ weights
        bend = (features * (expected * (1 - expected))[:, None]).T @ features + ridge
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return np.asarray(weights, dtype=np.float64)


def isotonic(
    scores: NDArray[np.float64], right: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a rising step function (pool adjacent violators), given as the middle and level of each pool.

    Parameters
    ----------
    scores, right : array (N,)
    """
    order = np.argsort(scores, kind="stable")
    pools: list[list[float]] = []  # sum of right, count, sum of scores
    ends = np.flatnonzero(np.diff(scores[order], append=np.inf) > 0) + 1
    start = 0
    for end in ends.tolist():
        rows = order[start:end]
        pools.append([float(right[rows].sum()), float(end - start), float(scores[rows].sum())])
        start = end
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            last = pools.pop()
            pools[-1] = [one + other for one, other in zip(pools[-1], last, strict=True)]
    knots = np.array([pool[2] / pool[1] for pool in pools])
    levels = np.array([(pool[0] + 0.5) / (pool[1] + 1.0) for pool in pools])  # no pool is certain
    return knots, np.clip(np.maximum.accumulate(levels), _LEAST, _MOST)


def fit_radius(errors: NDArray[np.float64], scales: NDArray[np.float64], share: float = 0.9) -> tuple[float, float]:
    """Fit floor and factor so that `floor + factor * scale` holds a share of the errors.

    Among the lines that hold exactly that share the one with the smallest loss at the quantile is taken.

    Parameters
    ----------
    errors, scales : array (N,)
        Metres.
    """
    best = (np.inf, 0.0, 1.0)
    for floor in (0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 80.0):
        factor = max(0.0, float(np.quantile((errors - floor) / np.maximum(scales, 1e-3), share)))
        apart = errors - (floor + factor * scales)
        loss = float(np.maximum(share * apart, (share - 1) * apart).mean())
        if loss < best[0] - 1e-9:
            best = loss, floor, factor
    return best[1], round(best[2], 4)


def expected_calibration_error(probability: NDArray[np.float64], right: NDArray[np.bool_], bins: int = 10) -> float:
    """Return the mean distance of probability and truth over bins of equal width, weighted by their rows (ECE)."""
    numbers = np.minimum((probability * bins).astype(int), bins - 1)
    total = 0.0
    for number in range(bins):
        inside = numbers == number
        if inside.any():
            total += inside.sum() * abs(float(probability[inside].mean()) - float(right[inside].mean()))
    return total / max(len(probability), 1)
