"""Which grid has a point, why, and how far its border is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gridmap.access import Mask, Scope, mask
from gridmap.datum import check_magnitude, parse_crs, to_lonlat
from gridmap.model.kinds import Kind, Shape
from gridmap.services.assigning import decide
from gridmap.services.plan_land import plans_in_force

if TYPE_CHECKING:
    from datetime import date

    from gridmap.model.cases import Assignment
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

from gridmap.model.land import new_id

POINT = Kind("points", "point", "点", Shape.POINT, ())


@dataclass(frozen=True)
class Place:
    """The verdict for one point, lon/lat EPSG:4490.

    Parameters
    ----------
    reason : str
        inside, edge or outside.
    distance : float or None
        Metres to the border of the grid, or of the nearest one when outside.
    worker : str
        Name of the grid worker, masked.
    review : bool
        A person should look.
    """

    lon: float
    lat: float
    plan_id: str
    plan_name: str
    reason: str
    grid_id: str | None
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    distance: float | None
    nearest_code: str | None
    nearest_name: str | None
    review: bool


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
    return described(position, verdict, found, scope)


def described(position: tuple[float, float], verdict: Assignment, found: list[PlanInForce], scope: Scope) -> Place:
    """Put a verdict into words and codes; what lies outside the caller's scope is named by nothing but its border."""
    plan = next(each for each in found if each.plan.id == verdict.plan_id)
    grid = plan.grids.get(verdict.grid_id) if verdict.grid_id else None
    nearest = plan.grids.get(verdict.nearest_id) if verdict.nearest_id else None
    if not scope.unlimited:
        grid = grid if grid and grid.community_id in scope.communities else None
        nearest = nearest if nearest and nearest.community_id in scope.communities else None
    return Place(
        lon=position[0],
        lat=position[1],
        plan_id=str(plan.plan.id),
        plan_name=plan.plan.name,
        reason=verdict.reason.value,
        grid_id=str(grid.id) if grid else None,
        grid_code=grid.code if grid else None,
        grid_name=grid.name if grid else None,
        community_code=grid.community_code if grid else None,
        community_name=grid.community_name if grid else None,
        worker=mask(grid.worker, Mask.NAME) if grid else "",
        distance=verdict.distance,
        nearest_code=nearest.code if nearest else None,
        nearest_name=nearest.name if nearest else None,
        review=verdict.review,
    )
