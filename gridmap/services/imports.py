"""Files into the database: staged in chunks, applied whole, every row accounted for.

Nothing here commits. The runner commits each staged chunk, so that an interrupted import goes on where it stopped,
and applies everything in one transaction, so that nothing is half written.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import BadInput, Conflict, NoPlan
from gridmap.files import Refusal
from gridmap.model.kinds import Kind, kind_named
from gridmap.model.land import new_id
from gridmap.services import assigning, case_import, grid_import
from gridmap.services.areas import Areas, add_subdistrict, areas, subdistrict_coded
from gridmap.services.plan_land import today
from gridmap.services.rows import Incoming, Judged, Outcome, judge, key_of
from gridmap.storage import assignments, audit, land, registers
from gridmap.storage import imports as store
from gridmap.storage.imports import ImportRun, StagedRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from gridmap.files import Chunk, Row, Source
    from gridmap.model.cases import Assignment
    from gridmap.storage.database import Transaction

_RESUMABLE = timedelta(days=7)
_WHOLE = ("grids", "communities", "subdistricts")  # few rows that are judged together


@dataclass(frozen=True)
class ImportReport:
    """What became of every row of a file."""

    kind: str
    file: str
    total: int
    added: int
    changed: int
    unchanged: int
    refused: int
    refusals: list[Refusal]
    notes: list[str]
    resumed_after: int = 0


@dataclass
class _Tally:
    """Counts rows as they are judged."""

    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    refusals: list[Refusal] = field(default_factory=list)

    def add(self, judged: Iterable[Judged]) -> None:
        for each in judged:
            self.outcomes[each.outcome] += 1
            if each.refusal:
                self.refusals.append(each.refusal)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        self.outcomes[Outcome.REFUSED] += len({refusal.row for refusal in refusals})
        self.refusals.extend(refusals)

    def report(self, kind: Kind, file: str, notes: list[str], resumed_after: int = 0) -> ImportReport:
        return ImportReport(
            kind=kind.name,
            file=file,
            total=sum(self.outcomes.values()),
            **{outcome.value: count for outcome, count in self.outcomes.items()},
            refusals=sorted(self.refusals, key=lambda refusal: refusal.row),
            notes=notes,
            resumed_after=resumed_after,
        )


def begin(tx: Transaction, source: Source, options: dict[str, Any]) -> ImportRun:
    """Begin an import of a file, or find the interrupted one of the same file with the same options.

    Imports that nobody has gone on with for a week are given up, since their rows hold personal values.
    """
    store.give_up_before(tx, tx.now - _RESUMABLE)
    crs = source.crs.name if source.crs else ""
    scope = Scope.everything(tx.actor)
    run = store.unfinished(tx, scope, source.kind.name, source.sha256, crs, options)
    if run:
        return run
    run = ImportRun(
        id=new_id(),
        kind=source.kind.name,
        file_name=source.path.name,
        sha256=source.sha256,
        crs=crs,
        options=options,
        state="staging",
        actor=tx.actor,
        started_at=tx.now,
        total=source.total or 0,
    )
    store.add_run(tx, run)
    return run


def incoming(source: Source, row: Row) -> Incoming:
    """Take a readable row as it came; with another key than the kind's, the key becomes the code."""
    values = dict(row.values)
    if "code" in source.kind.key and not values.get("code"):
        values["code"] = "|".join(str(values.get(name) or "") for name in source.reading.key)
    return Incoming(row.number, values, row.geometry)


def stage(tx: Transaction, run: ImportRun, source: Source, chunk: Chunk) -> ImportRun:
    """Keep a chunk of rows for the moment when all are there; the run remembers how far it is.

    Raises
    ------
    Conflict
        Somebody else has gone on with this import.
    """
    _require_ours(tx, run)
    rows = []
    for row in chunk.rows:
        if row.refusals:
            refusals = [asdict(refusal) for refusal in row.refusals]
            reason = "；".join(refusal.reason for refusal in row.refusals)
            rows.append(StagedRow(row.number, None, None, reason, {"refusals": refusals}))
        else:
            taken = incoming(source, row)
            rows.append(StagedRow(taken.number, taken.values, taken.geometry))
    store.stage(tx, run.id, rows)
    run = replace(run, staged=chunk.last)
    store.update_run(tx, run)
    return run


