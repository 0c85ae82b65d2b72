"""Maps for the wall and the folder: 区域分布示意图 of a sub-district, a community or a grid as PDF or PNG.

Drawn by matplotlib in the plane, true to scale; sizes are millimetres of paper and points of type.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import shapely
from matplotlib.backends.backend_pdf import PdfPages

from gridmap.errors import BadInput
from maps.printing.column import draw_column
from maps.printing.fonts import face, pdf_font_type, plain
from maps.printing.furniture import draw_foot, draw_title
from maps.printing.land import Land, prepare
from maps.printing.paper import PAPERS, frame_for
from maps.printing.picture import Picture, draw_map
from maps.printing.sheet import Sheet
from maps.printing.subject import subject_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gridmap.services.overview_values import Overview
    from maps.printing.paper import Paper

PRINTED = (".pdf", ".png")
_DOTS_PER_INCH = 200.0
_MOST_DOTS = 7_000  # of a side: an A0 at 150 dpi
_MATPLOTLIB: dict[Any, Any] = {"path.simplify": False, "text.usetex": False, "pdf.compression": 6}


def print_map(
    data: Overview,
    path: Path,
    *,
    area: str | None = None,
    paper: str = "A3",
    scale: int | None = None,
    approval: str = "",
    public_url: str = "",
) -> Picture:
    """Print the 区域分布示意图 of a sub-district, a community or a grid.

    Equal values give an equal file, byte for byte, with the same version of matplotlib.

    Parameters
    ----------
    path : Path
        Ends in .pdf or .png.
    area : str or None
        12 digits of a community, 15 of a grid; None for the sub-district.
    paper : str
        A0 to A4, lying.
    scale : int or None
        5000 for 1:5000, held exactly; None takes the largest round one that fits.
    approval : str
        审图号.
    public_url : str
        Where people reach the server: the QR code of a grid leads to its page there; without it, it holds the code.

    Returns
    -------
    Picture
        What was placed where.

    Raises
    ------
    NotFound
        There is no such community or grid.
    BadInput
        The land does not fit at the scale, the table not on the paper, or a character has no glyph.
    NoPlan
        There are no grids.
    SetupMissing
        No Chinese font is installed.
    """
    if path.suffix.lower() not in PRINTED:
        raise BadInput(f"{path.name}: print to a file that ends in {' or '.join(PRINTED)}", file=path.name)
    land = prepare(data)
    with mpl.rc_context(_settings()):
        sheet, picture = sheet_of(land, area, _paper(paper), scale, approval, public_url)
        if path.suffix.lower() == ".pdf":
            sheet.figure.savefig(path, format="pdf", metadata=_metadata(data, picture.title))
        else:
            dots = min(_DOTS_PER_INCH, _MOST_DOTS / (sheet.paper.width / 25.4))
            sheet.figure.savefig(path, format="png", dpi=dots, metadata={"Software": None})
    return picture


def print_atlas(
    data: Overview,
    path: Path,
    *,
    paper: str = "A4",
    approval: str = "",
    public_url: str = "",
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Print one sheet per grid, by code, each with a QR code that leads to the grid's page, into one PDF.

    Returns
    -------
    int
        How many sheets.

    Raises
    ------
    BadInput, NoPlan, SetupMissing
        As `print_map`.
    """
    if path.suffix.lower() != ".pdf":
        raise BadInput(f"{path.name}: an atlas has many sheets, print it to a file that ends in .pdf", file=path.name)
    land = prepare(data)
    title = f"{plain(data.subdistrict_name)}网格图册"
    with mpl.rc_context(_settings()), PdfPages(path, metadata=_metadata(data, title)) as pages:
        for done, grid in enumerate(land.grids, start=1):
            sheet, _ = sheet_of(land, grid.code, _paper(paper), None, approval, public_url)
            pages.savefig(sheet.figure)
            progress(done)
    return len(land.grids)


def sheet_of(
    land: Land, area: str | None, paper: Paper, scale: int | None, approval: str, public_url: str = ""
) -> tuple[Sheet, Picture]:
    """Draw one sheet; arguments and errors as for `print_map`."""
    subject = subject_of(land, area)
    west, south, east, north = shapely.bounds(subject.area).tolist()
    frame = frame_for(paper, (west, south, east, north), scale)
    sheet = Sheet(paper)
    picture = draw_map(sheet, land, subject, frame)
    code = None
    if subject.grid:
        path = f"/grids/{subject.grid.code}"
        code = f"{public_url}{path}" if public_url else f"{subject.grid.code} {path}"
    draw_title(sheet, subject.title)
    draw_column(sheet, land, subject, picture, code=code)
    draw_foot(sheet, land, picture, approval)
    return sheet, picture


def _paper(name: str) -> Paper:
    if name not in PAPERS:
        raise BadInput(f"no paper {name!r}: use one of {', '.join(PAPERS)}", paper=name)
    return PAPERS[name]


def _settings() -> dict[Any, Any]:
    face("bold")  # before anything is drawn: a missing font is a message, not boxes
    return {**_MATPLOTLIB, "pdf.fonttype": pdf_font_type()}


def _metadata(data: Overview, title: str) -> dict[str, Any]:
    """Name the file and its maker; the day is the map's, so that equal values give an equal file."""
    day = datetime(data.made_on.year, data.made_on.month, data.made_on.day, tzinfo=UTC)
    return {"Title": plain(title), "Author": plain(data.maker), "Creator": "gridmap", "CreationDate": day}
