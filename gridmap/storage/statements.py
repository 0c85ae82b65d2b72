"""属地核实单 as they were said; they are never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.errors import NotFound
from gridmap.storage import tables
from gridmap.storage.scoping import own, within, within_subdistrict
from gridmap.storage.statement_tables import statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Kept:
    """A statement as it is kept. `community_id` is None for a point outside all grids."""

    id: UUID
    code: str
    community_id: UUID | None
    incident_id: UUID | None
    day: date
    made_at: datetime
    made_by: str
    content: Mapping[str, Any]


def add(tx: Transaction, kept: Kept) -> None:
    """Keep a statement."""
    tx.connection.execute(statement.insert(), {column.name: getattr(kept, column.name) for column in statement.c})


def named(tx: Transaction, scope: Scope, code: str) -> Kept:
    """Return a statement by its check code: one about the caller's land, or one that he made himself.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    seen = within(scope, statement.c.community_id) | own(scope, statement.c.made_by)
    query = select(*statement.c).where(statement.c.code == code, seen)
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no statement {code}: compare the code with the paper", code=code)
    return Kept(**row._asdict())


def document_of(tx: Transaction, scope: Scope, plan_id: UUID) -> tuple[str, date | None]:
    """Return 批准文号 and its date as a plan has them; "" and None where it has none."""
    table = tables.plan
    query = select(table.c.document_number, table.c.document_date).where(
        table.c.id == plan_id, within_subdistrict(scope, table.c.subdistrict_id)
    )
    row = tx.connection.execute(query).one_or_none()
    return (row[0] or "", row[1]) if row else ("", None)
