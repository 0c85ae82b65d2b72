"""`gridmap init`: an empty database."""

from __future__ import annotations

from contextlib import closing

import click

from gridmap.cli.common import actor
from gridmap.codes import Level, check
from gridmap.config import read_settings
from gridmap.errors import BadInput
from gridmap.services.areas import add_subdistrict
from gridmap.storage.database import Database


@click.command("init")
@click.option("--code", help="9-digit code of the sub-district.")
@click.option("--name", help="Name of the sub-district, such as 示范街道.")
@click.option(
    "--lon", type=float, help="A longitude within it: picks the three-degree zone that areas are measured in."
)
def command(code: str | None, name: str | None, lon: float | None) -> None:
    """Make the database that GRIDMAP_DATABASE names (default ./gridmap.db), or bring an older one up to date.

    Without --code the sub-district is made from the first communities or grids that are imported.

    \b
    Examples:
      gridmap init
      gridmap init --code 440106001 --name 示范街道 --lon 113.3
      GRIDMAP_DATABASE=postgresql://gridmap@localhost/gridmap gridmap init
    """
    target = read_settings().database
    if any((code, name, lon is not None)) and not (code and name and lon is not None):
        raise BadInput("--code, --name and --lon go together: the sub-district needs all three")
    if code:
        code = check(code, Level.SUBDISTRICT)
    with closing(Database.create(target)) as database:
        click.echo(f"{database.name} is ready")
        if code and name and lon is not None:
            with database.transaction(actor(), write=True) as tx:
                subdistrict = add_subdistrict(tx, code, name, lon)
            click.echo(f"{subdistrict.name} {subdistrict.code}, measured in EPSG:{subdistrict.plane}")
