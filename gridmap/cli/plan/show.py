"""`gridmap plan show` prints a plan: its grids with their numbers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from gridmap.services.plan_values import PlanDetails


@click.command("show")
@click.argument("plan")
@click.option("--geojson", is_flag=True, help="Print a FeatureCollection with the shapes, lon/lat EPSG:4490.")
@json_option
def command(plan: str, geojson: bool, as_json: bool) -> int:
    """Show PLAN: every grid with households, load, area and its distance from the target.

    \b
    Examples:
      gridmap plan show 2027年调整
      gridmap plan show 2027年调整 --geojson > 草案.geojson
      gridmap plan show 8f0c3a52 --json
    """
    from gridmap.services.plan_reading import find_plan, get_plan  # noqa: PLC0415 -- `--help` needs no services

    if geojson and as_json:
        raise BadInput("say --geojson or --json: the first has the shapes", option="--geojson")
    with open_database() as database, database.transaction(actor()) as tx:
        found = get_plan(tx, scope(), find_plan(tx, scope(), plan), geojson=geojson)
    if geojson:
        more = {"plan": asdict(found.plan), "numbers": asdict(found.numbers)}
        print_json({"type": "FeatureCollection", **more, "features": found.grids})
    elif as_json:
        grids = [each["properties"] for each in found.grids]
        print_json({"plan": asdict(found.plan), "numbers": asdict(found.numbers), "grids": grids})
    else:
        _print(found)
    return 0


def _print(found: PlanDetails) -> None:
    plan, numbers = found.plan, found.numbers
    dated = f" ({plan.approval_date})" if plan.approval_date else ""
    by = f", 批准文号 {plan.approval_number}{dated}" if plan.approval_number else ""
    click.echo(f"{plan.word} {plan.name} {plan.id}, revision {plan.revision}{by}")
    for each in found.grids:
        grid, own = each["properties"], each["properties"]["numbers"]
        off = "" if own["deviation"] is None else f", {own['deviation']:+.0%}"
        click.echo(
            f"  {grid['code']} {grid['name']}: {own['households']} households, load {own['load']:g}, "
            f"{own['area']:,.0f} m²{off}"
        )
    click.echo(
        f"{numbers.grids} grids, {numbers.blocks} blocks; {numbers.unassigned['households']} households without grid; "
        f"{numbers.changed_hands['households']} change hands against the plan in force"
    )
