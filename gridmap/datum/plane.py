"""The plane: metres of one Gauss-Kruger zone on a 1 mm grid, where all arithmetic happens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datum.crs import Crs, metres_per_unit, parse_crs
from gridmap.datum.points import as_points
from gridmap.datum.shift import Datum
from gridmap.errors import CoordinatesRefused, CrsRefused

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FIRST_CODE, _FIRST_MERIDIAN, _LAST_MERIDIAN = 4534, 75, 135  # CGCS2000 three-degree zones without zone number


@dataclass(frozen=True)
class Plane:
    """A metric map projection of longitude, latitude EPSG:4490 with coordinates on a 1 mm grid.

    Going to lon/lat and back gives equal numbers: a double holds degrees to about 2 nm.

    Parameters
    ----------
    epsg : int or None
        Its EPSG code; None for a local one.
    definition : str
        What PROJ is told.
    """

    epsg: int | None
    definition: str

    @staticmethod
    def at(lon: float) -> Plane:
        """Return the three-degree Gauss-Kruger zone, without zone number, that a longitude belongs to.

        Raises
        ------
        CoordinatesRefused
            No zone of CGCS2000 is there: the longitude is not between 73.5 and 136.5 degrees.
        """
        meridian = 3 * round(lon / 3) if math.isfinite(lon) else 0
        if not _FIRST_MERIDIAN <= meridian <= _LAST_MERIDIAN:
            raise CoordinatesRefused(
                f"longitude {lon:.6g} is in none of the zones of CGCS2000 (73.5 to 136.5 degrees east)", lon=lon
            )
        return Plane.from_epsg(_FIRST_CODE + (meridian - _FIRST_MERIDIAN) // 3)

    @staticmethod
    def from_epsg(code: int) -> Plane:
        """Return the plane of a projected coordinate system in metres: a file's own, or a stored sub-district's.

        Raises
        ------
        CrsRefused
            Unknown, not a projection, or not in metres.
        """
        crs = parse_crs(code)
        if crs.definition is None or metres_per_unit(crs) != 1.0:
            raise CrsRefused(
                f"{crs.name} is no plane in metres: use a Gauss-Kruger zone such as EPSG:4547, or a local plane",
                crs=crs.name,
            )
        return Plane(code, crs.definition)

    @staticmethod
    def local(lon: float, lat: float) -> Plane:
        """Return a transverse Mercator plane with its origin at a place, for files from anywhere in the world."""
        return Plane(None, f"+proj=tmerc +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m +type=crs")

    @staticmethod
    def near(lonlat: NDArray[np.float64]) -> Plane:
        """Return the zone in the middle of positions, or a local plane where there is none."""
        low, high = lonlat.min(axis=0), lonlat.max(axis=0)
        lon, lat = ((low + high) / 2.0).tolist()
        if _FIRST_MERIDIAN - 1.5 < lon < _LAST_MERIDIAN + 1.5:
            return Plane.at(lon)
        return Plane.local(round(lon, 2), round(lat, 2))

    @cached_property
    def crs(self) -> Crs:
        """The projection behind it, not rounded."""
        return Crs(f"EPSG:{self.epsg}" if self.epsg else "local plane", Datum.WGS84, self.definition)

    def project(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Go from longitude, latitude EPSG:4490, shape (N, 2), to x, y in metres, rounded to 1 mm.

        Raises
        ------
        CoordinatesRefused
            Not finite, or too far away for the projection to be defined.
        """
        return _to_millimetres(self._require_defined(self.crs.from_degrees(as_points(lonlat))))

    def unproject(self, xy: ArrayLike) -> NDArray[np.float64]:
        """Go from x, y in metres, shape (N, 2), to longitude, latitude EPSG:4490.

        Raises
        ------
        CoordinatesRefused
            Not finite, or no place on Earth.
        """
        return self._require_defined(self.crs.to_degrees(as_points(xy)))

    def project_geometries(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Project every vertex of shapes in EPSG:4490 and round it to 1 mm; vertices are neither added nor removed.

        Heights are dropped. Rounding may make a shape invalid: that is for `space` to see and to repair.
        """
        return np.asarray(shapely.transform(geometries, self.project), dtype=object)

    def unproject_geometries(self, geometries: NDArray[np.object_]) -> NDArray[np.object_]:
        """Undo `project_geometries`."""
        return np.asarray(shapely.transform(geometries, self.unproject), dtype=object)

    def _require_defined(self, result: NDArray[np.float64]) -> NDArray[np.float64]:
        undefined = ~np.isfinite(result).all(axis=1)
        if undefined.any():
            rows = np.flatnonzero(undefined)
            raise CoordinatesRefused(
                f"{rows.size} of {len(result)} coordinates are too far from the plane {self.crs.name}, the first in "
                f"row {rows[0]} (counted from 0): choose the plane where the data lies",
                plane=self.crs.name,
                rows=rows[:20].tolist(),
            )
        return result


def _to_millimetres(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round as GEOS does on a grid of 0.001, so that both give the same double; never -0.0."""
    return np.rint(xy * 1000.0) / 1000.0 + 0.0
