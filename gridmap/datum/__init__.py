"""Longitude and latitude of four datums, and the plane: the only package that knows PROJ.

Every coordinate that gridmap keeps is longitude, latitude in EPSG:4490 (CGCS2000), declared equal to WGS84
(EPSG:4326): the two differ by centimetres, and PROJ knows no transformation between them. All arithmetic happens in a
`Plane`, in metres on a 1 mm grid. What comes from outside names its system (`parse_crs`) and is refused when its
numbers cannot be what was named (`check_magnitude`).

Coordinates are float64 arrays of shape (N, 2), longitude or easting first, whatever order an authority prescribes.
"""

from gridmap.datum.area import in_shift_area
from gridmap.datum.convert import (
    from_lonlat,
    geometries_from_lonlat,
    geometries_to_lonlat,
    to_lonlat,
)
from gridmap.datum.crs import Crs, metres_per_unit, parse_crs
from gridmap.datum.evidence import ShiftEvidence, diagnose_shift, hypotheses, predict_shift
from gridmap.datum.magnitude import check_magnitude, within_area
from gridmap.datum.plane import Plane
from gridmap.datum.shift import Datum

__all__ = [
    "Crs",
    "Datum",
    "Plane",
    "ShiftEvidence",
    "check_magnitude",
    "diagnose_shift",
    "from_lonlat",
    "geometries_from_lonlat",
    "geometries_to_lonlat",
    "hypotheses",
    "in_shift_area",
    "metres_per_unit",
    "parse_crs",
    "predict_shift",
    "to_lonlat",
    "within_area",
]
