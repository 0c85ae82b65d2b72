"""Judging candidates: which is best, what is wrong with it, and how far it may be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import shapely

from gridmap.space.limits.evidence import RIGHT, STEP, Evidence, Named, examine
from gridmap.space.limits.variants import agreement, only_carriageways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gridmap.space.limits.values import Side

SMALL_GAP = 5.0  # metres of gaps that are no matter
MOST_GAP = 0.25  # of the border; beyond it nothing is answered
_ONE = 0.999  # agreement from which two shapes are one
SAME = 0.97  # agreement from which two candidates are one answer
_ROAD = 0.88  # agreement below which even the two sides of a road make a difference that somebody has to decide
_RIVAL = 0.04  # points of score within which another candidate is as good
_DOUBT = 0.06  # and within which it is still to be asked for


class Status(StrEnum):
    """How far an answer may be trusted."""

    EXACT = "exact"
    GAP_BRIDGED = "gap_bridged"
    AMBIGUOUS = "ambiguous"
    UNRESOLVED = "unresolved"


class TroubleKind(StrEnum):
    """What is wrong with a text, or with its features on this ground."""

    NOT_FOUND = "not_found"
    MISSING_SIDE = "missing_side"
    APART = "apart"
    UNUSED = "unused"
    WRONG_SIDE = "wrong_side"
    GAP = "gap"
    RIVAL = "rival"
    ALIAS = "alias"


@dataclass(frozen=True)
class Trouble:
    """One thing that keeps an answer from being exact.

    Parameters
    ----------
    kind : TroubleKind
    side : Side or None
        None where it concerns the whole, or a walk.
    name : str
        The feature, or "".
    metres : float
        Of a gap, or how far features are apart.
    offers : tuple of str
        Near spellings of a name that was not found.
    """

    kind: TroubleKind
    side: Side | None
    name: str
    metres: float = 0.0
    offers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A polygon that the text may mean.

    Parameters
    ----------
    shape : Polygon
    ways : tuple of str
        ring, faces: which of the two found it.
    gap : float
        Metres of its border that lie on no feature of the text.
    score : float
    evidence : Evidence
    """

    shape: Any
    ways: tuple[str, ...]
    gap: float
    score: float
    evidence: Evidence


def candidates_of(
    shapes: list[tuple[str, Any]],
    named: list[Named],
    inside: NDArray[np.float64] | None,
    known: dict[int, Evidence] | None = None,
) -> list[Candidate]:
    """Measure shapes, each with the way by which it was found; those without a fault first, then by score.

    What was measured of a shape (by `id`) is kept in `known` as long as the shapes live.
    """
    known = {} if known is None else known
    found: list[Candidate] = []
    for way, shape in shapes:
        same = next((number for number, each in enumerate(found) if _is_same(each.shape, shape)), None)
        if same is not None:
            if way not in found[same].ways:
                old = found[same]
                found[same] = Candidate(old.shape, (*old.ways, way), old.gap, old.score + 0.02, old.evidence)
            continue
        evidence = known.get(id(shape)) or known.setdefault(id(shape), examine(shape, named))
        score = evidence.score
        if inside is not None and len(inside):
            score += 0.1 * float(shapely.intersects_xy(shape, inside[:, 0], inside[:, 1]).mean())
        found.append(Candidate(shape, (way,), evidence.perimeter - evidence.named, score, evidence))
    return sorted(found, key=lambda each: (bool(faults_of(each, named)), -each.score))


def _is_same(one: Any, two: Any) -> bool:
    small, large = sorted((one.area, two.area))
    return bool(small > _ONE * large) and agreement(one, two) > _ONE


def nearest_first(candidates: list[Candidate], named: list[Named]) -> list[Candidate]:
    """Put the smallest of those first that differ only by carriageways: land reaches to the near side of a road."""
    best = candidates[0]
    same = [
        each
        for each in candidates
        if not faults_of(each, named)
        and each.gap <= best.gap + SMALL_GAP
        and each.score > best.score - _RIVAL
        and all(two or not one for one, two in zip(each.evidence.hardly, best.evidence.hardly, strict=True))
        and (each is best or only_carriageways(each.shape, best.shape))
    ]
    first = min(same, key=lambda each: float(each.shape.area))
    return [first, *(each for each in candidates if each is not first)]


def faults_of(best: Candidate, named: list[Named]) -> list[Trouble]:
    """Name the features of the text that a candidate does not use, or has on another side."""
    faults = []
    for each, on in zip(named, best.evidence.features, strict=True):
        if on.metres <= 0:
            faults.append(Trouble(TroubleKind.UNUSED, each.side, each.name))
        elif each.side is not None and on.towards < (RIGHT if each.alone else STEP):
            faults.append(Trouble(TroubleKind.WRONG_SIDE, each.side, each.name, on.metres))
    told = {each.side for each in faults}
    faults += [
        Trouble(TroubleKind.WRONG_SIDE, side, "")
        for side, towards in best.evidence.sides.items()
        if towards < RIGHT and side not in told
    ]
    return faults


def status_of(
    best: Candidate, candidates: list[Candidate], faults: list[Trouble], before: list[Trouble], named: list[Named]
) -> tuple[Status, list[Trouble]]:
    """Say how far the best candidate may be trusted, and why not further."""
    more: list[Trouble] = []
    if best.gap > SMALL_GAP:
        unnamed = best.evidence.unnamed
        more += [Trouble(TroubleKind.GAP, side, "", metres) for side, metres in unnamed.items() if metres > 1.0]
    if faults or best.gap > MOST_GAP * best.evidence.perimeter:
        return Status.UNRESOLVED, more
    rivals = [
        each
        for each in candidates[1:]
        if each.score > best.score - _DOUBT
        and agreement(each.shape, best.shape) < SAME
        and not (agreement(each.shape, best.shape) >= _ROAD and only_carriageways(each.shape, best.shape))
        and not faults_of(each, named)
        and each.gap <= max(SMALL_GAP, best.gap)
    ]
    if rivals:
        return Status.AMBIGUOUS, [*more, Trouble(TroubleKind.RIVAL, None, "")]
    both = any(
        len(each.ways) > 1
        and not faults_of(each, named)
        and (agreement(each.shape, best.shape) >= SAME or only_carriageways(each.shape, best.shape))
        for each in candidates
    )
    if before or (named[0].side is not None and len({each.name for each in named}) > 1 and not both):
        return Status.AMBIGUOUS, more  # an alias, or only one of the two ways leads there
    return (Status.GAP_BRIDGED if best.gap > SMALL_GAP else Status.EXACT), more
