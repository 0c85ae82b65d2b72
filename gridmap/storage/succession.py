"""One plan follows another: states, dates, and the verdicts that the new one takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, type_coerce
from sqlalchemy.types import NullType

from gridmap.errors import Conflict
from gridmap.model.cases import Reason
from gridmap.model.land import NEXT_STATES, PlanState
from gridmap.storage import bulk, tables
from gridmap.storage.assignments import latest
from gridmap.storage.plans import plan_of, plans_query
from gridmap.storage.scoping import own, visible, within
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction


Stamp = tuple[Any, Any]
"""A subject and the moment of its verdict, as the driver of the database brings them."""


@dataclass(frozen=True)
class Verdict:
    """What somebody has, as far as another plan may change it."""

    grid_id: UUID | None
    reason: Reason
    distance: float | None


def change_state(tx: Transaction, plan: Plan, state: PlanState, valid_from: date | None) -> None:
    """Take a plan from the state that it was read in to another, with its first day.

    Its revision goes up, so that whoever keeps something of the plan sees that it is another one.

    Raises
    ------
    Conflict
        No such step leads from there, or somebody changed the plan meanwhile.
    """
    if state not in NEXT_STATES[plan.state]:
        raise Conflict(
            f"the plan {plan.name} is {plan.state.value}: it cannot become {state.value}",
            plan=str(plan.id),
            state=plan.state.value,
        )
    table = tables.plan
    changed = tx.connection.execute(
        table.update()
        .where(table.c.id == plan.id, table.c.state == plan.state.value, table.c.revision == plan.revision)
        .values(state=state.value, valid_from=valid_from, revision=table.c.revision + 1)
    )
    if changed.rowcount == 0:
        raise Conflict(f"somebody has just changed the plan {plan.name}: read it again", plan=str(plan.id))


def set_base(tx: Transaction, plan_id: UUID, based_on: UUID) -> None:
    """Say which plan a draft is compared with and follows."""
    tx.connection.execute(tables.plan.update().where(tables.plan.c.id == plan_id).values(based_on=based_on))


def provisional_codes(tx: Transaction, scope: Scope, plan_id: UUID) -> list[str]:
    """Return the codes of a plan's visible grids that were never in force."""
    table = tables.plan_grid
    query = select(table.c.code).where(
        table.c.plan_id == plan_id, table.c.provisional, within(scope, table.c.community_id)
    )
    return list(tx.connection.scalars(query.order_by(table.c.code)))


def multipart(tx: Transaction, scope: Scope, plan_id: UUID) -> set[UUID]:
    """Return the visible grids of a plan that lie apart and are meant to."""
    table = tables.plan_grid
    query = select(table.c.grid_id).where(
        table.c.plan_id == plan_id, table.c.multipart, within(scope, table.c.community_id)
    )
    return set(tx.connection.scalars(query))


def set_provisional(tx: Transaction, plan_id: UUID, codes: Sequence[str]) -> None:
    """Say that these codes of a plan were never in force."""
    table = tables.plan_grid
    for chunk in bulk.chunks(codes):
        tx.connection.execute(
            table.update()
            .where(table.c.plan_id == plan_id, bulk.among(tx, table.c.code, chunk))
            .values(provisional=True)
        )


def codes_are_real(tx: Transaction, plan_id: UUID) -> None:
    """Make the provisional codes of a plan final."""
    table = tables.plan_grid
    tx.connection.execute(
        table.update().where(table.c.plan_id == plan_id, table.c.provisional).values(provisional=False)
    )


def due(tx: Transaction, scope: Scope, day: date) -> list[Plan]:
    """Return the visible plans that wait for a date which has come, the earliest first."""
    table = tables.plan
    query = plans_query(scope).where(table.c.state == PlanState.APPROVED.value, table.c.valid_from <= day)
    query = query.order_by(table.c.valid_from, table.c.created_at, table.c.id)
    return [plan_of(row) for row in tx.connection.execute(query)]


def verdicts(tx: Transaction, scope: Scope, plan_ids: Sequence[UUID], kind: Kind) -> dict[UUID, Verdict]:
    """Return what visible subjects of a kind have under one of some plans.

    An incident may have its verdict under a plan of the past, and keeps it: the latest one counts, of whatever plan.
    """
    table = tables.assignment
    query = select(table.c.subject_id, table.c.grid_id, table.c.reason, table.c.distance)
    query = query.where(table.c.subject_kind == kind.singular)
    query = query.where(latest() if kind.name == "incidents" else table.c.plan_id.in_(plan_ids))
    if not scope.unlimited:
        subject = table_of(kind)
        query = query.join(subject, subject.c.id == table.c.subject_id).where(visible(scope, kind))
    return {row[0]: Verdict(row[1], Reason(row[2]), row[3]) for row in tx.connection.execute(query)}


def stamps(tx: Transaction, scope: Scope, plan_ids: Sequence[UUID], kind: Kind) -> set[Stamp]:
    """Return which visible subjects of a kind have a verdict, and when it was written: whose `verdicts` gives.

    Two sets of different moments tell who was decided in between; `stamped` names them. The values are as the driver
    brings them: making 50,000 UUIDs would take most of the time for which reports wait.
    """
    table, raw = tables.assignment, NullType()
    query = select(type_coerce(table.c.subject_id, raw), type_coerce(table.c.assigned_at, raw))
    query = query.where(table.c.subject_kind == kind.singular)
    query = query.where(latest() if kind.name == "incidents" else table.c.plan_id.in_(plan_ids))
    if not scope.unlimited:
        subject = table_of(kind)
        query = query.join(subject, subject.c.id == table.c.subject_id).where(visible(scope, kind))
    return {(row[0], row[1]) for row in tx.connection.execute(query).all()}


def writes(tx: Transaction, scope: Scope) -> dict[str, int]:
    """Count what was ever done to each kind of thing, by what the audit says.

    Two such counts of different moments tell which kinds somebody has written in between: every write leaves a row.
    """
    kind = tables.audit.c.subject_kind
    query = select(kind, func.count()).where(own(scope, tables.audit.c.actor)).group_by(kind)
    return {row[0]: row[1] for row in tx.connection.execute(query)}


def stamped(stamps: Iterable[Stamp]) -> set[UUID]:
    """Return the subjects of stamps."""
    return {each if isinstance(each, UUID) else UUID(each) for each, _ in stamps}


def drop_verdicts(tx: Transaction, plan_id: UUID, kind: Kind, subject_ids: Sequence[UUID]) -> None:
    """Take subjects out of a plan that another plan has now."""
    table = tables.assignment
    for chunk in bulk.chunks(subject_ids):
        tx.connection.execute(
            table.delete().where(
                table.c.plan_id == plan_id,
                table.c.subject_kind == kind.singular,
                bulk.among(tx, table.c.subject_id, chunk),
            )
        )


def carry_forward(tx: Transaction, old_id: UUID, new_id: UUID, kinds: Sequence[Kind], at: datetime) -> None:
    """Give the new plan every verdict of the old one for these kinds, from table to table, dated `at`."""
    table = tables.assignment
    copied = ("subject_kind", "subject_id", "grid_id", "reason", "distance", "accuracy", "nearest_id", "review")
    source = select(
        literal(new_id, table.c.plan_id.type),
        *(table.c[name] for name in copied),
        literal(at, table.c.assigned_at.type),
    ).where(table.c.plan_id == old_id, table.c.subject_kind.in_([kind.singular for kind in kinds]))
    tx.connection.execute(insert(table).from_select(["plan_id", *copied, "assigned_at"], source))
