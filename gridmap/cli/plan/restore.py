"""`gridmap plan restore` brings a plan of the past back as a new one."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- click reads it

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.activate import date_option, from_option, number_option, told
from gridmap.cli.plan.common import scope


@click.command("restore")
@click.argument("plan", required=False)
@from_option
@number_option
@date_option
@click.option("--draft", is_flag=True, help="Only make the draft; look at it and activate it yourself.")
@click.option("--name", help="Name of the new plan.")
@json_option
def command(
    plan: str | None,
    day: datetime | None,
    approval_number: str | None,
    approval_date: datetime | None,
    draft: bool,
    name: str | None,
    as_json: bool,
) -> None:
    """Bring back the grids and land of PLAN, a plan of the past (恢复原方案), or of the one before today's.

    They become a new plan, which takes effect as any other does: nothing of the time between is lost.

    \b
    Examples:
      gridmap plan restore
      gridmap plan restore 5f4a0c5e --from 2027-02-01
      gridmap plan restore 5f4a0c5e --draft
    """
    from gridmap.runner import Approval, activate_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services import activation  # noqa: PLC0415 -- likewise
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database:
        with database.transaction(actor(), write=True) as tx:
            past = find_plan(tx, scope(), plan) if plan else activation.previous_plan(tx, scope()).id
            made = activation.restore(tx, scope(), past, name)
        by = Approval(approval_number, approval_date.date() if approval_date else None)
        done = None if draft else activate_plan(database, made.id, actor(), day.date() if day else None, by)
    if as_json:
        print_json({"plan_id": str(made.id), "plan": made.name, "activation": asdict(done) if done else None})
    else:
        click.echo(told(done) if done else f"草案 {made.name} {made.id}")
