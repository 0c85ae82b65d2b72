from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import shapely
from storage_samples import EVERYTHING, NOTHING, grid_of, on_earth, settle

from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.model.land import Block, Plan, PlanState, new_id
from gridmap.storage import land, plans

if TYPE_CHECKING:
    from storage_samples import Place

    from gridmap.storage.database import Database, Transaction

SECOND_DAY = date(2026, 7, 1)


def supersede(tx: Transaction, place: Place) -> Plan:
    """Put a second plan in force on the same blocks, in which A has grown by B's land."""
    plans.close_plan(tx, place.plan.id, SECOND_DAY)
    plan = Plan(new_id(), place.subdistrict.id, "第二版", PlanState.IN_FORCE, SECOND_DAY, None, based_on=place.plan.id)
    grown = shapely.union_all([place.grids["A"].shape, place.grids["B"].shape])
    kept = [replace(place.grids[letter], plan_id=plan.id) for letter in "ACD"]
    kept[0] = replace(kept[0], shape=grown)
    owner = {place.grids["B"].id: place.grids["A"].id}
    blocks = [replace(block, grid_id=owner.get(block.grid_id, block.grid_id)) for block in place.blocks]
    plans.add_plan(tx, plan, kept, blocks)
    return plan


def test_land_comes_back(tx: Transaction) -> None:
    place = settle(tx)
    assert land.subdistricts(tx, EVERYTHING) == [place.subdistrict]
    assert land.subdistrict_named(tx, EVERYTHING, "440304001") == place.subdistrict
    assert land.communities(tx, EVERYTHING) == list(place.communities)
    assert land.community_named(tx, EVERYTHING, "第1社区") == place.communities[0]
    assert land.community_named(tx, EVERYTHING, " 440304001002 ") == place.communities[1]
    changed = replace(place.communities[0], name="新名", outline=None)
    land.update_communities(tx, [changed])
    assert land.community_named(tx, EVERYTHING, "新名") == changed


def test_a_place_that_is_not_there_or_not_alone_is_named(tx: Transaction) -> None:
    settle(tx)
    with pytest.raises(NotFound, match="there is no community '和平社区'"):
        land.community_named(tx, EVERYTHING, "和平社区")
    with pytest.raises(NotFound):
        land.subdistrict_named(tx, EVERYTHING, "和平街道")
    settle(tx, code="440304002")
    with pytest.raises(BadInput, match="say the code"):
        land.community_named(tx, EVERYTHING, "第1社区")


def test_communities_of_one_subdistrict(tx: Transaction) -> None:
    first, second = settle(tx), settle(tx, code="440304002")
    found = land.communities(tx, EVERYTHING, subdistrict_id=second.subdistrict.id)
    assert found == list(second.communities)
    assert len(land.communities(tx, EVERYTHING)) == 4
    assert plans.plan_in_force(tx, EVERYTHING, first.subdistrict.id) == first.plan


def test_a_plan_comes_back_whole(tx: Transaction) -> None:
    place = settle(tx)
    assert plans.plan_named(tx, EVERYTHING, place.plan.id) == place.plan
    assert plans.grids_of_plan(tx, EVERYTHING, place.plan.id) == list(place.grids.values())
    grid = place.grids["C"]
    assert plans.grid_of_plan(tx, EVERYTHING, place.plan.id, grid.id) == grid
    blocks = plans.blocks_of_plan(tx, EVERYTHING, place.plan.id)
    assert blocks.codes == sorted(grid.code for grid in place.grids.values())
    assert blocks.ids == [block.id for block in place.blocks]
    assert blocks.grid_ids == [block.grid_id for block in place.blocks]
    assert blocks.shapes.tolist() == [block.shape for block in place.blocks]
    assert shapely.coverage_is_valid(blocks.shapes)


def test_blocks_are_narrowed_by_a_box(tx: Transaction) -> None:
    place = settle(tx)
    inside_d = shapely.buffer(place.grids["D"].shape.centroid, 0.0001).bounds
    blocks = plans.blocks_of_plan(tx, EVERYTHING, place.plan.id, box=inside_d)
    assert blocks.codes == [place.grids["D"].code]
    assert plans.blocks_of_plan(tx, EVERYTHING, place.plan.id, box=(0, 0, 1, 1)).ids == []


def test_what_is_not_there_is_named(tx: Transaction) -> None:
    place = settle(tx)
    with pytest.raises(NotFound, match="no such plan"):
        plans.plan_named(tx, EVERYTHING, new_id())
    with pytest.raises(NotFound, match="no such grid"):
        plans.grid_of_plan(tx, EVERYTHING, place.plan.id, new_id())


def test_two_grids_of_a_plan_never_share_a_code(database: Database) -> None:
    with database.transaction("me", write=True) as tx:
        place = settle(tx)
    plan = replace(place.plan, id=new_id(), state=PlanState.DRAFT)
    twins = [grid_of(plan, place.communities[0], "A", place.grids[letter].shape) for letter in "AB"]
    with pytest.raises(Conflict), database.transaction("me", write=True) as tx:
        plans.add_plan(tx, plan, twins, [])


