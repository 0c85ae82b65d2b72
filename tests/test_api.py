"""The API beside incidents: grids, places, the live page, problems, and its own description. On both databases."""

from __future__ import annotations

import base64
import logging
import re
import sqlite3
import zlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest
from office import GRIDS, MOVED, client_of, code, load, lonlat, open_office, write_grids, write_households
from pydantic import BaseModel
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from api import grids, incidents
from gridmap import errors
from gridmap.access import Scope
from gridmap.services import overview
from gridmap.storage import audit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from gridmap.storage.database import Database

INCIDENTS = "/api/v1/incidents"
PROBLEM = "application/problem+json"


def problem_of(answer: Response) -> tuple[int, str]:
    """Status and code of an answer that must be a whole problem."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:gridmap:error:{problem['code']}"
    assert problem["detail"]
    return answer.status_code, problem["code"]


# --- grids and places ---------------------------------------------------------------------------------------------


def test_grids_are_listed_by_code_with_numbers(client: TestClient) -> None:
    found = client.get("/api/v1/grids").json()
    assert [grid["code"] for grid in found] == sorted(code(letter) for letter in set("".join(GRIDS.split())))
    assert sum(grid["area"] for grid in found) == pytest.approx(21 * 100.0**2, abs=0.05)
    assert all("geometry" not in grid for grid in found)
    second = client.get("/api/v1/grids", params={"community": "440106001002"}).json()
    assert [grid["code"] for grid in second] == [code("D"), code("E")]


def test_a_grid_is_shown_by_code_and_by_id_with_its_border(client: TestClient) -> None:
    by_code = client.get(f"/api/v1/grids/{code('C')}").json()
    assert client.get(f"/api/v1/grids/{by_code['id']}").json() == by_code
    assert (by_code["name"], by_code["kind"], by_code["worker"]) == ("解放路社区第03网格", "general", "李**")
    assert by_code["geometry"]["type"] == "Polygon"
    corner = list(lonlat(0, 0))
    assert any(point == pytest.approx(corner, abs=1e-8) for point in by_code["geometry"]["coordinates"][0])


def test_a_place_says_grid_reason_and_metres(client: TestClient) -> None:
    lon, lat = lonlat(100, 30)
    place = client.get("/api/v1/locate", params={"lon": lon, "lat": lat}).json()
    assert (place["grid_code"], place["reason"], place["community_name"]) == (code("C"), "inside", "解放路社区")
    assert place["distance"] == pytest.approx(30, abs=0.002)
    metres = client.get("/api/v1/locate", params={"lon": 450_100, "lat": 2_560_030, "crs": "EPSG:4547"}).json()
    assert metres["grid_code"] == code("C")
    assert [metres["lon"], metres["lat"]] == pytest.approx([lon, lat], abs=1e-8)


def test_a_place_is_answered_by_the_plan_of_the_day(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(150, 250)
    with client_of(target) as client:
        old = client.get("/api/v1/locate", params={"lon": lon, "lat": lat}).json()
        load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
        new = client.get("/api/v1/locate", params={"lon": lon, "lat": lat}).json()
        assert (old["grid_code"], new["grid_code"]) == (code("A"), code("B"))
        assert old["plan_id"] != new["plan_id"]
        tomorrow = client.get("/api/v1/locate", params={"lon": lon, "lat": lat, "at": "2999-01-01"}).json()
        assert tomorrow == new


LON, LAT = lonlat(100, 30)
BAD: dict[str, tuple[int, str]] = {
    f"/api/v1/locate?lon={LON}&lat={LAT}&at=2000-01-01": (404, "no_plan"),
    f"/api/v1/locate?lon={LON}&lat={LAT}&at=yesterday": (422, "bad_input"),
    f"/api/v1/locate?lon={LON}&lat={LAT}&crs=beijing54": (422, "crs_refused"),
    f"/api/v1/locate?lon={LAT}&lat={LON}": (422, "coordinates_refused"),
    "/api/v1/locate?lon=nan&lat=23": (422, "coordinates_refused"),
    f"/api/v1/locate?lon={LON}": (422, "bad_input"),
    "/api/v1/grids?at=2000-01-01": (404, "no_plan"),
    "/api/v1/grids?community=%00": (422, "bad_input"),
    "/api/v1/grids/440106001001999": (404, "not_found"),
    f"/api/v1/grids/{'0' * 32}": (404, "not_found"),
    "/api/v1/grids/%00": (422, "bad_input"),
    f"{INCIDENTS}/unknown": (404, "not_found"),
    f"{INCIDENTS}?grid=440106001001999": (404, "not_found"),
    f"{INCIDENTS}?limit=1001": (422, "bad_input"),
    "/api/v1/nothing": (404, "not_found"),
    "/docs": (404, "not_found"),
}


@pytest.mark.parametrize("url", BAD)
def test_every_refusal_is_a_problem_with_a_code_that_is_documented(client: TestClient, url: str) -> None:
    answer = client.get(url)
    assert problem_of(answer) == BAD[url]
    described = operation_of(client, "get", answer.url.path)
    assert described is None or str(answer.status_code) in described["responses"]


def test_a_method_that_is_not_there_is_a_problem(client: TestClient) -> None:
    answer = client.delete(INCIDENTS)
    assert problem_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"]


# --- health, hosts, failures --------------------------------------------------------------------------------------


def test_health_names_the_database(client: TestClient, shared_office: str) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["database"] == ("postgis" if shared_office.startswith("postgresql") else "spatialite")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "testserver", "localhost@evil", "", "[::1]"]
)
def test_another_host_name_is_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/healthz", INCIDENTS):
        answer = client.get(path, headers={"host": host})
        assert problem_of(answer) == (400, "bad_request")
        assert "解放路" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_an_unknown_failure_tells_nothing_but_a_number_that_the_log_has(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("the password is swordfish")

    monkeypatch.setattr(incidents.verbs, "list_incidents", fail)
    with caplog.at_level(logging.ERROR):
        answer = client.get(INCIDENTS)
    assert problem_of(answer) == (500, "internal")
    assert "swordfish" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert "swordfish" in caplog.text  # where our own people look


def test_a_database_that_is_gone_is_said(client: TestClient) -> None:
    engine = client.app.state.database.engine  # type: ignore[attr-defined]

    def refuse(*_: object) -> None:
        raise OperationalError("BEGIN", None, sqlite3.OperationalError("disk I/O error"))

    event.listen(engine, "begin", refuse)
    try:
        for path in ("/healthz", INCIDENTS, "/"):
            assert problem_of(client.get(path)) == (503, "database_problem")
    finally:
        event.remove(engine, "begin", refuse)
    assert client.get("/healthz").status_code == 200


def test_every_error_class_has_its_status(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def classes(base: type[errors.GridmapError]) -> Iterator[type[errors.GridmapError]]:
        for each in base.__subclasses__():
            yield each
            yield from classes(each)

    for each in classes(errors.GridmapError):
        monkeypatch.setattr(grids.verbs, "list_grids", Mock(side_effect=each("what and why", field="title")))
        answer = client.get("/api/v1/grids")
        status, problem = problem_of(answer)
        assert problem == each.code
        assert answer.json()["evidence"] == {"field": "title"}
        assert (status >= 500) == (each.code in {"database_problem", "setup_missing"})


def test_the_answer_is_sent_after_the_commit(client: TestClient) -> None:
    """A commit that fails must not have been answered 201: FastAPI's own order would do that."""
    before = client.get(INCIDENTS).json()["total"]
    engine = client.app.state.database.engine  # type: ignore[attr-defined]

    def fail(_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(engine, "commit", fail)
    try:
        answer = client.post(INCIDENTS, json={"title": "路灯不亮"})
        assert problem_of(answer) == (500, "internal")
    finally:
        event.remove(engine, "commit", fail)
    assert client.get(INCIDENTS).json()["total"] == before


def test_what_a_request_wrote_before_it_failed_is_gone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get(INCIDENTS).json()["total"]

    def fail(*_: object, **__: object) -> None:
        raise ValueError("after the insert")

    monkeypatch.setattr(audit, "record", fail)
    assert problem_of(client.post(INCIDENTS, json={"title": "路灯不亮"})) == (500, "internal")
    monkeypatch.undo()
    assert client.get(INCIDENTS).json()["total"] == before


# --- the live page ------------------------------------------------------------------------------------------------


class Code(HTMLParser):
    """Collects what runs or styles on a page, its data blocks, and attributes that a strict policy forbids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.nonces: list[str | None] = []
        self.blocks: dict[str, str] = {}
        self.loose: list[str] = []
        self._block: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._block = given.get("id") if tag == "script" else None
        if tag in {"script", "style"} and not self._block:
            self.nonces.append(given.get("nonce"))
        self.loose += [name for name in given if name == "style" or name.startswith("on")]
        targets = [given.get(name) or "#" for name in ("src", "href", "action")]
        self.loose += [target for target in targets if not target.startswith(("data:", "#"))]

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def handle_endtag(self, _: str) -> None:
        self._block = None


def carried(page: str) -> str:
    """All text of a page, that in its packed blocks too."""
    packed = [block for name, block in Code(page).blocks.items() if name != "gridmap-data"]
    assert packed
    unpacked = [zlib.decompress(base64.b64decode(block), wbits=-zlib.MAX_WBITS) for block in packed]
    return "\n".join([page, *(content.decode("utf-8", "replace") for content in unpacked)])


def policy_of(answer: Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


def assert_strict(answer: Response) -> str:
    """Check policy and nonce of a page; give the nonce."""
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in str(policy)
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    nonce = policy["script-src"].removeprefix("'nonce-").removesuffix("'")
    assert len(nonce) >= 20
    code_of_page = Code(answer.text)
    assert set(code_of_page.nonces) == {nonce}
    assert code_of_page.loose == []
    assert answer.headers["x-content-type-options"] == "nosniff"
    return nonce


def test_the_live_page_runs_its_own_code_alone(client: TestClient) -> None:
    answers = [client.get("/") for _ in range(2)]
    nonces = [assert_strict(answer) for answer in answers]
    assert nonces[0] != nonces[1]
    assert "解放路社区" in answers[0].text


def test_the_live_page_has_no_personal_value(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50, 50), (600, 50)]))
    lon, lat = lonlat(50, 250)
    with client_of(target) as client:
        body = {"title": "井盖缺失", "category": "市政", "reporter": "欧阳示范", "phone": "19912345678"}
        assert client.post(INCIDENTS, json=body | {"lon": lon, "lat": lat, "address": "解放路99号"}).status_code == 201
        text = carried(client.get("/").text)
    assert "市政" in text
    for secret in ("张示范", "1990000", "李示范", "欧阳", "19912345678", "解放路99号", "示范路1号"):
        assert secret not in text, secret


def test_the_live_page_follows_what_happens(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(50, 250)
    with client_of(target) as client:
        before = carried(client.get("/").text)
        client.post(INCIDENTS, json={"title": "井盖缺失", "category": "市政设施", "lon": lon, "lat": lat})
        after = carried(client.get("/").text)
    assert "市政设施" not in before
    assert "市政设施" in after


def test_the_page_changes_with_a_write_that_began_earlier_and_ended_later(database: Database) -> None:
    """Writers on PostGIS overlap: whoever commits last need not have the latest time or number in the audit."""
    if not database.url.get_backend_name().startswith("postgresql"):
        return  # on SpatiaLite writers come one at a time
    everything = Scope.everything("tester")
    with database.transaction("slow", write=True) as slow:
        audit.record(slow, "report", "incident")
        with database.transaction("quick", write=True) as quick:
            audit.record(quick, "report", "incident")
        with database.transaction("reader") as reader:
            between = overview.revision(reader, everything)
    with database.transaction("reader") as reader:
        assert overview.revision(reader, everything) != between


def test_without_boundaries_the_page_says_what_to_do_first(target: str) -> None:
    with client_of(target) as client:
        answer = client.get("/")
        assert answer.status_code == 200
        assert policy_of(answer)["default-src"] == "'none'"
        assert set(Code(answer.text).nonces) == {
            policy_of(answer)["style-src"].removeprefix("'nonce-").removesuffix("'")
        }
        assert "gridmap import communities" in answer.text
        assert client.get(INCIDENTS).json() == {"total": 0, "items": []}
        assert problem_of(client.get("/api/v1/grids")) == (404, "no_plan")


# --- what the API says of itself ----------------------------------------------------------------------------------


def operation_of(client: TestClient, method: str, path: str) -> dict[str, Any] | None:
    """Find the description of a request."""
    for template, operations in client.get("/api/v1/openapi.json").json()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = operations.get(method)
            return found
    return None


def test_every_route_has_a_name_an_explanation_and_its_problems(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) >= 8
    for operation in operations:
        assert operation["description"]
        problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"400", "500", "503"} <= set(problems)
        assert all(list(answer["content"]) == [PROBLEM] for answer in problems.values())


def test_every_value_has_an_example_that_is_valid(client: TestClient) -> None:
    description = client.get("/api/v1/openapi.json").json()
    schemas = description["components"]["schemas"]
    assert not [name for name in schemas if name.endswith("ValidationError")]  # FastAPI's own refusals are not ours
    models = {model.__name__: model for model in known_models()}
    exchanged = {name for methods in description["paths"].values() for each in methods.values() for name in named(each)}
    assert {"IncidentIn", "IncidentOut", "IncidentList", "GridOut", "GridWithShape", "PlaceOut", "Health"} <= exchanged
    for name in exchanged:
        example = schemas[name]["example"]
        assert set(example) <= set(schemas[name]["properties"]), name
        models[name].model_validate(example)


def known_models(base: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        if model.__module__.startswith("api."):
            yield model
            yield from known_models(model)


def named(operation: dict[str, Any]) -> Iterator[str]:
    """Name the values that a request brings and its good answers carry."""
    for message in (operation.get("requestBody", {}), *operation["responses"].values()):
        schema = message.get("content", {}).get("application/json", {}).get("schema", {})
        reference = schema.get("$ref") or schema.get("items", {}).get("$ref")
        if reference:
            yield reference.rpartition("/")[2]


def test_what_is_answered_is_what_is_described(client: TestClient) -> None:
    """Each good answer has exactly the fields of its schema."""
    schemas = client.get("/api/v1/openapi.json").json()["components"]["schemas"]
    incident = client.post(INCIDENTS, json=schemas["IncidentIn"]["example"]).json()
    answers = {
        "IncidentOut": incident,
        "Verdict": incident["assignment"],
        "IncidentList": client.get(INCIDENTS).json(),
        "GridOut": client.get("/api/v1/grids").json()[0],
        "GridWithShape": client.get(f"/api/v1/grids/{code('A')}").json(),
        "PlaceOut": client.get("/api/v1/locate", params={"lon": LON, "lat": LAT}).json(),
        "Health": client.get("/healthz").json(),
    }
    for name, answer in answers.items():
        assert set(answer) == set(schemas[name]["properties"]), name
