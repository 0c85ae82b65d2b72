"""Records written in every format: what `write_rows` and `write_layer` have in common."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.errors import CrsRefused, FileRefused
from gridmap.files import kml, sheets
from gridmap.files.formats import Format

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from shapely import Geometry

WKT_DECIMALS = 11  # of a degree: a micrometre
_DBF_TEXT = 254  # bytes that a text field of a shapefile holds
_DRIVERS = {Format.SHAPEFILE: "ESRI Shapefile", Format.GEOPACKAGE: "GPKG"}


@dataclass(frozen=True)
class Record:
    """One feature to write: values in the order of the names, and a shape in the CRS of the file."""

    values: Sequence[object]
    shape: Geometry | None


def require_crs(form: Format, crs: datum.Crs) -> None:
    """Refuse a CRS that the format cannot state.

    Raises
    ------
    CrsRefused
    """
    if form is Format.KML and not crs.is_lonlat:
        raise CrsRefused(f"KML holds longitude and latitude, not {crs.name}; write GeoJSON, GeoPackage or CSV instead")
    if form in _DRIVERS and crs.datum is not datum.Datum.WGS84:
        raise CrsRefused(
            f"a {form.value} cannot state {crs.name}, and would be read as something else; "
            "write CSV, XLSX, KML or GeoJSON instead"
        )


def write_features(
    path: Path,
    form: Format,
    names: Sequence[str],
    records: Iterable[Record],
    crs: datum.Crs,
    *,
    title: str,
    dtypes: Sequence[np.dtype[Any]] | None = None,
) -> int:
    """Write features as GeoJSON, lines of GeoJSON, KML, Shapefile or GeoPackage. Returns how many.

    Parameters
    ----------
    path : Path
    form : Format
    names : sequence of str
        Of the fields.
    records : iterable of Record
    crs : Crs
    title : str
        Name of the layer.
    dtypes : sequence of dtype, optional
        Types of the columns of a shapefile or GeoPackage; default text.

    Raises
    ------
    FileRefused
        A shapefile cannot hold a text or a mixture of shapes.
    """
    if form is Format.KML:
        with path.open("w", encoding="utf-8", newline="\n") as stream:
            return kml.write_kml(stream, title, _marks(names, records))
    if form in {Format.GEOJSON, Format.GEOJSONL}:
        return _write_geojson(path, names, records, crs, title, lines=form is Format.GEOJSONL)
    return _write_database(path, form, names, list(records), crs, title, dtypes)


def write_table(path: Path, form: Format, header: Sequence[str], rows: Iterable[Sequence[object]], title: str) -> int:
    """Write rows as CSV or XLSX. Returns how many."""
    if form is Format.CSV:
        return sheets.write_csv(path, header, rows)
    return sheets.write_xlsx(path, header, rows, title)


def wkt_of(shape: Geometry | None) -> str:
    """Write a shape as WKT with more than enough decimals; no shape as nothing."""
    return "" if shape is None else str(shapely.to_wkt(shape, rounding_precision=WKT_DECIMALS, trim=True))


def _marks(names: Sequence[str], records: Iterable[Record]) -> Iterator[tuple[str, dict[str, str], Geometry | None]]:
    for record in records:
        texts = [_text(value) for value in record.values]
        yield next((text for text in texts if text), ""), dict(zip(names, texts, strict=True)), record.shape


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _write_geojson(
    path: Path, names: Sequence[str], records: Iterable[Record], crs: datum.Crs, title: str, *, lines: bool
) -> int:
    """Shapes in full double precision: reading gives equal numbers."""
    if lines and crs.name not in {"EPSG:4326", "EPSG:4490"}:
        raise CrsRefused(f"lines of GeoJSON are WGS84 by definition, not {crs.name}; write .geojson instead")
    head = {"type": "FeatureCollection", "name": title, **_crs_member(crs)}
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        if not lines:
            stream.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n')
        for record in records:
            properties = json.dumps(
                dict(zip(names, map(_json_value, record.values), strict=True)), ensure_ascii=False, allow_nan=False
            )
            shape = "null" if record.shape is None else shapely.to_geojson(record.shape)
            if count:
                stream.write("\n" if lines else ",\n")
            stream.write(f'{{"type": "Feature", "properties": {properties}, "geometry": {shape}}}')
            count += 1
        stream.write("\n" if lines else "\n]}\n")
    return count


def _crs_member(crs: datum.Crs) -> dict[str, object]:
    """State the CRS: the old standard's way where it has a code, in a member of our own where it has none."""
    if crs.name == "EPSG:4326":
        return {}
    if crs.datum is not datum.Datum.WGS84:
        return {"gridmap_crs": crs.name}
    if crs.epsg is None:
        raise CrsRefused(f"GeoJSON cannot state {crs.name}, which has no EPSG code; write GeoPackage instead")
    return {"crs": {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{crs.epsg}"}}}


def _json_value(value: object) -> object:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def _write_database(
    path: Path,
    form: Format,
    names: Sequence[str],
    records: list[Record],
    crs: datum.Crs,
    title: str,
    dtypes: Sequence[np.dtype[Any]] | None,
) -> int:
    import pyogrio.raw  # noqa: PLC0415 (GDAL and pandas: 0.4 s that a text format need not pay)

    types = dtypes if dtypes is not None else [np.dtype(object)] * len(names)
    columns: list[NDArray[Any]] = []
    masks: list[NDArray[np.bool_]] = []
    for index, (name, dtype) in enumerate(zip(names, types, strict=True)):
        values = [record.values[index] for record in records]
        if form is Format.SHAPEFILE and dtype.kind == "O":
            _require_dbf_text(path, name, values)
        masks.append(np.array([value is None for value in values], dtype=bool))
        columns.append(_column(values, dtype))
    shapes = np.empty(len(records), dtype=object)
    shapes[:] = [record.shape for record in records]
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        columns,
        list(names),
        field_mask=masks,
        layer=title if form is Format.GEOPACKAGE else None,
        driver=_DRIVERS[form],
        geometry_type=_geometry_type(path, form, shapes),
        crs=crs.definition or crs.name,
        encoding="UTF-8",
    )
    return len(records)


def _column(values: list[object], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind == "O":
        column = np.empty(len(values), dtype=object)
        column[:] = [None if value is None else _text(value) for value in values]
        return column
    fill: Any = {"f": np.nan, "M": "NaT"}.get(dtype.kind, 0)
    return np.array([fill if value is None else value for value in values], dtype=dtype)


def _require_dbf_text(path: Path, name: str, values: list[object]) -> None:
    for number, value in enumerate(values, start=1):
        size = len(_text(value).encode())
        if size > _DBF_TEXT:
            raise FileRefused(
                f"row {number}, {name}: a shapefile holds {_DBF_TEXT} bytes of text in a field and this has {size}; "
                "write GeoPackage or GeoJSON instead",
                file=path.name,
                row=number,
                field=name,
            )


def _geometry_type(path: Path, form: Format, shapes: NDArray[np.object_]) -> str:
    """One type for the whole layer; a shapefile's areas and lines may have several parts."""
    types = {str(shape.geom_type) for shape in shapes if shape is not None} or {"Point"}
    if len(types) == 1:
        return types.pop()
    if form is Format.GEOPACKAGE:
        return "Unknown"
    simple = {name.removeprefix("Multi") for name in types}
    if len(simple) > 1:
        raise FileRefused(
            f"a shapefile holds one kind of shape and these are {', '.join(sorted(simple))}; "
            "write GeoPackage or GeoJSON instead",
            file=path.name,
        )
    return simple.pop()
