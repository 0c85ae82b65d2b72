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
    """Give the code of the grid that each record of a kind has by the plan in force, None for those without.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    key = kind.key[0]
    points = registers.points(tx, scope, kind, columns=[key])
    codes: dict[str, str | None] = dict.fromkeys(points.columns[key])
    key_of = dict(zip(points.ids, points.columns[key], strict=True))
    for found in plans_in_force(tx):
        for chunk in assignments.of_plan(tx, scope, found.plan.id, kind.singular):
            for each in chunk:
                if each.grid_id:
                    codes[key_of[each.subject_id]] = found.grids[each.grid_id].code
    return codes
