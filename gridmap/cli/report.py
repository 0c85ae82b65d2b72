"""`gridmap report`: the half-year report, every number traceable to its rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, open_database
from gridmap.cli.ledger import grids_option, since_option, until_option
from gridmap.errors import BadInput
from gridmap.files.output import replacing
from gridmap.services.case_ledger import Period
from gridmap.services.ledgers import report_document

if TYPE_CHECKING:
    from datetime import datetime


@click.command("report")
@since_option
@until_option
@grids_option
@click.option(
    "-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write: .docx."
)
def command(since: datetime, until: datetime, grids: str, output: Path) -> None:
    """Write the report of a time as a Word document: text, tables, and an annex with the rows of every number.

    \b
    Examples:
      gridmap report --since 2026-01-01 --until 2026-06-30 -o 半年报告.docx
    """
    if output.suffix.lower() != ".docx":
        raise BadInput(f"{output.name}: write the report to a file that ends in .docx", option="-o")
    with open_database() as database, database.transaction(actor(), write=True) as tx:
        period = Period(since.date(), until.date())
        content = report_document(tx, Scope.everything(actor()), period, grids=grids)
        with replacing(output) as target:
            target.write_bytes(content)
    click.echo(f"{output}: {len(content):,} bytes")
