"""How well a polygon agrees with a text: metres on each feature, on the right side or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.flood import DIRECTIONS
from gridmap.space.limits.values import FOUR_SIDES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.values import Side

ON_FEATURE = 1.0  # metres from a feature within which a border lies on it
RIGHT = 0.5  # cosine from which a border lies on its side: 60 degrees
LEAST = 30.0  # metres of border on a feature; for less, a corner cut, nobody names a road
LEAST_SHARE = 0.03  # of the border of small land
STEP = -0.4  # and for one of several features of a side, which may step


@dataclass(frozen=True)
class Border:
    """The border of a polygon as segments, the land on their left.

    Parameters
    ----------
    middle, along : (S, 2) float64
    length : (S,) float64
    """

    middle: NDArray[np.float64]
    along: NDArray[np.float64]
    length: NDArray[np.float64]

    @staticmethod
    def of(shape: Any, step: float = 20.0) -> Border:
        """Take the outer ring of a polygon (of the largest part), in segments of at most `step` metres."""
        parts = shapely.get_parts(shape)
        ring = shapely.get_exterior_ring(shapely.orient_polygons(parts[np.argmax(shapely.area(parts))]))
        points = shapely.get_coordinates(shapely.segmentize(ring, step))
        along = np.diff(points, axis=0)
        length = np.hypot(along[:, 0], along[:, 1])
        real = length > 0
        return Border(((points[:-1] + points[1:]) / 2)[real], along[real], length[real])

    @property
    def outward(self) -> NDArray[np.float64]:
        """Where each segment looks, times its length."""
        return np.column_stack((self.along[:, 1], -self.along[:, 0]))


@dataclass(frozen=True)
class Named:
    """A feature of the text on a side (None in a walk) and where it is.

    Parameters
    ----------
    side : Side or None
    name : str
    edges : array of int64
    shape : MultiLineString
    alone : bool
        The only feature of its side.
    """

    side: Side | None
    name: str
    edges: NDArray[np.int64]
    shape: Any
    alone: bool = True


@dataclass(frozen=True)
class OnFeature:
    """What a polygon's border has of one feature.

    Parameters
    ----------
    metres : float
    towards : float
        Cosine between where this border looks, or lies from the middle, and its side; 1 in a walk.
    looks : float
        The same for where it looks alone.
    """

    metres: float
    towards: float
    looks: float = 1.0


@dataclass(frozen=True)
class Evidence:
    """All of a polygon's border.

    Parameters
    ----------
    features : tuple of OnFeature
        One for each feature of the text.
    sides : dict of Side to float
        The cosine for all of a side.
    unnamed : dict of Side to float
        Metres of border that look to a side and lie on no feature.
    in_order : bool
        The features of each side come from north to south, or from west to east, as they are usually told.
    perimeter, named : float
        Metres of the border, and those that lie on features of the text.
    compactness : float
        4 pi area / perimeter squared.
    """

    features: tuple[OnFeature, ...]
    sides: dict[Side, float]
    unnamed: dict[Side, float]
    in_order: bool
    perimeter: float
    named: float
    compactness: float

    @property
    def least(self) -> float:
        """Metres of border that a feature has to have; with less it is only touched."""
        return min(LEAST, LEAST_SHARE * self.perimeter)

    @property
    def hardly(self) -> list[bool]:
        """Which features the border only touches, or has looking away from their side."""
        return [each.metres < self.least or each.looks <= 0 for each in self.features]

    @property
    def score(self) -> float:
        """Share of border on features, right sides, features used, compactness, usual order; about 1 is best."""
        used = float(np.mean([min(1.0, each.metres / self.least) for each in self.features]))
        sides = [max(0.0, value) for value in self.sides.values()] or [1.0]
        share = self.named / max(self.perimeter, 1e-9)
        looks = float(np.mean([each.looks for each in self.features]))
        return (
            0.45 * share
            + 0.2 * float(np.mean(sides))
            + 0.1 * looks
            + 0.25 * used
            + 0.05 * self.compactness
            + 0.03 * self.in_order
        )


_LYING = 0.5  # metres of border that count for where it lies, against those that count for where it looks


def examine(shape: Any, features: Sequence[Named], within: float = ON_FEATURE) -> Evidence:
    """Measure how a polygon's border lies on the features of a text.

    Parameters
    ----------
    shape : Polygon
    features : sequence of Named
    within : float
        Metres between a border and a feature on which it lies.
    """
    border = Border.of(shape)
    points = np.asarray(shapely.points(border.middle), dtype=object)
    centre = shapely.get_coordinates(shapely.centroid(shape))[0]
    on = np.zeros((len(features), len(points)), dtype=np.bool_)
    shapely.prepare([each.shape for each in features])
    for number, each in enumerate(features):
        on[number] = shapely.dwithin(each.shape, points, within)
    mine = _by_side(border, features, on, centre)
    found = []
    for number, each in enumerate(features):
        metres = float(border.length[mine[number]].sum())
        found.append(OnFeature(metres, *_directed(border, mine[number], each.side, centre)))
    sides: dict[Side, float] = {}
    for side in dict.fromkeys(each.side for each in features):
        if side is not None:
            whole = np.any([mine[number] for number, each in enumerate(features) if each.side is side], axis=0)
            sides[side] = _directed(border, whole, side, centre)[0]
    perimeter = float(border.length.sum())
    named = float(border.length[on.any(axis=0)].sum()) if len(features) else 0.0
    ordered = all(
        _in_order(border, [mine[number] for number, each in enumerate(features) if each.side is side], side)
        for side in sides
    )
    looks = np.argmax(border.outward @ np.array([DIRECTIONS[side] for side in FOUR_SIDES]).T, axis=1)
    off = ~on.any(axis=0)
    unnamed = {side: float(border.length[off & (looks == number)].sum()) for number, side in enumerate(FOUR_SIDES)}
    return Evidence(tuple(found), sides, unnamed, ordered, perimeter, named, 4 * np.pi * shape.area / perimeter**2)


def round_about(shape: Any, named: Sequence[Named]) -> list[int]:
    """Return the features (by number) in the order in which a polygon's border runs along them."""
    border = Border.of(shape)
    points = np.asarray(shapely.points(border.middle), dtype=object)
    on = np.array([shapely.dwithin(each.shape, points, ON_FEATURE) for each in named])
    mine = _by_side(border, named, on, shapely.get_coordinates(shapely.centroid(shape))[0])
    order: list[int] = []
    for which in mine.T[mine.any(axis=0)]:
        if not order or not which[order[-1]]:
            order.append(int(np.argmax(which)))
    return order[1:] if len(order) > 1 and named[order[0]].name == named[order[-1]].name else order


