"""`gridmap address reverse` puts a point into words."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json
from gridmap.services.reverse_geocoding import reverse


@click.command("reverse", context_settings={"ignore_unknown_options": True})
@click.argument("lon", type=float)
@click.argument("lat", type=float)
@crs_option
@json_option
def command(lon: float, lat: float, crs: str | None, as_json: bool) -> None:
    """Say in words where LON LAT is: by door plate, building or road crossing, community and grid.

    \b
    Examples:
      gridmap address reverse 113.7005 30.1937
      gridmap address reverse 113.7110 30.1912 --crs gcj02 --json
    """
    with open_database() as database, database.transaction(actor()) as tx:
        found = reverse(tx, Scope.everything(actor()), lon, lat, crs or "EPSG:4490")
    if as_json:
        print_json(asdict(found))
        return
    click.echo(found.words or "nothing is known near this point")
    for what, near in (("door", found.door), ("building", found.building), ("crossing", found.crossing)):
        if near is not None:
            click.echo(f"  {what:9} {near.name}, {near.distance:.0f} m {near.direction}")
    if found.place is not None and found.place.grid_code:
        click.echo(f"  grid      {found.place.grid_code} {found.place.grid_name}")
