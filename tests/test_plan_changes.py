"""What changes hands, told at every stroke, is what the full comparison of the plans says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from drafting import ACROSS_C, ACROSS_D, EVERYTHING, begin, settle, stroke
from office import code, open_office

from gridmap.access import Scope
from gridmap.services import drafts
from gridmap.services.plan_changes import plan_changes
from gridmap.services.plan_diff import diff_plans
from gridmap.storage import land, plans

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

SAME = {"households": "households", "residents": "residents", "shops": "shops", "open_incidents": "incidents"}
EDITS = (
    {"op": "cut", "grid": code("C"), "line": stroke(ACROSS_C)},
    {"op": "cut", "grid": code("D"), "line": stroke(ACROSS_D)},
    {"op": "merge", "grids": [code("A"), code("B")], "into": code("B")},
    {"op": "rename", "grid": code("E"), "name": "滨江网格"},
)


@pytest.fixture
def town(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    settle(database, tmp_path)
    return database


def test_the_quick_list_and_the_full_comparison_agree(town: Database) -> None:
    with town.transaction("planner", write=True) as tx:
        draft = begin(tx)
        base = plans.plan_named(tx, EVERYTHING, draft).based_on
    assert base is not None
    for edit in EDITS:
        with town.transaction("planner", write=True) as tx:
            drafts.edit(tx, EVERYTHING, draft, edit)
        with town.transaction("planner") as tx:
            quick, full = plan_changes(tx, EVERYTHING, draft), diff_plans(tx, EVERYTHING, base, draft)
        people = {(each.old, each.new): each.numbers for each in quick.handed}
        flows = {
            (each.old.id if each.old else None, each.new.id if each.new else None): each.numbers for each in full.flows
        }
        for pair, numbers in people.items():
            assert {name: numbers[name] for name in SAME} == {name: flows[pair][other] for name, other in SAME.items()}
        assert {name: quick.total[name] for name in SAME} == {name: full.summary[other] for name, other in SAME.items()}
        assert set(quick.grids) == {each.id for each in full.grids if each.changes}
    assert quick.total["households"] > 0


def test_finer_blocks_change_no_grid(town: Database) -> None:
    with town.transaction("planner", write=True) as tx:
        draft = begin(tx)
        drafts.edit(tx, EVERYTHING, draft, {"op": "refine", "lines": [stroke(ACROSS_C), stroke(ACROSS_D)]})
        found = plan_changes(tx, EVERYTHING, draft)
    assert (found.grids, found.handed) == ((), ())


def test_a_new_draft_changes_nothing_and_out_of_scope_is_not_told(town: Database) -> None:
    with town.transaction("planner", write=True) as tx:
        draft = begin(tx)
        fresh = plan_changes(tx, EVERYTHING, draft)
        assert (fresh.grids, fresh.handed, fresh.total["households"]) == ((), (), 0)
        drafts.edit(tx, EVERYTHING, draft, EDITS[0])
        other = next(each.id for each in land.communities(tx, EVERYTHING) if each.code == code("D")[:12])
        narrow = plan_changes(tx, Scope(actor="someone", communities=frozenset({other})), draft)
        assert (narrow.grids, narrow.handed) == ((), ())
