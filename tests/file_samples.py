"""Records of every kind and files that show one fault each, made when a test needs them."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import shapely
from ascii_art import polygons

from gridmap.datum import Plane
from gridmap.files.source import open_source
from gridmap.model.kinds import FieldType, Shape, kind_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from shapely import Geometry

    from gridmap.files.records import Refusal, Row
    from gridmap.model.kinds import Field, Kind

PLANE = Plane.at(113.5)
ORIGIN = (500_000.0, 2_465_000.0)  # Zhuhai, on the central meridian of 114 degrees and south of Guangzhou

HOUSEHOLDS = ("编码", "户主", "联系电话", "地址", "所属社区", "楼层", "人口数", "是否摸排", "经度", "纬度")
GOOD_HOUSEHOLD = ("H001", "张三", "13800000001", "解放路1号", "解放路社区", "3层", "4", "是", "113.51", "22.27")

# Texts that have broken something once: formulas, quotes, line breaks, markup, full width, an apostrophe of its own
TEXTS = ("解放路１号", "=1+1", '引号"与,逗号', "两\n行", "<b>&amp;</b>", "'=不是公式", "'单引号", "-5", "@某人", "+86")


def on_earth(shape: Geometry) -> Geometry:
    """Put a drawing (metres) somewhere in the plane of Zhuhai and give it in lon/lat."""
    moved = np.array([shapely.transform(shape, lambda xy: xy + ORIGIN)], dtype=object)
    placed: Geometry = PLANE.unproject_geometries(moved)[0]
    return placed


DRAWING = polygons(
    """
    AAABB
    A.ABB
    AAACC
    D..CC
    """,
    size=33.333,
)
"""A has a hole; D stands apart."""


def shapes_of(kind: Kind) -> list[Geometry | None]:
    """Three shapes that a kind can have; subjects may be without a place."""
    areas = [DRAWING["A"], shapely.union(DRAWING["B"], DRAWING["D"]), DRAWING["C"]]
    lines = [
        shapely.LineString([(0, 0), (0.001, 77.777), (50, 80)]),
        shapely.MultiLineString([[(0, 0), (9, 9)], [(20, 20), (30, 31)]]),
        shapely.LineString([(5, 5), (6, 6)]),
    ]
    points = [shapely.Point(1.234, 5.678), shapely.Point(-0.001, 99_999.999), shapely.Point(0, 0)]
    drawn = {
        Shape.NONE: [],
        Shape.POINT: points,
        Shape.LINE: lines,
        Shape.POLYGON: areas,
        Shape.ANY: [areas[0], lines[0], areas[2]],
    }[kind.shape]
    placed: list[Geometry | None] = [on_earth(shape) for shape in drawn] or [None] * 3
    if kind.assigned:
        placed[2] = None
    return placed


def value_of(kind: Kind, field: Field, number: int) -> object:
    """Give a value of a field; the third record has nothing but what is required."""
    if number == 2 and not field.required:
        return None
    if field.choices:
        return field.choices[number % len(field.choices)]
    if field.name in kind.key and field.type is FieldType.TEXT:
        return f"第{number}号"  # a key is made one of full-width and half-width
    return {
        FieldType.TEXT: TEXTS[(number * 3 + len(field.name)) % len(TEXTS)] + field.name,
        FieldType.CODE: f"44010600100100{number}" if field.mask is None else f"1380000000{number}",
        FieldType.INTEGER: number - 1,
        FieldType.NUMBER: 0.1 + number,
        FieldType.BOOLEAN: number == 0,
        FieldType.DATE: date(2026, 3, 5 + number),
        FieldType.DATETIME: datetime(2026, 3, 5, 16, 30, number, tzinfo=UTC),
    }[field.type]


def records_of(kind: Kind) -> list[tuple[dict[str, object], Geometry | None]]:
    """Three records of a kind."""
    return [
        ({field.name: value_of(kind, field, number) for field in kind.fields}, shape)
        for number, shape in enumerate(shapes_of(kind))
    ]


def write_csv(path: Path, header: Sequence[str], *rows: Sequence[str], encoding: str = "utf-8") -> Path:
    """Write a CSV as some other program would."""
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def household(**changes: str) -> tuple[str, ...]:
    """Give the cells of a good household row, some of them changed."""
    return tuple({**dict(zip(HOUSEHOLDS, GOOD_HOUSEHOLD, strict=True)), **changes}.values())


def households_csv(path: Path, *changes: Mapping[str, str]) -> Path:
    """Write households, one row for each set of changes."""
    return write_csv(path, HOUSEHOLDS, *(household(**change) for change in changes))


def read_all(path: Path, kind: str, crs: str | None = "EPSG:4490", **options: object) -> list[Row]:
    """Read every row of a file."""
    source = open_source(path, kind=kind_named(kind), crs=crs, **options)  # type: ignore[arg-type]
    return [row for chunk in source.chunks() for row in chunk.rows]


def refusals_of(rows: Iterable[Row]) -> list[Refusal]:
    """All refusals, in order."""
    return [refusal for row in rows for refusal in row.refusals]
