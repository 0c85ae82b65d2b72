"""The live map in Chromium, served by the real application: it draws, answers, follows what is reported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import shapely
from accessibility import violations
from ascii_art import polygons
from fresh_databases import filled_file
from map_scripts import COLOURED, LIVE_READY
from office import (
    COMMUNITIES,
    COMMUNITY_OF,
    GRIDS,
    SIZE,
    code,
    load,
    lonlat,
    open_office,
    to_lonlat,
    write_csv,
    write_geojson,
    write_households,
)
from overview_sample import PAYLOADS
from serving import Server

from gridmap.access import Scope
from gridmap.services.stats import stats
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

PLACES = [(50.0 + 8 * i, 250.0 - 3 * i) for i in range(12)] + [(450.0, 250.0)] * 5 + [(650.0, 50.0)]
FILLED = "() => gridmap.page.filling.colours.map((at) => gridmap.page.filling.palette[at])"


@pytest.fixture(scope="module")
def office(spatialite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with filled_file(spatialite_template, tmp_path_factory.mktemp("live"), fill) as path:
        yield path


def fill(database: Database, folder: Path) -> None:
    """The drawn office with households and a shop."""
    open_office(database, folder)
    load(database, "households", write_households(folder, PLACES))
    header = ["编码", "名称", "联系人", "联系电话", "经度", "纬度"]
    shop = ("S1", "示范便利店", "赵示范", "19900001234", *lonlat(250, 250))
    load(database, "shops", write_csv(folder / "s.csv", header, [shop]))


@pytest.fixture(scope="module")
def address(office: str) -> Iterator[str]:
    with Server(office) as server:
        yield server.address


def opened(visit: Callable[..., Visit], address: str, **options: Any) -> Visit:
    seen = visit(address if "/map" in address else address + "/map", **options)
    seen.page.wait_for_function(LIVE_READY)
    return seen


def settled(page: Page) -> None:
    """Wait until no tile is on its way."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(250)


