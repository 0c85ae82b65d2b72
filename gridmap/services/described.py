"""A verdict in words and codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.access import Mask, mask
from gridmap.model.cases import Reason

if TYPE_CHECKING:
    from gridmap.model.cases import Assignment
    from gridmap.model.land import Grid
    from gridmap.storage.casework import GridOfPlan

REASON_WORDS = {
    Reason.MANUAL: "人工指定",
    Reason.LISTED: "名单纳入",
    Reason.INSIDE: "范围内",
    Reason.EDGE: "界线上",
    Reason.OUTSIDE: "范围外",
    Reason.UNLOCATED: "待定位",
}


@dataclass(frozen=True)
class AssignedTo:
    """Which grid has a subject, by the plan of its day, and why.

    Parameters
    ----------
    reason : str
        As `gridmap.model.cases.Reason`.
    worker : str
        Name of the grid worker, masked.
    distance : float or None
        Metres to the border of the grid, or of the nearest one when outside.
    review : bool
        A person should look.
    """

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
    plan_id: str
    plan_name: str


def described(
    verdict: Assignment, plan_name: str, grid: Grid | GridOfPlan | None, nearest: Grid | GridOfPlan | None
) -> AssignedTo:
    """Put a verdict into words and codes.

    Parameters
    ----------
    grid, nearest : Grid or GridOfPlan or None
        Those of the verdict; None where they lie outside the caller's scope, who then learns of the border alone.
    """
    return AssignedTo(
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
        plan_id=str(verdict.plan_id),
        plan_name=plan_name,
    )
