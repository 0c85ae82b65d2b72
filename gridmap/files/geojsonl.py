"""GeoJSON, one feature a line. GDAL passes over lines that it cannot read; here each of them is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import FileRefused
from gridmap.files.cells import Fault
from gridmap.files.delimited import find_encoding
from gridmap.files.feed import Batch, Feed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BAD_LINE = Fault("geometry_unreadable", "该行不是完整的 GeoJSON 要素，可能被截断；请重新导出")


def open_geojsonl(path: Path) -> Feed:
    """Open a newline-delimited GeoJSON; its CRS is WGS84 by definition.

    Raises
    ------
    FileRefused
        Not UTF-8, or no line is a feature.
    """
    find_encoding(path, "utf-8")
    columns: dict[str, None] = {}
    total = good = 0
    for feature in _features(path):
        total += 1
        if feature is not None:
            good += 1
            columns.update(dict.fromkeys(feature["properties"] or {}))
    if not good:
        raise FileRefused(f"{path.name} has no line that is a GeoJSON feature", file=path.name)
    names = tuple(columns)

    def batches(size: int) -> Iterator[Batch]:
        return _batches(path, names, size)

    return Feed(names, batches, total, "EPSG:4326", implied=True)


def _features(path: Path) -> Iterator[dict[str, Any] | None]:
    """Every line that is not blank: a feature, or None where it is none."""
    with path.open(encoding="utf-8-sig") as stream:
        for line in stream:
            text = line.strip("\x1e \r\n\t")
            if not text:
                continue
            try:
                item = json.loads(text)
            except ValueError:
                item = None
            whole = isinstance(item, dict) and item.get("type") == "Feature" and "geometry" in item
            yield item | {"properties": item.get("properties")} if whole else None


def _batches(path: Path, columns: tuple[str, ...], size: int) -> Iterator[Batch]:
    number = 0
    rows: list[dict[str, Any] | None] = []
    for feature in _features(path):
        rows.append(feature)
        if len(rows) == size:
            yield _batch(rows, columns, number)
            number += size
            rows = []
    if rows:
        yield _batch(rows, columns, number)


def _batch(rows: list[dict[str, Any] | None], columns: tuple[str, ...], number: int) -> Batch:
    shapes = np.full(len(rows), None, dtype=object)
    faults: dict[int, Fault] = {}
    for position, row in enumerate(rows):
        if row is None:
            faults[position] = _BAD_LINE
        elif row["geometry"] is not None:
            try:
                shapes[position] = shapely.from_geojson(json.dumps(row["geometry"]))
            except shapely.errors.ShapelyError:
                faults[position] = _BAD_LINE
    properties = [(row["properties"] or {}) if row else {} for row in rows]
    cells = [[_cell(values.get(column)) for values in properties] for column in columns]
    return Batch(list(range(number + 1, number + len(rows) + 1)), cells, shapes, faults)


def _cell(value: object) -> object:
    if isinstance(value, list):
        return "、".join(map(str, value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
