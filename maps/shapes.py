"""Shapes on their way to a page: simplified for display, counted in millionths of a degree, laid out as columns.

What is made here is never input to anything: borders are decided by the stored coverage, in millimetres.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import shapely

from gridmap.datum import Plane

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNIT = 1e-6  # degrees; 0.11 m
_TOLERANCE = 0.5  # metres
_ONE_BORDER = 3.0  # metres within which a border that two offices drew is one
_NEARLY = 0.9  # of the widest place is room enough to prefer the middle
_TOLERANCE_DEGREES = 0.5e-5  # about the same, for the base map, where borders do not have to match

Columns: TypeAlias = dict[str, "NDArray[np.int64]"]
Origin: TypeAlias = tuple[int, int]


class DisplayCoverage:
    """Grids made ready for drawing: thinned out, with neighbours still sharing their borders exactly.

    Parameters
    ----------
    shapes : NDArray of Geometry, shape (N,)
        A coverage, lon/lat EPSG:4490.
    around : NDArray of Geometry, shape (M,), optional
        What lies around it: together they are a coverage.

    Attributes
    ----------
    lonlat, plane_shapes : NDArray of Geometry, shape (N,)
        The same coverage for drawing, in degrees and in metres of a plane of its own.
    around : NDArray of Geometry, shape (M,)
        What lies around it, in degrees, sharing its borders still.
    """

    def __init__(self, shapes: NDArray[np.object_], around: NDArray[np.object_] | None = None) -> None:
        west, south, east, north = shapely.total_bounds(shapes).tolist()
        self.plane = Plane.local((west + east) / 2, (south + north) / 2)
        whole = shapes if around is None else np.concatenate([shapes, around])
        thinned = shapely.coverage_simplify(self.plane.project_geometries(whole), _TOLERANCE)
        self.plane_shapes = thinned[: len(shapes)]
        self._plane_around = thinned[len(shapes) :]
        lonlat = self.plane.unproject_geometries(thinned)
        self.lonlat, self.around = lonlat[: len(shapes)], lonlat[len(shapes) :]

    def borders_around(self) -> NDArray[np.object_]:
        """Find the borders of what lies around with each other, in degrees."""
        lines = borders_between(self._plane_around, shapely.union_all(self.plane_shapes))
        return self.plane.unproject_geometries(lines)

    def label_circles(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find where a label has most room: centres (N, 2) in lon/lat and radii (N,) in metres."""
        centres, radii = label_circles(self.plane_shapes)
        return self.plane.unproject(centres), radii


def borders_between(areas: NDArray[np.object_], land: shapely.Geometry) -> NDArray[np.object_]:
    """Find the borders of areas with each other and with the outside, not with a land, in a plane of metres.

    Where two areas meet their border is given once, also where they were drawn apart and do not quite agree.

    Parameters
    ----------
    areas : NDArray of Geometry, shape (N,)
    land : Geometry
        What they lie around.

    Returns
    -------
    NDArray of Geometry, shape (N,)
        Lines.
    """
    seen = shapely.buffer(land, _ONE_BORDER)
    lines = np.empty(len(areas), dtype=object)
    for index, area in enumerate(areas):
        lines[index] = shapely.difference(shapely.boundary(area), seen)
        seen = shapely.union(seen, shapely.buffer(area, _ONE_BORDER))
    return lines


def label_circles(shapes: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Find where a label has most room in polygons of a plane: centres (N, 2) and radii (N,), both in metres.

    The largest inscribed circle of an oblong can lie at either end; where the centroid has nearly as much room,
    the label stands there.
    """
    circles = shapely.maximum_inscribed_circle(shapes)
    widest, radii = shapely.get_point(circles, 0), shapely.length(circles)
    middles = shapely.centroid(shapes)
    room = shapely.distance(shapely.boundary(shapes), middles)
    room[~shapely.contains(shapes, middles)] = 0.0
    central = room >= _NEARLY * radii
    centres = shapely.get_coordinates(np.where(central, middles, widest))
    return centres, np.where(central, room, radii)


def quantise(lonlat: NDArray[np.float64], origin: Origin) -> NDArray[np.int64]:
    """Count coordinates in millionths of a degree from an origin: equal coordinates stay equal."""
    return np.rint(lonlat / UNIT).astype(np.int64) - np.asarray(origin, dtype=np.int64)


def point_columns(name: str, lonlat: NDArray[np.float64], origin: Origin) -> Columns:
    """Lay out points: one column for each axis."""
    counted = quantise(lonlat, origin)
    return {f"{name}.x": counted[:, 0], f"{name}.y": counted[:, 1]}


def shape_columns(name: str, shapes: NDArray[np.object_], origin: Origin) -> Columns:
    """Lay out lines or polygons: rings per shape, vertices per ring, and the vertices.

    Rings of polygons, holes and parts alike, stand one after the other without their closing vertex: a fill by the
    even-odd rule needs no more. Empty shapes have no rings.
    """
    parts, of_shape = shapely.get_parts(shapes, return_index=True)
    areal = shapely.get_dimensions(parts) == 2
    rings, of_part = shapely.get_rings(parts[areal], return_index=True)
    lines = np.concatenate([rings, parts[~areal]])
    owner = np.concatenate([of_shape[areal][of_part], of_shape[~areal]])
    order = np.argsort(owner, kind="stable")
    lines, owner = lines[order], owner[order]

    vertices, of_line = shapely.get_coordinates(lines, return_index=True)
    counted = quantise(vertices, origin)
    begins = np.diff(of_line, prepend=-1) != 0
    repeated = ~begins & (np.diff(counted, axis=0, prepend=counted[:1]) == 0).all(axis=1)
    closing = (np.diff(of_line, append=-1) != 0) & shapely.is_closed(lines)[of_line]
    keep = ~repeated & ~closing
    counted, of_line = counted[keep], of_line[keep]
    return {
        f"{name}.rings": np.bincount(owner, minlength=len(shapes)).astype(np.int64),
        f"{name}.sizes": np.bincount(of_line, minlength=len(lines)).astype(np.int64),
        f"{name}.x": counted[:, 0],
        f"{name}.y": counted[:, 1],
    }


def thin(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Thin out shapes of the base map to about half a metre; shapes that would vanish stay as they are."""
    thinned = shapely.simplify(shapes, _TOLERANCE_DEGREES)
    return np.where(shapely.is_empty(thinned), shapes, thinned)


def widest_places(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Find a place for one label in each shape, (N, 2) in lon/lat: the widest of an area, any on a line."""
    areas = shapely.get_dimensions(shapes) == 2
    places = shapely.point_on_surface(shapes)
    places[areas] = shapely.get_point(shapely.maximum_inscribed_circle(shapes[areas]), 0)
    return shapely.get_coordinates(places)
