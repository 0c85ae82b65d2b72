"""属地核实单 of cases: each says the grid that its case has, and why, and where the point lies when that is another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from casework_walks import LADDERS, make, report
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from office import GRID_OF, MOVED, client_of, code, load, lonlat, open_office, write_csv, write_grids

from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput
from gridmap.model.moments import SHANGHAI
from gridmap.services.assigning import recalculate
from gridmap.services.incidents import get_incident
from gridmap.services.jurisdiction import Question, get_statement, make_statement
from gridmap.storage import incidents as store
from maps.statement import paper_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.services.jurisdiction import Statement
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
LISTED = [(code("E"), "building", "B7", 1, 3), (code("C"), "building", "B9", None, None)]


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    header = ["grid", "subject_kind", "subject", "floor_from", "floor_to"]
    load(database, "inclusions", write_csv(tmp_path / "list.csv", header, LISTED), None)
    return database


@pytest.fixture
def desk(office: Database) -> Iterator[TestClient]:
    with client_of(office.name) as client:
        yield client


def told(client: TestClient, x: float, y: float, grid: str = "", **more: Any) -> str:
    """Report an incident; with a grid a person gives it to that one."""
    lon, lat = lonlat(x, y)
    number: str = report(client, lon=lon, lat=lat, **more)["number"]
    if grid:
        make(client, number, LADDERS[""].moves["受理"])
        make(client, number, LADDERS[""].moves["派单"], grid=code(grid))
    return number


def stated(office: Database, number: str, **more: Any) -> Statement:
    with office.transaction("tester", write=True) as tx:
        return make_statement(tx, EVERYTHING, Question(incident=number, **more))


PLACE = st.sampled_from(range(-50, 800, 50))
CASE = st.fixed_dictionaries(
    {
        "x": PLACE,
        "y": st.sampled_from(range(-50, 400, 50)),
        "building": st.sampled_from([None, "B7", "B8", "B9"]),
        "floor": st.sampled_from([None, -1, 2, 9]),
        "grid": st.sampled_from(["", "", *GRID_OF]),
    }
)


@pytest.mark.usefixtures("office")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=CASE)
def test_a_statement_says_of_any_case_what_the_case_says(desk: TestClient, case: dict[str, Any]) -> None:
    number = told(desk, **case)
    has = desk.get(f"/api/v1/incidents/{number}").json()["assignment"]
    answer = desk.post("/api/v1/statements", json={"incident": number})
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["grid_code"], said["reason"]) == (has["grid_code"], has["reason"])
    lon, lat = lonlat(case["x"], case["y"])
    lies = desk.get("/api/v1/locate", params={"lon": lon, "lat": lat}).json()["grid_code"]
    assert said["point_grid_code"] == (lies if lies != has["grid_code"] else None)
    for grid in {has["grid_code"], lies} - {None}:
        assert grid in said["text"]
    assert said["intact"]
    assert said["unchanged"]
    page = desk.get(said["page"]).text
    assert said["text"] in page
    assert "归属未变" in page


def test_a_decision_of_a_person_is_said_beside_the_place(office: Database, desk: TestClient) -> None:
    made = stated(office, told(desk, 50, 250, "E"))
    today = datetime.now(SHANGHAI)
    day = f"{today.year}年{today.month}月{today.day}日"
    assert made.content["grid"]["code"] == code("E")
    street = made.content["street"]["name"]
    assert f"该处在{street}解放路社区第01网格（{code('A')}）范围内，距网格边界" in made.content["text"]
    assert f"已由人工指定（{day}由" in made.content["text"]
    assert "派单时指定），依人工指定优先于名单和坐标位置的归格规则，属" in made.content["text"]
    rows = dict(rows_of(made))
    assert rows["核实结论"] == "人工指定"
    assert rows["所属网格"].endswith(f"（{code('E')}）")
    assert rows["坐标所在网格"].endswith(f"（{code('A')}）")
    assert not made.content["doubtful"]
    for form in ("html", "docx", "pdf"):
        assert paper_of(made, form)


def test_a_building_on_a_list_is_said_with_its_floor(office: Database, desk: TestClient) -> None:
    made = stated(office, told(desk, 50, 250, building="B7", floor=2))
    assert "所在楼栋B7第2层已列入网格纳入名单，依名单优先于坐标位置的归格规则，属" in made.content["text"]
    assert rows_value(made, "核实结论") == "名单纳入"
    same = stated(office, told(desk, 50, 50, building="B9"))  # on the list of the grid that it lies in
    assert (same.content["grid"]["code"], same.content["reason"]) == (code("C"), "listed")
    assert "坐标所在网格" not in dict(rows_of(same))


def rows_value(made: Statement, name: str) -> str:
    return dict(rows_of(made))[name]


def test_a_case_outside_that_a_person_gave_away_says_both(office: Database, desk: TestClient) -> None:
    made = stated(office, told(desk, 800, 50, "A"))
    assert "不在" in made.content["text"]
    assert "相距100.0米；该工单归属已由人工指定" in made.content["text"]
    assert rows_value(made, "坐标所在网格") == "各网格范围之外"


def test_after_a_redraw_a_case_keeps_its_grid_and_so_does_its_statement(
    office: Database, desk: TestClient, tmp_path: Path
) -> None:
    kept, given_away = told(desk, 150, 200), told(desk, 50, 250, "E")
    load(office, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with office.transaction("tester", write=True) as tx:
        recalculate(tx)
    for number in (kept, given_away):
        with office.transaction("tester") as tx:
            has = get_incident(tx, EVERYTHING, number).assignment
        made = stated(office, number)
        assert has is not None
        assert made.content["grid"]["code"] == has.grid_code
        assert made.content["plan"]["id"] == has.plan_id
    asked = stated(office, kept, at=datetime.now(SHANGHAI).date())  # by the plan of that day, not as the case has it
    assert asked.content["grid"]["code"] == code("B")
    assert f"该工单在系统中的归属为解放路社区第01网格（{code('A')}）（范围内）" in asked.content["text"]
    assert rows_value(asked, "系统中归属").endswith(f"（{code('A')}）")


def test_a_case_that_moves_on_is_shown_beside_what_was_said(office: Database, desk: TestClient) -> None:
    number = told(desk, 50, 250, "E")
    made = stated(office, number)
    assert made.unchanged
    make(desk, number, LADDERS[""].moves["改派"], grid=code("D"))
    with office.transaction("tester") as tx:
        found = get_statement(tx, EVERYTHING, made.code)
    assert found.intact
    assert not found.unchanged
    page = paper_of(found, "html").decode()
    assert "归属已调整" in page
    assert "该工单属建设路社区第01网格" in page


def test_a_statement_of_an_earlier_version_still_verifies(office: Database, desk: TestClient) -> None:
    made = stated(office, told(desk, 238, 200))
    earlier = {name: value for name, value in made.content.items() if name not in {"basis", "point", "held"}}
    assert dict(rows_of(replace(made, content=earlier)))["所属网格"].endswith(f"（{code('B')}）")


def test_nobody_states_what_will_be(
    office: Database, desk: TestClient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lon, lat = lonlat(50, 250)
    number = told(desk, 50, 250)
    today = datetime.now(SHANGHAI).date()
    for day in (today + timedelta(days=1), date.max):
        for question in ({"lon": lon, "lat": lat}, {"incident": number}):
            answer = desk.post("/api/v1/statements", json=question | {"at": day.isoformat()})
            assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
            assert answer.json()["evidence"]["field"] == "at"
            assert "lies ahead" in answer.json()["detail"]
    assert desk.post("/api/v1/statements", json={"lon": lon, "lat": lat, "at": today.isoformat()}).status_code == 201
    with office.transaction("tester", write=True) as tx, pytest.raises(BadInput, match="lies ahead"):
        make_statement(tx, EVERYTHING, Question(lon=lon, lat=lat, at=date.max))
    monkeypatch.setenv("GRIDMAP_DATABASE", office.name)
    assert run(["statement", str(lon), str(lat), "--at", "9999-12-31"]) == 2
    assert "lies ahead" in capsys.readouterr().err
    with office.transaction("tester") as tx:
        assert store.total(tx, EVERYTHING) == 1
