"""`gridmap locate` tells which grid has a point."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json
from gridmap.model.cases import Reason
from gridmap.services.described import REASON_WORDS
from gridmap.services.locating import locate

if TYPE_CHECKING:
    from datetime import datetime


@click.command("locate", context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@crs_option
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="By the plan in force on that date [today]."
)
@json_option
def command(lon: float, lat: float, crs: str | None, at: datetime | None, as_json: bool) -> int:
    """Name the grid of a point; exit code 1 when it lies in none.

    \b
    Examples:
      gridmap locate 113.325 23.135
      gridmap locate 113.331 23.132 --crs gcj02 --json
      gridmap locate 455123.4 2559871.2 --crs EPSG:4547 --at 2026-03-01
    """
    with open_database() as database, database.transaction(actor()) as tx:
        place = locate(tx, Scope.everything(actor()), lon, lat, crs or "EPSG:4490", at.date() if at else None)
    if as_json:
        print_json(asdict(place))
    else:
        word = REASON_WORDS[Reason(place.reason)]
        if place.grid_code:
            click.echo(
                f"{place.grid_name} {place.grid_code} ({place.community_name}) {word}，距边界 {place.distance:.1f} 米"
            )
        else:
            click.echo(f"{word}：最近的是 {place.nearest_name} {place.nearest_code}，相距 {place.distance:.1f} 米")
        click.echo(f"方案：{place.plan_name}")
    return 0 if place.grid_code else 1
