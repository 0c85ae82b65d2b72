"""The small map of a 属地核实单 as a picture, and the whole statement as one sheet of A4."""

from __future__ import annotations

from datetime import UTC
from io import BytesIO
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from maps.printing.column import qr_modules
from maps.printing.fonts import face, pdf_font_type, plain
from maps.printing.paper import MM_PER_POINT
from maps.printing.wording import fitted, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from matplotlib.axes import Axes

_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 22.0  # millimetres of A4, standing
_INCH = 25.4
_SETTINGS: dict[Any, Any] = {"path.simplify": False, "text.usetex": False, "pdf.compression": 6}
SHOWN = 0.99  # of the map: the land is cut off at its edge, and the cut is no border
_NAME = 7.0  # points
_LINE = {"waters": "#9CC3DF", "roads": "#9AA5B1", "railways": "#52606D"}


def statement_picture(said: Mapping[str, Any], *, size: float = 120.0, dpi: int = 160) -> bytes:
    """Draw the small map as a PNG; `size` is its side in millimetres.

    Raises
    ------
    SetupMissing
        No Chinese font is installed.
    """
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(size / _INCH, size / _INCH))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        _draw(axes, said["picture"], size)
        stream = BytesIO()
        figure.savefig(stream, format="png", dpi=dpi, metadata={"Software": None})
    return stream.getvalue()


def statement_pdf(
    said: Mapping[str, Any],
    rows: Sequence[tuple[str, str]],
    *,
    title: str,
    remark: str,
    made_at: datetime,
    link: str,
) -> bytes:
    """Print a statement on A4: the sentence, the map, the table, and a QR code that leads to its check.

    Raises
    ------
    SetupMissing
        No Chinese font is installed.
    """
    with mpl.rc_context({**_SETTINGS, "pdf.fonttype": pdf_font_type()}):
        figure = Figure(figsize=(_WIDTH / _INCH, _HEIGHT / _INCH))
        sheet = _Sheet(figure)
        sheet.line(_WIDTH / 2, 20, title, "bold", align="center")
        sheet.below(6)
        for line in wrap(plain(said["text"]), 11, _WIDTH - 2 * _MARGIN):
            sheet.line(_MARGIN, 11, line)
        sheet.below(4)
        side = 88.0
        axes = figure.add_axes(
            ((_WIDTH - side) / 2 / _WIDTH, (sheet.y - side) / _HEIGHT, side / _WIDTH, side / _HEIGHT)
        )
        _draw(axes, said["picture"], side)
        sheet.below(side + 2)
        sheet.line(_WIDTH / 2, 8, remark, align="center", colour="#52606D")
        sheet.below(2)
        for name, value in rows:
            _row(sheet, name, value)
        _qr(figure, link)
        stream = BytesIO()
        metadata = {"Title": title, "Creator": "gridmap", "CreationDate": made_at.astimezone(UTC)}
        figure.savefig(stream, format="pdf", metadata=metadata)
    return stream.getvalue()


