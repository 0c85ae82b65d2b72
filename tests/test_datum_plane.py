"""The plane: to lon/lat and back gives equal millimetres."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import Plane
from gridmap.errors import CoordinatesRefused, CrsRefused

MERIDIANS = range(75, 136, 3)
millimetres = st.integers


@given(
    meridian=st.sampled_from(MERIDIANS),
    east=millimetres(330_000_000, 670_000_000),
    north=millimetres(300_000_000, 6_000_000_000),
)
def test_plane_to_lonlat_to_plane_is_the_identity(meridian: int, east: int, north: int) -> None:
    plane = Plane.at(meridian)
    xy = np.array([[east / 1000, north / 1000]])
    assert plane.project(plane.unproject(xy)).tolist() == xy.tolist()


def test_a_million_points_over_whole_zones_come_back_equal() -> None:
    random = np.random.default_rng(7)
    count = 1_000_000 // len(MERIDIANS) + 1
    for meridian in MERIDIANS:
        plane = Plane.at(meridian)
        lonlat = np.column_stack((random.uniform(meridian - 1.5, meridian + 1.5, count), random.uniform(3, 54, count)))
        xy = plane.project(lonlat)
        assert np.array_equal(plane.project(plane.unproject(xy)), xy)


def test_projected_points_lie_on_the_grid_that_geos_uses() -> None:
    random = np.random.default_rng(8)
    xy = Plane.at(114).project(np.column_stack((random.uniform(113, 115, 10_000), random.uniform(22, 40, 10_000))))
    snapped = shapely.get_coordinates(shapely.set_precision(shapely.points(xy), 0.001))
    assert np.array_equal(snapped, xy)


@pytest.mark.parametrize(
    ("lon", "code"), [(75.0, 4534), (113.0, 4547), (114.06, 4547), (115.6, 4548), (121.47, 4549), (135.9, 4554)]
)
def test_the_zone_is_the_nearest_meridian(lon: float, code: int) -> None:
    plane = Plane.at(lon)
    assert plane.epsg == code
    assert plane == Plane.from_epsg(code)


@pytest.mark.parametrize("lon", [-74.0, 72.0, 140.0, float("nan"), float("inf")])
def test_outside_of_the_zones_there_is_no_plane_to_pick(lon: float) -> None:
    with pytest.raises(CoordinatesRefused, match="none of the zones"):
        Plane.at(lon)


@pytest.mark.parametrize("code", [4490, 4326, 2263])
def test_a_plane_is_in_metres(code: int) -> None:
    with pytest.raises(CrsRefused, match="no plane in metres"):
        Plane.from_epsg(code)


def test_a_files_own_plane_keeps_its_numbers() -> None:
    plane = Plane.from_epsg(2326)
    xy = np.array([[836_694.05, 819_069.8], [840_000.123, 820_000.456]])
    assert plane.project(plane.unproject(xy)).tolist() == xy.tolist()


@given(
    lon=st.floats(-179, 179),
    lat=st.floats(-75, 75),
    east=st.integers(-50_000, 50_000),
    north=st.integers(-50_000, 50_000),
)
def test_a_local_plane_works_anywhere(lon: float, lat: float, east: int, north: int) -> None:
    plane = Plane.local(lon, lat)
    assert plane.project([[lon, lat]]).tolist() == [[0.0, 0.0]]
    xy = np.array([[float(east), float(north)]])
    assert plane.project(plane.unproject(xy)).tolist() == xy.tolist()


def test_near_prefers_a_zone() -> None:
    assert Plane.near(np.array([[114.0, 22.5], [114.2, 22.6]])).epsg == 4547
    assert Plane.near(np.array([[-74.0, 40.6], [-73.9, 40.9]])).epsg is None


def test_geometries_keep_their_vertices_and_lose_their_heights() -> None:
    plane = Plane.at(114)
    shapes = np.array([shapely.box(500_000, 2_500_000, 512_345.678, 2_512_345.678), shapely.Point(5e5, 2.5e6), None])
    lonlat = plane.unproject_geometries(shapes)
    assert shapely.equals_exact(plane.project_geometries(lonlat)[:2], shapes[:2], 0.0).all()
    assert plane.project_geometries(lonlat)[2] is None
    high = shapely.force_3d(lonlat[:1], 17.0)
    assert not plane.project_geometries(high)[0].has_z


def test_what_the_plane_cannot_hold_is_refused() -> None:
    plane = Plane.at(114)
    with pytest.raises(CoordinatesRefused, match="first in row 1"):
        plane.project([[114.0, 22.0], [np.nan, 22.0]])
    with pytest.raises(CoordinatesRefused, match="too far"):
        plane.unproject([[1e12, 1e12]])
