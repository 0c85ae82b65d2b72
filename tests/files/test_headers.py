"""A title, a date or blank rows above the header: the header is found, and rows keep the numbers of the file."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import FileRefused
from gridmap.files import open_source
from gridmap.model.orders import ORDERS

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.files import Row, Source
    from gridmap.model.kinds import Kind

HEADER = ["工单编号", "诉求内容", "事发地址", "经度", "纬度"]
ROWS = [
    ["RX1", "门口积水", "解放路1号", "113.5", "22.3"],
    ["", "没有编号", "解放路2号", "", ""],
    ["RX2", "楼上漏水，地址见附件", "解放路3号", "", ""],
]
TITLES = [
    "12345热线工单表",
    "某街道2026年3月工单（编号、地址齐全）",
    "统计时间：2026-03-01，2026-03-31",
    "制表：网格办;审核：张三",
    "内容",
]
ABOVE = st.lists(st.one_of(st.just(""), st.sampled_from(TITLES)), max_size=9)


def write(
    path: Path, above: list[str], delimiter: str = ",", rows: list[list[str]] | None = None, header: list[str] = HEADER
) -> Path:
    table = [header, *(rows or ROWS)]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerows([[text] if text else ["", ""] for text in above] + table)
        return path
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    for number, text in enumerate(above, start=1):
        if text:
            sheet.cell(number, 1, text)
            sheet.merge_cells(start_row=number, start_column=1, end_row=number, end_column=len(HEADER))
    for number, row in enumerate(table, start=len(above) + 1):
        for column, cell in enumerate(row, start=1):
            sheet.cell(number, column, cell or None)
    workbook.save(path)
    return path


def opened(path: Path, kind: Kind = ORDERS, header_row: int | None = None) -> Source:
    return open_source(path, kind=kind, crs="EPSG:4490", header_row=header_row)


def read(source: Source) -> list[Row]:
    return [row for chunk in source.chunks() for row in chunk.rows]


def told(rows: list[Row], down: int) -> list[tuple[object, ...]]:
    return [
        (row.number - down, row.values, row.geometry, [(each.row - down, each.reason) for each in row.refusals])
        for row in rows
    ]


@given(above=ABOVE, ending=st.sampled_from([".csv", ".xlsx"]), delimiter=st.sampled_from(",;\t|"))
def test_what_stands_above_the_header_moves_the_rows_down_and_changes_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, above: list[str], ending: str, delimiter: str
) -> None:
    folder = tmp_path_factory.mktemp("sheets")
    bare = read(opened(write(folder / f"bare{ending}", [], delimiter), header_row=1))
    source = opened(write(folder / f"sheet{ending}", above, delimiter))
    assert told(read(source), len(above)) == told(bare, 0)
    noted = [f"表头取自第 {len(above) + 1} 行，以上各行未读取"]
    assert source.notes == (noted if above else [])


def test_a_good_header_in_the_first_row_is_taken_although_another_stands_below(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [], rows=[ROWS[0], HEADER, ROWS[2]])
    assert told(read(opened(path)), 0) == told(read(opened(path, header_row=1)), 0)
    assert opened(path).notes == []


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_where_no_row_is_a_header_the_message_names_the_one_that_comes_nearest(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"a{ending}", ["12345热线工单表", "序号"], header=["热线号", *HEADER[1:]])
    with pytest.raises(FileRefused, match="need a column for 工单编号") as refused:
        opened(path)
    assert refused.value.evidence["columns"] == ["热线号", *HEADER[1:]], "the title is no column"


def test_a_header_too_far_down_is_not_looked_for(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="no column"):
        opened(write(tmp_path / "a.csv", ["说明"] * 10))
    assert read(opened(write(tmp_path / "a.csv", ["说明"] * 9)))[0].number == 11


def test_the_columns_that_the_caller_names_count_as_well(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("热线工单表\n单号,说明\nRX1,积水\n", encoding="utf-8")
    source = open_source(path, kind=ORDERS, mapping={"number": "单号", "description": "说明"})
    assert [(row.number, row.values["number"]) for row in read(source)] == [(3, "RX1")]


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_a_name_over_two_columns_is_told(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    table = [["工单编号", "地址", "地址", " 地址 "], ["RX1", "解放路1号", "解放路2号", ""]]
    if ending == ".csv":
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(table)
    else:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        assert sheet is not None
        for row in table:
            sheet.append(row)
        workbook.save(path)
    source = opened(path)
    assert read(source)[0].values["address"] == "解放路1号"
    assert source.notes == [
        "有 3 列都叫“地址”：只按列名读第一列，其余改称“地址_2”“地址_3”，没有采用；如需改用请加 --map 字段=地址_2"
    ]