def _require_ours(tx: Transaction, run: ImportRun) -> None:
    """Hold the run, and stop when somebody else has gone on with it since we looked.

    Raises
    ------
    Conflict
        The same file is being imported by two at once; the other one is ahead.
    """
    stored = store.run_held(tx, Scope.everything(tx.actor), run.id)
    if stored.state not in store.UNFINISHED or stored.staged != run.staged:
        raise Conflict(
            f"{run.file_name} is imported by somebody else at the moment: import it again to see what is new"
        )


def preview(tx: Transaction, source: Source, chunks: Iterable[Chunk]) -> ImportReport:
    """Say what an import would do; nothing is written."""
    tally = _Tally()
    known = areas(tx, Scope.everything(tx.actor))
    whole: list[Incoming] = []
    for chunk in chunks:
        tally.refuse([refusal for row in chunk.rows for refusal in row.refusals])
        good = [incoming(source, row) for row in chunk.rows if not row.refusals]
        if source.kind.name == "grids":
            whole.extend(good)
        else:
            tally.add(_judged(tx, source.kind, good, known))
    if whole:
        tally.add(_judged_grids(tx, whole, known))
    return tally.report(source.kind, source.path.name, list(source.notes))


def apply(
    tx: Transaction, run: ImportRun, notes: list[str], progress: Callable[[int], None] = lambda _: None
) -> ImportReport:
    """Write all staged rows in this one transaction, give each located record its grid, and close the run.

    Raises
    ------
    CoverageBroken
        Grids that overlap or do not match beyond hairlines.
    Conflict
        Somebody else has gone on with this import and finished it.
    """
    kind = kind_named(run.kind)
    tally, notes = _Tally(), list(notes)
    everything = Scope.everything(tx.actor)
    _require_ours(tx, run)
    for unusable in store.staged(tx, everything, run.id, refused=True):
        for row in unusable:
            tally.refuse([Refusal(**each) for each in (row.original or {}).get("refusals", [])])
    if kind.name in _WHOLE:
        whole = [row for chunk in _staged(tx, run) for row in chunk]
        tally.add(_apply_whole(tx, kind, run, whole, notes))
        progress(len(whole))
    else:
        known, done = areas(tx, everything), 0
        for rows in _staged(tx, run):
            judged = _judged(tx, kind, rows, known)
            _write(tx, kind, run.id, judged)
            tally.add(judged)
            done += len(rows)
            progress(done)
    if kind.name == "inclusions" and tally.outcomes[Outcome.ADDED] + tally.outcomes[Outcome.CHANGED]:
        _assign_again(tx, notes)
    report = tally.report(kind, run.file_name, notes)
    counts = {name: getattr(report, name) for name in ("total", "added", "changed", "unchanged", "refused")}
    store.update_run(tx, replace(run, state="applied", finished_at=tx.now, **counts))
    store.clear(tx, run.id)
    detail = counts | {"file": run.file_name, "sha256": run.sha256, "crs": run.crs}
    audit.record(tx, "import", kind.singular, run.id, count=report.added + report.changed, detail=detail)
    return report


def _staged(tx: Transaction, run: ImportRun) -> Iterator[list[Incoming]]:
    for rows in store.staged(tx, Scope.everything(tx.actor), run.id, refused=False):
        yield [Incoming(row.row_no, row.record or {}, row.shape) for row in rows]


def _judged(tx: Transaction, kind: Kind, rows: Sequence[Incoming], known: Areas) -> list[Judged]:
    keys = [key_of(kind, row.values) for row in rows]
    stored = registers.existing_by_key(tx, Scope.everything(tx.actor), kind, keys)
    return judge(kind, case_import.news(tx, rows, stored) if kind.name == "incidents" else rows, stored, known)


def _judged_grids(tx: Transaction, rows: Sequence[Incoming], known: Areas) -> list[Judged]:
    subdistricts = land.subdistricts(tx, Scope.everything(tx.actor))
    first = next((row.values["code"] for row in rows if row.values.get("code")), "")
    owner = subdistrict_coded(subdistricts, codes.subdistrict_of(first))
    return grid_import.judge_grids(rows, known, grid_import.standing(tx, owner))


def _apply_whole(
    tx: Transaction, kind: Kind, run: ImportRun, rows: Sequence[Incoming], notes: list[str]
) -> list[Judged]:
    known = areas(tx, Scope.everything(tx.actor))
    if kind.name != "grids":
        judged = _judged(tx, kind, rows, known)
        _write(tx, kind, run.id, _with_parents(tx, kind, run, judged, notes))
        return judged
    judged = _judged_grids(tx, rows, known)
    name = f"网格划分方案（{today(tx)} 导入）"
    outcome = grid_import.apply_grids(tx, judged, known, name)
    if outcome.repaired:
        moved = max(change.distance for change in outcome.repaired.changes)
        notes.append(f"{len(outcome.repaired.changes)} 个网格的边界已与相邻网格对齐，最多移动 {moved:.3f} 米")
    if outcome.plan:
        notes.append(f"方案「{outcome.plan.name}」自 {outcome.plan.valid_from} 起启用")
        _assign_again(tx, notes)
    return judged


