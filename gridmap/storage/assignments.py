"""Which grid a subject belongs to, as `gridmap.assign` decided. Nothing is decided here.

An assignment is as visible as its subject.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, exists, func, literal, select

from gridmap.model.cases import Assignment, Reason
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.storage import bulk, tables
from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Count:
    """How many subjects of a kind a grid has for one reason. `residents` and `surveyed` are 0 where a kind has none.

    `grid_id` is None for those that belong to no grid.
    """

    subject_kind: str
    grid_id: UUID | None
    reason: Reason
    subjects: int
    review: int
    residents: int
    surveyed: int


def put(tx: Transaction, assignments: Sequence[Assignment]) -> None:
    """Write assignments, in the place of those that the same subjects have under the same plan."""
    bulk.put(tx, tables.assignment, _rows(assignments), ("plan_id", "subject_kind", "subject_id"))


def of_subject(tx: Transaction, scope: Scope, subject_kind: str, subject_id: UUID) -> list[Assignment]:
    """Return the assignments of one subject under all plans, the latest first."""
    query = _assignments(scope, subject_kind).where(tables.assignment.c.subject_id == subject_id)
    return _read(tx.connection.execute(query.order_by(tables.assignment.c.assigned_at.desc())))


def of_plan(
    tx: Transaction, scope: Scope, plan_id: UUID, subject_kind: str, *, size: int = 5000
) -> Iterator[list[Assignment]]:
    """Read the assignments of a kind under a plan, a list of `size` at a time."""
    query = _assignments(scope, subject_kind).where(tables.assignment.c.plan_id == plan_id)
    result = tx.connection.execute(query, execution_options={"yield_per": size})
    for chunk in result.partitions():
        yield _read(chunk)


def grid_of_each(tx: Transaction, scope: Scope, kind: Kind) -> dict[UUID, UUID | None]:
    """Return the grid of each visible subject by its latest verdict, under whatever plan; None where it has none."""
    table, subject = tables.assignment, table_of(kind)
    query = (
        select(table.c.subject_id, table.c.grid_id)
        .join_from(table, subject, subject.c.id == table.c.subject_id)
        .where(table.c.subject_kind == kind.singular, visible(scope, kind), latest())
    )
    return {row.subject_id: row.grid_id for row in tx.connection.execute(query)}


def with_grid(tx: Transaction, scope: Scope, kind: Kind) -> set[UUID]:
    """Return the subjects of a kind that have a grid under any plan."""
    table, subject = tables.assignment, table_of(kind)
    query = (
        select(table.c.subject_id)
        .distinct()
        .join_from(table, subject, subject.c.id == table.c.subject_id)
        .where(table.c.subject_kind == kind.singular, table.c.grid_id.is_not(None), visible(scope, kind))
    )
    return set(tx.connection.scalars(query))


def counts(tx: Transaction, scope: Scope, plan_id: UUID) -> list[Count]:
    """Count the subjects of every assigned kind by grid and reason, with their residents and how many are surveyed."""
    found = []
    for kind in ASSIGNED_KINDS:
        for row in tx.connection.execute(_count_query(scope, plan_id, kind)):
            count, review, residents, surveyed = (int(value) for value in row[2:])
            found.append(Count(kind.singular, row.grid_id, Reason(row.reason), count, review, residents, surveyed))
    return found


def latest() -> ColumnElement[bool]:
    """Narrow assignments to the latest of each subject: recalculating under a new plan leaves the old ones."""
    mine, newer = tables.assignment, tables.assignment.alias("newer")
    later = (newer.c.assigned_at > mine.c.assigned_at) | (
        (newer.c.assigned_at == mine.c.assigned_at) & (newer.c.plan_id > mine.c.plan_id)
    )
    return ~exists().where(newer.c.subject_id == mine.c.subject_id, newer.c.subject_kind == mine.c.subject_kind, later)


FIELDS = (
    "subject_kind",
    "subject_id",
    "plan_id",
    "grid_id",
    "reason",
    "distance",
    "accuracy",
    "nearest_id",
    "review",
)


def _rows(assignments: Sequence[Assignment]) -> list[dict[str, Any]]:
    # Not the beginning of the transaction: one that waited for a plan began before what it waited for, and yet what it
    # says is the later word.
    now = datetime.now(UTC)
    return [
        {
            "subject_kind": each.subject_kind,
            "subject_id": each.subject_id,
            "plan_id": each.plan_id,
            "grid_id": each.grid_id,
            "reason": each.reason.value,
            "distance": each.distance,
            "accuracy": each.accuracy,
            "nearest_id": each.nearest_id,
            "review": each.review,
            "assigned_at": now,
        }
        for each in assignments
    ]


def _assignments(scope: Scope, subject_kind: str) -> Any:
    kind, table = kind_named(subject_kind), tables.assignment
    query = select(*(table.c[name] for name in FIELDS)).where(table.c.subject_kind == kind.singular)
    if scope.unlimited:
        return query
    subject = table_of(kind)
    return query.join(subject, subject.c.id == table.c.subject_id).where(visible(scope, kind))


def _read(rows: Any) -> list[Assignment]:
    return [Assignment(**(row._asdict() | {"reason": Reason(row.reason)})) for row in rows]


def _count_query(scope: Scope, plan_id: UUID, kind: Kind) -> Any:
    table, subject = tables.assignment, table_of(kind)
    residents = func.coalesce(func.sum(subject.c.residents), 0) if "residents" in subject.c else literal(0)
    surveyed = func.sum(case((subject.c.surveyed, 1), else_=0)) if "surveyed" in subject.c else literal(0)
    return (
        select(
            table.c.grid_id,
            table.c.reason,
            func.count(),
            func.sum(case((table.c.review, 1), else_=0)),
            residents,
            surveyed,
        )
        .join_from(table, subject, subject.c.id == table.c.subject_id)
        .where(table.c.plan_id == plan_id, table.c.subject_kind == kind.singular, visible(scope, kind))
        .group_by(table.c.grid_id, table.c.reason)
        .order_by(table.c.grid_id, table.c.reason)
    )
