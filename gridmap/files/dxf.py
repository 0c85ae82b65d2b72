"""DXF drawings: closed polylines are areas, texts inside them are their names."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyogrio
import shapely

from gridmap.errors import FileRefused
from gridmap.files.delimited import find_encoding
from gridmap.files.feed import Batch, Feed
from gridmap.files.gis import read_features, shapes_of
from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridmap.files.gis import Features

_HEAD = 1 << 16
_HEADER = "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1021\n0\nENDSEC\n"
_POINT, _LINE, _POLYGON = "point", "line", "polygon"
_DIMENSIONS = {_POINT: 0, _LINE: 1, _POLYGON: 2}
_WANTED = {
    Shape.POLYGON: (_LINE, _POLYGON),  # open lines stay, to be refused by name
    Shape.LINE: (_LINE,),
    Shape.POINT: (_POINT,),
    Shape.ANY: (_POINT, _LINE, _POLYGON),
    Shape.NONE: (),
}


def open_dxf(path: Path, shape: Shape, layer: str | None, encoding: str | None) -> Feed:
    """Open a drawing. Columns: Layer, and Text (what is written inside an area, or the text itself).

    Parameters
    ----------
    path : Path
    shape : Shape
        What is looked for: areas (closed lines are made polygons), lines or points.
    layer : str or None
        Take the entities of this drawing layer alone.
    encoding : str or None

    Raises
    ------
    FileRefused
        Cut short, no such layer, or nothing of that shape.
    """
    _require_end(path)
    features = _read_as_utf8(path, encoding)
    columns = dict(zip(features.columns, features.attributes, strict=True))
    layers = columns["Layer"]
    if layer is not None and layer not in layers:
        names = "、".join(sorted({str(name) for name in layers}))
        raise FileRefused(f"{path.name} has no layer {layer!r}; it has: {names}", file=path.name)
    shapes, _ = shapes_of(features.wkb)
    shapes = shapely.force_2d(shapes)
    texts = columns.get("Text", np.full(len(shapes), None, dtype=object))
    dimensions = shapely.get_dimensions(shapes)
    is_text = (dimensions == 0) & np.array([bool(text) for text in texts], dtype=bool)
    labels = (shapes[is_text], texts[is_text])
    if shape is not Shape.LINE:
        shapes = _areas_of_closed_lines(shapes)
        dimensions = shapely.get_dimensions(shapes)
    chosen = np.isin(dimensions, [_DIMENSIONS[name] for name in _WANTED[shape]])
    if layer is not None:
        chosen &= layers == layer
    shapes = shapes[chosen]
    if not len(shapes):
        raise FileRefused(
            f"{path.name} has no {shape.value} entities{'' if layer is None else f' on layer {layer}'}; "
            "areas have to be closed polylines",
            file=path.name,
        )
    written = _only(texts, is_text)[chosen]
    cells = [layers[chosen].tolist(), _texts_inside(shapes, written, *labels)]
    passed = len(dimensions) - len(shapes) - int((is_text & ~chosen).sum())
    notes = [f"图纸中另有 {passed} 个图元不是所需图形，未读取"] if passed else []

    def batches(size: int) -> Iterator[Batch]:
        for start in range(0, len(shapes), size):
            part = slice(start, start + size)
            count = len(shapes[part])
            yield Batch(list(range(start + 1, start + count + 1)), [column[part] for column in cells], shapes[part])

    return Feed(("Layer", "Text"), batches, len(shapes), notes=notes)


def _read_as_utf8(path: Path, encoding: str | None) -> Features:
    """Read a drawing by its real encoding: what its header says of code pages is often not so.

    GDAL asks for the encoding only where there is a header section, so a drawing without one is given it.
    """
    found = find_encoding(path, encoding)
    with path.open("rb") as stream:
        headless = b"HEADER" not in stream.read(_HEAD)
    with ExitStack() as stack:
        if headless or found != "utf-8-sig":
            text = path.read_text(encoding=found)
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gridmap-")))
            path = folder / path.name
            path.write_text((_HEADER if headless else "") + text, encoding="utf-8")
        pyogrio.set_gdal_config_options({"DXF_ENCODING": "UTF-8"})
        return read_features(path)


def _require_end(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - 64, 0))
        tail = stream.read().rstrip(b"\x00\x1a \r\n\t")
    if not tail.endswith(b"EOF"):
        raise FileRefused(
            f"{path.name} was cut short or is no text DXF: it does not end with EOF; save it again as ASCII DXF",
            file=path.name,
        )


def _areas_of_closed_lines(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    made = shapes.copy()
    is_line = shapely.get_type_id(shapes) == shapely.GeometryType.LINESTRING
    closed = is_line & shapely.is_closed(shapes) & (shapely.get_num_points(shapes) >= 4)
    if closed.any():
        coordinates, index = shapely.get_coordinates(shapes[closed], return_index=True)
        made[closed] = shapely.polygons(shapely.linearrings(coordinates, indices=index))
    return made


def _only(items: NDArray[np.object_], chosen: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Keep the chosen ones in their places, None in the others."""
    kept = np.full(len(items), None, dtype=object)
    kept[chosen] = items[chosen]
    return kept


def _texts_inside(
    shapes: NDArray[np.object_],
    written: NDArray[np.object_],
    labels: NDArray[np.object_],
    texts: NDArray[np.object_],
) -> list[object]:
    """Give each text entity its own text, each area the texts that stand in it."""
    inside: list[list[str]] = [[str(text)] if text else [] for text in written]
    areas = shapely.get_dimensions(shapes) == 2
    if areas.any() and len(labels):
        tree = shapely.STRtree(labels)
        owners, found = tree.query(_only(shapes, areas), predicate="intersects")
        for owner, label in zip(owners.tolist(), found.tolist(), strict=True):
            inside[owner].append(str(texts[label]).strip())
    return [" ".join(dict.fromkeys(names)) or None for names in inside]
