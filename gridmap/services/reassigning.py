"""Which verdicts a new plan changes: those are made again, all others carry forward as they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.model.cases import Reason
from gridmap.services.assigning import LISTED_KINDS, Located, decide, fill_communities
from gridmap.services.plan_moves import is_open, subject_points
from gridmap.storage import assignments, succession

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from gridmap.model.kinds import Kind
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction
    from gridmap.storage.registers import Points
    from gridmap.storage.succession import Stamp, Verdict

_UNSURE = {Reason.MANUAL, Reason.LISTED, Reason.EDGE, Reason.OUTSIDE}  # not decided by the land of one grid alone
_FEW = 10_000  # more subjects than this are read with all the others


@dataclass(frozen=True)
class Succession:
    """One plan after another.

    Parameters
    ----------
    others : tuple of PlanInForce
        Plans in force of other sub-districts.
    changed : frozenset of UUID
        Grids whose border, code or existence is not the same in both.
    since : datetime
        Incidents that were reported before keep the grid of their day.
    """

    old: PlanInForce
    new: PlanInForce
    others: tuple[PlanInForce, ...]
    changed: frozenset[UUID]
    since: datetime

    @property
    def before(self) -> list[UUID]:
        """The plans that had the verdicts so far."""
        return [each.plan.id for each in (self.old, *self.others)]


@dataclass(frozen=True)
class Decided:
    """What a new plan means for the subjects of one kind.

    Parameters
    ----------
    stamps : set
        The verdicts that this was made from.
    located : Located
        The verdicts that were made again.
    communities : list of UUID or None
        Which community each of those named before.
    whereabouts : dict of UUID to (UUID or None, UUID or None)
        Old and new grid of those, and of the open incidents in changed grids, which keep theirs.
    before : Counter of UUID or None
        Subjects of every grid under the old plan.
    """

    stamps: set[Stamp]
    located: Located
    communities: list[UUID | None]
    whereabouts: dict[UUID, tuple[UUID | None, UUID | None]]
    before: Counter[UUID | None]


def reassign(tx: Transaction, plan: Succession, kind: Kind, points: Points) -> Decided:
    """Decide those of all subjects of a kind again whose verdict the new plan may change; nobody else's can have."""
    everything = Scope.everything(tx.actor)
    known = succession.verdicts(tx, everything, plan.before, kind)
    decided = _decided(plan, kind, points, known, _affected(plan, kind, points, known))
    return replace(decided, stamps=succession.stamps(tx, everything, plan.before, kind))


def reassign_some(tx: Transaction, plan: Succession, kind: Kind, ids: Collection[UUID]) -> Decided:
    """Decide some subjects again, whatever the new plan changed."""
    everything = Scope.everything(tx.actor)
    known = succession.verdicts(tx, everything, plan.before, kind)
    few = list(ids) if len(ids) <= _FEW else None
    points = subject_points(tx, everything, kind, ids=few)
    kept = _keeps(plan, kind, points, known)
    rows = [row for row, each in enumerate(points.ids) if each in ids and not kept[row]]
    return _decided(plan, kind, points, known, rows)


def written_since(tx: Transaction, plan: Succession, kind: Kind, decided: Decided) -> set[UUID]:
    """Return the subjects whose verdict under the old plan somebody has written since."""
    now = succession.stamps(tx, Scope.everything(tx.actor), plan.before, kind)
    return succession.stamped(now - decided.stamps)


def write(tx: Transaction, plan: Succession, kind: Kind, decided: Decided) -> None:
    """Store verdicts, in the place of those that were carried forward."""
    if not decided.located.assignments:
        return
    assignments.put(tx, decided.located.assignments)
    fill_communities(tx, kind, decided.located, decided.communities)
    elsewhere = [each.subject_id for each in decided.located.assignments if each.plan_id != plan.new.plan.id]
    if elsewhere:
        succession.drop_verdicts(tx, plan.new.plan.id, kind, elsewhere)


def _affected(plan: Succession, kind: Kind, points: Points, known: Mapping[UUID, Verdict]) -> list[int]:
    listed = {key for found in (plan.old, plan.new) for key in found.land.listed}
    manual = points.columns.get("manual_grid") or [None] * len(points.ids)
    buildings = points.columns.get("building") or [None] * len(points.ids)
    own_kind = LISTED_KINDS.get(kind.name, "")
    own = points.columns.get("code") if own_kind else None
    keeps = _keeps(plan, kind, points, known)
    rows = []
    for row, subject in enumerate(points.ids):
        if keeps[row]:
            continue
        verdict = known.get(subject)
        if (
            verdict is None
            or verdict.grid_id in plan.changed
            or verdict.reason in _UNSURE
            or verdict.distance == 0  # on a border where nobody was the neighbour: now somebody may be
            or manual[row]
            or ("building", buildings[row]) in listed
            or (own is not None and (own_kind, own[row]) in listed)
        ):
            rows.append(row)
    return rows


def _keeps(plan: Succession, kind: Kind, points: Points, known: Mapping[UUID, Verdict]) -> list[bool]:
    """Tell which incidents keep the grid of their day, that is all that have one and came before the new plan."""
    if kind.name != "incidents":
        return [False] * len(points.ids)
    return [
        (verdict := known.get(subject)) is not None
        and verdict.grid_id is not None
        and (moment is None or moment < plan.since)
        for subject, moment in zip(points.ids, points.columns["reported_at"], strict=True)
    ]


def _decided(
    plan: Succession, kind: Kind, points: Points, known: Mapping[UUID, Verdict], rows: Sequence[int]
) -> Decided:
    located, columns = _located(plan, kind, points, rows)
    where = _whereabouts(points, rows, located, known)
    if kind.name == "incidents":
        taken, open_ = set(rows), is_open(points)
        kept = [
            row
            for row, subject in enumerate(points.ids)
            if row not in taken and open_[row] and subject in known and known[subject].grid_id in plan.changed
        ]
        where |= _whereabouts(points, kept, _located(plan, kind, points, kept)[0], known)
    before = Counter(verdict.grid_id for verdict in known.values())
    return Decided(set(), located, columns["community_id"], where, before)


def _located(plan: Succession, kind: Kind, points: Points, rows: Sequence[int]) -> tuple[Located, dict[str, list[Any]]]:
    columns = {name: [values[row] for row in rows] for name, values in points.columns.items()}
    if not rows:
        return Located([], []), columns
    ids = [points.ids[row] for row in rows]
    return decide(kind, ids, points.lonlat[np.array(rows)], columns, [plan.new, *plan.others]), columns


def _whereabouts(
    points: Points, rows: Sequence[int], located: Located, known: Mapping[UUID, Verdict]
) -> dict[UUID, tuple[UUID | None, UUID | None]]:
    return {
        points.ids[row]: (known[points.ids[row]].grid_id if points.ids[row] in known else None, each.grid_id)
        for row, each in zip(rows, located.assignments, strict=True)
    }
