"""A text against a polygon: whether they agree, and if not, on which side they part by how many metres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.evidence import RIGHT, STEP, examine
from gridmap.space.limits.solve import solve
from gridmap.space.limits.variants import agreement
from gridmap.space.limits.verdict import Status, Trouble, TroubleKind

if TYPE_CHECKING:
    from gridmap.space.limits.features import Features
    from gridmap.space.limits.values import Parse, Side

NEAR = 15.0  # metres from a border to a feature on which it is said to lie
AGREED = 0.95
_FAR = 30.0  # metres of a side's border off every feature of the text that are no matter
_SHARE = 0.03  # of all of the border, likewise
_LEAST = 5.0  # metres of a feature that have to lie on the border


@dataclass(frozen=True)
class Comparison:
    """How a text and a polygon agree.

    Parameters
    ----------
    agrees : bool
    status : Status
        Of the text alone; the worst of its parts.
    agreement : float
        IoU with the polygon that the text gives; of its candidates the nearest where it is ambiguous; 0 for none.
    off : dict of Side to float
        Metres of the polygon's border that look to a side and lie on no feature of the text.
    troubles : tuple of Trouble
        Features of the text along which the border does not run, or on another side; and those of the text itself.
    """

    agrees: bool
    status: Status
    agreement: float
    off: dict[Side, float]
    troubles: tuple[Trouble, ...]


def compare(parsed: Parse, shape: Any, features: Features) -> Comparison:
    """Hold a text against a polygon in the plane."""
    solutions = solve(parsed, features)
    order = list(Status)
    status = max((each.status for each in solutions), key=order.index)
    agreed = _agreement(solutions, shape)
    troubles = [each for solution in solutions for each in solution.troubles if each.kind is not TroubleKind.RIVAL]
    named = [each for solution in solutions for each in solution.features if len(each.edges)]
    off: dict[Side, float] = {}
    far = _FAR
    if named:
        evidence = examine(shape, named, NEAR)
        for each, on in zip(named, evidence.features, strict=True):
            if on.metres < _LEAST:
                troubles.append(Trouble(TroubleKind.UNUSED, each.side, each.name))
            elif each.side is not None and on.towards < (RIGHT if each.alone else STEP):
                troubles.append(Trouble(TroubleKind.WRONG_SIDE, each.side, each.name, on.metres))
        off = evidence.unnamed
        far = max(_FAR, _SHARE * evidence.perimeter)
        troubles += [Trouble(TroubleKind.GAP, side, "", metres) for side, metres in off.items() if metres > far]
    unique = tuple(dict.fromkeys(troubles))
    faults = [each for each in unique if each.kind not in {TroubleKind.GAP, TroubleKind.ALIAS} or each.metres > far]
    return Comparison(agreed >= AGREED and not faults, status, agreed, off, unique)


def _agreement(solutions: list[Any], shape: Any) -> float:
    if len(solutions) == 1:
        only = solutions[0]
        if only.shape is None:
            return 0.0
        if only.status is Status.AMBIGUOUS:
            return max(agreement(each.shape, shape) for each in only.candidates)
        return agreement(only.shape, shape)
    drawn = [each.shape for each in solutions if each.shape is not None]
    return agreement(shapely.unary_union(np.array(drawn, dtype=object)), shape) if drawn else 0.0
