"""`gridmap plan activate-due` puts the plans in force whose day has come."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.activate import told


@click.command("activate-due")
@json_option
def command(as_json: bool) -> int:
    """Put every plan in force whose day has come; run it each night, as often as you like.

    `gridmap serve` does the same while it runs. Exit code 1 when a plan could not take effect.

    \b
    Examples:
      gridmap plan activate-due
      gridmap plan activate-due --json
    """
    from gridmap.runner import activate_due  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database:
        outcomes = activate_due(database, actor())
    if as_json:
        print_json(
            [
                {
                    "plan_id": str(each.plan.id),
                    "plan": each.plan.name,
                    "activation": asdict(each.activation) if each.activation else None,
                    "refused": {"code": each.refused.code, "message": each.refused.message} if each.refused else None,
                }
                for each in outcomes
            ]
        )
        return 1 if any(each.refused for each in outcomes) else 0
    for each in outcomes:
        if each.activation:
            click.echo(told(each.activation))
        elif each.refused:
            click.echo(f"{each.plan.name}: {each.refused.code}: {each.refused.message}", err=True)
    if not outcomes:
        click.echo("no plan is due")
    return 1 if any(each.refused for each in outcomes) else 0
