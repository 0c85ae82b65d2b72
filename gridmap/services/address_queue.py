"""The queue of addresses to check (地址核对): what the geocoder was not sure of."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from gridmap.address.answer import answer
from gridmap.address.learned import core_of, unknown_name
from gridmap.address.masking import mask_numbers
from gridmap.address.normalise import normalise
from gridmap.model.land import new_id
from gridmap.services.gazetteer import current_index
from gridmap.services.geocoding import OptionView, viewed
from gridmap.storage import address_review as store
from gridmap.storage import audit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.address.answer import Answer
    from gridmap.address.index import GazetteerIndex
    from gridmap.storage.address_review import ReviewRow
    from gridmap.storage.database import Transaction

_CHUNK = 2000


@dataclass(frozen=True)
class Waiting:
    """A row of the queue.

    Parameters
    ----------
    address : str
        Normalised; telephone and identity numbers are masked.
    unknown : str
        The name that the gazetteer does not have, empty for none.
    alike : int
        Open rows, this one included, that a decision would close or ask for again.
    probability, radius, reasons, options
        As in `gridmap.services.geocoding.Geocoded`.
    """

    id: str
    row_no: int
    address: str
    unknown: str
    alike: int
    probability: float
    radius: float | None
    reasons: list[str]
    options: list[OptionView]


@dataclass(frozen=True)
class Queue:
    """What waits: the rows whose decision settles most come first."""

    waiting: int
    done: int
    rows: list[Waiting]


def enqueue(tx: Transaction, scope: Scope, run_id: UUID, after: int = -1) -> int | None:
    """Put rows of a run that were not accepted by themselves into the queue, some thousand at a time.

    Rows of an earlier run of the same file leave it. What says the same as an address that a person has decided is
    closed at once.

    Parameters
    ----------
    after : int
        Number of the row behind which to go on.

    Returns
    -------
    int or None
        Number of the last row, to go on from; None when that was all.

    Raises
    ------
    NotFound
        There is no such run.
    NoGazetteer
        It was not built yet.
    """
    index = current_index(tx, scope)
    chunk = store.unanswered_rows(tx, scope, run_id, after, _CHUNK)
    if after < 0:
        store.supersede(tx, scope, run_id)
    known = store.decided_cores(tx, scope)
    rows = []
    for (number, text), (found, said) in zip(chunk, answered(index, [text for _, text in chunk], scope), strict=True):
        core = core_of(found.fields, normalise(text).text)
        earlier = known.get(core)
        rows.append(
            {
                "id": new_id(),
                "run_id": run_id,
                "row_no": number,
                "address": text,
                "core": core,
                "state": "decided" if earlier else "open",
                **said,
                "node_id": earlier.node_id if earlier else None,
                "lon": earlier.lon if earlier else None,
                "lat": earlier.lat if earlier else None,
                "decision_id": earlier.decision_id if earlier else None,
                "actor": tx.actor,
            }
        )
    store.put_rows(tx, rows)
    audit.record(tx, "queue", "geocode_run", run_id, count=len(rows))
    return chunk[-1][0] if len(chunk) == _CHUNK else None


def queue(tx: Transaction, scope: Scope, limit: int = 200) -> Queue:
    """Return what waits, at most `limit` rows."""
    listed = [(identity, _group(unknown, core)) for identity, unknown, core in store.open_keys(tx, scope)]
    alike = Counter(group for _, group in listed)
    listed.sort(key=lambda each: (-alike[each[1]], each[1]))  # stable: rows of a group stay in order
    counted = store.counts(tx, scope)
    shown = store.rows(tx, scope, [identity for identity, _ in listed[:limit]])
    return Queue(
        waiting=len(listed),
        done=counted.get("decided", 0) + counted.get("learned", 0),
        rows=[_waiting(row, alike[_group(row.unknown, row.core)]) for row in shown],
    )


def _waiting(row: ReviewRow, alike: int) -> Waiting:
    return Waiting(
        id=str(row.id),
        row_no=row.row_no,
        address=normalise(mask_numbers(row.address)).text,
        unknown=row.unknown,
        alike=alike,
        probability=row.answer["probability"],
        radius=row.answer["radius"],
        reasons=row.answer["reasons"],
        options=[OptionView(**option) for option in row.answer["options"]],
    )


def _group(unknown: str, core: str) -> tuple[str, str]:
    return ("unknown", unknown) if unknown else ("core", core)


def search(tx: Transaction, scope: Scope, text: str) -> list[OptionView]:
    """Return the places that a text may mean, the best first."""
    index = current_index(tx, scope)
    return viewed([answer(index, text)], [text], index, [], scope)[0].options


def answered(index: GazetteerIndex, texts: Sequence[str], scope: Scope) -> list[tuple[Answer, dict[str, Any]]]:
    """Answer addresses; with each answer the columns of the queue that follow from it."""
    answers = [answer(index, text) for text in texts]
    views = viewed(answers, texts, index, [], scope)
    return [
        (found, {"answer": asdict(view), "unknown": unknown_name(found.fields, found.missing)})
        for found, view in zip(answers, views, strict=True)
    ]
