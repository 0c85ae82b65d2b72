"""The demonstration from its raw files to a database: what an office would do, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.demo.build import build
from gridmap.demo.cases import LAST_DAY
from gridmap.demo.orders import FOLDER, write_orders
from gridmap.demo.raw import Delivery, Recovery, recovered, write_raw
from gridmap.errors import GridmapError
from gridmap.files import write_refusals
from gridmap.files.layers import read_layer, write_layer
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.runner import ImportRequest, run_import
from gridmap.services.boundaries import repair_layer
from gridmap.services.grids_of import grid_codes

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from gridmap.demo.town import Truth
    from gridmap.services.imports import ImportReport
    from gridmap.storage.database import Database

ACTOR = "demo"


@dataclass(frozen=True)
class Imported:
    """One delivered file, and what became of its rows."""

    delivery: Delivery
    report: ImportReport


@dataclass(frozen=True)
class DemoReport:
    """What the demonstration recovered of its truth, by kind."""

    imported: tuple[Imported, ...]
    recovery: dict[str, Recovery]


def run_demo(
    database: Database, folder: Path, *, seed: int, size: str, say: Callable[[str], None], last: date = LAST_DAY
) -> DemoReport:
    """Build the demonstration sub-district, write its raw files, import them, and compare with the truth.

    Parameters
    ----------
    database : Database
        Empty.
    folder : Path
        Raw files go to `raw` below it, rows that were refused to `refused`.
    say : callable
        Takes one line of progress.
    last : date
        The day that the year of incidents ends with.

    Raises
    ------
    GridmapError
        A delivery has other refusals than were put into it: the demonstration would not tell the truth.
    """
    truth = build(seed, size, last)
    raw, refused = folder / "raw", folder / "refused"
    manifest = write_raw(truth, raw)
    orders = write_orders(truth, raw)
    refused.mkdir(parents=True, exist_ok=True)
    say(f"{len(manifest.deliveries)} raw files in {raw}")
    say(f"{len(orders)} orders of 12345 and 数字城管 for `gridmap intake`, not imported: {raw / FOLDER}")
    imported = tuple(_import(database, raw, refused, delivery, say) for delivery in manifest.deliveries)
    return DemoReport(imported, _recovery(database, truth))


def _import(database: Database, raw: Path, refused: Path, delivery: Delivery, say: Callable[[str], None]) -> Imported:
    path, crs = raw / delivery.file, delivery.crs
    if delivery.repair:
        layer = read_layer(path, crs=crs)
        done = repair_layer(
            layer, snapping=delivery.repair["snapping"], gap_width=delivery.repair["gap_width"], accept_all=True
        )
        path = path.with_name(f"repaired-{path.stem}.gpkg")
        write_layer(path, layer, done.shapes, layer.crs)
        crs = None  # the repaired file carries it
        say(
            f"{delivery.file}: repaired, {done.before.bad_edge_features} borders did not match, "
            f"{done.before.overlaps} overlaps, {done.before.holes} gaps; {len(done.repair.changes)} features changed"
        )
    request = ImportRequest(kind_named(delivery.kind), path, crs=crs, mapping=delivery.mapping)
    outcome = run_import(database, request, ACTOR)
    report = outcome.report
    if report.refusals:
        suffix = ".csv" if path.suffix == ".csv" else ".xlsx"
        write_refusals(refused / f"{path.stem}.退回{suffix}", outcome.source, report.refusals)
    if report.refused != delivery.expected_refused:
        raise GridmapError(
            f"{delivery.file}: {report.refused} rows were refused, {delivery.expected_refused} had a mistake",
            refusals=[str(refusal) for refusal in report.refusals],
        )
    say(f"{delivery.file}: {report.added} {delivery.kind} added, {report.refused} refused")
    return Imported(delivery, report)


def _recovery(database: Database, truth: Truth) -> dict[str, Recovery]:
    with database.transaction(ACTOR) as tx:
        scope = Scope.everything(ACTOR)
        return {
            kind.name: recovered(truth.layers[kind.name], grid_codes(tx, scope, kind))
            for kind in ASSIGNED_KINDS
            if kind.name in truth.layers
        }
