"""Who did what, when: every service that writes records it here, in the same transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from gridmap.storage import tables
from gridmap.storage.scoping import own

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Entry:
    """One line of the audit. `count` is how many subjects one verb touched."""

    at: datetime
    actor: str
    verb: str
    subject_kind: str
    subject_id: UUID | None
    count: int
    detail: dict[str, Any]


def record(
    tx: Transaction,
    verb: str,
    subject_kind: str,
    subject_id: UUID | None = None,
    *,
    count: int = 1,
    detail: dict[str, Any] | None = None,
) -> None:
    """Write that the actor of the transaction did something.

    Parameters
    ----------
    verb : str
        add, change, import, assign, activate, export, unmask ...
    subject_kind : str
        Singular name of a kind or table.
    count : int
        How many subjects it was done to.
    detail : dict, optional
        JSON values: the old and new ones, a reason, a file name. No personal values.
    """
    tx.connection.execute(
        tables.audit.insert(),
        {
            "at": tx.now,
            "actor": tx.actor,
            "verb": verb,
            "subject_kind": subject_kind,
            "subject_id": subject_id,
            "count": count,
            "detail": detail or {},
        },
    )


def entries(tx: Transaction, scope: Scope, *, subject_id: UUID | None = None, limit: int = 100) -> list[Entry]:
    """Return the latest entries first; a limited caller sees only what he did himself."""
    table = tables.audit
    query = select(
        table.c.at,
        table.c.actor,
        table.c.verb,
        table.c.subject_kind,
        table.c.subject_id,
        table.c["count"],
        table.c.detail,
    ).where(own(scope, table.c.actor))
    if subject_id is not None:
        query = query.where(table.c.subject_id == subject_id)
    rows = tx.connection.execute(query.order_by(table.c.number.desc()).limit(limit))
    return [Entry(*row) for row in rows]


def count(tx: Transaction, scope: Scope) -> int:
    """Count the visible entries. None is ever taken away: whoever sees another number sees another state."""
    table = tables.audit
    return int(
        tx.connection.execute(select(func.count()).select_from(table).where(own(scope, table.c.actor))).scalar_one()
    )
