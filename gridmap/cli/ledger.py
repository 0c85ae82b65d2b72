"""`gridmap ledger`: 六定台账, 销号台账 and rates of a time as a workbook, or rates on the screen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, json_option, open_database, print_json
from gridmap.errors import BadInput
from gridmap.files.output import replacing
from gridmap.services.case_ledger import Period
from gridmap.services.ledgers import RATE_HEADER, rate_row, write_ledger
from gridmap.services.rates import GROUPS, rates_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gridmap.services.rates import Group

_DAY = click.DateTime(["%Y-%m-%d"])
since_option = click.option("--since", type=_DAY, required=True, help="First day of the reports that are counted.")
until_option = click.option("--until", type=_DAY, required=True, help="Last day, included.")
grids_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--grids",
    type=click.Choice(["day", "today"]),
    default="day",
    show_default=True,
    help="By the grid that each case had on its day, or by the grids of today.",
)


@click.command("ledger")
@since_option
@until_option
@grids_option
@click.option("--by", type=click.Choice(list(GROUPS)), default="community", show_default=True, help="Groups of rates.")
@click.option("-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Workbook to write: .xlsx.")
@click.option(
    "--unmask", "reason", metavar="REASON", help="Write names and numbers in full; the reason stands in the audit."
)
@json_option
def command(
    since: datetime, until: datetime, grids: str, by: str, output: Path | None, reason: str | None, as_json: bool
) -> None:
    """Print the rates of a time by group; with -o write 六定台账, 销号台账 and all rates as a workbook.

    \b
    Examples:
      gridmap ledger --since 2026-01-01 --until 2026-06-30
      gridmap ledger --since 2026-01-01 --until 2026-06-30 --by grid --grids today
      gridmap ledger --since 2026-01-01 --until 2026-06-30 -o 六定台账.xlsx
    """
    period = Period(since.date(), until.date())
    scope = Scope.everything(actor())
    if output and output.suffix.lower() != ".xlsx":
        raise BadInput(f"{output.name}: a ledger is a workbook; write it to a file that ends in .xlsx", option="-o")
    with open_database() as database, database.transaction(actor(), write=bool(output)) as tx:
        if output:
            with replacing(output) as target:
                lines, struck = write_ledger(tx, scope, period, target, grids=grids, unmask_reason=reason)
            click.echo(f"{output}: {lines} lines, {struck} struck off")
            return
        groups = rates_by(tx, scope, period, by, grids=grids)
    if as_json:
        print_json([_counts(each) for each in groups])
    else:
        _print(GROUPS[by][0], groups)


def _counts(group: Group) -> dict[str, Any]:
    said = asdict(group)
    counts = {name: len(said[name]) for name in ("reported", "due", "closed", "overdue", "unknown")}
    rates = {rate.name: {"counted": len(rate.counted), "of": len(rate.of), "share": rate.share} for rate in group.rates}
    return {"name": group.name, **counts, "rates": rates}


def _print(name: str, groups: list[Group]) -> None:
    click.echo("\t".join([name, *RATE_HEADER]))
    for each in groups:
        click.echo("\t".join(str(cell) for cell in rate_row(each)))
