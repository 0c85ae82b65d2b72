"""The land of the plan in force, ready for the rule of assignment.

Plans in force never change, so their land is kept in memory by the plan's id and revision, and by what the
inclusion lists say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock as ThreadLock
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.assign import Inclusion, PlanLand
from gridmap.datum import Plane
from gridmap.errors import NoPlan
from gridmap.model.kinds import kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.storage import land as land_store
from gridmap.storage import plans, registers

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from gridmap.model.land import Grid, Plan, SubDistrict
    from gridmap.storage.database import Transaction

_INCLUSIONS = kind_named("inclusions")
_KEPT = 8

_cache: dict[tuple[Any, ...], PlanInForce] = {}
_guard = ThreadLock()


@dataclass(frozen=True)
class PlanInForce:
    """A plan, the plane it is measured in, its grids by id, and its land for `assign`.

    `identities` are the grids by every code that any of them ever had: who was put into a grid by its code stays in
    it when the code changes.
    """

    plan: Plan
    subdistrict: SubDistrict
    plane: Plane
    grids: dict[UUID, Grid]
    land: PlanLand
    identities: dict[str, UUID]

    def grid(self, index: int) -> Grid | None:
        """Return the grid at an index of a verdict, None for -1."""
        return self.grids[self.land.grid_ids[index]] if index >= 0 else None


def today(tx: Transaction) -> date:
    """Return the day of the transaction in Asia/Shanghai."""
    return tx.now.astimezone(SHANGHAI).date()


def plans_in_force(tx: Transaction, at: date | None = None, *, lock: plans.Lock | None = None) -> list[PlanInForce]:
    """Return every sub-district's plan in force now, or on a day, with its land.

    The rule needs every grid, whatever the caller may see: what it says is filtered afterwards.

    Raises
    ------
    NoPlan
        There is none.
    """
    everything = Scope.everything(tx.actor)
    found = []
    for subdistrict in land_store.subdistricts(tx, everything):
        plan = plans.plan_in_force(tx, everything, subdistrict.id, at=at, lock=lock)
        if plan is not None:
            found.append(with_land(tx, plan, subdistrict))
    if not found:
        if at:
            raise NoPlan(f"no plan was in force on {at}: the first one began later", at=str(at))
        raise NoPlan("no plan is in force yet: import communities and grids first")
    return found


def land_of(tx: Transaction, scope: Scope, plan_id: UUID) -> PlanInForce:
    """Return any plan with its land, a draft as well as one of the past.

    Raises
    ------
    NotFound
        There is none with that id, or it is out of scope.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    owners = land_store.subdistricts(tx, Scope.everything(tx.actor))
    return with_land(tx, plan, next(each for each in owners if each.id == plan.subdistrict_id))


def with_land(tx: Transaction, plan: Plan, subdistrict: SubDistrict) -> PlanInForce:
    """Return a plan with its land, from memory when it is as it was."""
    everything = Scope.everything(tx.actor)
    rows = [row for chunk in registers.read_chunks(tx, everything, _INCLUSIONS) for row in chunk]
    listed = tuple(
        (row["grid"], row["subject_kind"], row["subject"], row["floor_from"], row["floor_to"]) for row in rows
    )
    key = (plan.id, plan.revision, listed)
    with _guard:
        if key in _cache:
            return replace(_cache[key], plan=plan)  # its last day is another one once it is superseded
    made = _make(tx, plan, subdistrict, listed)
    with _guard:
        while len(_cache) >= _KEPT:
            del _cache[next(iter(_cache))]
        _cache[key] = made
    return made


def _make(tx: Transaction, plan: Plan, subdistrict: SubDistrict, listed: tuple[tuple[Any, ...], ...]) -> PlanInForce:
    everything = Scope.everything(tx.actor)
    grids = {grid.id: grid for grid in plans.grids_of_plan(tx, everything, plan.id)}
    blocks = plans.blocks_of_plan(tx, everything, plan.id)
    plane = Plane.from_epsg(subdistrict.plane)
    ids = list(grids)
    position = {grid_id: index for index, grid_id in enumerate(ids)}
    ever = plans.codes_ever_in_force(tx, everything, subdistrict.code)
    by_code = ever | {grid.code: grid.id for grid in grids.values()}
    inclusions = [
        Inclusion(by_code.get(grid), subject_kind, subject, floor_from, floor_to)
        for grid, subject_kind, subject, floor_from, floor_to in listed
    ]
    made = PlanLand.of(
        grid_ids=ids,
        grid_codes=[grids[grid_id].code for grid_id in ids],
        block_shapes=plane.project_geometries(blocks.shapes),
        block_grid=np.array([position[grid_id] for grid_id in blocks.grid_ids], dtype=np.int64),
        inclusions=inclusions,
    )
    return PlanInForce(plan, subdistrict, plane, grids, made, by_code)
