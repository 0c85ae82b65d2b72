"""Reads the real layers as delivered, without gridmap's own reader: array of polygons, unit in metres, EPSG code."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pyproj
import shapely

from gridmap.space import measure
from gridmap.space.polygons import accept

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

FILES = {
    "taipei base": "taipei/base_taipei.geojson",
    "taipei code2": "taipei/code2_taipei.geojson",
    "hong kong 2015": "hongkong/dcca_2015.geojson",
    "hong kong 2019": "hongkong/DCCA_2019.shp",
    "denver 2020": "denver/DenverCo_precincts2020_orig.zip",
    "denver repaired": "denver/DenverCo_precincts2020_repaired.zip",
    "colorado gaps": "denver/CO_bad_gap_region.zip",
    "new york": "nyc_taxi_zones/taxi_zones.shp",
}


@dataclass(frozen=True)
class RealLayer:
    """A layer in its own coordinates."""

    polygons: NDArray[Any]
    crs: pyproj.CRS
    to_metres: measure.ToMetres

    def projected(self, crs: str) -> NDArray[Any]:
        """The layer in another system, not rounded."""
        go = pyproj.Transformer.from_crs(self.crs, crs, always_xy=True, allow_ballpark=False).transform
        return np.asarray(shapely.transform(self.polygons, lambda xy: np.column_stack(go(xy[:, 0], xy[:, 1]))))

    def in_a_plane(self) -> NDArray[Any]:
        """The layer in metres around its own middle, not rounded."""
        west, south, east, north = shapely.total_bounds(self.projected("EPSG:4326"))
        middle = f"+lon_0={(west + east) / 2} +lat_0={(south + north) / 2}"
        return self.projected(f"+proj=tmerc {middle} +x_0=500000 +y_0=1000000 +datum=WGS84 +units=m +type=crs")


def read(folder: Path, name: str) -> RealLayer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # GDAL on tags that it does not know
        meta, _, wkb, _ = pyogrio.raw.read(folder / FILES[name], columns=[])
    crs = pyproj.CRS.from_user_input("EPSG:4326" if meta["crs"] == "EPSG:4979" else meta["crs"])
    unit = crs.axis_info[0].unit_conversion_factor
    return RealLayer(
        polygons=accept(shapely.from_wkb(wkb)).polygons,
        crs=crs,
        to_metres=measure.linear(unit) if crs.is_projected else measure.degrees,
    )
