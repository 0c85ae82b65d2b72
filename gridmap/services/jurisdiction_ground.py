"""What lies around a point: the features that decide, the neighbour across the border, and a small picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.space.bearings import EAST, NORTH, SIDES, SOUTH, WEST, Beside, beside, deciding
from gridmap.storage import registers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

SIDE_WORDS = {EAST: "东", SOUTH: "南", WEST: "西", NORTH: "北", "": ""}
_OPPOSITE = {EAST: WEST, WEST: EAST, NORTH: SOUTH, SOUTH: NORTH}
_KINDS = ("roads", "waters", "railways")
_WITHIN = 1_000.0  # metres: a road farther away decides nothing
_DEGREES = 0.012  # about as far, for narrowing in the database
Names = Mapping[UUID, str]
"""Names of grids by id, as far as the caller may see them."""
_SMALLEST, _LARGEST = 120.0, 400.0  # metres from the point to the edge of the picture


@dataclass(frozen=True)
class Surrounding:
    """What lies around a point, in the plane.

    Parameters
    ----------
    decides : tuple of (name, Beside) or None
        The feature that parts the point from the neighbour.
    sides : list of dict
        The nearest feature towards each side: what a 四至 of the point would name.
    neighbour : dict
        The grid across the border: code, name, metres.
    """

    xy: NDArray[np.float64]
    shapes: list[Any]
    names: list[str]
    kinds: list[str]
    decides: tuple[str, Beside] | None
    sides: list[dict[str, Any]]
    neighbour: dict[str, Any]
    border: float


def surrounding(
    tx: Transaction, position: tuple[float, float], plan: PlanInForce, grid: Grid | None, names_of: Names
) -> Surrounding:
    """Look around a point, lon/lat EPSG:4490, that a grid of a plan has.

    Parameters
    ----------
    names_of : mapping
        Names of the grids that may be named; the others are known by their codes alone.
    """
    xy = plan.plane.project(np.array([position]))[0]
    names, kinds, lonlat = _features(tx, position)
    shapes = list(plan.plane.project_geometries(np.array(lonlat, dtype=object))) if lonlat else []
    edge = plan.plane.project_geometries(np.array([grid.shape], dtype=object))[0].boundary if grid else None
    found = beside(xy, shapes, edge, within=_WITHIN)
    named = [each for each in found if names[each.index]]
    best = deciding(named)
    border = float(shapely.distance(edge, shapely.Point(xy))) if edge is not None else 0.0
    return Surrounding(
        xy=xy,
        shapes=shapes,
        names=names,
        kinds=kinds,
        decides=(names[best.index], best) if best else None,
        sides=_sides(named, names),
        neighbour=_neighbour(xy, plan, grid, names_of) if grid else {},
        border=border,
    )


def _features(tx: Transaction, position: tuple[float, float]) -> tuple[list[str], list[str], list[Any]]:
    """Read the roads, waters and railways near a position; they belong to no area and everybody may know them."""
    lon, lat = position
    box = (lon - _DEGREES, lat - _DEGREES, lon + _DEGREES, lat + _DEGREES)
    names, kinds, shapes = [], [], []
    for kind in _KINDS:
        for chunk in registers.read_chunks(tx, Scope.everything(tx.actor), kind_named(kind), box=box):
            for row in chunk:
                if row["geom"] is not None:
                    names.append(str(row["name"] or ""))
                    kinds.append(kind)
                    shapes.append(row["geom"])
    return names, kinds, shapes


def _sides(found: list[Beside], names: list[str]) -> list[dict[str, Any]]:
    """Name the nearest feature towards each side: one that the point lies west of is towards its east."""
    listed = []
    for side in SIDES:
        near = next((each for each in found if each.side == _OPPOSITE[side]), None)
        if near:
            listed.append({"side": side, "name": names[near.index], "metres": round(near.metres, 1)})
    return listed


def _neighbour(xy: NDArray[np.float64], plan: PlanInForce, grid: Grid, names_of: Names) -> dict[str, Any]:
    """Name the nearest other grid, when it is as near as the border: else nobody's land lies beyond."""
    others = [each for each in plan.grids.values() if each.id != grid.id]
    if not others:
        return {}
    shapes = plan.plane.project_geometries(np.array([each.shape for each in others], dtype=object))
    metres = shapely.distance(shapes, shapely.Point(xy))
    own = plan.plane.project_geometries(np.array([grid.shape], dtype=object))[0]
    near = int(np.argmin(metres))
    if metres[near] > float(shapely.distance(own.boundary, shapely.Point(xy))) + 1.0:
        return {}
    found = others[near]
    return {"code": found.code, "name": names_of.get(found.id, ""), "metres": round(float(metres[near]), 1)}


def picture_of(around: Surrounding, plan: PlanInForce, grid: Grid | None, names_of: Names) -> dict[str, Any]:
    """Cut a small map out of the land around a point: metres from it, to the decimetre, so that it can be kept.

    Returns
    -------
    dict
        `half` (metres from the middle to the edge), `grids` (code, name, own, parts, label) and `features` (name, kind,
        parts, label), where parts are lists of positions and label is where the name goes.
    """
    half = float(np.clip(around.border * 2.5 + 60.0, _SMALLEST, _LARGEST))
    x, y = around.xy.tolist()
    window = shapely.box(x - half, y - half, x + half, y + half)
    shapes = plan.plane.project_geometries(np.array([each.shape for each in plan.grids.values()], dtype=object))
    grids = [
        {"code": each.code, "name": names_of.get(each.id, ""), "own": bool(grid and each.id == grid.id)} | drawn
        for each, shape in zip(plan.grids.values(), shapes, strict=True)
        if (drawn := _drawn(shape, window, around.xy))
    ]
    features = [
        {"name": name, "kind": kind} | drawn
        for name, kind, shape in zip(around.names, around.kinds, around.shapes, strict=True)
        if (drawn := _drawn(shape, window, around.xy))
    ]
    return {"half": round(half, 1), "grids": grids, "features": features}


def _drawn(shape: Any, window: Any, middle: NDArray[np.float64]) -> dict[str, Any]:
    """Return the lines of a shape within a window, or the rings of its areas, and where its name goes."""
    cut = shapely.intersection(shape, window)
    parts: list[list[list[float]]] = []
    for part in shapely.get_parts(cut):
        rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for ring in rings:
            xy = shapely.get_coordinates(ring) - middle
            if len(xy) > 1:
                parts.append(np.round(xy, 1).tolist())
    return {"parts": parts, "label": _label(cut, window, middle)} if parts else {}


def _label(cut: Any, window: Any, middle: NDArray[np.float64]) -> list[float] | None:
    """Find a place for a name: inside an area, halfway along a line, and not at the edge of the picture."""
    west, south, east, north = shapely.bounds(window).tolist()
    inset = 0.12 * (east - west)
    inner = shapely.intersection(cut, shapely.box(west + inset, south + inset / 3, east - inset, north - inset / 3))
    parts = shapely.get_parts(inner)
    parts = parts[shapely.length(parts) > 0]  # where they only touch, points are left
    if not len(parts):
        return None
    best = parts[int(np.argmax(np.where(shapely.area(parts) > 0, shapely.area(parts), shapely.length(parts))))]
    if best.geom_type == "Polygon":
        at = shapely.get_coordinates(shapely.point_on_surface(best))[0]
    else:
        at = shapely.get_coordinates(shapely.line_interpolate_point(best, 0.5, normalized=True))[0]
    rounded: list[float] = np.round(at - middle, 1).tolist()
    return rounded
