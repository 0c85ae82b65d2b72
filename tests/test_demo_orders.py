"""The two exports of the demonstration: as many rows of each way as are declared, and the truth beside them."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import pytest

from gridmap.demo.build import build
from gridmap.demo.orders import FOLDER, TrueOrder, read_true_orders, sheets, write_orders
from gridmap.files import open_source
from gridmap.model.orders import ORDERS
from gridmap.services.intake import profile_of_columns

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.demo.town import Truth


@pytest.fixture(scope="module", params=[(1, date(2026, 9, 30)), (2, date(2026, 11, 21))], ids=["seed-1", "seed-2"])
def truth(request: pytest.FixtureRequest) -> Truth:
    seed, last = request.param
    return build(seed, "small", last)


@pytest.fixture
def orders(truth: Truth, tmp_path: Path) -> list[TrueOrder]:
    return write_orders(truth, tmp_path)


def test_every_way_comes_as_often_as_it_is_declared(orders: list[TrueOrder], tmp_path: Path) -> None:
    declared = sum((Counter(sheet["ways"]) for sheet in sheets()), Counter())
    assert Counter(order.way for order in orders) == +declared
    assert len(orders) == 260 + 59 == sum(sheet["count"] for sheet in sheets())
    assert len({order.number for order in orders}) == len(orders)
    written = read_true_orders(tmp_path)
    assert {number: row["grid"] for number, row in written.items()} == {order.number: order.grid for order in orders}


def test_every_row_can_be_read_and_the_columns_tell_the_system(orders: list[TrueOrder], tmp_path: Path) -> None:
    by_number = {order.number: order for order in orders}
    for sheet, profile in zip(sheets(), ("数字城管", "12345热线"), strict=True):
        source = open_source(tmp_path / FOLDER / sheet["file"], kind=ORDERS, crs=sheet["crs"])
        assert profile_of_columns(source.columns) == profile
        rows = [row for chunk in source.chunks() for row in chunk.rows]
        assert len(rows) == sheet["count"]
        for row in rows:
            assert row.refusals == ()
            order = by_number[str(row.values["number"])]
            pointed = order.way in {"both", "point", "wrong", "outside"}
            assert (row.geometry is not None) == (pointed or (order.way in {"again", "known"} and sheet["handset"]))
            assert bool(row.values.get("address")) == (order.way in {"both", "address", "wrong", "again", "known"})


def test_what_is_told_twice_names_what_it_repeats_and_what_is_outside_has_no_grid(
    orders: list[TrueOrder], truth: Truth
) -> None:
    numbers = {order.number: order for order in orders}
    incidents = set(truth.layers["incidents"].columns["number"])
    for order in orders:
        assert bool(order.twin) == (order.way in {"again", "known"})
        assert bool(order.grid) == (order.way not in {"outside", "neither"} and order.xy is not None)
        if order.way == "again":
            assert numbers[order.twin].at <= order.at
        if order.way == "known":
            assert order.twin in incidents


def test_equal_seeds_give_equal_orders(orders: list[TrueOrder], truth: Truth, tmp_path: Path) -> None:
    assert write_orders(truth, tmp_path / "again") == orders
