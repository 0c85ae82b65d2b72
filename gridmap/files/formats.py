"""What a file is: its format by name, checked against its first bytes, and its fingerprint."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused

if TYPE_CHECKING:
    from pathlib import Path


class Format(StrEnum):
    """The formats that can be read."""

    GEOJSON = "geojson"
    GEOJSONL = "geojsonl"
    SHAPEFILE = "shapefile"
    GEOPACKAGE = "geopackage"
    KML = "kml"
    KMZ = "kmz"
    DXF = "dxf"
    CSV = "csv"
    XLSX = "xlsx"

    @property
    def is_table(self) -> bool:
        """A sheet of rows: its coordinates, if any, are in columns, and it carries no CRS."""
        return self in {Format.CSV, Format.XLSX}


_ENDINGS = {
    ".geojson": Format.GEOJSON,
    ".json": Format.GEOJSON,
    ".geojsonl": Format.GEOJSONL,
    ".geojsonseq": Format.GEOJSONL,
    ".ndjson": Format.GEOJSONL,
    ".jsonl": Format.GEOJSONL,
    ".shp": Format.SHAPEFILE,
    ".zip": Format.SHAPEFILE,
    ".gpkg": Format.GEOPACKAGE,
    ".kml": Format.KML,
    ".kmz": Format.KMZ,
    ".dxf": Format.DXF,
    ".csv": Format.CSV,
    ".txt": Format.CSV,
    ".tsv": Format.CSV,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
}
_REMEDIES = {
    ".xls": "open it in the spreadsheet program and save it as .xlsx",
    ".et": "open it in the spreadsheet program and save it as .xlsx",
    ".dwg": "save it as .dxf in the CAD program",
    ".dbf": "name the .shp file that belongs to it",
    ".shx": "name the .shp file that belongs to it",
    ".rar": "unpack it and give the file inside, or pack it as .zip",
    ".7z": "unpack it and give the file inside, or pack it as .zip",
}
_MAGIC = (
    (b"PK\x03\x04", "zip archive"),
    (b"PK\x05\x06", "empty zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old or password-protected Office document"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"\x00\x00\x27\x0a", "shapefile"),
    (b"%PDF", "PDF"),
    (b"\xff\xfe", "text"),  # UTF-16
    (b"\xfe\xff", "text"),
)
_GROUP_CODE = re.compile(rb"(?:999\r?\n[^\n]*\n\s*)*0\r?\n\s*SECTION\s")  # how a DXF begins, after comments
_BEGINNINGS = (
    ((b"{", b"[", b"\x1e{"), "JSON"),
    ((b"<!doctype html", b"<html", b"<table", b"<meta"), "a web page"),
    ((b"<?xml", b"<kml"), "XML"),
)


def format_of(path: Path) -> Format:
    """Tell the format of a file by its ending.

    Raises
    ------
    FileRefused
        Another ending; the message lists those that are known.
    """
    ending = path.suffix.lower()
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    remedy = _REMEDIES.get(ending, f"known endings are {' '.join(_ENDINGS)}")
    raise FileRefused(f"{path.name}: files ending in {ending or 'nothing'} cannot be read; {remedy}", file=path.name)


def identify(path: Path) -> Format:
    """Tell the format and check that the file can be it: there, not empty, with the first bytes of its kind.

    Raises
    ------
    FileRefused
    """
    kind = format_of(path)
    if not path.is_file():
        raise FileRefused(f"{path}: there is no such file", file=path.name)
    if path.stat().st_size == 0:
        raise FileRefused(f"{path.name} is empty (0 bytes): export it again", file=path.name)
    with path.open("rb") as stream:
        head = stream.read(4096)
    looks = _looks_like(head)
    expected = {
        Format.SHAPEFILE: {"shapefile"} if path.suffix.lower() == ".shp" else {"zip archive"},
        Format.GEOPACKAGE: {"SQLite database"},
        Format.KMZ: {"zip archive"},
        Format.XLSX: {"zip archive"},
        Format.GEOJSON: {"JSON"},
        Format.GEOJSONL: {"JSON"},
        Format.KML: {"XML"},
        Format.DXF: {"a drawing"},
        Format.CSV: {"text", "JSON", "XML"},  # a cell may begin with a brace or bracket
    }[kind]
    if looks not in expected:
        raise FileRefused(
            f"{path.name} is named like {kind.value} but its content is {looks}; {_advice(looks)}",
            file=path.name,
            looks_like=looks,
        )
    return kind


def _looks_like(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if b"\x00" in head:
        return "binary data"
    if _GROUP_CODE.match(text):
        return "a drawing"
    for beginning, name in _BEGINNINGS:
        if text[:14].lower().startswith(beginning):
            return name
    return "text" if text else "nothing but blanks"


def _advice(looks: str) -> str:
    if looks == "a web page":
        return "systems export such tables as .xls: open it in the spreadsheet program and save it as .xlsx"
    if looks.startswith("an old"):
        return "open it in the spreadsheet program, remove the password and save it as .xlsx"
    return "give it the ending of what it is, or export it again"


def sha256_of(*paths: Path) -> str:
    """Fingerprint of a file, or of the files that make one layer, as hexadecimal."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
