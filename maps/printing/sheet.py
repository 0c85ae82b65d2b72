"""One sheet of paper: shapes, lines, marks and text in millimetres, drawn in the order of the calls."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import shapely
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, TransformedBbox

from maps.printing.fonts import CAP_HEIGHT, face, plain
from maps.printing.paper import MM_PER_POINT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from numpy.typing import NDArray

    from maps.printing.paper import Box, Paper

INK, SECONDARY, HINT = "#1F2933", "#52606D", "#667382"
BODY = 7.2  # points at A3 of plain text
Side = Literal["left", "middle", "right"]
_SHARE = {"left": 0.0, "middle": 0.5, "right": 1.0}


class Sheet:
    """A figure of the size of a paper.

    Attributes
    ----------
    paper : Paper
    figure : Figure
        What is written to a file.
    """

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.figure = Figure(figsize=(paper.width / 25.4, paper.height / 25.4), facecolor="white")
        self._millimetres = Affine2D().scale(1 / 25.4) + self.figure.dpi_scale_trans
        self._clip: TransformedBbox | None = None
        self._order = count()

    def clip(self, box: Box | None) -> None:
        """Let what is drawn from now on end at a box; None ends that."""
        self._clip = None
        if box is not None:
            self._clip = TransformedBbox(Bbox.from_extents(*box), self._millimetres)

    def shapes(
        self,
        shapes: NDArray[np.object_] | Sequence[shapely.Geometry],
        *,
        fill: str = "none",
        edge: str = "none",
        width: float = 0.0,
        dash: tuple[float, ...] | None = None,
        cap: Literal["butt", "round"] = "round",
        alpha: float = 1.0,
    ) -> None:
        """Draw polygons or lines as one path; width and dashes in millimetres."""
        path = shapes_path(np.asarray(shapes, dtype=object))
        if path is None:
            return
        patch = PathPatch(path, facecolor=fill, edgecolor=edge, linewidth=width / MM_PER_POINT, alpha=alpha)
        patch.set(capstyle=cap, joinstyle="round")
        if dash:
            patch.set_linestyle((0, [length / max(width, 1e-9) for length in dash]))
        self._add(patch)

    def marks(self, xy: NDArray[np.float64], marker: str, size: float, colour: str) -> None:
        """Draw the same small mark, with a white ring, at many places; size in millimetres."""
        points = size / MM_PER_POINT
        line = Line2D(*xy.T, linestyle="none", marker=marker, markersize=points, markerfacecolor=colour)
        line.set(markeredgecolor="white", markeredgewidth=0.1 * points)
        self._add(line)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        where: str,
        side: Side = "left",
        weight: str = "regular",
        colour: str = INK,
        halo: float = 0.0,
        turn: float = 0.0,
    ) -> None:
        """Write one line with its capitals' middle at a height.

        Nothing in the text is a command. Where it reaches beyond a place is the caller's to see: `fonts` measures.

        Parameters
        ----------
        size : float
            Points.
        where : str
            What the text is, for the message about a character without a glyph.
        halo : float
            Millimetres of white around the letters.
        turn : float
            Degrees, counterclockwise about the place.

        Raises
        ------
        BadInput
            A character has no glyph.
        """
        text = plain(text)
        if not text:
            return
        type_face = face(weight)
        type_face.require_glyphs(text, where)
        angle = np.radians(turn)
        shift = (-_SHARE[side] * type_face.width(text, size), -CAP_HEIGHT / 2 * size * MM_PER_POINT)
        start = turned(np.array([shift]), angle)[0] + (x, y)
        if halo:
            vertices, codes = type_face.outline(text)
            path = Path(turned(vertices * size, angle) + start, codes)
            around = PathPatch(path, facecolor="white", edgecolor="white", linewidth=2 * halo / MM_PER_POINT, alpha=0.9)
            around.set_joinstyle("round")
            self._add(around)
        written = _Written(
            start[0],
            start[1],
            text,
            color=colour,
            fontproperties=type_face.properties(size),
            rotation=turn,
            rotation_mode="anchor",
            horizontalalignment="left",
            verticalalignment="baseline",
            parse_math=False,
        )
        self._add(written)

    def rectangle(self, box: Box, **style: Any) -> None:
        """Draw a box; styles as for `shapes`."""
        self.shapes([shapely.box(*box)], **style)

    def line(self, points: Sequence[tuple[float, float]], colour: str = INK, width: float = 0.15) -> None:
        """Draw a plain line; width in millimetres."""
        self.shapes([shapely.LineString(points)], edge=colour, width=width, cap="butt")

    def _add(self, artist: Artist) -> None:
        artist.set(zorder=next(self._order), transform=self._millimetres, clip_box=self._clip)
        self.figure.add_artist(artist)


class _Written(Text):
    """A line of text that starts at its place; that matplotlib measures it again would take half of the time."""

    def draw(self, renderer: Any) -> None:
        """Hand the line to the file."""
        x, y = self.get_transform().transform(self.get_position())
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        context = renderer.new_gc()
        context.set_foreground(self.get_color())
        self._set_gc_clip(context)  # type: ignore[attr-defined]
        properties, turn = self.get_fontproperties(), self.get_rotation()
        renderer.draw_text(context, x, y, self.get_text(), properties, turn, ismath=False, mtext=self)
        context.restore()


def turned(xy: NDArray[np.float64], angle: float) -> NDArray[np.float64]:
    """Turn points (N, 2) about the origin by radians, counterclockwise."""
    cosine, sine = np.cos(angle), np.sin(angle)
    rotated: NDArray[np.float64] = xy @ np.array([[cosine, sine], [-sine, cosine]])
    return rotated


def shapes_path(shapes: NDArray[np.object_]) -> Path | None:
    """Make one path of polygons and lines; holes run against their shells, so that they stay open."""
    parts = shapely.get_parts(shapes)
    parts = parts[~shapely.is_empty(parts)]
    areal = shapely.get_dimensions(parts) == 2
    rings = shapely.get_rings(shapely.orient_polygons(parts[areal]))
    lines = np.concatenate([rings, parts[~areal]])
    if not len(lines):
        return None
    vertices, owner = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(vertices), Path.LINETO, dtype=np.uint8)
    codes[np.diff(owner, prepend=-1) != 0] = Path.MOVETO
    codes[(np.diff(owner, append=-1) != 0) & (owner < len(rings))] = Path.CLOSEPOLY
    return Path(vertices, codes)
