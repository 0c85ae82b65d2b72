"""Layers in the style of OpenStreetMap as nodes of the gazetteer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.address.normalise import normalise
from gridmap.datum import Plane, check_magnitude, geometries_to_lonlat
from gridmap.files.layers import read_layer
from gridmap.services.gazetteer_sources import add_house_number, add_road, key_of_name, reach

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.files.layers import Layer
    from gridmap.services.gazetteer_sources import Gathering

_NAME = ("name:zh", "name")
_OTHER_NAMES = ("alt_name", "old_name", "short_name", "official_name")
_STREET = ("addr:street", "addr_street")
_NUMBER = ("addr:housenumber", "addr_housenumber")
_KIND = ("highway", "kind", "railway", "waterway", "route")
_NO_ROAD = frozenset(
    ("rail", "subway", "light_rail", "tram", "monorail", "ferry", "river", "stream", "canal", "water", "aerialway")
)
_LINES = frozenset((1, 5))
_HOUSING = ("小区", "花园", "花苑", "家园", "嘉园", "名苑", "新村", "新苑", "公寓", "里弄")
_APART = 150.0  # metres from which two places of one name are two


def plane_of_file(path: Path, crs: str | None) -> Plane:
    """Return the plane in which a file's shapes are measured."""
    shapes = _lonlat(read_layer(path, crs=crs))
    return Plane.near(shapely.get_coordinates(shapes))


def gather_file(made: Gathering, path: Path, crs: str | None, source: str) -> None:
    """Add what a layer holds: named lines are roads, house numbers hang on their road, names are places.

    Raises
    ------
    FileRefused, CrsRefused, CoordinatesRefused
        It cannot be used.
    """
    layer = read_layer(path, crs=crs)
    shapes = made.plane.project_geometries(_lonlat(layer))
    column = {name: layer.attributes[name] for name in layer.attributes}
    rows = [(_Row({name: values[at] for name, values in column.items()}), shape) for at, shape in enumerate(shapes)]
    _add_roads(made, rows, source)
    made.learn_names()
    merged: dict[Any, tuple[_Row, list[Any]]] = {}
    for number, (row, shape) in enumerate(rows):
        if shape is not None and shapely.get_type_id(shape) not in _LINES:
            identity = row.values.get("id") or row.values.get("osm_id") or f"#{number}"
            merged.setdefault((identity, row.first(_NAME)), (row, []))[1].append(shape)
    for row, pieces in merged.values():
        _add_place(made, row, pieces, source)


class _Row:
    """The properties of a feature."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def first(self, names: tuple[str, ...]) -> str:
        """Return the first of some properties that says anything."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str) and value.strip():
                return value.strip()
        return ""


def _lonlat(layer: Layer) -> NDArray[np.object_]:
    placed = ~(shapely.is_missing(layer.shapes) | shapely.is_empty(layer.shapes))
    check_magnitude(shapely.get_coordinates(layer.shapes[placed]), layer.crs)
    shapes = layer.shapes.copy()
    shapes[~placed] = None
    shapes[placed] = geometries_to_lonlat(layer.shapes[placed], layer.crs)
    return shapes


def _add_roads(made: Gathering, rows: list[tuple[_Row, Any]], source: str) -> None:
    pieces: dict[str, list[shapely.Geometry]] = {}
    for row, shape in rows:
        if shape is None or shapely.get_type_id(shape) not in _LINES:
            continue
        name = normalise(row.first(_NAME)).text
        if name and not {row.first((kind,)) for kind in _KIND} & _NO_ROAD:
            pieces.setdefault(name, []).append(shape)
    for name, lines in pieces.items():
        add_road(made.nodes, name, lines, source)


def _add_place(made: Gathering, row: _Row, pieces: list[Any], source: str) -> None:
    points = [piece for piece in pieces if piece.geom_type == "Point"]
    outline: Any = shapely.union_all([piece for piece in pieces if piece.geom_type != "Point"])
    middle = points[0] if points else outline.point_on_surface()
    xy = (float(middle.x), float(middle.y))
    street, number, name = row.first(_STREET), row.first(_NUMBER), normalise(row.first(_NAME)).text
    door = -1
    if street and number:
        door = add_house_number(made, street, number, xy, source, outline=not points)
    if not re.search(r"[^\W\d_]", name):
        return  # what is called 1 is not found by that
    size = 10.0 if outline.is_empty else max(reach(outline), 5.0)
    level = "compound" if name.endswith(_HOUSING) else "poi"
    key = key_of_name("place", name)
    at, count = _same_place(made, key, xy, door), 1
    while at < 0:  # two parks of one name far apart are two places
        spelled = key if count == 1 else f"{key}#{count}"
        found = made.nodes.add(
            level,  # type: ignore[arg-type]
            name,
            spelled,
            door,
            xy=xy,
            radius=size,
            source=source,
            origin=str(row.values.get("id") or row.values.get("osm_id") or name),
            site=door,
        )
        if _apart(made, found, xy) <= _APART:
            at = found
            made.places.setdefault(key, []).append(at)
        count += 1
    if not outline.is_empty and level == "compound":
        made.nodes.shapes.setdefault(at, outline)
    for other in _OTHER_NAMES:
        if spelled := normalise(row.first((other,))).text:
            made.nodes.aliases.append((at, spelled))


def _apart(made: Gathering, node: int, xy: tuple[float, float]) -> float:
    return float(np.hypot(made.nodes.x[node] - xy[0], made.nodes.y[node] - xy[1]))


def _same_place(made: Gathering, key: str, xy: tuple[float, float], door: int) -> int:
    """Return the node of a place that is drawn twice, as a point and as an outline, say; -1 when it is new.

    Only one of the two may tell a house number, or both the same.
    """
    for node in made.places.get(key, ()):
        own = made.nodes.site[node]
        if _apart(made, node, xy) <= _APART and (own == door or own < 0 or door < 0):
            made.nodes.site[node] = max(own, door)
            return node
    return -1
