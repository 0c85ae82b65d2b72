"""A file opened as records of a kind: columns recognised, CRS settled, rows in chunks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused
from gridmap.files import shapefile, vocabulary
from gridmap.files.crs import settle_crs
from gridmap.files.delimited import open_delimited
from gridmap.files.formats import Format, identify, sha256_of
from gridmap.files.geojsonl import open_geojsonl
from gridmap.files.header import fit_of
from gridmap.files.kml import open_kml
from gridmap.files.records import Reading, Row, find_duplicates, make_rows, read_shapes, read_values
from gridmap.files.vocabulary import LAT, LON, WKT
from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gridmap.datum import Crs
    from gridmap.files.feed import Feed
    from gridmap.files.header import Fit
    from gridmap.files.vocabulary import Recognised
    from gridmap.model.kinds import Kind

CHUNK = 5_000


@dataclass(frozen=True)
class Chunk:
    """Some rows; never empty. `last` is where to resume after them."""

    rows: list[Row]

    @property
    def last(self) -> int:
        """Number of the last row."""
        return self.rows[-1].number


@dataclass(frozen=True)
class Source:
    """An opened file; see `open_source`.

    Parameters
    ----------
    path : Path
    sha256 : str
        Fingerprint of the file, or of all parts of a shapefile.
    format : Format
    reading : Reading
    feed : Feed
    notes : list of str
        Chinese sentences for the user; reading may add some.
    """

    path: Path
    sha256: str
    format: Format
    reading: Reading
    feed: Feed
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> Kind:
        """What its records are."""
        return self.reading.kind

    @property
    def crs(self) -> Crs | None:
        """The CRS of its coordinates; None: it has none."""
        return self.reading.crs

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns as delivered."""
        return self.feed.columns

    @property
    def total(self) -> int | None:
        """Rows, exactly; None where only reading them would tell."""
        return self.feed.total

    @property
    def unrecognised(self) -> tuple[str, ...]:
        """Columns that carry nothing we know."""
        return self.reading.recognised.unrecognised

    def chunks(self, size: int = CHUNK, start: int = 0) -> Iterator[Chunk]:
        """Read the rows.

        Parameters
        ----------
        size : int
            Rows per chunk; memory grows with it alone.
        start : int
            Last row number already done: rows up to it are not delivered again, but a later row that repeats the
            key of one of them is still refused.

        Raises
        ------
        FileRefused
            The file turns out to be damaged.
        CoordinatesRefused
            Most coordinates of a chunk contradict the CRS.
        """
        firsts: dict[tuple[object, ...], int] = {}
        flattened = 0
        for batch in self.feed.batches(size):
            values, faults = read_values(self.reading, batch)
            find_duplicates(self.reading, batch, values, faults, firsts)
            if batch.numbers[-1] <= start:
                continue
            shapes, shape_faults, dropped = read_shapes(self.reading, batch)
            flattened += dropped
            for position, wrong in shape_faults.items():
                faults.setdefault(position, []).extend(wrong)
            rows = make_rows(self.reading, batch, values, faults, shapes)
            yield Chunk([row for row in rows if row.number > start])
        if flattened:
            self.notes.append(f"{flattened} 个图形带有高程或量测值（Z/M），已舍去，只保留平面坐标")


def open_source(
    path: Path,
    *,
    kind: Kind,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    key: Sequence[str] | None = None,
    header_row: int | None = None,
) -> Source:
    """Open a file as records of a kind.

    Parameters
    ----------
    path : Path
    kind : Kind
    crs : str or None
        Declared by the caller: "EPSG:4547", "gcj02", ... Needed where the file states none.
    mapping : mapping of str to str
        Field to column, where the column is not recognised by its name. "lon", "lat" and "wkt" are fields, too;
        an empty column name leaves a field out.
    layer : str or None
        Layer of a GeoPackage or drawing, sheet of a workbook.
    encoding : str or None
        Of a CSV or of a shapefile's table, where it is not found out.
    key : sequence of str
        Fields that identify a record; default those of the kind.
    header_row : int, optional
        Row of a sheet in which the column names stand; else the first of the first ten rows that names the columns.

    Raises
    ------
    FileRefused
        Empty, cut short, of another format or encoding, a bomb, or without the columns that are needed.
    CrsRefused
        No CRS is declared or stated, or the two differ.
    """
    form = identify(path)
    keys = vocabulary.checked_key(kind, key)
    fit = fit_of(kind, mapping or {}, keys) if header_row is None else None
    feed = _open_feed(path, form, kind, layer, encoding, header_row or 1, fit)
    recognised = vocabulary.recognise(kind, feed.columns, mapping or {}, keys, cut=form is Format.SHAPEFILE)
    notes = [*feed.notes, *recognised.notes]
    placed = kind.shape is not Shape.NONE and (not form.is_table or _has_coordinates(path, kind, recognised, notes))
    found = settle_crs(path, crs, feed, notes) if placed else None
    parts = shapefile.parts_of(path) if path.suffix.lower() == ".shp" else [path]
    reading = Reading(kind, feed.columns, recognised, found, keys)
    return Source(path, sha256_of(*parts), form, reading, feed, notes)


def _open_feed(
    path: Path, form: Format, kind: Kind, layer: str | None, encoding: str | None, header_row: int, fit: Fit | None
) -> Feed:
    if form is Format.CSV:
        return open_delimited(path, encoding, header_row, fit)
    if form is Format.GEOJSONL:
        return open_geojsonl(path)
    if form in {Format.KML, Format.KMZ}:
        return open_kml(path, form)
    if form is Format.XLSX:
        from gridmap.files.workbook import open_workbook  # noqa: PLC0415 (openpyxl: 0.3 s that a CSV need not pay)

        return open_workbook(path, layer, header_row, fit)
    if form is Format.DXF:
        from gridmap.files.dxf import open_dxf  # noqa: PLC0415 (GDAL and pandas: 0.4 s that a CSV need not pay)

        return open_dxf(path, kind.shape, layer, encoding)
    from gridmap.files.gis import open_gis  # noqa: PLC0415 (GDAL and pandas, as above)

    return open_gis(path, form, layer, encoding)


def _has_coordinates(path: Path, kind: Kind, recognised: Recognised, notes: list[str]) -> bool:
    """Tell whether a sheet says where its records are; half of a pair of coordinates is a mistake."""
    if WKT in recognised.columns:
        return True
    found = [name for name in (LON, LAT) if name in recognised.columns]
    if kind.shape is not Shape.POINT:
        if found:
            notes.append(f"{kind.chinese}需要图形，经纬度列未使用；图形请放在 WKT 列")
        return False
    if len(found) == 1:
        other = LAT if found == [LON] else LON
        raise FileRefused(
            f"{path.name} has a column for {vocabulary.label(kind, found[0])} ({found[0]}) and none for "
            f"{vocabulary.label(kind, other)} ({other}); name it with --map {other}=COLUMN, or leave both out with "
            f"--map {found[0]}=",
            file=path.name,
        )
    return bool(found)