def test_which_plan_was_in_force_is_always_answerable(tx: Transaction) -> None:
    place = settle(tx)
    second = supersede(tx, place)
    subdistrict = place.subdistrict.id

    def at(day: date) -> str | None:
        plan = plans.plan_in_force(tx, EVERYTHING, subdistrict, at=day)
        return plan and plan.name

    assert at(place.plan.valid_from - timedelta(days=1)) is None  # type: ignore[operator]
    assert at(date(2026, 1, 1)) == "第一版"
    assert at(SECOND_DAY - timedelta(days=1)) == "第一版"
    assert at(SECOND_DAY) == "第二版"
    assert plans.plan_in_force(tx, EVERYTHING, subdistrict) == second
    assert [plan.name for plan in plans.plans_of(tx, EVERYTHING, subdistrict)] == ["第二版", "第一版"]
    old = plans.grids_of_plan(tx, EVERYTHING, place.plan.id)
    assert old == list(place.grids.values())  # the old plan keeps its land
    assert len(plans.grids_of_plan(tx, EVERYTHING, second.id)) == 3


def test_a_draft_is_not_in_force_and_hands_out_no_code(tx: Transaction) -> None:
    place = settle(tx)
    draft = replace(place.plan, id=new_id(), state=PlanState.DRAFT, valid_from=None, based_on=place.plan.id)
    new = grid_of(draft, place.communities[0], "D", on_earth(shapely.box(0, 0, 0.001, 0.001)))
    plans.add_plan(tx, draft, [new], [Block(new_id(), new.id, new.code, new.shape)])
    assert plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id) == place.plan
    ever = plans.codes_ever_in_force(tx, EVERYTHING, place.communities[0].code)
    assert ever == {place.grids[letter].code: place.grids[letter].id for letter in "AB"}


def test_codes_of_superseded_plans_stay_taken(tx: Transaction) -> None:
    place = settle(tx)
    supersede(tx, place)
    assert place.grids["B"].code in plans.codes_ever_in_force(tx, EVERYTHING, place.communities[0].code)


def test_a_plan_is_closed_once(tx: Transaction) -> None:
    place = settle(tx)
    plans.close_plan(tx, place.plan.id, SECOND_DAY)
    assert plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id) is None
    with pytest.raises(Conflict, match="not in force"):
        plans.close_plan(tx, place.plan.id, SECOND_DAY)


def test_a_hash_does_not_depend_on_the_first_vertex() -> None:
    ring = [(0, 0), (2, 0), (2, 1), (0, 1)]
    turned = [shapely.Polygon(ring[n:] + ring[:n]) for n in range(4)]
    assert len({plans.shape_hash(shape) for shape in turned}) == 1
    assert plans.shape_hash(shapely.Polygon(ring)) != plans.shape_hash(shapely.Polygon(ring[:3]))


def test_a_report_never_misses_a_plan_that_takes_effect(database: Database) -> None:
    """The report waits for the activation and then sees the new plan, or holds it off until it is stored."""
    with database.transaction("me", write=True) as tx:
        place = settle(tx)
    seen: list[str] = []

    def report() -> None:
        with database.transaction("reporter", write=True) as tx:
            plan = plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id, lock=plans.Lock.SHARE)
            seen.append(plan.name if plan else "none")

    reporting = threading.Thread(target=report)
    with database.transaction("planner", write=True) as tx:
        assert plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id, lock=plans.Lock.UPDATE) == place.plan
        reporting.start()
        time.sleep(0.3)
        assert seen == []
        supersede(tx, place)
    reporting.join()
    assert seen == ["第二版"]


def test_reports_hold_off_an_activation_but_not_each_other(database: Database) -> None:
    with database.transaction("me", write=True) as tx:
        place = settle(tx)
    order: list[str] = []

    def activate() -> None:
        with database.transaction("planner", write=True) as tx:
            plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id, lock=plans.Lock.UPDATE)
            order.append("activated")

    activating = threading.Thread(target=activate)
    with database.transaction("reporter", write=True) as tx:
        plans.plan_in_force(tx, EVERYTHING, place.subdistrict.id, lock=plans.Lock.SHARE)
        if tx.postgis:
            with database.transaction("another reporter", write=True) as other:
                assert plans.plan_in_force(other, EVERYTHING, place.subdistrict.id, lock=plans.Lock.SHARE)
        activating.start()
        time.sleep(0.3)
        order.append("reported")
    activating.join()
    assert order == ["reported", "activated"]


def test_no_plan_no_lock(tx: Transaction) -> None:
    assert plans.plan_in_force(tx, EVERYTHING, new_id(), lock=plans.Lock.SHARE) is None
    assert plans.plan_in_force(tx, NOTHING, new_id()) is None
