"""Other polygons that the same words fit: carriageways of one road, and land that a forking feature divides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.network import GRID

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDEST_ROAD = 45.0  # metres between the carriageways of one road
_NOTICEABLE = 0.02  # of the land: smaller pieces are no matter
_SLIVER = 0.003  # of the land: left out of account when two polygons are compared
_SMALL = 0.1  # of the land: pieces that are tried one by one at its border
_VARIANTS = 10
_TOUCH = 0.01  # metres
_LEAST_AREA = 1.0  # m2


def agreement(one: Any, two: Any) -> float:
    """Return the area that two polygons share, by the area of both together (IoU)."""
    shared = float(shapely.intersection(one, two).area)
    both = float(one.area + two.area) - shared
    return shared / both if both > 0 else 0.0


def width(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the shorter side of the rectangles with the same areas and perimeters, metres."""
    half, area = shapely.length(shapes) / 2, shapely.area(shapes)
    found: NDArray[np.float64] = (half - np.sqrt(np.maximum(half**2 - 4 * area, 0))) / 2
    return found


def only_carriageways(one: Any, two: Any) -> bool:
    """Tell whether two polygons differ by strips only that are no wider than a road."""
    parts = shapely.get_parts(shapely.symmetric_difference(one, two))
    parts = parts[shapely.area(parts) > _SLIVER * min(one.area, two.area)]
    return bool(np.all(width(parts) <= WIDEST_ROAD))


def variants(shape: Any, edges: NDArray[Any]) -> list[Any]:
    """Return what a polygon becomes when pieces of land between its own features are added or left out.

    A feature that forks, or runs on through the land, encloses more than one piece: then the words fit more than one
    polygon, and whoever wrote them has to say which. The strips between carriageways are left out together.

    Parameters
    ----------
    shape : Polygon
    edges : array of LineString
        Of all features of the text.
    """
    faces = shapely.get_parts(shapely.polygonize(edges))
    faces = faces[shapely.dwithin(faces, shape, _TOUCH)]
    thin = width(faces) <= WIDEST_ROAD
    found: list[Any] = []
    inner = faces[thin]
    inner = inner[shapely.contains(shape, shapely.point_on_surface(inner))]
    if len(inner):
        near = _largest(shapely.difference(shape, shapely.unary_union(inner), grid_size=GRID))
        if near is not None:
            found.append(near)
    start = found[0] if found else shape
    blocks = faces[~thin & (shapely.area(faces) >= _NOTICEABLE * shape.area)]
    queue = [start]
    areas = {round(float(start.area))}
    while queue and len(found) < _VARIANTS:
        land = queue.pop(0)
        for face in blocks[shapely.dwithin(blocks, land, WIDEST_ROAD)]:
            other = _toggled(land, face)
            if other is None or round(float(other.area)) in areas or len(found) >= _VARIANTS:
                continue
            areas.add(round(float(other.area)))
            found.append(other)
            queue.append(other)
    return found


def trimmed(shape: Any, edges: NDArray[Any]) -> list[Any]:
    """Return what a polygon becomes when one strip or small piece at its border is added or left out.

    Parameters
    ----------
    shape : Polygon
    edges : array of LineString
        Of all features of the text.
    """
    faces = shapely.get_parts(shapely.polygonize(edges))
    faces = faces[shapely.dwithin(faces, shapely.boundary(shape), _TOUCH)]
    small = (width(faces) <= WIDEST_ROAD) | (shapely.area(faces) < _SMALL * shape.area)
    found = [_toggled(shape, face) for face in faces[small & (shapely.area(faces) > _LEAST_AREA)]]
    return [other for other in found if other is not None]


def _toggled(land: Any, face: Any) -> Any:
    """Add a face to the land, with the strip that may lie between, or take it out; None when that is no one piece."""
    if shapely.contains(land, shapely.point_on_surface(face)):
        other = shapely.difference(land, face, grid_size=GRID)
    else:
        other = shapely.union(land, face, grid_size=GRID)
    return other if other.geom_type == "Polygon" and not other.is_empty and not other.interiors else None


def _largest(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.area(parts) > _LEAST_AREA]
    return shapely.Polygon(parts[np.argmax(shapely.area(parts))].exterior) if len(parts) else None
