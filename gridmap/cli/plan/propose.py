"""`gridmap plan propose`: a community divided into so many balanced grids."""

from __future__ import annotations

import click

from gridmap.cli.common import json_option
from gridmap.cli.plan.balancing import apply_option, barrier_option, run_search, seed_option, tolerance_option
from gridmap.cli.plan.common import revision_option


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
    from gridmap.services.balancing import propose_grids  # noqa: PLC0415 -- `--help` needs no services

    return run_search(
        plan,
        lambda tx, scope, plan_id: propose_grids(
            tx, scope, plan_id, community, count, tolerance=tolerance / 100, barriers=barriers, seed=seed
        ),
        apply=apply,
        revision=revision,
        as_json=as_json,
    )
