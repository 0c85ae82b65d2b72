"""A file that cannot be read says why, and what to do."""

from __future__ import annotations

import json
import struct
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from file_samples import (
    HOUSEHOLDS,
    household,
    households_csv,
    read_all,
    records_of,
    write_csv,
)

from gridmap.errors import CrsRefused, FileRefused
from gridmap.files import archives, delimited, open_source, write_rows
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from pathlib import Path

GRIDS = kind_named("grids")
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {name} "{"".join(f"&{before};" * 10)}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


def written(path: Path, kind: str = "grids") -> Path:
    write_rows(path, kind_named(kind), records_of(kind_named(kind)))
    return path


def refused(path: Path, message: str, kind: str = "grids", **options: Any) -> FileRefused:
    with pytest.raises(FileRefused, match=message) as caught:
        read_all(path, kind, **options)
    return caught.value


ENDINGS = (".geojson", ".geojsonl", ".shp", ".gpkg", ".kml", ".kmz", ".dxf", ".csv", ".xlsx", ".zip")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_file(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"网格{ending}"
    path.touch()
    refused(path, rf"网格{ending} is empty \(0 bytes\): export it again")


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", [b"%PDF-1.7 ...", b"\x89PNG\r\n\x1a\n\x00\x00", b"<!DOCTYPE html><html><table>"])
def test_a_file_that_is_something_else(tmp_path: Path, ending: str, content: bytes) -> None:
    path = tmp_path / f"a{ending}"
    path.write_bytes(content)
    refused(path, "a.* is named like .* but its content is (PDF|binary data|a web page); ")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("旧表.xls", "ending in .xls cannot be read; open it in the spreadsheet program and save it as .xlsx"),
        ("图.dwg", "save it as .dxf in the CAD program"),
        ("图.dbf", "name the .shp file that belongs to it"),
        ("图.docx", "known endings are .geojson"),
        ("没有.csv", "there is no such file"),
    ],
)
def test_a_file_that_is_not_read(tmp_path: Path, name: str, message: str) -> None:
    if not name.startswith("没有"):
        (tmp_path / name).write_bytes(b"something")
    refused(tmp_path / name, message)


def test_an_old_workbook_under_a_new_name(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512)
    refused(tmp_path / "a.xlsx", "an old or password-protected Office document; open it .* remove the password")


