"""`gridmap intake`: rows of 12345 and 数字城管 become incidents, each with its grid or with what is to be asked."""

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
from gridmap.services.intake_places import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.services.intake import IntakeReport, Taken


@click.command("intake")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@crs_option
@map_option
@click.option("--source", default="", metavar="NAME", help="Source (来源) of rows that name none.")
@click.option("--layer", help="Sheet of a workbook.")
@encoding_option
@click.option("--dry-run", is_flag=True, help="Say what would become of every row; write nothing but --refused.")
@click.option("--trust-crs", is_flag=True, help="Take positions although they speak for another datum.")
@refused_option
@json_option
def command(
    file: Path,
    crs: str | None,
    pairs: tuple[str, ...],
    source: str,
    layer: str | None,
    encoding: str | None,
    dry_run: bool,
    trust_crs: bool,
    refused: Path | None,
    as_json: bool,
) -> int:
    """Take FILE, an export of 12345 or 数字城管, in as incidents.

    The header may stand below a title, among the first ten rows. Every row becomes 归格, 边界待核 or 待定位, is known
    already by its number, or comes back with a column 原因; the counts add up. New rows that may be told twice
    (疑似重复) are listed, and a person merges them. Taking the same file in again adds nothing; after an interruption
    the same command goes on. Exit code 1 when rows are refused.

    \b
    Examples:
      gridmap intake 工单导出.csv --crs bd09 --dry-run
      gridmap intake 案卷.xlsx --crs EPSG:4547
      gridmap intake 电话登记.xlsx --source 来电登记 --map address=地段
    """
    keep_input(file, refused)
    with open_database() as database, progress(f"reading {file.name}", None) as done:
        outcome = runner.run_intake(
            database,
            file,
            actor(),
            crs=crs,
            mapping=parse_mapping(pairs),
            source_name=source,
            layer=layer,
            encoding=encoding,
            dry_run=dry_run,
            trust_crs=trust_crs,
            progress=done,
        )
    report = outcome.report
    sheet = write_refused(refused, file, outcome.source, report.refusals, dry_run=dry_run)
    if as_json:
        print_json(
            asdict(report)
            | {"added": report.added, "alike": report.alike, "refused_rows": str(sheet) if sheet else None}
        )
    else:
        _print(report, sheet, dry_run=dry_run)
    return 1 if report.refusals else 0


def _print(report: IntakeReport, sheet: Path | None, *, dry_run: bool) -> None:
    verb = "would be " if dry_run else ""
    counts = ", ".join(f"{status} {count}" for status, count in report.counts.items())
    click.echo(f"{report.file} ({report.profile or 'unknown system'}): {report.total} rows; {verb}{counts}")
    for note in report.notes:
        click.echo(f"  note: {note}")
    asked = [each for each in report.rows if each.why and each.status is not Status.KNOWN]
    for each in asked[:SHOWN]:
        click.echo(f"  row {each.row} {each.number} {each.status}: {each.why}", err=True)
    show_rest(len(asked) - SHOWN, sheet)
    _print_twins([each for each in report.rows if each.duplicates])


def _print_twins(rows: Sequence[Taken]) -> None:
    if rows:
        click.echo(f"  疑似重复 {len(rows)}: look at them on /incidents, or with `gridmap case duplicates NUMBER`")
    for each in rows[:SHOWN]:
        twin = each.duplicates[0]
        where = f"row {twin.row}" if twin.row else twin.state
        apart = "same address" if twin.metres is None else f"{twin.metres:.0f} m"
        more = f", and {each.alike - 1} more" if each.alike > 1 else ""
        click.echo(
            f"  row {each.row} {each.number}: {twin.number} ({where}), {apart}, {twin.days:.1f} days{more}", err=True
        )
