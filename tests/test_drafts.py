"""Drafts on both databases: how they begin, what an edit answers and writes, and what is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import shapely
from drafting import ACROSS_C, ACROSS_D, EVERYTHING, INTO_C, begin, cut, layout_of, stored, stroke
from office import GRID_OF, WORKER, code

from gridmap.access import Scope
from gridmap.config import data_dir
from gridmap.errors import BadInput, Conflict, EditRefused, Forbidden, NotFound
from gridmap.model.land import PlanState
from gridmap.services import drafts, edit_request, plan_reading
from gridmap.services.plan_profile import plan_profile
from gridmap.space import edits
from gridmap.storage import audit, land, plans, tables

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Transaction


def in_force(tx: Transaction) -> UUID:
    found = plans.plan_in_force(tx, EVERYTHING, land.subdistricts(tx, EVERYTHING)[0].id)
    assert found is not None
    return found.id


def codes_of(answer: drafts.EditAnswer) -> list[str]:
    return [grid["properties"]["code"][-6:] for grid in answer.grids]


# --- branching --------------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_all_that_its_base_has(desk: Transaction) -> None:
    draft = begin(desk)
    assert stored(desk, draft) == stored(desk, in_force(desk))
    plan = plans.plan_named(desk, EVERYTHING, draft)
    assert (plan.state, plan.revision, plan.based_on) == (PlanState.DRAFT, 0, in_force(desk))
    assert layout_of(desk, draft).hash() == layout_of(desk, in_force(desk)).hash()


def test_many_drafts_know_nothing_of_each_other(desk: Transaction) -> None:
    first, second = begin(desk, "甲"), begin(desk, "乙")
    drafts.edit(desk, EVERYTHING, first, cut())
    assert stored(desk, second) == stored(desk, in_force(desk)) != stored(desk, first)
    same = drafts.edit(desk, EVERYTHING, second, cut())
    assert same.revision == 1
    assert {row["block_id"] for row in stored(desk, first)["plan_row"]} == {
        row["block_id"] for row in stored(desk, second)["plan_row"]
    }  # the same land has the same id


@pytest.mark.parametrize("name", ["", "  ", "a" * 101, "a\nb"])
def test_a_name_that_cannot_be_used(desk: Transaction, name: str) -> None:
    with pytest.raises(BadInput, match="name"):
        begin(desk, name)


def test_a_draft_needs_a_name_of_its_own_and_a_base_that_was_in_force(desk: Transaction) -> None:
    draft = begin(desk)
    with pytest.raises(Conflict, match="another name"):
        begin(desk)
    with pytest.raises(Conflict, match="never in force"):
        drafts.new_draft(desk, EVERYTHING, "乙", draft)
    with pytest.raises(NotFound):
        drafts.new_draft(desk, EVERYTHING, "乙", uuid4())


# --- editing ----------------------------------------------------------------------------------------------------------


def test_a_cut_answers_with_what_changed_and_counts_it(desk: Transaction) -> None:
    draft = begin(desk)
    answer = drafts.edit(desk, EVERYTHING, draft, cut(), 0)
    assert (answer.revision, answer.op, answer.removed, answer.undo, answer.redo) == (1, "cut", [], "cut", None)
    larger, smaller = (grid["properties"] for grid in answer.grids)
    assert (larger["code"], smaller["code"]) == (code("C"), code("C")[:12] + "004")
    assert (larger["provisional"], smaller["provisional"]) == (False, True)
    assert larger["worker"] == WORKER[0] + "**"
    assert larger["numbers"]["area"] + smaller["numbers"]["area"] == pytest.approx(40_000, abs=1e-3)
    before = plan_reading.get_plan(desk, EVERYTHING, in_force(desk)).grids
    households = {grid["properties"]["code"]: grid["properties"]["numbers"]["households"] for grid in before}
    assert larger["numbers"]["households"] + smaller["numbers"]["households"] == households[code("C")]
    assert answer.numbers.changed_hands["households"] == smaller["numbers"]["households"] > 0
    assert sum(households.values()) == 60
    shapes = [shapely.from_geojson(json.dumps(grid["geometry"])) for grid in answer.grids]
    assert shapely.touches(*shapes)


def test_only_changed_grids_are_written(desk: Transaction) -> None:
    draft = begin(desk)
    rows = tables.grid_shape.select().where(tables.grid_shape.c.plan_id == draft)
    before = {row.grid_id: (row.fid, row.hash) for row in desk.connection.execute(rows)}
    answer = drafts.edit(desk, EVERYTHING, draft, cut())
    after = {row.grid_id: (row.fid, row.hash) for row in desk.connection.execute(rows)}
    changed = {UUID(grid["id"]) for grid in answer.grids}
    assert len(after) == len(GRID_OF) + 1
    written = {grid for grid in after if before.get(grid) != after[grid]}
    grids = plans.grids_of_plan(desk, EVERYTHING, draft)
    noded = {grid.id for grid in grids if grid.code == code("B")}  # the cut ends on its border
    assert changed <= written <= changed | noded
    assert shapely.coverage_is_valid(shapely.from_wkb([row["geom"] for row in stored(desk, draft)["grid_shape"]]))


def test_grids_may_exchange_their_codes(desk: Transaction) -> None:
    draft = begin(desk)
    first = drafts.edit(desk, EVERYTHING, draft, cut())
    second = drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"))
    assert codes_of(first) == ["001003", "001004"]
    assert codes_of(second) == ["002001", "002003"]
    merged = drafts.edit(desk, EVERYTHING, draft, {"op": "merge", "grids": [code("C"), code("C")[:12] + "004"]})
    assert [grid["code"][-6:] for grid in merged.removed] == ["001004"]


def test_the_plan_in_force_is_never_edited(desk: Transaction) -> None:
    with pytest.raises(Conflict, match="begin a draft"):
        drafts.edit(desk, EVERYTHING, in_force(desk), cut())
    with pytest.raises(Conflict):
        drafts.undo(desk, EVERYTHING, in_force(desk))


def test_a_refusal_says_where_in_degrees(desk: Transaction) -> None:
    draft = begin(desk)
    with pytest.raises(EditRefused) as refused:
        drafts.edit(desk, EVERYTHING, draft, cut(INTO_C))
    assert (refused.value.evidence["reason"], refused.value.evidence["metres"]) == ("ends_inside", 25.0)
    assert refused.value.evidence["place"] == pytest.approx(stroke(INTO_C)[1], abs=0.002)
    assert stored(desk, draft) == stored(desk, in_force(desk))


def test_a_divided_compound_is_named_and_can_be_refused(
    desk: Transaction, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draft = begin(desk)
    (warning,) = drafts.edit(desk, EVERYTHING, draft, cut()).warnings
    assert (warning["kind"], warning["name"], warning["message"][:4]) == ("compound", "阳光花园", "切割小区")
    drafts.undo(desk, EVERYTHING, draft)
    own = tmp_path / "profile.json"
    standard = (data_dir() / "lookups" / "plan_profile.json").read_text(encoding="utf-8")
    own.write_text(standard.replace('"compounds": "report"', '"compounds": "refuse"'), encoding="utf-8")
    monkeypatch.setenv("GRIDMAP_PLAN_PROFILE", str(own))
    with pytest.raises(EditRefused, match="阳光花园"):
        drafts.edit(desk, EVERYTHING, draft, cut())


HALF = "\ud800"  # of a character beyond the first 65,536, as JSON may spell it
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "no operation None"),
    ({"op": "burn"}, "no operation 'burn'"),
    ({"op": ["cut"]}, "no operation"),
    ({"op": "cut"}, "needs `line`"),
    ({"op": "cut", "line": stroke(ACROSS_C), "colour": "red"}, "no field 'colour'"),
    ({"op": "cut", "line": stroke(ACROSS_C), "new_ids": []}, "no field 'new_ids'"),
    ({"op": "cut", "line": [[1, 2]]}, "2 to"),
    ({"op": "cut", "line": "abc"}, "2 to"),
    ({"op": "cut", "line": [[113.5, 23.1], [113.5, "x"]]}, "point 1"),
    ({"op": "cut", "line": [[113.5, 23.1], [True, 23.1]]}, "point 1"),
    ({"op": "cut", "line": [[113.5, 23.1], [113.5, float("nan")]]}, "point 1"),
    ({"op": "cut", "line": [[113.5, 23.1], [113.5, 23.1, 4.0]]}, "point 1"),
    ({"op": "cut", "line": [[lat, lon] for lon, lat in stroke(ACROSS_C)]}, "longitude, latitude"),
    ({"op": "cut", "line": stroke(ACROSS_C), "grid": "440106001001999"}, "no grid '440106001001999'"),
    ({"op": "cut", "line": stroke(ACROSS_C), "grid": 7}, "no grid 7"),
    ({"op": "cut", "line": stroke(ACROSS_C), "grid": code("C"), "grids": [code("C")]}, "not both"),
    ({"op": "merge", "grids": code("C")}, "list of grids"),
    ({"op": "merge", "grids": []}, "at least one"),
    ({"op": "merge", "grids": [code("A"), code("A")]}, "twice"),
    ({"op": "transfer", "blocks": [str(uuid4())], "to_grid": code("A")}, "no block"),
    ({"op": "transfer", "blocks": [{}], "to_grid": code("A")}, "no block"),
    ({"op": "push", "to_grid": code("A")}, "`line` or `blocks`"),
    ({"op": "rename", "grid": code("A"), "name": " "}, "1 to 100"),
    ({"op": "rename", "grid": code("A"), "name": 3}, "1 to 100"),
    ({"op": "rename", "grid": code("A"), "name": "a\0b"}, "printable"),
    ({"op": "recode", "grid": code("A"), "code": "12"}, "15 digits"),
    ({"op": "recode", "grid": code("A"), "code": 4.40106e14}, "exponent|digits|number"),
    ({"op": "set_kind", "grid": code("A"), "kind": "micro"}, "general, dedicated"),
    ({"op": "move_to_community", "grid": code("A"), "community": "440106001009"}, "no community"),
    ({"op": "declare_multipart", "grid": code("A"), "multipart": "yes"}, "true or false"),
    ({"op": "cut", "line": [[113.5, 23.1], [10**400, 23.1]]}, "point 1"),
    ({"op": "cut", "line": [[113.5, 23.1], [500_000.0, 2_500_000]]}, "far from the plan"),
    ({"op": "cut", "line": [[113.5, 23.1], [113.5, HALF]]}, "half a character|point 1"),
    ({"op": "cut", "line": [[113.5, 23.1], HALF]}, "half a character"),
    ({"op": "cut", "line": stroke(ACROSS_C), "grid": HALF}, "`grid` has half a character"),
    ({"op": "merge", "grids": [code("A"), HALF]}, "half a character"),
    ({"op": "transfer", "blocks": [HALF], "to_grid": code("A")}, "half a character"),
    ({"op": "rearrange", "shares": [{"grid": None, "blocks": [HALF]}]}, "half a character"),
    ({"op": "rearrange", "shares": [{HALF: None}]}, "half a character"),
    ({"op": "recode", "grid": code("A"), "code": HALF}, "half a character"),
    ({"op": "describe", "grid": code("A"), "four_limits": f"东至{HALF}路"}, "half a character"),
    ({"op": "rename", "grid": code("A"), "name": "新名", HALF: 1}, "half a character"),
    ({"op": HALF}, "no operation"),
    ({"op": "move_to_community", "grid": code("A"), "community": int(code("A")[:12])}, "no community"),
]


@pytest.mark.parametrize(("operation", "message"), BAD)
def test_a_body_that_cannot_be_read_is_told_what_is_wrong(
    desk: Transaction, operation: dict[str, Any], message: str
) -> None:
    draft = begin(desk)
    with pytest.raises(BadInput, match=message) as bad:
        drafts.edit(desk, EVERYTHING, draft, operation)
    assert "field" in bad.value.evidence or bad.value.code == "code_refused"
    json.dumps([bad.value.message, bad.value.evidence], ensure_ascii=False).encode()  # it can be answered
    assert plans.plan_named(desk, EVERYTHING, draft).revision == 0


def test_every_operation_has_its_word_for_screens() -> None:
    assert plan_profile().operations.keys() == edit_request.OPERATIONS.keys() == edits.OPERATIONS.keys()


def test_the_caller_changes_only_what_he_may_see(desk: Transaction) -> None:
    draft = begin(desk)
    communities = {each.code[-3:]: each.id for each in land.communities(desk, EVERYTHING)}
    first = Scope("one", frozenset({communities["001"]}))
    assert {grid["properties"]["community_code"][-3:] for grid in plan_reading.get_plan(desk, first, draft).grids} == {
        "001"
    }
    with pytest.raises(Forbidden):
        drafts.edit(desk, first, draft, cut(ACROSS_D, "D"))
    assert codes_of(drafts.edit(desk, first, draft, cut())) == ["001003", "001004"]
    with pytest.raises(NotFound):
        drafts.edit(desk, Scope("nobody"), draft, cut())
    with pytest.raises(NotFound):
        plan_reading.plan_log(desk, Scope("nobody"), draft)
    assert plan_reading.list_plans(desk, Scope("nobody")) == []


def test_every_step_leaves_an_audit_row(desk: Transaction) -> None:
    draft = begin(desk)
    drafts.edit(desk, EVERYTHING, draft, cut())
    drafts.undo(desk, EVERYTHING, draft)
    drafts.redo(desk, EVERYTHING, draft)
    verbs = [entry.verb for entry in audit.entries(desk, EVERYTHING, subject_id=draft)]
    assert verbs == ["redo", "undo", "edit", "add"]
