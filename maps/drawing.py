"""From the values of an overview to what its page carries: a document of words and columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from gridmap.services.overview_values import BASE_KINDS, MEASURES
from maps.colouring import neighbours, steady_colours
from maps.shapes import UNIT, Columns, DisplayCoverage, Origin, point_columns, shape_columns, thin, widest_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Geometry

    from gridmap.services.overview_values import BaseLayer, Overview, PointLayer

# Widths on the map go by four classes; files name them in many words. What is in no list is drawn as a side road.
_ROAD_CLASSES: Mapping[str, int] = {
    **dict.fromkeys(("快速路", "高速公路", "主干路", "主干道", "motorway", "trunk", "primary"), 0),
    **dict.fromkeys(("次干路", "次干道", "secondary"), 1),
    **dict.fromkeys(("支路", "tertiary", "residential"), 2),
    **dict.fromkeys(("巷", "巷道", "里弄", "弄", "街巷", "辅路", "小路", "内部道路", "service", "footway"), 3),
}
_SIDE_ROAD = 2
_LONGITUDES = (-180.0, -90.0, 180.0, 90.0)
_POLYGONS = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_INSET = 0.08  # of the land's width: a name that stands so far inside its sides is not cut off
_ROOM = 0.3  # of the room to the sides is enough above and below
_RIM = 0.12  # of the land's longer side: a strip around it where the names of its neighbours stand

Bounds: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True)
class Drawing:
    """What a page carries.

    Parameters
    ----------
    document : dict
        Words, small numbers, and for each layer what it is; JSON.
    columns : dict of str to NDArray of int64
        Coordinates and other long rows of numbers.
    labels : dict of str to list of str
        The names of points by kind, in the order of their columns.
    """

    document: dict[str, Any]
    columns: Columns
    labels: dict[str, list[str]]


def draw(data: Overview) -> Drawing:
    """Lay out an overview. Equal values give an equal drawing, whatever the order of the grids' points."""
    grids = sorted(range(len(data.grids)), key=lambda index: data.grids[index].code)
    place_of = np.full(len(grids) + 1, -1, dtype=np.int64)  # the last one stands for -1: in no grid
    place_of[grids] = np.arange(len(grids))
    shapes = np.array([data.grids[index].shape for index in grids], dtype=object)
    around = np.array([neighbour.shape for neighbour in data.neighbours], dtype=object)
    coverage = DisplayCoverage(shapes, around) if grids else None

    areas = _community_shapes(data, coverage, [data.grids[index].community_code for index in grids])
    bounds = _bounds(areas, data)
    origin = (round(bounds[0] / UNIT), round(bounds[1] / UNIT))
    columns = shape_columns("communities", areas, origin)
    land = areas if coverage is None else np.concatenate([areas, coverage.lonlat])
    outline = shapely.union_all(land)
    columns |= shape_columns("outline", np.array([outline], dtype=object), origin)
    columns |= _grid_columns(coverage, origin, [data.grids[index].id for index in grids], data.earlier)
    columns |= _neighbour_columns(coverage, bounds, origin, whole=data.whole)
    counted = None if data.whole else outline
    base = [_base_layer(layer, columns, origin, counted) for layer in _layers_to_draw(data)]
    labels: dict[str, list[str]] = {}
    points = [_point_layer(layer, place_of, columns, labels, origin) for layer in data.points]
    document = {
        "title": data.title,
        "subdistrict": {"code": data.subdistrict_code, "name": data.subdistrict_name},
        "measures": [list(measure) for measure in MEASURES],
        "bounds": list(bounds),
        "origin": [value * UNIT for value in origin],
        "unit": UNIT,
        "communities": _communities(data),
        "grids": _grids(data, grids),
        "whole": data.whole,
        "neighbours": [{"code": each.code, "name": each.name} for each in data.neighbours] if grids else [],
        "totals": _numbers(data.totals),
        "unassigned": _numbers(data.unassigned),
        "base": base,
        "points": points,
    }
    return Drawing(document, columns, labels)


def _numbers(numbers: Mapping[str, int]) -> list[int | None]:
    return [None if numbers.get(key) is None else int(numbers[key]) for key, _ in MEASURES]


def _communities(data: Overview) -> list[dict[str, Any]]:
    return [
        {
            "code": community.code,
            "name": community.name,
            "section": community.section,
            "limits": community.four_limits,
            "numbers": _numbers(community.numbers),
        }
        for community in data.communities
    ]


def _grids(data: Overview, order: list[int]) -> list[dict[str, Any]]:
    place = {community.code: index for index, community in enumerate(data.communities)}
    return [
        {
            "code": grid.code,
            "name": grid.name,
            "short": grid.short,
            "kind": grid.kind.value,
            "community": place.get(grid.community_code, -1),
            "worker": grid.worker,
            "limits": grid.four_limits,
            "numbers": _numbers(grid.numbers),
        }
        for grid in (data.grids[index] for index in order)
    ]


def _community_shapes(data: Overview, coverage: DisplayCoverage | None, codes: list[str]) -> NDArray[np.object_]:
    """Dissolve the grids of each community; one without grids keeps its imported outline."""
    shapes = np.empty(len(data.communities), dtype=object)
    owner = np.array(codes)
    for index, community in enumerate(data.communities):
        own = np.flatnonzero(owner == community.code)
        if coverage is not None and len(own):
            shapes[index] = shapely.union_all(coverage.lonlat[own])
        else:
            shapes[index] = shapely.Polygon() if community.shape is None else community.shape
    return shapes


