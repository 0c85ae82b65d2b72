"""`gridmap plan rebalance`: as few households as possible change hands until every grid has its size."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import revision_option, scope

if TYPE_CHECKING:
    from gridmap.services.balancing import BalanceAnswer

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


@click.command("rebalance")
@click.argument("plan")
@click.option("--grid", "grids", multiple=True, metavar="GRID", help="Mend this grid, with neighbours. Repeatable.")
@click.option("--target", type=float, help="Size of a grid; the average of its community when left out.")
@tolerance_option
@click.option("--profile", "profile_target", is_flag=True, help="Take the bounds of the plan profile instead.")
@click.option("--lock", "locked", multiple=True, metavar="GRID", help="This grid stays as it is. Can be repeated.")
@barrier_option
@seed_option
@apply_option
@revision_option
@json_option
def command(
    plan: str,
    grids: tuple[str, ...],
    target: float | None,
    tolerance: float,
    profile_target: bool,
    locked: tuple[str, ...],
    barriers: tuple[str, ...],
    seed: int,
    apply: bool,
    revision: int | None,
    as_json: bool,
) -> int:
    """Find which blocks of PLAN to move so that every grid has its size and few households change hands.

    Grids stay whole and in their communities, compounds are not divided, dedicated grids are left alone. Nothing is
    stored without --apply. Exit code 1 when some grid cannot be brought to its size; the best that was found is told.

    \b
    Examples:
      gridmap plan rebalance 2027年调整
      gridmap plan rebalance 2027年调整 --grid 440106001001002 --barrier waters --apply
      gridmap plan rebalance 2027年调整 --profile --lock 440106001001003 --json
    """
    from gridmap.services.balancing import Wishes, apply_balance, rebalance_plan  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    wishes = Wishes(
        grids=grids,
        target=target,
        tolerance=tolerance / 100,
        profile_target=profile_target,
        locked=locked,
        barriers=barriers,
        seed=seed,
    )
    with open_database() as database:
        with database.transaction(actor()) as tx:
            plan_id = find_plan(tx, scope(), plan)
            answer = rebalance_plan(tx, scope(), plan_id, wishes)
        if apply:
            with database.transaction(actor(), write=True) as tx:
                answer = apply_balance(tx, scope(), plan_id, answer, revision)
    return show(answer, as_json=as_json)


def show(answer: BalanceAnswer, *, as_json: bool) -> int:
    """Print what was found; 1 when the tolerance was not reached."""
    if as_json:
        print_json(asdict(answer))
        return 0 if answer.reached else 1
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
    return 0 if answer.reached else 1
