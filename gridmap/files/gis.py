"""GIS files through GDAL: GeoJSON, Shapefile, GeoPackage, DXF; attributes and shapes as delivered.

GDAL is loaded by pyogrio, which loads pandas as well: nothing else in this package imports this module at the top.
"""

from __future__ import annotations

import math
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio.raw
import shapely

from gridmap.errors import FileRefused
from gridmap.files import shapefile
from gridmap.files.cells import Fault
from gridmap.files.delimited import find_encoding
from gridmap.files.feed import Batch, Feed
from gridmap.files.formats import Format

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_BLOCK = 50_000  # features per visit: GeoJSON is parsed from its beginning each time
_HEAD = 1 << 16  # bytes of a GeoJSON in which its crs member stands
_GEOJSON_CRS = re.compile(
    rb'"crs"\s*:\s*\{\s*"type"\s*:\s*"name"\s*,\s*"properties"\s*:\s*\{\s*"name"\s*:\s*"([^"]{1,200})"'
)
_OWN_CRS = re.compile(rb'"gridmap_crs"\s*:\s*"([a-z0-9]{1,20})"')
_URN = re.compile(r"^urn:ogc:def:crs:EPSG:[^:]*:(\d+)$", re.IGNORECASE)
_DRIVERS = {".geojson": "GeoJSON:", ".json": "GeoJSON:", ".gpkg": "GPKG:"}
_PAGE_SIZE_AT, _PAGES_AT = 16, 28  # of a SQLite header


@dataclass(frozen=True)
class Features:
    """Features as delivered.

    Parameters
    ----------
    columns : tuple of str
    attributes : list of arrays
        One per column.
    wkb : array of bytes or None
    crs : str or None
        As GDAL names it: "EPSG:4547" or WKT.
    warnings : tuple of str
        What GDAL said.
    """

    columns: tuple[str, ...]
    attributes: list[NDArray[Any]]
    wkb: NDArray[np.object_]
    crs: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where the features are: a file that GDAL reads, its layer and encoding, once all of it is known to be whole.

    Parameters
    ----------
    name : str
        Of the file that the user gave.
    path : Path
        What GDAL opens; for an archive, the unpacked file.
    form : Format
    layer : str or None
    encoding : str or None
    keep : object
        Unpacked files live as long as it.
    """

    name: str
    path: Path
    form: Format
    layer: str | None
    encoding: str | None
    keep: object

    def read(self, skip: int = 0, count: int | None = None) -> Features:
        """Read features at once."""
        return read_features(self.path, layer=self.layer, encoding=self.encoding, skip=skip, count=count)

    def feed(self, first: Features) -> Feed:
        """Describe what was opened, from its first features.

        Raises
        ------
        FileRefused
            There are none.
        """
        total = len(first.wkb)
        if not total:
            raise FileRefused(f"{self.name} has no features: nothing to read", file=self.name)
        if total >= _BLOCK:
            with _asking_gdal(self.path, self.encoding):
                total = int(
                    pyogrio.read_info(_only_as_named(self.path), layer=self.layer, force_feature_count=True)["features"]
                )
        carried, implied = first.crs, False
        if self.form is Format.GEOJSON:
            carried = geojson_crs(self.path)
            carried, implied = carried or "EPSG:4326", carried is None
        return Feed(first.columns, self._batches, total, carried, implied, list(first.warnings))

    def _batches(self, size: int) -> Iterator[Batch]:
        block = max(size, _BLOCK)
        skip = 0
        while True:
            features = self.read(skip, block)
            shapes, faults = shapes_of(features.wkb)
            cells = [cells_of(column) for column in features.attributes]
            for start in range(0, len(shapes), size):
                stop = min(start + size, len(shapes))
                yield Batch(
                    list(range(skip + start + 1, skip + stop + 1)),
                    [column[start:stop] for column in cells],
                    shapes[start:stop],
                    {position - start: fault for position, fault in faults.items() if start <= position < stop},
                )
            skip += block
            if len(shapes) < block:
                return


def find_place(path: Path, form: Format, layer: str | None, encoding: str | None) -> Place:
    """Look into a GeoJSON, Shapefile or GeoPackage as far as needed to read it.

    Raises
    ------
    FileRefused
        Cut short, parts missing, several layers and none named, wrong encoding.
    """
    name, keep = path.name, None
    if form is Format.SHAPEFILE:
        path, keep = shapefile.parts_in_place(path)
        encoding = shapefile.find_dbf_encoding(path, encoding)
        path, mended = shapefile.with_whole_names(path, encoding)
        keep = mended or keep
        layer = None
    elif form is Format.GEOPACKAGE:
        layer = pick_layer(path, layer)
    else:
        layer = None
    return Place(name, path, form, layer, encoding, keep)


def open_gis(path: Path, form: Format, layer: str | None, encoding: str | None) -> Feed:
    """Open a GIS file: attributes and shapes in the file's own coordinates.

    Raises
    ------
    FileRefused
        As `find_place`, or there are no features.
    """
    place = find_place(path, form, layer, encoding)
    return place.feed(place.read(count=_BLOCK))


def read_features(
    path: Path, *, layer: str | None = None, encoding: str | None = None, skip: int = 0, count: int | None = None
) -> Features:
    """Read features at once, dates as text.

    Raises
    ------
    FileRefused
        GDAL cannot read it, or its text is not in the encoding.
    """
    options = {"DATE_AS_STRING": "YES"} if path.suffix.lower() in {".geojson", ".json"} else {}
    with _asking_gdal(path, encoding) as heard:
        meta, _, wkb, attributes = pyogrio.raw.read(
            _only_as_named(path),
            layer=layer,
            encoding=encoding,
            skip_features=skip,
            max_features=count,
            datetime_as_string=True,
            **options,
        )
    said = tuple(dict.fromkeys(str(warning.message) for warning in heard))
    if wkb is None:
        wkb = np.full(len(attributes[0]) if attributes else 0, None, dtype=object)
    return Features(tuple(str(name) for name in meta["fields"]), attributes, wkb, meta["crs"], said)


def _only_as_named(path: Path) -> str:
    """Bind GDAL to the driver of the ending: left alone it looks at the content, and some contents are commands.

    A "GeoJSON" may be a GDAL pipeline or a virtual layer, which read other files and addresses. Shapefiles and
    drawings have no such prefix: their first bytes are checked instead.
    """
    return f"{_DRIVERS.get(path.suffix.lower(), '')}{path}"


@contextmanager
def _asking_gdal(path: Path, encoding: str | None) -> Iterator[list[warnings.WarningMessage]]:
    """Collect what GDAL warns of, and name what it cannot read."""
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield heard
    except UnicodeDecodeError as wrong:
        if path.suffix.lower() in {".geojson", ".json"}:
            find_encoding(path, "utf-8")  # raises with byte and row
        raise FileRefused(
            f"{path.name}: its text is not in {encoding or 'UTF-8'}; name the encoding with --encoding, "
            "for example gbk",
            file=path.name,
        ) from wrong
    except (RuntimeError, ValueError) as broken:
        raise FileRefused(
            f"{path.name} cannot be read: {broken}; it is damaged, was cut short, or is not what its ending says",
            file=path.name,
        ) from broken


def geojson_crs(path: Path) -> str | None:
    """Read the crs member of a GeoJSON, at its beginning or end; None where it has none."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        text = stream.read(_HEAD)
        if size > _HEAD:
            stream.seek(max(size - _HEAD, 0))
            text += stream.read()
    match = _OWN_CRS.search(text) or _GEOJSON_CRS.search(text)
    if match is None:
        return None
    name = match.group(1).decode("utf-8", errors="replace")
    if name.upper().endswith("CRS84"):
        return "EPSG:4326"
    urn = _URN.match(name)
    return f"EPSG:{urn.group(1)}" if urn else name


