"""Deciding what addresses mean (地址核对), once for all that say the same; the queue is `address_queue`.

A decision closes its row and all open rows that say the same. Where the address has a name that the gazetteer does not
know, that becomes another name of the place, and the rows that have it are asked for again. All of it can be undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from gridmap.address.answer import MATCH_LEVELS, PLACE, answer
from gridmap.address.gazetteer import LEVEL, ROOT, path_id
from gridmap.address.learned import names_taught
from gridmap.address.normalise import normalise
from gridmap.errors import BadInput, Conflict
from gridmap.model.land import new_id
from gridmap.services.address_queue import answered
from gridmap.services.gazetteer import REVIEW, current_index
from gridmap.services.gazetteer_sources import key_of_name
from gridmap.services.plan_land import today
from gridmap.storage import address_review as store
from gridmap.storage import audit
from gridmap.storage import gazetteer as gazetteer_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.access import Scope
    from gridmap.address.gazetteer import NodeLevel
    from gridmap.storage.address_review import ReviewRow
    from gridmap.storage.database import Transaction

Kind = Literal["choose", "pin", "add", "unknown"]
_LONGEST_NAME = 60
_PIN_RADIUS, _PLACE_RADIUS = 10.0, 100.0  # metres that what was pointed at may reach


@dataclass(frozen=True)
class Decided:
    """What a decision did.

    Parameters
    ----------
    learned : list of (name, place)
        Other names that the gazetteer now knows.
    closed : list of str
        Ids of the rows that no longer wait, the decided one first.
    waiting : int
        Rows that still do.
    """

    id: str
    kind: str
    node_id: str | None
    learned: list[tuple[str, str]]
    closed: list[str]
    waiting: int


def choose(tx: Transaction, scope: Scope, review_id: UUID, node_id: UUID) -> Decided:
    """Decide that an address means a node of the gazetteer.

    Raises
    ------
    NotFound
        There is no such row or node.
    Conflict
        The row was decided already.
    """
    row = _open(tx, scope, review_id)
    place = store.node_place(tx, scope, node_id)
    return _decide(tx, scope, row, "choose", node_id, place)


def pin(tx: Transaction, scope: Scope, review_id: UUID, lonlat: tuple[float, float]) -> Decided:
    """Decide that an address is at a point (EPSG:4490); the address becomes a place of its own there.

    Raises
    ------
    NotFound
        There is no such row.
    BadInput
        The address says nothing.
    Conflict
        The row was decided already, or such a place is there.
    """
    row = _open(tx, scope, review_id)
    node = _new_node(tx, scope, "poi", normalise(row.address).text[:_LONGEST_NAME], lonlat, _PIN_RADIUS)
    return _decide(tx, scope, row, "pin", node, lonlat)


def add(
    tx: Transaction,
    scope: Scope,
    review_id: UUID,
    name: str,
    level: Literal["compound", "poi"],
    lonlat: tuple[float, float],
) -> Decided:
    """Decide that an address means a place that the gazetteer lacks, and add it; the next build looks below it, too.

    Raises
    ------
    NotFound
        There is no such row.
    BadInput
        The name is empty.
    Conflict
        The row was decided already, or such a place is there.
    """
    row = _open(tx, scope, review_id)
    node = _new_node(tx, scope, level, normalise(name).text[:_LONGEST_NAME], lonlat, _PLACE_RADIUS)
    return _decide(tx, scope, row, "add", node, lonlat)


def leave_unknown(tx: Transaction, scope: Scope, review_id: UUID) -> Decided:
    """Decide that nobody can tell what an address means.

    Raises
    ------
    NotFound
        There is no such row.
    Conflict
        The row was decided already.
    """
    return _decide(tx, scope, _open(tx, scope, review_id), "unknown", None, (None, None))


def undo(tx: Transaction, scope: Scope, decision_id: UUID | None = None) -> list[str]:
    """Take back a decision: names that it taught, the place that it added, and rows that it closed.

    Parameters
    ----------
    decision_id : UUID, optional
        The actor's last one without it.

    Returns
    -------
    list of str
        Ids of the rows that wait again.

    Raises
    ------
    NotFound
        There is no such decision.
    Conflict
        It was undone already, or there is nothing to undo.
    """
    wanted = decision_id or store.latest_decision(tx, scope)
    if wanted is None:
        raise Conflict("there is no decision of yours to undo")
    found = store.decision(tx, scope, wanted)
    if found.undone_at is not None:
        raise Conflict("this decision was undone already: reload the page", id=str(wanted))
    rows = store.rows_of(tx, scope, wanted)
    empty = {"state": "open", "node_id": None, "lon": None, "lat": None, "decision_id": None}
    store.change_rows(tx, [{"id": row.id, **empty} for row in rows])
    store.mark_undone(tx, found)
    if found.node_made and found.node_id is not None:
        gazetteer_store.retire(tx, [{"id": found.node_id, "valid_to": today(tx), "redirect_id": None}])
    _answer_afresh(tx, scope, rows)
    audit.record(tx, "undo", "address_decision", wanted, count=len(rows))
    return [str(row.id) for row in rows]


def _open(tx: Transaction, scope: Scope, review_id: UUID) -> ReviewRow:
    row = store.row(tx, scope, review_id)
    if row.state != "open":
        raise Conflict("this address was decided already: reload the page", id=str(review_id))
    return row


def _new_node(
    tx: Transaction, scope: Scope, level: NodeLevel, name: str, lonlat: tuple[float, float], radius: float
) -> UUID:
    """Add a place that stands by itself; the index knows it from the next build on."""
    key = key_of_name("place", name)
    if not name or not key:
        raise BadInput("a place needs a name: write what people call it", field="name")
    identity = UUID(bytes=path_id(ROOT, LEVEL[level], key))
    if store.has_node(tx, scope, identity):
        raise Conflict(f"there is a place called {name} already: choose it from the search", name=name)
    row = {"id": identity, "parent_id": None, "level": level, "name": name, "key": key}
    where = {"lon": lonlat[0], "lat": lonlat[1], "radius": radius, "shape": None, "site_id": None}
    since = {"valid_from": today(tx), "valid_to": None, "redirect_id": None}
    gazetteer_store.put_nodes(tx, [{**row, **where, "source": REVIEW, "origin": "", **since}])
    return identity


def _decide(
    tx: Transaction,
    scope: Scope,
    row: ReviewRow,
    kind: Kind,
    node_id: UUID | None,
    place: tuple[float | None, float | None],
) -> Decided:
    alike = store.siblings(tx, scope, row)
    learned, aliases = _teach(tx, scope, row, node_id) if kind == "choose" and node_id else ([], [])
    identity = new_id()
    store.add_decision(
        tx,
        {
            "id": identity,
            "kind": kind,
            "node_id": node_id,
            "node_made": int(kind in {"pin", "add"}),
            "alias_ids": [str(each) for each in aliases],
            "author": tx.actor,
            "made_at": tx.now,
            "undone_at": None,
        },
    )
    same = [row, *(each for each in alike if each.core == row.core)]
    settled = {"state": "decided", "node_id": node_id, "lon": place[0], "lat": place[1], "decision_id": identity}
    store.change_rows(tx, [{"id": each.id, **settled} for each in same])
    others = [each for each in alike if each.core != row.core]
    closed = _ask_again(tx, scope, others, identity) if learned else []
    if kind == "add" and node_id:
        _offer(tx, scope, others, node_id, place)
    detail = {"kind": kind, "node": str(node_id) if node_id else None, "learned": [name for name, _ in learned]}
    audit.record(tx, "decide", "address_review", row.id, count=len(same) + len(closed), detail=detail)
    return Decided(
        id=str(identity),
        kind=kind,
        node_id=str(node_id) if node_id else None,
        learned=learned,
        closed=[str(each.id) for each in same] + closed,
        waiting=store.counts(tx, scope).get("open", 0),
    )


def _teach(tx: Transaction, scope: Scope, row: ReviewRow, node_id: UUID) -> tuple[list[tuple[str, str]], list[UUID]]:
    """Add the other names that a choice teaches; return them with the places they name, and their ids."""
    index = current_index(tx, scope)
    node = index.node_of(node_id.bytes)
    if node < 0:  # added since the index was built
        return [], []
    found = answer(index, row.address)
    taught = names_taught(index, found.fields, found.missing, node)
    ids = [new_id() for _ in taught]
    rows = [
        {"id": each, "node_id": index.uuid(holder), "name": name}
        for each, (holder, name) in zip(ids, taught, strict=True)
    ]
    store.add_aliases(tx, rows)
    return [(name, index.name(holder)) for holder, name in taught], ids


def _ask_again(tx: Transaction, scope: Scope, rows: Sequence[ReviewRow], decision_id: UUID) -> list[str]:
    """Answer rows again with what was learned; close those that are now beyond doubt, and return their ids."""
    index = current_index(tx, scope)
    changed, closed = [], []
    for row, (found, said) in zip(rows, answered(index, [row.address for row in rows], scope), strict=True):
        sure, view = found.band == "auto", said["answer"]
        changed.append(
            {
                "id": row.id,
                "state": "learned" if sure else "open",
                **said,
                "node_id": UUID(view["node_id"]) if sure else None,
                "lon": view["lon"] if sure else None,
                "lat": view["lat"] if sure else None,
                "decision_id": decision_id if sure else None,
            }
        )
        if sure:
            closed.append(str(row.id))
    store.change_rows(tx, changed)
    return closed


def _answer_afresh(tx: Transaction, scope: Scope, rows: Sequence[ReviewRow]) -> None:
    """Answer rows that wait again with what is known without the decision."""
    said = answered(current_index(tx, scope), [row.address for row in rows], scope)
    store.change_rows(tx, [{"id": row.id, **each} for row, (_, each) in zip(rows, said, strict=True)])


def _offer(
    tx: Transaction, scope: Scope, rows: Sequence[ReviewRow], node_id: UUID, place: tuple[float | None, float | None]
) -> None:
    """Put a place that was added first among the candidates of rows that have its name: the index lacks it yet."""
    name = store.node_name(tx, scope, node_id)
    option = {
        "node_id": str(node_id),
        "level": PLACE,
        "level_name": MATCH_LEVELS[PLACE],
        "name": name,
        "lon": place[0],
        "lat": place[1],
        "score": 0.0,
    }
    store.change_rows(
        tx,
        [{"id": row.id, "answer": {**row.answer, "options": [option, *row.answer["options"]]}} for row in rows],
    )
