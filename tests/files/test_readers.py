"""Files as other programs make them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pytest
import shapely
from file_samples import (
    DRAWING,
    HOUSEHOLDS,
    ORIGIN,
    PLANE,
    household,
    on_earth,
    read_all,
    records_of,
    refusals_of,
    write_csv,
)

from gridmap.errors import FileRefused
from gridmap.files import Format, Refusal, open_source, write_refusals, write_rows
from gridmap.model.kinds import Shape, kind_named

if TYPE_CHECKING:
    from pathlib import Path

    from shapely import Geometry

GRIDS = kind_named("grids")
A, C = on_earth(DRAWING["A"]), on_earth(DRAWING["C"])


def shapefile(path: Path, encoding: str, *, cpg: bool = False, prj: bool = False) -> Path:
    """Two grids with Chinese attributes, as an office's GIS of ten years ago writes them."""
    import pyogrio.raw

    names = np.array(["解放路社区第01网格", "人民路社区第02网格"], dtype=object)
    codes = np.array(["440106001001001", "440106001001002"], dtype=object)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([A, C], dtype=object)),
        [codes, names],
        ["CODE", "网格名"],
        driver="ESRI Shapefile",
        geometry_type="Polygon",
        crs="EPSG:4490",
        encoding=encoding,
    )
    if not prj:
        path.with_suffix(".prj").unlink()
    if not cpg:
        path.with_suffix(".cpg").unlink()
    return path


@pytest.mark.parametrize("encoding", ["GBK", "GB18030", "UTF-8"])
@pytest.mark.parametrize("cpg", [True, False])
def test_a_shapefile_in_chinese(tmp_path: Path, encoding: str, cpg: bool) -> None:  # noqa: FBT001
    path = shapefile(tmp_path / "网格.shp", encoding, cpg=cpg)
    rows = read_all(path, "grids", mapping={"name": "网格名"})
    assert [row.values["name"] for row in rows] == ["解放路社区第01网格", "人民路社区第02网格"]
    assert [row.number for row in rows] == [1, 2]
    assert rows[0].geometry == shapely.orient_polygons(A, exterior_cw=True)
    assert rows[0].original == {"CODE": "440106001001001", "网格名": "解放路社区第01网格"}


def test_column_names_cut_within_a_character_are_recognised(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", "UTF-8", cpg=True)
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    assert data[32:37] == b"CODE\0"
    data[32:43] = "网格编码".encode()[:10] + b"\0"  # as QGIS leaves it
    table.write_bytes(bytes(data))
    source = open_source(path, kind=GRIDS, crs="EPSG:4490", mapping={"name": "网格名"})
    assert source.columns == ("网格编", "网格名")
    assert [row.values["code"] for row in next(source.chunks()).rows] == ["440106001001001", "440106001001002"]


@pytest.mark.parametrize("folder", ["", "网格数据/"])
def test_a_shapefile_in_an_archive_named_in_chinese(tmp_path: Path, folder: str) -> None:
    path = shapefile(tmp_path / "网格.shp", "GBK", prj=True)
    archive = tmp_path / "网格.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for ending in (".shp", ".SHX", ".dbf", ".prj"):
            packed.write(path.with_suffix(ending.lower()), f"{folder}网格{ending}")
        packed.writestr("__MACOSX/网格.shp", b"")
        packed.writestr("说明.txt", "hello")
    source = open_source(archive, kind=GRIDS, mapping={"name": "网格名"})
    assert source.crs is not None
    assert [row.values["code"] for row in next(source.chunks()).rows] == ["440106001001001", "440106001001002"]


def test_unpacked_files_are_removed_when_nobody_reads_them_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    path = shapefile(tmp_path / "a.shp", "GBK", prj=True)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed:
        for ending in (".shp", ".shx", ".dbf", ".prj"):
            packed.write(path.with_suffix(ending), f"a{ending}")
    rooms = tmp_path / "rooms"
    rooms.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(rooms))
    source = open_source(tmp_path / "a.zip", kind=GRIDS)
    assert len(list(rooms.iterdir())) == 1
    assert len(next(source.chunks()).rows) == 2
    del source
    assert list(rooms.iterdir()) == []


def test_layers_of_a_geopackage(tmp_path: Path) -> None:
    import pyogrio.raw

    path = tmp_path / "a.gpkg"
    for number, layer in enumerate(("网格", "社区")):
        pyogrio.raw.write(
            path, shapely.to_wkb(np.array([A], dtype=object)), [np.array([f"{number}"], dtype=object)], ["code"],
            layer=layer, driver="GPKG", geometry_type="Polygon", crs="EPSG:4490", append=number > 0,
        )  # fmt: skip
    with pytest.raises(FileRefused, match="has several layers: 网格、社区; name one with --layer"):
        open_source(path, kind=GRIDS)
    with pytest.raises(FileRefused, match="has no layer 'x': 网格、社区"):
        open_source(path, kind=GRIDS, layer="x")
    assert read_all(path, "grids", layer="社区")[0].values == {"code": "1"}


