"""Which coordinate systems are accepted, and how each becomes degrees of its datum and back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.datum.baidu_metres import degrees_to_metres, metres_to_degrees
from gridmap.datum.shift import Datum
from gridmap.errors import CrsRefused

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS, Transformer

_ALIASES = {
    "wgs84": "EPSG:4326", "wgs1984": "EPSG:4326", "crs84": "EPSG:4326", "4326": "EPSG:4326", "4979": "EPSG:4326",
    "cgcs2000": "EPSG:4490", "2000国家大地坐标系": "EPSG:4490", "国家2000": "EPSG:4490",
    "4490": "EPSG:4490", "4480": "EPSG:4490",
    "gcj02": "gcj02", "gcj02ll": "gcj02", "火星坐标": "gcj02", "火星坐标系": "gcj02", "高德": "gcj02", "腾讯": "gcj02",
    "bd09": "bd09", "bd09ll": "bd09", "百度": "bd09", "bd09mc": "bd09mc", "百度墨卡托": "bd09mc",
}  # fmt: skip
_SHIFTED = {"gcj02": Datum.GCJ02, "bd09": Datum.BD09, "bd09mc": Datum.BD09}
# The datum that a system is based on, as PROJ names it; these two are one and the same to us.
_OURS = re.compile(r"world geodetic system 1984|wgs[ _]?(19)?84|china[ _]2000|cgcs[ _]?2000", re.IGNORECASE)
_LOCAL = re.compile(r"beijing|xian|xi'an|北京|西安", re.IGNORECASE)


@dataclass(frozen=True)
class Crs:
    """A coordinate system that gridmap can read and write; made by `parse_crs`.

    Parameters
    ----------
    name : str
        What it is called in messages: "EPSG:4547", "gcj02", "bd09mc".
    datum : Datum
        What its degrees are measured against, once a projection is undone.
    definition : str or None
        What PROJ is told; None for longitude and latitude, and for bd09mc, which PROJ does not know.
    """

    name: str
    datum: Datum = Datum.WGS84
    definition: str | None = None

    @property
    def is_lonlat(self) -> bool:
        """Whether the numbers are degrees of one of the three datums, with nothing to undo but a shift."""
        return self.definition is None and self.name != "bd09mc"

    @cached_property
    def epsg(self) -> int | None:
        """EPSG code, if it has one."""
        return int(self.name[5:]) if self.name.startswith("EPSG:") else None

    @property
    def is_gauss_kruger(self) -> bool:
        """Whether it is a CGCS2000 Gauss-Kruger zone, of six degrees (4491-4512) or three (4513-4554)."""
        return self.epsg is not None and 4491 <= self.epsg <= 4554

    @property
    def keeps_edges(self) -> bool:
        """Whether a straight edge is straight in gridmap's plane too, to a millimetre in a kilometre."""
        return (self.is_lonlat and self.datum is Datum.WGS84) or self.is_gauss_kruger

    @property
    def longest_edge(self) -> float:
        """Length in metres up to which an edge bends by less than 0.2 m on the way to gridmap's plane.

        BD-09 waves by 40 m with a period of 12 km, which bends an edge of 1 km by up to 2.7 m.
        """
        return 200.0 if self.datum is Datum.BD09 else 1000.0

    @property
    def false_easting(self) -> float:
        """Easting of the central meridian of a Gauss-Kruger zone: 500 km, after the zone number where it has one."""
        code = self.epsg or 0
        zone = code - 4488 if 4513 <= code <= 4533 else code - 4478 if 4491 <= code <= 4501 else 0
        return zone * 1e6 + 500_000.0

    @property
    def without_zone_number(self) -> str | None:
        """Name of the same Gauss-Kruger zone without zone number; None if this is no zone with one."""
        code = self.epsg or 0
        twin = code + 21 if 4513 <= code <= 4533 else code + 11 if 4491 <= code <= 4501 else None
        return f"EPSG:{twin}" if twin else None

    @property
    def area(self) -> tuple[float, float, float, float] | None:
        """Where it is meant to be used: west, south, east, north in degrees; None if nobody says."""
        return None if self.definition is None else _area(self.definition)

    def to_degrees(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo the projection, shape (N, 2), to longitude, latitude of `datum`; infinite where undefined."""
        if self.is_lonlat:
            return xy.copy()
        if self.definition is None:
            return metres_to_degrees(xy)
        return np.column_stack(_transformer(self.definition).transform(xy[:, 0], xy[:, 1]))

    def from_degrees(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Apply the projection to longitude, latitude of `datum`; infinite where undefined."""
        if self.is_lonlat:
            return lonlat.copy()
        if self.definition is None:
            return degrees_to_metres(lonlat)
        return np.column_stack(_transformer(self.definition).transform(lonlat[:, 0], lonlat[:, 1], direction="INVERSE"))


def parse_crs(text: str | int) -> Crs:
    """Find the coordinate system that a person or a file has named.

    Parameters
    ----------
    text : str or int
        "EPSG:4547", 4547, "wgs84", "cgcs2000", "gcj02", "bd09", "bd09mc" (case, blanks and hyphens do not matter),
        a urn, or the WKT of a .prj file.

    Returns
    -------
    Crs

    Raises
    ------
    CrsRefused
        Unknown; neither degrees nor a map projection; or on a datum that only leads to WGS84 by a guess (PROJ's
        ballpark transformations) or by local parameters (Beijing 1954, Xian 1980).
    """
    key = str(text).strip()
    if not key:
        raise CrsRefused("no coordinate system was named: add for example --crs EPSG:4490, EPSG:4547, gcj02 or bd09")
    coded = re.fullmatch(r"(?:urn:ogc:def:crs:)?(?:epsg|ogc):(?:.*:)?(\w+)", key.lower())
    short = coded.group(1) if coded else re.sub(r"[\s_\-]", "", key.lower())
    name = _ALIASES.get(short)
    if name is not None:
        return Crs(name, _SHIFTED.get(name, Datum.WGS84))
    return _from_proj(f"EPSG:{short}" if short.isdigit() else key)


@cache
def _from_proj(text: str) -> Crs:
    """Accept a system that PROJ knows, or say why not."""
    from pyproj import CRS  # noqa: PLC0415 - 0.2 s that a caller with plain degrees need not pay
    from pyproj.exceptions import CRSError, ProjError  # noqa: PLC0415

    try:
        crs = CRS.from_user_input(text)
    except CRSError as error:
        raise CrsRefused(
            f"the coordinate system {_shorten(text)!r} is unknown: name an EPSG code, gcj02, bd09 or bd09mc",
            crs=text,
        ) from error
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    code = crs.to_epsg()
    name = f"EPSG:{code}" if code else (crs.name if crs.name not in ("", "unknown") else _shorten(text))
    if not (crs.is_projected or crs.is_geographic):
        raise CrsRefused(
            f"{name} ({crs.name}) is neither longitude and latitude nor a map projection: convert the file first",
            crs=name,
        )
    datum = _datum_name(crs)
    if _LOCAL.search(datum):
        raise CrsRefused(
            f"{name} is based on {datum}, which needs local parameters that are not public: have the file converted "
            "to CGCS2000 (EPSG:4490 or 4513-4554) by the surveying office (自然资源局) that holds them",
            crs=name,
            datum=datum,
        )
    if crs.is_geographic and _OURS.search(datum):
        return Crs("EPSG:4490" if "2000" in datum else "EPSG:4326")
    definition = name if code else crs.to_wkt()
    try:
        _transformer(definition)
    except ProjError as error:
        raise CrsRefused(
            f"no exact transformation from {name} (datum {datum}) to WGS84 is known, only a guess that may be wrong "
            "by hundreds of metres: have the file converted to EPSG:4490 by whoever made it",
            crs=name,
            datum=datum,
        ) from error
    return Crs(name, Datum.WGS84, definition)


@cache
def _crs(definition: str) -> CRS:
    from pyproj import CRS  # noqa: PLC0415

    return CRS.from_user_input(definition)


@cache
def _transformer(definition: str) -> Transformer:
    """From a system to lon/lat WGS84: without any datum change where its datum is ours, else the best that is known."""
    from pyproj import CRS, Transformer, network  # noqa: PLC0415

    network.set_network_enabled(active=False)  # type: ignore[attr-defined] # re-exported; nothing leaves the building
    crs = _crs(definition)
    base = crs.geodetic_crs if crs.is_projected and _OURS.search(_datum_name(crs)) else CRS.from_epsg(4326)
    return Transformer.from_crs(crs, base, always_xy=True, allow_ballpark=False)


@cache
def _area(definition: str) -> tuple[float, float, float, float] | None:
    area = _crs(definition).area_of_use
    return None if area is None else (area.west, area.south, area.east, area.north)


def metres_per_unit(crs: Crs) -> float | None:
    """Length of one unit of a map projection; None where the numbers are degrees."""
    if crs.definition is None:
        return None if crs.is_lonlat else 1.0
    proj = _crs(crs.definition)
    return float(proj.axis_info[0].unit_conversion_factor) if proj.is_projected else None


def _datum_name(crs: CRS) -> str:
    geodetic: Any = crs.geodetic_crs
    return str(geodetic.datum.name if geodetic is not None and geodetic.datum is not None else "unknown")


def _shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
