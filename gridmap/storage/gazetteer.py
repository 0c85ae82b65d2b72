"""The gazetteer in the database: nodes, other names, the index made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import delete, select

from gridmap.errors import NoGazetteer
from gridmap.storage import bulk
from gridmap.storage import gazetteer_tables as tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_PART = 8_000_000  # bytes of an index in one row: what both databases and their drivers take without complaint


@dataclass(frozen=True)
class Stored:
    """What is known of a node before the gazetteer is built again."""

    id: UUID
    parent_id: UUID | None
    level: str
    name: str
    key: str
    lon: float | None
    lat: float | None
    radius: float
    shape: bytes | None
    site_id: UUID | None
    source: str
    origin: str
    valid_from: date
    valid_to: date | None
    redirect_id: UUID | None


def nodes(tx: Transaction, scope: Scope, *, valid: bool = False) -> list[Stored]:
    """Return all nodes, those that came first in the ladder of levels first; with `valid` only those of today."""
    _require_visible(scope)
    table = tables.address_node
    query = select(*(table.c[name] for name in Stored.__dataclass_fields__)).order_by(table.c.id)
    if valid:
        query = query.where(table.c.valid_to.is_(None))
    return [Stored(*row) for row in tx.connection.execute(query)]


def put_nodes(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add nodes, or change those that are there. Parents and house numbers come before what refers to them."""
    bulk.put(tx, tables.address_node, rows, ("id",))


def retire(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """End nodes: rows of id, valid_to and redirect_id."""
    bulk.update(tx, tables.address_node, rows)


def aliases(tx: Transaction, scope: Scope) -> list[tuple[UUID, str]]:
    """Return the other names that hold: (node, name), in order."""
    _require_visible(scope)
    table = tables.address_alias
    query = select(table.c.node_id, table.c.name).where(table.c.undone_at.is_(None))
    return [(row.node_id, row.name) for row in tx.connection.execute(query.order_by(table.c.name, table.c.node_id))]


def add_register_aliases(tx: Transaction, names: Sequence[tuple[UUID, str]]) -> None:
    """Store other names that a file brought; those that are there stay as they are."""
    table = tables.address_alias
    rows = [
        {"id": uuid5(node, name), "node_id": node, "name": name, "origin": "register", "author": tx.actor}
        | {"created_at": tx.now, "undone_at": None}
        for node, name in dict.fromkeys(names)
    ]
    known: set[UUID] = set()
    for chunk in bulk.chunks([row["id"] for row in rows]):
        known.update(tx.connection.scalars(select(table.c.id).where(bulk.among(tx, table.c.id, chunk))))
    bulk.insert(tx, table, [row for row in rows if row["id"] not in known])


def put_index(tx: Transaction, version: str, content: bytes) -> None:
    """Store an index in the place of all earlier ones."""
    table = tables.gazetteer_index
    tx.connection.execute(delete(table))
    for part, start in enumerate(range(0, len(content), _PART)):
        row = {"version": version, "part": part, "made_at": tx.now, "content": content[start : start + _PART]}
        tx.connection.execute(table.insert(), row)


def index_version(tx: Transaction, scope: Scope) -> str:
    """Return the version of the stored index.

    Raises
    ------
    NoGazetteer
        None was built yet, or the caller may see nothing.
    """
    _require_visible(scope)
    table = tables.gazetteer_index
    version = tx.connection.execute(select(table.c.version).where(table.c.part == 0)).scalar_one_or_none()
    if version is None:
        raise NoGazetteer("there is no gazetteer yet: run `gridmap gazetteer build` after importing")
    return str(version)


def read_index(tx: Transaction, scope: Scope) -> bytes:
    """Return the bytes of the stored index.

    Raises
    ------
    NoGazetteer
        As `index_version`.
    """
    version = index_version(tx, scope)
    table = tables.gazetteer_index
    query = select(table.c.content).where(table.c.version == version).order_by(table.c.part)
    return b"".join(tx.connection.scalars(query))


def _require_visible(scope: Scope) -> None:
    if not scope.unlimited and not scope.communities:
        raise NoGazetteer("no area is visible to you, so there are no addresses either")
