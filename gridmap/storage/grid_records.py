"""The records that one grid has under a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gridmap.storage import tables
from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction
    from gridmap.storage.registers import Row


def of_grid(
    tx: Transaction, scope: Scope, plan_id: UUID, grid_id: UUID, kind: Kind, columns: Sequence[str]
) -> list[Row]:
    """Return the visible records of a kind that belong to a grid, by key.

    Parameters
    ----------
    columns : sequence of str
        The fields wanted. `id`, and `lon` and `lat` (EPSG:4490, None without a place) are always there.
    """
    table, assignment = table_of(kind), tables.assignment
    query = (
        select(
            table.c.id,
            func.ST_X(table.c.geom).label("lon"),
            func.ST_Y(table.c.geom).label("lat"),
            *(table.c[name] for name in columns),
        )
        .join_from(assignment, table, table.c.id == assignment.c.subject_id)
        .where(
            assignment.c.plan_id == plan_id,
            assignment.c.grid_id == grid_id,
            assignment.c.subject_kind == kind.singular,
            visible(scope, kind),
        )
        .order_by(*(table.c[name] for name in kind.key))
    )
    return [dict(row) for row in tx.connection.execute(query).mappings()]
