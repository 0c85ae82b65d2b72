"""What changes hands in a plan against the one in force, from its live numbers: for a page that asks at every stroke.

`plan_diff` compares any two plans to the last square metre and takes seconds on a full sub-district; this takes
milliseconds. The counts of the two are equal, and a test holds them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.services.plan_session import open_session
from gridmap.services.plan_subjects import OPEN_INCIDENTS
from gridmap.space.measure import array_of
from gridmap.space.polygons import GRID
from gridmap.storage import plans

if TYPE_CHECKING:
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.space.layout import GridState, Layout
    from gridmap.storage.database import Transaction
    from gridmap.tally import Tally

MEASURES = ("households", "residents", "shops", "organisations", OPEN_INCIDENTS)


@dataclass(frozen=True)
class Handing:
    """What one grid gives to another; a grid is None where nobody had or will have it.

    Parameters
    ----------
    old, new : str or None
        Ids of grids; names as the plan in force and this plan have them.
    numbers : dict of str to int
        By the names in `MEASURES`.
    """

    old: str | None
    old_name: str | None
    new: str | None
    new_name: str | None
    numbers: dict[str, int]


@dataclass(frozen=True)
class PlanChanges:
    """What changes hands.

    Parameters
    ----------
    revision : int
        Of the plan.
    grids : tuple of str
        Ids of grids that have other blocks, another name, code, kind or community, or that only one plan has.
    handed : tuple of Handing
        From the most households down.
    total : dict of str to int
    """

    revision: int
    grids: tuple[str, ...]
    handed: tuple[Handing, ...]
    total: dict[str, int]


def plan_changes(tx: Transaction, scope: Scope, plan_id: UUID) -> PlanChanges:
    """Compare the numbers of a plan with those of the plan in force.

    Raises
    ------
    NotFound
        There is no such plan, or it is out of scope.
    """
    plan = plans.plan_named(tx, scope, plan_id)
    session = open_session(tx, plan)
    standing, before = session.ground.standing, session.ground.before
    if standing is None or before is None:
        return PlanChanges(plan.revision, (), (), dict.fromkeys(MEASURES, 0))

    def visible(*grid_ids: UUID | None) -> bool:
        both = (layout.grids.get(each) for layout in (standing, session.layout) for each in grid_ids if each)
        return scope.unlimited or any(state is not None and state.community in scope.communities for state in both)

    handed = [
        Handing(*_named(old, standing), *_named(new, session.layout), numbers)
        for (old, new), numbers in _pairs(session.tally, before).items()
        if visible(old, new)
    ]
    handed.sort(key=lambda each: (*(-each.numbers[name] for name in MEASURES), each.old or "", each.new or ""))
    return PlanChanges(
        plan.revision,
        tuple(sorted(str(each) for each in _changed(standing, session.layout) if visible(each))),
        tuple(handed),
        {name: sum(each.numbers[name] for each in handed) for name in MEASURES},
    )


def _named(grid_id: UUID | None, layout: Layout) -> tuple[str | None, str | None]:
    return (str(grid_id), layout.grids[grid_id].name) if grid_id else (None, None)


def _pairs(now: Tally, before: Tally) -> dict[tuple[UUID | None, UUID | None], dict[str, int]]:
    """Add up what moved by (grid before, grid now)."""
    rows = now.moved_rows(before)
    columns = [now.measures.index(name) for name in MEASURES]
    pairs, place = np.unique(np.stack([before.grid[rows], now.grid[rows]], axis=1), axis=0, return_inverse=True)
    sums = np.zeros((len(pairs), len(columns)), dtype=np.int64)
    np.add.at(sums, place.reshape(-1), now.amounts[rows][:, columns])
    named = [
        (before.grid_ids[old] if old >= 0 else None, now.grid_ids[new] if new >= 0 else None)
        for old, new in pairs.tolist()
    ]
    return {
        pair: dict(zip(MEASURES, row, strict=True)) for pair, row in zip(named, sums.tolist(), strict=True) if any(row)
    }


def _changed(standing: Layout, layout: Layout) -> set[UUID]:
    """Find the grids that are not the same in both; a border that nodes bent by less than a millimetre is the same."""
    both = sorted(standing.grids.keys() & layout.grids.keys())
    changed = standing.grids.keys() ^ layout.grids.keys()
    changed |= {each for each in both if _said(standing.grids[each]) != _said(layout.grids[each])}
    other = [each for each in both if each not in changed and standing.held[each] != layout.held[each]]
    before, after = (array_of([plan.shape(each) for each in other]) for plan in (standing, layout))
    moved = shapely.area(shapely.symmetric_difference(before, after)) > GRID * shapely.length(before)
    return {*changed, *(each for each, much in zip(other, moved.tolist(), strict=True) if much)}


def _said(state: GridState) -> tuple[object, ...]:
    return state.code, state.name, state.kind, state.community, state.multipart
