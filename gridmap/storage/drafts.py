"""Drafts: branching off a plan, and the log of edits and steps. Their land stands in `draft_land`.

Whoever changes a draft holds its row until the transaction ends, so that edits come one after the other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, literal, select, type_coerce
from sqlalchemy.types import NullType

from gridmap.errors import Conflict
from gridmap.model.land import PlanState
from gridmap.storage import tables
from gridmap.storage.draft_tables import plan_edit, plan_step
from gridmap.storage.plans import PREPARED, plan_named
from gridmap.storage.scoping import within_subdistrict

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Edit:
    """One edit, as it was made. `operation` is the request, `change` what it did, `inverse` what undoes it."""

    id: UUID
    plan_id: UUID
    number: int
    parent_id: UUID | None
    author: str
    at: datetime
    operation: dict[str, Any]
    change: dict[str, Any]
    inverse: dict[str, Any]

    @property
    def op(self) -> str:
        """Name of the operation."""
        name: str = self.operation["op"]
        return name


@dataclass(frozen=True)
class Step:
    """One step of a draft: an edit, or a way back (undo) or forth (redo) over one.

    Parameters
    ----------
    revision : int
        Of the draft after the step.
    head_id : UUID or None
        The last edit of the draft's path after the step; None where the draft is as its base.
    op : str
        Name of the edit's operation.
    grids : list of dict
        `id` and `code` of every grid that it changed.
    """

    id: UUID
    plan_id: UUID
    revision: int
    verb: str
    edit_id: UUID
    head_id: UUID | None
    actor: str
    at: datetime
    op: str
    grids: list[dict[str, str]]


def branch(tx: Transaction, plan: Plan) -> None:
    """Store a draft with all that its base (`based_on`) has: grids, labels, shapes."""
    row = {name: value for name, value in asdict(plan).items() if name in tables.plan.c}
    tx.connection.execute(
        tables.plan.insert(), row | {"state": plan.state.value, "created_at": tx.now, "created_by": tx.actor}
    )
    for table in (tables.plan_grid, tables.plan_row, tables.grid_shape):
        names = [column.name for column in table.c if column.name not in {"fid", "plan_id"}]
        # shapes go from table to table as they are, not by way of WKB
        columns = [type_coerce(table.c[name], NullType()) if name == "geom" else table.c[name] for name in names]
        source = select(literal(plan.id, table.c.plan_id.type), *columns).where(table.c.plan_id == plan.based_on)
        tx.connection.execute(insert(table).from_select(["plan_id", *names], source))


def held(tx: Transaction, scope: Scope, plan_id: UUID) -> Plan:
    """Return a plan and hold its row until the transaction ends. On SpatiaLite a writer holds everything anyway.

    Raises
    ------
    NotFound
        There is none with that id, or it is out of scope.
    """
    if tx.postgis:
        tx.connection.execute(_HOLD, {"plan_id": plan_id})
    return plan_named(tx, scope, plan_id)


def advance(tx: Transaction, plan: Plan, step: Step) -> None:
    """Write a step, and the draft's new revision with it.

    Raises
    ------
    Conflict
        The plan is no draft, or has another revision by now.
    """
    changed = tx.connection.execute(_ADVANCE, {"plan_id": plan.id, "seen": plan.revision, "now": step.revision})
    if changed.rowcount == 0:
        raise Conflict("the plan was changed meanwhile, or is no draft: read it again", plan=str(plan.id))
    row = {name: value for name, value in vars(step).items() if name != "op"}  # it stands with the edit already
    tx.connection.execute(plan_step.insert(), row)


def log(tx: Transaction, edit: Edit) -> None:
    """Write an edit into the log."""
    tx.connection.execute(plan_edit.insert(), dict(vars(edit)))


def registers_revision(tx: Transaction, scope: Scope) -> tuple[str, int]:
    """Return a value that is another one after anything but plans was changed, and in every database."""
    del scope  # that something was changed somewhere tells nobody what
    return str(tx.connection.engine.url), int(tx.connection.execute(_REGISTERED).scalar_one())


def edit_with(tx: Transaction, scope: Scope, edit_id: UUID) -> Edit:
    """Return one edit of the log of a visible plan."""
    return Edit(*tx.connection.execute(_edit_with(scope), {"edit_id": edit_id}).one())


def edit_after(tx: Transaction, scope: Scope, plan_id: UUID, head_id: UUID | None) -> Edit | None:
    """Return the edit that was made last on top of another: what there is to redo. None when there is none."""
    query = _edit_after(scope, first=head_id is None)
    row = tx.connection.execute(query, {"plan_id": plan_id, "head_id": head_id}).one_or_none()
    return Edit(*row) if row else None


def edits(tx: Transaction, scope: Scope, plan_id: UUID) -> list[Edit]:
    """Return every edit of a visible draft in the order of making, those off its path included."""
    query = _edits(scope).where(plan_edit.c.plan_id == plan_id).order_by(plan_edit.c.number)
    return [Edit(*row) for row in tx.connection.execute(query)]


def path_changes(tx: Transaction, scope: Scope, plan_id: UUID) -> list[dict[str, Any]]:
    """Return what the edits did that make a visible draft what it is, in their order: the undone ones left out."""
    step = last_step(tx, scope, plan_id)
    if step is None or step.head_id is None:
        return []
    found = {edit.id: edit for edit in edits(tx, scope, plan_id)}
    path: list[dict[str, Any]] = []
    head: UUID | None = step.head_id
    while head is not None:
        path.append(found[head].change)
        head = found[head].parent_id
    return path[::-1]


def next_number(tx: Transaction, scope: Scope, plan_id: UUID) -> int:
    """Return the number of the next edit of a visible draft whose row is held."""
    return int(tx.connection.execute(_numbers(scope), {"plan_id": plan_id}).scalar_one()) + 1


def last_step(tx: Transaction, scope: Scope, plan_id: UUID) -> Step | None:
    """Return the step that made a visible draft what it is; None before the first."""
    row = tx.connection.execute(_last_step(scope), {"plan_id": plan_id}).one_or_none()
    return _step(row) if row else None


def steps_after(tx: Transaction, scope: Scope, plan_id: UUID, revision: int) -> list[Step]:
    """Return the steps of a visible draft that are newer than a revision."""
    query = _steps(scope).where(plan_step.c.revision > revision).order_by(plan_step.c.revision)
    return [_step(row) for row in tx.connection.execute(query, {"plan_id": plan_id})]


def _edits(scope: Scope) -> Any:
    columns = [plan_edit.c[name] for name in Edit.__dataclass_fields__]
    of = select(*columns).join_from(plan_edit, tables.plan, tables.plan.c.id == plan_edit.c.plan_id)
    return of.where(within_subdistrict(scope, tables.plan.c.subdistrict_id))


@lru_cache(maxsize=PREPARED)
def _edit_with(scope: Scope) -> Any:
    return _edits(scope).where(plan_edit.c.id == bindparam("edit_id"))


@lru_cache(maxsize=PREPARED)
def _edit_after(scope: Scope, *, first: bool) -> Any:
    on_top = plan_edit.c.parent_id.is_(None) if first else plan_edit.c.parent_id == bindparam("head_id")
    query = _edits(scope).where(plan_edit.c.plan_id == bindparam("plan_id"), on_top)
    return query.order_by(plan_edit.c.number.desc()).limit(1)


@lru_cache(maxsize=PREPARED)
def _numbers(scope: Scope) -> Any:
    return (
        select(func.coalesce(func.max(plan_edit.c.number), 0))
        .join_from(plan_edit, tables.plan, tables.plan.c.id == plan_edit.c.plan_id)
        .where(plan_edit.c.plan_id == bindparam("plan_id"), within_subdistrict(scope, tables.plan.c.subdistrict_id))
    )


@lru_cache(maxsize=PREPARED)
def _last_step(scope: Scope) -> Any:
    return _steps(scope).order_by(plan_step.c.revision.desc()).limit(1)


def _steps(scope: Scope) -> Any:
    columns = [plan_step.c[name] for name in Step.__dataclass_fields__ if name != "op"]
    return (
        select(*columns, plan_edit.c.operation)
        .join_from(plan_step, plan_edit, plan_edit.c.id == plan_step.c.edit_id)
        .join(tables.plan, tables.plan.c.id == plan_step.c.plan_id)
        .where(plan_step.c.plan_id == bindparam("plan_id"), within_subdistrict(scope, tables.plan.c.subdistrict_id))
    )


def _step(row: Any) -> Step:
    values = row._asdict()
    operation = values.pop("operation")
    return Step(**values, op=operation["op"])


_HOLD = select(tables.plan.c.id).where(tables.plan.c.id == bindparam("plan_id")).with_for_update()
_ADVANCE = (
    tables.plan.update()
    .where(
        tables.plan.c.id == bindparam("plan_id"),
        tables.plan.c.state == PlanState.DRAFT.value,
        tables.plan.c.revision == bindparam("seen"),
    )
    .values(revision=bindparam("now"))
)
_REGISTERED = select(func.count()).select_from(tables.audit).where(tables.audit.c.subject_kind != "plan")
