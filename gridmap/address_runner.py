"""Addresses in short transactions: a table answered chunk by chunk, an online service asked after that was committed.

As `runner`, it commits, and services do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.request import urlopen

from gridmap.access import Scope
from gridmap.errors import BadInput
from gridmap.files.plain import open_addresses, write_plain
from gridmap.services import address_queue, geocode_batch, online_geocoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gridmap.files.plain import PlainChunk
    from gridmap.services.geocode_batch import Asked, BatchReport
    from gridmap.services.online_geocoding import OnlineAnswer, Provider
    from gridmap.storage.database import Database

CHUNK = 2000  # rows; an interruption loses two chunks at most
_TIMEOUT, _LONGEST_ANSWER = 10.0, 1_000_000  # seconds, bytes


def geocode_table(
    database: Database,
    path: Path,
    output: Path,
    actor: str,
    progress: Callable[[int], None] = lambda _: None,
    *,
    column: str | None = None,
    sheet: str | None = None,
    processes: int = 1,
) -> BatchReport:
    """Write the rows of a table again, each with the answer to its address; go on where an earlier call stopped.

    What was not accepted by itself enters the queue of addresses to check.

    Raises
    ------
    FileRefused
        It is no table, or damaged.
    BadInput
        There is no such column, the answer cannot be written in that form, or it would replace what is read.
    NoGazetteer
        It was not built yet.
    """
    if output.exists() and output.samefile(path):
        raise BadInput(f"{output.name} is the table that is read: name another with -o", file=output.name)
    table = open_addresses(path, sheet, column)
    at = table.address_column(column)
    own = geocode_batch.own_columns(table.columns)
    scope = Scope.everything(actor)
    with database.transaction(actor, write=True) as tx:
        run = geocode_batch.begin(tx, scope, table, at)
    tally = geocode_batch.Tally()

    def stored(chunk: PlainChunk, asked: Asked) -> Iterator[list[object]]:
        answers = list(asked.answers)  # not within the transaction: others write meanwhile
        with database.transaction(actor, write=True) as tx:
            found = geocode_batch.store_chunk(tx, run, asked, answers, tally)
        progress(sum(tally.bands.values()))
        rows = enumerate(zip(chunk.rows, found, strict=True))
        return (
            [*row[:own], *geocode_batch.added_columns(each, chunk.faults.get(position, ""))]
            for position, (row, each) in rows
        )

    def answered() -> Iterator[list[object]]:
        before: tuple[PlainChunk, Asked] | None = None
        with geocode_batch.asking(run, scope, processes) as ask:
            for chunk in table.chunks(CHUNK):
                texts = geocode_batch.texts_of(chunk, at)
                with database.transaction(actor) as tx:
                    asked = geocode_batch.ask_chunk(tx, scope, run, chunk.numbers, texts, ask)
                if before is not None:  # stored while the next are being answered
                    yield from stored(*before)
                before = chunk, asked
            if before is not None:
                yield from stored(*before)

    write_plain(output, [*table.columns[:own], *geocode_batch.COLUMNS], answered())
    with database.transaction(actor, write=True) as tx:
        report = geocode_batch.finish(tx, run, tally)
    after: int | None = -1
    while after is not None:
        with database.transaction(actor, write=True) as tx:
            after = address_queue.enqueue(tx, scope, run.id, after)
    return report


def fetched(url: str) -> bytes:
    """Return what an address on the network answers.

    Raises
    ------
    BadInput
        It does not answer.
    """
    try:
        with urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310 -- made by a provider, https
            content: bytes = answer.read(_LONGEST_ANSWER)
    except OSError as error:
        raise BadInput(f"the online service does not answer: {type(error).__name__}; try again later") from error
    return content


def ask_online(
    database: Database,
    provider: Provider,
    text: str,
    actor: str,
    fetch: Callable[[str], bytes] = fetched,
) -> OnlineAnswer | None:
    """Ask an online geocoder for an address; that it was asked is committed before anything leaves.

    Raises
    ------
    BadInput
        Nothing that may leave is in the text, or the provider does not answer as it documents.
    CoordinatesRefused
        The answer is outside the sub-district.
    NoGazetteer, NoPlan
        Nothing tells what may leave, or what is outside.
    """
    scope = Scope.everything(actor)
    with database.transaction(actor, write=True) as tx:
        asked = online_geocoding.disclose(tx, scope, provider, text)
    content = fetch(provider.url(asked))
    with database.transaction(actor) as tx:
        return online_geocoding.accept(tx, scope, provider, asked, content)
