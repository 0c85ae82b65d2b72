"""How good answers are: right nodes by level, honesty of probability and radius, conflicts of numbers, speed."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gridmap.address.calibrate import expected_calibration_error
from gridmap.address.gazetteer import LEVELS
from gridmap.address.numerals import number_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.address.answer import Answer
    from gridmap.address.index import GazetteerIndex

_NUMBERED = frozenset(("lane", "number", "subnumber", "part", "building", "unit", "room"))


@dataclass(frozen=True)
class Judged:
    """An answer beside the truth. `error` is in metres, NaN when either has no place."""

    text: str
    group: str
    answer: Answer
    right: bool
    error: float = float("nan")
    conflict: bool = False


@dataclass(frozen=True)
class Scores:
    """The figures of a set of answers.

    Parameters
    ----------
    top1 : float
        Share of right nodes.
    auto : float
        Share that needs no person.
    auto_precision : float
        Share of right ones among these.
    conflicts : float
        Share that has another number than the truth at some level.
    ece : float
        Expected calibration error of the probability.
    covered : float
        Share of the radii that hold the truth, among answers with a place; NaN without any.
    by_group : dict
        Group (level, or kind of noise) to (rows, share right).
    """

    rows: int
    top1: float
    auto: float
    auto_precision: float
    conflicts: float
    ece: float
    covered: float
    by_group: dict[str, tuple[int, float]] = field(default_factory=dict)


def score(judged: Sequence[Judged]) -> Scores:
    """Sum up judged answers."""
    right = np.array([each.right for each in judged], dtype=bool)
    auto = np.array([each.answer.band == "auto" for each in judged], dtype=bool)
    probability = np.array([each.answer.probability for each in judged], dtype=np.float64)
    error = np.array([each.error for each in judged], dtype=np.float64)
    radius = np.array([each.answer.radius for each in judged], dtype=np.float64)
    placed = ~np.isnan(error) & ~np.isnan(radius)
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in judged:
        groups[each.group].append(each.right)
    return Scores(
        rows=len(judged),
        top1=_share(right),
        auto=_share(auto),
        auto_precision=_share(right[auto]),
        conflicts=_share(np.array([each.conflict for each in judged], dtype=bool)),
        ece=round(expected_calibration_error(probability, right), 5),
        covered=_share(error[placed] <= radius[placed]),
        by_group={name: (len(found), round(sum(found) / len(found), 4)) for name, found in sorted(groups.items())},
    )


def _share(flags: np.ndarray) -> float:
    return round(float(flags.mean()), 5) if len(flags) else float("nan")


def conflicting(index: GazetteerIndex, found: int, truth: int) -> bool:
    """Tell whether an answer has another number than the truth at a level that both have."""
    if found < 0:
        return False
    one, other = _numbers(index, found), _numbers(index, truth)
    return any(one[level] != other[level] for level in one.keys() & other.keys())


def _numbers(index: GazetteerIndex, node: int) -> dict[str, str]:
    numbers: dict[str, str] = {}
    sites = [index.site(at) for at in index.path(node) if index.site(at) >= 0]
    for at in [*index.path(node), *(each for site in sites[:1] for each in index.path(site))]:
        level = LEVELS[index.level(at)]
        if level in _NUMBERED:
            numbers.setdefault(level, str(number_value(index.name(at))))
    return numbers


def judge(index: GazetteerIndex, text: str, group: str, answer: Answer, truth: int) -> Judged:
    """Judge an answer whose true node is known."""
    x, y, _ = index.place(truth)
    error = float(np.hypot(answer.x - x, answer.y - y))
    return Judged(text, group, answer, answer.node == truth, error, conflicting(index, answer.node, truth))
