"""What nobody is responsible for yet: records without a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select

from gridmap.storage import tables
from gridmap.storage.assignments import latest
from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


def count(tx: Transaction, scope: Scope, kind: Kind) -> int:
    """Count the visible records of a kind whose latest assignment names no grid, or that were never assigned."""
    subject, assignment = table_of(kind), tables.assignment
    has_grid = exists().where(
        assignment.c.subject_id == subject.c.id,
        assignment.c.subject_kind == kind.singular,
        assignment.c.grid_id.is_not(None),
        latest(),
    )
    query = select(func.count()).select_from(subject).where(visible(scope, kind), ~has_grid)
    return int(tx.connection.execute(query).scalar_one())
