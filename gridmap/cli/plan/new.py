"""`gridmap plan new` begins a draft."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope


@click.command("new")
@click.argument("name")
@click.option("--base", metavar="PLAN", help="Plan to branch off, by id or name; the one in force without it.")
@json_option
def command(name: str, base: str | None, as_json: bool) -> int:
    """Begin a draft NAME: a branch of the plan in force, or of another that was.

    \b
    Examples:
      gridmap plan new 2027年调整
      gridmap plan new 恢复试算 --base 5f4a0c5e --json
    """
    from gridmap.services.drafts import new_draft  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database, database.transaction(actor(), write=True) as tx:
        made = new_draft(tx, scope(), name, find_plan(tx, scope(), base) if base else None)
    if as_json:
        print_json(asdict(made))
    else:
        click.echo(f"{made.word} {made.name} {made.id}")
    return 0
