"""One cell at a time: what offices write, and what it means."""
# ruff: noqa: DTZ001 (cells of a workbook know no zone)

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.files.cells import OMITTED, convert_column, convert_numbers, text_of
from gridmap.model.kinds import Field, FieldType, Kind, kind_named
from gridmap.model.moments import SHANGHAI

HOUSEHOLDS = kind_named("households")


def read(kind: Kind, field: str, cell: object) -> object:
    (value,), faults = convert_column(kind, kind.field(field), [cell])
    assert faults == {}
    return value


def fault(kind: Kind, field: str, cell: object) -> tuple[str, str]:
    (value,), faults = convert_column(kind, kind.field(field), [cell])
    assert value is None
    return faults[0].code, faults[0].reason


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("440106001001001", "440106001001001"),
        ("４４０１０６001001001", "440106001001001"),
        (" 440106 001001001 ", "440106001001001"),
        ("'440106001001001", "440106001001001"),
        (440106001001001, "440106001001001"),
        (440106001001001.0, "440106001001001"),
        ("440106001001001.0", "440106001001001"),
        ("无", None),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_codes(cell: object, code: str | None) -> None:
    assert read(HOUSEHOLDS, "manual_grid", cell) == code


@pytest.mark.parametrize("cell", ["4.40106E+14", "4.40106e14", 4401060010010012345, 4.401060010010012e18])
def test_a_code_that_a_spreadsheet_damaged_is_refused_with_the_remedy(cell: object) -> None:
    code, reason = fault(kind_named("grids"), "code", cell)
    assert code == "code_refused"
    assert reason.startswith("“网格编码”为“4")
    assert "请把该列设为文本格式，填回完整编码后重新导入" in reason


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2026-03-05", date(2026, 3, 5)),
        ("2026/3/5", date(2026, 3, 5)),
        ("2026.3.5", date(2026, 3, 5)),
        ("2026年3月5日", date(2026, 3, 5)),
        ("２０２６年３月５日", date(2026, 3, 5)),
        ("20260305", date(2026, 3, 5)),
        ("46086", date(2026, 3, 5)),
        (46086, date(2026, 3, 5)),
        (46086.75, date(2026, 3, 5)),
        (date(2026, 3, 5), date(2026, 3, 5)),
        (datetime(2026, 3, 5, 8), date(2026, 3, 5)),
        ("2026-03-05T00:30:00+08:00", date(2026, 3, 5)),
        ("2026-03-04T20:00:00Z", date(2026, 3, 5)),
        ("-", None),
    ],
)
def test_dates(cell: object, day: date | None) -> None:
    assert read(kind_named("expected_numbers"), "as_of", cell) == day


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-03-05 14:30:15", (14, 30, 15)),
        ("2026/3/5 14:30", (14, 30, 0)),
        ("2026年3月5日14时30分", (14, 30, 0)),
        ("2026年3月5日 14时30分15秒", (14, 30, 15)),
        ("2026年3月5日 14时", (14, 0, 0)),
        ("2026-03-05", (0, 0, 0)),
        ("2026-03-05T06:30:00Z", (14, 30, 0)),
        ("2026-03-05T14:30+08:00", (14, 30, 0)),
        ("2026-03-05 14:30:00+08", (14, 30, 0)),
        (46086.604166666664, (14, 30, 0)),
        (datetime(2026, 3, 5, 14, 30), (14, 30, 0)),
    ],
)
def test_moments_are_china_time_unless_they_say_otherwise(cell: object, moment: tuple[int, int, int]) -> None:
    assert read(kind_named("incidents"), "reported_at", cell) == datetime(2026, 3, 5, *moment, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "cell", ["昨天", "2026-02-30", "2026-13-01", "26-3-5", "2026-03-05 25:00", "5.3.2026", 12, True]
)
def test_what_is_no_date(cell: object) -> None:
    code, reason = fault(kind_named("incidents"), "reported_at", cell)
    assert code == "not_a_date"
    assert "“上报时间”为" in reason
    assert "请写成 2026-03-05" in reason


@given(st.datetimes(min_value=datetime(1992, 1, 1), max_value=datetime(2100, 1, 1)), st.integers(-11, 12))
def test_every_moment_written_as_iso_comes_back(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert read(kind_named("incidents"), "reported_at", aware.isoformat()) == aware
    assert read(kind_named("incidents"), "reported_at", moment.isoformat(sep=" ")) == moment.replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("cell", "floor"),
    [("3", 3), ("3层", 3), ("3楼", 3), ("三层", 3), ("十二层", 12), ("二十楼", 20), ("负一层", -1), ("负1层", -1),
     ("B1", -1),
     ("地下二层", -2), ("-1", -1), ("３F", 3), ("第5层", 5), (3.0, 3), ("3.0", 3), ("", None), ("/", None)],
)  # fmt: skip
def test_floors(cell: object, floor: int | None) -> None:
    assert read(HOUSEHOLDS, "floor", cell) == floor


