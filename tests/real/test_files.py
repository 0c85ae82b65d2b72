"""Real layers that nobody here wrote, read as they were delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from gridmap.files import open_source
from gridmap.files.layers import read_layer, write_layer
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from pathlib import Path

LAYERS = [
    ("taipei/base_taipei.geojson", 11_490, "EPSG:4326", "A6301-0026-00"),
    ("taipei/code2_taipei.geojson", 907, "EPSG:4326", None),
    ("nyc_taxi_zones/taxi_zones.shp", 263, "EPSG:2263", None),
    ("hongkong/dcca_2015.geojson", 431, "EPSG:4326", None),
    ("hongkong/DCCA_2019.shp", 452, "EPSG:2326", None),
    ("denver/DenverCo_precincts2020_orig.zip", None, "EPSG:2232", None),
    ("denver/DenverCo_precincts2020_repaired.zip", None, "EPSG:2232", None),
    ("denver/CO_bad_gap_region.zip", 15, None, None),
]


@pytest.mark.parametrize(("name", "count", "crs", "first"), LAYERS)
def test_a_layer_is_read_as_delivered(
    shared_data: Path, name: str, count: int | None, crs: str | None, first: str | None
) -> None:
    layer = read_layer(shared_data / name)
    assert count in {None, len(layer.shapes)}
    assert crs in {None, layer.crs.name}
    assert first in {None, layer.names[0]}
    assert len(layer.names) == len(set(layer.names)) == len(layer.shapes)
    assert not shapely.is_missing(layer.shapes).any()
    assert not shapely.has_z(layer.shapes).any()


def test_taipei_says_that_heights_were_dropped(shared_data: Path) -> None:
    layer = read_layer(shared_data / "taipei/base_taipei.geojson")
    assert layer.notes == ["11490 个图形带有高程或量测值（Z/M），已舍去，只保留平面坐标"]
    assert shapely.coverage_is_valid(layer.shapes)


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".shp"])
def test_a_large_layer_is_written_and_read_back(shared_data: Path, tmp_path: Path, ending: str) -> None:
    layer = read_layer(shared_data / "taipei/code2_taipei.geojson")
    write_layer(tmp_path / f"a{ending}", layer, layer.shapes, extra={"m2": np.arange(len(layer.shapes)) / 3})
    again = read_layer(tmp_path / f"a{ending}")
    assert again.names == layer.names
    assert np.allclose(again.attributes["m2"], np.arange(len(layer.shapes)) / 3, rtol=1e-12)  # a .dbf keeps 15 digits
    assert shapely.equals_exact(shapely.normalize(again.shapes), shapely.normalize(layer.shapes), 0).all()


def test_real_names_of_roads_and_house_numbers_are_read_as_kinds(shared_data: Path) -> None:
    source = open_source(
        shared_data / "futian_osm/futian_edges.geojson",
        kind=kind_named("roads"),
        mapping={"code": "osmid"},
        key=("name",),
    )
    rows = [row for chunk in source.chunks() for row in chunk.rows]
    assert len(rows) == 4009
    assert {row.geometry.geom_type for row in rows if row.geometry is not None} == {"LineString"}
    doubled = [refusal for row in rows for refusal in row.refusals if refusal.code == "duplicate_key"]
    names = {row.values["name"] for row in rows if row.values["name"]}
    assert len(doubled) == sum(row.values["name"] is not None for row in rows) - len(names)
