"""Drafts over HTTP and from the command line, on both databases."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import shapely
from drafting import ACROSS_C, ACROSS_D, INTO_C, body, forget, stroke
from office import GRID_OF, client_of, code

from gridmap.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

    from gridmap.storage.database import Database

PLANS = "/api/v1/plans"
CUT = {"op": "cut", "grid": code("C"), "line": stroke(ACROSS_C)}
OTHER = {"op": "cut", "grid": code("D"), "line": stroke(ACROSS_D)}


@pytest.fixture(scope="module")
def api(town: Database) -> Iterator[TestClient]:
    with client_of(town.name) as client:
        yield client


@pytest.fixture
def draft(api: TestClient) -> str:
    """Path of a new draft."""
    answer = api.post(PLANS, json={"name": f"草案{uuid4()}"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{PLANS}/{answer.json()['id']}"
    return str(answer.headers["Location"])


def test_edit_undo_redo_and_the_log(api: TestClient, draft: str) -> None:
    cut = api.post(f"{draft}/edits", json=CUT | {"revision": 0})
    assert cut.status_code == 200
    told = cut.json()
    assert (told["revision"], told["verb"], told["op"], told["undo"], told["redo"]) == (1, "edit", "cut", "cut", None)
    assert [grid["properties"]["code"][-3:] for grid in told["grids"]] == ["003", "004"]
    numbers = [grid["properties"]["numbers"] for grid in told["grids"]]
    assert all(
        {"households", "load", "area", "polsby_popper", "reock", "pieces", "deviation"} <= each.keys()
        for each in numbers
    )
    assert told["numbers"]["changed_hands"]["households"] == numbers[1]["households"] > 0
    assert told["warnings"][0]["name"] == "阳光花园"
    undone = api.post(f"{draft}/undo", json={"revision": 1}).json()
    assert (undone["revision"], undone["undo"], undone["redo"]) == (2, None, "cut")
    assert [grid["code"][-3:] for grid in undone["removed"]] == ["004"]
    forget()
    assert api.post(f"{draft}/redo", json={}).json()["revision"] == 3
    log = api.get(f"{draft}/edits").json()
    assert [step["verb"] for step in log["steps"]] == ["edit", "undo", "redo"]
    (edit,) = log["edits"]
    assert (edit["op"], edit["word"], edit["applied"], edit["author"]) == ("cut", "拆分", True, "local")
    assert edit["operation"]["line"] == CUT["line"]


def test_a_plan_as_geojson(api: TestClient, draft: str) -> None:
    plain, shaped = api.get(draft).json(), api.get(f"{draft}?geojson").json()
    assert {each["geometry"] for each in plain["features"]} == {None}
    assert [each["properties"] for each in shaped["features"]] == [each["properties"] for each in plain["features"]]
    shapes = [shapely.from_geojson(json.dumps(each["geometry"])) for each in shaped["features"]]
    assert shapely.coverage_is_valid(shapes)
    assert sum(each["properties"]["numbers"]["households"] for each in plain["features"]) == 60
    assert plain["numbers"]["grids"] == len(GRID_OF)
    assert plain["plan"]["word"] == "草案"


def test_the_plan_in_force_stands_in_the_list_by_date(api: TestClient, draft: str) -> None:
    listed = api.get(PLANS).json()
    assert listed[0]["state"] == "draft"
    (standing,) = [plan for plan in listed if plan["state"] == "in_force"]
    assert [plan["id"] for plan in api.get(PLANS, params={"at": standing["valid_from"]}).json()] == [standing["id"]]
    assert api.get(PLANS, params={"at": "2000-01-01"}).json() == []
    assert api.get(draft).json()["plan"]["based_on"] == standing["id"]
    refused = api.post(f"{PLANS}/{standing['id']}/edits", json=CUT)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_a_stale_client_is_told_and_nothing_is_lost(api: TestClient, draft: str) -> None:
    api.post(f"{draft}/edits", json=CUT | {"revision": 0})
    stale = api.post(f"{draft}/edits", json=OTHER | {"revision": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
    (newer,) = stale.json()["evidence"]["newer"]
    assert (newer["verb"], newer["op"], newer["author"], newer["revision"]) == ("edit", "cut", "local", 1)
    assert [grid["code"][-3:] for grid in newer["grids"]] == ["003", "004"]
    again = api.post(f"{draft}/edits", json=OTHER | {"revision": 1})
    assert again.status_code == 200
    assert api.post(f"{draft}/undo", json={"revision": 1}).status_code == 409


def test_requests_at_the_same_moment_get_one_revision_each(api: TestClient, draft: str) -> None:
    def rename(number: int) -> tuple[int, int]:
        answer = api.post(f"{draft}/edits", json={"op": "rename", "grid": code("A"), "name": f"甲{number}"})
        return answer.status_code, answer.json()["revision"]

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(rename, range(12)))
    assert sorted(answers) == [(200, revision) for revision in range(1, 13)]


def test_a_refused_edit_says_why_and_where(api: TestClient, draft: str) -> None:
    refused = api.post(f"{draft}/edits", json={"op": "cut", "grid": code("C"), "line": stroke(INTO_C)})
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "edit_refused")
    assert problem["evidence"]["reason"] == "ends_inside"
    assert problem["evidence"]["metres"] > 0
    assert problem["evidence"]["place"] == pytest.approx(stroke(INTO_C)[1], abs=0.002)


@pytest.mark.parametrize(
    ("path", "sent", "status", "word"),
    [
        ("edits", {}, 422, "op"),
        ("edits", {"op": "cut"}, 422, "line"),
        ("edits", {"op": "cut", "line": [[1, 2], [3, 4]]}, 422, "far from the plan"),
        ("edits", CUT | {"revision": -1}, 422, "revision"),
        ("edits", CUT | {"revision": True}, 422, "revision"),
        ("edits", CUT | {"revision": 0.5}, 422, "revision"),
        ("undo", {"revision": True}, 422, "revision"),
        ("edits", CUT | {"new_ids": [str(uuid4())]}, 422, "new_ids"),
        ("edits", {"op": "rename", "grid": code("A"), "name": "a\0"}, 422, "printable"),
        ("undo", {}, 409, "nothing to undo"),
        ("redo", {}, 409, "nothing to redo"),
        ("undo", {"steps": 2}, 422, "steps"),
    ],
)
def test_what_cannot_be_done_is_told(
    api: TestClient, draft: str, path: str, sent: dict[str, Any], status: int, word: str
) -> None:
    answer = api.post(f"{draft}/{path}", json=sent)
    assert answer.status_code == status
    assert word in answer.json()["detail"]
    assert api.get(draft).json()["plan"]["revision"] == 0


@pytest.mark.parametrize(
    "text",
    [
        '{"op": "cut", "line": [[113.3, 23.1], [HUGE, 23.1]]}',
        '{"op": "describe", "grid": "CODE", "four_limits": "东至\\ud800路"}',
        '{"op": "transfer", "to_grid": "CODE", "blocks": ["\\ud800"]}',
        '{"op": "recode", "grid": "CODE", "code": "\\ud800"}',
        '{"op": "\\ud800"}',
        '{"op": "retire", "grid": "\\ud800", "\\udfff": 1}',
    ],
)
def test_json_that_no_number_and_no_text_is_made_of(api: TestClient, draft: str, text: str) -> None:
    text = text.replace("CODE", code("A")).replace("HUGE", "1" + "0" * 400)
    answer = api.post(f"{draft}/edits", content=text.encode(), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert api.get(draft).json()["plan"]["revision"] == 0


def test_what_is_not_there_is_404(api: TestClient) -> None:
    for path in ("", "/edits"):
        assert api.get(f"{PLANS}/{uuid4()}{path}").status_code == 404
    for path, sent in (("edits", CUT), ("undo", {}), ("redo", {})):
        assert api.post(f"{PLANS}/{uuid4()}/{path}", json=sent).status_code == 404
    assert api.get(f"{PLANS}/nonsense").status_code == 422
    assert api.post(PLANS, json={"name": "x", "base": str(uuid4())}).status_code == 404
    assert api.post(PLANS, json={"name": " "}).status_code == 422


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture
def plan(
    town: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `gridmap plan`: exit code, output, complaints."""
    monkeypatch.setenv("GRIDMAP_DATABASE", town.name)

    def command(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = run(["plan", *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return command


def test_a_draft_from_the_command_line(
    plan: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"命令{uuid4()}"
    status, out, _ = plan("new", name, "--json")
    draft = json.loads(out)["id"]
    assert status == 0
    status, out, _ = plan("edit", name, body(**CUT), "--json")
    assert (status, json.loads(out)["revision"]) == (0, 1)
    monkeypatch.setattr("sys.stdin", io.StringIO(body(op="rename", grid=code("A"), name="新名")))
    status, out, _ = plan("edit", draft[:13], "-")
    assert status == 0
    assert "rename: revision 2" in out
    assert f"{code('A')} 新名" in out
    assert "revision 3" in plan("undo", draft)[1]
    assert json.loads(plan("redo", draft, "--revision", "3", "--json")[1])["op"] == "rename"
    shown = json.loads(plan("show", draft, "--geojson")[1])
    assert shown["type"] == "FeatureCollection"
    assert len(shown["features"]) == len(GRID_OF) + 1
    assert shown["features"][0]["geometry"]["type"] == "Polygon"
    told = json.loads(plan("show", draft, "--json")[1])
    assert told["plan"]["revision"] == 4
    assert sum(grid["numbers"]["households"] for grid in told["grids"]) == 60
    assert "households" in plan("show", draft)[1]
    assert any(each["id"] == draft for each in json.loads(plan("list", "--json")[1]))
    assert f"草案  {name}" in plan("list")[1]
    assert name not in plan("list", "--at", "2100-01-01")[1]


def test_mistakes_on_the_command_line(plan: Callable[..., tuple[int, str, str]]) -> None:
    name = f"错误{uuid4()}"
    plan("new", name)
    for words, told in (
        (("edit", name, "{cut"), "bad_input: OPERATION is no JSON"),
        (("edit", name, "[]"), "bad_input: OPERATION has to be an object"),
        (("edit", name, body(op="burn")), "bad_input: there is no operation 'burn'"),
        (("edit", name, body(op="cut", line=stroke(INTO_C), grid=code("C"))), "edit_refused: "),
        (("edit", name, body(**CUT, revision="x")), "bad_input: `revision`"),
        (("edit", name, body(**CUT), "--revision", "7"), "bad_input: the draft has revision 0"),
        (("undo", name), "conflict: there is nothing to undo"),
        (("show", "nowhere"), "not_found: there is no plan 'nowhere'"),
        (("show", name, "--json", "--geojson"), "bad_input: "),
        (("new", name), "conflict: "),
    ):
        status, _, err = plan(*words)
        assert (status, err.splitlines()[-1][: len(told)]) == (2, told)