@pytest.mark.parametrize("ending", [".geojson", ".gpkg", ".kml", ".xlsx", ".shp"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_file_cut_short(tmp_path: Path, ending: str, share: float) -> None:
    path = written(tmp_path / f"a{ending}")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "cut short|damaged")


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_shapefile_with_a_part_cut_short(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / "a.shp")
    part = path.with_suffix(ending)
    part.write_bytes(part.read_bytes()[:-8])
    refused(path, rf"a.shp: the {ending} was cut short: it has .* bytes and its header says .*; copy it again")


@pytest.mark.parametrize("ending", [".shx", ".dbf"])
def test_a_shapefile_with_a_part_missing(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / "a.shp")
    path.with_suffix(ending).unlink()
    refused(path, rf"a.shp: {ending} of this shapefile is missing; .*copy all of them")


def test_parts_of_two_shapefiles(tmp_path: Path) -> None:
    path = written(tmp_path / "a.shp")
    write_rows(tmp_path / "b.shp", GRIDS, records_of(GRIDS)[:2])
    path.with_suffix(".dbf").write_bytes((tmp_path / "b.dbf").read_bytes())
    refused(path, "the .shx has 3 shapes and the .dbf 2 rows, so they do not belong together")


def test_a_line_of_geojson_cut_short_is_a_refused_row(tmp_path: Path) -> None:
    path = written(tmp_path / "a.geojsonl")
    path.write_bytes(path.read_bytes()[:-40])
    rows = read_all(path, "grids")
    assert [len(row.refusals) for row in rows] == [0, 0, 1]
    assert (rows[2].refusals[0].row, rows[2].refusals[0].reason[:19]) == (3, "该行不是完整的 GeoJSON 要素，")


def test_a_drawing_cut_short(tmp_path: Path) -> None:
    (tmp_path / "a.dxf").write_text("999\ncomment\n  0\nSECTION\n  2\nENTITIES\n  0\nLWPOLY", encoding="ascii")
    refused(tmp_path / "a.dxf", "does not end with EOF; save it again as ASCII DXF")


def test_a_csv_cut_inside_quotes(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", {}, {"编码": "H2"})
    path.write_text(path.read_text(encoding="utf-8") + 'H3,"没有结束的引号,\n又一行\n', encoding="utf-8")
    error = refused(path, "a quote opened in row 4 is never closed: the file was cut short", "households")
    assert error.evidence["row"] == 4


@pytest.mark.parametrize(
    ("encoding", "given"), [("gbk", None), ("gb18030", None), ("utf-8-sig", None), ("utf-16", None), ("big5", "big5")]
)
def test_encodings_are_found(tmp_path: Path, encoding: str, given: str | None) -> None:
    row = household(
        户主="歐陽" if given else "欧阳", 地址="解放路1號" if given else "解放路1号", 所属社区="", 楼层="", 是否摸排=""
    )
    in_both = ("code", "姓名", "phone", "地址", "community", "floor", "residents", "surveyed", "lon", "lat")
    path = write_csv(tmp_path / "a.csv", in_both if given else HOUSEHOLDS, row, encoding=encoding)
    (read,) = read_all(path, "households", encoding=given)
    assert read.refusals == ()
    assert read.values["head"] == row[1]


def test_a_wrong_encoding_names_byte_row_and_what_was_tried(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", {}, {"编码": "H2"})
    data = path.read_bytes() + b"H3,\xff\xff,"
    path.write_bytes(data)
    place = f"byte {len(data) - 3:,} in row 4"
    refused(
        path,
        f"utf-8 fails at {place}; gb18030 fails at byte [0-9]+ in row [0-9]; name the right one with --encoding",
        "households",
    )
    refused(path, "tried: ascii fails at byte 0 in row 1; name", "households", encoding="ascii")
    refused(path, "no encoding 'klingon'; utf-8, gbk and gb18030 are usual", "households", encoding="klingon")


def test_the_byte_is_found_in_any_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    text = "编码,地址\n" * 10
    path.write_bytes(text.encode() + b"\xff")
    for size in range(1, 40):
        monkeypatch.setattr(delimited, "_BLOCK", size)
        assert delimited._first_undecodable(path, "utf-8-sig") == (len(text.encode()), 11)


def test_a_geojson_in_gbk(tmp_path: Path) -> None:
    path = written(tmp_path / "a.geojson")
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))
    refused(path, r"utf-8 fails at byte [\d,]+ in row 2; name the right one with --encoding, or save")


def test_a_table_of_a_shapefile_in_another_encoding(tmp_path: Path) -> None:
    path = written(tmp_path / "a.shp", "sections")
    refused(
        path, "text of the .dbf is in no encoding that was tried: ascii fails in row 1", "sections", encoding="ascii"
    )


@pytest.mark.parametrize(
    ("content", "message"), [("编码,地址\n", "has a header but no rows"), ("\n\n", "nothing but blanks")]
)
def test_a_sheet_without_rows(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "a.csv").write_text(content, encoding="utf-8")
    refused(tmp_path / "a.csv", message, "households")


def test_other_files_without_rows(tmp_path: Path) -> None:
    import openpyxl

    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    refused(tmp_path / "a.xlsx", "has no rows below the header: nothing to read")
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    refused(tmp_path / "a.geojson", "has no features: nothing to read")
    (tmp_path / "a.kml").write_text("<kml><Document/></kml>", encoding="utf-8")
    refused(tmp_path / "a.kml", "has no placemark: nothing to read")
    (tmp_path / "a.geojsonl").write_text('{"type": "Topology"}\n', encoding="utf-8")
    refused(tmp_path / "a.geojsonl", "no line that is a GeoJSON feature")
    (tmp_path / "b.geojson").write_text('{"a": 1}', encoding="utf-8")
    refused(tmp_path / "b.geojson", "b.geojson cannot be read")


def test_a_line_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_LINE", 1000)
    path = households_csv(tmp_path / "a.csv", {}, {"地址": "长" * 1000})
    error = refused(
        path, "line 3 is longer than 1,000 characters, so this is no table; check the delimiter", "households"
    )
    assert error.evidence["row"] == 3


class TestBombs:
    """Looked at before anything is unpacked or expanded."""

    @pytest.mark.parametrize("ending", [".zip", ".kmz", ".xlsx"])
    def test_zip_bomb(self, tmp_path: Path, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
        path = tmp_path / f"a{ending}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(3):
                archive.writestr(f"a{number}.shp", bytes(8 << 20))
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
        error = refused(
            path, r"would unpack from [\d,]+ to 25,165,824 bytes in 3 files, like a zip bomb; the limits are"
        )
        assert error.evidence["unpacked"] == 3 * (8 << 20)

    def test_an_archive_that_is_simply_too_large(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "MAX_UNPACKED", 100)
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            archive.writestr("a.shp", b"x" * 101)
        refused(tmp_path / "a.zip", "the limits are 100 bytes")

    def test_a_member_that_lies_about_its_size(self, tmp_path: Path) -> None:
        path = tmp_path / "a.kmz"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("doc.kml", b"<kml>" + b" " * 100_000)
        data = path.read_bytes()
        honest = struct.pack("<I", 100_005)
        assert data.count(honest) == 2
        path.write_bytes(data.replace(honest, struct.pack("<I", 50)))
        refused(path, "damaged inside")

    def test_a_workbook_with_an_entity_bomb(self, tmp_path: Path) -> None:
        good, bad = written(tmp_path / "a.xlsx"), tmp_path / "b.xlsx"
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as sink:
            for member in source.namelist():
                text = source.read(member)
                if member == "xl/worksheets/sheet1.xml":
                    text = BOMB.encode() + text[text.index(b"<worksheet") :].replace(b"<sheetData>", b"<sheetData>&i;")
                sink.writestr(member, text)
        refused(bad, "b.xlsx declares XML entities, as an entity bomb does; save it anew in the spreadsheet program")

    def test_a_kml_with_an_entity_bomb(self, tmp_path: Path) -> None:
        (tmp_path / "a.kml").write_text(f"{BOMB}<kml><Placemark><name>&i;</name></Placemark></kml>", encoding="utf-8")
        refused(tmp_path / "a.kml", "a.kml declares XML entities, as an entity bomb does")

    def test_a_protected_archive(self, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.shp", b"x")
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(bytes(data))
        refused(path, "is protected by a password; pack it again without one")


class TestDisguises:
    """GDAL runs what some contents say, whatever the file is called; it is not let."""

    PIPELINE = (
        '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {0} ! write --format stream x"}}'
    )
    VIRTUAL = (
        '<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{0}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
    )

    @pytest.mark.parametrize("ending", [".geojson", ".json", ".geojsonl", ".gpkg", ".shp", ".dxf", ".kml", ".csv"])
    @pytest.mark.parametrize("disguised", [PIPELINE, VIRTUAL])
    def test_a_command_is_not_run(self, tmp_path: Path, ending: str, disguised: str) -> None:
        secret = written(tmp_path / "secret.gpkg")
        path = tmp_path / f"a{ending}"
        path.write_text(disguised.format(secret) + "\n0\nEOF\n", encoding="utf-8")
        refused(path, "its content is|cannot be read|no line that is|no sound KML|no header|no column", crs="EPSG:4490")

    def test_not_in_an_archive_either(self, tmp_path: Path) -> None:
        secret = written(tmp_path / "secret.gpkg")
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for ending in (".shp", ".shx", ".dbf"):
                archive.writestr(f"a{ending}", self.VIRTUAL.format(secret))
        refused(tmp_path / "a.zip", "the .shp is no part of a shapefile")


def test_archives_without_what_is_needed(tmp_path: Path) -> None:
    for name in ("a.zip", "a.kmz", "a.xlsx"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("读我.txt", "hello")
    refused(tmp_path / "a.zip", "holds no shapefile .*; pack exactly one, with its .shp, .shx, .dbf and .prj")
    refused(tmp_path / "a.kmz", "has no .kml inside")
    refused(tmp_path / "a.xlsx", "no workbook: xl/workbook.xml is missing")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("x/a.shp", b"")
        archive.writestr("x/b.shp", b"")
    refused(tmp_path / "b.zip", r"holds 2 shapefiles \(x/a.shp、x/b.shp\)")


class TestCrs:
    """Declared or carried, and never guessed."""

    @pytest.mark.parametrize("ending", [".csv", ".xlsx"])
    def test_a_sheet_with_coordinates_needs_a_declaration(self, tmp_path: Path, ending: str) -> None:
        path = written(tmp_path / f"a{ending}")
        with pytest.raises(
            CrsRefused, match=rf"a{ending} does not say in which coordinate system it is; name it with --crs"
        ):
            open_source(path, kind=GRIDS)

    def test_a_sheet_without_coordinates_needs_none(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", ("编码", "地址"), ("1", "某处"))
        source = open_source(path, kind=kind_named("households"))
        assert source.crs is None
        assert next(source.chunks()).rows[0].geometry is None

    def test_half_of_a_pair_of_coordinates(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", ("编码", "地址", "经度", "北"), ("1", "某处", "113.5", "22.2"))
        refused(
            path,
            r"has a column for 经度 \(lon\) and none for 纬度 \(lat\); name it with --map lat=COLUMN",
            "households",
        )
        assert read_all(path, "households", mapping={"lat": "北"})[0].geometry is not None
        assert read_all(path, "households", mapping={"lon": ""})[0].geometry is None

    def test_coordinates_of_what_needs_an_area_are_told_to_be_unused(self, tmp_path: Path) -> None:
        path = write_csv(tmp_path / "a.csv", ("编码", "名称", "经度", "纬度"), ("1", "某小区", "113.5", "22.2"))
        source = open_source(path, kind=kind_named("compounds"))
        assert source.notes == ["小区需要图形，经纬度列未使用；图形请放在 WKT 列"]

    def test_a_shapefile_without_prj(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.shp")
        path.with_suffix(".prj").unlink()
        with pytest.raises(CrsRefused, match="name it with --crs"):
            open_source(path, kind=GRIDS)
        assert open_source(path, kind=GRIDS, crs="EPSG:4490").crs is not None

    @pytest.mark.parametrize("ending", [".geojson", ".shp", ".gpkg"])
    def test_a_declaration_against_what_the_file_states(self, tmp_path: Path, ending: str) -> None:
        path = tmp_path / f"a{ending}"
        write_rows(path, GRIDS, records_of(GRIDS), "EPSG:4547")
        with pytest.raises(CrsRefused, match="states EPSG:4547, but EPSG:4548 was declared; leave --crs out"):
            open_source(path, kind=GRIDS, crs="EPSG:4548")
        with pytest.raises(CrsRefused, match="states EPSG:4547, but gcj02 was declared"):
            open_source(path, kind=GRIDS, crs="gcj02")
        assert open_source(path, kind=GRIDS, crs="EPSG:4547").crs == open_source(path, kind=GRIDS).crs

    def test_gcj02_hides_behind_wgs84_since_no_file_can_state_it(self, tmp_path: Path) -> None:
        source = open_source(written(tmp_path / "a.gpkg"), kind=GRIDS, crs="gcj02")
        assert source.crs is not None
        assert source.crs.name == "gcj02"
        assert source.notes == ["文件写明 EPSG:4490，按声明的 gcj02 读取：该坐标系没有标准代码，文件无法写明"]

    def test_wgs84_and_cgcs2000_are_one(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.gpkg")
        rows, same = read_all(path, "grids", crs="wgs84"), read_all(path, "grids", crs=None)
        assert [row.geometry for row in rows] == [row.geometry for row in same]

    def test_geojson_and_kml_are_wgs84_unless_declared(self, tmp_path: Path) -> None:
        path = tmp_path / "a.geojson"
        write_rows(path, GRIDS, records_of(GRIDS), "EPSG:4326")
        assert "crs" not in json.loads(path.read_text(encoding="utf-8"))
        source = open_source(path, kind=GRIDS)
        assert source.notes == ["文件未写明坐标系，按该格式的规定视为 WGS84；如为 gcj02、bd09 等请用 --crs 声明"]
        declared = open_source(path, kind=GRIDS, crs="gcj02")
        assert declared.crs is not None
        assert (declared.crs.name, declared.notes) == ("gcj02", [])

    def test_our_own_export_in_gcj02_carries_it(self, tmp_path: Path) -> None:
        write_rows(tmp_path / "a.geojson", GRIDS, records_of(GRIDS), "gcj02")
        source = open_source(tmp_path / "a.geojson", kind=GRIDS)
        assert source.crs is not None
        assert source.crs.name == "gcj02"

    def test_local_systems_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CrsRefused, match="local parameters"):
            open_source(written(tmp_path / "a.csv"), kind=GRIDS, crs="EPSG:2383")
