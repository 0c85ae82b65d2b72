"""`gridmap plan rebalance`: as few households as possible change hands until every grid has its size."""

from __future__ import annotations

import click

from gridmap.cli.common import json_option
from gridmap.cli.plan.balancing import apply_option, barrier_option, run_search, seed_option, tolerance_option
from gridmap.cli.plan.common import revision_option


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
    from gridmap.services.balancing import Wishes, rebalance_plan  # noqa: PLC0415 -- `--help` needs no services

    wishes = Wishes(
        grids=grids,
        target=target,
        tolerance=tolerance / 100,
        profile_target=profile_target,
        locked=locked,
        barriers=barriers,
        seed=seed,
    )
    return run_search(
        plan,
        lambda tx, scope, plan_id: rebalance_plan(tx, scope, plan_id, wishes),
        apply=apply,
        revision=revision,
        as_json=as_json,
    )
