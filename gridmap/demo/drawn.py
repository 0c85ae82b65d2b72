"""How offices draw: every border for itself, by hand, with a strip drawn twice and a slit left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.demo.town import GRID_SIZE, column

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Polygon

_LARGEST = 2.5  # standard errors beyond which nobody draws
_ALMOST_STRAIGHT = 0.05  # metres; nodes that every second drawer leaves out
_STRIP_LENGTH, _STRIP_WIDTH = 60.0, 3.0
_SLIT_LENGTH, _SLIT_WIDTH = 34.0, 0.8


def digitised(rng: np.random.Generator, shapes: NDArray[Any], error: float) -> NDArray[Any]:
    """Draw every polygon anew, each node with its own error.

    Parameters
    ----------
    rng : numpy.random.Generator
    shapes : (N,) array of Polygon
        In the plane.
    error : float
        Standard error of a node in metres, along each axis.
    """
    coarse = shapely.simplify(shapes, _ALMOST_STRAIGHT)
    start = np.where(np.arange(len(shapes)) % 2 == 0, shapes, coarse)
    return column([_redrawn(rng, shape, error) for shape in start])


def _redrawn(rng: np.random.Generator, shape: Polygon, error: float) -> Polygon:
    drawn = _moved(rng, shape, error)
    while not drawn.is_valid:  # two nodes nearer than the error have changed places: drawn again
        drawn = _moved(rng, shape, error)
    return drawn


def _moved(rng: np.random.Generator, shape: Polygon, error: float) -> Polygon:
    rings = []
    for ring in (shape.exterior, *shape.interiors):
        xy = shapely.get_coordinates(ring)[:-1]
        moved = xy + (rng.normal(0.0, 1.0, xy.shape).clip(-_LARGEST, _LARGEST)) * error
        rings.append(np.vstack((moved, moved[:1])).round(3))
    return shapely.Polygon(rings[0], rings[1:])


def with_faults(exact: NDArray[Any], drawn: NDArray[Any], kinds: NDArray[Any]) -> NDArray[Any]:
    """Put in two mistakes that a person has to decide: land drawn by two neighbours, and land drawn by none.

    The larger of two general grids reaches over the smaller one, and another grid has a slit from its border inwards:
    a repair that gives each to the owner it proposes gives them back to whom they belong.

    Parameters
    ----------
    exact, drawn : (N,) array of Polygon
        The grids as they are and as they were drawn, in the plane.
    kinds : (N,) array of str
        "general" or "dedicated".
    """
    result = drawn.copy()
    general = np.flatnonzero(kinds == "general")
    tree = shapely.STRtree(exact[general])
    first, second = general[tree.query(exact[general], predicate="touches")]
    shared = shapely.intersection(exact[first], exact[second])
    length = np.where(first < second, shapely.length(shared), 0.0)
    (one, other), (holder, beside) = ((int(first[row]), int(second[row])) for row in np.argsort(-length)[[0, 5]])
    large, small = sorted((one, other), key=lambda index: -float(shapely.area(exact[index])))
    along = _middle(shapely.intersection(exact[large], exact[small]), _STRIP_LENGTH)
    strip = along.buffer(_STRIP_WIDTH, cap_style="flat").intersection(exact[small])
    result[large] = shapely.union(result[large], strip, grid_size=GRID_SIZE)
    result[holder] = shapely.difference(result[holder], _slit(exact[holder], exact[beside]), grid_size=GRID_SIZE)
    return result


def _middle(border: shapely.Geometry, metres: float) -> shapely.LineString:
    """Take the middle of the longest piece of a border."""
    longest = max(shapely.get_parts(shapely.line_merge(border)), key=shapely.length)
    places = longest.length / 2 + np.array([-0.5, -0.25, 0.0, 0.25, 0.5]) * metres
    return shapely.LineString(shapely.get_coordinates(shapely.line_interpolate_point(longest, places)))


def _slit(holder: Polygon, neighbour: Polygon) -> Polygon:
    """Draw a narrow slit from the border with a neighbour into a grid."""
    across = _middle(shapely.intersection(holder, neighbour), 4.0)
    begin, end = np.array(across.coords[0]), np.array(across.coords[-1])
    along = (end - begin) / np.hypot(*(end - begin))
    inward = np.array([-along[1], along[0]])
    middle = (begin + end) / 2
    if not holder.contains(shapely.Point(middle + inward * 3.0)):
        inward = -inward
    line = shapely.LineString([middle - inward, middle + inward * _SLIT_LENGTH])
    return line.buffer(_SLIT_WIDTH / 2, cap_style="flat")
