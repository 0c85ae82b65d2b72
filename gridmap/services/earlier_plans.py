"""The land under the plans that were in force before: people know their grid by its colour, and it keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.model.land import PlanState
from gridmap.storage import plans

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from shapely import Geometry

    from gridmap.access import Scope
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction


def earlier_land(
    tx: Transaction, scope: Scope, plan: Plan, grids: Collection[UUID]
) -> tuple[dict[UUID, Geometry], ...]:
    """Return some grids as each plan of the sub-district had them that was in force before one, oldest first.

    Shapes are lon/lat EPSG:4490. A grid that a plan does not have is not among that plan's. A draft follows what is
    in force.
    """
    ever = (PlanState.IN_FORCE, PlanState.SUPERSEDED)
    before = [
        (each.valid_from, each)
        for each in plans.plans_of(tx, scope, plan.subdistrict_id)
        if each.state in ever and each.id != plan.id and each.valid_from is not None
    ]
    last = plan.valid_from if plan.state in ever else None
    wanted = set(grids)
    return tuple(
        {grid.id: grid.shape for grid in plans.grids_of_plan(tx, scope, each.id) if grid.id in wanted}
        for begun, each in sorted(before, key=lambda pair: (pair[0], pair[1].id))
        if last is None or begun < last
    )
