"""What became of grids when plans took effect, and which records changed hands that day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from gridmap.model.land import Plan, new_id
from gridmap.storage import bulk, tables
from gridmap.storage.lineage_tables import plan_handover, plan_lineage
from gridmap.storage.plans import plan_of, plans_query
from gridmap.storage.scoping import visible, within, within_subdistrict
from gridmap.storage.tables import table_of
from gridmap.storage.wkb import unpack

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Descent:
    """Land and households that one grid gave to another, or kept, when a plan took effect.

    Parameters
    ----------
    old_grid_id, new_grid_id : UUID or None
        None for land that nobody had, or has any more.
    area : float
        m².
    area_share, household_share : float or None
        Of the old grid.
    households : int or None
        None where nobody counted that day.
    """

    plan_id: UUID
    old_plan_id: UUID
    old_grid_id: UUID | None
    new_grid_id: UUID | None
    area: float
    area_share: float | None
    households: int | None
    household_share: float | None


@dataclass(frozen=True)
class HandedOver:
    """One record that another grid has since a plan took effect. An open incident keeps the grid of its day."""

    subject_kind: str
    subject_id: UUID
    old_grid_id: UUID | None
    new_grid_id: UUID | None


@dataclass(frozen=True)
class Standing:
    """A grid as one plan has it, without its land."""

    plan: Plan
    code: str
    name: str
    kind: str
    community_id: UUID
    worker: str
    shape_hash: str


def put(tx: Transaction, descents: Sequence[Descent], handed: Sequence[HandedOver], plan_id: UUID) -> None:
    """Write what a plan changed on the day it took effect."""
    bulk.insert(tx, plan_lineage, [asdict(each) | {"id": new_id()} for each in descents])
    bulk.insert(tx, plan_handover, [asdict(each) | {"plan_id": plan_id} for each in handed])


def of_plan(tx: Transaction, scope: Scope, plan_id: UUID) -> list[Descent]:
    """Return what became of the grids when a visible plan took effect; empty for one that has not, or was imported."""
    table, plan = plan_lineage, tables.plan
    query = (
        select(*_columns())
        .join_from(table, plan, plan.c.id == table.c.plan_id)
        .where(table.c.plan_id == plan_id, within_subdistrict(scope, plan.c.subdistrict_id))
    )
    return [Descent(*row) for row in tx.connection.execute(query)]


def of_grid(tx: Transaction, scope: Scope, grid_id: UUID) -> list[Descent]:
    """Return what a grid gave and got under all visible plans."""
    table, plan = plan_lineage, tables.plan
    query = (
        select(*_columns())
        .join_from(table, plan, plan.c.id == table.c.plan_id)
        .where(
            or_(table.c.old_grid_id == grid_id, table.c.new_grid_id == grid_id),
            within_subdistrict(scope, plan.c.subdistrict_id),
        )
    )
    return [Descent(*row) for row in tx.connection.execute(query)]


def handed_over(tx: Transaction, scope: Scope, plan_id: UUID, kind: Kind) -> list[HandedOver]:
    """Return the visible records of a kind that changed hands when a plan took effect."""
    table, subject = plan_handover, table_of(kind)
    query = (
        select(table.c.subject_kind, table.c.subject_id, table.c.old_grid_id, table.c.new_grid_id)
        .join_from(table, subject, subject.c.id == table.c.subject_id)
        .where(table.c.plan_id == plan_id, table.c.subject_kind == kind.singular, visible(scope, kind))
        .order_by(*(subject.c[name] for name in kind.key))
    )
    return [HandedOver(*row) for row in tx.connection.execute(query)]


def standings(tx: Transaction, scope: Scope, grid_id: UUID) -> list[Standing]:
    """Return a grid as every visible plan has it, drafts too, the earliest first."""
    plan, grids, shape = tables.plan, tables.plan_grid, tables.grid_shape
    names = ("code", "name", "kind", "community_id", "worker")
    query = (
        plans_query(scope)
        .add_columns(*(grids.c[name].label(f"grid_{name}") for name in names), shape.c.hash)
        .join(grids, grids.c.plan_id == plan.c.id)
        .join(shape, (shape.c.plan_id == grids.c.plan_id) & (shape.c.grid_id == grids.c.grid_id))
        .where(grids.c.grid_id == grid_id, within(scope, grids.c.community_id))
        .order_by(plan.c.valid_from.asc().nulls_last(), plan.c.created_at, plan.c.id)
    )
    return [
        Standing(plan=plan_of(row), **{name: getattr(row, f"grid_{name}") for name in names}, shape_hash=row.hash)
        for row in tx.connection.execute(query)
    ]


def grids_coded(tx: Transaction, scope: Scope, code: str) -> list[UUID]:
    """Return the grids that ever had a code, in whatever plan: those of plans in force first, the latest first."""
    plan, grids = tables.plan, tables.plan_grid
    query = (
        select(grids.c.grid_id)
        .join_from(grids, plan, plan.c.id == grids.c.plan_id)
        .where(grids.c.code == code, within(scope, grids.c.community_id))
        .order_by(plan.c.valid_from.desc().nulls_last(), plan.c.created_at.desc())
    )
    return list(dict.fromkeys(tx.connection.scalars(query)))


def labels(tx: Transaction, scope: Scope, plan_id: UUID) -> dict[UUID, UUID]:
    """Return the grid of each block of a plan whose grid is visible, without any geometry."""
    rows, grids = tables.plan_row, tables.plan_grid
    query = (
        select(rows.c.block_id, rows.c.grid_id)
        .join_from(rows, grids, (grids.c.plan_id == rows.c.plan_id) & (grids.c.grid_id == rows.c.grid_id))
        .where(rows.c.plan_id == plan_id, within(scope, grids.c.community_id))
    )
    return {row.block_id: row.grid_id for row in tx.connection.execute(query)}


def block_shapes(tx: Transaction, scope: Scope, plan_id: UUID, block_ids: Sequence[UUID]) -> NDArray[Any]:
    """Return some visible blocks of a plan in the order asked for, lon/lat EPSG:4490."""
    rows, grids, block = tables.plan_row, tables.plan_grid, tables.block
    found: dict[UUID, bytes] = {}
    for chunk in bulk.chunks(block_ids):
        query = (
            select(block.c.id, block.c.geom)
            .join_from(rows, block, block.c.id == rows.c.block_id)
            .join(grids, (grids.c.plan_id == rows.c.plan_id) & (grids.c.grid_id == rows.c.grid_id))
            .where(
                rows.c.plan_id == plan_id,
                bulk.among(tx, block.c.id, chunk),
                within(scope, grids.c.community_id),
            )
        )
        found.update((row.id, row.geom) for row in tx.connection.execute(query))
    return unpack([found[block_id] for block_id in block_ids])


def names(tx: Transaction, scope: Scope, plan_id: UUID) -> dict[UUID, tuple[str, str]]:
    """Return code and name of each visible grid of a plan."""
    table = tables.plan_grid
    query = select(table.c.grid_id, table.c.code, table.c.name)
    query = query.where(table.c.plan_id == plan_id, within(scope, table.c.community_id))
    return {row.grid_id: (row.code, row.name) for row in tx.connection.execute(query)}


def grid_hashes(tx: Transaction, scope: Scope, plan_id: UUID) -> dict[UUID, str]:
    """Return what tells the shape of each visible grid of a plan from any other shape."""
    grids, shape = tables.plan_grid, tables.grid_shape
    query = (
        select(shape.c.grid_id, shape.c.hash)
        .join_from(shape, grids, (shape.c.plan_id == grids.c.plan_id) & (shape.c.grid_id == grids.c.grid_id))
        .where(shape.c.plan_id == plan_id, within(scope, grids.c.community_id))
    )
    return {row.grid_id: row.hash for row in tx.connection.execute(query)}


def _columns() -> list[Any]:
    return [plan_lineage.c[name] for name in Descent.__dataclass_fields__]