@pytest.mark.parametrize(
    ("cell", "number"), [("1,234", 1234), ("1，234", 1234), ("12", 12), ("１２", 12), (12.0, 12), ("0", 0)]
)
def test_integers(cell: object, number: int) -> None:
    assert read(HOUSEHOLDS, "residents", cell) == number


@pytest.mark.parametrize(
    ("cell", "code", "said"),
    [("3人", "not_a_number", "带有单位或其他文字，请只填数字"), ("约三人", "not_a_number", "不是数字，请填写数字"),
     ("2.5", "not_an_integer", "不是整数，请填写整数"), ("1e400", "not_a_number", "数值太大")],
)  # fmt: skip
def test_what_is_no_integer(cell: str, code: str, said: str) -> None:
    found, reason = fault(HOUSEHOLDS, "residents", cell)
    assert found == code
    assert reason.startswith(f"“人口数”为“{cell}”")
    assert said in reason


@pytest.mark.parametrize(
    ("cell", "truth"),
    [("是", True), ("有", True), ("已摸排", True), ("1", True), (1, True), ("TRUE", True), (True, True), ("√", True),
     ("Y", True), ("否", False), ("无", False), ("未摸排", False), ("0", False), (0, False), (0.0, False),
     ("false", False), (False, False),
     ("", None), ("/", None), ("暂无", None)],
)  # fmt: skip
def test_booleans(cell: object, truth: bool | None) -> None:  # noqa: FBT001
    assert read(HOUSEHOLDS, "surveyed", cell) is truth


def test_what_is_no_boolean() -> None:
    assert fault(HOUSEHOLDS, "surveyed", "大概") == ("not_a_boolean", "“是否摸排”为“大概”，请填“是”或“否”")


@pytest.mark.parametrize(
    ("cell", "kind"), [("综合网格", "general"), ("专属网格", "dedicated"), ("General", "general"), ("", None)]
)
def test_choices(cell: str, kind: str | None) -> None:
    assert read(kind_named("grids"), "kind", cell) == kind


def test_an_unknown_choice_is_told_what_may_stand_there() -> None:
    code, reason = fault(kind_named("grids"), "kind", "党小组")
    assert (code, reason) == ("unknown_choice", "“网格类型”为“党小组”，只能填：综合网格、专属网格")


def test_a_masked_value_never_overwrites_and_a_masked_name_is_refused_where_one_is_needed() -> None:
    values, faults = convert_column(HOUSEHOLDS, HOUSEHOLDS.field("head"), ["张**", "李四"])
    assert (values[0] is OMITTED, values[1], faults) == (True, "李四", {})
    assert fault(kind_named("persons"), "name", "张**")[0] == "masked"


def test_a_formula_error_is_no_text() -> None:
    assert fault(HOUSEHOLDS, "address", "#REF!") == (
        "cell_error",
        "“地址”为“#REF!”，是电子表格的公式错误，请改正后重新导入",
    )


def test_control_characters_are_dropped() -> None:
    assert read(HOUSEHOLDS, "address", "解放路\x001号\x1f") == "解放路1号"


def test_keys_are_one_in_full_and_half_width() -> None:
    kind = kind_named("house_numbers")
    values, _ = convert_column(kind, kind.field("road"), ["解放路 （北）", "解放路  (北)"], is_key=True)
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("东经113度", "不是数字"),
        ("113°15′52″", "度分秒写法请先换算成小数度"),
        ("113.5度", "带有单位"),
        ("inf", "不是有限的数"),
    ],
)
def test_what_is_no_coordinate(cell: str, said: str) -> None:
    _, faults = convert_numbers([cell], "经度")
    assert faults[0].reason.startswith("“经度”")
    assert said in faults[0].reason


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back_from_text(number: float) -> None:
    assert read(HOUSEHOLDS, "accuracy", repr(number)) == number
    assert read(HOUSEHOLDS, "accuracy", number) == number


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.dates(), st.datetimes()))
def test_no_cell_breaks_a_reader(cell: object) -> None:
    for number, type_ in enumerate(FieldType):
        field = Field("floor" if number % 2 else "residents", type_)
        values, faults = convert_column(HOUSEHOLDS, field, [cell])
        assert len(values) == 1
        assert all(found.reason.startswith("“") for found in faults.values())
    convert_numbers([cell], "经度")
    assert isinstance(text_of(cell), str)
