"""Steps of many cases at once: what rates and ledgers are counted from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.storage import bulk, tables
from gridmap.storage.casework_tables import case_step
from gridmap.storage.scoping import within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class LedgerStep:
    """A step as far as it is counted."""

    move: str
    at: datetime
    state_before: str
    state_after: str
    given: Mapping[str, Any]


def steps_of(tx: Transaction, scope: Scope, incident_ids: Sequence[UUID]) -> dict[UUID, list[LedgerStep]]:
    """Return the steps of incidents in their order; those without one are not among the keys."""
    table, incident = case_step, tables.incident
    found: dict[UUID, list[LedgerStep]] = {}
    for chunk in bulk.chunks(list(incident_ids)):
        query = (
            select(
                table.c.incident_id, table.c.move, table.c.at, table.c.state_before, table.c.state_after, table.c.given
            )
            .join_from(table, incident, incident.c.id == table.c.incident_id)
            .where(bulk.among(tx, table.c.incident_id, chunk), within(scope, incident.c.community_id))
            .order_by(table.c.incident_id, table.c.number)
        )
        for row in tx.connection.execute(query):
            found.setdefault(row[0], []).append(LedgerStep(*row[1:]))
    return found
