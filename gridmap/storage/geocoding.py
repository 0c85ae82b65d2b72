"""Runs of geocoding, their rows, and answers kept by the hash of what was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from gridmap.storage import bulk
from gridmap.storage import gazetteer_tables as tables
from gridmap.storage.scoping import own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


def unfinished_run(tx: Transaction, scope: Scope, sha256: str, version: str, options: Mapping[str, Any]) -> UUID | None:
    """Return the run of the same file, index and options that was interrupted; None when there is none."""
    table = tables.geocode_run
    query = (
        select(table.c.id, table.c.options)
        .where(table.c.sha256 == sha256, table.c.index_version == version, table.c.state == "running")
        .where(own(scope, table.c.actor))
        .order_by(table.c.started_at.desc())
    )
    return next((row.id for row in tx.connection.execute(query) if row.options == options), None)


def begin_run(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Store a run that begins."""
    tx.connection.execute(tables.geocode_run.insert(), dict(row))


def finish_run(tx: Transaction, run_id: UUID, total: int, report: Mapping[str, Any]) -> None:
    """Store that a run has come to its end."""
    table = tables.geocode_run
    changed = {"state": "finished", "total": total, "report": dict(report), "finished_at": tx.now}
    tx.connection.execute(table.update().where(table.c.id == run_id).values(**changed))


def put_rows(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of a run."""
    bulk.put(tx, tables.geocode_row, rows, ("run_id", "row_no"))


def kept_answers(tx: Transaction, scope: Scope, keys: Sequence[str]) -> dict[str, Any]:
    """Return the answers that are kept under keys."""
    if not scope.unlimited and not scope.communities:
        return {}
    table = tables.geocode_answer
    found: dict[str, Any] = {}
    for chunk in bulk.chunks(sorted(set(keys))):
        query = select(table.c.key, table.c.answer).where(bulk.among(tx, table.c.key, chunk))
        found.update((row.key, row.answer) for row in tx.connection.execute(query))
    return found


def keep_answers(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep answers: rows of key, index_version and answer."""
    bulk.put(tx, tables.geocode_answer, rows, ("key",))


def forget_answers(tx: Transaction, version: str) -> None:
    """Drop the answers that another index gave."""
    table = tables.geocode_answer
    tx.connection.execute(table.delete().where(table.c.index_version != version))
