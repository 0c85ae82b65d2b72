"""Drafts on both databases: branch, edit, undo, redo, the log, and many planners at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import shapely
from drafting import (
    ACROSS_C,
    ACROSS_D,
    EVERYTHING,
    INTO_C,
    begin,
    forget,
    rolled_back,
    settle,
    stored,
    stroke,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import GRID_OF, WORKER, code, lonlat

from gridmap.access import Scope
from gridmap.config import data_dir
from gridmap.errors import BadInput, Conflict, EditRefused, Forbidden, GridmapError, NotFound, StaleRevision
from gridmap.model.land import PlanState
from gridmap.services import drafts, plan_reading, plan_session
from gridmap.services.plan_layout import layout_of
from gridmap.storage import audit, land, plans, tables
from gridmap.storage.database import Database
from gridmap.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.storage.database import Transaction


@pytest.fixture(scope="module")
def town(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database.open(shared_office)
    settle(opened, tmp_path_factory.mktemp("town"))
    yield opened
    opened.close()


@pytest.fixture
def desk(town: Database) -> Iterator[Transaction]:
    """A transaction in the town that leaves nothing behind."""
    with rolled_back(town) as tx:
        yield tx


def in_force(tx: Transaction) -> UUID:
    found = plans.plan_in_force(tx, EVERYTHING, land.subdistricts(tx, EVERYTHING)[0].id)
    assert found is not None
    return found.id


def cut(art: str = ACROSS_C, grid: str = "C") -> dict[str, Any]:
    return {"op": "cut", "grid": code(grid), "line": stroke(art)}


def codes_of(answer: drafts.EditAnswer) -> list[str]:
    return [grid["properties"]["code"][-6:] for grid in answer.grids]


# --- branching --------------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_all_that_its_base_has(desk: Transaction) -> None:
    draft = begin(desk)
    assert stored(desk, draft) == stored(desk, in_force(desk))
    plan = plans.plan_named(desk, EVERYTHING, draft)
    assert (plan.state, plan.revision, plan.based_on) == (PlanState.DRAFT, 0, in_force(desk))
    assert layout_of(desk, EVERYTHING, draft).hash() == layout_of(desk, EVERYTHING, in_force(desk)).hash()


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
]


@pytest.mark.parametrize(("operation", "message"), BAD)
def test_a_body_that_cannot_be_read_is_told_what_is_wrong(
    desk: Transaction, operation: dict[str, Any], message: str
) -> None:
    draft = begin(desk)
    with pytest.raises(BadInput, match=message) as bad:
        drafts.edit(desk, EVERYTHING, draft, operation)
    assert "field" in bad.value.evidence or bad.value.code == "code_refused"
    assert drafts.draft_state(desk, EVERYTHING, draft)[1].revision == 0


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


# --- undo and redo ----------------------------------------------------------------------------------------------------


def test_undo_brings_back_every_byte_and_redo_the_edit(desk: Transaction) -> None:
    draft = begin(desk)
    before = stored(desk, draft)
    drafts.edit(desk, EVERYTHING, draft, cut())
    after = stored(desk, draft)
    undone = drafts.undo(desk, EVERYTHING, draft, 1)
    assert (undone.revision, undone.undo, undone.redo) == (2, None, "cut")
    assert stored(desk, draft) == before
    redone = drafts.redo(desk, EVERYTHING, draft, 2)
    assert (redone.revision, redone.undo, redone.redo) == (3, "cut", None)
    assert stored(desk, draft) == after


def test_there_is_an_end_to_undo_and_redo(desk: Transaction) -> None:
    draft = begin(desk)
    for step in (drafts.undo, drafts.redo):
        with pytest.raises(Conflict, match="nothing to"):
            step(desk, EVERYTHING, draft)
    drafts.edit(desk, EVERYTHING, draft, cut())
    with pytest.raises(Conflict, match="nothing to redo"):
        drafts.redo(desk, EVERYTHING, draft)


def test_a_new_edit_after_undo_takes_the_place_of_the_old_one(desk: Transaction) -> None:
    draft = begin(desk)
    old = drafts.edit(desk, EVERYTHING, draft, cut())
    drafts.undo(desk, EVERYTHING, draft)
    new = drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"))
    assert new.redo is None
    with pytest.raises(Conflict, match="nothing to redo"):
        drafts.redo(desk, EVERYTHING, draft)
    assert drafts.undo(desk, EVERYTHING, draft).edit_id == new.edit_id
    assert drafts.redo(desk, EVERYTHING, draft).edit_id == new.edit_id
    log = plan_reading.plan_log(desk, EVERYTHING, draft)
    assert [(each.id, each.applied) for each in log.edits] == [(old.edit_id, False), (new.edit_id, True)]
    assert [step["verb"] for step in log.steps] == ["edit", "undo", "edit", "undo", "redo"]
    assert [step["revision"] for step in log.steps] == [1, 2, 3, 4, 5]
    assert log.edits[0].author == "planner"


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_memory_tables_and_log_always_agree(town: Database, seed: int) -> None:
    """Whatever is done: a restart changes nothing, undo to the start gives the start, redo to the end the end."""
    random = Random(seed)  # noqa: S311 -- no secret
    with rolled_back(town) as tx:
        draft = begin(tx)
        start = stored(tx, draft)
        done = 0
        for _ in range(10):
            try:
                _random_step(tx, draft, random)
            except GridmapError:
                continue  # refused: nothing may have changed, which is looked at below
            done += 1
            _require_agreement(tx, draft)
            if random.random() < 0.2:
                forget()
        _require_agreement(tx, draft)
        end, edits = stored(tx, draft), 0
        while plan_reading.get_plan(tx, EVERYTHING, draft).plan.undo:
            drafts.undo(tx, EVERYTHING, draft)
            edits += 1
            if random.random() < 0.2:
                forget()
        assert stored(tx, draft) == start
        for _ in range(edits):
            drafts.redo(tx, EVERYTHING, draft)
        assert stored(tx, draft) == end
        _require_agreement(tx, draft)


_KINDS = (
    *("merge", "transfer", "rename", "reshape", "push", "new_grid", "retire", "recode", "set_kind"),
    *("move_to_community", "declare_multipart", "describe"),
)


def _random_step(tx: Transaction, draft: UUID, random: Random) -> None:
    kind = random.choice(["cut", "cut", "cut", *_KINDS, "undo", "redo"])
    layout = drafts.draft_state(tx, EVERYTHING, draft)[0]
    grids = [str(each) for each in sorted(layout.grids)]
    line = [list(lonlat(random.uniform(-50, 750), random.uniform(-50, 350))) for _ in range(random.randint(2, 4))]
    one, other = random.choices(grids, k=2)
    operations: dict[str, dict[str, Any]] = {
        "cut": {"line": line},
        "merge": {"grids": [one, other]},
        "transfer": {"blocks": [str(random.choice(sorted(layout.blocks)))], "to_grid": one},
        "rename": {"grid": one, "name": f"示范{random.randint(0, 9)}"},
        "reshape": {"a": one, "b": other, "line": line},
        "push": {"to_grid": one, "line": line},
        "new_grid": {"blocks": [str(random.choice(sorted(layout.blocks)))], "name": "新设"},
        "retire": {"grid": one},
        "recode": {"grid": one, "code": layout.grids[UUID(one)].code[:12] + f"{random.randint(1, 12):03d}"},
        "set_kind": {"grid": one, "kind": random.choice(["general", "dedicated"])},
        "move_to_community": {"grid": one, "community": layout.grids[UUID(other)].community_code},
        "declare_multipart": {"grid": one, "multipart": random.random() < 0.5},
        "describe": {"grid": one, "four_limits": f"东至示范{random.randint(0, 9)}路"},
    }
    if kind in operations:
        drafts.edit(tx, EVERYTHING, draft, {"op": kind, **operations[kind]})
    else:
        (drafts.undo if kind == "undo" else drafts.redo)(tx, EVERYTHING, draft)


def _require_agreement(tx: Transaction, draft: UUID) -> None:
    plan = plans.plan_named(tx, EVERYTHING, draft)
    session = plan_session.open_session(tx, plan)
    fresh = layout_of(tx, EVERYTHING, draft)
    assert fresh.hash() == session.layout.hash()
    assert dict(fresh.owner) == dict(session.layout.owner)
    assert dict(fresh.grids) == dict(session.layout.grids)
    assert dict(fresh.origin) == dict(session.layout.origin)
    counted = Tally.of(fresh, session.ground.counted, session.ground.inclusions)
    assert {each: counted.numbers(each) for each in fresh.grids} == {
        each: session.tally.numbers(each) for each in fresh.grids
    }
    assert sum(counted.numbers(each)["households"] for each in fresh.grids) == 60
    rows = stored(tx, draft)
    shapes = shapely.from_wkb([row["geom"] for row in rows["grid_shape"]])
    assert len(shapes) == len(fresh.grids) == len(rows["plan_grid"])
    assert shapely.coverage_is_valid(session.ground.plane.project_geometries(shapes))


# --- several planners -------------------------------------------------------------------------------------------------


def test_a_stale_client_is_told_what_happened_since(desk: Transaction) -> None:
    draft = begin(desk)
    drafts.edit(desk, EVERYTHING, draft, cut(), 0)
    drafts.undo(desk, EVERYTHING, draft, 1)
    before = stored(desk, draft)
    with pytest.raises(StaleRevision) as stale:
        drafts.edit(desk, EVERYTHING, draft, cut(ACROSS_D, "D"), 0)
    newer = stale.value.evidence["newer"]
    assert [(step["verb"], step["op"], step["author"]) for step in newer] == [
        ("edit", "cut", "planner"),
        ("undo", "cut", "planner"),
    ]
    assert [grid["code"][-3:] for grid in newer[0]["grids"]] == ["003", "004"]
    assert stale.value.evidence["revision"] == 2
    assert stored(desk, draft) == before
    with pytest.raises(BadInput, match="read it again"):
        drafts.edit(desk, EVERYTHING, draft, cut(), 3)


@pytest.fixture
def shared_draft(town: Database) -> UUID:
    with town.transaction("planner", write=True) as tx:
        return begin(tx, f"共同{uuid4()}")


def test_of_two_edits_of_one_revision_one_is_told_of_the_other(town: Database, shared_draft: UUID) -> None:
    for _ in range(5):
        with town.transaction("planner") as tx:
            revision = plans.plan_named(tx, EVERYTHING, shared_draft).revision
        together = Barrier(2)

        def rename(name: str, revision: int = revision, together: Barrier = together) -> str:
            together.wait()
            try:
                with town.transaction(name, write=True) as tx:
                    operation = {"op": "rename", "grid": code("A"), "name": f"{name}{revision}"}
                    drafts.edit(tx, Scope.everything(name), shared_draft, operation, revision)
            except StaleRevision as stale:
                (newer,) = stale.evidence["newer"]
                return f"told of {newer['author']}"
            return name

        with ThreadPoolExecutor(2) as pool:
            outcomes = set(pool.map(rename, ["ann", "bob"]))
        assert outcomes in ({"ann", "told of ann"}, {"bob", "told of bob"})


def test_no_edit_of_many_planners_is_lost(town: Database, shared_draft: UUID) -> None:
    def work(name: str) -> None:
        for number in range(5):
            with town.transaction(name, write=True) as tx:
                operation = {"op": "rename", "grid": code("A"), "name": f"{name}{number}"}
                drafts.edit(tx, Scope.everything(name), shared_draft, operation)

    names = ["ann", "bob", "eve", "joe"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, names))
    with town.transaction("planner") as tx:
        log = plan_reading.plan_log(tx, EVERYTHING, shared_draft)
    assert [step["revision"] for step in log.steps] == list(range(1, 21))
    for name in names:
        own = [each.operation["name"] for each in log.edits if each.author == name]
        assert own == [f"{name}{number}" for number in range(5)]
    assert all(each.applied for each in log.edits)


def test_an_edit_that_was_rolled_back_leaves_nothing_in_memory(town: Database, shared_draft: UUID) -> None:
    with rolled_back(town) as tx:
        drafts.edit(tx, EVERYTHING, shared_draft, cut())
    with town.transaction("planner", write=True) as tx:
        answer = drafts.edit(tx, EVERYTHING, shared_draft, cut(ACROSS_D, "D"), 0)
        assert answer.numbers.grids == len(GRID_OF) + 1
        _require_agreement(tx, shared_draft)
