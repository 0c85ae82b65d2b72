"""Incidents through the API: who gets one, why, and what is refused. On both databases."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from office import GRIDS, MOVED, SIZE, client_of, code, load, lonlat, open_office, write_csv, write_grids

from gridmap.access import Scope
from gridmap.datum import from_lonlat, parse_crs
from gridmap.services.incidents import list_incidents, report_incident
from gridmap.services.reports import Report
from gridmap.storage import audit

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.storage.database import Database

URL = "/api/v1/incidents"
EVERYTHING = Scope.everything("tester")


def at(x: float, y: float) -> dict[str, float]:
    """Position of a point of the drawing, as the API takes it."""
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat}


def report(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"title": "路灯不亮"} | body)
    assert answer.status_code == 201, answer.text
    incident: dict[str, Any] = answer.json()
    return incident


def test_whoever_reports_learns_at_once_who_has_it_and_why(client: TestClient) -> None:
    answer = client.post(URL, json={"title": "路灯不亮", **at(50, 250)})
    assert answer.status_code == 201
    incident = answer.json()
    verdict = incident["assignment"]
    assert (verdict["reason"], verdict["grid_code"], verdict["community_name"]) == ("inside", code("A"), "解放路社区")
    assert verdict["distance"] == pytest.approx(50, abs=0.002)
    assert verdict["worker"] == "李**"
    assert not verdict["review"]
    assert incident["state"] == "待受理"
    for name in (answer.headers["location"], f"{URL}/{incident['number']}", f"{URL}/{incident['id']}"):
        kept = client.get(name).json()
        assert {field: incident[field] for field in kept} == kept
    assert (incident["status"], incident["why"], incident["duplicates"]["items"]) == ("归格", "", [])


def test_on_an_edge_the_lowest_code_has_it(client: TestClient) -> None:
    for place in ((200, 150), (200, 100)):  # between A and B; where A, B and C meet
        verdict = report(client, **at(*place))["assignment"]
        assert (verdict["reason"], verdict["grid_code"]) == ("edge", code("A"))
        assert verdict["distance"] == pytest.approx(0, abs=0.002)


def test_outside_the_nearest_grid_is_named_and_nobody_is_assigned(client: TestClient) -> None:
    verdict = report(client, **at(800, 50))["assignment"]
    assert (verdict["reason"], verdict["grid_code"], verdict["worker"]) == ("outside", None, "")
    assert verdict["nearest_code"] == code("E")
    assert verdict["distance"] == pytest.approx(100, abs=0.002)
    assert verdict["review"]


def test_without_a_point_it_waits_to_be_located(client: TestClient) -> None:
    incident = report(client, address="解放路12号")
    assert (incident["lon"], incident["lat"]) == (None, None)
    assert incident["assignment"]["reason"] == "unlocated"
    assert incident["assignment"]["grid_code"] is None
    assert incident["assignment"]["review"]


def test_an_accuracy_circle_over_the_border_is_for_a_person_to_look_at(client: TestClient) -> None:
    verdict = report(client, accuracy=60, **at(50, 250))["assignment"]
    assert (verdict["grid_code"], verdict["review"]) == (code("A"), True)


@pytest.mark.parametrize("crs", ["gcj02", "bd09", "EPSG:4547"])
def test_a_declared_system_is_converted(client: TestClient, crs: str) -> None:
    place = np.array([lonlat(50, 250)])
    x, y = from_lonlat(place, parse_crs(crs))[0].tolist()
    incident = report(client, lon=x, lat=y, crs=crs)
    assert [incident["lon"], incident["lat"]] == pytest.approx(place[0].tolist(), abs=2e-8)
    assert incident["assignment"]["grid_code"] == code("A")


LON, LAT = lonlat(50, 250)
NEXT_YEAR = (datetime.now(UTC) + timedelta(days=365)).isoformat()
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown system": ({"lon": LON, "lat": LAT, "crs": "EPSG:1"}, "crs_refused"),
    "system that needs local parameters": ({"lon": LON, "lat": LAT, "crs": "EPSG:2437"}, "crs_refused"),
    "swapped axes": ({"lon": LAT, "lat": LON}, "coordinates_refused"),
    "metres as degrees": ({"lon": 450_050.0, "lat": 2_560_250.0}, "coordinates_refused"),
    "degrees as metres": ({"lon": LON, "lat": LAT, "crs": "EPSG:4547"}, "coordinates_refused"),
    "off the Earth": ({"lon": 1e308, "lat": -1e308}, "coordinates_refused"),
    "only a longitude": ({"lon": LON}, "bad_input"),
    "in the future": ({"reported_at": NEXT_YEAR}, "bad_input"),
    "before there was a calendar to count from": ({"reported_at": "0001-01-01T00:00:00+08:00"}, "bad_input"),
    "no title": ({"title": "  "}, "bad_input"),
    "too long a title": ({"title": "长" * 201}, "bad_input"),
    "a field that nobody knows": ({"latitude": LAT}, "bad_input"),
    "a character that PostgreSQL cannot keep": ({"description": "a\0b"}, "bad_input"),
    "a number that a spreadsheet damaged": ({"number": "4.40106E+14"}, "code_refused"),
    "half a floor": ({"floor": 2.5}, "bad_input"),
    "an accuracy below nothing": ({"accuracy": -1}, "bad_input"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_with_code_and_words_and_nothing_is_stored(client: TestClient, case: str) -> None:
    body, expected = REFUSED[case]
    before = client.get(URL).json()["total"]
    answer = client.post(URL, json={"title": "路灯不亮"} | body)
    assert (answer.status_code, answer.json()["code"]) == (422, expected), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert client.get(URL).json()["total"] == before


@pytest.mark.parametrize(
    "content", ['{"title":', '{"title": "\\ud800"}', '{"title": "a", "lon": NaN, "lat": Infinity}', "[]", "null"]
)
def test_a_body_that_is_no_incident_is_refused(client: TestClient, content: str) -> None:
    answer = client.post(URL, content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_form_of_another_page_cannot_report(client: TestClient) -> None:
    """A browser sends text/plain to this machine for any page without asking; JSON it would ask about first."""
    answer = client.post(URL, content='{"title": "a"}', headers={"content-type": "text/plain"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


def test_one_number_is_one_incident(client: TestClient) -> None:
    first = report(client, number="１２３４５-7")
    assert first["number"] == "12345-7"
    for again in ("12345-7", " 12345-7 "):
        answer = client.post(URL, json={"title": "另一件", "number": again})
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    kept = client.get(f"{URL}/12345-7").json()
    assert kept == {name: first[name] for name in kept}


HOSTILE = [
    "</script><script>alert(1)</script>",
    "${alert(1)}`\\",
    "'; DROP TABLE incident; --",
    '"><img src=x onerror=alert(1)>',
    "\u2028\u2029\u202e倒\u202c",
    "{{ 7 * 7 }}{% raw %}",
    "%00%s%(x)s",
    "🏚️𠮷\r\n\t\x08",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_it_is_and_stays_text(client: TestClient, text: str) -> None:
    fields = dict.fromkeys(("title", "description", "category", "source", "address"), text)
    incident = report(client, **fields, **at(50, 250))
    assert {name: incident[name] for name in fields} == fields
    page = client.get("/").text
    assert "<script>alert(1)" not in page
    assert "<img src=x" not in page


def test_names_and_telephones_are_masked_in_every_answer(client: TestClient) -> None:
    personal = {"reporter": "欧阳示范", "phone": "19912345678"}
    answers = [client.post(URL, json={"title": "井盖缺失", **personal, **at(600, 50)})]
    incident = answers[0].json()
    assert (incident["reporter"], incident["phone"]) == ("欧**", "199****5678")
    answers += [
        client.get(url)
        for url in (
            URL,
            f"{URL}?grid={code('E')}",
            answers[0].headers["location"],
            f"{URL}/{incident['number']}",
            "/api/v1/grids",
            f"/api/v1/grids/{code('E')}",
            "/api/v1/locate?lon={lon}&lat={lat}".format(**at(600, 50)),
            "/",
        )
    ]
    answers.append(client.post(URL, json={"title": "", **personal, "phone": personal["phone"] * 9}))  # and in refusals
    answers.append(client.post(URL, json={"title": "a", **personal, "number": incident["number"]}))
    assert [answer.status_code for answer in answers[-2:]] == [422, 409]
    for answer in answers:
        for secret in ("欧阳", "19912345678", "李示范"):
            assert secret not in answer.text, answer.url


def test_the_list_is_newest_first_filtered_and_paged_without_loss(
    target: str, database: Database, tmp_path: Path
) -> None:
    open_office(database, tmp_path)
    with client_of(target) as client:
        start = datetime(2026, 3, 1, tzinfo=UTC)
        for number in range(25):
            place = (50, 250) if number % 5 else (600, 50)
            report(
                client,
                number=f"N{number:02d}",
                reported_at=(start + timedelta(hours=number % 7)).isoformat(),
                **at(*place),
            )
        whole = client.get(URL, params={"limit": 1000}).json()
        assert whole["total"] == len(whole["items"]) == 25
        when = [datetime.fromisoformat(item["reported_at"]) for item in whole["items"]]
        assert when == sorted(when, reverse=True)
        assert when[-1] == start
        pages = [client.get(URL, params={"limit": 10, "offset": offset}).json() for offset in (0, 10, 20, 30)]
        assert [page["total"] for page in pages] == [25] * 4
        assert [item for page in pages for item in page["items"]] == whole["items"]
        of_grid = client.get(URL, params={"grid": code("E")}).json()
        assert of_grid["total"] == 5
        assert {item["assignment"]["grid_code"] for item in of_grid["items"]} == {code("E")}
        assert client.get(URL, params={"state": "待受理"}).json()["total"] == 25
        assert client.get(URL, params={"state": "已结案"}).json() == {"total": 0, "items": []}
        assert client.get(f"/api/v1/grids/{code('E')}").json()["numbers"]["incidents"] == 5


@pytest.mark.parametrize(
    ("query", "status", "problem"),
    [
        ("?grid=440106001001999", 404, "not_found"),
        ("?grid=%00", 422, "bad_input"),
        ("?state=%00", 422, "bad_input"),
        ("?limit=0", 422, "bad_input"),
        ("?offset=-1", 422, "bad_input"),
        ("/nothing", 404, "not_found"),
        ("/%00", 422, "bad_input"),
        (f"/{'0' * 32}", 404, "not_found"),
    ],
)
def test_what_is_not_there_is_said(client: TestClient, query: str, status: int, problem: str) -> None:
    answer = client.get(URL + query)
    assert (answer.status_code, answer.json()["code"]) == (status, problem)
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_point_has_one_verdict_the_one_that_the_drawing_shows(client: TestClient) -> None:
    drawn = {code(letter): shape for letter, shape in polygons(GRIDS, SIZE).items()}
    for x, y in np.random.default_rng(11).integers(-1, 16, size=(40, 2)) * 50:
        having = sorted(each for each, shape in drawn.items() if shape.intersects(shapely.Point(x, y)))
        expected = (having[0] if having else None, ("outside", "inside", "edge")[min(len(having), 2)])
        verdict = report(client, **at(float(x), float(y)))["assignment"]
        located = client.get("/api/v1/locate", params=at(float(x), float(y))).json()
        for each in (verdict, located):
            assert (each["grid_code"], each["reason"]) == expected, (x, y)
        assert verdict["distance"] == located["distance"]


def test_a_listed_building_goes_to_its_dedicated_grid_by_floor(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    header = ["grid", "subject_kind", "subject", "floor_from", "floor_to"]
    load(database, "inclusions", write_csv(tmp_path / "list.csv", header, [(code("E"), "building", "B7", 1, 3)]), None)
    with client_of(target) as client:
        for building, floor, expected in (("B7", 2, "E"), (" Ｂ7", 3, "E"), ("B7", 4, "A"), ("B8", 2, "A")):
            verdict = report(client, building=building, floor=floor, **at(50, 250))["assignment"]
            assert verdict["grid_code"] == code(expected), (building, floor)
            assert verdict["reason"] == ("listed" if expected == "E" else "inside")


def test_before_any_plan_a_report_waits_and_gets_its_grid_with_the_first(
    target: str, database: Database, tmp_path: Path
) -> None:
    with client_of(target) as client:
        waiting = report(client, **at(50, 250))
        assert waiting["assignment"] is None
        open_office(database, tmp_path)
        verdict = client.get(f"{URL}/{waiting['id']}").json()["assignment"]
        assert (verdict["grid_code"], verdict["reason"]) == (code("A"), "inside")


def test_a_report_leaves_an_audit_row_without_a_personal_value(client: TestClient, shared_office: str) -> None:
    from gridmap.storage.database import Database

    incident = report(client, reporter="欧阳示范", phone="19912345678", **at(50, 250))
    database = Database.open(shared_office)
    with database.transaction("tester") as tx:
        latest = audit.entries(tx, EVERYTHING)[0]
    database.close()
    assert (latest.verb, latest.subject_kind, str(latest.subject_id)) == ("report", "incident", incident["id"])
    assert "欧阳" not in json.dumps(latest.detail, ensure_ascii=False)


# --- a new plan while reports come in -----------------------------------------------------------------------------

CHANGES_HANDS = (150, 250)  # in A by the drawing, in B after the move


def test_reports_during_a_change_of_plan_land_on_one_plan_or_the_other(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    moved = write_grids(tmp_path, MOVED, "moved.geojson")
    lon, lat = lonlat(*CHANGES_HANDS)
    done = threading.Event()
    started = threading.Barrier(5)

    def reporting(number: int) -> int:
        started.wait()
        count = 0
        while count < 8 or not done.is_set():
            with database.transaction("tester", write=True) as tx:
                report_incident(tx, EVERYTHING, Report(f"{number}-{count}", lon=lon, lat=lat))
            count += 1
        return count

    with ThreadPoolExecutor(5) as pool:
        reporters = [pool.submit(reporting, number) for number in range(4)]
        started.wait()
        try:
            load(database, "grids", moved)
        finally:
            done.set()
        reported = sum(each.result() for each in reporters)
    with database.transaction("tester", write=True) as tx:
        after = report_incident(tx, EVERYTHING, Report("afterwards", lon=lon, lat=lat))
    with database.transaction("tester") as tx:
        found = list_incidents(tx, EVERYTHING, limit=10_000).items
    assert len(found) == reported + 1
    assert after.assignment is not None
    verdicts = {(each.assignment.plan_id, each.assignment.grid_code) for each in found if each.assignment}
    assert all(each.assignment for each in found)
    assert (after.assignment.plan_id, code("B")) in verdicts
    assert verdicts - {(after.assignment.plan_id, code("B"))} in (set(), {(_old_plan(verdicts, after), code("A"))})


def _old_plan(verdicts: set[tuple[str, str | None]], after: Any) -> str:
    return next((plan for plan, _ in verdicts if plan != after.assignment.plan_id), "")


def test_a_plan_waits_for_the_report_that_looked_at_the_old_one(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    moved = write_grids(tmp_path, MOVED, "moved.geojson")
    lon, lat = lonlat(*CHANGES_HANDS)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction("tester", write=True) as tx:
            under_old = report_incident(tx, EVERYTHING, Report("reported first", lon=lon, lat=lat))
            importing = pool.submit(load, database, "grids", moved)
            with pytest.raises(TimeoutError):
                importing.result(timeout=0.7)
        importing.result(timeout=30)
    with database.transaction("tester", write=True) as tx:
        under_new = report_incident(tx, EVERYTHING, Report("reported then", lon=lon, lat=lat))
    assert under_old.assignment is not None
    assert under_new.assignment is not None
    assert (under_old.assignment.grid_code, under_new.assignment.grid_code) == (code("A"), code("B"))
