"""批准文号: kept with the plan that it puts in force, told wherever that is cited; and a plan that was looked at."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pypdf
import pytest
from api_answers import problem_of
from drawn_plans import drawn_plan
from office import MOVED, client_of, code, lonlat, open_office
from overview_sample import sample_overview

from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput, StaleRevision
from gridmap.runner import Approval, activate_due, activate_plan
from gridmap.services.approval import NUMBER_SIGNS
from gridmap.services.jurisdiction import Question, make_statement
from gridmap.services.plan_land import today
from gridmap.storage import audit, plans
from maps.printing import print_map
from maps.statement import paper_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.model.land import Plan
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
NUMBER = "街办发〔2026〕18号"
DAY = "2026-01-05"


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    open_office(database, tmp_path)
    return database


@pytest.fixture
def plan(office: Database) -> Plan:
    return drawn_plan(office, MOVED, "新方案")


@pytest.fixture
def client(plan: Plan, target: str) -> Iterator[TestClient]:
    assert plan
    with client_of(target) as opened:
        yield opened


def day_of(office: Database, days: int) -> date:
    with office.transaction("tester") as tx:
        return today(tx) + timedelta(days=days)


def document_of(office: Database, plan: Plan) -> tuple[str | None, date | None]:
    with office.transaction("tester") as tx:
        found = plans.plan_named(tx, EVERYTHING, plan.id)
    return found.document_number, found.document_date


def test_the_number_is_kept_and_told_wherever_the_plan_is_cited(
    client: TestClient, office: Database, plan: Plan
) -> None:
    body = {"approval_number": f"  {NUMBER} ", "approval_date": DAY}
    done = client.post(f"/api/v1/plans/{plan.id}/activation", json=body)
    assert done.status_code == 200, done.text
    assert (done.json()["approval_number"], done.json()["approval_date"]) == (NUMBER, DAY)
    shown = client.get(f"/api/v1/plans/{plan.id}").json()["plan"]
    listed = {each["id"]: each for each in client.get("/api/v1/plans").json()}
    for each in (shown, listed[str(plan.id)]):
        assert (each["approval_number"], each["approval_date"]) == (NUMBER, DAY)
    assert [each["approval_number"] for each in listed.values() if each["id"] != str(plan.id)] == [None]
    lon, lat = lonlat(150, 200)
    with office.transaction("tester", write=True) as tx:
        made = make_statement(tx, EVERYTHING, Question(lon=lon, lat=lat))
        entry = next(each for each in audit.entries(tx, EVERYTHING) if each.verb == "activate")
    assert dict(rows_of(made))["批准文号"] == f"{NUMBER}（2026年1月5日）"
    assert NUMBER in paper_of(made, "html").decode()
    assert entry.detail["document"] == NUMBER


def test_a_plan_that_waits_keeps_its_number_until_its_day(office: Database, plan: Plan) -> None:
    later = day_of(office, 3)
    told = activate_plan(office, plan.id, "tester", later, Approval(NUMBER))
    assert (told.state, told.approval_number) == ("approved", NUMBER)
    assert document_of(office, plan) == (NUMBER, None)
    assert activate_plan(office, plan.id, "tester", later).approval_number == NUMBER  # said once is enough
    second = "街办发〔2026〕19号"
    assert activate_plan(office, plan.id, "tester", later, Approval(second)).approval_number == second
    with office.transaction("tester", write=True) as tx:
        tx.connection.exec_driver_sql("UPDATE plan SET valid_from = '2026-01-01' WHERE state = 'approved'")
    (outcome,) = activate_due(office, "calendar")
    assert outcome.activation is not None
    assert (outcome.activation.state, outcome.activation.approval_number) == ("in_force", second)
    assert document_of(office, plan) == (second, None)


@pytest.mark.parametrize("days", [0, 3])
def test_a_document_that_cannot_be_is_refused_and_nothing_is_written(office: Database, plan: Plan, days: int) -> None:
    first, tomorrow = day_of(office, days), day_of(office, 1)
    for by, told in (
        (Approval(None, first), "goes with its number"),
        (Approval("  ", first), "goes with its number"),
        (Approval(NUMBER, tomorrow), "later than today"),
        (Approval("号" * (NUMBER_SIGNS + 1)), "at most"),
    ):
        with pytest.raises(BadInput, match=told):
            activate_plan(office, plan.id, "tester", first, by)
    with office.transaction("tester") as tx:
        assert plans.plan_named(tx, EVERYTHING, plan.id) == plan


def begun(client: TestClient) -> tuple[str, int]:
    """Begin a draft and change it once; its id and the revision that it has then."""
    draft = client.post("/api/v1/plans", json={"name": "调整"}).json()["id"]
    return draft, renamed(client, draft, "第一次")


def renamed(client: TestClient, draft: str, name: str) -> int:
    answer = client.post(f"/api/v1/plans/{draft}/edits", json={"op": "rename", "grid": code("A"), "name": name})
    assert answer.status_code == 200, answer.text
    revision: int = answer.json()["revision"]
    return revision


@pytest.mark.parametrize("days", [0, 3])
def test_only_the_revision_that_was_looked_at_takes_effect(client: TestClient, office: Database, days: int) -> None:
    draft, looked = begun(client)
    newer = renamed(client, draft, "第二次")
    url, first = f"/api/v1/plans/{draft}/activation", day_of(office, days).isoformat()
    stale = client.post(url, json={"valid_from": first, "revision": looked})
    assert problem_of(stale) == (409, "stale_revision")
    evidence = stale.json()["evidence"]
    assert evidence["revision"] == newer
    assert len(evidence["newer"]) == 1
    unknown = client.post(url, json={"valid_from": first, "revision": newer + 1})
    assert problem_of(unknown) == (422, "bad_input")
    assert client.get(f"/api/v1/plans/{draft}").json()["plan"]["state"] == "draft"
    done = client.post(url, json={"valid_from": first, "revision": newer})
    assert (done.status_code, done.json()["state"]) == (200, "approved" if days else "in_force")


def test_a_plan_that_was_changed_does_not_get_the_number(office: Database, plan: Plan) -> None:
    seen = plan.revision
    with office.transaction("tester", write=True) as tx:
        tx.connection.exec_driver_sql("UPDATE plan SET revision = revision + 1 WHERE state = 'draft'")
    with pytest.raises(StaleRevision):
        activate_plan(office, plan.id, "tester", day_of(office, 3), Approval(NUMBER, None, seen))
    assert document_of(office, plan) == (None, None)


@pytest.mark.usefixtures("plan")
def test_the_command_line_takes_and_shows_it(
    target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", target)

    def printed(*words: str) -> Any:
        capsys.readouterr()
        assert run(["plan", *words]) == 0
        return capsys.readouterr().out

    assert "批准文号" not in printed("show", "新方案")
    assert run(["plan", "activate", "新方案", "--revision", "7"]) == 2
    assert "revision 0, not 7" in capsys.readouterr().err
    said = printed("activate", "新方案", "--approval-number", NUMBER, "--approval-date", DAY, "--revision", "0")
    assert f"by {NUMBER}" in said
    assert f"批准文号 {NUMBER} ({DAY})" in printed("show", "新方案")
    assert json.loads(printed("show", "新方案", "--json"))["plan"]["approval_number"] == NUMBER
    restored = json.loads(printed("restore", "--approval-number", "街办发〔2026〕20号", "--json"))
    assert restored["activation"]["approval_number"] == "街办发〔2026〕20号"


def test_a_sheet_names_the_document_whole_beside_the_plan(tmp_path: Path) -> None:
    """It is another number than 审图号, which stands beside it."""
    data = sample_overview(500)

    def text(**changed: Any) -> str:
        path = tmp_path / "sheet.pdf"
        print_map(dataclasses.replace(data, **changed), path, paper="A3", approval="粤S(2025)001号")
        return pypdf.PdfReader(path).pages[0].extract_text()

    assert "批准文号" not in text()
    for name in (data.plan, "很长的方案名" * 20):
        said = text(plan=name, document=NUMBER)
        assert f"（批准文号：{NUMBER}）" in said
        assert "审图号：粤S(2025)001号" in said
    assert "方案名：" in text(document="号" * NUMBER_SIGNS)
