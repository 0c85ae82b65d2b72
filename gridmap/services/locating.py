"""Which grid has a point, why, and how far its border is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.datum import check_magnitude, parse_crs, to_lonlat
from gridmap.model.kinds import Kind, Shape
from gridmap.model.land import new_id
from gridmap.services.assigning import decide
from gridmap.services.described import AssignedTo, described
from gridmap.services.plan_land import plans_in_force

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

POINT = Kind("points", "point", "点", Shape.POINT, ())


@dataclass(frozen=True)
class Place(AssignedTo):
    """The verdict for one point (inside, edge or outside), lon/lat EPSG:4490."""

    lon: float
    lat: float


def to_position(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """Take a position in a declared coordinate system to lon/lat EPSG:4490.

    Raises
    ------
    CrsRefused
        The system is unknown or refused.
    CoordinatesRefused
        The numbers cannot be what was declared.
    """
    declared = parse_crs(crs)
    xy = np.array([[lon, lat]], dtype=np.float64)
    check_magnitude(xy, declared)
    position = to_lonlat(xy, declared)[0]
    return float(position[0]), float(position[1])


def locate(tx: Transaction, scope: Scope, lon: float, lat: float, crs: str, at: date | None = None) -> Place:
    """Give the verdict for a point, by the plan in force now or on a day.

    Raises
    ------
    CrsRefused, CoordinatesRefused
        As `to_position`.
    NoPlan
        No plan is in force at that time.
    """
    position = to_position(lon, lat, crs)
    found = plans_in_force(tx, at)
    located = decide(POINT, [new_id()], np.array([position]), {}, found)
    verdict = located.assignments[0]
    plan = next(each for each in found if each.plan.id == verdict.plan_id)
    grid = _visible(plan, verdict.grid_id, scope)
    nearest = _visible(plan, verdict.nearest_id, scope)
    lon, lat = position
    return Place(lon=lon, lat=lat, **asdict(described(verdict, plan.plan.name, grid, nearest)))


def _visible(plan: PlanInForce, grid_id: UUID | None, scope: Scope) -> Grid | None:
    grid = plan.grids.get(grid_id) if grid_id else None
    return grid if grid and (scope.unlimited or grid.community_id in scope.communities) else None
