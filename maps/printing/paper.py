"""Sizes of paper, the places of things on it, and the scale of the map. Millimetres from the lower left corner."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from gridmap.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

MM_PER_POINT = 25.4 / 72
_A3_WIDTH = 420.0
_LEAST_TYPE = 6.0  # points
_SMALL = 6.4  # points at A3: 6 and more there, 18 and more at A0
_ROUND = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0)
_SCALES = tuple(int(step * 10**power) for power in range(2, 7) for step in _ROUND)
_LEAST_SCALE, _GREATEST_SCALE = 200, 5_000_000


class Box(NamedTuple):
    """A rectangle on the paper: left, bottom, right, top."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom


@dataclass(frozen=True)
class Paper:
    """A sheet, lying.

    Parameters
    ----------
    name : str
        A0 to A4.
    width, height : float
        Millimetres.
    """

    name: str
    width: float
    height: float

    @property
    def unit(self) -> float:
        """What a millimetre of the A3 sheet is on this one."""
        return self.width / _A3_WIDTH

    def type_size(self, at_a3: float) -> float:
        """Points of a type size given for A3: larger on larger sheets, never under what can be read."""
        return max(at_a3 * self.unit, _LEAST_TYPE * at_a3 / _SMALL)

    @property
    def small(self) -> float:
        """The smallest type on this sheet, points."""
        return self.type_size(_SMALL)

    def layout(self) -> Layout:
        """Where things stand."""
        u = self.unit
        margin, gap, column, title, foot = 10 * u, 4 * u, 104 * u, 19 * u, 21 * u
        top, bottom = self.height - margin - title, margin + foot
        right = self.width - margin
        return Layout(
            title=Box(margin, top, right, self.height - margin),
            frame=Box(margin, bottom, right - column - gap, top),
            column=Box(right - column, bottom, right, top),
            foot=Box(margin, margin, right, bottom - gap),
        )


@dataclass(frozen=True)
class Layout:
    """Title above, the map's frame, the column to its right, notes below."""

    title: Box
    frame: Box
    column: Box
    foot: Box


PAPERS = {
    paper.name: paper
    for paper in (
        Paper("A0", 1189.0, 841.0),
        Paper("A1", 841.0, 594.0),
        Paper("A2", 594.0, 420.0),
        Paper("A3", 420.0, 297.0),
        Paper("A4", 297.0, 210.0),
    )
}


def parse_scale(text: str) -> int:
    """Read `1:5000`, `1：5,000` or `5000`; returns 5000.

    Raises
    ------
    BadInput
        No scale, or one that no map of an office has.
    """
    found = re.fullmatch(r"\s*(?:1\s*[:：/])?\s*([0-9][0-9,]*)\s*", text)
    number = int(found[1].replace(",", "")) if found and len(found[1]) < 12 else 0
    if not _LEAST_SCALE <= number <= _GREATEST_SCALE:
        raise BadInput(
            f"{text!r} is no scale between 1:{_LEAST_SCALE} and 1:{_GREATEST_SCALE}: write --scale 1:5000", scale=text
        )
    return number


@dataclass(frozen=True)
class Frame:
    """The window through which the map is seen, true to scale.

    Parameters
    ----------
    box : Box
        On the paper.
    scale : int
        5000 for 1:5000.
    middle : tuple of float
        What stands in the middle: x, y in metres of the plane.
    """

    box: Box
    scale: int
    middle: tuple[float, float]

    def to_paper(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Go from metres of the plane, shape (N, 2), to millimetres on the paper."""
        centre = ((self.box.left + self.box.right) / 2, (self.box.bottom + self.box.top) / 2)
        placed: NDArray[np.float64] = (xy - self.middle) * (1000.0 / self.scale) + centre
        return placed

    def shapes_to_paper(self, shapes: NDArray[np.object_]) -> NDArray[np.object_]:
        """Bring shapes of the plane onto the paper."""
        return np.asarray(shapely.transform(shapes, self.to_paper), dtype=object)

    def window(self) -> shapely.Polygon:
        """Return what can be seen, in metres of the plane."""
        x, y = self.middle
        aside, up = self.box.width * self.scale / 2000.0, self.box.height * self.scale / 2000.0
        window: shapely.Polygon = shapely.box(x - aside, y - up, x + aside, y + up)
        return window


def frame_for(paper: Paper, land: tuple[float, float, float, float], scale: int | None) -> Frame:
    """Choose the largest round scale at which a piece of land fits, or hold a scale that was asked for.

    Parameters
    ----------
    land : tuple of float
        West, south, east, north in metres of the plane.
    scale : int or None
        5000 for 1:5000; None chooses.

    Raises
    ------
    BadInput
        The land does not fit at the scale that was asked for.
    """
    box = paper.layout().frame
    middle = ((land[0] + land[2]) / 2, (land[1] + land[3]) / 2)
    needed = _needed(paper, land)
    if scale is None:
        scale = next((each for each in _SCALES if each >= max(needed, _LEAST_SCALE)), None)
        if scale is None:
            raise BadInput(f"the land is too wide for a map on {paper.name}", paper=paper.name)
    elif needed > scale:
        larger = [each.name for each in PAPERS.values() if _needed(each, land) <= scale]
        advice = f"use --paper {larger[-1]}, or" if larger else "use"
        raise BadInput(
            f"at 1:{scale} the land does not fit on {paper.name}: {advice} --scale 1:{int(np.ceil(needed))} or more",
            scale=scale,
            paper=paper.name,
        )
    return Frame(box, scale, middle)


def _needed(paper: Paper, land: tuple[float, float, float, float]) -> float:
    box, margin = paper.layout().frame, 5 * paper.unit
    return 1000.0 * max((land[2] - land[0]) / (box.width - 2 * margin), (land[3] - land[1]) / (box.height - 2 * margin))
