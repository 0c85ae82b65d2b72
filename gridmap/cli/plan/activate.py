"""`gridmap plan activate` puts a plan in force."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- click's type
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import revision_option, scope

if TYPE_CHECKING:
    from gridmap.services.activation import Activation
    from gridmap.services.limits_redline import SentenceChange

from_option = click.option(
    "--from",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the plan, from 00:00 in China; today without it. Not one that has passed, nor 20 years ahead.",
)
number_option = click.option("--approval-number", metavar="NUMBER", help="批准文号 of the document that approves it.")
date_option = click.option("--approval-date", type=click.DateTime(["%Y-%m-%d"]), help="Day of that document.")


@click.command("activate")
@click.argument("plan")
@from_option
@number_option
@date_option
@revision_option
@json_option
def command(
    plan: str,
    day: datetime | None,
    approval_number: str | None,
    approval_date: datetime | None,
    revision: int | None,
    as_json: bool,
) -> None:
    """Put PLAN in force, whole: everybody gets his grid by it, and the plan before ends.

    With a day to come the plan waits for it (`gridmap plan activate-due`; `gridmap serve` does it, too), and `gridmap
    plan withdraw` takes it back until then. Incidents keep the grid of their day, and so do decisions of a person while
    their grid exists.

    \b
    Examples:
      gridmap plan activate 2027年调整
      gridmap plan activate 8f0c3a52 --from 2027-01-01 --approval-number 开府发〔2026〕18号 --approval-date 2026-11-20
    """
    from gridmap.runner import Approval, activate_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database:
        with database.transaction(actor()) as tx:
            plan_id = find_plan(tx, scope(), plan)
        by = Approval(approval_number, approval_date.date() if approval_date else None, revision)
        done = activate_plan(database, plan_id, actor(), day.date() if day else None, by)
    if as_json:
        print_json(asdict(done))
        return
    click.echo(told(done))
    for each in done.limits:
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
    by = f" by {done.approval_number}" if done.approval_number else ""
    if done.state == "approved":
        doing = "`gridmap plan activate-due` or `gridmap serve` does it"
        return f"{done.plan} takes effect on {done.valid_from}{by}; {doing}"
    handed = ", ".join(f"{count} {kind}" for kind, count in (done.handed_over or {}).items()) or "nothing"
    return (
        f"{done.plan} is in force since {done.valid_from}{by}, {done.old_plan} has ended: {done.changed_grids} grids "
        f"changed, {done.reassigned} decided again ({done.review} for a person to look at); handed over: {handed}\n"
        f"`gridmap plan handover {done.plan_id} -o 交接单.xlsx` writes the hand-over list"
    )
