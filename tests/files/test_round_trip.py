"""What is exported is imported as it was: every kind, every format, to the millimetre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from file_samples import ORIGIN, PLANE, TEXTS, records_of
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import CrsRefused, FileRefused
from gridmap.files import open_source, write_rows, write_template
from gridmap.files.cells import guard, unguard
from gridmap.model.kinds import KINDS, Shape, kind_named

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model.kinds import Kind

ENDINGS = (".geojson", ".geojsonl", ".shp", ".gpkg", ".kml", ".csv", ".xlsx")
MM = 0.001


def in_the_plane(shapes: list[shapely.Geometry | None]) -> list[shapely.Geometry | None]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return [None if shape is None else shapely.normalize(shape) for shape in PLANE.project_geometries(array)]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_comes_back_from_every_format(tmp_path: Path, kind: Kind, ending: str) -> None:
    if kind.shape is Shape.ANY and ending == ".shp":
        with pytest.raises(FileRefused, match="one kind of shape"):
            write_rows(tmp_path / "out.shp", kind, records_of(kind))
        return
    path = tmp_path / f"导出{ending}"
    assert write_rows(path, kind, records_of(kind)) == 3
    assert {file.stem for file in tmp_path.iterdir()} == {"导出"}
    source = open_source(path, kind=kind, crs="EPSG:4490")
    rows = [row for chunk in source.chunks(size=2) for row in chunk.rows]
    assert source.unrecognised in {(), ("name",)}  # a KML has a name beside our fields
    assert [row.refusals for row in rows] == [(), (), ()]
    assert [row.values for row in rows] == [values for values, _ in records_of(kind)]
    assert in_the_plane([row.geometry for row in rows]) == in_the_plane([shape for _, shape in records_of(kind)])


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:4526", "EPSG:4326", "gcj02", "bd09", "bd09mc", "EPSG:3857"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_geometry_is_equal_to_the_millimetre_in_every_crs_that_a_format_can_state(
    tmp_path: Path, crs: str, ending: str
) -> None:
    kind = kind_named("grids")
    path = tmp_path / f"out{ending}"
    shifted = crs in {"gcj02", "bd09", "bd09mc"}
    degrees = crs in {"EPSG:4326", "gcj02", "bd09"}
    cannot = (ending in {".shp", ".gpkg"} and shifted) or (ending in {".kml", ".geojsonl"} and not degrees)
    if cannot or (ending == ".geojsonl" and shifted):
        with pytest.raises(CrsRefused, match="instead"):
            write_rows(path, kind, records_of(kind), crs)
        assert list(tmp_path.iterdir()) == []
        return
    write_rows(path, kind, records_of(kind), crs)
    carried = ending in {".geojson", ".shp", ".gpkg"}
    source = open_source(path, kind=kind, crs=None if carried else crs)
    rows = [row for chunk in source.chunks() for row in chunk.rows]
    for row, (_, shape) in zip(rows, records_of(kind), strict=True):
        assert row.refusals == ()
        there, here = PLANE.project_geometries(np.array([row.geometry, shape], dtype=object))
        assert there.equals_exact(here, MM, normalize=True)


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("as before", encoding="utf-8")

    def rows() -> object:
        yield from records_of(kind_named("grids"))
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        write_rows(path, kind_named("grids"), rows())  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8") == "as before"
    assert list(tmp_path.iterdir()) == [path]


def test_sheets_speak_chinese_and_files_for_gis_english(tmp_path: Path) -> None:
    kind = kind_named("grids")
    write_rows(tmp_path / "out.csv", kind, records_of(kind))
    header, first, *_ = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header == "网格编码,网格名称,网格类型,所属社区,四至范围,依据文件,网格员,WKT"
    assert "综合网格" in first
    write_rows(tmp_path / "out.geojson", kind, records_of(kind))
    assert '"four_limits"' in (tmp_path / "out.geojson").read_text(encoding="utf-8")


def test_a_template_has_the_labels_alone(tmp_path: Path) -> None:
    write_template(tmp_path / "居民户.csv", kind_named("households"))
    (header,) = (tmp_path / "居民户.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header.startswith("户编码,户主,联系电话,地址,所属社区,")
    assert header.endswith(",人工指定网格,经度,纬度")


def test_no_text_of_an_export_runs_as_a_formula(tmp_path: Path) -> None:
    import openpyxl

    kind = kind_named("sections")
    rows = [
        ({"name": text + "x", "leader": None}, None) for text in ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1")
    ]
    write_rows(tmp_path / "out.csv", kind, rows)
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert all(line.lstrip('"').startswith("'") for line in lines)
    write_rows(tmp_path / "out.xlsx", kind, rows)
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert {cell.data_type for cell in sheet["A"]} == {"s"}


def test_codes_are_text_cells(tmp_path: Path) -> None:
    import openpyxl

    kind = kind_named("grids")
    write_rows(tmp_path / "out.xlsx", kind, records_of(kind))
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert (sheet["A2"].value, sheet["A2"].data_type, sheet["A2"].number_format) == ("440106001001000", "s", "@")


@given(st.text())
def test_guarding_is_undone_exactly(text: str) -> None:
    assert unguard(guard(text)) == text
    assert guard(text)[:1] not in {"=", "+", "-", "@"}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ending", ENDINGS)
def test_hostile_texts_come_back(tmp_path: Path, text: str, ending: str) -> None:
    kind = kind_named("roads")
    line = shapely.LineString(PLANE.unproject(np.array([ORIGIN, (500_100.0, 2_465_000.0)])))
    write_rows(tmp_path / f"out{ending}", kind, [({"code": "R1", "name": text, "level": None}, line)])
    (row,) = next(open_source(tmp_path / f"out{ending}", kind=kind, crs="EPSG:4490").chunks()).rows
    assert row.values["name"] == text


def test_what_a_shapefile_cannot_hold_is_refused_and_not_cut(tmp_path: Path) -> None:
    kind = kind_named("communities")
    values = {"code": "440106001001", "name": "解放路社区", "four_limits": "东至" + "很长的路" * 40}
    with pytest.raises(FileRefused, match=r"row 1, four_limit.*254 bytes.*GeoPackage"):
        write_rows(tmp_path / "out.shp", kind, [(values, None)])


def test_an_outline_beyond_a_cell_of_a_workbook_is_refused(tmp_path: Path) -> None:
    kind = kind_named("waters")
    circle = shapely.Point(113.5, 22.3).buffer(0.01, quad_segs=1000)
    with pytest.raises(FileRefused, match=r"row 2, WKT .* holds 32,767; write CSV"):
        write_rows(tmp_path / "out.xlsx", kind, [({"code": "W1"}, circle)])