def _by_side(
    border: Border, features: Sequence[Named], on: NDArray[np.bool_], centre: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Where features of several sides share a piece of border, give it to the side to which it looks and lies most.

    Where it lies decides for the step of a stair, which looks to neither of the two sides that have it.
    """
    wanted = np.array([(0.0, 0.0) if each.side is None else DIRECTIONS[each.side] for each in features])
    away = border.middle - centre
    lies = away / np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    looks = np.where(on, wanted @ (border.outward + _LYING * lies).T, -np.inf)
    mine: NDArray[np.bool_] = on & (looks >= looks.max(axis=0) - 1e-9)
    return mine


def _in_order(border: Border, mine: list[NDArray[np.bool_]], side: Side) -> bool:
    used = [on for on in mine if on.any()]
    places = [np.average(border.middle[on], axis=0, weights=border.length[on]) for on in used]
    axis = np.array([0.0, -1.0]) if abs(DIRECTIONS[side][0]) > abs(DIRECTIONS[side][1]) else np.array([1.0, 0.0])
    return bool(np.all(np.diff([place @ axis for place in places]) >= 0))


def _directed(
    border: Border, mine: NDArray[np.bool_], side: Side | None, centre: NDArray[np.float64]
) -> tuple[float, float]:
    """Return the cosines between a side and where border looks and lies, both alike, and where it looks alone."""
    if side is None:
        return 1.0, 1.0
    if not mine.any():
        return -1.0, 0.0
    wanted = np.array(DIRECTIONS[side])
    looks = _unit(border.outward[mine].sum(axis=0))
    lies = np.average(border.middle[mine], axis=0, weights=border.length[mine]) - centre
    return float(_unit(looks + _unit(lies)) @ wanted), float(looks @ wanted)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / max(float(np.hypot(vector[0], vector[1])), 1e-9)
    return unit