class _Sheet:
    """Lines from the top of a page downwards; `y` is what is left, in millimetres."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.y = _HEIGHT - _MARGIN

    def below(self, millimetres: float) -> None:
        self.y -= millimetres

    def line(
        self, x: float, size: float, text: str, weight: str = "regular", *, align: str = "left", colour: str = "#1F2933"
    ) -> None:
        self.y -= size * MM_PER_POINT * 1.45
        self.put(x, size, text, weight, align=align, colour=colour)

    def put(
        self, x: float, size: float, text: str, weight: str = "regular", *, align: str = "left", colour: str = "#1F2933"
    ) -> None:
        shown = plain(text)
        face(weight).require_glyphs(shown, "属地核实单")
        self.figure.text(
            x / _WIDTH,
            self.y / _HEIGHT,
            shown,
            fontproperties=face(weight).properties(size),
            ha=align,
            va="baseline",
            color=colour,
            parse_math=False,
        )


def _row(sheet: _Sheet, name: str, value: str) -> None:
    left, room = _MARGIN + 36.0, _WIDTH - 2 * _MARGIN - 36.0
    lines = wrap(plain(value), 9.5, room)
    if len(lines) > 3:  # a sheet has one side
        lines = [*lines[:2], fitted("".join(lines[2:]), 9.5, room, "regular")]
    for number, line in enumerate(lines):
        sheet.line(left, 9.5, line)
        if number == 0:
            sheet.put(_MARGIN, 9.5, name, colour="#52606D")
    sheet.below(1.2)


def _qr(figure: Figure, link: str) -> None:
    modules, side = qr_modules(link), 22.0
    where = ((_WIDTH - _MARGIN - side) / _WIDTH, (_MARGIN - 8) / _HEIGHT, side / _WIDTH, side / _HEIGHT)
    axes = figure.add_axes(where)
    axes.imshow(1 - modules, cmap="gray", interpolation="nearest", vmin=0, vmax=1)
    axes.set_axis_off()


def names_on(picture: Mapping[str, Any], size: float) -> list[tuple[str, float, float]]:
    """Say which names stand on the small map, and where their middles are: whole, none on another.

    Parameters
    ----------
    picture : mapping
        Of a statement: metres from the place, y upwards.
    size : float
        Height of the letters in metres.

    Returns
    -------
    list of (name, x, y)
        The grid's own name first, then roads and waters, then the other grids.
    """
    edge, placed = SHOWN * picture["half"], []
    taken = [(-2 * size, -2 * size, 2 * size, 2 * size)]  # the place itself
    order = sorted(picture["grids"], key=lambda grid: not grid["own"])
    seen: set[str] = set()
    for thing in [*order[:1], *picture["features"], *order[1:]]:
        if not thing["name"] or not thing["label"] or thing["name"] in seen:
            continue
        reach = size * len(thing["name"]) / 2
        x, y = (
            max(room - edge, min(edge - room, at))
            for room, at in zip((reach + size / 2, size), thing["label"], strict=True)
        )
        box = (x - reach, y - 0.7 * size, x + reach, y + 0.7 * size)
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
            continue
        seen.add(thing["name"])
        taken.append(box)
        placed.append((thing["name"], x, y))
    return placed


def _draw(axes: Axes, picture: Mapping[str, Any], side: float) -> None:
    half = picture["half"]
    edge = SHOWN * half
    axes.set(xlim=(-edge, edge), ylim=(-edge, edge), xticks=[], yticks=[], facecolor="#F5F7FA")
    for grid in picture["grids"]:
        fill, alpha = ("#1F5FBF", 0.16) if grid["own"] else ("#F7F5EF", 1.0)
        axes.add_patch(PathPatch(_path(grid["parts"], close=True), facecolor=fill, alpha=alpha, linewidth=0))
    for feature in picture["features"]:
        kind = feature["kind"]
        patch = PathPatch(
            _path(feature["parts"], close=kind == "waters"),
            facecolor="#CFE3F2" if kind == "waters" else "none",
            edgecolor=_LINE[kind],
            linewidth=2.2 if kind == "roads" else 1.2,
            linestyle="--" if kind == "railways" else "-",
        )
        axes.add_patch(patch)
    for grid in picture["grids"]:  # above the roads, as a border often runs along one
        axes.add_patch(PathPatch(_path(grid["parts"], close=True), fill=False, edgecolor="#1F2933", linewidth=1.1))
    for name, x, y in names_on(picture, 2 * half * _NAME * MM_PER_POINT / side):
        axes.text(
            x,
            y,
            fitted(plain(name), _NAME, side / 2, "regular"),
            fontproperties=face().properties(_NAME),
            ha="center",
            va="center",
            color="#1F2933",
            clip_on=True,
            parse_math=False,
            path_effects=[withStroke(linewidth=1.6, foreground="white")],
        )
    axes.plot([0], [0], marker="o", markersize=6, color="#C53030", markeredgecolor="white")
    axes.plot([0], [0], marker="+", markersize=16, color="#C53030")


def _path(parts: list[list[list[float]]], *, close: bool) -> Path:
    pieces = [np.asarray(part, dtype=float) for part in parts]
    codes = [
        np.array([Path.MOVETO, *[Path.LINETO] * (len(piece) - 2), Path.CLOSEPOLY if close else Path.LINETO])
        for piece in pieces
    ]
    return Path(np.concatenate(pieces), np.concatenate(codes).astype(np.uint8))
