"""Records of a kind written as a file, so that importing it gives equal records; templates; refused rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.files import vocabulary
from gridmap.files.formats import Format
from gridmap.files.output import replacing, writable_format
from gridmap.files.vocabulary import LAT, LON, WKT
from gridmap.files.writing import Record, require_crs, wkt_of, write_features, write_table
from gridmap.model.kinds import FieldType, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.files.records import Refusal
    from gridmap.files.source import Source
    from gridmap.model.kinds import Kind

REASON = "原因"
_NUMBER = "序号"
_BATCH = 5_000
_DTYPES = {
    FieldType.INTEGER: np.dtype("int64"),
    FieldType.NUMBER: np.dtype("float64"),
    FieldType.BOOLEAN: np.dtype("bool"),
    FieldType.DATE: np.dtype("datetime64[D]"),
}
_METRES = {LON: "东坐标", LAT: "北坐标"}


def write_rows(
    path: Path,
    kind: Kind,
    rows: Iterable[tuple[Mapping[str, object], Geometry | None]],
    crs: str | datum.Crs = "EPSG:4490",
) -> int:
    """Write records of a kind. Reading the file with `open_source` gives equal values and equal millimetres.

    Sheets carry the Chinese labels, GIS files the English field names (ten characters of them in a shapefile).

    Parameters
    ----------
    path : Path
        Its ending tells the format: .geojson .geojsonl .shp .gpkg .kml .csv .xlsx.
    kind : Kind
    rows : iterable of (values, geometry)
        English field to value; geometry in lon/lat EPSG:4490 or None.
    crs : str or Crs
        Of the file.

    Returns
    -------
    int
        Records written.

    Raises
    ------
    FileRefused
        The format cannot hold this: a long text in a shapefile, mixed shapes, a huge outline in a workbook's cell.
    CrsRefused
        The format cannot state that CRS.
    """
    form = writable_format(path)
    system = crs if isinstance(crs, datum.Crs) else datum.parse_crs(crs)
    if kind.shape is not Shape.NONE:
        require_crs(form, system)
    placed = _placed(rows, system)
    with replacing(path) as target:
        if form.is_table:
            return write_table(target, form, _header(kind, system), _table_rows(kind, placed), kind.chinese)
        names = [field.name for field in kind.fields]
        shorts = vocabulary.short_names(kind)
        return write_features(
            target,
            form,
            [shorts[name] for name in names] if form is Format.SHAPEFILE else names,
            (Record([values.get(name) for name in names], shape) for values, shape in placed),
            system,
            title=kind.name,
            dtypes=[_DTYPES.get(field.type, np.dtype(object)) for field in kind.fields],
        )


def write_template(path: Path, kind: Kind) -> None:
    """Write an empty sheet with the labels of a kind, to be filled in."""
    form = writable_format(path)
    with replacing(path) as target:
        write_table(target, form, list(vocabulary.labels(kind).values()), (), kind.chinese)


def write_refusals(path: Path, source: Source, refusals: Iterable[Refusal]) -> int:
    """Write the refused rows as the same sheet plus a 原因 column: correct them there and import it again.

    Parameters
    ----------
    path : Path
        .csv or .xlsx.
    source : Source
        Read once more for what stood in the rows.
    refusals : iterable of Refusal
        Of the reader or of whoever else refused a row; several for one row are joined.

    Returns
    -------
    int
        Rows written.
    """
    form = writable_format(path)
    reasons: dict[int, list[str]] = {}
    for refusal in refusals:
        reasons.setdefault(refusal.row, []).append(refusal.reason)
    kept = [position for position, column in enumerate(source.columns) if column != REASON]
    header = [source.columns[position] for position in kept]
    is_table = source.format.is_table

    def rows() -> Iterator[list[object]]:
        for batch in source.feed.batches(_BATCH):
            columns = [batch.cells[position] for position in kept]
            for index, number in enumerate(batch.numbers):
                if number in reasons:
                    told = "；".join(dict.fromkeys(reasons[number]))
                    yield [*([] if is_table else [number]), *(column[index] for column in columns), told]

    with replacing(path) as target:
        return write_table(target, form, [*([] if is_table else [_NUMBER]), *header, REASON], rows(), "退回")


def _placed(
    rows: Iterable[tuple[Mapping[str, object], Geometry | None]], crs: datum.Crs
) -> Iterator[tuple[Mapping[str, object], Geometry | None]]:
    """Bring the shapes to the CRS of the file, many at a time."""
    stream = iter(rows)
    while batch := list(islice(stream, _BATCH)):
        shapes = np.empty(len(batch), dtype=object)
        shapes[:] = [shape for _, shape in batch]
        moved: NDArray[Any] = datum.geometries_from_lonlat(shapes, crs)
        for (values, _), shape in zip(batch, moved.tolist(), strict=True):
            yield values, shape


def _header(kind: Kind, crs: datum.Crs) -> list[str]:
    names = vocabulary.labels(kind)
    if not crs.is_lonlat:
        names |= {axis: name for axis, name in _METRES.items() if axis in names}
    return list(names.values())


def _table_rows(kind: Kind, rows: Iterable[tuple[Mapping[str, object], Geometry | None]]) -> Iterator[list[object]]:
    columns = vocabulary.coordinate_columns(kind)
    for values, shape in rows:
        cells = [_labelled(kind, field.name, values.get(field.name)) for field in kind.fields]
        if columns == (LON, LAT):
            cells += [None, None] if shape is None else shapely.get_coordinates(shape)[0].tolist()
        elif columns == (WKT,):
            cells.append(wkt_of(shape))
        yield cells


def _labelled(kind: Kind, field: str, value: object) -> object:
    """Show a value in the words of the office."""
    if isinstance(value, bool):
        return vocabulary.boolean_label(truth=value)
    if isinstance(value, str) and kind.field(field).choices:
        return vocabulary.choice_label(kind, field, value)
    return value