def _bounds(areas: NDArray[np.object_], data: Overview) -> Bounds:
    """West, south, east, north of the land, or of whatever there is to see."""
    for candidate in (areas, *(np.array(layer.shapes, dtype=object) for layer in data.base)):
        if len(candidate) and np.isfinite(box := shapely.total_bounds(candidate)).all():
            west, south, east, north = (float(side) for side in box)
            return west, south, east, north
    located = [layer.lonlat for layer in data.points if len(layer.lonlat)]
    if not located:
        return _LONGITUDES
    together = np.concatenate(located)
    west, south, east, north = (float(side) for side in (*together.min(axis=0), *together.max(axis=0)))
    return west, south, east, north


def _grid_columns(
    coverage: DisplayCoverage | None, origin: Origin, ids: list[UUID], earlier: Sequence[Mapping[UUID, Geometry]]
) -> Columns:
    if coverage is None:
        return shape_columns("grids", np.array([], dtype=object), origin)
    centres, radii = coverage.label_circles()
    columns = shape_columns("grids", coverage.lonlat, origin)
    columns |= point_columns("grids.labels", centres, origin)
    columns["grids.radii"] = np.floor(radii * 10).astype(np.int64)  # decimetres
    columns["grids.colours"] = np.array(steady_colours(ids, neighbours(coverage.plane_shapes), earlier), dtype=np.int64)
    return columns


def _neighbour_columns(coverage: DisplayCoverage | None, bounds: Bounds, origin: Origin, *, whole: bool) -> Columns:
    """Put the land around into the columns, its borders, and where its names stand: beside what the map is about."""
    around = np.array([], dtype=object) if coverage is None else coverage.around
    columns = shape_columns("neighbours", around, origin)
    columns |= shape_columns("borders", around if coverage is None else coverage.borders_around(), origin)
    west, south, east, north = bounds
    rim = _RIM * max(east - west, north - south)
    wide = shapely.box(west - rim, south - rim, east + rim, north + rim)
    beside = _areal(shapely.intersection(around, wide), around)
    if whole:  # names above and below the land are seen on a phone too
        inset = _INSET * (east - west)
        narrow = shapely.box(west + inset, south - rim, east - inset, north + rim)
        above = _areal(shapely.intersection(around, narrow), beside)
        room, least = (shapely.length(shapely.maximum_inscribed_circle(each)) for each in (above, beside))
        beside = np.where(room > _ROOM * least, above, beside)
    return columns | point_columns("neighbours.labels", widest_places(beside), origin)


def _areal(shapes: NDArray[np.object_], instead: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take others where a shape has no area."""
    areal = np.isin(shapely.get_type_id(shapes), _POLYGONS) & ~shapely.is_empty(shapes)
    return np.where(areal, shapes, instead)


def _layers_to_draw(data: Overview) -> list[BaseLayer]:
    """Put the base map in the order of drawing; a part of a sub-district goes without what it does not have."""
    layers = sorted(data.base, key=lambda layer: BASE_KINDS.index(layer.kind))
    return [layer for layer in layers if layer.shapes or data.whole]


def _base_layer(layer: BaseLayer, columns: Columns, origin: Origin, counted: shapely.Geometry | None) -> dict[str, Any]:
    """Put one layer of the base map into the columns; roads of one name and class are joined for their labels.

    Of the ground around a part of a sub-district only what meets the part is counted.
    """
    shapes = thin(np.array(layer.shapes, dtype=object))
    names = list(layer.names)
    count = len(shapes) if counted is None else int(shapely.intersects(counted, shapes).sum())
    described: dict[str, Any] = {"kind": layer.kind, "count": count}
    if layer.kind == "roads":
        classes = [road_class(level) for level in layer.levels or ("",) * len(shapes)]
        shapes, names, classes = join_roads(shapes, names, classes)
        columns[f"{layer.kind}.classes"] = np.array(classes, dtype=np.int64)
    if layer.kind == "waters":
        areas = shapely.get_dimensions(shapes) == 2
        columns["waters.areas"] = areas.astype(np.int64)
        columns |= point_columns("waters.labels", widest_places(shapes), origin)
    if any(names) and layer.kind != "buildings":
        described["names"] = names
    columns |= shape_columns(layer.kind, shapes, origin)
    return described


def road_class(level: str) -> int:
    """Tell how wide a road is drawn by what the file calls it: 0 widest, 3 narrowest."""
    return _ROAD_CLASSES.get(level, _SIDE_ROAD)


def join_roads(
    shapes: NDArray[np.object_], names: list[str], classes: list[int]
) -> tuple[NDArray[np.object_], list[str], list[int]]:
    """Join roads of one name and class, so that a name is written along the whole of it."""
    together: dict[tuple[int, str], list[int]] = {}
    for index, key in enumerate(zip(classes, names, strict=True)):
        together.setdefault(key, []).append(index)
    joined = [shapely.line_merge(shapely.union_all(shapes[indices])) for indices in together.values()]
    return np.array(joined, dtype=object), [name for _, name in together], [number for number, _ in together]


def _point_layer(
    layer: PointLayer, place_of: NDArray[np.int64], columns: Columns, labels: dict[str, list[str]], origin: Origin
) -> dict[str, Any]:
    """Put points into the columns, by grid and then from west to east: neighbours in the row are near each other."""
    places = place_of[layer.grid]
    order = np.lexsort((layer.lonlat[:, 1], layer.lonlat[:, 0], places))
    columns |= point_columns(layer.kind, layer.lonlat[order], origin)
    columns[f"{layer.kind}.grid"] = places[order]
    if layer.labels is not None:
        labels[layer.kind] = [layer.labels[index] for index in order.tolist()]
    return {"kind": layer.kind, "count": len(order)}
