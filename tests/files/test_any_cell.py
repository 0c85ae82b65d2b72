"""Any cell, in any column of any kind: a value that both databases can keep, or a fault that says the remedy."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gridmap.files.cells import OMITTED, convert_column, convert_numbers
from gridmap.model.kinds import KINDS, FieldType
from gridmap.model.moments import SHANGHAI

COLUMNS = [(kind, field) for kind in KINDS for field in kind.fields]
BY_TYPE = {type_: [pair for pair in COLUMNS if pair[1].type is type_] for type_ in FieldType}
LARGEST = 2**31 - 1

NUMBERS = st.from_regex(r"\A[+-]?(\d{1,400}(\.\d{0,9})?|\.\d{1,9})([eE][+-]?\d{1,9})?\Z")
FLOORS = st.from_regex(r"\A第?(地下|负|-|B|b)?(\d{1,40}|[零一二两三四五六七八九十]{1,9})(层|楼|F|f)?\Z")
DATES = st.from_regex(
    r"\A\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?([T ]\d{1,2}[:时]\d{0,2}(:\d{1,2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?)?\Z"
)
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=30)
CELLS: st.SearchStrategy[Any] = st.one_of(
    NUMBERS,
    FLOORS,
    DATES,
    ANY_TEXT,
    st.integers(),
    st.integers().map(lambda number: number * 10**400),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))),
)


def storable(value: object) -> bool:
    """Whether both databases can keep a value."""
    if isinstance(value, str):
        return value.encode("utf-8").decode("utf-8") == value and "\0" not in value
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return abs(value) <= LARGEST
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, datetime):
        return bool(value.astimezone(UTC) == value and value.astimezone(SHANGHAI) == value)
    return value is None or value is OMITTED or isinstance(value, date)


@pytest.mark.parametrize("type_", FieldType)
@given(cell=CELLS, data=st.data())
@example(cell="1e999", data=None)
@example(cell="9" * 5000, data=None)
@example(cell="-" + "9" * 5000 + "层", data=None)
@example(cell=10**400, data=None)
@example(cell=math.inf, data=None)
@example(cell="9999-12-31 23:59 -12:00", data=None)
@example(cell="0001-01-01", data=None)
@example(cell="\ud800", data=None)
def test_any_cell_is_a_value_or_a_fault(type_: FieldType, cell: object, data: Any) -> None:
    columns = BY_TYPE[type_]
    for kind, field in columns if data is None else [data.draw(st.sampled_from(columns))]:
        for is_key in (False, True):
            (value,), faults = convert_column(kind, field, [cell], is_key=is_key)
            assert storable(value), (kind.name, field.name, value)
            for fault in faults.values():
                assert fault.reason.startswith("“")
                assert storable(fault.reason)
                assert storable(fault.value)


@given(cell=CELLS)
@example(cell=10**400)
@example(cell="\udfff")
def test_any_coordinate_is_a_number_or_a_fault(cell: object) -> None:
    (value,), faults = convert_numbers([cell], "经度")
    assert not math.isinf(value)
    for fault in faults.values():
        assert math.isnan(value)
        assert storable(fault.reason)
        assert storable(fault.value)


@pytest.mark.parametrize(
    "cell", ["1e999", "-1e999", "1e308", "99999999999999999999", "9999-12-31 23:59 -12:00", "0001-01-01"]
)
def test_what_is_no_date_is_told_how_to_write_one(cell: str) -> None:
    kind, field = BY_TYPE[FieldType.DATETIME][0]
    _, faults = convert_column(kind, field, [cell])
    assert faults[0].code == "not_a_date"
    assert cell in faults[0].reason
    assert "请写成" in faults[0].reason
