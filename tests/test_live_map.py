"""The live map's page, its assets, and what it asks for: numbers that add up, masked details, search."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from office import SUBDISTRICT, WORKER, client_of, code, load, lonlat, open_office, write_csv, write_households

from gridmap.access import Scope
from gridmap.codes import is_demonstration
from gridmap.errors import BadInput, NotFound
from gridmap.services import details
from gridmap.services.incidents import report_incident
from gridmap.services.numbers_table import MEASURES, numbers_table
from gridmap.services.reports import Report
from gridmap.services.stats import stats
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

PLACES = [(50.0, 250.0), (150.0, 250.0), (250.0, 250.0), (450.0, 250.0), (650.0, 50.0), (5000.0, 5000.0)]


@pytest.fixture(scope="module")
def office(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The drawn office with households, shops and incidents."""
    folder = tmp_path_factory.mktemp("registers")
    database = Database.open(shared_office)
    load(database, "households", write_households(folder, PLACES))
    load(database, "shops", _shops(folder))
    load(database, "party_organisations", _party_organisations(folder))
    with database.transaction("tester", write=True) as tx:
        for number, place in enumerate([(60.0, 240.0), (460.0, 240.0), (9000.0, 9000.0)]):
            lon, lat = lonlat(*place)
            report_incident(tx, Scope.everything(), Report(f"路灯不亮{number}", lon=lon, lat=lat, reporter="王示范"))
    yield database
    database.close()


@pytest.fixture(scope="module")
def browser(office: Database, shared_office: str) -> Iterator[TestClient]:
    assert office
    with client_of(shared_office) as opened:
        yield opened


def _party_organisations(folder: Path) -> Path:
    header = ["党组织编号", "党组织全称", "党组织类别", "活动场所", "书记", "联系电话", "党员数", "经度", "纬度"]
    row = ("D1", "示范大厦联合党支部", "联合党支部", "示范路9号", "周示范", "19900005678", 8, *lonlat(50, 250))
    return write_csv(folder / "party.csv", header, [row])


def _shops(folder: Path) -> Path:
    lon, lat = lonlat(50, 250)
    header = ["编码", "名称", "地址", "联系人", "联系电话", "经度", "纬度"]
    rows = [("S1", "示范便利店", "示范路9号", "赵示范", "19900001234", lon, lat)]
    return write_csv(folder / "shops.csv", header, rows)


def by_code(office: Database) -> dict[str, dict[str, int]]:
    with office.transaction("tester") as tx:
        return {row.level + row.code: row.numbers for row in numbers_table(tx, Scope.everything()).rows}


def test_every_area_is_the_sum_of_those_below_it(office: Database) -> None:
    with office.transaction("tester") as tx:
        table = numbers_table(tx, Scope.everything())
    for above in table.rows:
        below = [row for row in table.rows if row.parent == above.code and row.parent]
        if above.level == "grid" or not below:
            continue
        assert above.numbers == {key: sum(row.numbers[key] for row in below) for key in MEASURES}
        assert above.months == tuple(map(sum, zip(*(row.months for row in below), strict=True)))


def test_the_first_row_is_what_the_database_counts(office: Database) -> None:
    with office.transaction("tester") as tx:
        whole, counted = numbers_table(tx, Scope.everything()).rows[0].numbers, stats(tx, Scope.everything())
    assert whole["households"] == counted["households"]["total"] == len(PLACES)
    assert whole["surveyed"] == counted["households"]["surveyed"]
    assert whole["residents"] == counted["residents"]
    assert whole["shops"] == counted["shops"]["total"]
    assert whole["reported"] == counted["incidents"] == 3
    assert whole["incidents"] == 3


def test_what_no_grid_has_stands_in_a_row_of_its_own(office: Database) -> None:
    numbers = by_code(office)
    assert numbers["unassigned"]["households"] == 1
    assert numbers["unassigned"]["incidents"] == numbers["unassigned"]["reported"] == 1
    assert numbers["grid" + code("A")]["households"] == 2


def test_this_month_is_the_last(office: Database) -> None:
    with office.transaction("tester") as tx:
        table = numbers_table(tx, Scope.everything())
    assert len(table.months) == 12
    assert table.months[-1] == f"{tx.now.astimezone():%Y-%m}"
    assert table.rows[0].months[-1] == 3