def test_a_style_beside_the_layer_of_a_geopackage_does_not_matter(tmp_path: Path) -> None:
    import pyogrio.raw

    path = tmp_path / "a.gpkg"
    write_rows(path, GRIDS, records_of(GRIDS))
    style = [np.array(["<qgis/>"], dtype=object)]
    pyogrio.raw.write(
        path, None, style, ["styleQML"], layer="layer_styles", driver="GPKG", geometry_type=None, append=True
    )
    assert len(read_all(path, "grids")) == 3


KML = """<?xml version="1.0" encoding="{encoding}"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document><Folder><name>网格图</name>
<Placemark><name>第01网格</name><description><![CDATA[<b>综合</b>]]></description>
  <ExtendedData><SchemaData schemaUrl="#x"><SimpleData name="网格编码">440106001001001</SimpleData></SchemaData>
  </ExtendedData>
  <MultiGeometry><Polygon><outerBoundaryIs><LinearRing><coordinates>
    113.5,22.2,0 113.6,22.2,0 113.6,22.3,0 113.5,22.3,0 113.5,22.2,0
  </coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>
    113.52,22.22 113.54,22.22 113.54,22.24 113.52,22.22
  </coordinates></LinearRing></innerBoundaryIs></Polygon></MultiGeometry>
</Placemark>
<Placemark><name>第02网格</name><ExtendedData><Data name="网格编码"><value>440106001001002</value></Data></ExtendedData>
  <Polygon><outerBoundaryIs><LinearRing><coordinates>
    113.5,22.2 113.6,x
  </coordinates></LinearRing></outerBoundaryIs></Polygon>
</Placemark></Folder></Document></kml>"""


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "utf-16"])
@pytest.mark.parametrize("ending", [".kml", ".kmz"])
def test_placemarks_of_other_programs(tmp_path: Path, encoding: str, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    data = KML.format(encoding=encoding).encode(encoding)
    if encoding == "utf-16" and ending == ".kml":
        data = KML.format(encoding="UTF-8").encode("utf-8-sig")
    if ending == ".kml":
        path.write_bytes(data)
    else:
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("files/icon.png", b"")
            packed.writestr("文档.kml", data)
    first, second = read_all(path, "grids", crs=None)
    assert first.values == {"code": "440106001001001", "name": "第01网格"}
    assert first.original["description"] == "<b>综合</b>"
    hole = shapely.Polygon([(113.52, 22.22), (113.54, 22.22), (113.54, 22.24)])
    assert first.geometry is not None
    assert shapely.equals(first.geometry, shapely.box(113.5, 22.2, 113.6, 22.3) - hole)
    assert [(refusal.row, refusal.code) for refusal in second.refusals] == [(2, "geometry_unreadable")]


def dxf(*entities: str) -> str:
    return "\n".join(["0", "SECTION", "2", "ENTITIES", *entities, "0", "ENDSEC", "0", "EOF"]) + "\n"


def polyline(shape: Geometry, layer: str, *, closed: bool) -> str:
    points = shapely.get_coordinates(shapely.get_exterior_ring(shape))[:-1].tolist()
    vertices = [item for x, y in points for item in ("10", repr(x), "20", repr(y))]
    return "\n".join(["0", "LWPOLYLINE", "8", layer, "90", str(len(points)), "70", "1" if closed else "0", *vertices])


def text(words: str, point: Geometry, layer: str = "注记") -> str:
    x, y = shapely.get_coordinates(point)[0].tolist()
    return "\n".join(["0", "TEXT", "8", layer, "10", repr(x), "20", repr(y), "40", "2.5", "1", words])


def in_metres(letter: str) -> Geometry:
    moved: Geometry = shapely.transform(DRAWING[letter], lambda xy: xy + ORIGIN)
    return moved


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_closed_polylines_of_a_drawing_are_areas_and_texts_in_them_their_names(tmp_path: Path, encoding: str) -> None:
    c, d = in_metres("C"), in_metres("D")
    path = tmp_path / "a.dxf"
    drawing = dxf(
        polyline(c, "网格线", closed=True),
        polyline(d, "网格线", closed=True),
        polyline(d, "道路", closed=False),
        text("440106001001003", c.representative_point()),
        text("440106001001004", d.representative_point()),
        text("图名", shapely.Point(0, 0)),
    )
    path.write_text(drawing, encoding=encoding)
    options = {"mapping": {"code": "Text", "name": "Layer"}}
    rows = read_all(path, "grids", crs="EPSG:4547", layer="网格线", **options)
    assert [row.values for row in rows] == [
        {"code": "440106001001003", "name": "网格线"},
        {"code": "440106001001004", "name": "网格线"},
    ]
    for row, shape in zip(rows, (c, d), strict=True):
        assert row.geometry is not None
        assert shapely.equals(PLANE.project_geometries(np.array([row.geometry], dtype=object))[0], shape)
    everything = read_all(path, "grids", crs="EPSG:4547", **options)
    assert [[refusal.code for refusal in row.refusals] for row in everything] == [[], [], ["missing", "geometry_type"]]
    assert "请把线闭合成面" in everything[2].refusals[1].reason
    with pytest.raises(FileRefused, match="has no layer '楼'; it has: 注记、网格线、道路"):
        open_source(path, kind=GRIDS, crs="EPSG:4547", layer="楼")
    with pytest.raises(FileRefused, match="areas have to be closed polylines"):
        open_source(path, kind=GRIDS, crs="EPSG:4547", layer="注记")
    points = read_all(path, "house_numbers", crs="EPSG:4547", mapping={"road": "Layer", "number": "Text"})
    assert [row.values["number"] for row in points] == ["440106001001003", "440106001001004", "图名"]


def test_a_workbook_as_an_office_fills_it_in(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    workbook.create_sheet("说明")["A1"] = "填表说明"
    sheet.append(["户编码", "户主", "手机号", "详细地址", "层", "人口数", "已摸排", "经度", "纬度", None])
    sheet.append([440106001, "张三", 13800000001, "解放路1号", "3层", 4.0, "是", 113.51, 22.27])
    sheet.append([])
    sheet.append(["00002", "李四", "13800000002", "#N/A", 2, "3人", True, "113.52", 22.28])
    workbook.save(tmp_path / "a.xlsx")
    source = open_source(tmp_path / "a.xlsx", kind=kind_named("households"), crs="EPSG:4490")
    (chunk,) = source.chunks()
    first, second = chunk.rows
    assert first.values == {
        "code": "440106001", "head": "张三", "phone": "13800000001", "address": "解放路1号", "floor": 3, "residents": 4,
        "surveyed": True,
    }  # fmt: skip
    assert first.geometry == shapely.Point(113.51, 22.27)
    assert [(refusal.row, refusal.field) for refusal in second.refusals] == [(4, "address"), (4, "residents")]
    assert source.notes == ["读取工作表“Sheet”，未读取：说明"]
    assert source.total is None
    with pytest.raises(FileRefused, match="has no sheet '住户'; it has: Sheet、说明"):
        open_source(tmp_path / "a.xlsx", kind=kind_named("households"), layer="住户")


def test_dates_of_a_workbook(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["工单编号", "标题", "上报时间", "经度", "纬度"])
    sheet.append(["A1", "噪音", datetime(2026, 3, 5, 14, 30), None, None])  # noqa: DTZ001 (a workbook knows no zone)
    workbook.save(tmp_path / "a.xlsx")
    (row,) = read_all(tmp_path / "a.xlsx", "incidents")
    assert str(row.values["reported_at"]) == "2026-03-05 14:30:00+08:00"


def test_a_header_further_down_can_be_named(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("某街道住户登记表",), HOUSEHOLDS, household())
    (row,) = read_all(path, "households", header_row=2)
    assert (row.number, row.refusals) == (3, ())


@pytest.mark.parametrize("delimiter", ["\t", ";", "|", "，"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(delimiter.join(cells) for cells in (HOUSEHOLDS, household())), encoding="utf-8")
    assert read_all(path, "households")[0].refusals == ()


def test_repeated_and_blank_column_names_are_told_apart(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", ("编码", "", "地址", "备注", "备注"), ("1", "x", "某处", "甲", "乙"))
    source = open_source(path, kind=kind_named("households"))
    assert source.columns == ("编码", "第B列", "地址", "备注", "备注_2")
    assert source.reading.recognised.columns == {"code": 0, "address": 2}
    assert source.unrecognised == ("第B列", "备注", "备注_2")


def test_geojson_as_a_web_map_writes_it(tmp_path: Path) -> None:
    features = [
        {"type": "Feature",
         "properties": {"code": 440106001001001, "name": None, "tags": ["a", "b"], "kind": "综合网格"},
         "geometry": shapely.geometry.mapping(A)},
        {"type": "Feature", "properties": {"code": "440106001001002"}, "geometry": None},
        {"type": "Feature", "properties": {"code": "440106001001003"},
         "geometry": {"type": "Polygon", "coordinates": [[[113.5, 22.2], [113.6, 22.2], [113.6, 22.3]]]}},
    ]  # fmt: skip
    for name, content in (
        ("a.geojson", json.dumps({"type": "FeatureCollection", "features": features})),
        ("a.geojsonl", "\n".join(map(json.dumps, features)) + "\n"),
    ):
        (tmp_path / name).write_text(content, encoding="utf-8")
        rows = read_all(tmp_path / name, "grids", crs=None)
        assert [[refusal.code for refusal in row.refusals] for row in rows] == [
            [], ["geometry_missing"], ["geometry_unreadable"]
        ]  # fmt: skip
        assert rows[0].values == {"code": "440106001001001", "name": None, "kind": "general"}
        assert rows[0].original["tags"] == "a、b"
        assert rows[0].geometry == A


class TestRefusals:
    """Refused rows come back as the same sheet plus a reason."""

    @pytest.mark.parametrize("ending", [".csv", ".xlsx"])
    def test_the_same_sheet_with_a_reason(self, tmp_path: Path, ending: str) -> None:
        bad = (household(编码="4.4E+14"), household(编码="H9", 人口数="3人", 户主="=1+1", 楼层="顶楼"))
        source = open_source(
            write_csv(tmp_path / "a.csv", HOUSEHOLDS, household(), *bad), kind=kind_named("households"), crs="gcj02"
        )
        refusals = refusals_of(row for chunk in source.chunks() for row in chunk.rows)
        told = [*refusals, Refusal(2, "community", "解放路社区", "没有这个社区", "unknown_community")]
        path = tmp_path / f"退回{ending}"
        assert write_refusals(path, source, told) == 3
        again = open_source(path, kind=kind_named("households"), crs="gcj02")
        assert again.columns == (*HOUSEHOLDS, "原因")
        assert again.unrecognised == ("原因",)
        originals = [row.original for row in next(again.chunks()).rows]
        assert [tuple(original.values())[:-1] for original in originals] == [household(), *bad]
        assert originals[0]["原因"] == "没有这个社区"
        assert originals[2]["原因"].count("；") == 1
        assert "请只填数字" in originals[2]["原因"]
        assert write_refusals(tmp_path / "再退回.csv", again, [Refusal(3, "", "", "还是不对", "x")]) == 1
        header, row = (tmp_path / "再退回.csv").read_text(encoding="utf-8-sig").splitlines()
        assert header.endswith(",纬度,原因")
        assert row.endswith(",还是不对")

    def test_attributes_of_a_gis_file(self, tmp_path: Path) -> None:
        write_rows(tmp_path / "a.gpkg", GRIDS, records_of(GRIDS))
        source = open_source(tmp_path / "a.gpkg", kind=GRIDS)
        write_refusals(tmp_path / "退回.csv", source, [Refusal(2, "geometry", "", "图形自相交", "geometry_invalid")])
        header, row = (tmp_path / "退回.csv").read_text(encoding="utf-8-sig").splitlines()
        assert header == "序号,code,name,kind,community,four_limits,source_document,worker,原因"
        assert row.startswith("2,440106001001001,")
        assert row.endswith(",图形自相交")


def test_the_fingerprint_of_a_shapefile_covers_all_its_parts(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", "GBK")
    before = open_source(path, kind=GRIDS, crs="EPSG:4490").sha256
    assert open_source(path, kind=GRIDS, crs="EPSG:4490").sha256 == before
    part = path.with_suffix(".dbf")
    part.write_bytes(part.read_bytes().replace(b"440106001001002", b"440106001001009"))
    source = open_source(path, kind=GRIDS, crs="EPSG:4490")
    assert (source.sha256 != before, source.format) == (True, Format.SHAPEFILE)


def test_blocks_of_a_large_file_join_without_a_seam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap.files import gis

    rows = [({"code": f"{number:03}"}, A) for number in range(25)]
    for ending in (".geojson", ".gpkg", ".shp"):
        write_rows(tmp_path / f"a{ending}", GRIDS, rows)
        monkeypatch.setattr(gis, "_BLOCK", 10)
        source = open_source(tmp_path / f"a{ending}", kind=GRIDS)
        assert source.total == 25
        for size in (3, 10, 12, 100):
            read = [row for chunk in source.chunks(size=size) for row in chunk.rows]
            assert [row.number for row in read] == list(range(1, 26))
            assert [row.values["code"] for row in read] == [f"{number:03}" for number in range(25)]


def test_importing_the_package_loads_no_heavy_library() -> None:
    heavy = ("pandas", "geopandas", "pyogrio", "openpyxl", "pyproj", "sqlalchemy")
    program = f"import gridmap.files, sys; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_shapes_have_a_kind_of_drawing() -> None:
    assert {kind_named(name).shape for name in ("grids", "roads", "shops", "waters", "posts")} == set(Shape)
