"""`gridmap export`: records out of the database into a file."""

from __future__ import annotations

from pathlib import Path

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput
from gridmap.model.kinds import KINDS, kind_named
from gridmap.services.exports import export_rows


@click.command("export", epilog="Kinds: " + ", ".join(kind.name for kind in KINDS))
@click.argument("kind")
@click.option("-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--crs", default="EPSG:4490", show_default=True, help="Coordinate system of the file.")
@click.option("--unmask", is_flag=True, help="Write names and numbers in full; needs --reason, is audited.")
@click.option("--reason", help="Why personal values are needed in full.")
@json_option
def command(
    kind: str,
    output: Path,
    crs: str,
    unmask: bool,
    reason: str | None,
    as_json: bool,
) -> None:
    """Write all records of KIND to a file; its extension names the format.

    .geojson .geojsonl .shp .gpkg .kml .csv .xlsx. Personal values are masked (张**, 138****1234),
    telephone and identity numbers within texts as well; such cells are left alone when the file is imported again.
    Every export is audited.

    \b
    Examples:
      gridmap export grids -o grids.gpkg
      gridmap export households -o households.csv --crs EPSG:4547
      gridmap export shops -o shops.xlsx --unmask --reason "annual inspection"
    """
    if unmask and not reason:
        raise BadInput("--unmask needs --reason: it is written to the audit", option="--reason")
    if reason and not unmask:
        raise BadInput("--reason goes with --unmask: without it personal values stay masked", option="--reason")
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        count = export_rows(tx, Scope.everything(actor()), kind_named(kind), output, crs=crs, unmask_reason=reason)
    if as_json:
        print_json({"kind": kind, "file": str(output), "rows": count, "crs": crs, "masked": not unmask})
    else:
        click.echo(f"{output}: {count} {kind} in {crs}" + ("" if unmask else ", personal values masked"))
