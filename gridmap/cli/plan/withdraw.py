"""`gridmap plan withdraw` makes a plan that waits for its day a draft again."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import revision_option, scope


@click.command("withdraw")
@click.argument("plan")
@revision_option
@json_option
def command(plan: str, revision: int | None, as_json: bool) -> None:
    """Make PLAN a draft again (撤回), which waits for its day: it can be edited, and approved anew.

    Its day and its 批准文号 go with it, since they were given to what the plan was. A plan in force is not withdrawn.

    \b
    Examples:
      gridmap plan withdraw 2027年调整
      gridmap plan withdraw 8f0c3a52 --revision 5 --json
    """
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_schedule import withdraw  # noqa: PLC0415 -- likewise

    with open_database() as database, database.transaction(actor(), write=True) as tx:
        done = withdraw(tx, scope(), find_plan(tx, scope(), plan), revision)
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(f"{done.word} {done.name} {done.id}: it no longer waits for a day, and can be edited")
