"""What became of a grid through all plans (网格沿革)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import NotFound
from gridmap.model.land import EVER_IN_FORCE, PlanState
from gridmap.services.plan_land import land_of
from gridmap.services.plan_moves import land_moves
from gridmap.storage import land, lineage, plans
from gridmap.storage.lineage import Descent

if TYPE_CHECKING:
    from gridmap.model.land import Plan
    from gridmap.storage.database import Transaction
    from gridmap.storage.lineage import Standing


@dataclass(frozen=True)
class Part:
    """Land and households that came from another grid, or went to one; shares are of the grid that gave.

    `households` and its share are None for plans that were imported: nobody counted that day.
    """

    grid_id: str | None
    code: str
    name: str
    area: float
    area_share: float | None
    households: int | None
    household_share: float | None


@dataclass(frozen=True)
class Chapter:
    """A grid under one plan.

    Parameters
    ----------
    changes : tuple of str
        What differs from the plan before: `new`, code, name, kind, community, worker, land; `retired` where this plan
        no longer has the grid.
    gained, given : tuple of Part
        From whom land came when the plan took effect, and to whom it went.
    """

    plan_id: str
    plan: str
    state: str
    valid_from: str | None
    valid_to: str | None
    code: str
    name: str
    kind: str
    community: str
    area: float
    changes: tuple[str, ...]
    gained: tuple[Part, ...]
    given: tuple[Part, ...]


@dataclass(frozen=True)
class History:
    """A grid through all plans that were ever in force, the first one first. Plans that left it alone are left out."""

    grid_id: str
    code: str
    name: str
    in_force: bool
    chapters: tuple[Chapter, ...]


def grid_history(tx: Transaction, scope: Scope, id_or_code: str) -> History:
    """Tell the history of a grid by its id, or by a code that it has or ever had.

    Raises
    ------
    NotFound
        No plan that was in force ever had it, or it is out of scope.
    """
    grid_id = _grid_named(tx, scope, id_or_code)
    standing = {each.plan.id: each for each in lineage.standings(tx, scope, grid_id)}
    known = next((each for each in standing.values() if each.plan.state in EVER_IN_FORCE), None)
    if known is None:
        raise NotFound(f"no plan that was in force ever had the grid {id_or_code!r}", grid=id_or_code)
    stored = lineage.of_grid(tx, scope, grid_id)
    chapters: list[Chapter] = []
    before: _Side | None = None
    for plan in _in_order(tx, scope, known.plan.subdistrict_id):
        now = _Side(plan, standing.get(plan.id))
        if changes := _changes(before, now):
            descents = [each for each in stored if each.plan_id == plan.id]
            if not descents and before and {"land", "new", "retired"}.intersection(changes):
                descents = _compared(tx, before.plan, plan)
            chapters.append(_chapter(tx, grid_id, before, now, changes, descents))
        before = now
    last = next(each for each in reversed(standing.values()) if each.plan.state in EVER_IN_FORCE)
    return History(str(grid_id), last.code, last.name, last.plan.state is PlanState.IN_FORCE, tuple(chapters))


@dataclass(frozen=True)
class _Side:
    """One plan, and the grid as it has it."""

    plan: Plan
    standing: Standing | None


def _grid_named(tx: Transaction, scope: Scope, id_or_code: str) -> UUID:
    id_or_code = id_or_code.strip()
    coded = lineage.grids_coded(tx, scope, id_or_code)
    if coded:
        return coded[0]
    try:
        return UUID(id_or_code)
    except ValueError:
        raise NotFound(f"no plan ever had a grid {id_or_code!r}", grid=id_or_code) from None


def _in_order(tx: Transaction, scope: Scope, subdistrict_id: UUID) -> list[Plan]:
    """Return the plans that were ever in force, the first one first."""
    return [each for each in reversed(plans.plans_of(tx, scope, subdistrict_id)) if each.state in EVER_IN_FORCE]


def _changes(before: _Side | None, now: _Side) -> tuple[str, ...]:
    old, new = before.standing if before else None, now.standing
    if old is None or new is None:
        return ("new",) if new else ("retired",) if old else ()
    pairs = {name: (getattr(old, name), getattr(new, name)) for name in ("code", "name", "kind", "worker")}
    pairs |= {"community": (old.community_id, new.community_id), "land": (old.shape_hash, new.shape_hash)}
    return tuple(name for name, (was, is_) in pairs.items() if was != is_)


def _compared(tx: Transaction, old: Plan, new: Plan) -> list[Descent]:
    """Compare the land of two plans whose lineage nobody wrote, since the later one came as a file."""
    everything = Scope.everything(tx.actor)
    moves = land_moves(tx, everything, *(land_of(tx, everything, each.id) for each in (old, new)))
    whole: dict[UUID, float] = {}
    for (grid, _), area in moves.areas.items():
        if grid:
            whole[grid] = whole.get(grid, 0.0) + area
    return [
        Descent(new.id, old.id, first, second, area, area / whole[first] if first else None, None, None)
        for (first, second), area in moves.areas.items()
    ]


def _chapter(
    tx: Transaction,
    grid_id: UUID,
    before: _Side | None,
    now: _Side,
    changes: tuple[str, ...],
    descents: list[Descent],
) -> Chapter:
    side = now if now.standing or before is None else before
    told = side.standing
    assert told is not None  # noqa: S101 -- else nothing has changed
    everything = Scope.everything(tx.actor)
    names = lineage.names(tx, everything, before.plan.id if before else now.plan.id)
    names |= lineage.names(tx, everything, now.plan.id)
    grid = plans.grid_of_plan(tx, everything, side.plan.id, grid_id)
    owner = next(each for each in land.subdistricts(tx, everything) if each.id == now.plan.subdistrict_id)
    shape = Plane.from_epsg(owner.plane).project_geometries(np.array([grid.shape], dtype=object))[0]
    others = [each for each in descents if each.old_grid_id != each.new_grid_id]
    return Chapter(
        plan_id=str(now.plan.id),
        plan=now.plan.name,
        state=now.plan.state.value,
        valid_from=str(now.plan.valid_from) if now.plan.valid_from else None,
        valid_to=str(now.plan.valid_to) if now.plan.valid_to else None,
        code=told.code,
        name=told.name,
        kind=told.kind,
        community=grid.community_name,
        area=round(float(shapely.area(shape)), 3),
        changes=changes,
        gained=tuple(_part(each, each.old_grid_id, names) for each in others if each.new_grid_id == grid_id),
        given=tuple(_part(each, each.new_grid_id, names) for each in others if each.old_grid_id == grid_id),
    )


def _part(descent: Descent, other: UUID | None, names: dict[UUID, tuple[str, str]]) -> Part:
    code, name = names[other] if other else ("", "")
    return Part(
        grid_id=str(other) if other else None,
        code=code,
        name=name,
        area=round(descent.area, 3),
        area_share=descent.area_share,
        households=descent.households,
        household_share=descent.household_share,
    )
