"""What the subcommands of `gridmap plan` share."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, open_database, print_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from gridmap.services.drafts import EditAnswer
    from gridmap.storage.database import Transaction

revision_option = click.option(
    "--revision", type=click.IntRange(min=0), help="Refuse when the draft has another revision by now."
)


def scope() -> Scope:
    """Give what the command line may see: everything."""
    return Scope.everything(actor())


def run_step(plan: str, step: Callable[[Transaction, Scope, UUID], EditAnswer], *, as_json: bool) -> int:
    """Take one step of a draft that was named, and print what it did."""
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor(), write=True) as tx:
        answer = step(tx, scope(), find_plan(tx, scope(), plan))
    if as_json:
        print_json(asdict(answer))
    else:
        _print(answer)
    return 0


def _print(answer: EditAnswer) -> None:
    click.echo(f"{answer.verb} {answer.op}: revision {answer.revision}, edit {answer.edit_id}")
    for each in answer.grids:
        grid, numbers = each["properties"], each["properties"]["numbers"]
        mark = " (provisional)" if grid["provisional"] else ""
        click.echo(
            f"  {grid['code']}{mark} {grid['name']}: {numbers['households']} households, {numbers['area']:,.0f} m²"
        )
    for each in answer.removed:
        click.echo(f"  {each['code']} is gone")
    for each in answer.warnings:
        lon, lat = each["place"]
        click.echo(f"  {each['message']} @ {lon:.6f},{lat:.6f}")
    moved = answer.numbers.changed_hands
    click.echo(f"against the plan in force {moved['households']} households change hands")
