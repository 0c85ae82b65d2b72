"""`gridmap plan diff` compares two plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope

if TYPE_CHECKING:
    from gridmap.services.plan_diff import Flow, GridChange, GridRef, PlanDiff


@click.command("diff")
@click.argument("old")
@click.argument("new", required=False)
@click.option("--geojson", is_flag=True, help="Print the land that changes hands as a FeatureCollection.")
@json_option
def command(old: str, new: str | None, geojson: bool, as_json: bool) -> None:
    """Compare the plans OLD and NEW: grids that changed, land that moved, who changes hands.

    With one plan: compare it with the plan that it was drawn from. Plans are named by id, the beginning of one, or
    name. Incidents are the open ones.

    \b
    Examples:
      gridmap plan diff 2027年调整
      gridmap plan diff 现行方案 2027年调整 --json
      gridmap plan diff 5f4a0c5e 8f0c3a52 --geojson > 变动.geojson
    """
    from gridmap.services.plan_diff import as_json as plain  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_diff import base_of, diff_plans  # noqa: PLC0415 -- likewise
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    with open_database() as database, database.transaction(actor()) as tx:
        first = find_plan(tx, scope(), old)
        pair = (first, find_plan(tx, scope(), new)) if new else (base_of(tx, scope(), first), first)
        found = diff_plans(tx, scope(), *pair, geometry=geojson)
    if geojson:
        print_json(_collection(found))
    elif as_json:
        print_json(plain(found))
    else:
        _print(found)


def _collection(found: PlanDiff) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "geometry": each.geometry,
            "properties": {"block": each.block, "old": each.old, "new": each.new, "area": each.area},
        }
        for each in found.moved
    ]
    return {"type": "FeatureCollection", "features": features}


def _print(found: PlanDiff) -> None:
    click.echo(f"{found.old.name} ({found.old.state}) -> {found.new.name} ({found.new.state})")
    for each in found.grids:
        if each.changes:
            click.echo("  " + _grid(each))
    if found.flows:
        click.echo("what changes hands:")
    for flow in found.flows:
        click.echo("  " + _flow(flow))
    summary = found.summary
    lands = ", ".join(f"{count} {land}" for land, count in summary["grids"].items() if count)
    click.echo(
        f"grids by land: {lands}; {summary['recoded']} of {summary['kept']} that stay have another code; "
        f"{summary['area']:,.0f} m², {summary['households']} households, {summary['shops']} shops and "
        f"{summary['incidents']} open incidents change hands"
    )


def _grid(each: GridChange) -> str:
    name = next(ref.name for ref in (each.new, each.old) if ref)
    codes = " -> ".join(dict.fromkeys(ref.code for ref in (each.old, each.new) if ref))
    households = f"{each.numbers_old['households']} -> {each.numbers_new['households']} households"
    changes = ", ".join(each.changes)
    return f"{codes} {name}: {each.land.value} (overlap {each.overlap:.3f}), {households}; changed: {changes}"


def _flow(flow: Flow) -> str:
    share = f" ({flow.area_share:.1%} of the old grid)" if flow.area_share is not None else ""
    numbers = flow.numbers
    return (
        f"{_code(flow.old)} -> {_code(flow.new)}: {flow.area:,.0f} m²{share}, {numbers['households']} households, "
        f"{numbers['residents']} residents, {numbers['shops']} shops, {numbers['organisations']} organisations, "
        f"{numbers['incidents']} open incidents"
    )


def _code(grid: GridRef | None) -> str:
    return grid.code if grid else "nobody"
