"""Plans in memory: layout and live numbers of a plan as its last step left it.

A session belongs to one step of one plan, to the registers as they are, and to the plan in force: with any of them
changed it is another session, made anew from the database. So a session is never wrong, only missing.
"""

from __future__ import annotations

import gc
from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

import shapely

from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.services.plan_land import today
from gridmap.services.plan_layout import read_layout, subdistrict_of
from gridmap.services.plan_outlines import read_outlines
from gridmap.services.plan_subjects import counted_subjects, inclusion_lists
from gridmap.space.layout import difference
from gridmap.space.measure import array_of
from gridmap.storage import drafts, land, lineage, plans
from gridmap.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from shapely import Geometry

    from gridmap.assign import Inclusion
    from gridmap.model.land import Community, Plan, SubDistrict
    from gridmap.space.guards import Outlines
    from gridmap.space.layout import Change, Layout
    from gridmap.storage.database import Transaction
    from gridmap.storage.drafts import Step
    from gridmap.tally import Counted

_KEPT = 16
_GROUNDS_KEPT = 4
_ANEW = 4  # a plan with more than one in so many blocks of other grids is counted anew
_sessions: OrderedDict[tuple[Any, ...], Session] = OrderedDict()
_grounds: OrderedDict[tuple[Any, ...], PlanGround] = OrderedDict()
_guard = RLock()
_making = RLock()  # one at a time: a page asks twice at once, and the second finds what the first has made


@dataclass(frozen=True)
class PlanGround:
    """What all plans of a sub-district are drawn and counted on.

    Parameters
    ----------
    communities : tuple of Community
    outlines : Outlines
        Of buildings and compounds, in the plane.
    counted, inclusions
        Whom the numbers count.
    in_force : Plan or None
        The plan that others are compared with.
    standing : Layout or None
        Of the plan in force; None when there is none.
    before : Tally or None
        Of the plan in force; None when there is none.
    """

    subdistrict: SubDistrict
    plane: Plane
    communities: tuple[Community, ...]
    outlines: Outlines
    counted: tuple[Counted, ...]
    inclusions: tuple[Inclusion, ...]
    in_force: Plan | None
    standing: Layout | None
    before: Tally | None


@dataclass(frozen=True)
class Session:
    """A plan at one step.

    Parameters
    ----------
    ground : PlanGround
    layout : Layout
    tally : Tally
    box : tuple of float
        West, south, east, north of the plan, lon/lat EPSG:4490.
    original : mapping of UUID to (frozenset of UUID, Geometry)
        Blocks and shape, lon/lat EPSG:4490, of every grid of the plan that a draft is based on.
    key : tuple
    """

    ground: PlanGround
    layout: Layout
    tally: Tally
    box: tuple[float, float, float, float]
    original: Mapping[UUID, tuple[frozenset[UUID], Geometry]]
    key: tuple[Any, ...]

    def after(self, layout: Layout, change: Change, step_id: UUID) -> Session:
        """Return the session after a step, and keep it."""
        made = replace(self, layout=layout, tally=self.tally.after(layout, change), key=(step_id, *self.key[1:]))
        _keep(_sessions, made.key, made, _KEPT)
        return made


def open_session(tx: Transaction, plan: Plan) -> Session:
    """Return the session of a plan that the caller may see: from memory, or from the database.

    Numbers need everybody, whatever the caller may see: what is told is narrowed afterwards.
    """
    return session_at(tx, plan, drafts.last_step(tx, Scope.everything(tx.actor), plan.id))


def session_at(tx: Transaction, plan: Plan, step: Step | None) -> Session:
    """Return the session of a plan whose last step was read already."""
    everything = Scope.everything(tx.actor)
    in_force = plans.plan_in_force(tx, everything, plan.subdistrict_id)
    registers, day = drafts.registers_revision(tx, everything), today(tx)
    key = (step.id if step else plan.id, in_force.id if in_force else None, registers, day)
    with _guard:
        if key in _sessions:
            _sessions.move_to_end(key)
            return _sessions[key]
    with _making:
        with _guard:
            if key in _sessions:
                return _sessions[key]
            same = next((each for each in _sessions.values() if each.key[0] == key[0] and step), None)
        ground = _ground(tx, plan, in_force, key)
        made = _made(tx, plan, ground, key, same.layout if same else None)
        _keep(_sessions, key, made, _KEPT)
        _let_lie()
        return made


