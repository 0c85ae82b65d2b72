"""`gridmap gazetteer`: the names and numbers that addresses are looked up in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json
from gridmap.services import gazetteer


@click.group("gazetteer")
def command() -> None:
    """Build the gazetteer of places and addresses.

    \b
    Examples:
      gridmap gazetteer build
      gridmap gazetteer build roads.geojson house_numbers.geojson --crs wgs84
    """


@command.command("build")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@crs_option
@json_option
def build(files: tuple[Path, ...], crs: str | None, as_json: bool) -> None:
    """Build the gazetteer from everything imported, and from FILES in the style of OpenStreetMap.

    FILES are layers with name, addr:street and addr:housenumber; named lines are roads. Run it again after an import:
    what stays keeps its id, what was renamed is found by its old name, too.

    \b
    Examples:
      gridmap gazetteer build
      gridmap gazetteer build osm_roads.geojson osm_addresses.geojson
    """
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        report = gazetteer.build(
            tx, Scope.everything(actor()), files, crs=crs, progress=lambda step: click.echo(f"  {step} ...", err=True)
        )
    if as_json:
        print_json(asdict(report))
        return
    for level, count in report.by_level.items():
        click.echo(f"{level:12} {count:>9,}")
    click.echo(
        f"{report.nodes:,} nodes: {report.added:,} new, {report.retired:,} ended ({report.redirected:,} renamed); "
        f"{report.tied:,} house numbers tied to their road; {report.unplaced:,} without a place; "
        f"{report.unread:,} records without a readable address; index {report.version}, {report.size / 1e6:.1f} MB"
    )
