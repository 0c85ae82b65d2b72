"""`gridmap plan propose`: a community divided into so many balanced grids."""

from __future__ import annotations

import click

from gridmap.cli.common import actor, json_option, open_database
from gridmap.cli.plan.common import revision_option, scope
from gridmap.cli.plan.rebalance import apply_option, barrier_option, seed_option, show, tolerance_option


@click.command("propose")
@click.argument("plan")
@click.argument("community")
@click.argument("count", type=click.IntRange(min=1))
@tolerance_option
@barrier_option
@seed_option
@apply_option
@revision_option
@json_option
def command(
    plan: str,
    community: str,
    count: int,
    tolerance: float,
    barriers: tuple[str, ...],
    seed: int,
    apply: bool,
    revision: int | None,
    as_json: bool,
) -> int:
    """Divide COMMUNITY (its code) in PLAN into COUNT grids of equal size out of its blocks.

    Borders follow main roads, railways and rivers where they can; compounds are not divided; dedicated grids keep
    their land. A new grid keeps the code of the old one that it is most like. Nothing is stored without --apply.
    Exit code 1 when the grids differ by more than the tolerance.

    \b
    Examples:
      gridmap plan propose 2027年调整 440106001001 9
      gridmap plan propose 2027年调整 440106001001 9 --barrier railways --apply
    """
    from gridmap.services.balancing import apply_balance, propose_grids  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database:
        with database.transaction(actor()) as tx:
            plan_id, share = find_plan(tx, scope(), plan), tolerance / 100
            answer = propose_grids(
                tx, scope(), plan_id, community, count, tolerance=share, barriers=barriers, seed=seed
            )
        if apply:
            with database.transaction(actor(), write=True) as tx:
                answer = apply_balance(tx, scope(), plan_id, answer, revision)
    return show(answer, as_json=as_json)
