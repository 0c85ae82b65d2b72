"""Numbers for grids too small for any label: a disc on the grid or beside it with a line to it, and a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from maps.printing.paper import MM_PER_POINT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from maps.printing.placing import Occupied

_RADIUS = 0.78  # of the type size: two digits fit
_DIRECTIONS = 24
_STEP = 0.7  # of the radius from ring to ring
_RINGS = 60
_STEPS = 25  # places along each side of a grid's box
_ANCHORS = 20  # one place in so many is tried as the end of a line
_CLEAR = 1.6  # of the radius: what the disc's own box covers of the line
_ALONG = 0.4  # of the radius from one place of the line that is looked at to the next


@dataclass(frozen=True)
class Disc:
    """A number on the map: middle and radius of its disc, and the place in the grid that it stands for, millimetres."""

    number: int
    x: float
    y: float
    radius: float
    grid: tuple[float, float]

    @property
    def aside(self) -> bool:
        """It stands beside its place, and a line leads there."""
        return (self.x, self.y) != self.grid


def disc_near(
    number: int, shape: shapely.Geometry, centre: tuple[float, float], size: float, taken: Occupied
) -> Disc | None:
    """Put a number on its grid, or as near to it as there is room for the disc and a line; None without any room.

    Parameters
    ----------
    shape : Geometry
        The grid on the paper.
    centre : tuple of float
        Where its label would stand.
    size : float
        Points of type.
    taken : Occupied
        What no disc and no line may touch; what is found is added.
    """
    radius = _RADIUS * size * MM_PER_POINT
    within = _places(shape, centre)
    boxes = np.hstack([within - radius, within + radius])
    free = taken.free(boxes)
    if free.any():
        row = int(np.argmax(free))
        taken.take(boxes[row : row + 1])
        x, y = within[row].tolist()
        return Disc(number, x, y, radius, (x, y))
    return next((found for place in within[::_ANCHORS] if (found := _aside(number, place, radius, taken))), None)


def _places(shape: shapely.Geometry, centre: tuple[float, float]) -> NDArray[np.float64]:
    """Choose places (N, 2) all over a grid, the one for its label first, then those nearest to it."""
    west, south, east, north = shapely.bounds(shape).tolist()
    steps = np.linspace(0.04, 0.96, _STEPS)
    x, y = np.meshgrid(west + (east - west) * steps, south + (north - south) * steps)
    places = np.column_stack([x.ravel(), y.ravel()])
    places = places[shapely.contains_xy(shape, places)]
    return np.vstack([centre, places[np.argsort(np.hypot(*(places - centre).T), kind="stable")]])


def _aside(number: int, grid: NDArray[np.float64], radius: float, taken: Occupied) -> Disc | None:
    turns = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS + np.pi / 4  # up and to the right first
    reach = radius * (_CLEAR + _STEP * np.arange(_RINGS))
    places = (reach[:, None, None] * np.stack([np.cos(turns), np.sin(turns)], axis=-1)).reshape(-1, 2) + grid
    boxes = np.hstack([places - radius, places + radius])
    for row in np.flatnonzero(taken.free(boxes)).tolist():
        line = _line(grid, places[row], radius)
        if taken.free(line).all():
            taken.take(np.concatenate([boxes[row : row + 1], line]))
            (x, y), (from_x, from_y) = places[row].tolist(), grid.tolist()
            return Disc(number, x, y, radius, (from_x, from_y))
    return None


def _line(begin: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Cover the line from a grid to its disc with small boxes."""
    whole = float(np.hypot(*(end - begin)))
    stations = np.arange(0.0, whole - _CLEAR * radius, _ALONG * radius)
    middles = begin + stations[:, None] / whole * (end - begin)
    half = _ALONG * radius / np.sqrt(8)  # boxes do not overlap on a slanting line, nor leave room for a name between
    return np.hstack([middles - half, middles + half])
