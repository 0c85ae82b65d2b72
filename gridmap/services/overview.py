"""The values of the 一张图: everything that one page shows, read in one transaction."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.access import Mask, Scope, mask
from gridmap.codes import is_demonstration, sequence_of
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, Kind, kind_named
from gridmap.services.earlier_plans import earlier_land
from gridmap.services.extent import extent_of, roomy
from gridmap.services.numbers import numbers_by_grid
from gridmap.services.overview_values import (
    BASE_KINDS,
    BaseLayer,
    CommunityOnMap,
    GridOnMap,
    Overview,
    PointLayer,
)
from gridmap.services.plan_land import today
from gridmap.storage import assignments, audit, incidents, registers, unassigned
from gridmap.storage.totals import total
from gridmap.workload import Numbers, roll_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from gridmap.model.land import Grid
    from gridmap.services.extent import Extent
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction

_CLIPPED = ("roads", "railways", "waters")  # a compound or building stays whole
_ORGANISATIONS = ("organisations", "social_organisations", "party_organisations")
_NAMED = ("shops", *_ORGANISATIONS, "key_places")  # their names are public


def overview(
    tx: Transaction,
    scope: Scope,
    at: date | None = None,
    *,
    area: str | None = None,
    kinds: Sequence[Kind] = ASSIGNED_KINDS,
) -> Overview:
    """Read everything that the overview map shows, by the plan in force now or on a day.

    Of several sub-districts the first by code is shown. No personal value is among what is read.

    Parameters
    ----------
    area : str, optional
        Code of a community or a grid: its grids, what belongs to them, the base map around, its neighbours by name.
    kinds : sequence of Kind
        Whose records are read too, beside the land and its numbers; all that get a grid, unless a map shows fewer.

    Raises
    ------
    NoPlan
        No plan is in force at that time.
    NotFound
        The plan has no such community or grid, or it is out of scope.
    """
    extent = extent_of(tx, scope, at, area)
    grids = extent.grids
    numbers = numbers_by_grid(tx, scope, extent.found)
    index = {grid.id: number for number, grid in enumerate(grids)}
    by_community = roll_up([numbers[grid.id] for grid in grids], [grid.community_id for grid in grids])
    counted = {grid.id: asdict(numbers[grid.id]) for grid in grids}
    counted |= {each.id: asdict(by_community.get(each.id, Numbers())) for each in extent.communities}
    return replace(
        land_on_map(tx, scope, extent, at, counted),
        base=tuple(_base(tx, scope, kind_named(name), roomy(extent.box)) for name in BASE_KINDS),
        points=tuple(_points(tx, scope, kind, extent, index) for kind in kinds),
        totals=_totals(tx, scope) if area is None else _sums(by_community.values()),
        unassigned=_unassigned(tx, scope) if area is None else {},
    )


def land_on_map(
    tx: Transaction,
    scope: Scope,
    extent: Extent,
    at: date | None = None,
    numbers: Mapping[UUID, Mapping[str, int]] = MappingProxyType({}),
) -> Overview:
    """Describe the communities and grids that a map is about, without base map and points.

    Parameters
    ----------
    at : date, optional
        The day that the map is of; today without it.
    numbers : mapping of UUID to mapping
        Of grids and communities by id; who is not among them is shown without.
    """
    found, day = extent.found, today(tx)
    return Overview(
        title=extent.title,
        subdistrict_code=found.subdistrict.code,
        subdistrict_name=found.subdistrict.name,
        plan=found.plan.name,
        as_of=at or day,
        made_on=day,
        maker=_maker(tx, scope, found),
        communities=tuple(
            CommunityOnMap(each.code, each.name, each.section, each.four_limits, each.outline, numbers.get(each.id, {}))
            for each in extent.communities
        ),
        grids=tuple(_grid(each, numbers.get(each.id, {})) for each in extent.grids),
        demonstration=is_demonstration(found.subdistrict.code),
        neighbours=extent.neighbours,
        whole=extent.whole,
        document=found.plan.document_number or "",
        earlier=earlier_land(tx, scope, found.plan, [grid.id for grid in extent.grids]),
    )


def record_map(tx: Transaction, data: Overview, file: str) -> None:
    """Note in the audit that a map left the system as a file."""
    audit.record(tx, "export", "map", count=len(data.grids), detail={"file": file, "plan": data.plan})


def revision(tx: Transaction, scope: Scope) -> str:
    """Return what changes whenever anything that the overview shows may have changed."""
    return f"{audit.count(tx, scope)}-{today(tx)}"  # a time would not do: writers overlap, the last need not end last


def _grid(grid: Grid, numbers: Mapping[str, int]) -> GridOnMap:
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
        numbers=numbers,
    )


def _maker(tx: Transaction, scope: Scope, found: PlanInForce) -> str:
    """Say who makes maps of a sub-district: what is stored, or else its office; nothing out of scope."""
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


def _sums(numbers: Iterable[Numbers]) -> dict[str, int]:
    return asdict(sum(numbers, Numbers()))


def _base(tx: Transaction, scope: Scope, kind: Kind, box: Box | None) -> BaseLayer:
    """Read a layer of the base map; with a box what meets it, long lines and large areas clipped to it."""
    has_level = any(field.name == "level" for field in kind.fields)
    columns = ["name", "geom", *(["level"] if has_level else [])]
    chunks = registers.read_chunks(tx, scope, kind, columns=columns, box=box)
    rows: list[dict[str, Any]] = [row for chunk in chunks for row in chunk if row["geom"]]
    if box is not None:
        window = shapely.box(*box)
        rows = [row for row in rows if shapely.intersects(window, row["geom"])]
        if kind.name in _CLIPPED:
            rows = [row | {"geom": shapely.intersection(row["geom"], window)} for row in rows]
    return BaseLayer(
        kind=kind.name,
        names=tuple(row["name"] or "" for row in rows),
        shapes=tuple(row["geom"] for row in rows),
        levels=tuple(row["level"] or "" for row in rows) if has_level else (),
    )


def _points(tx: Transaction, scope: Scope, kind: Kind, extent: Extent, index: dict[UUID, int]) -> PointLayer:
    wanted = ["name"] if kind.name in _NAMED else ["category", "state"] if kind.name == "incidents" else []
    points = registers.points(tx, scope, kind, columns=wanted)
    if kind.name == "incidents":  # they keep the grid of their day, under whatever plan that was
        verdicts = assignments.grid_of_each(tx, scope, kind)
    else:
        chunks = assignments.of_plan(tx, scope, extent.found.plan.id, kind.singular)
        verdicts = {each.subject_id: each.grid_id for chunk in chunks for each in chunk}
    grid_of = {subject: index.get(grid_id, -1) if grid_id else -1 for subject, grid_id in verdicts.items()}
    grid = np.array([grid_of.get(identity, -1) for identity in points.ids], dtype=np.int64)
    shown = np.isfinite(points.lonlat).all(axis=1)
    if extent.box is not None:
        shown &= grid >= 0
    if kind.name == "incidents":
        shown &= np.array([state not in CLOSED_STATES for state in points.columns["state"]], dtype=bool)
    rows = np.flatnonzero(shown)
    labels = points.columns[wanted[0]] if wanted else None
    return PointLayer(
        kind=kind.name,
        lonlat=points.lonlat[rows],
        grid=grid[rows],
        labels=tuple(labels[row] or "" for row in rows) if labels else None,
    )