def test_a_caller_without_areas_sees_no_numbers(office: Database) -> None:
    with office.transaction("tester") as tx:
        rows = numbers_table(tx, Scope("nobody")).rows
        assert {row.level for row in rows} == {"subdistrict", "unassigned"}
        assert all(value == 0 for row in rows for value in row.numbers.values())
        assert details.search(tx, Scope("nobody"), "示范") == []


def test_the_table_is_sent_again_only_after_a_write(browser: TestClient) -> None:
    first = browser.get("/api/v1/overview")
    tag = first.headers["ETag"]
    again = browser.get("/api/v1/overview", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    lon, lat = lonlat(50, 250)
    browser.post("/api/v1/incidents", json={"title": "新事件", "lon": lon, "lat": lat})
    changed = browser.get("/api/v1/overview", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag
    reported = [answer.json()["rows"][0]["numbers"]["reported"] for answer in (first, changed)]
    assert reported[1] == reported[0] + 1


def found(browser: TestClient, text: str) -> list[dict[str, Any]]:
    answer = browser.get("/api/v1/search", params={"q": text})
    assert answer.status_code == 200
    listed: list[dict[str, Any]] = answer.json()
    assert len(listed) <= 20
    return listed


@pytest.mark.parametrize(
    ("typed", "kind", "title"),
    [
        ("便利店", "shop", "示范便利店"),
        ("示范 便利", "shop", "示范便利店"),
        ("大厦 党支部", "party_organisation", "示范大厦联合党支部"),
        ("示范路2号", "household", "示范路2号"),
        ("路灯不亮1", "incident", "路灯不亮1"),
    ],
)
def test_search_finds_by_any_words(browser: TestClient, typed: str, kind: str, title: str) -> None:
    assert (kind, title) in {(each["kind"], each["title"]) for each in found(browser, typed)}


def test_a_party_organisation_is_shown_with_its_kind_and_members_and_its_secretary_masked(browser: TestClient) -> None:
    (one,) = [each for each in found(browser, "联合党支部") if each["kind"] == "party_organisation"]
    shown = browser.get(f"/api/v1/details/party_organisations/{one['id']}").json()
    facts = {fact["word"]: fact["value"] for fact in shown["facts"]}
    assert shown["word"] == "党组织"
    assert (facts["党组织类别"], facts["党员数"], facts["活动场所"]) == ("联合党支部", "8", "示范路9号")
    assert (facts["党组织书记"], facts["联系电话"]) == ("周**", "199****5678")
    assert facts["所属网格"]
    assert browser.get("/api/v1/overview").json()["rows"][0]["numbers"]["party_organisations"] == 1


def test_a_worker_is_found_by_name_and_shown_masked_with_the_grids(browser: TestClient) -> None:
    listed = [each for each in found(browser, WORKER) if each["kind"] == "grid"]
    assert [each["code"] for each in listed] == sorted(each["code"] for each in listed)
    assert listed[0]["code"].startswith(SUBDISTRICT)
    assert listed[0]["title"] == "李**"
    assert WORKER not in browser.get("/api/v1/search", params={"q": WORKER}).text


@pytest.mark.parametrize("typed", ["%", "_", "\\", "' OR 1=1 --", "没有这样的"])
def test_what_means_something_to_a_database_means_nothing_in_a_search(browser: TestClient, typed: str) -> None:
    assert found(browser, typed) == []


def test_details_are_masked_and_say_which_grid_and_why(browser: TestClient) -> None:
    (shop,) = [each for each in found(browser, "便利店") if each["kind"] == "shop"]
    answer = browser.get(f"/api/v1/details/shops/{shop['id']}")
    shown = answer.json()
    facts = {fact["word"]: fact["value"] for fact in shown["facts"]}
    assert shown["title"] == "示范便利店"
    assert facts["联系人"] == "赵**"
    assert facts["联系电话"] == "199****1234"
    assert facts["归属依据"].startswith("范围内")
    assert shown["grid_code"] == code("A")
    assert "赵示范" not in answer.text


def test_cards_name_many_records_and_leave_out_what_is_not_there(browser: TestClient) -> None:
    ids = [each["id"] for each in found(browser, "示范路") if each["kind"] == "household"]
    answer = browser.get("/api/v1/details/households", params={"id": [*ids, str(uuid4())]})
    assert {each["id"] for each in answer.json()} == set(ids)
    assert "张示范" not in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("persons/0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11", 422),
        ("things/0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11", 422),
        ("shops/0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11", 404),
        ("shops/nonsense", 404),
    ],
)
def test_what_has_no_details_is_refused(browser: TestClient, path: str, status: int) -> None:
    assert browser.get(f"/api/v1/details/{path}").status_code == status


