"""What a map is about: a whole sub-district, one community or one grid, and what lies around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import NotFound
from gridmap.model.kinds import kind_named
from gridmap.services.overview_values import Neighbour
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import land, registers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from gridmap.access import Scope
    from gridmap.model.land import Community, Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction

_MARGIN = 0.15  # of the land's longer side is drawn around it
_LEAST_MARGIN = 120.0  # metres
_AROUND = 0.4  # of the longer side of what is drawn
_METRES = 111_000.0  # of a degree, near enough for a margin


@dataclass(frozen=True)
class Extent:
    """The land of a map under one plan.

    Parameters
    ----------
    grids, communities : list
        Those that the map is about, by code.
    neighbours : tuple of Neighbour
        What lies around them: communities around a community, grids around a grid, and the sub-districts next door.
    box : tuple of float or None
        West, south, east, north in degrees of what is drawn; None for everything.
    whole : bool
        The map is about a whole sub-district.
    """

    title: str
    found: PlanInForce
    grids: list[Grid]
    communities: list[Community]
    neighbours: tuple[Neighbour, ...] = ()
    box: Box | None = None
    whole: bool = False


def extent_of(tx: Transaction, scope: Scope, at: date | None, area: str | None) -> Extent:
    """Find what a map is about, by the plan in force now or on a day.

    Parameters
    ----------
    area : str or None
        Code of a community (12 digits) or a grid (15 digits); None for the first sub-district by code.

    Raises
    ------
    NoPlan
        No plan is in force at that time.
    NotFound
        The plan has no such community or grid, or it is out of scope.
    """
    plans = plans_in_force(tx, at)
    if area is None:
        found = plans[0]
        grids = [grid for grid in found.grids.values() if scope.unlimited or grid.community_id in scope.communities]
        communities = land.communities(tx, scope, subdistrict_id=found.subdistrict.id)
        extent = Extent(f"{found.subdistrict.name}一张图", found, grids, communities, whole=True)
        return _beside(tx, scope, extent, _box([grid.shape for grid in grids]))
    for found in plans:
        communities = land.communities(tx, scope, subdistrict_id=found.subdistrict.id)
        for community in communities:
            if community.code == area:
                extent = _of_community(found, community)
                return _beside(tx, scope, extent, extent.box)
            for grid in found.grids.values():
                if grid.code == area and grid.community_id == community.id:
                    extent = _of_grid(found, grid, community)
                    return _beside(tx, scope, extent, extent.box)
    raise NotFound(f"the plan has no community or grid {area!r}: give the code of a community or of a grid", area=area)


def roomy(box: Box | None) -> Box | None:
    """Widen what is drawn by what a screen of another shape shows besides: there the ground must not end."""
    if box is None:
        return None
    west, south, east, north = box
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    up = _AROUND * max((east - west) * squeeze, north - south)
    return west - up / squeeze, south - up, east + up / squeeze, north + up


def _of_community(found: PlanInForce, community: Community) -> Extent:
    grids = [grid for grid in found.grids.values() if grid.community_id == community.id]
    shapes = [grid.shape for grid in grids] or [community.outline or shapely.Polygon()]
    return Extent(
        f"{community.name}一张图",
        found,
        grids,
        [community],
        _around(found, shapes, grids, lambda grid: (grid.community_code, grid.community_name)),
        _box(shapes),
    )


def _of_grid(found: PlanInForce, grid: Grid, community: Community) -> Extent:
    neighbours = _around(found, [grid.shape], [grid], lambda other: (other.code, other.name))
    return Extent(f"{grid.name}示意图", found, [grid], [community], neighbours, _box([grid.shape]))


def _around(
    found: PlanInForce, shapes: Sequence[shapely.Geometry], own: Sequence[Grid], area: Callable[[Grid], tuple[str, str]]
) -> tuple[Neighbour, ...]:
    """Gather what else meets the box, grids dissolved by the area that they belong to."""
    box = _box(shapes)
    if box is None:
        return ()
    mine = {grid.id for grid in own}
    parts: dict[tuple[str, str], list[shapely.Geometry]] = {}
    near: set[tuple[str, str]] = set()
    window = shapely.box(*box)
    for grid in found.grids.values():
        if grid.id not in mine:
            parts.setdefault(area(grid), []).append(grid.shape)
            if shapely.intersects(window, grid.shape):
                near.add(area(grid))
    return tuple(
        Neighbour(code, name, shapely.coverage_union_all(np.array(parts[code, name], dtype=object)))
        for code, name in sorted(near)
    )


def _beside(tx: Transaction, scope: Scope, extent: Extent, window: Box | None) -> Extent:
    """Add the sub-districts next door that a window shows, as far as no grid of the plan has their land.

    Their borders come from another source than the grids', a few decimetres off: on maps the grids go before.
    """
    if window is None:
        return extent
    chunks = registers.read_chunks(tx, scope, kind_named("neighbouring_areas"), box=window)
    rows = [row for chunk in chunks for row in chunk if row["geom"]]
    if not rows:
        return extent
    own = shapely.coverage_union_all(np.array([grid.shape for grid in extent.found.grids.values()], dtype=object))
    shapes = shapely.difference(np.array([row["geom"] for row in rows], dtype=object), own)
    seen = shapely.intersects(shapely.box(*window), shapes)
    around = tuple(
        Neighbour(row["code"], row["name"], shape) for row, shape, near in zip(rows, shapes, seen, strict=True) if near
    )
    return replace(extent, neighbours=extent.neighbours + around)


def _box(shapes: Sequence[shapely.Geometry]) -> Box | None:
    """Bound what is drawn: the land and a margin."""
    bounds = shapely.total_bounds(np.array(shapes, dtype=object))
    if not np.isfinite(bounds).all():
        return None
    west, south, east, north = bounds.tolist()
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    longer = max((east - west) * squeeze, north - south)
    up = max(_MARGIN * longer, _LEAST_MARGIN / _METRES)
    return west - up / squeeze, south - up, east + up / squeeze, north + up
