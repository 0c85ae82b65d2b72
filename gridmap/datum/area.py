"""Where the map services of mainland China shift their coordinates; outside of it every datum is WGS84."""

from __future__ import annotations

import json
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.config import data_dir
from gridmap.errors import SetupMissing

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_one_at_a_time = Lock()  # GEOS crashes when two threads ask one prepared geometry
_MARGIN = 0.05  # degrees, 5 km: no shift is longer, so a place farther from the area's box cannot come from inside it


@cache
def shift_area() -> BaseGeometry:
    """Return the outline as a prepared polygon in lon/lat WGS84, read once.

    Raises
    ------
    SetupMissing
        The outline is not in the data folder.
    """
    path = data_dir() / "datum" / "shift_area.geojson"
    if not path.is_file():
        raise SetupMissing(f"{path} is missing: install the package again", path=str(path))
    outline = shapely.from_geojson(json.dumps(json.loads(path.read_text(encoding="utf-8"))["geometry"]))
    shapely.prepare(outline)
    return outline


def near_shift_area(lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which positions are near enough to the area for a shift to matter; a cheap test by its box."""
    west, south, east, north = shift_area().bounds
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return np.asarray(
        (lon > west - _MARGIN) & (lon < east + _MARGIN) & (lat > south - _MARGIN) & (lat < north + _MARGIN)
    )


def in_shift_area(lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Tell which positions lie in the area where the shift applies.

    Parameters
    ----------
    lonlat : ndarray of float64, shape (N, 2)
        Longitude, latitude, WGS84 degrees. NaN is outside.

    Returns
    -------
    ndarray of bool, shape (N,)
    """
    inside = near_shift_area(lonlat)
    with _one_at_a_time:
        inside[inside] = shapely.contains_xy(shift_area(), lonlat[inside, 0], lonlat[inside, 1])
    return inside
