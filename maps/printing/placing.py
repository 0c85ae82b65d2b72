"""Where names stand on a map: inside what they name, never on one another, shortened by rule where room is short.

Everything here is millimetres on the paper and points of type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.printing.fonts import face, plain
from maps.printing.paper import MM_PER_POINT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from maps.printing.paper import Box

LEADING = 1.22  # of the type size from one line to the next
_BODY = 1.05  # height of a line's box in type sizes
_DIGITS = 0.8
_BEND = 0.45  # radians that a name may turn from one letter to the next


@dataclass(frozen=True)
class Line:
    """One line of a label."""

    text: str
    size: float
    weight: str = "regular"

    @property
    def width(self) -> float:
        """Millimetres."""
        return face(self.weight).width(self.text, self.size)

    @property
    def height(self) -> float:
        """Millimetres from line to line."""
        return LEADING * self.size * MM_PER_POINT


@dataclass(frozen=True)
class Block:
    """Lines one below the other about a place."""

    x: float
    y: float
    lines: tuple[Line, ...]

    def box(self) -> tuple[float, float, float, float]:
        """Tell what the letters cover."""
        width = max(line.width for line in self.lines)
        height = sum(line.height for line in self.lines) - (LEADING - self._body) * self.lines[-1].size * MM_PER_POINT
        return (self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2)

    def placed(self) -> Iterable[tuple[float, Line]]:
        """Give the height of each line's middle, with the line."""
        top = self.box()[3]
        for line in self.lines:
            yield top - self._body / 2 * line.size * MM_PER_POINT, line
            top -= line.height

    @property
    def _body(self) -> float:
        """Height of a line's box in type sizes: digits alone have nothing below their line."""
        return _DIGITS if len(self.lines) == 1 and self.lines[0].text.isdecimal() else _BODY


@dataclass(frozen=True)
class Letter:
    """A letter of a name that runs along a line; `turn` in degrees."""

    text: str
    x: float
    y: float
    turn: float


