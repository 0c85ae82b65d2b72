"""A step of a draft that was worked out: written into the tables and the log, and told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.model.land import new_id
from gridmap.services.plan_layout import columns_of
from gridmap.services.plan_values import PlanNumbers, features, lonlat_shapes, plan_numbers, visible_grids
from gridmap.space.guards import reshaped
from gridmap.space.measure import array_of
from gridmap.storage import audit, draft_land, drafts
from gridmap.storage.draft_tables import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.datum import Plane
    from gridmap.model.land import Plan
    from gridmap.services.plan_profile import PlanProfile
    from gridmap.services.plan_session import Session
    from gridmap.space.guards import Crossing
    from gridmap.space.layout import Change, Layout
    from gridmap.storage.database import Transaction
    from gridmap.storage.drafts import Edit, Step

_WORDS = {"building": "楼栋", "compound": "小区"}


@dataclass(frozen=True)
class EditAnswer:
    """What a step did.

    Parameters
    ----------
    revision : int
        Of the draft now: what the next request names.
    edit_id : str
        Of the edit that was made, undone or done again.
    verb : {"edit", "undo", "redo"}
    op : str
        Name of the operation.
    grids : list of dict
        Changed grids as GeoJSON features, lon/lat EPSG:4490, with their numbers.
    removed : list of dict
        `id` and `code` of grids that are gone.
    numbers : PlanNumbers
    warnings : list of dict
        Buildings and compounds that the edit divides: kind, id, name, households, grids, place, message.
    undo, redo : str or None
        The operation that would be undone or done again next.
    """

    revision: int
    edit_id: str
    verb: str
    op: str
    grids: list[dict[str, Any]]
    removed: list[dict[str, str]]
    numbers: PlanNumbers
    warnings: list[dict[str, Any]]
    undo: str | None
    redo: str | None


@dataclass(frozen=True)
class Taken:
    """A step that was worked out, to be written; `ways` are the operations to undo and redo after it."""

    verb: Verb
    edit: Edit
    head_id: UUID | None
    change: Change
    layout: Layout
    ways: tuple[str | None, str | None]
    warnings: Sequence[Crossing] = ()


def take(tx: Transaction, scope: Scope, plan: Plan, session: Session, taken: Taken, profile: PlanProfile) -> EditAnswer:
    """Write a step and tell what it did."""
    layout, change = taken.layout, taken.change
    step_id = new_id()
    now = session.after(layout, change, step_id)
    told = _changed(session, now, change)
    states = [layout.grids.get(grid_id) or session.layout.grids[grid_id] for grid_id in told]
    step = drafts.Step(
        id=step_id,
        plan_id=plan.id,
        revision=plan.revision + 1,
        verb=taken.verb.value,
        edit_id=taken.edit.id,
        head_id=taken.head_id,
        actor=tx.actor,
        at=tx.now,
        op=taken.edit.op,
        grids=[{"id": str(each.id), "code": each.code} for each in sorted(states, key=lambda each: each.code)],
    )
    shapes = lonlat_shapes(now, change.changed_grids() & layout.grids.keys())
    draft_land.write(tx, plan, _land(taken, session, shapes))
    drafts.advance(tx, plan, step)
    audit.record(
        tx,
        taken.verb.value,
        "plan",
        plan.id,
        count=len(told),
        detail={"op": step.op, "edit": str(step.edit_id), "revision": step.revision},
    )
    return EditAnswer(
        revision=step.revision,
        edit_id=str(step.edit_id),
        verb=step.verb,
        op=step.op,
        grids=features(now, visible_grids(now, scope, told & layout.grids.keys()), profile, shapes),
        removed=[
            {"id": str(grid_id), "code": session.layout.grids[grid_id].code}
            for grid_id in visible_grids(session, scope, told - layout.grids.keys())
        ],
        numbers=plan_numbers(now, scope, profile),
        warnings=[_warning(each, layout, session.ground.plane) for each in taken.warnings],
        undo=taken.ways[0],
        redo=taken.ways[1],
    )


def _changed(before: Session, after: Session, change: Change) -> set[UUID]:
    """Return the grids that have other land, another state or other numbers; a border with one more node is the same.

    Such a border may be bent by less than a millimetre: if that moves somebody, the numbers say so.
    """
    changed = reshaped(before.layout, after.layout, change) | set(change.grids)
    noded = (change.changed_grids() - changed) & after.layout.grids.keys()
    return changed | {each for each in noded if before.tally.numbers(each) != after.tally.numbers(each)}


def undo_and_redo(tx: Transaction, scope: Scope, plan_id: UUID, step: Step | None) -> tuple[str | None, str | None]:
    """Name the operations that would be undone and done again after a step of a visible plan."""
    return ways(tx, scope, plan_id, step.head_id) if step else (None, None)


def ways(tx: Transaction, scope: Scope, plan_id: UUID, head_id: UUID | None) -> tuple[str | None, str | None]:
    """Name the operations that would be undone and done again after an edit; None is the draft's beginning."""
    before = drafts.edit_with(tx, scope, head_id).op if head_id else None
    after = drafts.edit_after(tx, scope, plan_id, head_id)
    return before, after.op if after else None


def _land(taken: Taken, session: Session, shapes: Mapping[UUID, Any]) -> draft_land.Land:
    """Put a step into the words of the tables; grids whose land is as before keep their stored shapes."""
    change, layout, plane = taken.change, taken.layout, session.ground.plane
    drawn = {grid_id for pair in change.owner.values() for grid_id in pair}
    added = list(change.added)
    flat = plane.unproject_geometries(array_of(change.added.values()))
    return draft_land.Land(
        blocks={} if taken.verb is Verb.UNDO else dict(zip(added, flat, strict=True)),
        owners={block: new for block, (_, new) in change.owner.items() if new is not None},
        came={block for block, (old, _) in change.owner.items() if old is None},
        gone=[block for block, (_, new) in change.owner.items() if new is None],
        grids={grid_id: None if state is None else columns_of(state) for grid_id, (_, state) in change.grids.items()},
        shapes={grid_id: shape for grid_id, shape in shapes.items() if grid_id in drawn},
        # undoing is no descent, and the blocks of the base have theirs already
        parents=[]
        if taken.verb is Verb.UNDO
        else [each for each in change.parents if change.refines or each[0] not in layout.base],
    )


def step_value(step: Step) -> dict[str, Any]:
    """Tell a step: what somebody did to a draft, and which grids it changed."""
    return {
        "revision": step.revision,
        "verb": step.verb,
        "op": step.op,
        "edit_id": str(step.edit_id),
        "author": step.actor,
        "at": step.at.isoformat(),
        "grids": step.grids,
    }


def _warning(crossing: Crossing, layout: Layout, plane: Plane) -> dict[str, Any]:
    codes = [layout.grids[grid_id].code for grid_id in crossing.grids]
    return {
        "kind": crossing.kind,
        "id": str(crossing.id),
        "name": crossing.name,
        "households": crossing.households,
        "grids": codes,
        "place": plane.unproject([list(crossing.place)])[0].tolist(),
        "message": f"切割{_WORDS[crossing.kind]}：{crossing.name}（{crossing.households} 户）",
    }
