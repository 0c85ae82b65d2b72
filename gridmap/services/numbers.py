"""Numbers per grid: households, residents, shops and the rest, and the incidents that are open."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.storage import assignments, incidents

if TYPE_CHECKING:
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction


def numbers_by_grid(tx: Transaction, scope: Scope, found: PlanInForce) -> dict[UUID, Counter[str]]:
    """Count what each grid of a plan has: subjects by kind, residents, and open incidents by the grid of their day."""
    numbers: dict[UUID, Counter[str]] = {
        grid_id: Counter({kind.name: 0 for kind in ASSIGNED_KINDS} | {"residents": 0}) for grid_id in found.grids
    }
    for count in assignments.counts(tx, scope, found.plan.id):
        kind = kind_named(count.subject_kind)
        if count.grid_id in numbers and kind.name != "incidents":
            numbers[count.grid_id][kind.name] += count.subjects
            numbers[count.grid_id]["residents"] += count.residents
    for (grid_id, state), subjects in incidents.counts(tx, scope).items():
        if grid_id in numbers and state not in CLOSED_STATES:
            numbers[grid_id]["incidents"] += subjects
    return numbers
