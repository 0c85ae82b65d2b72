"""Sums over whole tables: how much there is of each kind, whether it has a grid or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal, select

from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Total:
    """Records of a kind; `surveyed` and `residents` are 0 where the kind has none."""

    records: int
    surveyed: int
    residents: int


def total(tx: Transaction, scope: Scope, kind: Kind) -> Total:
    """Count the visible records of a kind, those surveyed, and their residents."""
    table = table_of(kind)
    surveyed: Any = literal(0)
    if "surveyed" in table.c:
        surveyed = func.coalesce(func.sum(case((table.c.surveyed, 1), else_=0)), 0)
    residents: Any = func.coalesce(func.sum(table.c.residents), 0) if "residents" in table.c else literal(0)
    query = select(func.count(), surveyed, residents).select_from(table).where(visible(scope, kind))
    row = tx.connection.execute(query).one()
    return Total(*(int(value) for value in row))
