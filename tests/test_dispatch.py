"""The dispatcher's board: counts that add up, clocks, look-alikes, and a heat map that does not tell small numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from office import WORKER, client_of, lonlat
from sqlalchemy import select

from gridmap.access import Scope
from gridmap.services.dispatch import FACETS, BoardCache, Wanted, board
from gridmap.services.dispatch_heat import LEAST, heat
from gridmap.storage import tables
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

BOARD = "/api/v1/incidents/board"
# title, category, metres from the lower left corner (None: 待定位), days ago
REPORTED = [
    ("楼上漏水", "漏水", (50.0, 250.0), "2026-03-02T09:00:00+08:00"),
    ("厨房漏水", "漏水", (55.0, 252.0), "2026-03-02T15:00:00+08:00"),
    ("夜里太吵", "噪音扰民", (50.0, 250.0), "2026-03-02T10:00:00+08:00"),
    ("路灯不亮", "", (550.0, 50.0), "2026-04-01T09:00:00+08:00"),
    ("井盖松动", "", (560.0, 60.0), "2026-04-02T09:00:00+08:00"),
    ("说不清在哪", "噪音扰民", None, "2026-04-03T09:00:00+08:00"),
    ("界线边上", "漏水", (201.0, 250.0), "2026-05-03T09:00:00+08:00"),
]


def report(client: TestClient, title: str, category: str, xy: tuple[float, float] | None, at: str) -> dict[str, Any]:
    place = {} if xy is None else dict(zip(("lon", "lat"), lonlat(*xy), strict=True))
    body = {"title": title, "category": category, "reported_at": at, "phone": "19900001234", "accuracy": 15} | place
    answer = client.post("/api/v1/incidents", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.fixture(scope="module")
def desk(shared_office: str) -> Iterator[TestClient]:
    with client_of(shared_office) as client:
        for each in REPORTED:
            report(client, *each)
        yield client


def ask(client: TestClient, query: str = "") -> dict[str, Any]:
    answer = client.get(f"{BOARD}?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("facet", FACETS)
def test_every_filter_shows_as_many_as_it_says(desk: TestClient, facet: str) -> None:
    whole = ask(desk, "stage=all")
    assert sum(whole["counts"][facet].values()) == whole["total"] == whole["registered"]
    for value, count in whole["counts"][facet].items():
        narrowed = ask(desk, f"stage=all&{facet}={quote(value)}")
        assert narrowed["total"] == count == len(narrowed["items"])
        assert narrowed["counts"][facet] == whole["counts"][facet], "its own filter does not narrow a facet"
        for other in FACETS:
            assert other == facet or sum(narrowed["counts"][other].values()) == count


def test_pages_are_the_whole_in_order(desk: TestClient) -> None:
    whole = [each["number"] for each in ask(desk, "stage=all&limit=200")["items"]]
    pages = [ask(desk, f"stage=all&limit=2&offset={at}")["items"] for at in range(0, len(whole) + 2, 2)]
    assert [each["number"] for page in pages for each in page] == whole
    urgent = [each["clock"] for each in ask(desk, "stage=all&order=urgent")["items"]]
    assert urgent == sorted(urgent, key=["超期", "临期", "正常", ""].index)


def test_a_line_says_whose_it_is_and_nothing_personal(desk: TestClient) -> None:
    answer = desk.get(f"{BOARD}?stage=all")
    assert WORKER not in answer.text
    assert "19900001234" not in answer.text
    rows = {each["title"]: each for each in answer.json()["items"]}
    assert (rows["楼上漏水"]["grid_code"], rows["楼上漏水"]["worker"]) == ("440106001001001", "李**")
    assert rows["楼上漏水"]["place"] == "inside"
    assert rows["界线边上"]["place"] == "review", "15 m of doubt reach over a border 1 m away"
    assert rows["说不清在哪"]["place"] == "unlocated"
    assert {each["clock"] for each in rows.values()} <= {"正常", "临期", "超期"}


def test_reports_that_look_alike_are_hinted_as_the_case_says(desk: TestClient) -> None:
    for each in ask(desk, "stage=all")["items"]:
        found = desk.get(f"/api/v1/incidents/{each['id']}/duplicates").json()["items"]
        assert each["near"] == len(found)
    rows = {each["title"]: each["near"] for each in ask(desk, "stage=all")["items"]}
    assert rows["楼上漏水"] == rows["厨房漏水"] == 1
    assert rows["夜里太吵"] == 0


def test_the_etag_holds_until_somebody_writes(desk: TestClient) -> None:
    first = desk.get(BOARD)
    tag = {"If-None-Match": first.headers["etag"]}
    assert desk.get(BOARD, headers=tag).status_code == 304
    made = report(desk, "新来的", "漏水", (450.0, 250.0), "2026-05-04T09:00:00+08:00")
    second = desk.get(BOARD, headers=tag)
    assert second.status_code == 200
    assert second.json()["registered"] == first.json()["registered"] + 1
    body = {"move": "作废", "role": "受理派单员", "reason": "试一下"}
    assert desk.post(f"/api/v1/incidents/{made['id']}/moves", json=body).status_code == 200
    third = ask(desk)
    assert third["total"] == first.json()["total"]
    assert third["stages"]["closed"] == first.json()["stages"]["closed"] + 1


def test_small_counts_do_not_leave_the_server(desk: TestClient) -> None:
    for number in range(LEAST):
        report(desk, f"热{number}", "停水", (350.0, 50.0), f"2026-06-0{number + 1}T09:00:00+08:00")
        if number:
            report(desk, f"少{number}", "停水", (650.0, 250.0), f"2026-06-0{number + 1}T09:00:00+08:00")
    found = desk.get("/api/v1/incidents/heat?month=2026-06&size=100").json()
    assert [each["count"] for each in found["cells"]] == [LEAST]
    assert found["hidden"] is True
    assert found["cells"][0]["grid_name"] == "解放路社区第03网格"
    nothing = desk.get("/api/v1/incidents/heat?month=2026-03&size=100").json()
    assert nothing["cells"] == []
    assert desk.get("/api/v1/incidents/heat?size=1").status_code == 422


def test_who_may_see_one_community_is_told_of_no_other(desk: TestClient, shared_office: str) -> None:
    rows = ask(desk, "stage=all&limit=200")["items"]
    database = Database.open(shared_office)
    with database.transaction("tester") as tx:
        code = "440106001002"
        ids = [row["id"] for row in rows if row["community_code"] == code]
        query = select(tables.community.c.id).where(tables.community.c.code == code)
        own = Scope("tester", frozenset(tx.connection.execute(query).scalars()))
        limited = board(tx, own, BoardCache(), Wanted(stage="all", limit=200))
        cells = heat(tx, own, BoardCache(), category="", month="", size=400).cells
    database.close()
    assert Counter(each.id for each in limited.items) == Counter(ids)
    assert limited.registered == len(ids)
    assert all(each.grid_name.startswith("建设路社区") for each in cells)
