"""The API beside incidents: grids, places, refusals, and its own description. On both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from api_answers import INCIDENTS, PROBLEM, operation_of, problem_of
from office import GRIDS, MOVED, client_of, code, load, lonlat, open_office, write_grids
from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.storage.database import Database

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
    assert answer.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "url", ["/grids/440106001001999", "/plans/00000000-0000-4000-8000-000000000000", "/verify/none"]
)
def test_what_a_page_does_not_find_it_says_in_words_and_the_description_knows(client: TestClient, url: str) -> None:
    answer = client.get(url)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    described = operation_of(client, "get", url)
    assert described is not None
    assert list(described["responses"]["404"]["content"]) == ["text/html"]


# --- what the API says of itself ----------------------------------------------------------------------------------


def test_every_route_has_a_name_an_explanation_and_its_problems(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    operations = [operation for methods in paths.values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names)) >= 8
    for operation in operations:
        assert operation["description"]
        problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"400", "500", "503"} <= set(problems)
        if operation["operationId"].endswith("_page"):  # its 404 is a notice for people
            problems.pop("404", None)
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
        "ReportedOut": incident,
        "IncidentOut": client.get(f"{INCIDENTS}/{incident['number']}").json(),
        "ReportCheckOut": client.post(f"{INCIDENTS}/check", json=schemas["ReportCheckIn"]["example"]).json(),
        "Verdict": incident["assignment"],
        "IncidentList": client.get(INCIDENTS).json(),
        "GridOut": client.get("/api/v1/grids").json()[0],
        "GridWithShape": client.get(f"/api/v1/grids/{code('A')}").json(),
        "PlaceOut": client.get("/api/v1/locate", params={"lon": LON, "lat": LAT}).json(),
        "Health": client.get("/healthz").json(),
    }
    for name, answer in answers.items():
        assert set(answer) == set(schemas[name]["properties"]), name
