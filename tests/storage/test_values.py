"""What goes in comes out: the same values from both databases."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_samples import EVERYTHING, HOUSEHOLDS, INCIDENTS, REGISTER_KINDS, SHAPES, record_of

from gridmap.model.kinds import FieldType, Kind, Shape, kind_named
from gridmap.storage import registers
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from gridmap.storage.database import Database, Transaction

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9, minutes=-30))])
VALUES: dict[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: TEXTS,
    FieldType.CODE: TEXTS,
    FieldType.INTEGER: WHOLE,
    FieldType.NUMBER: DOUBLES,
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: st.dates(date(1900, 1, 1), date(2199, 12, 31)),
    FieldType.DATETIME: st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=ZONES),  # noqa: DTZ001
}
LONLAT = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


class RolledBack(Exception):
    """Ends an example and leaves nothing behind."""


def rows_of(kind: Kind) -> st.SearchStrategy[dict[str, Any]]:
    fields = {}
    for field in kind.fields:
        if kind.within_community and field.name == "community":
            continue
        values = VALUES[field.type]
        key_number = field.name in kind.key and field.type is FieldType.INTEGER
        fields[field.name] = values if field.required or field.name in kind.key else st.none() | values
        if key_number:
            fields[field.name] = st.none() | WHOLE.filter(lambda number: number != -9999)
    if kind.shape is Shape.POINT:
        fields["geom"] = st.none() | LONLAT.map(shapely.Point)
    return st.fixed_dictionaries(fields).map(lambda row: record_of(kind) | row)


@pytest.mark.parametrize(
    "kind",
    [HOUSEHOLDS, INCIDENTS, kind_named("inclusions"), kind_named("expected_numbers")],
    ids=lambda kind: kind.name,
)
def test_records_come_back_as_they_went_in(database: Database, kind: Kind) -> None:
    by_key = lambda row: tuple(row[name] for name in kind.key)  # noqa: E731

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(rows_of(kind), min_size=1, max_size=4, unique_by=by_key), st.sampled_from([1, 30]))
    def check(rows: list[dict[str, Any]], size: int) -> None:
        with suppress(RolledBack), database.transaction("me", write=True) as tx:
            registers.insert_many(tx, kind, rows)
            found = [row for chunk in registers.read_chunks(tx, EVERYTHING, kind, size=size) for row in chunk]
            assert {row["id"]: row for row in found} == {row["id"]: row for row in rows}
            keyed = {by_key(row): row for row in rows}
            assert registers.existing_by_key(tx, EVERYTHING, kind, list(keyed)) == keyed
            raise RolledBack

    check()


def test_many_points_survive_bit_for_bit(tx: Transaction) -> None:
    """Enough rows for COPY, with coordinates that have no short decimal."""
    rng = np.random.default_rng(4490)
    lonlat = np.column_stack([rng.uniform(73, 136, 3000), rng.uniform(3, 54, 3000)])
    lonlat[:500] = np.nextafter(lonlat[:500].round(7), np.inf)
    rows = [record_of(HOUSEHOLDS, number=number, geom=point) for number, point in enumerate(shapely.points(lonlat))]
    registers.insert_many(tx, HOUSEHOLDS, rows)
    points = registers.points(tx, EVERYTHING, HOUSEHOLDS, columns=("code", "floor"))
    assert points.lonlat.tobytes() == lonlat.tobytes()
    assert points.ids == [row["id"] for row in rows]
    assert points.columns == {"code": [row["code"] for row in rows], "floor": [-1] * 3000}
    shapes = [row["geom"] for chunk in registers.read_chunks(tx, EVERYTHING, HOUSEHOLDS) for row in chunk]
    assert shapely.to_wkb(shapes).tolist() == shapely.to_wkb([row["geom"] for row in rows]).tolist()


def test_many_changes_arrive(tx: Transaction) -> None:
    rows = [record_of(HOUSEHOLDS, number=number) for number in range(200)]
    registers.insert_many(tx, HOUSEHOLDS, rows)
    moved = shapely.Point(120.00000000000001, 30)
    for size in (3, 200):
        changes = [{"id": row["id"], "residents": size, "surveyed": None, "geom": moved} for row in rows[:size]]
        registers.update_many(tx, HOUSEHOLDS, changes)
        found = registers.existing_by_key(tx, EVERYTHING, HOUSEHOLDS, [(row["code"],) for row in rows])
        for row in rows[:size]:
            assert found[row["code"],] == row | {"residents": size, "surveyed": None, "geom": moved}


@pytest.mark.parametrize("kind", REGISTER_KINDS, ids=lambda kind: kind.name)
def test_every_kind_can_be_stored(tx: Transaction, kind: Kind) -> None:
    rows = [record_of(kind, number=number) for number in (1, 2)]
    registers.insert_many(tx, kind, rows)
    assert registers.get(tx, EVERYTHING, kind, rows[0]["id"]) == rows[0]
    assert registers.count(tx, EVERYTHING, kind) == 2
    bare = {"id": record_of(kind)["id"]} | {
        field.name: rows[0][field.name] for field in kind.fields if field.required or field.name in kind.key
    }
    bare[kind.key[0]] = "000003"
    registers.insert_many(tx, kind, [bare])  # all the rest is optional


HOLED = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)


@pytest.mark.parametrize(
    ("shape", "geometry_type"),
    [
        (HOLED, "MULTIPOLYGON"),
        (shapely.MultiPolygon([HOLED, shapely.box(9, 9, 10, 10)]), "MULTIPOLYGON"),
        (SHAPES[Shape.LINE], "MULTILINESTRING"),
        (SHAPES[Shape.POINT], "POINT"),
        (HOLED, "POLYGON"),
        (SHAPES[Shape.LINE], "GEOMETRY"),
        (None, "MULTIPOLYGON"),
    ],
)
def test_shapes_are_packed_and_unpacked(shape: shapely.Geometry | None, geometry_type: str) -> None:
    packed = pack([shape, None], geometry_type)
    if shape is not None and geometry_type.startswith("MULTI"):
        assert shapely.from_wkb(packed[0]).geom_type.upper() == geometry_type
    assert unpack(packed).tolist() == [shape, None]
    assert unpack([]).tolist() == []


def test_a_moment_needs_a_time_zone(tx: Transaction) -> None:
    row = record_of(INCIDENTS, reported_at=datetime(2026, 1, 1, 8))  # noqa: DTZ001
    with pytest.raises(Exception, match="has no time zone"):
        registers.insert_many(tx, INCIDENTS, [row])


def test_both_databases_sort_alike(tx: Transaction) -> None:
    codes = ["b", "B", "a", "解放", "中", "_", "10", "9"]
    registers.insert_many(tx, HOUSEHOLDS, [record_of(HOUSEHOLDS) | {"code": code} for code in codes])
    chunks = registers.read_chunks(tx, EVERYTHING, HOUSEHOLDS, columns=("code",), size=3)
    assert [row["code"] for chunk in chunks for row in chunk] == sorted(codes)