def test_details_out_of_scope_are_not_there(office: Database) -> None:
    with office.transaction("tester") as tx:
        (shop,) = details.search(tx, Scope.everything(), "便利店")
        with pytest.raises(NotFound):
            details.record_details(tx, Scope("nobody"), "shops", shop.id)
        assert details.record_cards(tx, Scope("nobody"), "shops", [shop.id]) == []
        with pytest.raises(BadInput):
            details.record_cards(tx, Scope.everything(), "shops", [shop.id] * (details.MOST_CARDS + 1))


def test_the_page_names_only_our_own_files_and_they_are_kept_for_ever(browser: TestClient) -> None:
    page = browser.get("/map")
    policy = page.headers["Content-Security-Policy"]
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
    assert nonce
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert re.findall(r"<script(?![^>]*(?:nonce=|type=))", page.text) == []
    assert page.text.count(f'nonce="{nonce.group(1)}"') == 3
    assert re.findall(r"https?://[\w.]+", page.text) == []
    names = re.findall(r'(?:src|href)="/assets/([^"]+)"', page.text)
    assert len(names) == 2
    for name in names:
        kept = browser.get(f"/assets/{name}")
        assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert kept.headers["Content-Encoding"] == "gzip"
        plain = browser.get(f"/assets/{name}", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers
        assert plain.content == kept.content
    assert browser.get("/map").headers["Content-Security-Policy"] != policy


@pytest.mark.parametrize("name", ["live.js", "live.0000000000000000.js", "..%2Flive.html", "node_modules"])
def test_no_other_file_is_served(browser: TestClient, name: str) -> None:
    assert browser.get(f"/assets/{name}").status_code == 404


def test_the_page_without_data_is_small(browser: TestClient) -> None:
    weight = len(gzip.compress(browser.get("/map").content))
    for name in re.findall(r'"/assets/([^"]+)"', browser.get("/map").text):
        with browser.stream("GET", f"/assets/{name}") as answer:
            weight += len(b"".join(answer.iter_raw()))
    assert weight < 130_000


def test_before_there_is_a_plan_the_page_says_what_to_do(target: str) -> None:
    with client_of(target) as opened:
        answer = opened.get("/map")
        assert answer.status_code == 200
        assert "gridmap import grids" in answer.text
        assert opened.get("/api/v1/overview").status_code == 404
        assert opened.get("/api/v1/search", params={"q": "路"}).json() == []


def test_a_new_plan_redraws_the_page(target: str, tmp_path: Path) -> None:
    with client_of(target) as opened:
        assert "还没有网格" in opened.get("/map").text
        database = Database.open(target)
        open_office(database, tmp_path)
        database.close()
        assert "解放路社区" in opened.get("/map").text


def test_the_page_says_who_made_it_and_marks_a_demonstration(target: str, tmp_path: Path) -> None:
    database = Database.open(target)
    open_office(database, tmp_path)
    with client_of(target) as opened:
        before = opened.get("/map").text
        assert "演示数据" not in before
        header = ["编码", "名称", "制图单位"]
        load(database, "subdistricts", write_csv(tmp_path / "s.csv", header, [(SUBDISTRICT, "示范街道", "街道网格办")]))
        assert "街道网格办" in opened.get("/map").text
    database.close()


def test_only_a_code_of_no_province_is_a_demonstration() -> None:
    assert is_demonstration("990101001")
    assert not is_demonstration(SUBDISTRICT)
