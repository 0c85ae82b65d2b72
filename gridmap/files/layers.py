"""Whole layers without a kind, for `check`, `repair` and `assign FILE`: shapes in their own coordinates.

As fast as pyogrio itself: attributes stay columns, shapes stay an array.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import FileRefused, GeometryRefused
from gridmap.files import vocabulary
from gridmap.files.cells import convert_numbers, text_of
from gridmap.files.crs import settle_crs
from gridmap.files.delimited import open_delimited
from gridmap.files.dxf import open_dxf
from gridmap.files.formats import Format, identify
from gridmap.files.geojsonl import open_geojsonl
from gridmap.files.gis import find_place, shapes_of
from gridmap.files.kml import open_kml
from gridmap.files.output import replacing, writable_format
from gridmap.files.shapes import read_wkt
from gridmap.files.vocabulary import LAT, LON, WKT
from gridmap.files.workbook import open_workbook
from gridmap.files.writing import Record, require_crs, wkt_of, write_features, write_table
from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.datum import Crs
    from gridmap.files.cells import Fault
    from gridmap.files.feed import Feed

_WHOLE = 1 << 62
_DBF_NAME = 10


@dataclass(frozen=True)
class Layer:
    """A layer in memory.

    Parameters
    ----------
    path : Path
    format : Format
    crs : Crs
    shapes : (N,) array of shapely geometries
        Two-dimensional, in `crs`; None where a row has none.
    names : list of str
        What to call each feature: its code, else its name, else another column that differs everywhere, else its
        number.
    attributes : dict of str to array
        Columns as delivered.
    notes : list of str
        Chinese sentences for the user.
    coordinate_columns : dict of str to str
        Of a sheet: lon, lat, wkt to the column in which they stand.
    """

    path: Path
    format: Format
    crs: Crs
    shapes: NDArray[np.object_]
    names: list[str]
    attributes: dict[str, NDArray[Any]]
    notes: list[str] = field(default_factory=list)
    coordinate_columns: dict[str, str] = field(default_factory=dict)


def read_layer(path: Path, crs: str | None = None, layer: str | None = None, encoding: str | None = None) -> Layer:
    """Read a whole layer. Shapes are not judged: broken and overlapping ones are what a check is for.

    Parameters
    ----------
    path : Path
    crs : str or None
        Declared by the caller, where the file states none.
    layer : str or None
        Layer of a GeoPackage or drawing, sheet of a workbook.
    encoding : str or None

    Raises
    ------
    FileRefused
        Empty, cut short, not what it claims to be, or a sheet without coordinates.
    CrsRefused
        No CRS is declared or stated, or the two differ.
    GeometryRefused
        A shape cannot even be read; the message names the row.
    """
    form = identify(path)
    if form in {Format.GEOJSON, Format.SHAPEFILE, Format.GEOPACKAGE}:
        place = find_place(path, form, layer, encoding)
        features = place.read()
        feed = place.feed(features)
        shapes, faults = shapes_of(features.wkb)
        attributes = dict(zip(features.columns, features.attributes, strict=True))
        numbers: Sequence[int] = range(1, len(shapes) + 1)
        coordinate_columns: dict[str, str] = {}
    else:
        feed = _open_other(path, form, layer, encoding)
        batch = next(feed.batches(_WHOLE))
        faults, numbers = batch.faults, batch.numbers
        attributes = {name: _array(cells) for name, cells in zip(feed.columns, batch.cells, strict=True)}
        coordinate_columns = vocabulary.find_coordinates(feed.columns)
        if batch.shapes is not None:
            shapes = batch.shapes
        else:
            shapes, wrong = _from_columns(path, attributes, coordinate_columns)
            faults = wrong | faults
    if faults:
        position, fault = min(faults.items())
        raise GeometryRefused(f"{path.name}, row {numbers[position]}: {fault.reason}", row=numbers[position])
    notes = list(feed.notes)
    system = settle_crs(path, crs, feed, notes)
    deep = shapely.has_z(shapes) | shapely.has_m(shapes)
    if deep.any():
        shapes = np.asarray(shapely.force_2d(shapes), dtype=object)
        notes.append(f"{int(deep.sum())} 个图形带有高程或量测值（Z/M），已舍去，只保留平面坐标")
    return Layer(
        path,
        form,
        system,
        shapes,
        _names(attributes, numbers, coordinate_columns),
        attributes,
        notes,
        coordinate_columns,
    )


def write_layer(
    path: Path,
    layer: Layer,
    shapes: NDArray[np.object_] | None = None,
    crs: Crs | None = None,
    extra: Mapping[str, NDArray[Any]] | None = None,
) -> None:
    """Write a layer with its attributes, other shapes, and more columns.

    Parameters
    ----------
    path : Path
        Its ending tells the format.
    layer : Layer
    shapes : (N,) array of shapely geometries, optional
        In `crs`, one for each row of the layer; default the layer's own.
    crs : Crs, optional
        Of `shapes` and of the file; default the layer's own.
    extra : mapping of str to array, optional
        Columns to add, or to put in place of columns of the same name.

    Raises
    ------
    FileRefused, CrsRefused
        The format cannot hold this.
    """
    form = writable_format(path)
    drawn = layer.shapes if shapes is None else shapes
    system = layer.crs if crs is None else crs
    require_crs(form, system)
    columns = {**layer.attributes, **(extra or {})}
    if form.is_table:
        columns = _with_coordinates(columns, layer, None if shapes is None else drawn)
    elif WKT in layer.coordinate_columns:
        del columns[layer.coordinate_columns[WKT]]  # the shapes carry it
    cells = [_listed(column) for column in columns.values()]
    with replacing(path) as target:
        if form.is_table:
            write_table(target, form, list(columns), zip(*cells, strict=True), path.stem)
            return
        names = _short(list(columns)) if form is Format.SHAPEFILE else list(columns)
        records = (Record(values, shape) for *values, shape in zip(*cells, drawn.tolist(), strict=True))
        dtypes = [column.dtype if column.dtype.kind in "ifb" else np.dtype(object) for column in columns.values()]
        write_features(target, form, names, records, system, title=path.stem, dtypes=dtypes)


def _open_other(path: Path, form: Format, layer: str | None, encoding: str | None) -> Feed:
    if form is Format.CSV:
        return open_delimited(path, encoding)
    if form is Format.XLSX:
        return open_workbook(path, layer)
    if form is Format.DXF:
        return open_dxf(path, Shape.POLYGON, layer, encoding)
    return open_geojsonl(path) if form is Format.GEOJSONL else open_kml(path, form)


def _array(cells: Sequence[object]) -> NDArray[np.object_]:
    array = np.empty(len(cells), dtype=object)
    array[:] = [None if cell == "" else cell for cell in cells]
    return array


def _from_columns(
    path: Path, attributes: Mapping[str, NDArray[Any]], columns: Mapping[str, str]
) -> tuple[NDArray[np.object_], dict[int, Fault]]:
    """Shapes of a sheet, from its WKT or its lon and lat columns, and what cannot be read."""
    if WKT in columns:
        return read_wkt(attributes[columns[WKT]].tolist(), columns[WKT])
    if not {LON, LAT} <= set(columns):
        raise FileRefused(
            f"{path.name} has no coordinates: no columns such as 经度 and 纬度, or WKT, among {'、'.join(attributes)}; "
            "rename them in the header",
            file=path.name,
        )
    lon, faults = convert_numbers(attributes[columns[LON]].tolist(), columns[LON])
    lat, others = convert_numbers(attributes[columns[LAT]].tolist(), columns[LAT])
    xy = np.column_stack((lon, lat))
    whole = ~np.isnan(xy).any(axis=1)
    shapes = np.full(len(xy), None, dtype=object)
    shapes[whole] = shapely.points(xy[whole])
    return shapes, others | faults


def _names(attributes: Mapping[str, NDArray[Any]], numbers: Sequence[int], coordinates: Mapping[str, str]) -> list[str]:
    candidates = [name for name in attributes if name not in coordinates.values()]
    known = vocabulary.naming_columns(candidates)
    for name in [*known, *(other for other in candidates if other not in known)]:
        column = attributes[name]
        if column.dtype.kind in "Oi":
            texts = [text_of(cell) for cell in column.tolist()]
            if all(texts) and (name in known or len(set(texts)) == len(texts)):
                return texts
    return [str(number) for number in numbers]


def _with_coordinates(
    columns: Mapping[str, NDArray[Any]], layer: Layer, drawn: NDArray[np.object_] | None
) -> dict[str, NDArray[Any]]:
    """Give a sheet its shapes: in the columns where they were, else as WKT."""
    made = dict(columns)
    where = layer.coordinate_columns
    if drawn is None and where:
        return made  # they stand there as delivered
    shapes = layer.shapes if drawn is None else drawn
    if where and WKT not in where and np.isin(shapely.get_type_id(shapes), (-1, 0)).all():
        for axis, name in enumerate((LON, LAT)):
            ordinates = (shapely.get_x, shapely.get_y)[axis](shapes)
            made[where[name]] = ordinates
        return made
    made[where.get(WKT, "WKT")] = np.array([wkt_of(shape) for shape in shapes], dtype=object)
    return made


def _listed(column: NDArray[Any]) -> list[object]:
    if column.dtype.kind == "f":
        return [None if value != value else value for value in column.tolist()]  # noqa: PLR0124 (NaN)
    if column.dtype.kind == "O":
        return ["、".join(map(str, cell)) if isinstance(cell, np.ndarray) else cell for cell in column]
    cells: list[object] = column.tolist()
    return cells


def _short(names: Sequence[str]) -> list[str]:
    """Names of at most ten bytes, which is what a shapefile holds, and still unique."""
    made: list[str] = []
    for name in names:
        short = base = name.encode()[:_DBF_NAME].decode(errors="ignore")
        number = 1
        while short in made:
            short = base.encode()[: _DBF_NAME - len(str(number))].decode(errors="ignore") + str(number)
            number += 1
        made.append(short)
    return made
