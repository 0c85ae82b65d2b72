"""What `rebalance` and `propose` share: their options, the search and then the edit, what is printed."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, open_database, print_json
from gridmap.cli.plan.common import scope

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.services.balancing import BalanceAnswer
    from gridmap.storage.database import Transaction

barrier_option = click.option(
    "--barrier",
    "barriers",
    multiple=True,
    type=click.Choice(["waters", "railways", "roads"]),
    help="No grid is drawn across these; of roads, main ones. Can be repeated.",
)
tolerance_option = click.option(
    "--tolerance", default=10.0, show_default=True, help="Per cent of the target by which a grid may be off."
)
seed_option = click.option("--seed", default=0, show_default=True, help="Another number looks for another answer.")
apply_option = click.option("--apply", "apply", is_flag=True, help="Make it one edit of the draft.")


def run_search(
    plan: str,
    search: Callable[[Transaction, Scope, UUID], BalanceAnswer],
    *,
    apply: bool,
    revision: int | None,
    as_json: bool,
) -> int:
    """Search for a better plan, make what was found an edit where that is wanted, and print it; 1 when it falls short.

    In two transactions: nobody waits for a search.
    """
    from gridmap.services.balancing import apply_balance  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database:
        with database.transaction(actor()) as tx:
            plan_id = find_plan(tx, scope(), plan)
            answer = search(tx, scope(), plan_id)
        if apply:
            with database.transaction(actor(), write=True) as tx:
                answer = apply_balance(tx, scope(), plan_id, answer, revision)
    if as_json:
        print_json(asdict(answer))
    else:
        _print(answer)
    return 0 if answer.reached else 1


def _print(answer: BalanceAnswer) -> None:
    measure, blocks = answer.measure, sum(len(each["blocks"]) for each in answer.moves)
    moved, total = answer.moved.get(measure, 0), answer.total.get(measure, 0)
    share = f" ({moved / total:.1%})" if total else ""
    click.echo(f"{blocks} blocks and {moved:,} of {total:,} {measure}{share} change hands")
    click.echo(f"borders between grids: {answer.border_before:,.0f} m before, {answer.border_after:,.0f} m after")
    for each in answer.grids:
        before = "new" if each.before is None else getattr(each.before, measure)
        after = "gone" if each.after is None else getattr(each.after, measure)
        mark = f"  outside {each.low:g} to {each.high:g}" if each.outside else ""
        click.echo(f"  {each.code} {each.name}: {before} -> {after}{mark}")
        if each.reason:
            click.echo(f"    {each.reason}")
    if not answer.reached:
        click.echo("not every grid could be brought to its size; cut large blocks, or allow a larger tolerance")
    if answer.applied is not None:
        click.echo(f"revision {answer.applied.revision}, edit {answer.applied.edit_id}")
    elif answer.operation:
        click.echo("nothing is stored: --apply makes it one edit of the draft")
