"""A row that cannot be used is refused alone, and told by row, field and remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import shapely
from file_samples import (
    HOUSEHOLDS,
    ORIGIN,
    PLANE,
    household,
    households_csv,
    on_earth,
    read_all,
    refusals_of,
    write_csv,
)

from gridmap.datum import from_lonlat, parse_crs
from gridmap.errors import CoordinatesRefused
from gridmap.files import open_source
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.files.records import Refusal

GOOD: dict[str, str] = {}


def only_refusal(path: Path, kind: str = "households", **options: Any) -> Refusal:
    rows = read_all(path, kind, **options)
    (refusal,) = refusals_of(rows)
    assert sum(not row.refusals for row in rows) == len(rows) - 1
    return refusal


@pytest.mark.parametrize(
    ("cells", "field", "code", "said"),
    [
        ({"编码": ""}, "code", "missing", "“户编码”没有填写，该项必填，请补填后重新导入"),
        ({"地址": " "}, "address", "missing", "“地址”没有填写，该项必填，请补填后重新导入"),
        ({"编码": "4.40106E+14"}, "code", "code_refused", "请把该列设为文本格式"),
        ({"联系电话": "1.38E+10"}, "phone", "code_refused", "请把该列设为文本格式"),
        ({"人口数": "三四个"}, "residents", "not_a_number", "请填写数字"),
        ({"人口数": "4人"}, "residents", "not_a_number", "请只填数字"),
        ({"楼层": "顶楼"}, "floor", "not_a_number", "“楼层”为“顶楼”"),
        ({"是否摸排": "不知道"}, "surveyed", "not_a_boolean", "请填“是”或“否”"),
        ({"经度": "东边"}, "lon", "not_a_number", "“经度”为“东边”，不是数字"),
        ({"经度": ""}, "lon", "missing", "“经度”没有填写，而另一坐标已填；请补全"),
        ({"纬度": ""}, "lat", "missing", "“纬度”没有填写，而另一坐标已填；请补全"),
        ({"经度": "22.27", "纬度": "113.51"}, "geometry", "coordinates_refused", "两个坐标的先后颠倒了，请对调"),
        ({"经度": "513000", "纬度": "2463000"}, "geometry", "coordinates_refused", "数值像是米，不是度"),
        ({"经度": "0", "纬度": "0"}, "geometry", "coordinates_refused", "请核对该行坐标后重新导入"),
        ({"经度": "113.51", "纬度": "922.27"}, "geometry", "coordinates_refused", "（113.51, 922.27）"),
    ],
)
def test_a_bad_cell(tmp_path: Path, cells: dict[str, str], field: str, code: str, said: str) -> None:
    path = households_csv(tmp_path / "住户.csv", GOOD, {"编码": "H002", **cells}, {"编码": "H003"}, {"编码": "H004"})
    refusal = only_refusal(path)
    assert (refusal.row, refusal.field, refusal.code) == (3, field, code)
    assert said in refusal.reason
    assert str(refusal).startswith("第 3 行：")


def test_all_faults_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", {"编码": "", "人口数": "多", "经度": "x"})
    assert [refusal.field for refusal in refusals_of(read_all(path, "households"))] == ["code", "residents", "lon"]


def test_no_place_at_all_is_no_fault_of_a_household(tmp_path: Path) -> None:
    (row,) = read_all(households_csv(tmp_path / "a.csv", {"经度": "", "纬度": "/"}), "households")
    assert (row.refusals, row.geometry) == ((), None)


def test_the_second_row_of_a_key_is_refused_and_names_the_first(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", GOOD, {"编码": "H002"}, {"编码": "Ｈ００１", "地址": "别处"})
    refusal = only_refusal(path)
    assert (refusal.row, refusal.field, refusal.code) == (4, "code", "duplicate_key")
    assert refusal.reason == "“户编码”H001 与第 2 行重复；请核对后删去其中一行，或改正编码"


def test_the_key_may_be_another_field(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", GOOD, {"编码": "H002"})
    assert refusals_of(read_all(path, "households")) == []
    assert only_refusal(path, key=("address",)).code == "duplicate_key"


def test_where_another_key_is_chosen_the_kinds_own_need_not_be_there(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "a.csv", ("地址", "房号"), ("解放路1号", "101"), ("解放路1号", "102"), ("解放路1号", "102")
    )
    refusal = only_refusal(path, key=("address", "room"), crs=None)
    assert (refusal.row, refusal.code) == (4, "duplicate_key")
    assert "“地址”解放路1号、“房号”102 与第 3 行重复" in refusal.reason


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("H002,李四,,解放路2号,,1,2,是,113.51,22.27,多,出", "该行有 12 列，表头有 10 列，多出“多、出”"),
        (
            "H002,李四,,解放路2号",
            "该行有 4 列，表头有 10 列，各列可能错位；请检查多余或缺少的分隔符、引号，或文件是否被截断",
        ),
        ('H002,"李四"x,,解放路2号,,1,2,是,113.51,22.27', "该行的引号不成对，无法分列，请修正引号后重新导入"),
    ],
)
def test_a_ragged_row(tmp_path: Path, line: str, said: str) -> None:
    path = households_csv(tmp_path / "a.csv", GOOD)
    path.write_text(path.read_text(encoding="utf-8") + line + "\n" + ",".join(household(编码="H3")), encoding="utf-8")
    refusal = only_refusal(path)
    assert (refusal.row, refusal.field, refusal.code) == (3, "", "ragged_row")
    assert said in refusal.reason


def test_blank_cells_beyond_the_header_are_harmless(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", (*HOUSEHOLDS, "", ""), (*household(), "", "", " "))
    assert refusals_of(read_all(path, "households")) == []


BOWTIE = "POLYGON ((113.5 22.2, 113.6 22.3, 113.6 22.2, 113.5 22.3, 113.5 22.2))"
SQUARE = "POLYGON ((113.5 22.2, 113.6 22.2, 113.6 22.3, 113.5 22.3, 113.5 22.2))"


@pytest.mark.parametrize(
    ("wkt", "code", "said"),
    [
        ("", "geometry_missing", "没有图形或坐标，请补上后重新导入"),
        ("POLYGON EMPTY", "geometry_empty", "图形是空的（EMPTY），请补画后重新导入"),
        (BOWTIE, "geometry_invalid", "图形自相交，位置（113.55, 22.25）；请修正该处"),
        ("POINT (113.5 22.2)", "geometry_type", "图形是点（POINT），网格需要面；请改画后重新导入"),
        ("LINESTRING (113.5 22.2, 113.6 22.3, 113.5 22.3)", "geometry_type", "请把线闭合成面"),
        ("POLYGON ((113.5 22.2, 113.6 22.3, 113.6 22.2))", "geometry_unreadable", "可能是环未闭合或文字被截断"),
        (SQUARE[:40], "geometry_unreadable", "“WKT”不是可读的 WKT 图形"),
        (SQUARE.replace("113.6 22.3", "113.6 NaN"), "geometry_invalid", "坐标中有空值或无穷大（NaN）"),
        (
            SQUARE.replace("113.6 22.3", "22.3 113.6"),
            "coordinates_refused",
            "（22.3, 113.6）与声明的坐标系 EPSG:4490 不符",
        ),
    ],
)
def test_a_bad_shape(tmp_path: Path, wkt: str, code: str, said: str) -> None:
    path = write_csv(tmp_path / "网格.csv", ("网格编码", "WKT"), ("1", SQUARE), ("2", wkt), ("3", SQUARE))
    refusal = only_refusal(path, "grids")
    assert (refusal.row, refusal.code) == (3, code)
    assert refusal.field in {"geometry", "wkt"}
    assert said in refusal.reason


def test_heights_are_dropped_and_told(tmp_path: Path) -> None:
    high = "POLYGON Z ((113.5 22.2 9, 113.6 22.2 9, 113.6 22.3 9, 113.5 22.2 9))"
    path = write_csv(tmp_path / "a.csv", ("网格编码", "WKT"), ("1", SQUARE), ("2", high))
    source = open_source(path, kind=kind_named("grids"), crs="EPSG:4490")
    rows = [row for chunk in source.chunks() for row in chunk.rows]
    assert refusals_of(rows) == []
    assert rows[1].geometry is not None
    assert not shapely.has_z(rows[1].geometry)
    assert source.notes == ["1 个图形带有高程或量测值（Z/M），已舍去，只保留平面坐标"]


def test_a_part_alone_in_a_collection_is_taken_out(tmp_path: Path) -> None:
    path = households_csv(tmp_path / "a.csv", GOOD)
    wkt = "MULTIPOINT (113.5 22.2)"
    path = write_csv(tmp_path / "b.csv", ("编码", "地址", "WKT"), ("1", "某处", wkt))
    (row,) = read_all(path, "households")
    assert row.geometry == shapely.Point(113.5, 22.2)


class TestTheWholeFile:
    """Most coordinates wrong is one mistake of the declaration, not thousands of bad rows."""

    def test_swapped_axes(self, tmp_path: Path) -> None:
        rows = [{"编码": f"H{n}", "经度": "22.27", "纬度": "113.51"} for n in range(5)]
        with pytest.raises(
            CoordinatesRefused, match=r"^row 2 \(22.27, 113.51\) and 4 other rows: .*swap the two columns"
        ):
            read_all(households_csv(tmp_path / "a.csv", *rows), "households")

    def test_metres_as_degrees(self, tmp_path: Path) -> None:
        rows = [{"编码": f"H{n}", "经度": f"{500_000 + n}", "纬度": "2465000"} for n in range(5)]
        with pytest.raises(CoordinatesRefused, match=r"^row 2 .*cannot be EPSG:4490: they look like metres") as caught:
            read_all(households_csv(tmp_path / "a.csv", *rows), "households")
        assert caught.value.evidence["cause"] == "metres"
        assert caught.value.evidence["row"] == 2

    def test_degrees_as_metres(self, tmp_path: Path) -> None:
        rows = [{"编码": f"H{n}"} for n in range(5)]
        with pytest.raises(CoordinatesRefused, match=r"^row 2 .*cannot be EPSG:4547: they look like degrees") as caught:
            read_all(households_csv(tmp_path / "a.csv", *rows), "households", crs="EPSG:4547")
        assert caught.value.evidence["cause"] == "degrees"

    def test_a_surveyors_x_is_north(self, tmp_path: Path) -> None:
        columns = ("编码", "地址", "X坐标", "Y坐标")
        path = write_csv(
            tmp_path / "a.csv", columns, ("H1", "甲", "2465000.5", "500100.25"), ("H2", "乙", "2465001", "500101")
        )
        with pytest.raises(CoordinatesRefused, match=r"swap the two columns \(surveyors write X for north\)"):
            read_all(path, "households", crs="EPSG:4547")
        rows = read_all(path, "households", crs="EPSG:4547", mapping={"lon": "Y坐标", "lat": "X坐标"})
        (back,) = from_lonlat(shapely.get_coordinates(rows[0].geometry), parse_crs("EPSG:4547"))
        assert back.tolist() == pytest.approx([500100.25, 2465000.5], abs=1e-6)

    def test_a_zone_number_too_many(self, tmp_path: Path) -> None:
        rows = [{"编码": f"H{n}", "经度": "38500100", "纬度": "2465000"} for n in range(3)]
        with pytest.raises(CoordinatesRefused, match="EPSG:4526"):
            read_all(households_csv(tmp_path / "a.csv", *rows), "households", crs="EPSG:4547")

    def test_a_drawing_in_metres_declared_as_degrees(self, tmp_path: Path) -> None:
        shape = shapely.transform(shapely.box(0, 0, 10, 10), lambda xy: xy + ORIGIN)
        path = write_csv(tmp_path / "a.csv", ("网格编码", "WKT"), ("1", shape.wkt), ("2", shape.wkt))
        with pytest.raises(CoordinatesRefused, match="metres"):
            read_all(path, "grids")
        (row, _) = read_all(path, "grids", crs=f"EPSG:{PLANE.epsg}")
        assert shapely.equals(row.geometry, on_earth(shapely.box(0, 0, 10, 10)))


def test_reading_resumes_after_a_row_and_still_knows_the_keys_before_it(tmp_path: Path) -> None:
    codes = [f"H{number}" for number in range(10)] + ["H3", "H9"]
    path = households_csv(tmp_path / "a.csv", *({"编码": code} for code in codes))
    source = open_source(path, kind=kind_named("households"), crs="EPSG:4490")
    whole = [row for chunk in source.chunks(size=3) for row in chunk.rows]
    assert [row.number for row in whole] == list(range(2, 14))
    for start in range(14):
        rest = [row for chunk in source.chunks(size=3, start=start) for row in chunk.rows]
        assert rest == [row for row in whole if row.number > start]
    assert source.total == 12


def test_blank_rows_count_as_a_spreadsheet_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    header = ",".join(HOUSEHOLDS)
    first, second = (",".join(household(编码=code, 户主='"两\n行"')) for code in ("H1", "H2"))
    path.write_text(f"{header}\n\n{first}\n,,,,,,,,,\n{second}\n", encoding="utf-8")
    source = open_source(path, kind=kind_named("households"), crs="EPSG:4490")
    (chunk,) = source.chunks()
    assert [row.number for row in chunk.rows] == [3, 5]
    assert (chunk.last, source.total) == (5, 2)
