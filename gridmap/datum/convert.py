"""From any accepted coordinate system to lon/lat EPSG:4490 and back, for arrays of points and of shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datum.area import in_shift_area
from gridmap.datum.crs import Crs
from gridmap.datum.edges import split_long_edges
from gridmap.datum.magnitude import require_possible
from gridmap.datum.plane import Plane
from gridmap.datum.points import as_points
from gridmap.datum.shift import Datum, from_wgs84, origins, shift_everywhere, to_wgs84, unshift_everywhere
from gridmap.errors import CoordinatesRefused

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STORED = Crs("EPSG:4490")


def to_lonlat(xy: ArrayLike, crs: Crs) -> NDArray[np.float64]:
    """Convert coordinates to longitude, latitude EPSG:4490.

    Parameters
    ----------
    xy : array_like, shape (N, 2)
        Coordinates in `crs`, longitude or easting first.
    crs : Crs

    Returns
    -------
    ndarray of float64, shape (N, 2)

    Raises
    ------
    CoordinatesRefused
        Not finite, or impossible in `crs`. Whether they are *plausible* is asked of `check_magnitude`.
    """
    points = as_points(xy)
    return to_wgs84(_to_degrees(points, crs), crs.datum)


def from_lonlat(lonlat: ArrayLike, crs: Crs) -> NDArray[np.float64]:
    """Convert longitude, latitude EPSG:4490 to a coordinate system; undoes `to_lonlat` to about a micrometre.

    Parameters
    ----------
    lonlat : array_like, shape (N, 2)
    crs : Crs

    Returns
    -------
    ndarray of float64, shape (N, 2)
        Longitude or easting first, in the units of `crs`.

    Raises
    ------
    CoordinatesRefused
        Not finite, or outside of where `crs` is defined.
    """
    points = as_points(lonlat)
    require_possible(points, _STORED)
    return _from_degrees(from_wgs84(points, crs.datum), crs)


def geometries_to_lonlat(geometries: NDArray[np.object_], crs: Crs) -> NDArray[np.object_]:
    """Convert shapes to longitude, latitude EPSG:4490.

    Edges longer than 1 km (BD-09: 200 m) are split first unless they stay straight (CGCS2000 and its zones, WGS84, and
    what lies outside of the shifted area): an edge of 9.6 km bends by up to 14 m in GCJ-02, one of 1 km by 2.7 m in
    BD-09 (measured). Split, they stay within 0.2 m, half of them within 0.03 m. Heights are dropped.

    A shape is shifted whole or not at all, by where its centre lies: the outline of the shifted area cannot tear it.

    Parameters
    ----------
    geometries : ndarray of shapely geometries, shape (N,)
        None stays None.
    crs : Crs

    Returns
    -------
    ndarray of shapely geometries, shape (N,)

    Raises
    ------
    CoordinatesRefused
        As `to_lonlat`; rows count vertices.
    """
    shapes = np.asarray(shapely.force_2d(geometries), dtype=object)
    degrees = _to_degrees(as_points(shapely.get_coordinates(shapes)), crs)
    inside = _lie_inside(_with_coordinates(shapes, origins(degrees, crs.datum)), crs)
    bent = _are_bent(inside, crs)
    shapes[bent] = split_long_edges(shapes[bent], crs.longest_edge, lambda xy: _to_degrees(xy, crs))
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    degrees = _to_degrees(coordinates, crs)
    degrees[inside[owner]] = unshift_everywhere(degrees[inside[owner]], crs.datum)
    return _with_coordinates(shapes, degrees)


def geometries_from_lonlat(geometries: NDArray[np.object_], crs: Crs) -> NDArray[np.object_]:
    """Convert shapes in longitude, latitude EPSG:4490 to a coordinate system.

    Long edges are split as in `geometries_to_lonlat`, along what is straight in the zone of the shapes.

    Parameters
    ----------
    geometries : ndarray of shapely geometries, shape (N,)
        None stays None.
    crs : Crs

    Returns
    -------
    ndarray of shapely geometries, shape (N,)

    Raises
    ------
    CoordinatesRefused
        As `from_lonlat`; rows count vertices.
    """
    shapes = np.asarray(shapely.force_2d(geometries), dtype=object)
    coordinates = as_points(shapely.get_coordinates(shapes))
    require_possible(coordinates, _STORED)
    inside = _lie_inside(shapes, crs)
    bent = _are_bent(inside, crs)
    if bent.any():
        shapes[bent] = split_long_edges(shapes[bent], crs.longest_edge, np.copy, Plane.near(coordinates).crs)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    coordinates[inside[owner]] = shift_everywhere(coordinates[inside[owner]], crs.datum)
    return _with_coordinates(shapes, _from_degrees(coordinates, crs))


def _to_degrees(points: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    require_possible(points, crs)
    return _require_defined(crs.to_degrees(points), crs)


def _from_degrees(lonlat: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    return _require_defined(crs.from_degrees(lonlat), crs)


def _require_defined(result: NDArray[np.float64], crs: Crs) -> NDArray[np.float64]:
    undefined = ~np.isfinite(result).all(axis=1)
    if undefined.any():
        rows = np.flatnonzero(undefined)
        raise CoordinatesRefused(
            f"{rows.size} of {len(result)} coordinates lie where {crs.name} is not defined, the first in row {rows[0]} "
            "(counted from 0): is the coordinate system the right one?",
            crs=crs.name,
            rows=rows[:20].tolist(),
        )
    return result


def _lie_inside(shapes: NDArray[np.object_], crs: Crs) -> NDArray[np.bool_]:
    """Tell which shapes, in lon/lat WGS84, are shifted in a system: those with their centre in the shift area."""
    inside = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & (crs.datum is not Datum.WGS84)
    inside[inside] = in_shift_area(shapely.get_coordinates(shapely.centroid(shapes[inside])))
    return inside


def _are_bent(shifted: NDArray[np.bool_], crs: Crs) -> NDArray[np.bool_]:
    """Tell which shapes have edges that do not stay straight: all in most projections, else those that are shifted."""
    return shifted if crs.is_lonlat else np.full_like(shifted, fill_value=not crs.keeps_edges)


def _with_coordinates(shapes: NDArray[np.object_], coordinates: NDArray[np.float64]) -> NDArray[np.object_]:
    result: NDArray[np.object_] = shapely.set_coordinates(shapes.copy(), coordinates)
    return result
