"""The plane in which a file is looked at that belongs to no sub-district."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.datum.area import in_shift_area
from gridmap.datum.crs import metres_per_unit
from gridmap.space import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROBE = 100.0  # units of a projection, measured on the ellipsoid
_TRUE = 0.002  # scale error up to which a projection counts as metric: UTM has 0.0004, web Mercator in Hong Kong 0.08


@dataclass(frozen=True)
class Ground:
    """Where a layer is measured.

    Parameters
    ----------
    crs : Crs
        Of the layer.
    plane : Plane or None
        None when the layer's own projection serves: its numbers times `unit` are metres.
    unit : float or None
        Metres per unit of the layer where it is; None for degrees.
    """

    crs: datum.Crs
    plane: datum.Plane | None
    unit: float | None

    @property
    def name(self) -> str:
        """What the plane is called in a report."""
        if self.plane is not None:
            return self.plane.crs.name if self.plane.epsg else "a local transverse Mercator plane"
        return self.crs.name if self.unit == 1.0 else f"{self.crs.name} in metres"

    @property
    def to_metres(self) -> measure.ToMetres:
        """The measure for pieces in the layer's own coordinates."""
        return measure.degrees if self.unit is None else measure.linear(self.unit)

    def project(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Carry shapes from the layer's coordinates into the plane, not rounded."""
        if self.plane is None:
            return self.to_metres(shapes)
        lonlat = datum.geometries_to_lonlat(shapes, self.crs)
        return np.asarray(shapely.transform(lonlat, self.plane.crs.from_degrees), dtype=object)

    def unproject(self, shapes: NDArray[Any]) -> NDArray[Any]:
        """Carry shapes from the plane back into the layer's coordinates; equal nodes stay equal."""
        if self.plane is None:
            return measure.linear(1.0 / self.unit)(shapes) if self.unit else shapes
        return datum.geometries_from_lonlat(self.plane.unproject_geometries(shapes), self.crs)

    def places(self, xy: NDArray[np.float64], *, in_plane: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Give positions as lon/lat EPSG:4490 and in the layer's own coordinates."""
        if not len(xy):
            return xy, xy
        if not in_plane:
            return datum.to_lonlat(xy, self.crs), xy
        if self.plane is None:
            own = xy / (self.unit or 1.0)
            return datum.to_lonlat(own, self.crs), own
        lonlat = self.plane.unproject(xy)
        return lonlat, datum.from_lonlat(lonlat, self.crs)


def ground_of(crs: datum.Crs, shapes: NDArray[Any]) -> Ground:
    """Choose the plane of a layer.

    Its own projection where the scale of that is true; else the zone of CGCS2000 on the mainland of China, and a
    local transverse Mercator anywhere else, since a Chinese zone makes nonsense of New York.
    """
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    middle = np.array([[(west + east) / 2, (south + north) / 2]])
    lonlat = datum.to_lonlat(middle, crs)
    unit = metres_per_unit(crs)
    if unit is not None:
        # on the ellipsoid web Mercator stretches north by 0.6 % more than east: both ways count
        ends = datum.to_lonlat(np.vstack([middle, middle + np.diag([_PROBE, _PROBE])]), crs)
        ways = measure.array_of(shapely.linestrings([[ends[0], end] for end in ends[1:]]))
        scales = shapely.length(measure.degrees(ways)) / _PROBE
        if np.abs(scales / unit - 1.0).max() <= _TRUE:
            return Ground(crs, None, unit)
        unit = float(np.sqrt(scales.prod()))
    lon, lat = lonlat[0].tolist()
    if in_shift_area(lonlat)[0]:
        return Ground(crs, datum.Plane.at(lon), unit)
    return Ground(crs, datum.Plane.local(round(lon, 2), round(lat, 2)), unit)
