"""Shapes as delivered to lon/lat, each that cannot be used a fault with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap import datum
from gridmap.errors import CoordinatesRefused
from gridmap.files.cells import Fault, text_of
from gridmap.model.kinds import Shape
from gridmap.space.polygons import broken

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from gridmap.model.kinds import Kind

_TYPES = {
    Shape.POINT: (shapely.GeometryType.POINT,),
    Shape.LINE: (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    Shape.POLYGON: (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
_TYPES[Shape.ANY] = tuple(type_ for types in list(_TYPES.values()) for type_ in types)
_WORDS = {Shape.POINT: "点", Shape.LINE: "线", Shape.POLYGON: "面", Shape.ANY: "点、线、面"}
_DIMENSION_WORDS = {0: "点", 1: "线", 2: "面"}
_REASONS = {
    "Self-intersection": "自相交",
    "Ring Self-intersection": "环自相交",
    "Hole lies outside shell": "洞在外环之外",
    "Holes are nested": "洞互相嵌套",
    "Nested shells": "部分互相嵌套",
    "Interior is disconnected": "内部不连通",
    "Duplicate Rings": "环重复",
    "Too few points in geometry component": "坐标点太少",
}
_CAUSES = {
    "metres": "数值像是米，不是度",
    "degrees": "数值像是度，不是米",
    "swapped_axes": "两个坐标的先后颠倒了，请对调",
    "zone_number": "带号不符",
}
_MAY_BE_UNPLACED = frozenset({"communities", "micro_grids", "compounds", "buildings"})  # listed before they are drawn


@dataclass(frozen=True)
class Judged:
    """What became of the shapes of a batch.

    Parameters
    ----------
    lonlat : array of object
        Shapely geometries in EPSG:4490, two-dimensional; None where there is none or it is refused.
    faults : dict
        Position to what is wrong.
    flattened : int
        Shapes whose heights or measures were dropped.
    """

    lonlat: NDArray[np.object_]
    faults: dict[int, Fault]
    flattened: int


def may_lack_shape(kind: Kind) -> bool:
    """Tell whether a record of this kind is of use without a shape: subjects wait for a place (待定位)."""
    return kind.assigned or kind.shape is Shape.NONE or kind.name in _MAY_BE_UNPLACED


def judge(
    kind: Kind,
    shapes: NDArray[np.object_],
    numbers: Sequence[int],
    crs: datum.Crs,
    known: Collection[int] = (),
) -> Judged:
    """Check the shapes of a batch and bring them to lon/lat.

    Parameters
    ----------
    kind : Kind
    shapes : (N,) array of shapely geometries
        In the coordinates of `crs`.
    numbers : sequence of int
        Row numbers, for messages.
    crs : Crs
    known : collection of int
        Positions whose shape is known to be unreadable; they are left alone.

    Raises
    ------
    CoordinatesRefused
        More than half of the shapes contradict the CRS: it was declared wrongly, or the axes are swapped.
    """
    deep = shapely.has_z(shapes) | shapely.has_m(shapes)
    flat = np.where(deep, shapely.force_2d(shapes), shapes) if deep.any() else shapes
    flat = _unwrapped(flat)
    faults: dict[int, Fault] = {}
    missing = shapely.is_missing(flat)
    if not may_lack_shape(kind):
        for position in set(np.flatnonzero(missing).tolist()).difference(known):
            faults[position] = Fault("geometry_missing", "没有图形或坐标，请补上后重新导入")
    for position in np.flatnonzero(_not_finite(flat)).tolist():
        faults[position] = Fault("geometry_invalid", "坐标中有空值或无穷大（NaN），请修正后重新导入")
    for position in np.flatnonzero(shapely.is_empty(flat) & ~missing).tolist():
        faults.setdefault(position, Fault("geometry_empty", "图形是空的（EMPTY），请补画后重新导入"))
    wrong_type = ~missing & ~np.isin(shapely.get_type_id(flat), [int(type_) for type_ in _TYPES[kind.shape]])
    for position in np.flatnonzero(wrong_type).tolist():
        faults.setdefault(position, _wrong_type(kind, flat[position]))
    for position in np.flatnonzero(~missing & ~shapely.is_valid(flat)).tolist():
        faults.setdefault(position, _invalid(flat[position]))
    good = ~missing
    good[list(faults)] = False
    for position, fault in _misplaced(flat, np.flatnonzero(good), numbers, crs).items():
        faults[position] = fault
        good[position] = False
    lonlat = np.full(len(flat), None, dtype=object)
    if good.any():
        lonlat[good] = datum.geometries_to_lonlat(flat[good], crs)
    return Judged(lonlat, faults, int(deep.sum()))


def read_wkt(cells: Sequence[object], label: str) -> tuple[NDArray[np.object_], dict[int, Fault]]:
    """Read a column of WKT: shapes, None for an empty cell, and what cannot be read."""
    texts = np.array([text_of(cell).strip() or None for cell in cells], dtype=object)
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are found by `judge`
        shapes = np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    faults: dict[int, Fault] = {}
    for position in np.flatnonzero(shapely.is_missing(shapes) & (texts != None)).tolist():  # noqa: E711 (elementwise)
        text = str(texts[position])
        try:
            shapely.from_wkt(text)
        except shapely.errors.ShapelyError as wrong:
            faults[position] = Fault(
                "geometry_unreadable",
                f"“{label}”不是可读的 WKT 图形（{str(wrong)[:120]}），可能是环未闭合或文字被截断；请修正后重新导入",
                text[:60],
            )
    return shapes, faults


def _unwrapped(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Take the one part out of collections and multipoints that have one."""
    wrapped = np.isin(
        shapely.get_type_id(shapes),
        [int(shapely.GeometryType.MULTIPOINT), int(shapely.GeometryType.GEOMETRYCOLLECTION)],
    ) & (shapely.get_num_geometries(shapes) == 1)
    if not wrapped.any():
        return shapes
    plain = shapes.copy()
    plain[wrapped] = shapely.get_geometry(shapes[wrapped], 0)
    return plain


