"""Addresses that wait for a person, what persons decided, and the names that were learned from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import false, func, or_, select, true

from gridmap.errors import NotFound
from gridmap.storage import bulk
from gridmap.storage.gazetteer_tables import address_alias, address_node, geocode_row, geocode_run
from gridmap.storage.review_tables import address_decision, address_review
from gridmap.storage.scoping import own

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

LEARNED = "review"  # origin of a name, and source of a node, that a person's decision brought


@dataclass(frozen=True)
class ReviewRow:
    """A row that waits, or waited, for a person; `lon`, `lat` EPSG:4490."""

    id: UUID
    run_id: UUID
    row_no: int
    address: str
    core: str
    unknown: str
    state: str
    answer: dict[str, Any]
    node_id: UUID | None
    lon: float | None
    lat: float | None
    decision_id: UUID | None


@dataclass(frozen=True)
class Decision:
    """What a person decided; `node_made` is 1 where the decision added the node."""

    id: UUID
    kind: str
    node_id: UUID | None
    node_made: int
    alias_ids: list[str]
    author: str
    made_at: datetime
    undone_at: datetime | None


_ROW = [address_review.c[name] for name in ReviewRow.__dataclass_fields__]
_DECISION = [address_decision.c[name] for name in Decision.__dataclass_fields__]


def unanswered_rows(tx: Transaction, scope: Scope, run_id: UUID, after: int, limit: int) -> list[tuple[int, str]]:
    """Return number and address of the first rows of a run behind one that were not accepted by themselves.

    Raises
    ------
    NotFound
        There is no such run, or not for this caller.
    """
    known = select(geocode_run.c.id).where(geocode_run.c.id == run_id, own(scope, geocode_run.c.actor))
    if tx.connection.execute(known).first() is None:
        raise NotFound("there is no such run: make one by `gridmap address batch`", run=str(run_id))
    query = select(geocode_row.c.row_no, geocode_row.c.address).where(
        geocode_row.c.run_id == run_id, geocode_row.c.band != "auto", geocode_row.c.row_no > after
    )
    query = query.order_by(geocode_row.c.row_no).limit(limit)
    return [(row.row_no, row.address) for row in tx.connection.execute(query)]


def supersede(tx: Transaction, scope: Scope, run_id: UUID) -> int:
    """Take the open rows of earlier runs of the same file out of the queue; return how many."""
    sha256 = select(geocode_run.c.sha256).where(geocode_run.c.id == run_id).scalar_subquery()
    earlier = select(geocode_run.c.id).where(geocode_run.c.sha256 == sha256, geocode_run.c.id != run_id)
    changed = (
        address_review.update()
        .where(
            address_review.c.run_id.in_(earlier), address_review.c.state == "open", own(scope, address_review.c.actor)
        )
        .values(state="superseded")
    )
    return tx.connection.execute(changed).rowcount


def put_rows(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows to the queue, or change those of the same run and number."""
    bulk.put(tx, address_review, rows, ("run_id", "row_no"))


