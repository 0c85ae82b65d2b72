"""Batches as delivered to rows of a kind: typed values, lon/lat shapes, refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.files import cells, vocabulary
from gridmap.files.cells import Fault
from gridmap.files.shapes import judge, read_wkt
from gridmap.files.vocabulary import GEOMETRY, LAT, LON, WKT, required_fields
from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.datum import Crs
    from gridmap.files.feed import Batch
    from gridmap.files.vocabulary import Recognised
    from gridmap.model.kinds import Kind

Faults = dict[int, list[tuple[str, Fault]]]
"""Position in a batch to what is wrong with which field."""


@dataclass(frozen=True)
class Refusal:
    """Why a row is refused.

    Parameters
    ----------
    row : int
        As the user sees it.
    field : str
        English name, "geometry", or "" for the row as a whole.
    value : str
        As delivered.
    reason : str
        Chinese, with the remedy: what stands in the 原因 column.
    code : str
        Stable name of the fault.
    """

    row: int
    field: str
    value: str
    reason: str
    code: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"第 {self.row} 行：{self.reason}"


@dataclass(frozen=True)
class Row:
    """One record.

    Parameters
    ----------
    number : int
        Spreadsheet row with the header counted, or feature from 1.
    values : dict
        English field to typed value, for the fields whose column exists; None for an empty cell. A masked cell
        is left out, so that it never overwrites the real value.
    geometry : Geometry or None
        Lon/lat EPSG:4490.
    refusals : tuple of Refusal
        Empty for a good row.
    original : dict
        Column to text, as delivered.
    """

    number: int
    values: dict[str, object]
    geometry: Geometry | None
    refusals: tuple[Refusal, ...]
    original: dict[str, str]


@dataclass(frozen=True)
class Reading:
    """How the batches of a file become rows.

    Parameters
    ----------
    kind : Kind
    columns : tuple of str
        As delivered.
    recognised : Recognised
    crs : Crs or None
        None: the file has no coordinates.
    key : tuple of str
        Fields that identify a record.
    """

    kind: Kind
    columns: tuple[str, ...]
    recognised: Recognised
    crs: Crs | None
    key: tuple[str, ...]

    def column(self, field: str) -> str:
        """Name of the column that carries a field, as delivered."""
        return self.columns[self.recognised.columns[field]]

    def has(self, *fields: str) -> bool:
        """Tell whether the file has a column for each of these fields."""
        return set(fields) <= set(self.recognised.columns)


def read_values(reading: Reading, batch: Batch) -> tuple[dict[str, list[object]], Faults]:
    """Convert every recognised column of a batch."""
    values: dict[str, list[object]] = {}
    faults: Faults = {}
    required = required_fields(reading.kind, reading.key)
    for field in reading.kind.fields:
        if not reading.has(field.name):
            continue
        values[field.name], wrong = cells.convert_column(
            reading.kind,
            field,
            batch.cells[reading.recognised.columns[field.name]],
            is_key=field.name in reading.key,
            required=field.name in required,
        )
        for position, fault in wrong.items():
            faults.setdefault(position, []).append((field.name, fault))
    for position, fault in batch.faults.items():
        faults[position] = [("", fault)]
    return values, faults


def find_duplicates(
    reading: Reading,
    batch: Batch,
    values: dict[str, list[object]],
    faults: Faults,
    firsts: dict[tuple[object, ...], int],
) -> None:
    """Add a fault to the second row of a key; `firsts` remembers the first one through all batches."""
    nothing: list[object] = [None] * len(batch.numbers)
    keys = zip(*(values.get(name, nothing) for name in reading.key), strict=True)
    for position, (number, key) in enumerate(zip(batch.numbers, keys, strict=True)):
        if position in batch.faults or all(part is None for part in key) or any(part is cells.OMITTED for part in key):
            continue
        first = firsts.setdefault(key, number)
        if first == number:
            continue
        shown = "、".join(
            f"“{vocabulary.label(reading.kind, name)}”{cells.text_of(part)}"
            for name, part in zip(reading.key, key, strict=True)
            if part is not None
        )
        fault = Fault(
            "duplicate_key",
            f"{shown} 与第 {first} 行重复；请核对后删去其中一行，或改正编码",
            "、".join(cells.text_of(part) for part in key if part is not None),
        )
        faults.setdefault(position, []).append((reading.key[0], fault))


def read_shapes(reading: Reading, batch: Batch) -> tuple[NDArray[np.object_], Faults, int]:
    """Bring the shapes of a batch to lon/lat; with their faults, and how many lost a Z or M.

    Raises
    ------
    CoordinatesRefused
        Most of them contradict the CRS.
    """
    faults: Faults = {}
    shapes = np.full(len(batch.numbers), None, dtype=object)
    if reading.crs is None:
        return shapes, faults, 0
    if batch.shapes is not None:
        shapes = batch.shapes
    elif reading.kind.shape is Shape.POINT and reading.has(LON, LAT):
        shapes = _points(reading, batch, faults)
    elif reading.has(WKT):
        shapes = _from_wkt(reading, batch, faults)
    judged = judge(reading.kind, shapes, batch.numbers, reading.crs, known={*faults, *batch.faults})
    for position, fault in judged.faults.items():
        faults.setdefault(position, []).append((GEOMETRY, fault))
    return judged.lonlat, faults, judged.flattened


def _points(reading: Reading, batch: Batch, faults: Faults) -> NDArray[np.object_]:
    xy = np.empty((len(batch.numbers), 2))
    for axis, name in enumerate((LON, LAT)):
        column = batch.cells[reading.recognised.columns[name]]
        xy[:, axis], wrong = cells.convert_numbers(column, reading.column(name))
        for position, fault in wrong.items():
            faults.setdefault(position, []).append((name, fault))
    empty = np.isnan(xy)
    for position in np.flatnonzero(empty[:, 0] != empty[:, 1]).tolist():
        name = LON if empty[position, 0] else LAT
        reason = f"“{reading.column(name)}”没有填写，而另一坐标已填；请补全，或两者都留空（待定位）"
        faults.setdefault(position, [(name, Fault("missing", reason))])
    whole = ~empty.any(axis=1)
    shapes = np.full(len(xy), None, dtype=object)
    shapes[whole] = shapely.points(xy[whole])
    return shapes


def _from_wkt(reading: Reading, batch: Batch, faults: Faults) -> NDArray[np.object_]:
    shapes, wrong = read_wkt(batch.cells[reading.recognised.columns[WKT]], reading.column(WKT))
    for position, fault in wrong.items():
        faults.setdefault(position, []).append((WKT, fault))
    return shapes


def make_rows(
    reading: Reading,
    batch: Batch,
    values: dict[str, list[object]],
    faults: Faults,
    shapes: NDArray[np.object_],
) -> list[Row]:
    """Put the columns of a batch together as rows."""
    originals = zip(
        *([cell if isinstance(cell, str) else cells.text_of(cell) for cell in column] for column in batch.cells),
        strict=True,
    )
    records = zip(*values.values(), strict=True)
    names = tuple(values)
    rows: list[Row] = []
    for position, (number, record, original, shape) in enumerate(
        zip(batch.numbers, records, originals, shapes.tolist(), strict=True)
    ):
        known = dict(zip(names, record, strict=True))
        if cells.OMITTED in record:
            known = {name: value for name, value in known.items() if value is not cells.OMITTED}
        wrong = faults.get(position)
        rows.append(
            Row(
                number,
                known,
                shape,
                tuple(Refusal(number, name, fault.value, fault.reason, fault.code) for name, fault in wrong)
                if wrong
                else (),
                dict(zip(reading.columns, original, strict=True)),
            )
        )
    return rows
