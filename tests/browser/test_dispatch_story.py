"""Three rows come to the dispatcher's page: one is told twice, one has a wrong address, one goes overdue and goes back.

The pictures of each step are kept in the folder that GRIDMAP_PICTURES names, for a person to look at.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from accessibility import violations
from address_office import build_gazetteer, fill
from dispatch_desk import click_map, line, open_desk, poll, read_file, report, return_with_proof, state, wait_for_state
from fresh_databases import filled_file
from office import code, lonlat
from serving import Server

from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.storage.database import Database


def furnish(database: Database, folder: Path) -> None:
    fill(database, folder)
    build_gazetteer(database)


@pytest.fixture
def desk(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with roads, house numbers and their gazetteer, served."""
    with filled_file(spatialite_template, tmp_path, furnish) as path, Server(path) as server:
        yield server.address


def arrive(desk: str) -> None:
    """Three rows of the hotline; the last has three seconds left."""
    now = datetime.now(SHANGHAI)

    def row(number: str, title: str, place: tuple[float, float], **more: Any) -> dict[str, Any]:
        lon, lat = lonlat(*place)
        given = {"number": number, "title": title, "source": "12345热线", "accuracy": 5, "phone": "19900001234"}
        return given | {"lon": lon, "lat": lat, "reported_at": (now - timedelta(hours=2)).isoformat()} | more

    rows = [
        row("RX1", "厨房漏水", (152.0, 171.0), category="漏水", address="解放路11号"),
        row("RX2", "路灯不亮", (650.0, 50.0), category="路灯", address="解放路1号"),
        row("RX3", "消防通道被占", (350.0, 50.0), deadline=(now + timedelta(seconds=3)).isoformat()),
    ]
    answer = httpx2.post(f"{desk}/api/v1/intake", json={"rows": rows})
    answer.raise_for_status()
    said = {each["number"]: each for each in answer.json()["rows"]}
    assert [said[number]["status"] for number in ("RX1", "RX2", "RX3")] == ["归格", "边界待核", "归格"]
    assert [each["title"] for each in said["RX1"]["duplicates"]] == ["楼上漏水"]


def picture(page: Page, name: str) -> None:
    """Keep what the screen shows, and hold that nothing is wider than it."""
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    folder = os.environ.get("GRIDMAP_PICTURES")
    if folder:
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=Path(folder) / f"dispatch-{width}-{name}.png")


def back_to_list(page: Page) -> None:
    page.click("#file-close")
    if page.locator("button[data-view=list]").is_visible():
        page.click("button[data-view=list]")


@pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])
def test_three_rows_arrive_and_each_goes_its_way(desk: str, visit: Callable[..., Visit], *, phone: bool) -> None:
    report(desk, "楼上漏水", (150.0, 170.0), address="解放路11号")
    seen = open_desk(visit, desk, phone=phone)
    page = seen.page
    line(page, "楼上漏水").wait_for()
    arrive(desk)
    poll(page)
    page.wait_for_selector("#fresh:not([hidden])")
    assert "新登记事件 3 件" in page.locator("#fresh").inner_text()
    picture(page, "1-arrived")
    page.click("#fresh")
    assert "疑似重复 1" in line(page, "厨房漏水").inner_text()
    assert "边界待核" in line(page, "路灯不亮").inner_text()

    line(page, "厨房漏水").click()
    read_file(page, "厨房漏水")
    assert violations(page) == []
    page.locator(".near-list button", has_text="并案").scroll_into_view_if_needed()
    picture(page, "2-duplicate")
    page.locator(".near-list button", has_text="并案").click()
    wait_for_state(page, "已并案")
    back_to_list(page)

    line(page, "路灯不亮").click()
    read_file(page, "路灯不亮")
    assert "坐标与地址“解放路1号”相距" in page.locator(".facts-list").inner_text()
    picture(page, "3-wrong-address")
    page.locator("[data-move=受理]").click()
    page.get_by_role("button", name="确认受理").click()
    wait_for_state(page, "已受理")
    page.locator("#file [name=grid]").select_option(code("E"))
    page.get_by_role("button", name="确认派单").click()
    wait_for_state(page, "待签收")
    facts = page.locator(".facts-list").inner_text()
    assert "人工指定" in facts
    assert "相距" not in facts
    back_to_list(page)

    page.wait_for_timeout(3000)
    poll(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.row.overdue')].some((row) => row.textContent.includes('消防通道被占'))"
    )
    picture(page, "4-overdue")
    line(page, "消防通道被占").click()
    read_file(page, "消防通道被占")
    return_with_proof(page)
    page.locator(".timeline").scroll_into_view_if_needed()
    picture(page, "5-returned")
    assert state(desk, "RX3") == "退单"
    seen.assert_clean()


@pytest.mark.parametrize("phone", [False, True], ids=["1440", "390"])
def test_the_form_locates_the_address_asks_and_names_what_may_be_told_twice(
    desk: str, visit: Callable[..., Visit], *, phone: bool
) -> None:
    report(desk, "楼上漏水", (150.0, 170.0), address="解放路11号")
    seen = open_desk(visit, desk, phone=phone)
    page = seen.page
    page.click("#report")
    page.get_by_role("button", name="没有位置，直接填写").click()
    form = page.locator(".report-form")
    page.wait_for_function("() => document.querySelector('.report-form').textContent.includes('待定位')")
    form.get_by_label("情况说明").fill("我住在解放路3号，反映解放路11号漏水")
    form.get_by_label("类别").fill("漏水")
    page.wait_for_function("() => document.querySelector('.report-form').textContent.includes('疑似重复 1 件')")
    assert "范围内：解放路社区第01网格（地址定位到" in form.inner_text()
    assert "相距" in page.locator(".alike .near-list").inner_text()
    page.locator(".alike").scroll_into_view_if_needed()
    picture(page, "6-form-duplicate")
    page.get_by_label("标题", exact=True).fill("厨房漏水")
    page.get_by_role("button", name="登记", exact=True).click()
    read_file(page, "厨房漏水")
    facts = page.locator(".facts-list").inner_text()
    assert "解放路11号" in facts
    assert "解放路3号" in facts

    page.click("#file-close")
    page.click("#report")
    click_map(page, 650, 50)
    page.locator(".report-form").get_by_label("地址（选填）").fill("解放路1号")
    page.wait_for_selector(".holds")
    assert "相距" in page.locator(".ask").inner_text()
    page.locator(".holds").scroll_into_view_if_needed()
    picture(page, "7-form-asks")
    assert violations(page) == []
    page.get_by_label("以地址为准").click()
    page.wait_for_function("() => document.querySelector('.report-form').textContent.includes('第01网格')")
    assert page.locator(".ask").count() == 0
    page.get_by_label("标题", exact=True).fill("路灯不亮")
    page.get_by_role("button", name="登记", exact=True).click()
    read_file(page, "路灯不亮")
    assert "解放路社区第01网格" in page.locator(".facts-list").inner_text()
    picture(page, "8-form-done")
    seen.assert_clean()
