"""On which side of what a point lies, and how far: the measure behind 位于人民路以东38米."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

EAST, SOUTH, WEST, NORTH = "east", "south", "west", "north"
SIDES = (EAST, SOUTH, WEST, NORTH)
UPON = 0.5  # metres within which a point is on a line rather than beside it


@dataclass(frozen=True)
class Beside:
    """Where a point lies as seen from a feature.

    Parameters
    ----------
    index : int
        Of the feature.
    metres : float
        Between the two.
    side : str
        One of `SIDES`: the point lies to that side of the feature; empty within `UPON` of it, or inside it.
    from_border : float
        Metres between the feature and the place of the border that is nearest to the point; NaN without a border.
    """

    index: int
    metres: float
    side: str
    from_border: float


def beside(
    point: NDArray[np.float64], features: Sequence[Any], border: Any = None, *, within: float = 1_000.0
) -> list[Beside]:
    """Say where a point lies as seen from each feature near it, the nearest first.

    Parameters
    ----------
    point : float64 (2,)
        In the plane, metres.
    features : sequence of Geometry
        Lines or polygons in the plane.
    border : Geometry, optional
        The border of the area that the point lies in.
    within : float
        Metres beyond which a feature is not looked at.
    """
    if not len(features):
        return []
    here = shapely.Point(point)
    shapes = np.array(features, dtype=object)
    metres = shapely.distance(shapes, here)
    corner = shapely.Point(shapely.get_coordinates(shapely.shortest_line(border, here))[0]) if border else None
    found = []
    for index in np.flatnonzero(metres <= within).tolist():
        nearest = shapely.get_coordinates(shapely.shortest_line(shapes[index], here))[0]
        away = float(shapely.distance(shapes[index], corner)) if corner else float("nan")
        side = "" if metres[index] <= UPON else side_of(point - nearest)
        found.append(Beside(index, float(metres[index]), side, away))
    return sorted(found, key=lambda each: (each.metres, each.index))


def side_of(vector: NDArray[np.float64]) -> str:
    """Return the side of the compass that a vector points to; east and west win a tie."""
    x, y = float(vector[0]), float(vector[1])
    if abs(x) >= abs(y):
        return EAST if x > 0 else WEST
    return NORTH if y > 0 else SOUTH


def deciding(found: Sequence[Beside], on_border: float = 30.0) -> Beside | None:
    """Return the feature that decides: the one along which the border nearest to the point runs, else the nearest.

    A feature belongs to the border where it is within `on_border` metres of it: borders run along the middle of a road
    or its kerb. A feature that the point lies upon tells no side.
    """
    with_side = [each for each in found if each.side]
    along = [each for each in with_side if each.from_border <= on_border]
    if along:
        return min(along, key=lambda each: (each.from_border, each.metres, each.index))
    return with_side[0] if with_side else (found[0] if found else None)
