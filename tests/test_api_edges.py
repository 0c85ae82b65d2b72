"""The edges of what JSON and a calendar can hold, in every field of every request: refused by name, never a failure."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from api_answers import INCIDENTS, PROBLEM
from office import code, lonlat

from api.problems import problem
from gridmap.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

BROKEN = '"\\ud800"'  # half of a character: JSON can write it, UTF-8 cannot
MOMENTS = ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59")
DAYS = ("0001-01-01", "9999-12-31")
Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def known(client: TestClient) -> dict[str, str]:
    """Records that are there, by the names of the parameters: a request for nothing does not get far."""
    lon, lat = lonlat(50, 250)
    told = client.post(INCIDENTS, json={"title": "漏水", "category": "漏水", "lon": lon, "lat": lat}).json()
    draft = client.post("/api/v1/plans", json={"name": "2027年调整"}).json()
    return {"incident_id": told["id"], "plan_id": draft["id"], "code": code("A"), "grid_id": code("B")}


@pytest.fixture(scope="module")
def described(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


def operations(described: dict[str, Any], known: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            for name, value in known.items():
                path = path.replace(f"{{{name}}}", value)  # noqa: PLW2901 -- the address of the request
            yield method, path, operation


def resolved(described: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def example_of(described: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Make a value of a schema: its example, with every other field that it has."""
    schema = resolved(described, schema)
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if options:
        return example_of(described, options[0])
    if "example" in schema or schema.get("properties"):
        fields = schema.get("properties", {})
        made = {name: example_of(described, field) for name, field in fields.items()}
        return made | schema.get("example", {}) if isinstance(schema.get("example", {}), dict) else schema["example"]
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    if schema.get("type") == "array":
        return [example_of(described, schema.get("items", {}))]
    formats = {
        "date": "2026-03-01",
        "date-time": "2026-03-01T09:30:00+08:00",
        "uuid": "0c8f6a6e-6d0c-4c55-9f0e-4f6f2f8a3b10",
    }
    return {"string": formats.get(schema.get("format", ""), "甲"), "number": 1, "integer": 1, "boolean": True}.get(
        schema.get("type", ""), {}
    )


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from leaves(each, (*path, number))
    else:
        yield path, value


def with_leaf(value: Any, path: Path, leaf: Any) -> Any:
    changed = deepcopy(value)
    inner = changed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = leaf
    return changed


def asked_of(described: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[Any, Path, Any]]:
    """Yield the example body of a request with every other field that it may have, one at a time, and its leaves."""
    for schema, whole in bodies(described, operation):
        example = resolved(described, schema).get("example")
        if not isinstance(whole, dict) or example is None:
            yield from ((whole, path, leaf) for path, leaf in leaves(whole))
            continue
        for name, value in whole.items():
            body = example | {name: value}
            yield from ((body, path, leaf) for path, leaf in leaves(value, (name,)))


