"""What is known of a case: its file, its steps, what may be done now, and its grid of then and of today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers, mask_within
from gridmap.errors import NoPlan
from gridmap.model.moments import in_shanghai
from gridmap.services.assigning import decide
from gridmap.services.case_given import INCIDENTS, resolve
from gridmap.services.casework import opened_file
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.incident_views import IncidentView, assigned_to, brief_of, clock_moment, incident_view
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import casework as store
from gridmap.storage import incidents, registers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from gridmap.casework.ladder import Move
    from gridmap.model.cases import Assignment
    from gridmap.model.casework import Approval, CaseFile, Photo, Step, Whistle
    from gridmap.services.described import AssignedTo
    from gridmap.storage.database import Transaction


_FREE = frozenset({"reason", "unit", "outcome"})  # what is written freely of what comes with a move


@dataclass(frozen=True)
class OpenMove:
    """A move that may be made now: what it asks for, and whether another person has to approve it."""

    name: str
    target: str | None
    roles: list[str]
    needs: list[str]
    takes: list[str]
    approval: list[str]


@dataclass(frozen=True)
class StepView:
    """A step as it is told."""

    number: int
    at: datetime
    actor: str
    role: str
    move: str
    state_before: str
    state_after: str
    level_before: str
    level_after: str
    reason: str
    given: Mapping[str, Any]
    approval_id: str | None


@dataclass(frozen=True)
class ApprovalView:
    """A request and its decision as they are told."""

    id: str
    move: str
    given: Mapping[str, Any]
    state: str
    asked_at: datetime
    asked_by: str
    asked_role: str
    decided_at: datetime | None
    decided_by: str | None
    decided_role: str | None
    note: str | None


@dataclass(frozen=True)
class WhistleView:
    """A whistle with its three times."""

    kind: str
    unit: str
    blown_at: datetime
    blown_by: str
    answered_at: datetime | None
    arrived_at: datetime | None


@dataclass(frozen=True)
class History:
    """A case.

    Parameters
    ----------
    today : AssignedTo or None
        Whose it would be by the plan in force now; `incident.assignment` is the grid of its day.
    duty : mapping
        Which rule named the holder, and what every rule before it said.
    pauses : list of (since, until)
    merged : list of str
        Numbers of the incidents that were merged into this one.
    """

    incident: IncidentView
    today: AssignedTo | None
    duty: Mapping[str, Any]
    merged_into: str | None
    merged: list[str]
    original: Mapping[str, Any] | None
    outcome: str | None
    moves: list[OpenMove]
    steps: list[StepView]
    approvals: list[ApprovalView]
    whistles: list[WhistleView]
    pauses: list[tuple[datetime, datetime | None]]

    @property
    def step(self) -> int:
        """How many steps and requests there are: who sends it with a move is told when somebody else was quicker."""
        return len(self.steps) + len(self.approvals)


def history(tx: Transaction, scope: Scope, id_or_number: str, roles: Collection[str] = ()) -> History:
    """Tell everything about a case.

    Parameters
    ----------
    roles : collection of str
        Whose moves are wanted; everybody's when empty.

    Raises
    ------
    NotFound
        There is no such incident, or it is out of scope.
    """
    rules = current_rules(tx)
    incident_id = resolve(tx, scope, id_or_number)
    # before the case itself: what is done meanwhile may be missing among the steps, but is never seen with too many
    steps, approvals = store.steps_of(tx, scope, incident_id), store.approvals_of(tx, scope, incident_id)
    case = incidents.incident_named(tx, scope, incident_id)
    file = opened_file(tx, scope, rules, case)
    ladder = rules.ladders[file.profile]
    state = case.incident.state or ladder.first[-1]
    pauses = store.pauses_of(tx, scope, [incident_id]).get(incident_id, [])
    main = incidents.incident_named(tx, Scope.everything(tx.actor), file.merged_into) if file.merged_into else None
    moves = ladder.open_moves(state, file.level, roles or ladder.roles)
    visible = brief_of(scope, rules, case, file, pauses, clock_moment(tx, case.incident))
    return History(
        incident=incident_view(tx, scope, case, visible),
        today=assigned_to(tx, scope, today(tx, [incident_id]).get(incident_id)),
        duty=mask_within(file.duty or {}),  # it quotes the source and the category
        merged_into=main.incident.number if main else None,
        merged=[number for _, number in store.merged_into(tx, scope, incident_id)],
        original=_original(file, case.incident.number),
        outcome=mask_numbers(file.outcome) if file.outcome else None,
        moves=[_open_move(each) for each in moves],
        steps=[step_view(each) for each in steps],
        approvals=[approval_view(each) for each in approvals],
        whistles=[_whistle(each) for each in store.whistles_of(tx, scope, incident_id)],
        pauses=[(in_shanghai(each.since), in_shanghai(each.until)) for each in pauses],
    )


def today(tx: Transaction, incident_ids: Sequence[UUID]) -> dict[UUID, Assignment]:
    """Read incidents by the grids of today: the verdict that each would have if it came in now. Nothing is written.

    A person's decision (人工指定) holds as long as its grid does. Empty while no plan is in force.
    """
    try:
        found = plans_in_force(tx)
    except NoPlan:
        return {}
    columns = ("accuracy", "building", "floor", "manual_grid")
    points = registers.points(tx, Scope.everything(tx.actor), INCIDENTS, columns=columns, ids=incident_ids)
    if not points.ids:
        return {}
    located = decide(INCIDENTS, points.ids, np.asarray(points.lonlat), points.columns, found)
    return {each.subject_id: each for each in located.assignments}


def photo(tx: Transaction, scope: Scope, id_or_number: str, sha256: str) -> Photo:
    """Return a picture of a case.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    return store.photo_named(tx, scope, resolve(tx, scope, id_or_number), sha256)


def approval_view(approval: Approval) -> ApprovalView:
    """Tell a request and its decision."""
    return ApprovalView(
        str(approval.id),
        approval.move,
        mask_within(approval.given, _FREE),
        approval.state.value,
        in_shanghai(approval.asked_at),
        approval.asked_by,
        approval.asked_role,
        in_shanghai(approval.decided_at),
        approval.decided_by,
        approval.decided_role,
        mask_numbers(approval.note) if approval.note else None,
    )


def _original(file: CaseFile, number: str) -> dict[str, Any] | None:
    """Tell what came in; the number of the order (工单编号) stays, however it looks."""
    if file.original is None:
        return None
    shown = mask_within(file.original)
    columns = file.original.get("columns")
    if isinstance(columns, dict):
        shown["columns"] |= {name: text for name, text in columns.items() if text == number}
    return shown


def _open_move(move: Move) -> OpenMove:
    sets = (move.roles, move.needs, move.takes, move.approval)
    return OpenMove(move.name, move.target, *(sorted(each) for each in sets))


def step_view(step: Step) -> StepView:
    """Tell a step."""
    return StepView(
        step.number,
        in_shanghai(step.at),
        step.actor,
        step.role,
        step.move,
        step.state_before,
        step.state_after,
        step.level_before,
        step.level_after,
        mask_numbers(step.reason),
        mask_within(step.given, _FREE),
        str(step.approval_id) if step.approval_id else None,
    )


def _whistle(whistle: Whistle) -> WhistleView:
    return WhistleView(
        whistle.kind.value,
        mask_numbers(whistle.unit),
        in_shanghai(whistle.blown_at),
        whistle.blown_by,
        in_shanghai(whistle.answered_at),
        in_shanghai(whistle.arrived_at),
    )
