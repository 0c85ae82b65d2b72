"""`gridmap statement`: a 属地核实单 for a point or an incident, or the check of one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, crs_option, json_option, open_database, print_json
from gridmap.config import read_settings
from gridmap.errors import BadInput
from gridmap.files.output import replacing
from gridmap.services.jurisdiction import Question, get_statement, make_statement

if TYPE_CHECKING:
    from datetime import datetime

_FORMS = {".docx": "docx", ".pdf": "pdf", ".html": "html", ".htm": "html"}


@click.command("statement", context_settings={"ignore_unknown_options": True})
@click.argument("place", nargs=-1)
@click.option("--incident", default="", metavar="NUMBER", help="Of the place of an incident, by the day of its report.")
@click.option("--verify", "code", default="", metavar="CODE", help="Show and check the statement of that check code.")
@crs_option
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="By the plan in force on that date [today]."
)
@click.option("--accuracy", type=click.FloatRange(0), default=0.0, help="Metres that the point may be off.")
@click.option("--subject", default="", help="What is there: an address or the words of the matter.")
@click.option(
    "-o", "output", type=click.Path(dir_okay=False, path_type=Path), help="Paper to write: .docx, .pdf or .html."
)
@json_option
def command(
    place: tuple[str, ...],
    incident: str,
    code: str,
    crs: str | None,
    at: datetime | None,
    accuracy: float,
    subject: str,
    output: Path | None,
    as_json: bool,
) -> int:
    """State whose land a point is, so that it can be cited, and keep the statement under its check code.

    PLACE is longitude and latitude; an incident has its own.

    With --verify the statement of a code is shown as it was made, also after a redraw; exit code 1 when its content
    was changed.

    \b
    Examples:
      gridmap statement 113.325 23.135 --subject 人民路38号 -o 属地核实单.docx
      gridmap statement --incident RX2510010001 -o 属地核实单.pdf
      gridmap statement --verify 7K3Q-M2ZD-XHAP-WTLC
    """
    form = _form(output)
    with open_database() as database, database.transaction(actor(), write=not code) as tx:
        scope = Scope.everything(actor())
        if code:
            statement = get_statement(tx, scope, code)
        else:
            lon, lat = _position(place, incident)
            day = at.date() if at else None
            question = Question(lon, lat, crs or "EPSG:4490", day, accuracy, subject, incident)
            statement = make_statement(tx, scope, question)
    if output and form:
        from maps.statement import paper_of  # noqa: PLC0415 -- matplotlib: half a second that a check need not pay

        with replacing(output) as target:
            target.write_bytes(paper_of(statement, form, read_settings().public_url))
    if as_json:
        print_json(asdict(statement))
    else:
        click.echo(f"{statement.code}  {statement.content['text']}")
        if code:
            click.echo("intact" if statement.intact else "CHANGED: the content does not give this code")
            click.echo("today's plan says the same" if statement.unchanged else "today's plan says otherwise")
    return 0 if statement.intact else 1


def _form(output: Path | None) -> str | None:
    if output is None:
        return None
    if output.suffix.lower() not in _FORMS:
        raise BadInput(f"{output.name}: write a statement to a file that ends in {' '.join(_FORMS)}", file=output.name)
    return _FORMS[output.suffix.lower()]


def _position(place: tuple[str, ...], incident: str) -> tuple[float | None, float | None]:
    if incident and not place:
        return None, None
    try:
        lon, lat = (float(value) for value in place)
    except ValueError:
        raise BadInput("give longitude and latitude as two numbers, or --incident NUMBER", argument="place") from None
    return lon, lat
