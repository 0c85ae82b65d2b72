"""KML and KMZ placemarks, read and written. Coordinates are lon, lat by the definition of the format."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, TextIO
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from gridmap.errors import FileRefused
from gridmap.files.archives import check_archive, unpack
from gridmap.files.cells import Fault, printable
from gridmap.files.feed import Batch, Feed
from gridmap.files.formats import Format
from gridmap.files.shapefile import Unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from shapely import Geometry

_DECLARED = re.compile(rb'^(?:\xef\xbb\xbf)?<\?xml[^>]*encoding=["\']([A-Za-z0-9_-]+)["\']')
_BOUNDARIES = ("outerBoundaryIs", "innerBoundaryIs")


def open_kml(path: Path, form: Format) -> Feed:
    """Open the placemarks of a KML, or of the first KML inside a KMZ.

    Raises
    ------
    FileRefused
        Cut short, no XML, an XML bomb, or no placemark.
    """
    keep = None
    name = path.name
    if form is Format.KMZ:
        documents = [member for member in check_archive(path) if member.filename.lower().endswith(".kml")]
        if not documents:
            raise FileRefused(f"{name} has no .kml inside", file=name)
        keep = Unpacked()
        unpack(path, documents[:1], keep.folder, "doc")
        path = keep.folder / "doc.kml"
    columns: dict[str, None] = {}
    total = 0
    for mark in _placemarks(path, name):
        total += 1
        columns.update(dict.fromkeys(_attributes(mark)))
    if not total:
        raise FileRefused(f"{name} has no placemark: nothing to read", file=name)
    names = tuple(columns)

    def batches(size: int) -> Iterator[Batch]:
        _ = keep  # the unpacked document lives as long as this reader
        return _batches(path, name, names, size)

    return Feed(names, batches, total, "EPSG:4326", implied=True, keep=keep)


def _placemarks(path: Path, name: str) -> Iterator[Element]:
    with path.open("rb") as stream:
        head = stream.read(200)
        declared = _DECLARED.match(head)
        stream.seek(0)
        source: Any = stream
        if declared and declared.group(1).lower() not in {b"utf-8", b"us-ascii"}:
            source = _recoded(stream.read(), declared.group(1).decode("ascii"), name)
        try:
            for _, element in iterparse(source, events=("end",)):
                if _tag(element) == "Placemark":
                    yield element
                    element.clear()
        except DefusedXmlException as bomb:
            raise FileRefused(
                f"{name} declares XML entities, as an entity bomb does; export it again", file=name
            ) from bomb
        except (ParseError, ValueError) as broken:
            raise FileRefused(
                f"{name} is no sound KML or was cut short ({broken}); export it again", file=name
            ) from broken


def _recoded(data: bytes, encoding: str, name: str) -> io.BytesIO:
    """Expat knows no Chinese encodings: hand it UTF-8 without the declaration."""
    try:
        text = data.decode("gb18030" if encoding.lower() in {"gbk", "gb2312"} else encoding)
    except (UnicodeDecodeError, LookupError) as wrong:
        raise FileRefused(f"{name} says that it is in {encoding}, but it is not: {wrong}", file=name) from wrong
    return io.BytesIO(text[text.index("?>") + 2 :].encode("utf-8"))


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _attributes(mark: Element) -> dict[str, str]:
    """Name, description and extended data; extended data goes before the element of the same name."""
    found: dict[str, str] = {}
    for child in mark:
        if _tag(child) in {"name", "description"}:
            found[_tag(child)] = child.text or ""
    for data in mark.iter():
        tag = _tag(data)
        if tag == "Data":
            found[data.get("name", "")] = next((value.text or "" for value in data if _tag(value) == "value"), "")
        elif tag == "SimpleData":
            found[data.get("name", "")] = data.text or ""
    return found


def _batches(path: Path, name: str, columns: tuple[str, ...], size: int) -> Iterator[Batch]:
    numbers: list[int] = []
    rows: list[dict[str, str]] = []
    shapes: list[Geometry | None] = []
    faults: dict[int, Fault] = {}
    for number, mark in enumerate(_placemarks(path, name), start=1):
        try:
            shapes.append(_geometry(mark))
        except (ValueError, shapely.errors.ShapelyError) as wrong:
            faults[len(rows)] = Fault("geometry_unreadable", f"图形坐标无法读取（{wrong}），请修正后重新导入")
            shapes.append(None)
        numbers.append(number)
        rows.append(_attributes(mark))
        if len(rows) == size:
            yield _batch(numbers, rows, shapes, faults, columns)
            numbers, rows, shapes, faults = [], [], [], {}
    if rows:
        yield _batch(numbers, rows, shapes, faults, columns)


def _batch(
    numbers: list[int],
    rows: list[dict[str, str]],
    shapes: list[Geometry | None],
    faults: dict[int, Fault],
    columns: tuple[str, ...],
) -> Batch:
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    return Batch(numbers, [[row.get(column) for row in rows] for column in columns], array, faults)


def _geometry(element: Element) -> Geometry | None:
    """Read the first geometry among the children; several of a MultiGeometry become one."""
    for child in element:
        tag = _tag(child)
        if tag == "Point":
            return shapely.Point(_positions(child)[0])
        if tag in {"LineString", "LinearRing"}:
            return shapely.LineString(_positions(child))
        if tag == "Polygon":
            outer, inner = ([_positions(ring) for ring in child if _tag(ring) == side] for side in _BOUNDARIES)
            return shapely.Polygon(outer[0], inner) if outer else shapely.Polygon()
        if tag == "MultiGeometry":
            parts = [part for each in child if (part := _geometry(_wrap(each))) is not None]
            return _collect(parts)
    return None


def _wrap(element: Element) -> Element:
    holder = Element("holder")
    holder.append(element)
    return holder


def _collect(parts: list[Geometry]) -> Geometry:
    multi = {0: shapely.multipoints, 1: shapely.multilinestrings, 3: shapely.multipolygons}
    types = {int(shapely.get_type_id(part)) for part in parts}
    make: Any = multi.get(types.pop()) if len(types) == 1 else None
    made: Geometry = (make or shapely.geometrycollections)(parts)
    return made


def _positions(element: Element) -> list[tuple[float, ...]]:
    text = next((node.text or "" for node in element.iter() if _tag(node) == "coordinates"), "")
    positions = [tuple(float(number) for number in part.split(",")[:2]) for part in text.split()]
    if not positions or any(len(position) < 2 for position in positions):
        raise ValueError("坐标为空或不成对")
    return positions


def write_kml(stream: TextIO, title: str, rows: Iterable[tuple[str, Mapping[str, str], Geometry | None]]) -> int:
    """Write placemarks: a label, the fields as extended data, a geometry. Returns how many."""
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>')
    stream.write(f"<name>{escape(printable(title))}</name>\n")
    count = 0
    for label, fields, geometry in rows:
        data = "".join(
            f"<Data name={quoteattr(name)}><value>{escape(printable(value))}</value></Data>"
            for name, value in fields.items()
        )
        shape = "" if geometry is None else _kml_of(geometry)
        stream.write(
            f"<Placemark><name>{escape(printable(label))}</name>"
            f"<ExtendedData>{data}</ExtendedData>{shape}</Placemark>\n"
        )
        count += 1
    stream.write("</Document></kml>\n")
    return count


def _kml_of(geometry: Geometry) -> str:
    parts = getattr(geometry, "geoms", None)
    if parts is not None:
        return f"<MultiGeometry>{''.join(_kml_of(part) for part in parts)}</MultiGeometry>"
    if isinstance(geometry, shapely.Polygon):
        rings = [(_BOUNDARIES[0], geometry.exterior), *((_BOUNDARIES[1], hole) for hole in geometry.interiors)]
        inside = "".join(f"<{side}><LinearRing>{_coordinates(ring)}</LinearRing></{side}>" for side, ring in rings)
        return f"<Polygon>{inside}</Polygon>"
    tag = "Point" if isinstance(geometry, shapely.Point) else "LineString"
    return f"<{tag}>{_coordinates(geometry)}</{tag}>"


def _coordinates(geometry: Geometry) -> str:
    text = " ".join(f"{x!r},{y!r}" for x, y in shapely.get_coordinates(geometry).tolist())
    return f"<coordinates>{text}</coordinates>"
