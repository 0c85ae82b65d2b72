"""Long work in short transactions: the one place below the edges that commits.

Services never commit. An import is staged chunk by chunk, each chunk its own transaction, and applied in one; when
it is interrupted the same call goes on after the last staged chunk.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.errors import FileRefused, GridmapError
from gridmap.files import Refusal, open_source
from gridmap.model.kinds import kind_named
from gridmap.model.orders import ORDERS
from gridmap.services import (
    activation,
    imports,
    intake,
    plan_import,
    plan_schedule,
)
from gridmap.services.approval import read_document
from gridmap.services.datum_evidence import Suspicion, refuse_if_shifted
from gridmap.services.intake import IntakeReport
from gridmap.services.intake_places import from_gazetteer
from gridmap.services.intake_twins import with_twins
from gridmap.services.limits_redline import changed_sentences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path
    from uuid import UUID

    from gridmap.files import Chunk, Source
    from gridmap.model.kinds import Kind
    from gridmap.model.land import Plan
    from gridmap.services.activation import Activation
    from gridmap.services.imports import ImportReport
    from gridmap.services.intake_places import Geocode
    from gridmap.services.plan_import import PlanImport
    from gridmap.storage.database import Database, Transaction

CHUNK = 5000
_INCIDENTS = kind_named("incidents")
INTAKE_CHUNK = 250  # rows of another system: each is located and gets its duty, and a report must not wait for long


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

    def opened(self) -> Source:
        """Open the file as it is to be read.

        Raises
        ------
        FileRefused, CrsRefused, CoordinatesRefused
            It cannot be used.
        """
        return open_source(
            self.path,
            kind=self.kind,
            crs=self.crs,
            mapping=self.mapping,
            layer=self.layer,
            encoding=self.encoding,
            key=self.key or None,
        )


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
    source = request.opened()
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


@dataclass(frozen=True)
class IntakeOutcome:
    """The opened sheet, for the sheet of refused rows, and what became of its rows."""

    source: Source
    report: IntakeReport


def run_intake(
    database: Database,
    path: Path,
    actor: str,
    *,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    source_name: str = "",
    layer: str | None = None,
    encoding: str | None = None,
    trust_crs: bool = False,
    dry_run: bool = False,
    geocoder: Callable[[Transaction], Geocode] = from_gazetteer,
    progress: Callable[[int], None] = lambda _: None,
) -> IntakeOutcome:
    """Take the rows of a sheet of 12345 or 数字城管 in as incidents, some at a time.

    Each row is an incident by its number: after an interruption the same call adds what is missing, and nothing twice.

    Parameters
    ----------
    source_name : str
        来源 of rows that name none; else that of the system whose export the columns look like.
    trust_crs : bool
        Take positions although they speak for another datum.
    geocoder : callable
        Makes the function from addresses to points.

    Raises
    ------
    FileRefused, CrsRefused, CoordinatesRefused
        The sheet as a whole cannot be used; rows before the place where that was found are kept.
    """
    sheet = open_source(path, kind=ORDERS, crs=crs, mapping=mapping, layer=layer, encoding=encoding)
    profile = intake.profile_of_columns(sheet.columns)
    report = IntakeReport(file=path.name, profile=profile, notes=list(sheet.notes))
    suspicion = None if trust_crs else Suspicion(replace(sheet, reading=replace(sheet.reading, kind=_INCIDENTS)))
    seen = 0
    for chunk in sheet.chunks(INTAKE_CHUNK):
        report.refuse([refusal for row in chunk.rows for refusal in row.refusals])
        orders = [intake.order_in(row, profile, source_name) for row in chunk.rows if not row.refusals]
        with database.transaction(actor, write=not dry_run) as tx:
            refuse_if_shifted(tx, suspicion, chunk)
            taken = intake.take_in(tx, orders, geocoder(tx), dry_run=dry_run, file=path.name)
        report.add(taken)
        report.refusals.extend(
            Refusal(each.row, "", each.number, each.why, "refused") for each in taken if each.status == "退回"
        )
        seen += len(chunk.rows)
        progress(seen)
    with database.transaction(actor) as tx:
        report.rows = sorted(with_twins(tx, Scope.everything(actor), report.rows), key=lambda each: each.row)
    return IntakeOutcome(sheet, report)


def _watched(
    chunks: Iterator[Chunk], progress: Callable[[int], None], look: Callable[[Chunk], None]
) -> Iterator[Chunk]:
    done = 0
    for chunk in chunks:
        look(chunk)
        done += len(chunk.rows)
        progress(done)
        yield chunk


def import_as_plan(
    database: Database, request: ImportRequest, actor: str, name: str, identity: str = "code"
) -> PlanImport:
    """Import a file of grids as a draft: the whole file, or nothing.

    Raises
    ------
    FileRefused
        The file, or a row of it, cannot be used.
    BadInput, NoPlan, CoverageBroken
        As `gridmap.services.plan_import.import_plan`.
    """
    source = request.opened()
    rows = [row for chunk in source.chunks(CHUNK) for row in chunk.rows]
    refused = next((refusal for row in rows for refusal in row.refusals), None)
    if refused:
        raise FileRefused(
            f"row {refused.row}: {refused.reason}; a plan is imported whole or not at all", row=refused.row
        )
    with database.transaction(actor, write=True) as tx:
        return plan_import.import_plan(tx, [imports.incoming(source, row) for row in rows], name, identity)


@dataclass(frozen=True)
class Approval:
    """What a plan takes effect by.

    Parameters
    ----------
    number, day
        批准文号 of the document that puts it in force, and the day on it.
    revision : int, optional
        The revision that was checked: another one is refused.
    """

    number: str | None = None
    day: date | None = None
    revision: int | None = None


def activate_plan(
    database: Database,
    plan_id: UUID,
    actor: str,
    day: date | None = None,
    by: Approval | None = None,
    *,
    scope: Scope | None = None,
) -> Activation:
    """Let a plan take effect on a day: at once when that day has come, else it waits for it.

    What is told of it is read before anything is written: what fails then leaves no plan in force behind.

    Parameters
    ----------
    scope : Scope, optional
        What the caller sees; everything on the command line, which names none.

    Raises
    ------
    BadInput
        The day has passed or is too far away, or the document of approval cannot be.
    Forbidden
        It would change grids that are out of scope.
    StaleRevision
        The plan has another revision than the one that was checked.
    PlanRefused
        The plan breaks a rule.
    Conflict
        It cannot take effect, follows a plan that is no longer in force, or was changed meanwhile.
    """
    scope, by = scope or Scope.everything(actor), by or Approval()
    with database.transaction(actor) as tx:
        first = plan_schedule.first_day(tx, scope, plan_id, day)
        document = read_document(tx, by.number, by.day)
        due = plan_schedule.is_due(tx, first)
        ready = activation.prepare(tx, scope, plan_id, first, revision=by.revision) if due else None
        limits = tuple(changed_sentences(tx, scope, plan_id)) if due else ()
    with database.transaction(actor, write=True) as tx:
        if ready is None:
            done = plan_schedule.schedule(tx, scope, plan_id, first, document=document, revision=by.revision)
            return replace(done, limits=tuple(changed_sentences(tx, scope, plan_id)))
        return replace(activation.take_effect(tx, ready, document=document), limits=limits)


@dataclass(frozen=True)
class DueOutcome:
    """What became of a plan whose day had come: the activation, or why there was none."""

    plan: Plan
    activation: Activation | None
    refused: GridmapError | None


def activate_due(database: Database, actor: str) -> list[DueOutcome]:
    """Let every plan take effect whose day has come, the earliest first. Doing it again changes nothing.

    A plan that cannot take effect keeps no other one from it, and is reported.
    """
    with database.transaction(actor) as tx:
        waiting = plan_schedule.due_plans(tx, Scope.everything(actor))
    outcomes = []
    for plan in waiting:
        seen = Approval(revision=plan.revision)  # one that is withdrawn or put off at this very moment is refused
        try:
            outcomes.append(DueOutcome(plan, activate_plan(database, plan.id, actor, by=seen), None))
        except GridmapError as error:
            outcomes.append(DueOutcome(plan, None, error))
    return outcomes
