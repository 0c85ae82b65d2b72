"""`gridmap map`: one file that shows everything and asks nobody, for the screen or for the wall."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridmap.access import Scope
from gridmap.cli.common import actor, open_database, progress
from gridmap.config import read_settings
from gridmap.errors import BadInput, CodeRefused, FileRefused
from gridmap.files.output import replacing
from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.services.overview import overview, record_map

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from gridmap.model.kinds import Kind
    from gridmap.services.overview_values import Overview
    from gridmap.storage.database import Database

_PAGE = (".html", ".htm")
_SHEETS = ("A0", "A1", "A2", "A3", "A4")
_DEFAULT_PAPER = "A3"


def _output_option(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option("-o", "output", required=True, type=click.Path(dir_okay=False, path_type=Path), help=text)


_output = _output_option("File to write: .html for the screen, .pdf or .png for paper.")
_at = click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="By the plan in force on that date [today]."
)
_paper = click.option("--paper", type=click.Choice(_SHEETS), help=f"Size of the sheet, for print [{_DEFAULT_PAPER}].")
_scale = click.option(
    "--scale", metavar="1:N", help="Scale of the map, held exactly, for print [the largest round one that fits]."
)
_approval = click.option("--approval", metavar="NUMBER", help="审图号 to print on the map.")


def _drawn(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of every single map; they are the arguments of `_write`."""
    for option in (_approval, _scale, _paper, _at, _output):
        function = option(function)
    return function


@click.group("map")
def command() -> None:
    """Draw maps as files that need no internet: pages for a browser, sheets for a printer."""


@command.command("overview")
@_drawn
def overview_command(**drawn: Any) -> None:
    """Write the 一张图 of the sub-district: communities, grids, numbers, in one file.

    \b
    Examples:
      gridmap map overview -o map.html
      gridmap map overview -o wall.pdf --paper A0
      gridmap map overview -o wall.pdf --paper A0 --scale 1:6000
    """
    _write(None, **drawn)


@command.command("community")
@click.argument("code")
@_drawn
def community_command(code: str, **drawn: Any) -> None:
    """Write the map of a community, named by its 12 digits: its grids, their numbers, the neighbours.

    \b
    Examples:
      gridmap map community 440106001001 -o community.html
      gridmap map community 440106001001 -o community.pdf --paper A3
    """
    _write(_digits(code, 12), **drawn)


@command.command("grid")
@click.argument("code")
@_drawn
def grid_command(code: str, **drawn: Any) -> None:
    """Write the map of a grid, named by its 15 digits: houses, shops, places, the neighbours.

    \b
    Examples:
      gridmap map grid 440106001001003 -o grid.html
      gridmap map grid 440106001001003 -o grid.pdf --paper A4
    """
    _write(_digits(code, 15), **drawn)


@command.command("atlas")
@_output_option("PDF file to write.")
@_at
@click.option("--paper", type=click.Choice(_SHEETS), default="A4", show_default=True, help="Size of the sheets.")
@_approval
def atlas_command(output: Path, at: datetime | None, paper: str, approval: str | None) -> None:
    """Write one sheet per grid, each with a QR code, into one PDF.

    \b
    Examples:
      gridmap map atlas -o atlas.pdf
    """
    from maps.printing import print_atlas  # noqa: PLC0415 -- a page for the screen needs no matplotlib
    from maps.printing.land import MARKED  # noqa: PLC0415

    _require_folder(output)
    with open_database() as database:
        data = _read(database, at, None, MARKED)
        with _written(database, data, output) as part, progress("sheets", len(data.grids)) as done:
            sheets = print_atlas(
                data, part, paper=paper, approval=approval or "", public_url=_public_url(), progress=done
            )
    click.echo(f"{output}: {sheets} sheets {paper}, {output.stat().st_size / 1e6:.1f} MB")


def _write(
    area: str | None, output: Path, at: datetime | None, paper: str | None, scale: str | None, approval: str | None
) -> None:
    """Write a page or a sheet, by the ending of the file."""
    _require_folder(output)
    if output.suffix.lower() in _PAGE:
        if paper or scale or approval:
            raise BadInput(
                f"--paper, --scale and --approval are for print: write {output.name} as .pdf or .png, or leave them out"
            )
        _write_page(output, at, area)
    else:
        _write_sheet(output, at, area, paper or _DEFAULT_PAPER, scale, approval or "")


def _write_page(output: Path, at: datetime | None, area: str | None) -> None:
    from maps.overview import overview_page  # noqa: PLC0415 -- a sheet for paper needs no Folium

    with open_database() as database:
        data = _read(database, at, area)
        page = overview_page(data)
        with _written(database, data, output) as part:
            part.write_text(page, encoding="utf-8")
    click.echo(f"{output}: {len(data.grids)} grids, {output.stat().st_size / 1e6:.1f} MB, no request to anywhere")


def _write_sheet(
    output: Path, at: datetime | None, area: str | None, paper: str, scale: str | None, approval: str
) -> None:
    from maps.printing import print_map  # noqa: PLC0415 -- a page for the screen needs no matplotlib
    from maps.printing.land import MARKED  # noqa: PLC0415
    from maps.printing.paper import parse_scale  # noqa: PLC0415

    wanted = parse_scale(scale) if scale else None
    with open_database() as database:
        data = _read(database, at, None, MARKED)  # all of the land: the neighbours are drawn too
        with _written(database, data, output) as part:
            picture = print_map(
                data, part, area=area, paper=paper, scale=wanted, approval=approval, public_url=_public_url()
            )
    size = output.stat().st_size / 1e6
    shown = area or f"{len(data.grids)} grids"
    click.echo(f"{output}: {shown} on {paper} at 1:{picture.frame.scale}, {size:.1f} MB")
    if picture.numbered:
        small = len(picture.numbered)
        click.echo(f"{small} grids are too small for a label: numbered, with a key in the legend", err=True)
    for grid in picture.unlabelled:
        click.echo(f"no room for a label, named in the legend instead: {grid.code} {grid.name}", err=True)


def _read(
    database: Database, at: datetime | None, area: str | None, kinds: Sequence[Kind] = ASSIGNED_KINDS
) -> Overview:
    with database.transaction(actor()) as tx:
        return overview(tx, Scope.everything(actor()), at.date() if at else None, area=area, kinds=kinds)


@contextmanager
def _written(database: Database, data: Overview, output: Path) -> Iterator[Path]:
    """Give a path to write to; the file appears whole, and the audit knows of it."""
    with replacing(output) as part:
        yield part
        with database.transaction(actor(), write=True) as tx:  # only now: an atlas takes half a minute
            record_map(tx, data, output.name)


def _public_url() -> str:
    return read_settings().public_url


def _require_folder(output: Path) -> None:
    if not output.parent.is_dir():
        raise FileRefused(f"{output}: the folder {output.parent} does not exist; make it first", file=output.name)


def _digits(code: str, count: int) -> str:
    if not (len(code) == count and code.isascii() and code.isdigit()):
        kinds = {12: "community", 15: "grid"}
        raise CodeRefused(f"{code!r} is no code of a {kinds[count]}: it has {count} digits", code=code)
    return code