def _assign_again(tx: Transaction, notes: list[str]) -> None:
    """Decide everything again after the plan or its inclusion lists changed; before there is a plan, nothing."""
    try:
        summary = assigning.recalculate(tx)
    except NoPlan:
        return
    if summary.total:
        notes.append(f"已重新归格 {summary.total} 条")


def _with_parents(tx: Transaction, kind: Kind, run: ImportRun, judged: list[Judged], notes: list[str]) -> list[Judged]:
    """Give new sub-districts their plane and new communities their sub-district, made when there is none."""
    subdistricts = land.subdistricts(tx, Scope.everything(tx.actor))
    complete = []
    for each in judged:
        extra: dict[str, Any] = {}
        if each.outcome is Outcome.ADDED and kind.name == "subdistricts":
            extra = {"plane": _plane_of(each)}
        elif each.outcome is Outcome.ADDED:
            code = codes.subdistrict_of(each.record["code"])
            owner = subdistrict_coded(subdistricts, code)
            if owner is None:
                owner = add_subdistrict(tx, code, f"{code}街道", _lon_of(each), import_id=run.id)
                subdistricts.append(owner)
                notes.append(
                    f"已新建街道 {code}，按 EPSG:{owner.plane} 量算；名称可用 gridmap import subdistricts 导入"
                )
            extra = {"subdistrict_id": owner.id}
        complete.append(replace(each, record=each.record | extra))
    return complete


def _lon_of(each: Judged) -> float:
    shape = each.record.get("geom")
    if shape is None:
        raise BadInput(
            f"row {each.row.number}: {each.record['code']} has no outline, and no sub-district tells where it lies; "
            "give it an outline, or run `gridmap init --code … --name … --lon …` first",
            row=each.row.number,
        )
    return float(shapely.get_x(shapely.centroid(shape)))


def _plane_of(each: Judged) -> int:
    plane = Plane.at(_lon_of(each)).epsg
    assert plane is not None  # noqa: S101 -- Plane.at picks one of the coded zones
    return plane


def _write(tx: Transaction, kind: Kind, run_id: UUID, judged: Sequence[Judged]) -> None:
    """Add and change records, give each that has a place its grid, and each new incident its file."""
    added = [each.record | {"id": new_id(), "import_id": run_id} for each in judged if each.outcome is Outcome.ADDED]
    changed = [
        each.record | {"id": each.stored["id"], "import_id": run_id}
        for each in judged
        if each.outcome is Outcome.CHANGED and each.stored
    ]
    verdicts: dict[UUID, Assignment] = {}
    stored = {each.stored["id"]: each.stored for each in judged if each.stored}
    if kind.assigned:
        verdicts = _assign(tx, kind, [*added, *changed], stored)
    files = case_import.opened_for(tx, added, verdicts) if kind.name == "incidents" else None
    registers.insert_many(tx, kind, added)
    if files:
        case_import.write(tx, files)
        case_import.taken_in(tx, changed, stored, verdicts)
    by_fields: dict[frozenset[str], list[dict[str, Any]]] = {}
    for record in changed:
        by_fields.setdefault(frozenset(record), []).append(record)
    for records in by_fields.values():
        registers.update_many(tx, kind, records)


def _assign(
    tx: Transaction, kind: Kind, records: list[dict[str, Any]], stored: dict[UUID, dict[str, Any]]
) -> dict[UUID, Assignment]:
    """Decide records before they are written; one that names no community gets that of its grid."""
    if not records:
        return {}
    whole = [stored.get(record["id"], {}) | record for record in records]
    shapes = np.array([record.get("geom") for record in whole], dtype=object)
    lonlat = np.column_stack((shapely.get_x(shapes), shapely.get_y(shapes)))
    columns = {name: [record.get(name) for record in whole] for name in assigning.wanted_columns(kind)}
    located = assigning.decide_now(tx, kind, [record["id"] for record in records], lonlat, columns)
    if located is None:
        return {}
    assignments.put(tx, located.assignments)
    for record, full, community in zip(records, whole, located.community_ids, strict=True):
        if full.get("community_id") is None and community is not None:
            record["community_id"] = community
    return {each.subject_id: each for each in located.assignments}
