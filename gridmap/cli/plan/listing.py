"""`gridmap plan list` lists drafts and plans."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- click's type

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope


@click.command("list")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="Only plans in force on that date.")
@json_option
def command(at: datetime | None, as_json: bool) -> int:
    """List the plans, drafts first, then the latest.

    \b
    Examples:
      gridmap plan list
      gridmap plan list --at 2026-03-01 --json
    """
    from gridmap.services.plan_reading import list_plans  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor()) as tx:
        found = list_plans(tx, scope(), at=at.date() if at else None)
    if as_json:
        print_json([asdict(each) for each in found])
        return 0
    for each in found:
        dates = f"{each.valid_from or ''}–{each.valid_to or ''}" if each.valid_from else f"revision {each.revision}"
        click.echo(f"{each.id}  {each.word}  {each.name}  {dates}")
    return 0