def bodies(described: dict[str, Any], operation: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        yield schema, example_of(described, schema)


def send(client: TestClient, method: str, path: str, body: Any) -> Any:
    sent = json.dumps(body).replace('"BROKEN"', BROKEN)
    return client.request(method, path, content=sent, headers={"Content-Type": "application/json"})


def test_half_a_character_is_refused_in_any_field_of_any_body(
    client: TestClient, described: dict[str, Any], known: dict[str, str]
) -> None:
    wrong, asked = [], 0
    for method, path, operation in operations(described, known):
        for body, leaf, _ in asked_of(described, operation):
            answer = send(client, method, path, with_leaf(body, leaf, "BROKEN"))
            asked += 1
            if (answer.status_code, answer.headers["content-type"]) != (422, PROBLEM):
                wrong.append((method, path, leaf, answer.status_code))
    assert asked > 100
    assert not wrong


def test_a_problem_is_told_also_of_what_cannot_be_written() -> None:
    told = json.loads(bytes(problem(422, "bad_input", "not \ud800", evidence={"value": "甲\udfff"}).body))
    assert (told["detail"], told["evidence"]) == ("not ?", {"value": "甲?"})


def test_half_a_character_in_the_name_of_a_field_is_no_failure(
    client: TestClient, described: dict[str, Any], known: dict[str, str]
) -> None:
    for method, path, operation in operations(described, known):
        for _, body in bodies(described, operation):
            if isinstance(body, dict):
                assert send(client, method, path, body | {"BROKEN": 1}).status_code < 500, path


def test_no_moment_at_the_edge_of_the_calendar_is_our_failure(
    client: TestClient, described: dict[str, Any], known: dict[str, str]
) -> None:
    wrong, asked = [], 0
    for method, path, operation in operations(described, known):
        for body, leaf, value in asked_of(described, operation):
            dated = isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-"
            for edge in (*DAYS, *MOMENTS) if dated else ():
                answer = send(client, method, path, with_leaf(body, leaf, edge))
                asked += 1
                if answer.status_code >= 500:
                    wrong.append((method, path, leaf, edge))
    assert asked > 20
    assert not wrong


def test_no_query_at_the_edge_is_our_failure(
    client: TestClient, described: dict[str, Any], known: dict[str, str]
) -> None:
    wrong, asked = [], 0
    for method, path, operation in operations(described, known):
        given = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
        fields = {each["name"]: quote(str(example_of(described, each["schema"]))) for each in given}
        for each in given:
            shape = json.dumps(each["schema"])
            texts = ("%ED%A0%80", "%00", "%FF")
            for edge in DAYS if '"date"' in shape else map(quote, MOMENTS) if '"date-time"' in shape else texts:
                asked += 1
                query = "&".join(f"{name}={value}" for name, value in (fields | {each["name"]: edge}).items())
                answer = client.request(method, f"{path}?{query}")
                if answer.status_code >= 500:
                    wrong.append((method, path, each["name"], edge))
    assert asked > 50
    assert not wrong


@pytest.mark.parametrize("since", ["0001-01-01", "1899-12-31", "9999-12-31"])
@pytest.mark.parametrize("name", ["rates", "ledgers.xlsx", "reports.docx"])
def test_a_ledger_of_no_time_is_refused_by_name(client: TestClient, name: str, since: str) -> None:
    answer = client.get(f"/api/v1/{name}", params={"since": since, "until": "9999-12-31"})
    assert (answer.status_code, answer.json()["evidence"]) == (422, {"field": "since"})
    assert "outside the years 1900 to 2199" in answer.json()["detail"]
    assert client.get(f"/api/v1/{name}", params={"since": "1900-01-01", "until": "2199-12-31"}).status_code == 200


@pytest.mark.parametrize("name", ["deadline", "return_until"])
def test_a_deadline_at_the_end_of_the_calendar_is_refused_by_name(client: TestClient, name: str) -> None:
    for edge in MOMENTS:
        answer = client.post(INCIDENTS, json={"title": "漏水", name: edge})
        assert (answer.status_code, answer.json()["evidence"]) == (422, {"field": name})
    assert client.post(INCIDENTS, json={"title": "漏水", name: "2199-12-31T23:59:59-12:00"}).status_code == 201


def test_the_deadline_of_a_move_is_refused_by_name(client: TestClient) -> None:
    number = client.post(INCIDENTS, json={"title": "漏水"}).json()["number"]
    address, body = f"{INCIDENTS}/{number}/moves", {"role": "受理派单员", "unit": "市政管理所"}
    assert client.post(address, json={"move": "受理", "role": "受理派单员"}).status_code == 200
    for edge in MOMENTS:
        answer = client.post(address, json=body | {"move": "派单", "deadline": edge})
        assert (answer.status_code, answer.json()["evidence"]) == (422, {"field": "deadline"})


def test_a_command_says_so_too(
    shared_office: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)
    assert run(["ledger", "--since", "0001-01-01", "--until", "2026-01-01"]) == 2
    assert "since 0001-01-01 lies outside the years" in capsys.readouterr().err
