"""`gridmap plan history` tells what became of a grid."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.cli.plan.common import scope

if TYPE_CHECKING:
    from gridmap.services.grid_history import Chapter, Part


@click.command("history")
@click.argument("grid")
@json_option
def command(grid: str, as_json: bool) -> None:
    """Tell the history of GRID (网格沿革): which plan gave or took what, from whom and to whom.

    GRID is an id, or any code that it has or ever had.

    \b
    Examples:
      gridmap plan history 440106001001002
      gridmap plan history 440106001001002 --json
    """
    from gridmap.services.grid_history import grid_history  # noqa: PLC0415 -- `--help` needs no services

    with open_database() as database, database.transaction(actor()) as tx:
        found = grid_history(tx, scope(), grid)
    if as_json:
        print_json(asdict(found))
        return
    click.echo(f"{found.code} {found.name} {found.grid_id}" + ("" if found.in_force else " (retired)"))
    for each in found.chapters:
        _print(each)


def _print(each: Chapter) -> None:
    until = f" until {each.valid_to}" if each.valid_to else ""
    click.echo(f"  from {each.valid_from}{until}, {each.plan}: {each.code} {each.name}, {', '.join(each.changes)}")
    for word, parts in (("from", each.gained), ("to", each.given)):
        for part in parts:
            click.echo(f"    {word} {_part(part)}")


def _part(part: Part) -> str:
    share = f" ({part.area_share:.1%})" if part.area_share is not None else ""
    people = f", {part.households} households" if part.households is not None else ""
    return f"{part.code or 'nobody'} {part.name}: {part.area:,.0f} m²{share}{people}"
