"""Numbers per grid: households, residents, shops and the rest, and the incidents that are open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import kind_named
from gridmap.storage import assignments, incidents
from gridmap.workload import Column, Numbers, count_by_grid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction


def numbers_by_grid(tx: Transaction, scope: Scope, found: PlanInForce) -> dict[UUID, Numbers]:
    """Count what each grid of a plan has; incidents are the open ones, by the grid of their day."""
    ids = found.land.grid_ids
    place = {grid_id: index for index, grid_id in enumerate(ids)}
    columns = []
    for count in assignments.counts(tx, scope, found.plan.id):
        kind = kind_named(count.subject_kind)
        if kind.name == "incidents":
            continue
        grid = place[count.grid_id] if count.grid_id else -1
        columns.append(_column(kind.name, [(grid, count.subjects)]))
        if kind.name == "households":
            columns.append(_column("residents", [(grid, count.residents)]))
            columns.append(_column("surveyed", [(grid, count.surveyed)]))
    still_open = [
        (place.get(grid_id, -1) if grid_id else -1, subjects)
        for (grid_id, state), subjects in incidents.counts(tx, scope).items()
        if state not in CLOSED_STATES
    ]
    each, _ = count_by_grid([*columns, _column("incidents", still_open)], len(ids))
    return dict(zip(ids, each, strict=True))


def _column(measure: str, rows: Iterable[tuple[int, int]]) -> Column:
    grid, amount = np.array(list(rows), dtype=np.int64).reshape(-1, 2).T
    return Column(measure, grid, amount)