class Occupied:
    """Boxes that are taken, within a frame."""

    def __init__(self, frame: Box) -> None:
        self.boxes = np.empty((0, 4))
        self._frame = frame

    def free(self, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell which boxes (N, 4) lie within the frame and on nothing."""
        left, bottom, right, top = boxes.T
        within = (
            (left > self._frame.left)
            & (bottom > self._frame.bottom)
            & (right < self._frame.right)
            & (top < self._frame.top)
        )
        taken = self.boxes
        beside = (
            (right[:, None] <= taken[:, 0])
            | (left[:, None] >= taken[:, 2])
            | (top[:, None] <= taken[:, 1])
            | (bottom[:, None] >= taken[:, 3])
        )
        free: NDArray[np.bool_] = within & beside.all(axis=1)
        return free

    def take(self, boxes: NDArray[np.float64]) -> None:
        """Add boxes (N, 4)."""
        self.boxes = np.concatenate([self.boxes, boxes])


def first_that_fits(
    candidates: Sequence[tuple[Line, ...]], x: float, y: float, room: shapely.Geometry, taken: Occupied
) -> Block | None:
    """Take the first of some blocks, richest first, that stays inside its polygon and touches no other label."""
    blocks = [Block(x, y, lines) for lines in candidates]
    if not blocks:
        return None
    boxes = np.array([block.box() for block in blocks])
    shapely.prepare(room)
    fits = shapely.contains_properly(room, shapely.box(*boxes.T)) & taken.free(boxes)
    if not fits.any():
        return None
    chosen = int(np.argmax(fits))
    taken.take(boxes[chosen : chosen + 1])
    return blocks[chosen]


def anywhere_inside(line: Line, room: shapely.Geometry, taken: Occupied) -> Block | None:
    """Put one line where it stays inside a narrow polygon and touches no other label, as near its middle as can be."""
    west, south, east, north = shapely.bounds(room).tolist()
    steps = np.linspace(0.02, 0.98, 41)
    places = np.stack(np.meshgrid(west + (east - west) * steps, south + (north - south) * steps), axis=-1).reshape(
        -1, 2
    )
    around = np.array(Block(0.0, 0.0, (line,)).box())
    boxes = np.tile(places, 2) + around
    shapely.prepare(room)
    fits = shapely.contains_properly(room, shapely.box(*boxes.T)) & taken.free(boxes)
    if not fits.any():
        return None
    middle = np.array([(west + east) / 2, (south + north) / 2])
    away = np.where(fits, np.hypot(*(places - middle).T), np.inf)
    chosen = int(np.argmin(away))
    taken.take(boxes[chosen : chosen + 1])
    x, y = places[chosen].tolist()
    return Block(x, y, (line,))


def name_in(
    name: str, room: shapely.Geometry, sizes: Sequence[float], taken: Occupied, spacing: float = 0.35
) -> tuple[Letter, ...] | None:
    """Find a place for a large, letter-spaced name inside an area, as near its middle as other labels allow.

    Returns
    -------
    tuple of Letter or None
        The letters' left ends on one line, `turn` holding the type size; None where there is no room.
    """
    signs = plain(name)
    if shapely.is_empty(room) or not signs:
        return None
    west, south, east, north = shapely.bounds(room).tolist()
    steps = np.linspace(0.02, 0.98, 45)
    lattice = np.stack(np.meshgrid(west + (east - west) * steps, south + (north - south) * steps), axis=-1)
    places = lattice.reshape(-1, 2)
    shapely.prepare(room)
    places = places[shapely.contains_xy(room, places)]
    middle = shapely.get_coordinates(shapely.centroid(room))[0]
    places = places[np.argsort(np.hypot(*(places - middle).T), kind="stable")]
    for size in sizes:
        gap = spacing * size * MM_PER_POINT
        widths = [face().width(sign, size) for sign in signs]
        width, height = sum(widths) + gap * (len(signs) - 1), 1.15 * size * MM_PER_POINT
        half = np.array([width, height]) / 2
        boxes = np.hstack([places - half, places + half])
        airy = boxes + np.array([-gap, 0.0, gap, 0.0])
        free = np.flatnonzero(taken.free(airy))
        inside = free[shapely.contains_properly(room, shapely.box(*boxes[free].T))]
        if len(inside):
            left, bottom, _, top = boxes[inside[0]]
            taken.take(airy[inside[:1]])
            starts = left + np.concatenate([[0.0], np.cumsum(np.array(widths) + gap)[:-1]])
            return tuple(
                Letter(sign, float(start), float((bottom + top) / 2), size)
                for sign, start in zip(signs, starts, strict=True)
            )
    return None


def names_along(
    name: str, lines: shapely.Geometry, size: float, taken: Occupied, apart: float
) -> list[tuple[Letter, ...]]:
    """Write a name along lines, letter by letter and never upside down, again after every so many millimetres."""
    signs = plain(name)
    step = 1.3 * size * MM_PER_POINT
    span = step * (len(signs) - 1)
    placed: list[tuple[Letter, ...]] = []
    for part in shapely.get_parts(lines):
        length = float(shapely.length(part))
        if not signs or length < span + 2 * step:
            continue
        slots = max(int(length // apart), 1)
        for slot in range(slots):
            for shift in (0.0, 0.1, -0.1, 0.2, -0.2, 0.3, -0.3):
                middle = length * (slot + 0.5 + shift) / slots
                letters = _letters_along(signs, part, middle, step)
                if letters is None:
                    continue
                half = 0.62 * size * MM_PER_POINT
                boxes = np.array([(one.x - half, one.y - half, one.x + half, one.y + half) for one in letters])
                if taken.free(boxes).all():
                    taken.take(boxes)
                    placed.append(letters)
                    break
    return placed


def _letters_along(signs: str, line: shapely.Geometry, middle: float, step: float) -> tuple[Letter, ...] | None:
    """Stand letters on a line; upright ones where it is steep. None where it ends or bends too much."""
    half = step * (len(signs) - 1) / 2
    if middle - half - step / 2 < 0 or middle + half + step / 2 > shapely.length(line):
        return None
    stations = middle - half + step * np.arange(-0.5, len(signs) + 0.01, 0.5)
    points = shapely.get_coordinates(shapely.line_interpolate_point(np.array([line]), stations))
    reach = points[-1] - points[0]
    steep = abs(reach[1]) > 1.2 * abs(reach[0])
    if (reach[1] > 0) if steep else (reach[0] < 0):
        points = points[::-1]
    before, at, after = points[0:-2:2], points[1:-1:2], points[2::2]
    angles = np.unwrap(np.arctan2(*(after - before).T[::-1]))
    if np.abs(np.diff(angles)).max(initial=0.0) > _BEND:
        return None
    turns = np.degrees(angles + np.pi / 2 if steep else angles)
    return tuple(
        Letter(sign, float(x), float(y), float(turn)) for sign, (x, y), turn in zip(signs, at, turns, strict=True)
    )
