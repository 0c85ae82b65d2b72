"""`gridmap blocks`: land between roads, rivers and railways, compounds whole, to begin a redistricting with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput


@click.command("blocks")
@click.argument("communities", nargs=-1)
@click.option("--all", "everywhere", is_flag=True, help="Of every community.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--into", "plan", metavar="PLAN", help="Divide the blocks of this draft; its grids keep their borders.")
@click.option("--min-area", default=1000.0, show_default=True, help="m²; a smaller face goes to a neighbour.")
@click.option("--min-width", default=12.0, show_default=True, help="Metres; a narrower face goes to a neighbour.")
@json_option
def command(
    communities: tuple[str, ...],
    everywhere: bool,
    output: Path | None,
    plan: str | None,
    min_area: float,
    min_width: float,
    as_json: bool,
) -> int:
    """Make blocks (地块) of COMMUNITIES: what roads, rivers and railways enclose, with every compound whole.

    Communities go by code or name; the blocks are a valid coverage of each. Dead ends are dropped, and faces that are
    too small or too narrow go to the neighbour with the longest common border. Give -o for a file, --into for a
    draft, or both.

    \b
    Examples:
      gridmap blocks --all -o blocks.gpkg
      gridmap blocks 440106001001 --into 2027年调整
      gridmap blocks 440106001001 440106001002 -o blocks.geojson --min-area 2000
    """
    from gridmap.access import Scope  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.block_making import refine_draft, write_blocks  # noqa: PLC0415 -- likewise
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    if bool(communities) == everywhere:
        raise BadInput("name communities, or give --all for every one", option="--all")
    if output is None and plan is None:
        raise BadInput("say where the blocks go: -o FILE, or --into PLAN", option="-o")
    scope, told = Scope.everything(actor()), {}
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        if output is not None:
            report = write_blocks(tx, scope, output, communities, min_area=min_area, min_width=min_width)
            told["file"] = asdict(report) | {"file": str(output)}
        if plan is not None:
            plan_id = find_plan(tx, scope, plan)
            report, answer = refine_draft(tx, scope, plan_id, communities, min_area=min_area, min_width=min_width)
            told["draft"] = asdict(report) | {"revision": answer.revision, "edit_id": answer.edit_id}
    if as_json:
        print_json(told)
        return 0
    for each in told.values():
        where = each.get("file") or f"draft, revision {each['revision']}"
        click.echo(
            f"{where}: {each['blocks']:,} blocks in {len(each['communities'])} communities, half of them above "
            f"{each['median_area']:,.0f} m²; {each['compounds']} compounds; {each['merged']} faces merged, "
            f"{each['dead_ends']:,.0f} m of dead ends dropped"
        )
    return 0