def pick_layer(path: Path, layer: str | None) -> str:
    """Choose the layer of a GeoPackage: the one that is named, or the only one.

    Raises
    ------
    FileRefused
        Cut short, no such layer, or several and none named.
    """
    with path.open("rb") as stream:
        head = stream.read(100)
    page = int.from_bytes(head[_PAGE_SIZE_AT : _PAGE_SIZE_AT + 2], "big")
    expected = (65_536 if page == 1 else page) * int.from_bytes(head[_PAGES_AT : _PAGES_AT + 4], "big")
    if path.stat().st_size < expected:
        raise FileRefused(
            f"{path.name} was cut short: it has {path.stat().st_size:,} bytes and its header says {expected:,}; "
            "copy it again",
            file=path.name,
        )
    with _asking_gdal(path, None):
        found = pyogrio.list_layers(_only_as_named(path)).tolist()
    drawn = [str(name) for name, shape in found if shape is not None]  # a style or a list stands beside a map's layers
    names = drawn or [str(name) for name, _ in found]
    if layer is None and len(names) == 1:
        return names[0]
    if layer is None or layer not in names:
        wrong = "has several layers" if layer is None else f"has no layer {layer!r}"
        raise FileRefused(
            f"{path.name} {wrong}: {'、'.join(names) or '(none)'}; name one with --layer", file=path.name, layers=names
        )
    return layer


def cells_of(column: NDArray[Any]) -> list[object]:
    """Turn a column of GDAL's into cells: None for nothing, lists joined."""
    if column.dtype.kind == "f":
        return [None if math.isnan(value) else value for value in column.tolist()]
    if column.dtype.kind != "O":
        cells: list[object] = column.tolist()
        return cells
    return ["、".join(map(str, cell)) if isinstance(cell, (np.ndarray, list)) else cell for cell in column]


def shapes_of(wkb: NDArray[np.object_]) -> tuple[NDArray[np.object_], dict[int, Fault]]:
    """Decode shapes; those that cannot be (an unclosed ring, a line of one point) are named."""
    with np.errstate(invalid="ignore"):  # NaN is found by whoever judges the shapes
        shapes = np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object)
    unread = np.flatnonzero(shapely.is_missing(shapes) & np.array([item is not None for item in wkb], dtype=bool))
    faults: dict[int, Fault] = {}
    for position in unread.tolist():
        try:
            shapely.from_wkb(wkb[position])
        except shapely.errors.ShapelyError as wrong:
            faults[position] = unreadable(str(wrong))
    return shapes, faults


def unreadable(said: str) -> Fault:
    """Name a shape that is not even one."""
    return Fault("geometry_unreadable", f"图形无法读取（{said}），可能是环未闭合或坐标点太少；请修正后重新导入")
