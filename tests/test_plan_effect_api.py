"""Comparing, checking, putting in force, handing over and looking back, over HTTP and on the command line."""

from __future__ import annotations

import io
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from drawn_plans import drawn_plan, in_force
from office import MOVED, client_of, code, load, open_office, write_households

from gridmap.cli.main import run
from gridmap.services import plan_land

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.model.land import Plan
    from gridmap.storage.database import Database

PLACES = [(x * 50.0 + 25, y * 50.0 + 25) for x in range(14) for y in range(6)]
HOLE = "AABBDDD\nAABBDEE\nCC..DEE"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    """The drawn office with households."""
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, PLACES))
    return database


@pytest.fixture
def plan(office: Database) -> Plan:
    """A draft in which A has given its east to B."""
    return drawn_plan(office, MOVED, "新方案")


@pytest.fixture
def client(plan: Plan, target: str) -> Iterator[TestClient]:
    """A client of the API."""
    assert plan
    with client_of(target) as opened:
        yield opened


@pytest.fixture
def command(target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line works on the same database."""
    monkeypatch.setenv("GRIDMAP_DATABASE", target)


def printed(capsys: pytest.CaptureFixture[str], *words: str, exit_code: int = 0) -> Any:
    capsys.readouterr()
    assert run(["plan", *words]) == exit_code
    return capsys.readouterr().out


def test_the_story_over_http(client: TestClient, plan: Plan) -> None:
    diff = client.get(f"/api/v1/plans/{plan.id}/diff").json()
    assert diff["summary"]["households"] == 8
    assert [(each["old"]["code"], each["new"]["code"]) for each in diff["flows"]] == [(code("A"), code("B"))]
    assert client.get(f"/api/v1/plans/{plan.id}/diff?geometry=true").json()["moved"][0]["geometry"]["type"] == "Polygon"
    check = client.get(f"/api/v1/plans/{plan.id}/check").json()
    assert check["passed"]
    before = client.get(f"/api/v1/plans/{plan.id}/handover").json()
    done = client.post(f"/api/v1/plans/{plan.id}/activation", json={})
    assert done.status_code == 200
    assert done.json()["state"] == "in_force"
    assert done.json()["handed_over"] == {"household": 8}
    after = client.get(f"/api/v1/plans/{plan.id}/handover").json()
    assert (after["transfers"], after["rows"]) == (before["transfers"], before["rows"])
    assert after["agrees"]
    history = client.get(f"/api/v1/grids/{code('B')}/history").json()
    assert [each["changes"] for each in history["chapters"]] == [["new"], ["land"]]
    assert history["chapters"][1]["gained"][0]["households"] == 8
    assert client.get(f"/api/v1/grids/%20{code('B')}%20/history").json() == history


def test_a_plan_waits_for_its_day(client: TestClient, office: Database, plan: Plan) -> None:
    with office.transaction("tester") as tx:
        later = tx.now.date() + timedelta(days=2)
    waits = client.post(f"/api/v1/plans/{plan.id}/activation", json={"valid_from": later.isoformat()})
    assert (waits.status_code, waits.json()["state"], waits.json()["handed_over"]) == (200, "approved", {})
    assert waits.json()["valid_from"] == later.isoformat()


def test_what_cannot_be_is_a_problem(client: TestClient, office: Database, plan: Plan) -> None:
    past = client.post(f"/api/v1/plans/{plan.id}/activation", json={"valid_from": "2020-01-01"})
    assert (past.status_code, past.json()["code"]) == (422, "bad_input")
    broken = drawn_plan(office, HOLE)
    refused = client.post(f"/api/v1/plans/{broken.id}/activation", json={})
    assert (refused.status_code, refused.json()["code"]) == (422, "plan_refused")
    assert refused.json()["evidence"]["problems"][0]["severity"] == "error"
    assert client.get(f"/api/v1/plans/{plan.subdistrict_id}/diff").status_code == 404
    assert client.get("/api/v1/grids/440106001999999/history").status_code == 404
    with office.transaction("tester") as tx:
        first = in_force(tx)
    assert client.post(f"/api/v1/plans/{first.id}/restoration", json={}).status_code == 409
    assert client.get(f"/api/v1/plans/{first.id}/diff").status_code == 409


def test_a_plan_of_the_past_comes_back_over_http(client: TestClient, office: Database, plan: Plan) -> None:
    with office.transaction("tester") as tx:
        first = in_force(tx)
    client.post(f"/api/v1/plans/{plan.id}/activation", json={})
    made = client.post(f"/api/v1/plans/{first.id}/restoration", json={"name": "恢复原方案"})
    assert (made.status_code, made.json()["name"]) == (201, "恢复原方案")
    assert client.post(f"/api/v1/plans/{made.json()['id']}/activation", json={}).json()["state"] == "in_force"


def test_the_hand_over_list_is_a_workbook_in_chinese(client: TestClient, plan: Plan, audited: Any) -> None:
    rows = audited()
    answer = client.get(f"/api/v1/plans/{plan.id}/handover.xlsx")
    assert answer.status_code == 200
    assert audited() == rows + 1
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["汇总", "核对", "居民户"]
    header, first = list(book["汇总"].values)
    total = dict(zip(header, first, strict=True))
    assert (total["原网格编码"], total["新网格编码"], total["户数"]) == (code("A"), code("B"), 8)
    assert [row[-1] for row in book["核对"].values] == ["核对结果", "一致"]
    households = list(book["居民户"].values)
    assert len(households) == 9
    assert dict(zip(households[0], households[1], strict=True))["联系电话"].startswith("199****")


def test_a_server_puts_plans_in_force_on_their_day(office: Database, plan: Plan, target: str) -> None:
    with office.transaction("tester", write=True) as tx:
        day = plan_land.today(tx)
        tx.connection.exec_driver_sql(f"UPDATE plan SET state = 'approved', valid_from = '{day}' WHERE state = 'draft'")
    with client_of(target) as client:
        for _ in range(400):
            if client.get("/api/v1/grids").json()[0]["plan_id"] == str(plan.id):
                return
            time.sleep(0.05)
    pytest.fail("the plan did not take effect")


@pytest.mark.usefixtures("command")
def test_the_story_on_the_command_line(
    office: Database, plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "20,000 m² (50.0% of the old grid), 8 households" in printed(capsys, "diff", "新方案")
    assert len(json.loads(printed(capsys, "diff", "新方案", "--geojson"))["features"]) == 1
    assert json.loads(printed(capsys, "check", "新方案", "--json"))["passed"]
    assert json.loads(printed(capsys, "activate", "新方案", "--json"))["handed_over"] == {"household": 8}
    assert "no plan is due" in printed(capsys, "activate-due")
    assert "8 records change hands; the points agree" in printed(capsys, "handover", "新方案")
    sheet = tmp_path / "交接单.xlsx"
    printed(capsys, "handover", "新方案", "-o", str(sheet), "--unmask", "--reason", "交接")
    rows = list(openpyxl.load_workbook(sheet)["居民户"].values)
    assert dict(zip(rows[0], rows[1], strict=True))["户主"] == "张示范"
    assert f"from {code('A')}" in printed(capsys, "history", code("B"))
    restored = json.loads(printed(capsys, "restore", "--json"))
    with office.transaction("tester") as tx:
        assert str(in_force(tx).id) == restored["plan_id"] != str(plan.id)


@pytest.mark.usefixtures("command", "plan")
def test_the_command_line_says_no(office: Database, capsys: pytest.CaptureFixture[str]) -> None:
    drawn_plan(office, HOLE, "有洞")
    assert "cannot take effect" in printed(capsys, "check", "有洞", exit_code=1)
    assert run(["plan", "activate", "有洞"]) == 2
    assert "plan_refused" in capsys.readouterr().err
    assert run(["plan", "activate", "新方案", "--from", "2020-01-01"]) == 2
    assert "in the past" in capsys.readouterr().err
    assert run(["plan", "restore"]) == 2
    assert run(["plan", "handover", "新方案", "--unmask"]) == 2


@pytest.mark.usefixtures("command")
def test_a_day_to_come_on_the_command_line(office: Database, plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    assert "takes effect on 2040-01-01" in printed(capsys, "activate", "新方案", "--from", "2040-01-01")
    assert "no plan is due" in printed(capsys, "activate-due")
    with office.transaction("tester", write=True) as tx:
        tx.connection.exec_driver_sql("UPDATE plan SET valid_from = '2026-01-01' WHERE state = 'approved'")
        assert in_force(tx).id != plan.id
    late = json.loads(printed(capsys, "activate-due", "--json", exit_code=0))
    assert late[0]["activation"]["state"] == "in_force"