def _not_finite(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    coordinates, index = shapely.get_coordinates(shapes, return_index=True)
    found = np.zeros(len(shapes), dtype=bool)
    found[index[~np.isfinite(coordinates).all(axis=1)]] = True
    return found


def _wrong_type(kind: Kind, shape: shapely.Geometry) -> Fault:
    is_open_line = kind.shape is Shape.POLYGON and shapely.get_dimensions(shape) == 1
    word = _DIMENSION_WORDS.get(int(shapely.get_dimensions(shape)), _type_name(shape))
    remedy = "请把线闭合成面" if is_open_line else "请改画后重新导入"
    return Fault(
        "geometry_type",
        f"图形是{word}（{_type_name(shape)}），{kind.chinese}需要{_WORDS[kind.shape]}；{remedy}",
        _type_name(shape),
    )


def _type_name(shape: shapely.Geometry) -> str:
    return shapely.GeometryType(int(shapely.get_type_id(shape))).name


def _invalid(shape: shapely.Geometry) -> Fault:
    found = broken(shape)
    what, (x, y) = found if found is not None else ("", (0.0, 0.0))
    return Fault(
        "geometry_invalid",
        f"图形{_REASONS.get(what, what)}，位置（{x:.10g}, {y:.10g}）；请修正该处，或先用 gridmap repair 修复整个图层",
        what,
    )


def _misplaced(
    shapes: NDArray[np.object_], positions: NDArray[np.intp], numbers: Sequence[int], crs: datum.Crs
) -> dict[int, Fault]:
    """Find the shapes whose coordinates cannot be in that CRS: some are faults, most of them refuse the file."""
    if not len(positions):
        return {}
    coordinates, owner = shapely.get_coordinates(shapes[positions], return_index=True)
    wrong = np.unique(owner[~datum.within_area(coordinates, crs)])
    if len(wrong) and 2 * len(wrong) <= len(positions):
        return {int(positions[index]): _astray(shapes[positions[index]], crs) for index in wrong}
    try:
        datum.check_magnitude(coordinates, crs)  # what all of them look like together, swapped axes too
    except CoordinatesRefused as cause:
        first = numbers[positions[wrong[0] if len(wrong) else 0]]
        x, y = coordinates[owner == (wrong[0] if len(wrong) else 0)][0].tolist()
        raise CoordinatesRefused(
            f"row {first} ({x:.10g}, {y:.10g}) and {max(len(wrong), len(positions)) - 1} other rows: {cause.message}",
            **{**cause.evidence, "row": first, "rows": [numbers[positions[index]] for index in wrong[:20]]},
        ) from cause
    return {}


def _astray(shape: shapely.Geometry, crs: datum.Crs) -> Fault:
    coordinates = shapely.get_coordinates(shape)
    x, y = coordinates[~datum.within_area(coordinates, crs)][0].tolist()
    looks = "不在该坐标系的范围内"
    try:
        datum.check_magnitude(coordinates, crs)
    except CoordinatesRefused as cause:
        looks = _CAUSES.get(str(cause.evidence.get("cause")), looks)
    return Fault(
        "coordinates_refused",
        f"坐标（{x:.10g}, {y:.10g}）与声明的坐标系 {crs.name} 不符：{looks}；请核对该行坐标后重新导入",
        f"{x:.10g}, {y:.10g}",
    )
