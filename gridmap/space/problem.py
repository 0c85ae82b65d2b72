"""A finding about boundaries, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import shapely

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.space.measure import ToMetres


class ProblemKind(StrEnum):
    """What can be wrong with boundaries."""

    INVALID = "invalid"
    OVERLAP = "overlap"
    GAP = "gap"
    MISMATCHED_EDGE = "mismatched_edge"
    MULTIPART = "multipart"
    SLIVER = "sliver"
    OUTSIDE_COMMUNITY = "outside_community"
    COMMUNITY_NOT_COVERED = "community_not_covered"
    CODE_WRONG = "code_wrong"


@dataclass(frozen=True)
class Problem:
    """One finding.

    Parameters
    ----------
    kind : ProblemKind
    features : tuple of int
        Indices of the polygons involved, ascending; for a gap those around it.
    place : tuple of float
        A point on it, in the coordinates of the layer.
    area : float
        Square metres; 0 for an edge.
    length : float
        Metres: of the edges that do not match, else half the perimeter of the piece.
    detail : str
        One clause for people.
    shape : Geometry or None
        The piece itself, in the coordinates of the layer.
    community : int or None
        Index of the community, where it is about one.
    """

    kind: ProblemKind
    features: tuple[int, ...]
    place: tuple[float, float]
    area: float
    length: float
    detail: str
    shape: Geometry | None = None
    community: int | None = None


def on(shape: Geometry) -> tuple[float, float]:
    """Return a point on a shape, to put a mark there."""
    point = shapely.point_on_surface(shape)
    return point.x, point.y


def size(shapes: NDArray[Any], to_metres: ToMetres) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give square metres and half the perimeter in metres, which is the length of a strip."""
    measured = to_metres(shapes)
    return shapely.area(measured), shapely.length(measured) / 2
