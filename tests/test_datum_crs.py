"""Which coordinate systems are accepted, what they convert to, and which are refused with a remedy."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gridmap.datum import Crs, Datum, from_lonlat, parse_crs, to_lonlat
from gridmap.datum.points import offset_metres
from gridmap.errors import CoordinatesRefused, CrsRefused

ZONES = range(4513, 4555)
WKT_GAUSS_KRUGER = (
    'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",'
    'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
    'UNIT["Meter",1.0]]'
)
WKT_OWN_MERIDIAN = WKT_GAUSS_KRUGER.replace("CGCS2000_3_Degree_GK_CM_114E", "Office").replace(",114.0]", ",113.5]")
WKT_XIAN = (
    WKT_GAUSS_KRUGER.replace("GCS_China_Geodetic_Coordinate_System_2000", "GCS_Xian_1980")
    .replace("D_China_2000", "D_Xian_1980")
    .replace('"CGCS2000",6378137.0,298.257222101', '"Xian_1980",6378140.0,298.257')
)


@pytest.mark.parametrize(
    ("text", "name", "datum"),
    [
        ("EPSG:4490", "EPSG:4490", Datum.WGS84),
        ("cgcs2000", "EPSG:4490", Datum.WGS84),
        (4326, "EPSG:4326", Datum.WGS84),
        ("4326", "EPSG:4326", Datum.WGS84),
        (" WGS 84 ", "EPSG:4326", Datum.WGS84),
        ("EPSG:4979", "EPSG:4326", Datum.WGS84),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326", Datum.WGS84),
        ("OGC:CRS84", "EPSG:4326", Datum.WGS84),
        ("urn:ogc:def:crs:EPSG::4490", "EPSG:4490", Datum.WGS84),
        ("http://www.opengis.net/def/crs/EPSG/0/4326", "EPSG:4326", Datum.WGS84),
        ("GCJ-02", "gcj02", Datum.GCJ02),
        ("高德", "gcj02", Datum.GCJ02),
        ("BD09", "bd09", Datum.BD09),
        ("bd-09ll", "bd09", Datum.BD09),
        ("bd09mc", "bd09mc", Datum.BD09),
    ],
)
def test_names_without_a_projection(text: str | int, name: str, datum: Datum) -> None:
    crs = parse_crs(text)
    assert (crs.name, crs.datum, crs.definition) == (name, datum, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (4547, "EPSG:4547"),
        ("epsg:4547", "EPSG:4547"),
        ("urn:ogc:def:crs:EPSG::4547", "EPSG:4547"),
        (WKT_GAUSS_KRUGER, "EPSG:4547"),
        (WKT_OWN_MERIDIAN, "Office"),
        ("EPSG:4547+5737", "EPSG:4547"),
    ],
)
def test_names_of_projections(text: str | int, name: str) -> None:
    crs = parse_crs(text)
    assert crs.name == name
    assert crs.definition is not None


def test_a_zone_with_its_own_meridian_is_converted_without_a_datum_change() -> None:
    lonlat = to_lonlat([[500_000.0, 2_500_000.0]], parse_crs(WKT_OWN_MERIDIAN))
    assert lonlat[0, 0] == pytest.approx(113.5, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "--crs"),
        ("nonsense", "name an EPSG code"),
        (99999, "name an EPSG code"),
        (4214, "自然资源局"),  # Beijing 1954, although PROJ has transformations for some oil fields
        (2433, "自然资源局"),
        (21420, "自然资源局"),
        (4610, "自然资源局"),  # Xian 1980
        (2383, "自然资源局"),
        (4555, "自然资源局"),  # New Beijing
        (WKT_XIAN, "自然资源局"),
        ("+proj=tmerc +lon_0=114 +ellps=krass", "whoever made it"),  # only a ballpark transformation exists
        (4479, "convert the file first"),  # geocentric
        (5737, "convert the file first"),  # heights
    ],
)
def test_what_cannot_be_converted_exactly_is_refused_with_a_remedy(text: str | int, remedy: str) -> None:
    with pytest.raises(CrsRefused, match=remedy):
        parse_crs(text)


@pytest.mark.parametrize("code", ZONES)
def test_all_42_three_degree_zones_know_their_meridian_and_number(code: int) -> None:
    crs = parse_crs(code)
    numbered = code <= 4533
    meridian = 75 + 3 * ((code - 4513) % 21)
    zone = meridian // 3
    origin = from_lonlat([[meridian, 30.0]], crs)
    assert origin[0, 0] == pytest.approx((zone * 1e6 if numbered else 0) + 500_000, abs=1e-6)
    assert crs.false_easting == pytest.approx(origin[0, 0])
    assert origin[0, 1] == pytest.approx(3_320_113.398, abs=0.001)  # meridian arc of 30 degrees on CGCS2000
    assert to_lonlat(origin, crs) == pytest.approx(np.array([[meridian, 30.0]]), abs=1e-11)


def test_wgs84_and_cgcs2000_are_one() -> None:
    lonlat = np.array([[114.1, 22.5], [-74.0, 40.7]])
    assert np.array_equal(to_lonlat(lonlat, parse_crs(4326)), lonlat)
    assert np.array_equal(to_lonlat(lonlat, parse_crs(4490)), lonlat)
    utm = from_lonlat([[113.9, 30.0]], parse_crs(32649))
    assert to_lonlat(utm, parse_crs(32649)) == pytest.approx(np.array([[113.9, 30.0]]), abs=1e-11)


def test_hong_kong_grid_is_right() -> None:
    """The origin of the grid, and the shift that the Survey and Mapping Office publishes: -5.5" and +8.8"."""
    crs = parse_crs(2326)
    lon = 114 + 10 / 60 + (42.80 + 8.8) / 3600
    lat = 22 + 18 / 60 + (43.68 - 5.5) / 3600
    error = offset_metres(to_lonlat([[836_694.05, 819_069.80]], crs), np.array([[lon, lat]]))
    assert np.hypot(*error.T) < 1.5  # PROJ's default way to EPSG:4490 errs by 304 m


@pytest.mark.parametrize(
    ("code", "xy", "lonlat"),
    [
        (2263, (984_250.0, 0.0), (-74.0, 40 + 10 / 60)),  # New York, US feet: origin
        (2232, (3_000_000.0, 1_000_000.0), (-105.5, 37 + 50 / 60)),  # Colorado Central, US feet: origin
        (3826, (250_000.0, 2_655_023.124957), (121.0, 24.0)),  # Taiwan: meridian arc of 24 degrees on GRS80, x 0.9999
        (3857, (20_037_508.342789 * 114 / 180, 20_037_508.342789), (114.0, 85.051128779807)),
    ],
)
def test_systems_from_elsewhere(code: int, xy: tuple[float, float], lonlat: tuple[float, float]) -> None:
    crs = parse_crs(code)
    assert np.hypot(*offset_metres(to_lonlat([xy], crs), np.array([lonlat])).T) < 0.01
    assert from_lonlat(to_lonlat([xy], crs), crs) == pytest.approx(np.array([xy]), abs=1e-5)


@pytest.mark.parametrize(
    ("xy", "code", "message"),
    [
        ([[38_500_000.0, 2_500_000.0]], 4547, "declare EPSG:4526"),
        ([[500_000.0, 2_500_000.0]], 4526, "declare EPSG:4547"),
        ([[114.1, 22.5]], 2326, "they look like degrees"),
        ([[114.1, 22.5]], 3857, "they look like degrees"),
        ([[500_000.0, 2_500_000.0]], 4490, "without zone number"),
        ([[1e9, 1e9]], 2326, "not defined"),
        ([[1e9, 0.0]], "bd09mc", "outside of where it is used"),
        ([[np.nan, 22.5]], 4490, "first in row 0"),
        ([[114.1, 22.5], [np.inf, 1.0]], 4547, "first in row 1"),
        ([114.1, 22.5], 4490, "pairs"),
        ([[114.1, 22.5, 3.0]], 4490, "pairs"),
    ],
)
def test_a_conversion_that_would_go_astray_is_refused(xy: object, code: int | str, message: str) -> None:
    with pytest.raises(CoordinatesRefused, match=message):
        to_lonlat(xy, parse_crs(code))  # type: ignore[arg-type]


def test_writing_outside_of_where_a_system_is_defined_is_refused() -> None:
    with pytest.raises(CoordinatesRefused, match="not defined"):
        from_lonlat([[24.0, 0.0]], parse_crs(4547))
    with pytest.raises(CoordinatesRefused, match="cannot be EPSG:4490"):
        from_lonlat([[500_000.0, 2_500_000.0]], parse_crs(4547))


def test_no_points_are_no_problem() -> None:
    for name in ("gcj02", "bd09mc", "EPSG:4547", "EPSG:4490"):
        assert to_lonlat(np.empty((0, 2)), parse_crs(name)).shape == (0, 2)
        assert from_lonlat(np.empty((0, 2)), parse_crs(name)).shape == (0, 2)


def test_the_import_is_cheap() -> None:
    code = (
        "import sys; from gridmap.datum import parse_crs, to_lonlat; to_lonlat([[114.1, 22.5]], parse_crs('gcj02'));"
        "print([m for m in ('pyproj', 'pandas', 'sqlalchemy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_proj_never_uses_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROJ_NETWORK", "ON")
    code = (
        "from gridmap.datum import parse_crs, to_lonlat; to_lonlat([[984250.0, 2e5]], parse_crs(2263));"
        "import pyproj; print(pyproj.network.is_network_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_crs_is_a_value() -> None:
    assert parse_crs("EPSG:4547") == parse_crs(4547) == Crs("EPSG:4547", Datum.WGS84, "EPSG:4547")