def forget() -> None:
    """Forget every session, as a restart does: memory is given back, and nothing is lost."""
    with _guard:
        _sessions.clear()
        _grounds.clear()


def _ground(tx: Transaction, plan: Plan, in_force: Plan | None, key: tuple[Any, ...]) -> PlanGround:
    wanted = (plan.subdistrict_id, *key[1:])
    with _guard:
        if wanted in _grounds:
            return _grounds[wanted]
    subdistrict = subdistrict_of(tx, plan)
    plane = Plane.from_epsg(subdistrict.plane)
    everything = Scope.everything(tx.actor)
    standing = read_layout(tx, in_force, subdistrict) if in_force else None
    by_code = dict(standing.holders) if standing else {}  # who was put into a grid stays when its code changes
    counted = tuple(counted_subjects(tx, plane, by_code, _day(key)))
    inclusions = inclusion_lists(tx, by_code)
    ground = PlanGround(
        subdistrict=subdistrict,
        plane=plane,
        communities=tuple(land.communities(tx, everything, subdistrict_id=subdistrict.id)),
        outlines=read_outlines(tx, plane),
        counted=counted,
        inclusions=inclusions,
        in_force=in_force,
        standing=standing,
        before=Tally.of(standing, counted, inclusions) if standing else None,
    )
    _keep(_grounds, wanted, ground, _GROUNDS_KEPT)
    return ground


def _made(tx: Transaction, plan: Plan, ground: PlanGround, key: tuple[Any, ...], layout: Layout | None) -> Session:
    layout = layout or read_layout(tx, plan, ground.subdistrict)
    base = plan.based_on or plan.id
    shapes = {grid.id: grid.shape for grid in plans.grids_of_plan(tx, Scope.everything(tx.actor), base)}
    blocks: dict[UUID, set[UUID]] = {grid_id: set() for grid_id in shapes}
    standing = ground.standing if ground.in_force is not None and base == ground.in_force.id else None
    for block, grid_id in (
        standing.owner if standing else lineage.labels(tx, Scope.everything(tx.actor), base)
    ).items():
        blocks[grid_id].add(block)
    west, south, east, north = shapely.total_bounds(array_of(shapes.values())).tolist()
    return Session(
        ground=ground,
        layout=layout,
        tally=_tally(ground, layout),
        box=(west, south, east, north),
        original={grid_id: (frozenset(blocks[grid_id]), shape) for grid_id, shape in shapes.items()},
        key=key,
    )


def _tally(ground: PlanGround, layout: Layout) -> Tally:
    """Count a plan, beginning with the one in force where the two have most of their blocks in common."""
    if ground.standing is None or ground.before is None:
        return Tally.of(layout, ground.counted, ground.inclusions)
    change = difference(ground.standing, layout)
    if len(change.owner) > len(layout.blocks) / _ANEW:
        return Tally.of(layout, ground.counted, ground.inclusions)
    return ground.before.after(layout, change)


def _let_lie() -> None:
    """Take what a plan holds in memory out of the collector's rounds.

    It lives long and has no cycles; walking it cost a quarter of the time of edits, in halts of 0.1 s and more.
    """
    gc.unfreeze()  # what was let lie before and is garbage by now goes
    gc.collect()
    gc.freeze()


def _day(key: tuple[Any, ...]) -> date:
    day: date = key[-1]
    return day


def _keep(cache: OrderedDict[tuple[Any, ...], Any], key: tuple[Any, ...], made: Any, limit: int) -> None:
    with _guard:
        cache[key] = made
        cache.move_to_end(key)
        while len(cache) > limit:
            cache.popitem(last=False)
