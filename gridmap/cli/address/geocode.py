"""`gridmap address geocode` turns one address into a point, a grid and a probability."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.services.geocoding import geocode


@click.command("geocode")
@click.argument("address")
@json_option
def command(address: str, as_json: bool) -> int:
    """Answer one ADDRESS: match level, point, radius that holds the truth in 90 % of cases, probability, grid.

    Exit code 1 when nothing was found or a person has to look.

    \b
    Examples:
      gridmap address geocode 解放路12号阳光花园3栋2单元501
      gridmap address geocode --json 人民路与建设街交叉口
    """
    with open_database() as database, database.transaction(actor()) as tx:
        found = geocode(tx, Scope.everything(actor()), address)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(f"{found.level_name} ({found.level})  {found.name or '-'}")
        if found.lon is not None:
            click.echo(f"  {found.lon:.9f}, {found.lat:.9f}  within {found.radius:.0f} m in 9 of 10 cases")
        click.echo(f"  probability {found.probability:.3f}: {found.band}")
        for reason in found.reasons:
            click.echo(f"  {reason}")
        for share in found.grids[:3]:
            click.echo(f"  grid {share.grid_code} {share.grid_name} {share.share:.0%} ({found.verdict})")
        for option in found.options[1:]:
            click.echo(f"  or {option.level_name} {option.name} ({option.score})")
    return 0 if found.band == "auto" else 1