def click_at(page: Page, x: float, y: float, zoom: int = 18) -> None:
    """Click a place of the drawing, brought into the middle."""
    lon, lat = lonlat(x, y)
    page.evaluate("([lat, lon, zoom]) => gridmap.map.setView([lat, lon], zoom, { animate: false })", [lat, lon, zoom])
    settled(page)
    box = page.locator("#map_overview").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_it_draws_from_its_own_server_without_an_error(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    settled(seen.page)
    assert seen.page.evaluate(COLOURED, "#1F2933") > 1_000  # borders
    seen.page.evaluate("gridmap.map.setZoom(18, { animate: false })")
    click_at(seen.page, 94.0, 232.0)
    seen.page.wait_for_function(f"({COLOURED})('#1F5FBF') > 20")  # households, close up
    seen.assert_clean()


def test_the_table_says_what_the_database_counts(visit: Callable[..., Visit], address: str, office: str) -> None:
    database = Database.open(office)
    with database.transaction("tester") as tx:
        counted = stats(tx, Scope.everything())
    database.close()
    page = opened(visit, address).page
    first = page.locator("#table tbody tr").first.locator("td").all_inner_texts()
    assert first[0] == str(counted["households"]["total"])
    assert first[1] == str(counted["residents"])
    assert first[3] == str(counted["shops"]["total"])
    assert page.locator('[data-layer="households"]').locator("xpath=..").inner_text().endswith(first[0])


def test_a_row_leads_down_and_a_heading_sorts(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    page.get_by_role("button", name="解放路社区").first.click()
    names = page.locator("#table tbody tr.grid th")
    assert names.all_inner_texts() == ["第01网格", "第02网格", "第03网格"]
    page.get_by_role("button", name="居民户", exact=True).click()
    assert page.locator('#table th[aria-sort="descending"]').inner_text().startswith("居民户")
    counts = [int(row.locator("td").first.inner_text()) for row in page.locator("#table tbody tr.grid").all()]
    assert counts == sorted(counts, reverse=True)
    page.get_by_role("button", name="居民户", exact=True).press("Enter")
    assert page.locator('#table th[aria-sort="ascending"]').count() == 1
    names.first.locator("button").click()
    assert page.locator("#place h2").inner_text().startswith("解放路社区第0")
    seen.assert_clean()


def test_each_colouring_has_its_legend(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    drawn = {}
    for key in ("neighbours", "kind", "worker", "load", "rate", "progress"):
        page.select_option("#filling", key)
        drawn[key] = page.evaluate(FILLED)
        assert len(drawn[key]) == 5
        if key != "neighbours":
            assert (
                page.locator("#legend-filling .legend-head")
                .inner_text()
                .endswith(page.locator(f'#filling option[value="{key}"]').inner_text())
            )
    assert set(drawn["kind"]) == {"#99DDFF"}
    assert set(drawn["load"]) == {"#1B7F79"}  # all far below 300 households
    assert len(set(drawn["progress"])) == 2  # surveyed whole, or without households
    seen.assert_clean()


def test_the_address_brings_the_view_back(visit: Callable[..., Visit], address: str) -> None:
    page = opened(visit, address).page
    page.select_option("#filling", "load")
    page.locator('[data-layer="shops"]').check()
    page.locator('[data-layer="roads"]').uncheck()
    page.get_by_role("button", name="建设路社区").first.click()
    page.get_by_role("button", name="居民", exact=True).click()
    page.evaluate("gridmap.map.setView(gridmap.map.getCenter(), 17.5, { animate: false })")
    link = page.url
    again = opened(visit, link)
    assert again.page.url == link
    assert again.page.locator("#filling").input_value() == "load"
    assert again.page.locator('[data-layer="shops"]').is_checked()
    assert not again.page.locator('[data-layer="roads"]').is_checked()
    assert again.page.locator("#trail [aria-current]").inner_text() == "建设路社区"
    assert again.page.evaluate("gridmap.map.getZoom()") == 17.5
    again.assert_clean()


def test_search_reaches_addresses_shops_and_workers_by_keyboard(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    for typed, found in (("便利店", "示范便利店"), ("示范路3号", "示范路3号"), ("李示范", "李**")):
        page.keyboard.press("/")
        page.keyboard.press("Control+A")
        page.keyboard.type(typed)
        option = page.locator("#search-results [role=option]").filter(has_text=found).first
        option.wait_for()
        while option.get_attribute("aria-selected") != "true":
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator("#place").wait_for()
    assert page.locator("#place h2").inner_text() == "解放路社区第01网格"
    seen.assert_clean()


def test_a_click_shows_masked_details(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    page.locator('[data-layer="shops"]').check()
    click_at(page, 250.0, 250.0)
    page.get_by_text("示范便利店").wait_for()
    text = page.locator("#place").inner_text()
    assert "赵**" in text
    assert "199****1234" in text
    assert "范围内" in text
    assert "赵示范" not in page.content()
    seen.assert_clean()


def test_several_records_in_one_place_are_a_list(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    click_at(seen.page, 450.0, 250.0)
    entries = seen.page.locator(".cards button")
    entries.first.wait_for()
    assert entries.count() == 5
    entries.nth(2).click()
    seen.page.get_by_text("归属依据").wait_for()
    assert seen.page.locator("#place h3").first.inner_text().startswith("示范路")
    seen.assert_clean()


def test_a_new_incident_appears_without_a_reload(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    lon, lat = lonlat(100.0, 150.0)
    page.evaluate("([lat, lon]) => gridmap.map.setView([lat, lon], 18, { animate: false })", [lat, lon])
    settled(page)
    before = page.evaluate("gridmap.page.points.find((layer) => layer.kind === 'incidents').ids.length")
    httpx2.post(address + "/api/v1/incidents", json={"title": "路灯不亮", "lon": lon, "lat": lat}).raise_for_status()
    page.wait_for_function(
        "(n) => gridmap.page.points.find((layer) => layer.kind === 'incidents').ids.length === n + 1",
        arg=before,
        timeout=20_000,
    )
    assert page.locator("#notice").inner_text() == "新登记事件 1 件"
    assert page.evaluate(COLOURED, "#C53030") > 10
    seen.assert_clean()


def test_measuring_by_keyboard_gives_metres_and_hectares(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page = seen.page
    page.locator("#measure").press("Enter")
    for x, y in ((100.0, 50.0), (200.0, 50.0), (200.0, 150.0), (100.0, 150.0)):
        lon, lat = lonlat(x, y)
        page.evaluate("([lat, lon]) => gridmap.map.setView([lat, lon], 20, { animate: false })", [lat, lon])
        page.keyboard.press("Enter")
    metres, hectares = map(float, re.findall(r"[\d.]+", page.locator("#measured").inner_text()))
    assert metres == pytest.approx(300, abs=1)
    assert hectares == pytest.approx(1, abs=0.01)
    page.keyboard.press("Escape")
    assert page.locator("#measuring").is_hidden()
    seen.assert_clean()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_axe_finds_nothing(visit: Callable[..., Visit], address: str, *, phone: bool) -> None:
    page = opened(visit, address, phone=phone).page
    states = [
        "() => undefined",
        "() => gridmap.page.fill('load')",
        "() => gridmap.page.select({ level: 'grid', index: 0 })",
    ]
    for state in states:
        page.evaluate(state)
        page.wait_for_timeout(300)
        assert violations(page) == []


def test_on_a_phone_the_sheet_comes_from_below(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address, phone=True)
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.tap("#layers-toggle")
    page.select_option("#filling", "progress")
    page.tap("#legend-toggle")
    assert page.locator("#legend-filling").is_visible()
    page.tap("#legend-toggle")
    page.tap("#sheet-toggle")
    page.get_by_role("button", name="解放路社区").first.tap()
    assert page.locator("#table tbody tr.grid").count() == 3
    small = page.evaluate(
        "() => [...document.querySelectorAll('button')].filter((it) => it.offsetParent && it.offsetHeight < 44)"
        ".map((it) => it.outerHTML)"
    )
    assert small == []
    seen.assert_clean()


def test_on_paper_stand_the_map_its_legend_and_what_it_is(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    seen.page.emulate_media(media="print")
    for shown in ("#map_overview", "#legend-body", ".disclaimer", "h1"):
        assert seen.page.locator(shown).is_visible(), shown
    for hidden in (".search", ".zoom", "#panel", ".layers"):
        assert seen.page.locator(hidden).is_hidden(), hidden
    assert "制图单位" in seen.page.locator(".head").inner_text()
    seen.assert_clean()


def test_hostile_names_stay_text(visit: Callable[..., Visit], spatialite_template: Path, tmp_path: Path) -> None:
    evil = [text.replace("\0", "") for text in PAYLOADS]

    def fill(database: Database, folder: Path) -> None:
        _hostile_office(database, folder, evil)

    with filled_file(spatialite_template, tmp_path, fill) as path, Server(path) as server:
        seen = opened(visit, server.address)
        page = seen.page
        for row in range(page.locator("#table tbody tr").count()):
            page.evaluate("(n) => gridmap.page.openArea(gridmap.page.table.rows[n])", row)
        page.locator('[data-layer="shops"]').check()
        for text in evil:
            page.fill("#search", text[:60])
            page.wait_for_timeout(30)
        page.locator("#search-clear").click()
        click_at(page, 250.0, 250.0)
        page.locator(".cards button").first.wait_for()
        ids = page.evaluate("gridmap.page.found.indices.map((i) => gridmap.page.found.ids[i])")
        assert len(ids) == len(evil)
        for record in ids:
            hit = {"kind": "shops", "ids": [record], "indices": [0]}
            page.evaluate("(hit) => gridmap.page.select(gridmap.page.selection, false, hit)", hit)
            page.locator("#place .points h3").wait_for()
        assert page.evaluate("window.__ran") is None
        seen.assert_clean()


def _hostile_office(database: Database, folder: Path, evil: list[str]) -> None:
    rows = [
        (to_lonlat(shape), {"code": code(letter, COMMUNITY_OF), "name": evil[i], "four_limits": evil[i + 2]})
        for i, (letter, shape) in enumerate(polygons(COMMUNITIES, SIZE).items())
    ]
    load(database, "communities", write_geojson(folder / "c.geojson", rows))
    rows = [
        (to_lonlat(shape), {"code": code(letter), "name": evil[i], "worker": evil[i + 1], "four_limits": evil[i + 3]})
        for i, (letter, shape) in enumerate(polygons(GRIDS, SIZE).items())
    ]
    load(database, "grids", write_geojson(folder / "g.geojson", rows))
    place = to_lonlat(shapely.Point(250, 250))
    shops = [
        (place, {"code": f"S{i}", "name": text, "address": text, "contact": text, "category": text})
        for i, text in enumerate(evil)
    ]
    load(database, "shops", write_geojson(folder / "s.geojson", shops))
