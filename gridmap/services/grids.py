"""The grids of the plan in force, with their numbers."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.access import Mask, Scope, mask
from gridmap.errors import NotFound
from gridmap.services.numbers import numbers_by_grid
from gridmap.services.plan_land import PlanInForce, plans_in_force

if TYPE_CHECKING:
    from datetime import date

    from gridmap.model.land import Grid
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class GridView:
    """A grid as it may be shown; `area` is square metres in the plane, `geometry` GeoJSON when asked for."""

    id: str
    code: str
    name: str
    kind: str
    community_code: str
    community_name: str
    worker: str
    four_limits: str
    source_document: str
    plan_id: str
    plan_name: str
    area: float
    numbers: dict[str, int]
    geometry: dict[str, Any] | None = None


def list_grids(
    tx: Transaction, scope: Scope, *, community: str | None = None, at: date | None = None
) -> list[GridView]:
    """List the visible grids by code, of one community when its code is given.

    Raises
    ------
    NoPlan
        No plan is in force at that time.
    """
    found = []
    for plan in plans_in_force(tx, at):
        grids = [grid for grid in plan.grids.values() if community in {None, grid.community_code}]
        found += _views(tx, scope, plan, grids)
    return found


def get_grid(tx: Transaction, scope: Scope, id_or_code: str, *, at: date | None = None) -> GridView:
    """Show one grid with its border.

    Raises
    ------
    NotFound
        The plan has no such grid, or it is out of scope.
    NoPlan
        No plan is in force at that time.
    """
    for plan in plans_in_force(tx, at):
        grids = [grid for grid in plan.grids.values() if id_or_code in {grid.code, str(grid.id)}]
        views = _views(tx, scope, plan, grids)
        if views:
            return replace(views[0], geometry=_geojson(grids[0]))
    raise NotFound(f"there is no grid {id_or_code!r} in the plan", grid=id_or_code)


def _views(tx: Transaction, scope: Scope, plan: PlanInForce, grids: list[Grid]) -> list[GridView]:
    visible = [grid for grid in grids if scope.unlimited or grid.community_id in scope.communities]
    if not visible:
        return []
    numbers = numbers_by_grid(tx, scope, plan)
    shapes = np.array([grid.shape for grid in visible], dtype=object)
    areas = shapely.area(plan.plane.project_geometries(shapes))
    return [
        GridView(
            id=str(grid.id),
            code=grid.code,
            name=grid.name,
            kind=grid.kind.value,
            community_code=grid.community_code,
            community_name=grid.community_name,
            worker=mask(grid.worker, Mask.NAME),
            four_limits=grid.four_limits,
            source_document=grid.source_document,
            plan_id=str(plan.plan.id),
            plan_name=plan.plan.name,
            area=round(float(area), 3),
            numbers=asdict(numbers[grid.id]),
        )
        for grid, area in zip(visible, areas, strict=True)
    ]


def _geojson(grid: Grid) -> dict[str, Any]:
    shape: dict[str, Any] = json.loads(shapely.to_geojson(grid.shape))
    return shape
