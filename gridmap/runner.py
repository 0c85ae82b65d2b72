"""Long work in short transactions: the one place below the edges that commits.

Services never commit. An import is staged chunk by chunk, each chunk its own transaction, and applied in one; when
it is interrupted the same call goes on after the last staged chunk.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gridmap.files import open_source
from gridmap.services import imports
from gridmap.services.datum_evidence import Suspicion, refuse_if_shifted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from gridmap.files import Chunk, Source
    from gridmap.model.kinds import Kind
    from gridmap.services.imports import ImportReport
    from gridmap.storage.database import Database

CHUNK = 5000


@dataclass(frozen=True)
class ImportRequest:
    """Which file, and how to read it.

    Parameters
    ----------
    crs : str, optional
        As `gridmap.datum.parse_crs` takes it; None when the file carries its own.
    mapping : mapping of str to str
        Field to column.
    key : tuple of str
        Fields that identify a record, where the kind's own key is not in the file.
    trust_crs : bool
        Import although the positions speak for another datum.
    """

    kind: Kind
    path: Path
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    layer: str | None = None
    encoding: str | None = None
    trust_crs: bool = False

    def options(self) -> dict[str, Any]:
        """Return what must be equal for an interrupted import to be gone on with."""
        return {"map": dict(self.mapping), "key": list(self.key), "layer": self.layer, "encoding": self.encoding}


@dataclass(frozen=True)
class ImportOutcome:
    """The opened file, for the sheet of refused rows, and what became of its rows."""

    source: Source
    report: ImportReport


def run_import(
    database: Database,
    request: ImportRequest,
    actor: str,
    progress: Callable[[int], None] = lambda _: None,
    *,
    dry_run: bool = False,
) -> ImportOutcome:
    """Import a file, or go on with an import of it that was interrupted.

    Raises
    ------
    FileRefused, CrsRefused, CoordinatesRefused
        The file as a whole cannot be used; nothing was written.
    CoverageBroken
        Grids that are no coverage; nothing was written.
    """
    source = open_source(
        request.path,
        kind=request.kind,
        crs=request.crs,
        mapping=request.mapping,
        layer=request.layer,
        encoding=request.encoding,
        key=request.key or None,
    )
    suspicion = None if request.trust_crs else Suspicion(source)
    if dry_run:
        with database.transaction(actor) as tx:
            chunks = _watched(source.chunks(CHUNK), progress, lambda chunk: refuse_if_shifted(tx, suspicion, chunk))
            return ImportOutcome(source, imports.preview(tx, source, chunks))
    with database.transaction(actor, write=True) as tx:
        run = imports.begin(tx, source, request.options())
    resumed_after = run.staged
    for chunk in _watched(source.chunks(CHUNK, start=run.staged), progress, lambda _: None):
        with database.transaction(actor, write=True) as tx:
            refuse_if_shifted(tx, suspicion, chunk)
            run = imports.stage(tx, run, source, chunk)
    with database.transaction(actor, write=True) as tx:
        report = imports.apply(tx, run, source.notes, progress)
    return ImportOutcome(source, replace(report, resumed_after=resumed_after))


def _watched(
    chunks: Iterator[Chunk], progress: Callable[[int], None], look: Callable[[Chunk], None]
) -> Iterator[Chunk]:
    done = 0
    for chunk in chunks:
        look(chunk)
        done += len(chunk.rows)
        progress(done)
        yield chunk
