"""The page `/limits` in Chromium, and the red-lined sentence on the planner's page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from accessibility import violations
from fresh_databases import filled_file
from limits_office import DOCUMENT, FIRST, SENTENCES, TWO_WAYS, pave
from office import COMMUNITY_OF, code, lonlat, open_office
from serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.storage.database import Database

READY = "() => window.gridmap && gridmap.page && gridmap.page.ready"


@pytest.fixture
def address(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with streets and sentences, served."""

    def fill(database: Database, folder: Path) -> None:
        open_office(database, folder)
        pave(database, folder)

    with filled_file(spatialite_template, tmp_path, fill) as path, Server(path) as server:
        yield server.address


def open_limits(visit: Callable[..., Visit], address: str, *, phone: bool = False) -> Visit:
    seen = visit(f"{address}/limits", phone=phone)
    seen.page.wait_for_function(READY)
    return seen


def answered(page: Page, text: str) -> str:
    """Wait until a sentence is drawn; return the verdict."""
    page.wait_for_function("(text) => gridmap.page.drawing && gridmap.page.drawing.text === text", arg=text)
    return page.locator("#verdict").inner_text()


def draw(page: Page, text: str) -> str:
    page.get_by_label("四至", exact=True).fill(text)
    page.get_by_role("button", name="画出范围").click()
    return answered(page, text)


def colours(page: Page) -> set[str]:
    """Colours of the lines that are thick enough to be a side of the land."""
    found = page.evaluate(
        "() => Array.from(document.querySelectorAll('.leaflet-sides-pane path'), (each) => each.getAttribute('stroke'))"
    )
    return set(found) - {"#FFFFFF"}


def test_a_sentence_lights_up_in_four_colours(address: str, visit: Callable[..., Visit]) -> None:
    seen = open_limits(visit, address)
    page = seen.page
    assert draw(page, SENTENCES["A"]) == "完全吻合"
    assert len(colours(page)) == 4
    assert sorted(page.locator(".side-mark").all_inner_texts()) == sorted("东南西北")
    rows = page.locator(".sides li").all_inner_texts()
    assert [row.split() for row in rows] == [
        ["东至", "中街", "200", "米"],
        ["南至", "横街", "200", "米"],
        ["西至", "西街", "200", "米"],
        ["北至", "北街", "200", "米"],
    ]
    assert "4.00 公顷" in page.locator(".part").inner_text()
    seen.assert_clean()


def test_one_of_several_is_chosen_and_accepted(address: str, visit: Callable[..., Visit]) -> None:
    seen = open_limits(visit, address)
    page = seen.page
    assert draw(page, TWO_WAYS) == "多种可能"
    choices = page.get_by_role("radio")
    assert choices.count() >= 2
    before = page.locator(".part > p").first.inner_text()
    choices.nth(0).focus()
    page.keyboard.press("ArrowDown")  # by keyboard, as any group of radio buttons
    page.wait_for_function("() => gridmap.page.chosen[0] === 1")
    assert page.locator(".part > p").first.inner_text() != before
    assert page.get_by_role("radio").nth(1).is_checked()

    assert page.locator("#accept-go").is_disabled()
    page.get_by_label("社区", exact=True).select_option(label="建设路社区")
    page.get_by_label("来源文件").fill("街办〔2027〕2号")
    hectares = page.evaluate("() => gridmap.page.drawing.parts[0].candidates[1].hectares")
    page.get_by_role("button", name="采用为该社区四至").click()
    page.wait_for_function("() => document.getElementById('accepted').textContent")
    kept = httpx2.get(f"{address}/api/v1/communities/limits").json()[1]
    assert kept == {
        "code": code("B", COMMUNITY_OF),
        "name": "建设路社区",
        "four_limits": TWO_WAYS,
        "source_document": "街办〔2027〕2号",
    }
    assert hectares > 0
    seen.assert_clean()


def test_a_near_spelling_is_offered_and_never_assumed(address: str, visit: Callable[..., Visit]) -> None:
    seen = open_limits(visit, address)
    page = seen.page
    assert draw(page, "东至中阶，南至横街，西至西街，北至北街") == "无法确定"
    assert colours(page) == set()
    assert page.locator("#accept").is_hidden()
    assert "东至「中阶」在地图上没有找到" in page.locator(".troubles").inner_text()
    page.get_by_role("button", name="中街").click()
    assert answered(page, SENTENCES["A"]) == "完全吻合"
    page.get_by_label("四至", exact=True).fill("没有方向")
    page.get_by_label("四至", exact=True).press("Control+Enter")
    page.wait_for_function("() => !document.getElementById('failed').hidden")
    assert "读不出四至" in page.locator("#failed").inner_text()
    assert seen.outside == []


def test_a_community_brings_its_sentence(address: str, visit: Callable[..., Visit]) -> None:
    page = open_limits(visit, address).page
    page.get_by_label("社区", exact=True).select_option(label="解放路社区")
    assert page.get_by_label("四至", exact=True).input_value() == FIRST
    page.get_by_role("button", name="画出范围").click()
    answered(page, FIRST)
    assert page.get_by_label("来源文件").input_value() == DOCUMENT


@pytest.mark.parametrize("phone", [False, True])
def test_the_page_is_accessible(address: str, visit: Callable[..., Visit], *, phone: bool) -> None:
    page = open_limits(visit, address, phone=phone).page
    for text in (TWO_WAYS, "东至中阶，南至横街，西至西街，北至北街"):
        draw(page, text)
        assert violations(page) == []
    wide = page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert wide[0] <= wide[1]


def test_the_planner_sees_a_sentence_change_and_takes_it_over(address: str, visit: Callable[..., Visit]) -> None:
    plan = httpx2.post(f"{address}/api/v1/plans", json={"name": "2027年调整"}).json()["id"]
    line = [list(lonlat(100, 350)), list(lonlat(100, 50))]
    cut = {"op": "cut", "grid": code("A"), "line": line}
    httpx2.post(f"{address}/api/v1/plans/{plan}/edits", json=cut).raise_for_status()
    seen = visit(f"{address}/plans/{plan}")
    page = seen.page
    page.wait_for_function("() => window.gridmap && gridmap.page && gridmap.page.draft.grids.size > 5")
    page.locator("#table").get_by_role("button", name="解放路社区第01网格", exact=True).click()
    page.wait_for_selector("#place .redline")
    assert "四至与图形不符" in page.locator("#place").inner_text()
    assert page.locator("#place .redline ins").count() == 1
    assert page.locator("#place .redline del").count() == 1
    assert violations(page, "#place") == []

    page.get_by_label("来源文件").fill("街办〔2027〕1号")
    page.get_by_role("button", name="采用", exact=True).click()
    page.wait_for_function("() => document.getElementById('place').innerText.includes('四至与图形相符')")
    assert "街办〔2027〕1号" in page.locator("#place").inner_text()
    assert page.locator("#place .redline").count() == 0
    seen.assert_clean()
