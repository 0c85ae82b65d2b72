"""A report with an address: located, held against its point, and against what was told before; by the way of intake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from office import client_of, code, lonlat

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.testclient import TestClient

    from gridmap.storage.database import Database

URL = "/api/v1/incidents"


@pytest.fixture
def client(address_office: Database) -> Iterator[TestClient]:
    with client_of(address_office.name) as opened:
        yield opened


def at(x: float, y: float) -> dict[str, float]:
    return dict(zip(("lon", "lat"), lonlat(x, y), strict=True))


def report(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(URL, json={"title": "楼上漏水"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def check(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{URL}/check", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


TOLD = "我住在解放路35号，反映解放路11号漏水"
PLACES: tuple[tuple[str, dict[str, Any], str, str | None], ...] = (
    ("address alone", {"address": "解放路11号"}, "归格", "A"),
    ("told in the text", {"description": "我住在解放路35号，反映解放路11号漏水"}, "归格", "A"),
    (
        "the column holds the home",
        {"address": "解放路35号", "description": "我住在解放路35号，反映解放路11号漏水"},
        "归格",
        "A",
    ),
    ("unknown address", {"address": "无名巷3号"}, "待定位", None),
    ("neither", {}, "待定位", None),
    ("both agree", {"address": "解放路11号"} | at(160, 161), "归格", "A"),
    ("both disagree", {"address": "解放路11号"} | at(650, 50), "边界待核", "E"),
    ("the point holds", {"address": "解放路11号", "holds": "point"} | at(650, 50), "归格", "E"),
    ("the address holds", {"address": "解放路11号", "holds": "address"} | at(650, 50), "归格", "A"),
    ("outside", at(900, 50), "边界待核", None),
)


def test_every_way_of_telling_a_place_is_one_of_three_and_the_check_says_so_before(client: TestClient) -> None:
    for name, body, status, grid in PLACES:
        before = check(client, **body)
        made = report(client, **body)
        assert (made["status"], made["assignment"]["grid_code"]) == (status, code(grid) if grid else None), name
        for word in ("status", "why", "place", "address", "lon", "lat", "accuracy"):
            assert before[word] == made[word], (name, word)
        assert before["assignment"]["grid_code"] == made["assignment"]["grid_code"], name
        assert bool(made["why"]) == (status != "归格"), name
        kept = client.get(f"{URL}/{made['number']}/history").json()["original"]
        assert kept["address"] == body.get("address", "")
        assert kept["place"]["why"] == made["why"]


def test_a_sheet_and_the_form_say_the_same(client: TestClient) -> None:
    for number, (name, body, status, _) in enumerate(PLACES):
        if "holds" in body:
            continue
        row = {"number": f"RX{number}", "title": "楼上漏水"} | body
        taken = client.post("/api/v1/intake", json={"rows": [row]}).json()["rows"][0]
        assert (taken["status"], taken["why"]) == (status, check(client, **body)["why"]), name


def test_where_point_and_address_disagree_both_are_told_and_how_far_apart(client: TestClient) -> None:
    made = report(client, address="解放路11号", **at(650, 160))
    assert "坐标与地址“解放路11号”相距 490 米" in made["why"]
    assert "请核实以哪一个为准" in made["why"]
    assert "位置误差" not in made["why"]
    assert made["assignment"]["review"]
    assert made["place"]["apart"] == pytest.approx(490, abs=1)
    assert made["place"]["address"]["words"] == "定位到门牌"
    assert made["place"]["point"] == at(650, 160) | {"accuracy": 0}


def test_both_addresses_of_a_text_are_kept(client: TestClient) -> None:
    made = report(client, description=TOLD)
    assert (made["address"], made["place"]["home"]) == ("解放路11号", "解放路35号")
    given = report(client, address="解放路11号", home="解放路35号")
    assert (given["address"], given["place"]["home"]) == ("解放路11号", "解放路35号")


def test_what_may_be_told_twice_is_named_before_and_after_and_nothing_is_merged(client: TestClient) -> None:
    words = {"category": "漏水", "address": "解放路11号"}
    first = report(client, **words)
    assert first["duplicates"]["items"] == []
    for found in (check(client, **words), report(client, **words)):
        assert [each["number"] for each in found["duplicates"]["items"]] == [first["number"]]
        assert found["duplicates"]["metres"] == 30
    assert client.get(f"{URL}/{first['number']}").json()["state"] == "待受理"


def test_a_check_writes_nothing(client: TestClient, audited: Callable[[], int]) -> None:
    rows = audited()
    check(client, address="解放路11号", category="漏水")
    assert audited() == rows
    assert client.get(URL).json()["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"lon": 113.3},
        {"holds": "address"},
        {"holds": "address", "address": "无名巷3号"} | at(50, 50),
        {"holds": "both"},
        {"lon": 23.1, "lat": 113.3},
    ],
)
def test_what_cannot_be_is_refused_by_the_check_as_by_the_report(client: TestClient, body: dict[str, Any]) -> None:
    answers = [client.post(f"{URL}/check", json=body), client.post(URL, json={"title": "漏水"} | body)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert client.get(URL).json()["total"] == 0
