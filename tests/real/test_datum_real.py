"""Coordinates that nobody here computed: 331 cities, Hong Kong before and after, Shenzhen's and Taipei's own layers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import pytest
import shapely

from gridmap.datum import check_magnitude, from_lonlat, geometries_to_lonlat, parse_crs, to_lonlat
from gridmap.datum.area import in_shift_area
from gridmap.datum.points import offset_metres

if TYPE_CHECKING:
    from pathlib import Path

GCJ, BD, BDMC = parse_crs("gcj02"), parse_crs("bd09"), parse_crs("bd09mc")


@pytest.fixture(scope="module")
def cities(shared_data: Path) -> dict[str, np.ndarray]:
    rows = json.loads((shared_data / "datum" / "gcoord_china_cities.json").read_text(encoding="utf-8"))
    return {key: np.array([row["coords"][key] for row in rows]) for key in rows[0]["coords"]}


def layer(path: Path) -> np.ndarray:
    return np.array(shapely.from_wkb(pyogrio.raw.read(path)[2]))


def metres(start: np.ndarray, end: np.ndarray) -> float:
    return float(np.hypot(*offset_metres(start, end).T).max())


def test_all_cities_lie_in_the_shift_area(cities: dict[str, np.ndarray]) -> None:
    assert len(np.unique(cities["WGS84"], axis=0)) >= 328
    assert in_shift_area(cities["WGS84"]).all()


def test_wgs84_and_gcj02_agree(cities: dict[str, np.ndarray]) -> None:
    assert metres(from_lonlat(cities["WGS84"], GCJ), cities["GCJ02"]) < 0.75
    assert metres(to_lonlat(cities["GCJ02"], GCJ), cities["WGS84"]) < 0.75


def test_gcj02_and_bd09_agree(cities: dict[str, np.ndarray]) -> None:
    assert metres(from_lonlat(to_lonlat(cities["GCJ02"], GCJ), BD), cities["BD09"]) < 0.02
    assert metres(from_lonlat(to_lonlat(cities["BD09"], BD), GCJ), cities["GCJ02"]) < 0.02


def test_bd09_and_its_metres_agree(cities: dict[str, np.ndarray]) -> None:
    projected = from_lonlat(to_lonlat(cities["BD09"], BD), BDMC)
    assert np.hypot(*(projected - cities["BD09MC"]).T).max() < 0.01  # the degrees are rounded to 1.1 cm
    assert metres(from_lonlat(to_lonlat(cities["BD09MC"], BDMC), BD), cities["BD09"]) < 0.01


def test_web_mercator_agrees(cities: dict[str, np.ndarray]) -> None:
    mercator = parse_crs(3857)
    assert np.hypot(*(from_lonlat(cities["WGS84"], mercator) - cities["EPSG3857"]).T).max() < 0.02


def test_magnitudes_of_all_cities_are_accepted_as_what_they_are_and_refused_swapped(
    cities: dict[str, np.ndarray],
) -> None:
    names = {"WGS84": "wgs84", "GCJ02": "gcj02", "BD09": "bd09", "BD09MC": "bd09mc", "EPSG3857": "EPSG:3857"}
    for key, name in names.items():
        check_magnitude(cities[key], parse_crs(name))


def test_hong_kong_2019_lies_on_hong_kong_2015(shared_data: Path) -> None:
    """The one is WGS84, the other EPSG:2326 by its .prj: most constituencies did not change."""
    folder = shared_data / "hongkong"
    before = layer(folder / "dcca_2015.geojson")
    crs = parse_crs((folder / "DCCA_2019.prj").read_text())
    assert crs.name == "EPSG:2326"
    after = geometries_to_lonlat(layer(folder / "DCCA_2019.shp"), crs)
    old = shapely.get_coordinates(shapely.centroid(before))
    new = shapely.get_coordinates(shapely.centroid(after))
    nearest = np.array([np.hypot(*offset_metres(np.broadcast_to(c, new.shape), new).T).min() for c in old])
    assert (nearest < 2.0).sum() >= 150
    assert not in_shift_area(old).any()


def test_futian_is_shifted_and_taipei_is_not(shared_data: Path) -> None:
    roads = shapely.get_coordinates(layer(shared_data / "futian_osm" / "futian_edges.geojson"))
    assert in_shift_area(roads).all()
    areas = shapely.get_coordinates(layer(shared_data / "taipei" / "code2_taipei.geojson"))
    assert not in_shift_area(areas).any()
