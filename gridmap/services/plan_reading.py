"""Plans for people: lists, one plan with its grids and numbers, and the log of a draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.errors import BadInput, NotFound
from gridmap.model.land import PlanState
from gridmap.services.draft_steps import step_value, undo_and_redo
from gridmap.services.plan_profile import plan_profile
from gridmap.services.plan_session import open_session
from gridmap.services.plan_values import (
    PlanDetails,
    PlanView,
    features,
    lonlat_shapes,
    plan_numbers,
    plan_view,
    visible_grids,
)
from gridmap.storage import drafts, land, plans

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_PREFIX = 4  # characters of an id that are enough to try
_SHOWN = 5


@dataclass(frozen=True)
class LoggedEdit:
    """One edit of a draft's log.

    Parameters
    ----------
    word : str
        The operation in the words of the office.
    operation : dict
        The request, with the ids of the grids that it made.
    applied : bool
        Whether it is part of the draft now; an edit that was undone is kept in the log.
    """

    id: str
    number: int
    op: str
    word: str
    author: str
    at: str
    operation: dict[str, Any]
    applied: bool


@dataclass(frozen=True)
class Log:
    """Every edit of a draft in the order of making, and every step that was taken over them."""

    revision: int
    edits: list[LoggedEdit]
    steps: list[dict[str, Any]]


def list_plans(tx: Transaction, scope: Scope, *, at: date | None = None) -> list[PlanView]:
    """List the visible plans, drafts first, then the latest; with a day only those in force on it."""
    profile, found = plan_profile(), []
    for each in land.subdistricts(tx, scope):
        if at is None:
            listed = plans.plans_of(tx, scope, each.id)
        else:
            then = plans.plan_in_force(tx, scope, each.id, at=at)
            listed = [then] if then else []
        found += [plan_view(plan, each.code, profile) for plan in listed]
    return found


def get_plan(tx: Transaction, scope: Scope, plan_id: UUID, *, geojson: bool = False) -> PlanDetails:
    """Show one plan with its numbers and those of its grids, and their shapes when they are asked for.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    profile, session = plan_profile(), open_session(tx, plan)
    undo, redo = undo_and_redo(tx, scope, plan.id, drafts.last_step(tx, scope, plan.id))
    if plan.state is not PlanState.DRAFT:
        undo = redo = None
    grids = visible_grids(session, scope, session.layout.grids)
    return PlanDetails(
        plan_view(plan, session.ground.subdistrict.code, profile, undo=undo, redo=redo),
        plan_numbers(session, scope, profile),
        features(session, grids, profile, lonlat_shapes(session, grids) if geojson else None),
    )


def plan_log(tx: Transaction, scope: Scope, plan_id: UUID) -> Log:
    """Tell every edit that was ever made in a draft, and every step.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    words = plan_profile().operations
    steps = drafts.steps_after(tx, scope, plan_id, 0)
    edits = drafts.edits(tx, scope, plan_id)
    parents = {each.id: each.parent_id for each in edits}
    applied: set[UUID] = set()
    head = steps[-1].head_id if steps else None
    while head is not None:
        applied.add(head)
        head = parents[head]
    return Log(
        revision=plan.revision,
        edits=[
            LoggedEdit(
                id=str(each.id),
                number=each.number,
                op=each.op,
                word=words.get(each.op, each.op),
                author=each.author,
                at=each.at.isoformat(),
                operation=each.operation,
                applied=each.id in applied,
            )
            for each in edits
        ],
        steps=[step_value(step) for step in steps],
    )


def find_plan(tx: Transaction, scope: Scope, wanted: str) -> UUID:
    """Find a plan by its id, the beginning of its id, or its name.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    BadInput
        Several fit; the message lists their ids.
    """
    text = wanted.strip()
    every = [plan for each in land.subdistricts(tx, scope) for plan in plans.plans_of(tx, scope, each.id)]
    named = [plan for plan in every if text in {str(plan.id), plan.name}]
    low = text.lower()
    found = named or [plan for plan in every if len(low) >= _PREFIX and str(plan.id).startswith(low)]
    if not found:
        raise NotFound(f"there is no plan {wanted!r}: `gridmap plan list` shows them", plan=wanted)
    if len(found) > 1:
        ids = ", ".join(f"{plan.id} ({plan.state.value})" for plan in found[:_SHOWN])
        raise BadInput(f"{len(found)} plans fit {wanted!r}: say which by its id: {ids}", plan=wanted)
    return found[0].id
