"""`gridmap demo`: the demonstration sub-district, from messy files to one map."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gridmap.access import Scope
from gridmap.cli.common import json_option, print_json
from gridmap.demo.run import ACTOR, DemoReport, run_demo
from gridmap.errors import Conflict
from gridmap.model.moments import SHANGHAI
from gridmap.services.overview import overview
from gridmap.services.plan_check import check_plans
from gridmap.services.stats import stats
from gridmap.storage.database import Database
from maps.overview import overview_page


@click.command("demo")
@click.option(
    "--dir", "folder", default="gridmap-demo", show_default=True, type=click.Path(path_type=Path), help="Where it goes."
)
@click.option(
    "--size", default="full", show_default=True, type=click.Choice(["small", "full"]), help="A part, or all of it."
)
@click.option(
    "--seed", default=1, show_default=True, type=click.IntRange(0, 2**31), help="Another seed makes another town."
)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Last day of the year of incidents [yesterday]; with the seed it makes the same town again.",
)
@click.option("--force", is_flag=True, help="Replace a demonstration that is there.")
@json_option
def command(folder: Path, size: str, seed: int, until: datetime | None, force: bool, as_json: bool) -> None:
    """Make the demonstration sub-district 示范街道 in a folder: raw files, database, overview map.

    The files are as messy as an office's: noisy borders, several datums, mistakes. They are repaired, imported and
    assigned; the truth is known, and the share of it that was recovered is printed. All names are invented.

    \b
    Examples:
      gridmap demo --dir gridmap-demo
      gridmap demo --dir /tmp/small --size small
    """
    target, page = folder / "gridmap.db", folder / "overview.html"
    if target.exists() and not force:
        raise Conflict(f"{target} exists: add --force to make the demonstration anew", file=str(target))
    folder.mkdir(parents=True, exist_ok=True)
    for old in (target, folder / "gridmap.db-wal", folder / "gridmap.db-shm"):
        old.unlink(missing_ok=True)
    last = until.date() if until else datetime.now(SHANGHAI).date() - timedelta(days=1)
    with closing(Database.create(str(target))) as database:
        report = run_demo(
            database, folder, seed=seed, size=size, last=last, say=lambda line: click.echo(line, err=True)
        )
        with database.transaction(ACTOR) as tx:
            scope = Scope.everything(ACTOR)
            counts, checks, data = stats(tx, scope), check_plans(tx, scope), overview(tx, scope)
    page.write_text(overview_page(data), encoding="utf-8")
    covered = all(check.is_coverage for check in checks)
    if as_json:
        shares = {kind: round(found.share, 4) for kind, found in report.recovery.items()}
        print_json(counts | {"is_coverage": covered, "recovered": shares, "database": str(target), "map": str(page)})
        return
    _print(counts, report, covered=covered)
    click.echo(f"database {target}\nmap      {page}")


def _print(counts: dict[str, object], report: DemoReport, *, covered: bool) -> None:
    click.echo("无缝隙、全覆盖" if covered else "the plan is no coverage: run `gridmap check`")
    table = Table("", "in the database", box=None)
    for name, value in counts.items():
        shown = (
            ", ".join(f"{key} {number:,}" for key, number in value.items()) if isinstance(value, dict) else f"{value:,}"
        )
        table.add_row(name, shown)
    Console().print(table)
    table = Table("recovered", "of the truth", "imported", "in the true grid", "share", box=None)
    for kind, found in report.recovery.items():
        table.add_row(kind, f"{found.total:,}", f"{found.found:,}", f"{found.right:,}", f"{found.share:.2%}")
    Console().print(table)
