"""Whole layers, for check, repair and assign: read as they are, written with other shapes and more columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from file_samples import DRAWING, HOUSEHOLDS, ORIGIN, household, records_of, write_csv

from gridmap.errors import CrsRefused, FileRefused, GeometryRefused
from gridmap.files import write_rows
from gridmap.files.layers import read_layer, write_layer
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".geojson", ".shp", ".gpkg", ".csv", ".xlsx")
GRIDS = kind_named("grids")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for ending in (*ENDINGS, ".geojsonl", ".kml"):
        crs = "EPSG:4490" if ending in {".geojsonl", ".kml"} else "EPSG:4547"
        write_rows(tmp_path / f"a{ending}", GRIDS, records_of(GRIDS), crs)
    return tmp_path


def coordinates(ending: str) -> str | None:
    return "EPSG:4547" if ending in {".csv", ".xlsx"} else None


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_layer_is_read_in_its_own_coordinates(folder: Path, ending: str) -> None:
    layer = read_layer(folder / f"a{ending}", coordinates(ending))
    assert layer.crs.name == "EPSG:4547"
    for shape, letter in zip(layer.shapes[[0, 2]], "AC", strict=True):
        there = shapely.transform(DRAWING[letter], lambda xy: xy + ORIGIN)
        assert shapely.normalize(shapely.transform(shape, lambda xy: xy.round(3))) == shapely.normalize(there)
    assert layer.names == ["440106001001000", "440106001001001", "440106001001002"]


@pytest.mark.parametrize("ending", [".geojsonl", ".kml"])
def test_formats_that_are_lonlat_alone(folder: Path, ending: str) -> None:
    layer = read_layer(folder / f"a{ending}")
    assert layer.crs.name == "EPSG:4326"
    assert layer.names == ["440106001001000", "440106001001001", "440106001001002"]


@pytest.mark.parametrize("source", ENDINGS)
@pytest.mark.parametrize("target", ENDINGS)
def test_a_repaired_layer_keeps_its_attributes(folder: Path, source: str, target: str) -> None:
    layer = read_layer(folder / f"a{source}", coordinates(source))
    grown = shapely.buffer(layer.shapes, 1.0, join_style="mitre")
    areas = shapely.area(grown) - shapely.area(layer.shapes)
    path = folder / f"repaired{target}"
    write_layer(path, layer, grown, extra={"更动面积": areas, "name": np.array(["甲", "乙", None], dtype=object)})
    again = read_layer(path, coordinates(target))
    assert again.names == layer.names
    assert shapely.equals_exact(shapely.normalize(again.shapes), shapely.normalize(grown), 1e-9).all()
    added = next(column for name, column in again.attributes.items() if name.startswith("更动面"))
    assert np.allclose(added.astype(float), areas)
    assert again.attributes["name"].tolist() == ["甲", "乙", None]


def test_names_of_features(tmp_path: Path) -> None:
    shape = DRAWING["A"].wkt
    named = write_csv(tmp_path / "a.csv", ("类", "社区名称", "WKT"), ("x", "解放路", shape), ("x", "人民路", shape))
    assert read_layer(named, "EPSG:4547").names == ["解放路", "人民路"]
    unique = write_csv(tmp_path / "b.csv", ("类", "LocationID", "WKT"), ("x", "7", shape), ("x", "8", shape))
    assert read_layer(unique, "EPSG:4547").names == ["7", "8"]
    neither = write_csv(tmp_path / "c.csv", ("类", "WKT"), ("x", shape), ("x", shape))
    assert read_layer(neither, "EPSG:4547").names == ["2", "3"]


def test_a_table_with_two_columns_more(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "住户.csv", HOUSEHOLDS, household(), household(经度="", 纬度="", 户主="=1+1"))
    layer = read_layer(path, "gcj02")
    assert layer.shapes.tolist() == [shapely.Point(113.51, 22.27), None]
    assert layer.names == ["H001", "H001"]
    write_layer(tmp_path / "结果.csv", layer, extra={"网格编码": np.array(["440106001001001", None], dtype=object)})
    header, first, second = (tmp_path / "结果.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header == ",".join((*HOUSEHOLDS, "网格编码"))
    assert first == ",".join((*household(), "440106001001001"))
    assert ",'=1+1," in second
    with pytest.raises(CrsRefused, match="cannot state gcj02"):
        write_layer(tmp_path / "结果.gpkg", layer)


def test_a_table_without_coordinates_is_refused(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("编码", "地址"), ("1", "某处"))
    with pytest.raises(FileRefused, match="no columns such as 经度 and 纬度, or WKT, among 编码、地址"):
        read_layer(path, "EPSG:4490")
    path = write_csv(tmp_path / "b.csv", ("编码", "经度", "纬度"), ("1", "113", "二十二"))
    with pytest.raises(GeometryRefused, match=r"b\.csv, row 2: “纬度”为“二十二”，不是数字"):
        read_layer(path, "EPSG:4490")


def test_shapes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("编码", "WKT"), ("1", "POINT (1 2)"), ("2", "POLYGON ((0 0, 1 1"))
    with pytest.raises(GeometryRefused, match=r"a\.csv, row 3"):
        read_layer(path, "EPSG:4547")
    path = tmp_path / "b.geojson"
    path.write_text(
        '{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[1,2]]}}', encoding="utf-8"
    )
    with pytest.raises(GeometryRefused, match=r"b\.geojson, row 1: 图形无法读取"):
        read_layer(path)


def test_heights_are_dropped_and_told(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("编码", "WKT"), ("1", "POINT Z (1 2 3)"))
    layer = read_layer(path, "EPSG:4547")
    assert layer.shapes.tolist() == [shapely.Point(1, 2)]
    assert layer.notes == ["1 个图形带有高程或量测值（Z/M），已舍去，只保留平面坐标"]


def test_long_chinese_columns_stay_apart_in_a_shapefile(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("网格编码", "网格编码旧", "WKT"), ("1", "2", "POINT (1 2)"))
    write_layer(tmp_path / "a.shp", read_layer(path, "EPSG:4547"))
    assert list(read_layer(tmp_path / "a.shp").attributes) == ["网格编", "网格编1"]
