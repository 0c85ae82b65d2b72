"""Two plans compared: who gives what to whom, whatever the plans were made of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from drawn_plans import EVERYTHING, draw, grid_ids, in_force
from hypothesis import given
from hypothesis import strategies as st
from office import GRIDS, MOVED, SIZE, code, load, open_office, to_lonlat, write_geojson, write_households

from gridmap import runner
from gridmap.cli.main import run
from gridmap.config import read_lookup
from gridmap.errors import BadInput, Conflict, FileRefused, NotFound
from gridmap.model.kinds import kind_named
from gridmap.model.land import PlanState, new_id
from gridmap.services.grid_history import grid_history
from gridmap.services.plan_diff import Land, base_of, diff_plans
from gridmap.services.plan_rules import check
from gridmap.space.overlay import overlay
from gridmap.storage import plans

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

PLACES = [(x * 50.0 + 25, y * 50.0 + 25) for x in range(14) for y in range(6)]
SPLIT = "AAFBDDD\nAAFBDEE\nCCCCDEE"
NEW = {"F": "001004"}


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    """The drawn office with households."""
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, PLACES))
    return database


def labelled(labels: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Unit squares in a row of four by three, each with its owner."""
    cells = [shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(4)]
    return np.array(cells, dtype=object), np.array(labels)


@given(st.lists(st.integers(0, 2), min_size=12, max_size=12), st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_an_overlay_gives_every_square_metre_once(first: list[int], second: list[int]) -> None:
    """Whether the owners' land is laid over whole or in squares, the flows are those of the labels."""
    (cells, old), (_, new) = labelled(first), labelled(second)
    wanted = np.zeros((3, 3))
    np.add.at(wanted, (old, new), 1.0)
    whole = [
        (np.array([shapely.union_all(cells[side == k]) for k in np.unique(side)], dtype=object), np.unique(side))
        for side in (old, new)
    ]
    for (a, a_owner), (b, b_owner) in ((whole[0], whole[1]), ((cells, old), whole[1]), (whole[0], (cells, new))):
        over = overlay(a, b, a_owner, b_owner)
        found = np.zeros((3, 3))
        np.add.at(found, (a_owner[over.old], b_owner[over.new]), over.areas)
        assert over.old.min() >= 0 <= over.new.min()
        np.testing.assert_allclose(found, wanted, atol=1e-9)


def test_a_border_that_was_drawn_twice_is_no_land() -> None:
    bent = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]
    shifted = [shapely.box(0, 0, 10.004, 10), shapely.box(10.004, 0, 20, 10)]
    owners = np.array([0, 1])
    over = overlay(np.array(bent), np.array(shifted), owners, owners)
    assert (owners[over.old] == owners[over.new]).all()


