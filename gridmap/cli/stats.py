"""`gridmap stats`: what the database holds."""

from __future__ import annotations

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.services.stats import stats


@click.command("stats")
@json_option
def command(as_json: bool) -> None:
    """Count what is stored: communities, grids, households, shops, incidents, and what has no grid.

    \b
    Examples:
      gridmap stats
      gridmap stats --json
    """
    with open_database() as database, database.transaction(actor()) as tx:
        counts = stats(tx, Scope.everything(actor()))
    if as_json:
        print_json(counts)
        return
    for name, value in counts.items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        click.echo(f"{name:22} {shown}")
