"""`gridmap assign`: give everything its grid, in the database or in a table of your own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json, progress
from gridmap.errors import BadInput
from gridmap.services.assign_table import assign_table
from gridmap.services.assigning import recalculate


@click.command("assign")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Table to write; goes with FILE.")
@crs_option
@click.option("--layer", help="Layer of a GeoPackage or sheet of a workbook.")
@click.option("--encoding", help="Encoding of the text, when it is not recognised (utf-8, gbk).")
@json_option
def command(
    file: Path | None,
    output: Path | None,
    crs: str | None,
    layer: str | None,
    encoding: str | None,
    as_json: bool,
) -> int:
    """Decide again which grid every household, shop and incident belongs to.

    With FILE: write that table again with the columns 网格编码, 网格名称, 所属社区, 判定 and 距边界米; the database
    keeps nothing of it. Exit code 1 when some have no grid.

    \b
    Examples:
      gridmap assign
      gridmap assign hotline.xlsx --crs gcj02 -o hotline-grids.xlsx
    """
    if file is None:
        return _everything(as_json=as_json)
    if output is None:
        raise BadInput("assign FILE needs -o: name the table to write", option="-o")
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        scope = Scope.everything(actor())
        summary = assign_table(tx, scope, file, output, crs=crs, layer=layer, encoding=encoding)
    if as_json:
        print_json(asdict(summary))
    else:
        click.echo(f"{output}: {summary.rows} rows; " + _listed(summary.by_reason))
        for note in summary.notes:
            click.echo(f"  note: {note}")
    return 1 if {"outside", "unlocated"} & set(summary.by_reason) else 0


def _everything(*, as_json: bool) -> int:
    with (
        open_database() as database,
        database.transaction(actor(), write=True) as tx,
        progress("assigning", None) as done,
    ):
        summary = recalculate(tx, done)
    if as_json:
        print_json(asdict(summary) | {"total": summary.total})
    else:
        for name, reasons in summary.by_kind.items():
            click.echo(f"{name:22} {_listed(reasons)}")
        click.echo(
            f"{summary.total} assigned, {summary.kept} incidents keep the grid of their day; "
            f"{summary.review} for a person to look at"
        )
    return 1 if any({"outside", "unlocated"} & set(reasons) for reasons in summary.by_kind.values()) else 0


def _listed(reasons: dict[str, int]) -> str:
    return ", ".join(f"{reason} {count}" for reason, count in reasons.items()) or "none"
