"""`gridmap address batch` answers the addresses of a table."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from gridmap import address_runner
from gridmap.cli.common import actor, json_option, open_database, print_json, progress


@click.command("batch")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Table to write.")
@click.option("--column", help="Column that holds the addresses, when it is not recognised.")
@click.option("--layer", help="Sheet of a workbook.")
@click.option("--processes", type=click.IntRange(1, 64), help="How many processes answer [one for each core].")
@json_option
def command(
    file: Path, output: Path, column: str | None, layer: str | None, processes: int | None, as_json: bool
) -> None:
    """Write the rows of FILE (CSV or XLSX) again with match level, point, radius, probability, reasons and grid.

    What was answered is kept: interrupted, the same command goes on where it stopped.

    \b
    Examples:
      gridmap address batch hotline.xlsx -o hotline-answered.xlsx
      gridmap address batch households.csv -o answered.csv --column 住址 --processes 2
    """
    count = processes or os.cpu_count() or 1
    with open_database() as database, progress("geocoding", None) as done:
        report = address_runner.geocode_table(
            database, file, output, actor(), done, column=column, sheet=layer, processes=count
        )
    if as_json:
        print_json(asdict(report))
        return
    click.echo(f"{output}: {report.rows:,} rows, {report.kept:,} answered before, mean {report.mean_probability:.3f}")
    for counts in (report.levels, report.bands, report.verdicts):
        click.echo("  " + ", ".join(f"{name} {number:,}" for name, number in counts.items()))
    for street, rows, share in report.worst_streets[:5]:
        click.echo(f"  {street}: {share:.0%} of {rows} rows for a person to look at")
    if report.unknown_names:
        click.echo("  unknown: " + ", ".join(f"{name} ({rows})" for name, rows in report.unknown_names[:10]))
