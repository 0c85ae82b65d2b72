"""Imports: what was read from which file, staged in chunks, so that an interrupted one resumes without loss."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from gridmap.errors import NotFound
from gridmap.model.kinds import FieldType, kind_named
from gridmap.storage import bulk, tables
from gridmap.storage.scoping import own
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

UNFINISHED = ("staging", "applying")


@dataclass(frozen=True)
class ImportRun:
    """One import of one file.

    Parameters
    ----------
    kind : str
        Plural name of the kind.
    sha256 : str
        Of the file: the same file with the same options goes on where it stopped.
    options : dict
        JSON values: column map, key, sheet.
    state : str
        staging, applying, applied or failed.
    total, staged : int
        Rows in the file, and rows staged so far.
    added, changed, unchanged, refused : int
        What became of them.
    """

    id: UUID
    kind: str
    file_name: str
    sha256: str
    crs: str
    options: dict[str, Any]
    state: str
    actor: str
    started_at: datetime
    finished_at: datetime | None = None
    total: int = 0
    staged: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0


@dataclass(frozen=True)
class StagedRow:
    """One row of a file on its way in.

    Parameters
    ----------
    row_no : int
        As the user counts: of the sheet.
    record : dict
        Values of the fields, dates and all.
    shape : shapely geometry or None
        Lon/lat EPSG:4490.
    reason : str or None
        Why it is refused.
    original : dict
        The cells as they came (JSON values), for the sheet of refused rows.
    """

    row_no: int
    record: dict[str, Any] | None
    shape: Geometry | None = None
    reason: str | None = None
    original: dict[str, Any] | None = None


def add_run(tx: Transaction, run: ImportRun) -> None:
    """Begin an import."""
    tx.connection.execute(tables.import_run.insert(), _run_row(run))


def update_run(tx: Transaction, run: ImportRun) -> None:
    """Write down how far an import is."""
    bulk.update(tx, tables.import_run, [_run_row(run)])


def run_named(tx: Transaction, scope: Scope, run_id: UUID) -> ImportRun:
    """Return one import.

    Raises
    ------
    NotFound
        There is none with that id, or it is somebody else's and the caller's view is limited.
    """
    row = tx.connection.execute(_runs(scope).where(tables.import_run.c.id == run_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such import", import_id=str(run_id))
    return ImportRun(**row._asdict())


def run_held(tx: Transaction, scope: Scope, run_id: UUID) -> ImportRun:
    """Return one import and hold it until the transaction ends, so that nobody else goes on with it meanwhile.

    Raises
    ------
    NotFound
        As in `run_named`.
    """
    query = _runs(scope).where(tables.import_run.c.id == run_id).with_for_update()
    row = tx.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such import", import_id=str(run_id))
    return ImportRun(**row._asdict())


def runs(tx: Transaction, scope: Scope, *, limit: int = 100) -> list[ImportRun]:
    """Return the latest imports first."""
    query = _runs(scope).order_by(tables.import_run.c.started_at.desc(), tables.import_run.c.id).limit(limit)
    return [ImportRun(**row._asdict()) for row in tx.connection.execute(query)]


def unfinished(
    tx: Transaction, scope: Scope, kind: str, sha256: str, crs: str, options: dict[str, Any]
) -> ImportRun | None:
    """Return the latest interrupted import of the same file with the same settings; None when there is none."""
    table = tables.import_run
    query = _runs(scope).where(
        table.c.kind == kind, table.c.sha256 == sha256, table.c.crs == crs, table.c.state.in_(UNFINISHED)
    )
    for row in tx.connection.execute(query.order_by(table.c.started_at.desc())):
        if row.options == options:
            return ImportRun(**row._asdict())
    return None


def stage(tx: Transaction, run_id: UUID, rows: Sequence[StagedRow]) -> None:
    """Keep a chunk of rows until the whole file is read."""
    shapes = pack([row.shape for row in rows], "GEOMETRY")
    bulk.insert(
        tx,
        tables.import_row,
        [
            {
                "import_id": run_id,
                "row_no": row.row_no,
                "record": None if row.record is None else {name: _as_json(value) for name, value in row.record.items()},
                "geom_wkb": shape,
                "reason": row.reason,
                "original": row.original,
            }
            for row, shape in zip(rows, shapes, strict=True)
        ],
    )


def staged(
    tx: Transaction, scope: Scope, run_id: UUID, *, size: int = 5000, refused: bool | None = None
) -> Iterator[list[StagedRow]]:
    """Read the staged rows in the order of the file, a list at a time.

    Parameters
    ----------
    refused : bool, optional
        Only those that are refused, or only those that are not.

    Raises
    ------
    NotFound
        As in `run_named`.
    """
    decoders = _decoders(run_named(tx, scope, run_id).kind)
    table = tables.import_row
    query = select(table).where(table.c.import_id == run_id).order_by(table.c.row_no)
    if refused is not None:
        query = query.where(table.c.reason.is_not(None) if refused else table.c.reason.is_(None))
    for chunk in tx.connection.execute(query, execution_options={"yield_per": size}).partitions():
        shapes = unpack([row.geom_wkb for row in chunk])
        yield [
            StagedRow(row.row_no, _decoded(row.record, decoders), shape, row.reason, row.original)
            for row, shape in zip(chunk, shapes, strict=True)
        ]


def clear(tx: Transaction, run_id: UUID) -> None:
    """Throw the staged rows of an import away: it is applied, or given up."""
    tx.connection.execute(tables.import_row.delete().where(tables.import_row.c.import_id == run_id))


def give_up_before(tx: Transaction, moment: datetime) -> None:
    """Give up imports that were begun before a moment and never finished: their rows hold personal values."""
    run, row = tables.import_run, tables.import_row
    old = select(run.c.id).where(run.c.state.in_(UNFINISHED), run.c.started_at < moment)
    tx.connection.execute(row.delete().where(row.c.import_id.in_(old)))
    tx.connection.execute(
        run.update().where(run.c.state.in_(UNFINISHED), run.c.started_at < moment).values(state="failed")
    )


def _runs(scope: Scope) -> Any:
    table = tables.import_run
    return select(*(table.c[field.name] for field in fields(ImportRun))).where(own(scope, table.c.actor))


def _run_row(run: ImportRun) -> dict[str, Any]:
    return {field.name: getattr(run, field.name) for field in fields(run)}


def _as_json(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _decoders(kind_name: str) -> dict[str, Callable[[str], Any]]:
    """Say which fields of a kind JSON has no type for, and how to read them."""
    readers: dict[FieldType, Callable[[str], Any]] = {
        FieldType.DATE: date.fromisoformat,
        FieldType.DATETIME: datetime.fromisoformat,
    }
    decoders = {field.name: readers[field.type] for field in kind_named(kind_name).fields if field.type in readers}
    return decoders | dict.fromkeys(("id", "community_id", "import_id"), UUID)


def _decoded(record: dict[str, Any] | None, decoders: dict[str, Callable[[str], Any]]) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        name: decoders[name](value) if value is not None and name in decoders else value
        for name, value in record.items()
    }
