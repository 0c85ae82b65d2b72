"""The land of a draft: blocks, whose they are, grids and their shapes; only what an edit changed is written."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from gridmap.storage import bulk, tables
from gridmap.storage.plans import shape_hash
from gridmap.storage.scoping import within
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from shapely import Geometry
    from sqlalchemy import Table

    from gridmap.access import Scope
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction

FEW_GRIDS = 8  # that get blocks: one statement each; with more, one for all of them


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


@cache
def _relabelling(*, postgis: bool) -> Any:
    rows = tables.plan_row
    among = bulk.among_given(rows.c.block_id, "ids", postgis=postgis)
    return rows.update().where(rows.c.plan_id == bindparam("of_plan"), among).values(grid_id=bindparam("owner"))