def test_who_gives_what_to_whom(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        draft = draw(tx, MOVED)
        found = diff_plans(tx, EVERYTHING, in_force(tx).id, draft.id, geometry=True)
        assert base_of(tx, EVERYTHING, draft.id) == in_force(tx).id
    (flow,) = found.flows
    assert flow.old is not None
    assert flow.new is not None
    assert (flow.old.code, flow.new.code) == (code("A"), code("B"))
    assert flow.area == pytest.approx(20_000, abs=0.01)
    assert (flow.area_share, flow.household_share) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (flow.numbers["households"], flow.numbers["residents"]) == (8, 24)
    lands = {(each.new or each.old).code: each.land for each in found.grids if each.new or each.old}
    assert lands == {code("A"): Land.MOVED, code("B"): Land.MUCH} | dict.fromkeys(map(code, "CDE"), Land.SAME)
    changed = {each.new.code: each.changes for each in found.grids if each.new and each.changes}
    assert changed == {code("A"): ("land",), code("B"): ("land",)}
    assert found.moved[0].geometry is not None
    assert found.moved[0].geometry["type"] == "Polygon"


def test_blocks_that_are_cut_finer_move_nothing(office: Database) -> None:
    """The same land in other blocks is the same land; a block that changes its label is named."""
    with office.transaction("planner", write=True) as tx:
        base = in_force(tx)
        draft = draw(tx, GRIDS)
        found = diff_plans(tx, EVERYTHING, base.id, draft.id)
    assert not found.flows
    assert not found.moved
    assert {each.land for each in found.grids} == {Land.SAME}


def test_a_comparison_read_backwards_is_the_other_way_round(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        base, draft = in_force(tx), draw(tx, SPLIT)
        there, back = (diff_plans(tx, EVERYTHING, *pair) for pair in ((base.id, draft.id), (draft.id, base.id)))
    assert {(f.old, f.new, f.area) for f in there.flows} == {(f.new, f.old, f.area) for f in back.flows}
    assert there.summary["grids"]["new"] == back.summary["grids"]["retired"] == 1
    assert there.summary["households"] == back.summary["households"] == 8


def test_what_cannot_be_compared_is_named(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        base = in_force(tx)
        with pytest.raises(NotFound):
            diff_plans(tx, EVERYTHING, base.id, new_id())
        with pytest.raises(Conflict, match="name two plans"):
            base_of(tx, EVERYTHING, base.id)


def test_rules_find_what_is_wrong_and_where(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        draft = draw(tx, SPLIT, codes={"F": code("A"), "A": code("F", NEW)})
        report = check(tx, EVERYTHING, draft.id)
        rules = {each.rule: each for each in report.findings}
        assert not report.passed
        assert rules["code_taken"].severity == "error"
        assert code("A") in rules["code_taken"].message
        apart = draw(tx, "AABBDDD\nAABBDEE\nCCACDEE")
        found = {each.rule: each for each in check(tx, EVERYTHING, apart.id).findings}
    assert "multipart" in found
    assert found["multipart"].place is not None
    assert "size_low" in found


def test_a_file_becomes_a_draft_whose_grids_keep_their_names(
    office: Database, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A and B exchange their codes in the file, and stay who they are."""
    with office.transaction("tester") as tx:
        before = grid_ids(tx, in_force(tx).id)
    swapped = {"A": "B", "B": "A"}
    rows = [
        (to_lonlat(shape), {"code": code(swapped.get(letter, letter)), "name": before[code(letter)].name})
        for letter, shape in polygons(MOVED, SIZE).items()
    ]
    file = write_geojson(tmp_path / "swapped.geojson", rows)
    monkeypatch.setenv("GRIDMAP_DATABASE", target)
    words = ["import", "grids", str(file), "--crs", "EPSG:4490", "--as-plan", "换号", "--identity", "name", "--json"]
    capsys.readouterr()
    assert run(words) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["grids"], made["kept"], made["new"], made["retired"], made["recoded"]) == (5, 5, 0, 0, 2)
    with office.transaction("tester") as tx:
        plan = next(each for each in plans.plans_of(tx, EVERYTHING, in_force(tx).subdistrict_id) if each.name == "换号")
        assert plan.state is PlanState.DRAFT
        assert grid_ids(tx, plan.id)[code("B")].id == before[code("A")].id
        found = diff_plans(tx, EVERYTHING, in_force(tx).id, plan.id)
    assert found.summary["recoded"] == 2
    assert found.summary["households"] == 8
    kept = {each.land for each in found.grids}
    assert kept == {Land.SAME, Land.MOVED, Land.MUCH}
    for name, told in (("换号", "another name"), (" \u200b", "printable"), ("", "printable")):
        words[words.index("--as-plan") + 1] = name  # as of any draft
        assert run(words) == 2
        assert told in capsys.readouterr().err


def test_a_file_that_is_no_whole_plan_is_refused(office: Database, tmp_path: Path) -> None:
    def imported(rows: list[tuple[shapely.Geometry | None, dict[str, str]]], identity: str = "code") -> None:
        file = write_geojson(tmp_path / "plan.geojson", rows)
        request = runner.ImportRequest(kind_named("grids"), file, crs="EPSG:4490")
        runner.import_as_plan(office, request, "tester", "新方案", identity)

    shapes = {letter: to_lonlat(shape) for letter, shape in polygons(MOVED, SIZE).items()}
    rows = [(shape, {"code": code(letter), "name": "一样"}) for letter, shape in shapes.items()]
    with pytest.raises(BadInput, match="cannot be told apart"):
        imported(rows, "name")
    with pytest.raises(FileRefused, match="row 2"):
        imported([(shape, {"code": code("A")}) for shape in shapes.values()])
    with pytest.raises(FileRefused, match="whole or not at all"):
        imported([(None, {"code": code("A")})])


def test_the_history_of_a_grid_is_told_by_any_of_its_codes(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        first = in_force(tx)
        draft = draw(tx, SPLIT, "新方案", codes={"B": "440106001001009"})
    runner.activate_plan(office, draft.id, "planner")
    with office.transaction("planner", write=True) as tx:
        third = draw(tx, "AAAADDD\nAAAADEE\nCCCCDEE", "再次调整", codes={"A": code("A")})
    runner.activate_plan(office, third.id, "planner")
    with office.transaction("tester") as tx:
        told = grid_history(tx, EVERYTHING, code("B"))
        assert told == grid_history(tx, EVERYTHING, "440106001001009") == grid_history(tx, EVERYTHING, told.grid_id)
        gainer = grid_history(tx, EVERYTHING, code("A"))
        with pytest.raises(NotFound):
            grid_history(tx, EVERYTHING, "440106001001777")
    assert not told.in_force
    assert [each.changes for each in told.chapters] == [("new",), ("code", "land"), ("retired",)]
    assert [each.plan_id for each in told.chapters] == [str(first.id), str(draft.id), str(third.id)]
    assert [(part.code, part.households) for part in told.chapters[1].given] == [(code("F", NEW), 8)]
    assert sum(part.area_share or 0 for part in told.chapters[2].given) == pytest.approx(1.0)
    assert {part.grid_id for part in gainer.chapters[-1].gained} >= {told.grid_id}


def test_the_history_of_an_imported_plan_is_compared_when_it_is_asked_for(office: Database, tmp_path: Path) -> None:
    rows = [(to_lonlat(shape), {"code": code(letter)}) for letter, shape in polygons(MOVED, SIZE).items()]
    load(office, "grids", write_geojson(tmp_path / "moved.geojson", rows))
    with office.transaction("tester") as tx:
        told = grid_history(tx, EVERYTHING, code("A"))
    given = told.chapters[-1].given
    assert [(part.code, part.households) for part in given] == [(code("B"), None)]
    assert given[0].area == pytest.approx(20_000, abs=0.01)


def test_the_words_of_the_rules_hold_nothing_that_is_for_programs() -> None:
    """What a rule found is shown to planners: no text of an error, and none of a check, goes into it."""
    for rule in read_lookup("plan_rules.json")["rules"]:
        if rule["rule"] != "limits_disagree":  # whose detail is a Chinese sentence
            assert "{detail}" not in rule["message"], rule["rule"]
