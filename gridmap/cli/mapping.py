"""`gridmap map`: one file that shows everything and asks nobody."""

from __future__ import annotations

from pathlib import Path

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, open_database
from gridmap.services.overview import overview
from maps.overview import overview_page


@click.group("map")
def command() -> None:
    """Draw maps as files that need no internet."""


@command.command("overview")
@click.option(
    "-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="HTML file to write."
)
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="By the plan in force on that date [today]."
)
def overview_command(output: Path, at: object) -> None:
    """Write the 一张图 of the sub-district: communities, grids, numbers, points, in one file.

    \b
    Examples:
      gridmap map overview -o map.html
    """
    with open_database().transaction(actor(), write=True) as tx:
        data = overview(tx, Scope.everything(actor()), at.date() if hasattr(at, "date") else None)
    page = overview_page(data)
    part = output.with_name(output.name + ".part")
    part.write_text(page, encoding="utf-8")
    part.replace(output)
    click.echo(f"{output}: {len(data.grids)} grids, {output.stat().st_size / 1e6:.1f} MB, no request to anywhere")
