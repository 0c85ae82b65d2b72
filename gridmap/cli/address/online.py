"""`gridmap address online` asks the online geocoder that the administrator has switched on."""

from __future__ import annotations

from dataclasses import asdict

import click

from gridmap import address_runner
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.config import read_settings
from gridmap.services.online_geocoding import provider_of


@click.command("online")
@click.argument("address")
@json_option
def command(address: str, as_json: bool) -> int:
    """Ask an online geocoder for one ADDRESS; none is switched on unless GRIDMAP_TIANDITU_KEY is set.

    Persons, notes, unit and room stay here; what leaves is written to the audit first. An answer outside the
    sub-district is refused. Exit code 1 when the provider knows no such place.

    \b
    Examples:
      GRIDMAP_TIANDITU_KEY=0123… gridmap address online 解放路12号阳光花园
    """
    provider = provider_of(read_settings())
    with open_database() as database:
        found = address_runner.ask_online(database, provider, address, actor())
    if as_json:
        print_json(asdict(found) if found else None)
    elif found:
        click.echo(f"{found.lon:.9f}, {found.lat:.9f}  {found.provider} ({found.described}): {found.asked}")
    else:
        click.echo(f"{provider.name} knows no such place")
    return 0 if found else 1
