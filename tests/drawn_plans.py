"""Plans drawn as text over the small office of `office.py`: a letter is a grid, and keeps its identity."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import shapely
from ascii_art import polygons
from office import GRID_OF, SIZE, code, to_lonlat

from gridmap.access import Scope
from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.model.land import Block, Grid, Plan, PlanState, new_id
from gridmap.storage import assignments, audit, land, lineage, plans, registers, succession

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("tester")
_BLOCKS = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
# New letters of a drawing, each with the community and the code that it gets.
NEW_GRIDS = {"F": "001004", "G": "002003"}


def in_force(tx: Transaction) -> Plan:
    """Return the plan in force of the office."""
    subdistrict = land.subdistricts(tx, EVERYTHING)[0]
    plan = plans.plan_in_force(tx, EVERYTHING, subdistrict.id)
    assert plan is not None
    return plan


def draw(
    tx: Transaction,
    art: str,
    name: str = "草案",
    *,
    codes: Mapping[str, str] | None = None,
    based_on: UUID | None = None,
    state: PlanState = PlanState.DRAFT,
    valid_from: date | None = None,
) -> Plan:
    """Store a draft whose grids have the land of a drawing; unchanged land keeps its blocks."""
    base = in_force(tx)
    plan = Plan(new_id(), base.subdistrict_id, name, state, valid_from, None, based_on or base.id)
    known = {grid.code: grid for grid in plans.grids_of_plan(tx, EVERYTHING, base.id)}
    by_shape = {
        plans.shape_hash(shape): block for each in [base.id] for block, shape in zip(*_blocks(tx, each), strict=True)
    }
    grids, blocks = [], []
    communities = {each.code: each for each in land.communities(tx, EVERYTHING)}
    for letter, drawn in polygons(art, SIZE).items():
        first = code(letter, GRID_OF | NEW_GRIDS)
        old = known.get(first)
        shape = to_lonlat(drawn)
        community = communities[first[:12]]
        template = old or replace(
            next(iter(known.values())),
            id=new_id(),
            name=f"{community.name}新网格",
            community_id=community.id,
            community_code=community.code,
            community_name=community.name,
        )
        grid = replace(template, plan_id=plan.id, code=(codes or {}).get(letter, first), shape=shape, delivered=None)
        grids.append(grid)
        for part in shapely.get_parts(shape):
            key = plans.shape_hash(part)
            blocks.append(Block(by_shape.get(key, uuid5(_BLOCKS, key)), grid.id, grid.code, part))
    plans.add_plan(tx, plan, grids, blocks)
    audit.record(tx, "add", "plan", plan.id)
    return plan


def _blocks(tx: Transaction, plan_id: UUID) -> tuple[list[UUID], list[shapely.Geometry]]:
    found = plans.blocks_of_plan(tx, EVERYTHING, plan_id)
    return found.ids, list(found.shapes)


def drawn_plan(database: Database, art: str, name: str = "草案", **options: object) -> Plan:
    """Store a draft in a transaction of its own."""
    with database.transaction("planner", write=True) as tx:
        return draw(tx, art, name, **options)  # type: ignore[arg-type]


def grid_ids(tx: Transaction, plan_id: UUID) -> dict[str, Grid]:
    """Return the grids of a plan by code."""
    return {grid.code: grid for grid in plans.grids_of_plan(tx, EVERYTHING, plan_id)}


def which_is_whole(database: Database, plan: Plan) -> str:
    """Say whether the plan before or the new one is in force; fails when either is not whole, or both are half."""
    with database.transaction("tester") as tx:
        current, stored = in_force(tx), plans.plan_named(tx, EVERYTHING, plan.id)
        assert plan.based_on is not None
        before = plans.plan_named(tx, EVERYTHING, plan.based_on)
        settled = [kind for kind in ASSIGNED_KINDS if kind.name != "incidents"]
        subjects = {kind.name: registers.count(tx, EVERYTHING, kind) for kind in settled}
        decided = {
            kind.name: sum(len(chunk) for chunk in assignments.of_plan(tx, EVERYTHING, plan.id, kind.singular))
            for kind in settled
        }
        descents = lineage.of_plan(tx, EVERYTHING, plan.id)
        handed = [each for kind in settled for each in lineage.handed_over(tx, EVERYTHING, plan.id, kind)]
        if current.id == plan.id:
            assert (before.state, before.valid_to) == (PlanState.SUPERSEDED, stored.valid_from)
            assert decided == subjects
            assert descents
            assert handed
            assert not succession.provisional_codes(tx, EVERYTHING, plan.id)
            return "new"
        assert current == before
        assert (stored.state, stored.valid_from, stored.revision) == (PlanState.DRAFT, None, plan.revision)
        assert not any(decided.values())
        assert not descents
        assert not handed
        return "old"
