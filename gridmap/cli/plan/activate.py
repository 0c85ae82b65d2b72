"""`gridmap plan activate` puts a plan in force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- click's type
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope

if TYPE_CHECKING:
    from gridmap.services.activation import Activation
    from gridmap.services.limits_redline import SentenceChange

from_option = click.option(
    "--from",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the plan, from 00:00 in China; today without it. Days that have passed are refused.",
)


@click.command("activate")
@click.argument("plan")
@from_option
@json_option
def command(plan: str, day: datetime | None, as_json: bool) -> None:
    """Put PLAN in force, whole: everybody gets his grid by it, and the plan before ends.

    With a day to come the plan waits for it (`gridmap plan activate-due`; `gridmap serve` does it, too). Incidents keep
    the grid of their day, and so do decisions of a person while their grid exists.

    \b
    Examples:
      gridmap plan activate 2027年调整
      gridmap plan activate 8f0c3a52 --from 2027-01-01
    """
    from gridmap.runner import activate_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.limits_redline import changed_sentences  # noqa: PLC0415 -- likewise
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database:
        with database.transaction(actor()) as tx:
            plan_id = find_plan(tx, scope(), plan)
        done = activate_plan(database, plan_id, actor(), day.date() if day else None)
        with database.transaction(actor()) as tx:
            sentences = changed_sentences(tx, scope(), plan_id)
    if as_json:
        print_json(asdict(done) | {"limits": [asdict(each) for each in sentences]})
        return
    click.echo(told(done))
    for each in sentences:
        click.echo(f"四至 {each.name} {each.code}: {sentence(each)}")


def sentence(change: SentenceChange) -> str:
    """Say what became of a grid's four limits: both sentences and the change, or that they were left as they were."""
    from gridmap.services.limits_redline import told as redlined  # noqa: PLC0415 -- likewise

    if change.before == change.after:
        return f"unchanged although the land changed: {change.after}"
    both = f"{change.before or '-'}\n  -> {change.after or '-'}"
    return f"{both}\n  {redlined(change.sides)}" if change.before and change.after else both


def told(done: Activation) -> str:
    """Say in one or two lines what an activation did."""
    if done.state == "approved":
        return f"{done.plan} takes effect on {done.valid_from}; `gridmap plan activate-due` or `gridmap serve` does it"
    handed = ", ".join(f"{count} {kind}" for kind, count in (done.handed_over or {}).items()) or "nothing"
    return (
        f"{done.plan} is in force since {done.valid_from}, {done.old_plan} has ended: {done.changed_grids} grids "
        f"changed, {done.reassigned} decided again ({done.review} for a person to look at); handed over: {handed}\n"
        f"`gridmap plan handover {done.plan_id} -o 交接单.xlsx` writes the hand-over list"
    )
