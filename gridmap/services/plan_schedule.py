"""The first day of a plan: settled, waited for (已批准待启用), and taken back (撤回)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.errors import BadInput, Conflict
from gridmap.model.land import PlanState
from gridmap.services.activation import fit, require_within, told_of
from gridmap.services.approval import put_document
from gridmap.services.drafts import require_revision
from gridmap.services.plan_case import Case
from gridmap.services.plan_land import land_of, today
from gridmap.services.plan_layout import subdistrict_of
from gridmap.services.plan_profile import plan_profile
from gridmap.services.plan_values import plan_view
from gridmap.storage import audit, drafts, plans, succession

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.model.land import Document, Plan
    from gridmap.services.activation import Activation
    from gridmap.services.plan_values import PlanView
    from gridmap.storage.database import Transaction

_FARTHEST = 20  # years that a plan may wait: a later day is a slip of the pen
_YEAR = timedelta(days=365.25)
_NOTHING_TO_WITHDRAW = {
    PlanState.DRAFT: "is a draft: there is nothing to withdraw, edit it",
    PlanState.IN_FORCE: "is in force: begin a draft from it, or bring the plan before back with `gridmap plan restore`",
    PlanState.SUPERSEDED: "was in force and has ended: `gridmap plan restore` brings it back",
}


def first_day(tx: Transaction, scope: Scope, plan_id: UUID, day: date | None) -> date:
    """Settle on which day a plan takes effect: the day asked for, the one that it waits for, or today.

    Raises
    ------
    BadInput
        The day asked for has passed, or is more than twenty years away.
    NotFound
        There is no such plan, or it is out of scope.
    """
    now, plan = today(tx), plans.plan_named(tx, scope, plan_id)
    if day is None:
        return plan.valid_from if plan.state is PlanState.APPROVED and plan.valid_from else now
    if day < now:
        raise BadInput(
            f"a plan cannot take effect in the past: {day} is before today, {now}; name today or a later day",
            day=str(day),
            today=str(now),
        )
    if day > now + _FARTHEST * _YEAR:
        raise BadInput(
            f"{day} is more than {_FARTHEST} years away: name the day on which the plan takes effect",
            day=str(day),
            today=str(now),
        )
    return day


def is_due(tx: Transaction, day: date) -> bool:
    """Tell whether a first day has come."""
    return day <= today(tx)


def due_plans(tx: Transaction, scope: Scope) -> list[Plan]:
    """Return the plans whose day has come, the earliest first."""
    return succession.due(tx, scope, today(tx))


def schedule(
    tx: Transaction,
    scope: Scope,
    plan_id: UUID,
    day: date,
    *,
    document: Document | None = None,
    revision: int | None = None,
) -> Activation:
    """Let a plan wait for a day to come; its land cannot be edited any more, unless it is withdrawn.

    Raises
    ------
    PlanRefused
        It breaks a rule.
    Conflict
        It is in force or was, or is based on a plan that is no longer in force.
    StaleRevision
        It has another revision than the caller saw.
    Forbidden
        It would change grids that are out of scope.
    """
    require_revision(tx, scope, drafts.held(tx, scope, plan_id), revision)
    case = fit(tx, scope, plan_id)
    old, new = case.old, case.new
    if new.plan.state is PlanState.APPROVED:
        succession.change_state(tx, new.plan, PlanState.DRAFT, None)
    succession.change_state(tx, plans.plan_named(tx, scope, plan_id), PlanState.APPROVED, day)
    plan = put_document(tx, new.plan, document)
    detail = {"name": plan.name, "valid_from": str(day), "document": plan.document_number}
    audit.record(tx, "approve", "plan", plan_id, detail=detail)
    return told_of(old.plan, plan, PlanState.APPROVED, day)


def withdraw(tx: Transaction, scope: Scope, plan_id: UUID, revision: int | None = None) -> PlanView:
    """Make a plan that waits for its day a draft again (撤回), which can be edited and approved anew.

    Its day and its 批准文号 go: they were given to what it was then. The audit keeps both.

    Raises
    ------
    Conflict
        It does not wait for a day; the message says what can be done instead.
    StaleRevision
        It has another revision than the caller saw.
    Forbidden
        It would change grids that are out of scope.
    NotFound
        There is no such plan, or it is out of scope.
    """
    plan = drafts.held(tx, scope, plan_id)
    require_revision(tx, scope, plan, revision)
    if plan.state is not PlanState.APPROVED:
        raise Conflict(
            f"the plan {plan.name} {_NOTHING_TO_WITHDRAW[plan.state]}", plan=str(plan_id), state=plan.state.value
        )
    if plan.based_on is not None and not scope.unlimited:
        old = land_of(tx, Scope.everything(tx.actor), plan.based_on)
        require_within(scope, Case(tx, old, land_of(tx, scope, plan_id)))
    succession.change_state(tx, plan, PlanState.DRAFT, None)
    plans.set_document(tx, plan_id, None)
    detail = {"name": plan.name, "valid_from": str(plan.valid_from), "document": plan.document_number}
    audit.record(tx, "withdraw", "plan", plan_id, detail=detail)
    again = plans.plan_named(tx, scope, plan_id)
    return plan_view(again, subdistrict_of(tx, again).code, plan_profile())
