"""The grid of every record of a kind, by the record's own key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.services.plan_land import plans_in_force
from gridmap.storage import assignments, registers

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


def grid_codes(tx: Transaction, scope: Scope, kind: Kind) -> dict[str, str | None]:
    """Give the code of the grid that each record of a kind has, as the plan in force calls it; None for those without.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    key = kind.key[0]
    points = registers.points(tx, scope, kind, columns=[key])
    grid_of = assignments.grid_of_each(tx, scope, kind)
    code_of = {grid.id: grid.code for found in plans_in_force(tx) for grid in found.grids.values()}
    keys = zip(points.ids, points.columns[key], strict=True)
    return {name: code_of.get(grid) if (grid := grid_of.get(subject)) else None for subject, name in keys}
