"""Drafts: branching off a plan, writing what an edit changed, and the log of edits and steps.

Whoever changes a draft holds its row until the transaction ends, so that edits come one after the other.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, literal, select, type_coerce
from sqlalchemy.types import NullType

from gridmap.errors import Conflict
from gridmap.model.land import PlanState
from gridmap.storage import bulk, tables
from gridmap.storage.draft_tables import plan_edit, plan_step
from gridmap.storage.plans import PREPARED, plan_named, shape_hash
from gridmap.storage.scoping import within, within_subdistrict
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from uuid import UUID

    from shapely import Geometry
    from sqlalchemy import Table

    from gridmap.access import Scope
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction


FEW_GRIDS = 8  # that get blocks: one statement each; with more, one for all of them


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


@dataclass(frozen=True)
class Land:
    """What a step writes into the tables of a plan, lon/lat EPSG:4490.

    Parameters
    ----------
    blocks : mapping of UUID to Polygon
        That the plan did not have before.
    owners : mapping of UUID to UUID
        Blocks that get another grid.
    came, gone : set and list of UUID
        Those of them that the plan did not have; blocks that leave it.
    grids : mapping of UUID to dict or None
        Columns of `plan_grid` of every grid that changed, None for those that leave.
    shapes : mapping of UUID to Polygon or MultiPolygon
        Of the grids whose land changed.
    parents : collection of (child, parent, kind)
    """

    blocks: Mapping[UUID, Geometry]
    owners: Mapping[UUID, UUID]
    came: AbstractSet[UUID]
    gone: Sequence[UUID]
    grids: Mapping[UUID, dict[str, Any] | None]
    shapes: Mapping[UUID, Geometry]
    parents: Collection[tuple[UUID, UUID, str]]


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


def write(tx: Transaction, plan: Plan, land: Land) -> None:
    """Write what a step changed into the tables of the draft; what it did not change is not touched."""
    _write_grids(tx, plan, land)
    packed = pack(land.blocks.values(), "POLYGON")
    blocks = [{"id": block, "geom": shape} for block, shape in zip(land.blocks, packed, strict=True)]
    bulk.add_missing(tx, tables.block, blocks, ("id",))  # two drafts may make the same block at the same moment
    parents = [{"child_id": child, "parent_id": parent, "kind": kind} for child, parent, kind in land.parents]
    bulk.add_missing(tx, tables.block_parent, parents, ("child_id", "parent_id"))
    _delete(tx, tables.plan_row, "block_id", plan.id, land.gone)
    _write_labels(tx, plan, land)


def _write_labels(tx: Transaction, plan: Plan, land: Land) -> None:
    labels: list[dict[str, Any]] = []
    moved: dict[UUID, list[UUID]] = {}
    for block, owner in land.owners.items():
        if block in land.came:
            labels.append({"plan_id": plan.id, "block_id": block, "grid_id": owner})
        else:
            moved.setdefault(owner, []).append(block)
    if len(moved) > FEW_GRIDS:
        rows = [{"plan_id": plan.id, "block_id": block, "grid_id": owner} for block, owner in land.owners.items()]
        bulk.put(tx, tables.plan_row, rows, ("plan_id", "block_id"))
        return
    bulk.insert(tx, tables.plan_row, labels)
    for owner, blocks in moved.items():
        for chunk in bulk.chunks(blocks):
            which = {"of_plan": plan.id, "ids": list(chunk), "owner": owner}
            tx.connection.execute(_relabelling(postgis=tx.postgis), which)


def polygons(tx: Transaction, scope: Scope, ids: Sequence[UUID]) -> dict[UUID, Geometry]:
    """Return blocks by id, lon/lat EPSG:4490; a limited scope has those that a grid of its communities has or had."""
    table, rows, grids = tables.block, tables.plan_row, tables.plan_grid
    theirs = (
        select(rows.c.block_id)
        .join(grids, (grids.c.plan_id == rows.c.plan_id) & (grids.c.grid_id == rows.c.grid_id))
        .where(within(scope, grids.c.community_id))
    )
    found: dict[UUID, Geometry] = {}
    for chunk in bulk.chunks(list(ids)):
        query = select(table.c.id, table.c.geom).where(bulk.among(tx, table.c.id, list(chunk)))
        if not scope.unlimited:
            query = query.where(table.c.id.in_(theirs))
        blocks = tx.connection.execute(query).all()
        found.update(zip([row.id for row in blocks], unpack([row.geom for row in blocks]), strict=True))
    return found


def flags(tx: Transaction, scope: Scope, plan_id: UUID) -> dict[UUID, tuple[bool, bool]]:
    """Return of every visible grid of a plan whether it lies apart on purpose, and whether its code is provisional."""
    table = tables.plan_grid
    query = select(table.c.grid_id, table.c.multipart, table.c.provisional).where(
        table.c.plan_id == plan_id, within(scope, table.c.community_id)
    )
    return {row.grid_id: (row.multipart, row.provisional) for row in tx.connection.execute(query)}


def declare_apart(tx: Transaction, plan_id: UUID, grid_ids: Sequence[UUID]) -> None:
    """Declare that grids of a draft lie in several places."""
    table = tables.plan_grid
    for chunk in bulk.chunks(list(grid_ids)):
        tx.connection.execute(
            table.update()
            .where(table.c.plan_id == plan_id, bulk.among(tx, table.c.grid_id, list(chunk)))
            .values(multipart=True)
        )


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


def _write_grids(tx: Transaction, plan: Plan, land: Land) -> None:
    grids, shapes = tables.plan_grid, tables.grid_shape
    touched = list(dict.fromkeys([*land.grids, *land.shapes]))
    if not touched:
        return
    gone = [grid_id for grid_id, row in land.grids.items() if row is None]
    hashes = {grid_id: shape_hash(shape) for grid_id, shape in land.shapes.items()}
    which = {"plan_id": plan.id, "base_id": plan.based_on, "grid_ids": touched}
    stored = {row["id"]: row for row in tx.connection.execute(_grids_now(postgis=tx.postgis), which).mappings()}
    new = [grid_id for grid_id, row in land.grids.items() if row is not None and grid_id not in stored]
    bulk.add_missing(tx, tables.grid, [{"id": grid_id, "first_seen": tx.now} for grid_id in new], ("id",))
    old = {
        grid_id: {column.name: row[column.name] for column in grids.c}
        for grid_id, row in stored.items()
        if row["plan_id"] is not None
    }
    fresh = []
    for grid_id in touched:
        key = {"delivered": None, "plan_id": plan.id, "grid_id": grid_id}
        row = key | old.get(grid_id, {}) | (land.grids.get(grid_id) or {})
        if grid_id in hashes:  # the border is as a file delivered it where the land is that of the base again
            base = stored.get(grid_id, {"base_hash": None})
            row["delivered"] = base["base_delivered"] if base["base_hash"] == hashes[grid_id] else None
        if grid_id not in gone and row != old.get(grid_id):
            fresh.append(row)
    # two grids may exchange their codes: all old rows go before the new ones come
    _delete(tx, grids, "grid_id", plan.id, [*gone, *(row["grid_id"] for row in fresh if row["grid_id"] in old)])
    bulk.insert(tx, grids, fresh)
    _delete(tx, shapes, "grid_id", plan.id, gone)
    packed = pack(land.shapes.values(), "MULTIPOLYGON")
    rows = [
        {"plan_id": plan.id, "grid_id": grid_id, "hash": hashes[grid_id], "geom": shape}
        for grid_id, shape in zip(land.shapes, packed, strict=True)
    ]
    bulk.put(tx, shapes, rows, ("plan_id", "grid_id"))


@cache
def _grids_now(*, postgis: bool) -> Any:
    """Read the rows of some grids in a draft (nulls where it has none), and how its base has them."""
    grid, now, shapes = tables.grid, tables.plan_grid, tables.grid_shape
    base, drawn = now.alias(), shapes.alias()
    return (
        select(grid.c.id, now, base.c.delivered.label("base_delivered"), drawn.c.hash.label("base_hash"))
        .select_from(grid)
        .outerjoin(now, (now.c.grid_id == grid.c.id) & (now.c.plan_id == bindparam("plan_id")))
        .outerjoin(base, (base.c.grid_id == grid.c.id) & (base.c.plan_id == bindparam("base_id")))
        .outerjoin(drawn, (drawn.c.grid_id == grid.c.id) & (drawn.c.plan_id == bindparam("base_id")))
        .where(bulk.among_given(grid.c.id, "grid_ids", postgis=postgis))
    )


def _delete(tx: Transaction, table: Table, column: str, plan_id: UUID, ids: Sequence[UUID]) -> None:
    """Take rows of a plan out of a table."""
    for chunk in bulk.chunks(ids):
        statement = _deletion(table, column, postgis=tx.postgis)
        tx.connection.execute(statement, {"of_plan": plan_id, "ids": list(chunk)})


@lru_cache
def _deletion(table: Table, column: str, *, postgis: bool) -> Any:
    among = bulk.among_given(table.c[column], "ids", postgis=postgis)
    return table.delete().where(table.c.plan_id == bindparam("of_plan"), among)


def _edits(scope: Scope) -> Any:
    columns = [plan_edit.c[name] for name in Edit.__dataclass_fields__]
    of = select(*columns).join_from(plan_edit, tables.plan, tables.plan.c.id == plan_edit.c.plan_id)
    return of.where(within_subdistrict(scope, tables.plan.c.subdistrict_id))


@cache
def _relabelling(*, postgis: bool) -> Any:
    rows = tables.plan_row
    among = bulk.among_given(rows.c.block_id, "ids", postgis=postgis)
    return rows.update().where(rows.c.plan_id == bindparam("of_plan"), among).values(grid_id=bindparam("owner"))


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