def change_rows(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change rows, each found by its id."""
    bulk.update(tx, address_review, rows)


def row(tx: Transaction, scope: Scope, review_id: UUID) -> ReviewRow:
    """Return a row.

    Raises
    ------
    NotFound
        There is none, or not for this caller.
    """
    query = select(*_ROW).where(address_review.c.id == review_id, own(scope, address_review.c.actor))
    found = tx.connection.execute(query).first()
    if found is None:
        raise NotFound("there is no such address in the queue: reload the page", id=str(review_id))
    return ReviewRow(*found)


def open_keys(tx: Transaction, scope: Scope) -> list[tuple[UUID, str, str]]:
    """Return id, unknown name and core of all rows that wait, in the order of runs and rows."""
    columns = address_review.c.id, address_review.c.unknown, address_review.c.core
    query = select(*columns).where(address_review.c.state == "open", own(scope, address_review.c.actor))
    found = tx.connection.execute(query.order_by(address_review.c.run_id, address_review.c.row_no))
    return [(each.id, each.unknown, each.core) for each in found]


def rows(tx: Transaction, scope: Scope, ids: Sequence[UUID]) -> list[ReviewRow]:
    """Return rows in the order of their ids as given."""
    query = select(*_ROW).where(bulk.among(tx, address_review.c.id, ids), own(scope, address_review.c.actor))
    found = {each.id: each for each in (ReviewRow(*values) for values in tx.connection.execute(query))}
    return [found[each] for each in ids if each in found]


def siblings(tx: Transaction, scope: Scope, of: ReviewRow) -> list[ReviewRow]:
    """Return the open rows that say the same, or have the same unknown name, the row itself left out."""
    same = address_review.c.core == of.core
    if of.unknown:
        same = or_(same, address_review.c.unknown == of.unknown)
    query = select(*_ROW).where(
        address_review.c.state == "open", address_review.c.id != of.id, same, own(scope, address_review.c.actor)
    )
    return [ReviewRow(*each) for each in tx.connection.execute(query.order_by(address_review.c.id))]


def counts(tx: Transaction, scope: Scope) -> dict[str, int]:
    """Count rows by state."""
    query = select(address_review.c.state, func.count()).where(own(scope, address_review.c.actor))
    return {state: int(number) for state, number in tx.connection.execute(query.group_by(address_review.c.state))}


def decided_cores(tx: Transaction, scope: Scope) -> dict[str, ReviewRow]:
    """Return what persons decided, by what the addresses say; the latest decision of each holds."""
    query = (
        select(*_ROW)
        .join(address_decision, address_decision.c.id == address_review.c.decision_id)
        .where(address_review.c.state == "decided", address_decision.c.undone_at.is_(None))
        .where(own(scope, address_review.c.actor))
        .order_by(address_decision.c.made_at, address_review.c.id)
    )
    return {each.core: each for each in (ReviewRow(*values) for values in tx.connection.execute(query))}


def add_decision(tx: Transaction, values: Mapping[str, Any]) -> None:
    """Store a decision."""
    tx.connection.execute(address_decision.insert(), dict(values))


def decision(tx: Transaction, scope: Scope, decision_id: UUID) -> Decision:
    """Return a decision.

    Raises
    ------
    NotFound
        There is none, or not for this caller.
    """
    query = select(*_DECISION).where(address_decision.c.id == decision_id, own(scope, address_decision.c.author))
    found = tx.connection.execute(query).first()
    if found is None:
        raise NotFound("there is no such decision: reload the page", id=str(decision_id))
    return Decision(*found)


def latest_decision(tx: Transaction, scope: Scope) -> UUID | None:
    """Return the actor's last decision that holds."""
    query = (
        select(address_decision.c.id)
        .where(address_decision.c.author == tx.actor, address_decision.c.undone_at.is_(None))
        .where(own(scope, address_decision.c.author))
        .order_by(address_decision.c.made_at.desc(), address_decision.c.id.desc())
    )
    found: UUID | None = tx.connection.execute(query).scalars().first()
    return found


def rows_of(tx: Transaction, scope: Scope, decision_id: UUID) -> list[ReviewRow]:
    """Return the rows that a decision closed; who may see the decision may see them."""
    found = decision(tx, scope, decision_id)
    query = select(*_ROW).where(address_review.c.decision_id == found.id).order_by(address_review.c.row_no)
    return [ReviewRow(*each) for each in tx.connection.execute(query)]


def mark_undone(tx: Transaction, found: Decision) -> None:
    """Take back a decision, the names that it taught and the node that it added."""
    values = {"undone_at": tx.now}
    tx.connection.execute(address_decision.update().where(address_decision.c.id == found.id).values(**values))
    bulk.update(tx, address_alias, [{"id": each, **values} for each in map(UUID, found.alias_ids)])


def add_aliases(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add other names of nodes: rows of id, node_id and name."""
    more = {"origin": LEARNED, "author": tx.actor, "created_at": tx.now, "undone_at": None}
    bulk.insert(tx, address_alias, [{**row, **more} for row in rows])


def learned_names(tx: Transaction, scope: Scope) -> list[tuple[UUID, str]]:
    """Return the names that persons taught and that hold, in order: (node, name)."""
    if not scope.unlimited and not scope.communities:
        return []
    query = select(address_alias.c.node_id, address_alias.c.name).where(
        address_alias.c.origin == LEARNED, address_alias.c.undone_at.is_(None)
    )
    found = tx.connection.execute(query.order_by(address_alias.c.name, address_alias.c.node_id))
    return [(each.node_id, each.name) for each in found]


def has_node(tx: Transaction, scope: Scope, node_id: UUID) -> bool:
    """Tell whether a node is there, holds and may be seen."""
    query = select(address_node.c.id).where(
        address_node.c.id == node_id, address_node.c.valid_to.is_(None), _sees_places(scope)
    )
    return tx.connection.execute(query).first() is not None


def node_name(tx: Transaction, scope: Scope, node_id: UUID) -> str:
    """Return the name of a node that may be seen."""
    query = select(address_node.c.name).where(address_node.c.id == node_id, _sees_places(scope))
    return str(tx.connection.execute(query).scalar_one())


def _sees_places(scope: Scope) -> ColumnElement[bool]:
    """Names and places of the gazetteer are for everybody who may see anything."""
    return true() if scope.unlimited or scope.communities else false()


def node_place(tx: Transaction, scope: Scope, node_id: UUID) -> tuple[float | None, float | None]:
    """Return longitude and latitude of a node that holds.

    Raises
    ------
    NotFound
        There is none.
    """
    query = select(address_node.c.lon, address_node.c.lat).where(
        address_node.c.id == node_id, address_node.c.valid_to.is_(None)
    )
    found = None
    if scope.unlimited or scope.communities:
        found = tx.connection.execute(query).first()
    if found is None:
        raise NotFound("there is no such place in the gazetteer: choose another one", node=str(node_id))
    return found.lon, found.lat
