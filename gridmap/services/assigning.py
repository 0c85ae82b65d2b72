"""Who is responsible for what: the rule of `gridmap.assign`, fed from storage and kept there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.assign import REASONS, Subjects, Verdicts, assign
from gridmap.errors import NoPlan
from gridmap.model.cases import Assignment, Reason
from gridmap.model.kinds import ASSIGNED_KINDS, Kind
from gridmap.services.plan_land import PlanInForce, plans_in_force
from gridmap.storage import assignments, audit, registers
from gridmap.storage.plans import Lock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.storage.database import Transaction

LISTED_KINDS = {"shops": "shop", "organisations": "organisation"}  # kinds whose single records can be listed
_CHUNK = 20_000


@dataclass(frozen=True)
class Located:
    """Verdicts of many subjects, each under the plan that has it (or the nearest one)."""

    assignments: list[Assignment]
    community_ids: list[UUID | None]


def subjects_of(kind: Kind, lonlat: NDArray[np.float64], columns: dict[str, list[Any]], found: PlanInForce) -> Subjects:
    """Put the records of a kind into the columns that the rule reads, in the plane of a plan.

    Parameters
    ----------
    lonlat : float64 (N, 2)
        EPSG:4490; NaN where a record has no place yet.
    columns : dict of str to list
        Of the fields accuracy, building, floor, code and manual_grid those that the kind has.
    """
    count = len(lonlat)
    xy = np.full((count, 2), np.nan)
    placed = np.isfinite(lonlat).all(axis=1)
    if placed.any():
        xy[placed] = found.plane.project(lonlat[placed])
    accuracy = columns.get("accuracy") or [None] * count
    return Subjects(
        xy=xy,
        accuracy=np.array([value or 0.0 for value in accuracy], dtype=np.float64),
        buildings=columns.get("building"),
        floors=columns.get("floor"),
        own_kind=LISTED_KINDS.get(kind.name),
        own_codes=columns.get("code") if kind.name in LISTED_KINDS else None,
        manual=[found.identities.get(code, code) if code else None for code in columns["manual_grid"]]
        if "manual_grid" in columns
        else None,
    )


def wanted_columns(kind: Kind) -> list[str]:
    """Name the fields of a kind that the rule reads."""
    names = {field.name for field in kind.fields}
    own = ["code"] if kind.name in LISTED_KINDS else []
    return [*own, *(name for name in ("accuracy", "building", "floor", "manual_grid") if name in names)]


def decide(
    kind: Kind,
    ids: Sequence[UUID],
    lonlat: NDArray[np.float64],
    columns: dict[str, list[Any]],
    found: list[PlanInForce],
) -> Located:
    """Give every subject exactly one verdict.

    With several sub-districts the plan that has the subject decides; where none has it, the nearest one names
    itself.
    """
    verdicts = [assign(subjects_of(kind, lonlat, columns, each), each.land) for each in found]
    best = _best(verdicts)
    result: list[Assignment] = []
    communities: list[UUID | None] = []
    accuracy = columns.get("accuracy") or [None] * len(ids)
    for number, subject_id in enumerate(ids):
        plan, verdict = found[best[number]], verdicts[best[number]]
        grid, nearest = plan.grid(verdict.grid[number]), plan.grid(verdict.nearest[number])
        distance = float(verdict.distance[number])
        result.append(
            Assignment(
                subject_kind=kind.singular,
                subject_id=subject_id,
                plan_id=plan.plan.id,
                grid_id=grid.id if grid else None,
                reason=REASONS[verdict.reason[number]],
                distance=distance if np.isfinite(distance) else None,
                accuracy=float(accuracy[number] or 0.0),
                nearest_id=nearest.id if nearest else None,
                review=bool(verdict.review[number]),
            )
        )
        communities.append(grid.community_id if grid else None)
    return Located(result, communities)


def _best(verdicts: list[Verdicts]) -> NDArray[np.int64]:
    """Pick for each subject the plan that has it; else the one whose border is nearest."""
    if len(verdicts) == 1:
        return np.zeros(len(verdicts[0].grid), dtype=np.int64)
    rank = np.array([np.where(each.grid >= 0, -1.0, np.nan_to_num(each.distance, nan=np.inf)) for each in verdicts])
    return np.asarray(rank.argmin(axis=0), dtype=np.int64)


@dataclass(frozen=True)
class AssignSummary:
    """How many subjects of each kind were decided, by reason.

    `kept` are the incidents that keep the grid of their day, and `review` those for a person to look at.
    """

    by_kind: dict[str, dict[str, int]]
    review: int
    kept: int

    @property
    def total(self) -> int:
        """How many subjects have a verdict."""
        return sum(sum(reasons.values()) for reasons in self.by_kind.values())


def recalculate(
    tx: Transaction, progress: Callable[[int], None] = lambda _: None, kinds: Sequence[Kind] = ASSIGNED_KINDS
) -> AssignSummary:
    """Decide every subject again by the plans in force now.

    A person's decision (`manual_grid`) survives until its grid is gone. An incident that has a verdict keeps the
    grid of its day; only one without a grid is decided again.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    found = plans_in_force(tx, lock=Lock.SHARE)  # a new plan that takes effect meanwhile has the last word
    by_kind: dict[str, dict[str, int]] = {}
    done = review = kept = 0
    for kind in kinds:
        summary = dict.fromkeys((reason.value for reason in Reason), 0)
        points = registers.points(tx, Scope.everything(tx.actor), kind, columns=[*wanted_columns(kind), "community_id"])
        keep = _settled(tx, kind)
        kept += len(keep)
        for start in range(0, len(points.ids), _CHUNK):
            rows = [row for row in range(start, min(start + _CHUNK, len(points.ids))) if points.ids[row] not in keep]
            ids = [points.ids[row] for row in rows]
            columns = {name: [values[row] for row in rows] for name, values in points.columns.items()}
            located = decide(kind, ids, points.lonlat[rows], columns, found)
            assignments.put(tx, located.assignments)
            fill_communities(tx, kind, located, columns["community_id"])
            for each in located.assignments:
                summary[each.reason] += 1
                review += each.review
            done += len(rows)
            progress(done)
        by_kind[kind.name] = {reason: count for reason, count in summary.items() if count}
    audit.record(tx, "assign", "plan", count=done, detail={"plans": [str(each.plan.id) for each in found]})
    return AssignSummary(by_kind, review, kept)


def _settled(tx: Transaction, kind: Kind) -> set[UUID]:
    """Incidents that have a grid keep it; everything else moves with the plan."""
    return assignments.with_grid(tx, Scope.everything(tx.actor), kind) if kind.name == "incidents" else set()


def fill_communities(tx: Transaction, kind: Kind, located: Located, known: Sequence[UUID | None]) -> None:
    """Let a record without a community have that of its grid."""
    rows = [
        {"id": each.subject_id, "community_id": community}
        for each, community, old in zip(located.assignments, located.community_ids, known, strict=True)
        if old is None and community is not None
    ]
    registers.update_many(tx, kind, rows)


def decide_now(
    tx: Transaction, kind: Kind, ids: Sequence[UUID], lonlat: NDArray[np.float64], columns: dict[str, list[Any]]
) -> Located | None:
    """Decide records that are about to be written; None while no plan is in force.

    The plan's row is held until the transaction ends, so that a new plan cannot slip in between.
    """
    try:
        found = plans_in_force(tx, lock=Lock.SHARE)
    except NoPlan:
        return None
    return decide(kind, ids, lonlat, columns, found)
