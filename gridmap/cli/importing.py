"""`gridmap import`: a file into the database, row by row accounted for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap import runner
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json, progress
from gridmap.cli.sheets import (
    SHOWN,
    encoding_option,
    keep_input,
    map_option,
    parse_mapping,
    refused_option,
    show_rest,
    write_refused,
)
from gridmap.errors import BadInput
from gridmap.files import label
from gridmap.model.kinds import KINDS, kind_named

if TYPE_CHECKING:
    from gridmap.services.imports import ImportReport


@click.command("import", epilog="Kinds: " + ", ".join(kind.name for kind in KINDS))
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@crs_option
@map_option
@click.option("--key", multiple=True, metavar="FIELD", help="Field that identifies a record; repeatable.")
@click.option("--layer", help="Layer of a GeoPackage or sheet of a workbook.")
@encoding_option
@click.option(
    "--dry-run", is_flag=True, help="Show what would be added, changed, left, refused; write nothing but --refused."
)
@click.option("--trust-crs", is_flag=True, help="Import although the positions speak for another datum.")
@refused_option
@click.option("--as-plan", metavar="NAME", help="Grids: store the file as a draft of that name, not in force.")
@click.option(
    "--identity",
    type=click.Choice(["code", "name"]),
    default="code",
    show_default=True,
    help="With --as-plan: by what a grid of the file is known to be one of the plan in force.",
)
@json_option
def command(
    kind: str,
    file: Path,
    crs: str | None,
    pairs: tuple[str, ...],
    key: tuple[str, ...],
    layer: str | None,
    encoding: str | None,
    dry_run: bool,
    trust_crs: bool,
    refused: Path | None,
    as_plan: str | None,
    identity: str,
    as_json: bool,
) -> int:
    """Import FILE as records of KIND.

    Reads GeoJSON, Shapefile, GeoPackage, KML, DXF, CSV and XLSX. Importing the same file twice changes nothing; an
    interrupted import goes on where it stopped. Rows that cannot be used come back as the same sheet with a column
    原因; the exit code is then 1.

    \b
    Examples:
      gridmap import communities communities.geojson
      gridmap import grids grids.shp --crs EPSG:4547 --dry-run
      gridmap import households 户籍.csv --crs gcj02 --map address=详细地址
      gridmap import grids 新方案.geojson --as-plan 2027年调整 --identity name
    """
    keep_input(file, refused)
    request = runner.ImportRequest(
        kind=kind_named(kind),
        path=file,
        crs=crs,
        mapping=parse_mapping(pairs),
        key=key,
        layer=layer,
        encoding=encoding,
        trust_crs=trust_crs,
    )
    if as_plan is not None:
        return _as_plan(request, as_plan, identity, as_json=as_json)
    with open_database() as database, progress(f"reading {file.name}", None) as done:
        outcome = runner.run_import(database, request, actor(), done, dry_run=dry_run)
    report = outcome.report
    sheet = write_refused(refused, file, outcome.source, report.refusals, dry_run=dry_run)
    if as_json:
        print_json(asdict(report) | {"refused_rows": str(sheet) if sheet else None})
    else:
        _print(report, sheet, dry_run=dry_run)
    return 1 if report.refused else 0


def _as_plan(request: runner.ImportRequest, name: str, identity: str, *, as_json: bool) -> int:
    if request.kind.name != "grids":
        raise BadInput(f"--as-plan takes grids, not {request.kind.name}: a plan is made of them", option="--as-plan")
    with open_database() as database:
        made = runner.import_as_plan(database, request, actor(), name, identity)
    if as_json:
        print_json(asdict(made))
    else:
        click.echo(
            f"草案 {made.plan} {made.plan_id}: {made.grids} grids, {made.kept} of the plan in force "
            f"({made.recoded} with another code), {made.new} new; {made.retired} retired; "
            f"{made.aligned} borders aligned with neighbours\n"
            f"`gridmap plan diff {made.plan_id}` compares it with the plan in force"
        )
    return 0


def _print(report: ImportReport, sheet: Path | None, *, dry_run: bool) -> None:
    kind = kind_named(report.kind)
    if report.resumed_after:
        click.echo(f"went on after row {report.resumed_after}")
    verb = "would be " if dry_run else ""
    click.echo(
        f"{kind.chinese} {report.file}: {report.total} rows; {verb}added {report.added}, changed {report.changed}, "
        f"unchanged {report.unchanged}, refused {report.refused}"
    )
    for note in report.notes:
        click.echo(f"  note: {note}")
    for refusal in report.refusals[:SHOWN]:
        name = f"{refusal.field} ({label(kind, refusal.field)})" if refusal.field else "row"
        click.echo(f"  row {refusal.row}, {name}: {refusal.reason}", err=True)
    show_rest(len(report.refusals) - SHOWN, sheet)
