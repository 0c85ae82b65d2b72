"""`gridmap plan handover` lists what changes hands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from gridmap.services.handover import Handover


@click.command("handover")
@click.argument("plan")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write (.xlsx).")
@click.option("--unmask", is_flag=True, help="Write names and numbers in full; needs --reason, is audited.")
@click.option("--reason", help="Why personal values are needed in full.")
@json_option
def command(plan: str, output: Path | None, unmask: bool, reason: str | None, as_json: bool) -> int:
    """List what every old grid hands to every new one under PLAN (交接单), and count it again from points.

    For a plan that took effect: what was written that day. For a draft: what it would be today. Exit code 1 when list
    and points do not agree.

    \b
    Examples:
      gridmap plan handover 2027年调整 -o 交接单.xlsx
      gridmap plan handover 8f0c3a52 -o 交接单.xlsx --unmask --reason 网格调整交接
    """
    from gridmap.services.handover import hand_over, write_handover  # noqa: PLC0415 -- `--help` needs no services
    from gridmap.services.plan_reading import find_plan  # noqa: PLC0415 -- likewise

    if unmask != bool(reason):
        raise BadInput("--unmask and --reason go together: the reason is written to the audit", option="--reason")
    if unmask and output is None:
        raise BadInput("--unmask needs -o: personal values in full go to a file alone", option="-o")
    if output is not None and output.suffix.lower() != ".xlsx":
        raise BadInput(f"{output.name}: the hand-over list is a workbook, name a file that ends in .xlsx", option="-o")
    with open_database() as database, database.transaction(actor(), write=output is not None) as tx:
        plan_id = find_plan(tx, scope(), plan)
        if output is None:
            found = hand_over(tx, scope(), plan_id)
        else:
            found = write_handover(tx, scope(), plan_id, output, unmask_reason=reason)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found, output)
    return 0 if found.agrees else 1


def _print(found: Handover, output: Path | None) -> None:
    for each in found.transfers:
        old, new = (grid.code if grid else "nobody" for grid in (each.old, each.new))
        numbers = each.numbers
        click.echo(
            f"  {old} -> {new}: {each.area:,.0f} m², {numbers['households']} households, {numbers['shops']} shops, "
            f"{numbers['organisations']} organisations, {numbers['incidents']} open incidents"
        )
        for count in each.recounts:
            if not count.agrees:
                click.echo(f"    {count.kind}: {count.listed} in the list, {count.inside} points in the land")
    agreed = "the points agree" if found.agrees else "THE POINTS DO NOT AGREE"
    rows = sum(len(rows) for rows in found.rows.values())
    click.echo(f"{rows} records change hands; {agreed}" + (f"; written to {output}" if output else ""))
