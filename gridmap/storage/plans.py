"""Plans, their blocks and their grids."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import shapely
from sqlalchemy import bindparam, or_, select

from gridmap.errors import Conflict, NotFound
from gridmap.model.land import Grid, GridKind, Plan, PlanState
from gridmap.storage import bulk, tables
from gridmap.storage.boxes import in_box
from gridmap.storage.scoping import within, within_subdistrict
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy import Table

    from gridmap.access import Scope
    from gridmap.model.land import Block, Document
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction


class Lock(Enum):
    """How a plan is held until the transaction ends, so that an incident reported meanwhile cannot miss a new one."""

    SHARE = "share"  # many may hold it: reporting
    UPDATE = "update"  # one alone: taking effect


@dataclass(frozen=True)
class Blocks:
    """The blocks of a plan as columns of equal length, ordered by grid code: the locator's lowest index wins a tie.

    `shapes` are lon/lat EPSG:4490.
    """

    ids: list[UUID]
    grid_ids: list[UUID]
    codes: list[str]
    shapes: NDArray[Any]


PREPARED = 64  # statements kept, for so many callers: writing one takes three times as long as running it
_EVER = (PlanState.IN_FORCE.value, PlanState.SUPERSEDED.value)


def add_plan(tx: Transaction, plan: Plan, grids: Sequence[Grid], blocks: Sequence[Block]) -> None:
    """Store a plan whole: its grids as it has them, its blocks, which block is whose, and the grids' shapes.

    Blocks and grids that are stored already stay as they are: they are immutable, the plan only refers to them.

    Raises
    ------
    Conflict
        The plan exists, or gives one code to two grids.
    """
    row = {name: getattr(plan, name) for name in _PLAN_FIELDS}
    row |= {"state": plan.state.value, "created_at": tx.now, "created_by": tx.actor}
    tx.connection.execute(tables.plan.insert(), row)
    new = _missing(tx, tables.grid, [grid.id for grid in grids])
    bulk.insert(tx, tables.grid, [{"id": grid.id, "first_seen": tx.now} for grid in grids if grid.id in new])
    bulk.insert(tx, tables.plan_grid, [_grid_row(grid) for grid in grids])
    shapes = pack([grid.shape for grid in grids], "MULTIPOLYGON")
    bulk.insert(
        tx,
        tables.grid_shape,
        [
            {"plan_id": plan.id, "grid_id": grid.id, "hash": shape_hash(grid.shape), "geom": shape}
            for grid, shape in zip(grids, shapes, strict=True)
        ],
    )
    new = _missing(tx, tables.block, [block.id for block in blocks])
    fresh = [block for block in blocks if block.id in new]
    packed = pack([block.shape for block in fresh], "POLYGON")
    bulk.insert(tx, tables.block, [{"id": block.id, "geom": shape} for block, shape in zip(fresh, packed, strict=True)])
    rows = [{"plan_id": plan.id, "block_id": block.id, "grid_id": block.grid_id} for block in blocks]
    bulk.insert(tx, tables.plan_row, rows)


def set_document(tx: Transaction, plan_id: UUID, document: Document | None) -> None:
    """Say which document puts a plan in force, in the place of the one that was said before; None for none yet."""
    number, day = (document.number, document.day) if document else (None, None)
    table = tables.plan
    tx.connection.execute(table.update().where(table.c.id == plan_id).values(document_number=number, document_date=day))


def close_plan(tx: Transaction, plan_id: UUID, valid_to: date) -> None:
    """End the plan in force: it is superseded from that day on.

    Raises
    ------
    Conflict
        It is not in force.
    """
    table = tables.plan
    changed = tx.connection.execute(
        table.update()
        .where(table.c.id == plan_id, table.c.state == PlanState.IN_FORCE.value)
        .values(state=PlanState.SUPERSEDED.value, valid_to=valid_to)
    )
    if changed.rowcount == 0:
        raise Conflict("the plan is not in force: read it again", plan=str(plan_id))


def plan_named(tx: Transaction, scope: Scope, plan_id: UUID) -> Plan:
    """Return one plan.

    Raises
    ------
    NotFound
        There is none with that id, or it is out of scope.
    """
    row = tx.connection.execute(_named(scope), {"plan_id": plan_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such plan", plan=str(plan_id))
    return plan_of(row)


def plans_of(tx: Transaction, scope: Scope, subdistrict_id: UUID) -> list[Plan]:
    """Return all plans of a sub-district, drafts first, then the latest."""
    table = tables.plan
    query = plans_query(scope).where(table.c.subdistrict_id == subdistrict_id)
    query = query.order_by(table.c.valid_from.desc().nulls_first(), table.c.created_at.desc(), table.c.id)
    return [plan_of(row) for row in tx.connection.execute(query)]


def plan_in_force(
    tx: Transaction, scope: Scope, subdistrict_id: UUID, *, at: date | None = None, lock: Lock | None = None
) -> Plan | None:
    """Return the plan of a sub-district that is in force, or was on a day; None when there is none.

    Parameters
    ----------
    at : date, optional
        The day, in Asia/Shanghai; without it the plan in force now.
    lock : Lock, optional
        Hold the plan's row until the transaction ends. On SpatiaLite a write transaction holds everything anyway.
    """
    query, which = _standing(scope, at), {"subdistrict_id": subdistrict_id}
    if lock is None or not tx.postgis:
        row = tx.connection.execute(query, which).one_or_none()
        return plan_of(row) if row else None
    locked = query.with_for_update(read=lock is Lock.SHARE, of=tables.plan)
    while True:
        row = tx.connection.execute(locked, which).one_or_none()
        if row is not None:
            return plan_of(row)
        # Whoever held the row may have closed this plan and opened the next, which the waiting query could not see.
        if tx.connection.execute(query, which).one_or_none() is None:
            return None


def blocks_of_plan(tx: Transaction, scope: Scope, plan_id: UUID, *, box: Box | None = None) -> Blocks:
    """Return the blocks of a plan by grid code, narrowed to a box when one is given.

    Parameters
    ----------
    box : tuple of float, optional
        West, south, east, north in degrees. Blocks that only come near it may be among the answers.
    """
    grids, rows, block = tables.plan_grid, tables.plan_row, tables.block
    query = (
        select(block.c.id, rows.c.grid_id, grids.c.code, block.c.geom)
        .join_from(rows, block, block.c.id == rows.c.block_id)
        .join(grids, (grids.c.plan_id == rows.c.plan_id) & (grids.c.grid_id == rows.c.grid_id))
        .where(rows.c.plan_id == plan_id, within(scope, grids.c.community_id))
        .order_by(grids.c.code, block.c.id)
    )
    if box is not None:
        query = query.where(in_box(tx, block, box))
    found = tx.connection.execute(query).all()
    return Blocks(
        ids=[row.id for row in found],
        grid_ids=[row.grid_id for row in found],
        codes=[row.code for row in found],
        shapes=unpack([row.geom for row in found]),
    )


def grids_of_plan(tx: Transaction, scope: Scope, plan_id: UUID) -> list[Grid]:
    """Return the visible grids of a plan by code."""
    return _read_grids(tx, _grids(scope, plan_id))


def grid_of_plan(tx: Transaction, scope: Scope, plan_id: UUID, grid_id: UUID) -> Grid:
    """Return one grid as a plan has it.

    Raises
    ------
    NotFound
        The plan has no such grid, or it is out of scope.
    """
    found = _read_grids(tx, _grids(scope, plan_id).where(tables.plan_grid.c.grid_id == grid_id))
    if not found:
        raise NotFound("the plan has no such grid", grid=str(grid_id), plan=str(plan_id))
    return found[0]


def codes_ever_in_force(tx: Transaction, scope: Scope, community_code: str) -> dict[str, UUID]:
    """Return the grid codes of a community that were in force once, each with the one grid that may have it again."""
    table = tables.plan_grid
    query = (
        select(table.c.code, table.c.grid_id)
        .distinct()
        .join_from(table, tables.plan, tables.plan.c.id == table.c.plan_id)
        .where(
            table.c.code.startswith(community_code, autoescape=True),
            tables.plan.c.state.in_(_EVER),
            within(scope, table.c.community_id),
        )
    )
    return {row.code: row.grid_id for row in tx.connection.execute(query)}


def shape_hash(shape: shapely.Geometry) -> str:
    """Return a hash of a shape that does not depend on its first vertex or the order of its parts."""
    return hashlib.sha256(shapely.to_wkb(shapely.normalize(shape))).hexdigest()


_PLAN_FIELDS = (
    *("id", "subdistrict_id", "name", "state", "valid_from", "valid_to", "based_on", "revision"),
    *("document_number", "document_date"),
)


def _effective(at: date | None) -> Any:
    table = tables.plan
    if at is None:
        return table.c.state == PlanState.IN_FORCE.value
    begun = table.c.state.in_(_EVER) & (table.c.valid_from <= at)
    return begun & or_(table.c.valid_to.is_(None), table.c.valid_to > at)


def plans_query(scope: Scope) -> Any:
    """Begin a statement that reads the visible plans; `plan_of` takes its rows."""
    table = tables.plan
    columns = [table.c[name] for name in _PLAN_FIELDS]
    return select(*columns).where(within_subdistrict(scope, table.c.subdistrict_id))


@lru_cache(maxsize=PREPARED)
def _named(scope: Scope) -> Any:
    return plans_query(scope).where(tables.plan.c.id == bindparam("plan_id"))


@lru_cache(maxsize=PREPARED)
def _standing(scope: Scope, at: date | None) -> Any:
    return plans_query(scope).where(tables.plan.c.subdistrict_id == bindparam("subdistrict_id"), _effective(at))


def plan_of(row: Any) -> Plan:
    """Make a plan of a row of `plans_query`, whatever else the row has."""
    return Plan(**({name: getattr(row, name) for name in _PLAN_FIELDS} | {"state": PlanState(row.state)}))


def _grid_row(grid: Grid) -> dict[str, Any]:
    return {
        "plan_id": grid.plan_id,
        "grid_id": grid.id,
        "code": grid.code,
        "name": grid.name,
        "kind": grid.kind.value,
        "community_id": grid.community_id,
        "four_limits": grid.four_limits,
        "source_document": grid.source_document,
        "delivered": grid.delivered,
        "worker": grid.worker,
    }


def _missing(tx: Transaction, table: Table, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids that the table does not have yet."""
    known: set[UUID] = set()
    for chunk in bulk.chunks(ids):
        known.update(tx.connection.scalars(select(table.c.id).where(table.c.id.in_(chunk))))
    return set(ids) - known


def _grids(scope: Scope, plan_id: UUID) -> Any:
    grids, community, shape = tables.plan_grid, tables.community, tables.grid_shape
    return (
        select(
            grids,
            community.c.code.label("community_code"),
            community.c.name.label("community_name"),
            shape.c.geom,
        )
        .join_from(grids, community, community.c.id == grids.c.community_id)
        .join(shape, (shape.c.plan_id == grids.c.plan_id) & (shape.c.grid_id == grids.c.grid_id))
        .where(grids.c.plan_id == plan_id, within(scope, grids.c.community_id))
        .order_by(grids.c.code)
    )


def _read_grids(tx: Transaction, query: Any) -> list[Grid]:
    rows = tx.connection.execute(query).all()
    shapes = unpack([row.geom for row in rows])
    return [
        Grid(
            id=row.grid_id,
            plan_id=row.plan_id,
            code=row.code,
            name=row.name,
            kind=GridKind(row.kind),
            community_id=row.community_id,
            community_code=row.community_code,
            community_name=row.community_name,
            four_limits=row.four_limits,
            source_document=row.source_document,
            delivered=row.delivered,
            worker=row.worker,
            shape=shape,
        )
        for row, shape in zip(rows, shapes, strict=True)
    ]
