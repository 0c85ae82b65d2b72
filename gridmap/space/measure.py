"""How big a piece of a layer is, in metres, whatever the units the layer was delivered in.

A small shape (a gap, an overlap, a bad edge) is carried to metres by a local scale: the identity in the plane, a
factor for feet, the radii of the ellipsoid for degrees. That is exact enough for square metres and widths of
pieces; a layer as a whole is never moved this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from shapely import Geometry

ToMetres: TypeAlias = "Callable[[NDArray[Any]], NDArray[Any]]"
"""Carries shapes, one by one, to a place where lengths are metres."""

NOISE_AREA = 1e-9  # m²; a double in the plane resolves 1e-9 m, so what is smaller over a metre is arithmetic
HAIRLINE = 0.01  # metres; what is nowhere wider is an inaccuracy of drawing, not land
_HALVINGS = 12  # a strip 1 km by 1 cm begins with a factor of 350 between the two
_SEMI_MAJOR, _ECCENTRICITY_SQUARED = 6378137.0, 0.00669438  # WGS84, GRS80 and CGCS2000 agree in these digits


def array_of(shapes: Iterable[Geometry | None] | NDArray[Any]) -> NDArray[Any]:
    """Return shapes as a one-dimensional array of objects."""
    if isinstance(shapes, np.ndarray):
        return shapes
    listed = list(shapes)
    result = np.empty(len(listed), dtype=object)
    result[:] = listed
    return result


def metres(shapes: NDArray[Any]) -> NDArray[Any]:
    """Shapes in the plane are in metres already."""
    return shapes


def linear(factor: float) -> ToMetres:
    """Make the way from a projected system whose unit is `factor` metres (0.3048 for feet)."""

    def scaled(shapes: NDArray[Any]) -> NDArray[Any]:
        return array_of(shapely.transform(shapes, lambda xy: xy * factor))

    return metres if factor == 1.0 else scaled


def degrees(shapes: NDArray[Any]) -> NDArray[Any]:
    """Carry shapes from degrees to metres around their own middles.

    One degree is pi/180 of the radius of curvature, in the meridian for latitude and in the prime vertical times
    the cosine for longitude (any textbook of geodesy). For a shape of 1 km the error is below 1e-4 of its area.
    """
    xy, index = shapely.get_coordinates(shapes, return_index=True)
    bounds = shapely.bounds(shapes)
    middle = np.column_stack([bounds[:, 0] + bounds[:, 2], bounds[:, 1] + bounds[:, 3]]) / 2
    latitude = np.radians(middle[:, 1])
    curvature = 1 - _ECCENTRICITY_SQUARED * np.sin(latitude) ** 2
    north = _SEMI_MAJOR * (1 - _ECCENTRICITY_SQUARED) / curvature**1.5
    east = _SEMI_MAJOR / np.sqrt(curvature) * np.cos(latitude)
    scale = np.radians(np.column_stack([east, north]))
    return array_of(shapely.set_coordinates(shapes.copy(), (xy - middle[index]) * scale[index]))


def is_wider(shapes: NDArray[Any], width: float) -> NDArray[np.bool_]:
    """Say which polygons, in metres, hold a circle of that diameter.

    The radius of the largest circle is at least area / perimeter, so most are decided without any geometry.
    """
    perimeter = shapely.length(shapes)
    wider: NDArray[np.bool_] = 2 * shapely.area(shapes) > width * perimeter
    unsure = np.flatnonzero(~wider & (shapely.area(shapes) > np.pi / 4 * width**2))
    wider[unsure] = ~shapely.is_empty(shapely.buffer(shapes[unsure], -width / 2))
    return wider


def widths(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Give the diameter of the largest circle inside each polygon, in metres, to about 0.2 %.

    Found by halving between 2 area / perimeter and the circle of the same area: GEOS' own inscribed circle takes
    a hundred times as long for strips, which is what gaps and overlaps are.
    """
    parts, index = shapely.get_parts(shapes, return_index=True)
    areas, perimeters = shapely.area(parts), shapely.length(parts)
    low = np.divide(2 * areas, perimeters, out=np.zeros(len(parts)), where=perimeters > 0)
    high = 2 * np.sqrt(areas / np.pi)
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        fits = ~shapely.is_empty(shapely.buffer(parts, -middle / 2))
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    result = np.zeros(len(shapes))
    np.maximum.at(result, index, np.sqrt(low * high))
    return result


def polygonal(shapes: NDArray[Any]) -> NDArray[Any]:
    """Keep the areas of mixed shapes: an intersection of neighbours also has the points and lines where they touch."""
    result = shapes.copy()
    for row in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[row])
        areas = parts[shapely.get_dimensions(parts) == 2]
        result[row] = shapely.union_all(areas)
    return result


def holes_of(land: Geometry) -> NDArray[Any]:
    """Return the holes of a polygon or of several, as polygons without the islands in them."""
    parts = shapely.get_parts(land)
    rings, owner = shapely.get_rings(parts, return_index=True)
    inner = np.zeros(len(rings), dtype=bool)
    inner[1:] = owner[1:] == owner[:-1]  # the first ring of each polygon is its shell
    holes = np.asarray(shapely.polygons(rings[inner]), dtype=object)
    if len(parts) > 1:
        with_island, island = shapely.STRtree(parts).query(holes, predicate="contains")
        for hole in np.unique(with_island):
            holes[hole] = shapely.difference(holes[hole], shapely.union_all(parts[island[with_island == hole]]))
    return holes
