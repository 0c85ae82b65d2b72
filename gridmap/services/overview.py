"""The values of the 一张图: everything that one page shows, read in one transaction."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Mask, Scope, mask
from gridmap.codes import sequence_of
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, Kind, kind_named
from gridmap.services.numbers import numbers_by_grid
from gridmap.services.overview_values import (
    BASE_KINDS,
    BaseLayer,
    CommunityOnMap,
    GridOnMap,
    Overview,
    PointLayer,
)
from gridmap.services.plan_land import plans_in_force, today
from gridmap.storage import assignments, audit, incidents, land, registers, unassigned
from gridmap.storage.totals import total
from gridmap.workload import Numbers, roll_up

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.model.land import Grid
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

_NAMED = ("shops", "organisations", "social_organisations", "key_places")  # their names are public


def overview(tx: Transaction, scope: Scope, at: date | None = None, *, demonstration: bool = False) -> Overview:
    """Read everything that the overview map of the sub-district shows, by the plan in force now or on a day.

    Of several sub-districts the first by code is shown. No personal value is among what is read.

    Raises
    ------
    NoPlan
        No plan is in force at that time.
    """
    found = plans_in_force(tx, at)[0]
    grids = [grid for grid in found.grids.values() if scope.unlimited or grid.community_id in scope.communities]
    numbers = numbers_by_grid(tx, scope, found)
    index = {grid.id: number for number, grid in enumerate(grids)}
    communities = land.communities(tx, scope, subdistrict_id=found.subdistrict.id)
    by_community = roll_up([numbers[grid.id] for grid in grids], [grid.community_id for grid in grids])
    day = today(tx)
    return Overview(
        title=f"{found.subdistrict.name}一张图",
        subdistrict_code=found.subdistrict.code,
        subdistrict_name=found.subdistrict.name,
        plan=found.plan.name,
        as_of=at or day,
        made_on=day,
        maker=_maker(tx, scope, found),
        communities=tuple(
            CommunityOnMap(
                each.code,
                each.name,
                each.section,
                each.four_limits,
                each.outline,
                asdict(by_community.get(each.id, Numbers())),
            )
            for each in communities
        ),
        grids=tuple(_grid(grid, numbers[grid.id]) for grid in grids),
        base=tuple(_base(tx, scope, kind_named(name)) for name in BASE_KINDS),
        points=tuple(_points(tx, scope, kind, found, index) for kind in ASSIGNED_KINDS),
        totals=_totals(tx, scope),
        unassigned=_unassigned(tx, scope),
        demonstration=demonstration,
    )


def record_map(tx: Transaction, data: Overview, file: str) -> None:
    """Note in the audit that a map left the system as a file."""
    audit.record(tx, "export", "map", count=len(data.grids), detail={"file": file, "plan": data.plan})


def revision(tx: Transaction, scope: Scope) -> str:
    """Return what changes whenever anything that the overview shows may have changed."""
    return f"{audit.count(tx, scope)}-{today(tx)}"  # a time would not do: writers overlap, the last need not end last


def _grid(grid: Grid, numbers: Numbers) -> GridOnMap:
    return GridOnMap(
        id=grid.id,
        code=grid.code,
        name=grid.name,
        short=f"{sequence_of(grid.code):02d}",
        kind=grid.kind,
        community_code=grid.community_code,
        worker=mask(grid.worker, Mask.NAME),
        four_limits=grid.four_limits,
        shape=grid.shape,
        numbers=asdict(numbers),
    )


def _maker(tx: Transaction, scope: Scope, found: PlanInForce) -> str:
    key = (found.subdistrict.code,)
    stored = registers.existing_by_key(tx, scope, kind_named("subdistricts"), [key])
    return str(stored[key].get("maker") or f"{found.subdistrict.name}办事处") if key in stored else ""


def _totals(tx: Transaction, scope: Scope) -> dict[str, int]:
    totals: dict[str, int] = {}
    for kind in ASSIGNED_KINDS:
        found = total(tx, scope, kind)
        totals[kind.name] = found.records
        if kind.name == "households":
            totals["residents"] = found.residents
    open_cases = [count for (_, state), count in incidents.counts(tx, scope).items() if state not in CLOSED_STATES]
    return totals | {"incidents": sum(open_cases)}


def _unassigned(tx: Transaction, scope: Scope) -> dict[str, int]:
    """Count what no grid has; of the incidents the open ones, as everywhere on the map."""
    counts = {kind.name: unassigned.count(tx, scope, kind) for kind in ASSIGNED_KINDS if kind.name != "incidents"}
    cases = incidents.counts(tx, scope).items()
    return counts | {
        "incidents": sum(count for (grid_id, state), count in cases if grid_id is None and state not in CLOSED_STATES)
    }


def _base(tx: Transaction, scope: Scope, kind: Kind) -> BaseLayer:
    has_level = any(field.name == "level" for field in kind.fields)
    columns = ["name", "geom", *(["level"] if has_level else [])]
    rows: list[dict[str, Any]] = [
        row for chunk in registers.read_chunks(tx, scope, kind, columns=columns) for row in chunk if row["geom"]
    ]
    return BaseLayer(
        kind=kind.name,
        names=tuple(row["name"] or "" for row in rows),
        shapes=tuple(row["geom"] for row in rows),
        levels=tuple(row["level"] or "" for row in rows) if has_level else (),
    )


def _points(tx: Transaction, scope: Scope, kind: Kind, found: PlanInForce, index: dict[UUID, int]) -> PointLayer:
    wanted = ["name"] if kind.name in _NAMED else ["category", "state"] if kind.name == "incidents" else []
    points = registers.points(tx, scope, kind, columns=wanted)
    grid_of = {
        each.subject_id: index.get(each.grid_id, -1) if each.grid_id else -1
        for chunk in assignments.of_plan(tx, scope, found.plan.id, kind.singular)
        for each in chunk
    }
    shown = np.isfinite(points.lonlat).all(axis=1)
    if kind.name == "incidents":
        shown &= np.array([state not in CLOSED_STATES for state in points.columns["state"]], dtype=bool)
    rows = np.flatnonzero(shown)
    labels = points.columns[wanted[0]] if wanted else None
    return PointLayer(
        kind=kind.name,
        lonlat=points.lonlat[rows],
        grid=np.array([grid_of.get(points.ids[row], -1) for row in rows], dtype=np.int64),
        labels=tuple(labels[row] or "" for row in rows) if labels else None,
    )
