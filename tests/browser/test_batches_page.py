"""The page of 五单 in Chromium: a list from its first case to its last rating, at the desk and on a telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from accessibility import violations
from fresh_databases import filled_file
from office import lonlat, open_office
from serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

READY = "() => window.gridmap && gridmap.page && gridmap.page.ready"
TITLES = ("楼道堆物", "路灯不亮", "<b>井盖</b>松动")
YESTERDAY = str((datetime.now(UTC) - timedelta(days=1)).date())


@pytest.fixture
def address(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with three open cases, served."""
    with filled_file(spatialite_template, tmp_path, open_office) as path, Server(path) as server:
        lon, lat = lonlat(50, 250)
        for title in TITLES:
            body = {"title": title, "lon": lon, "lat": lat}
            assert httpx2.post(f"{server.address}/api/v1/incidents", json=body).status_code == 201
        yield server.address


def opened(visit: Callable[..., Visit], address: str, *, phone: bool = False, query: str = "") -> Visit:
    seen = visit(f"{address}/batches{query}", phone=phone)
    seen.page.wait_for_function(READY)
    return seen


def listed(address: str, number: str) -> dict[str, Any]:
    found: dict[str, Any] = httpx2.get(f"{address}/api/v1/batches/{number}").json()
    return found


def says(page: Page, words: str) -> None:
    page.wait_for_function("(words) => document.getElementById('status').textContent.includes(words)", arg=words)


def choose(page: Page, *titles: str) -> None:
    for title in titles:
        page.locator("#cases tbody tr", has_text=title).get_by_role("checkbox").check()


def act(page: Page, name: str, **fields: str) -> None:
    count = page.evaluate("gridmap.page.chosen.size")
    page.click(f"#acts [data-act={name}]")
    for field, value in fields.items():
        control = page.locator(f".act-form [name={field}]")
        if field == "rating":
            control.select_option(value)
        else:
            control.fill(value)
    page.click(".act-form [type=submit]")
    says(page, f"{name} {count} 件。")


def go_on(page: Page, stage: str) -> None:
    page.click("#go-on")
    page.wait_for_function(
        "(stage) => document.querySelector('#steps [aria-current]').textContent === stage", arg=stage
    )


def gather(page: Page) -> None:
    """网格收单: one case is searched for, the others are chosen from the list."""
    found = "(count) => document.querySelectorAll('#seek-found li').length === count"
    page.wait_for_function(found, arg=3)
    page.fill("#seek-text", "井盖")
    page.keyboard.press("Enter")
    page.wait_for_function(found, arg=1)
    page.locator("#seek-found input").check()
    page.click("#put")
    says(page, "列入 1 件")
    page.fill("#seek-text", "")
    page.click("#seek [type=submit]")
    page.wait_for_function(found, arg=2)
    for each in page.locator("#seek-found input").all():
        each.check()
    page.click("#put")
    says(page, "列入 2 件")
    assert violations(page) == []
    go_on(page, "街道分单")


def sort(page: Page) -> None:
    """街道分单: nothing goes on before every case has a unit or goes back."""
    assert page.locator("#go-on").is_disabled()
    choose(page, "楼道堆物", "路灯不亮")
    act(page, "分单", unit="区城管局")
    assert "还有 1 件没有办" in page.locator("#next").inner_text()
    choose(page, "井盖")
    page.click("#acts [data-act=退回社区]")
    page.click(".act-form [type=submit]")
    assert "请填写理由" in page.locator(".act-form .failed").inner_text()
    assert violations(page) == []
    page.fill(".act-form [name=reason]", "属社区自治事项")
    page.click(".act-form [type=submit]")
    says(page, "退回社区 1 件。")
    assert "退回社区 1 件离开清单" in page.locator("#next").inner_text()
    go_on(page, "大工委审单")
    assert "已离开清单 1 件" in page.locator("#gone summary").inner_text()


def meet(page: Page) -> None:
    """大工委审单: with the day of the meeting and its minutes."""
    page.check("#all")
    act(page, "同意")
    page.fill("#next [name=minutes]", "街道大工委会议同意2件。")
    page.click("#go-on")
    assert "请填写会议日期" in page.locator("#next .failed").inner_text()
    page.fill("#next [name=meeting]", YESTERDAY)
    assert violations(page) == []
    go_on(page, "单位领单")


@pytest.mark.parametrize("width", [1440, 390])
def test_a_list_from_the_grids_to_the_residents(visit: Callable[..., Visit], address: str, width: int) -> None:
    seen = opened(visit, address, phone=width == 390)
    page = seen.page
    assert "还没有清单" in page.locator("#list-title").inner_text()
    assert violations(page) == []
    page.click("#open-first")
    page.fill("#opening-name", "三月民生事项")
    page.click("#opening-go")
    says(page, "已新开清单")
    number = str(page.evaluate("gridmap.page.found.batch.number"))
    gather(page)
    sort(page)
    meet(page)
    choose(page, "楼道堆物")
    act(page, "领单")
    choose(page, "路灯不亮")
    act(page, "领单", unit="供电公司", reason="设施属供电公司")
    go_on(page, "群众评单")
    page.check("#all")
    act(page, "评价", rating="满意")
    page.click("#go-on")
    says(page, "办结清单")
    page.wait_for_function("() => document.querySelectorAll('#results tbody tr').length === 2")
    assert page.locator("#minutes p").text_content() == "街道大工委会议同意2件。"
    assert violations(page) == []
    found = listed(address, number)
    assert found["batch"]["ended"]
    assert {line["claimed_by"] for line in found["cases"]} == {"区城管局", "供电公司"}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    seen.assert_clean()
    with page.expect_download() as sheet:
        page.click("#next a")
    assert sheet.value.suggested_filename == f"batch-{number}.xlsx"


def test_a_refusal_is_told_and_keeps_what_was_written(visit: Callable[..., Visit], address: str) -> None:
    """Somebody else has done it meanwhile: the page says what, in the words of the office."""
    url, desk = f"{address}/api/v1/batches", {"role": "受理派单员"}
    cases = [each["number"] for each in httpx2.get(f"{address}/api/v1/incidents/board").json()["items"]]
    one, other = (httpx2.post(url, json=desk).json()["batch"]["number"] for _ in range(2))

    def done(number: str, act: str, *incidents: str, **more: Any) -> None:
        body = desk | {"act": act, "incidents": incidents} | more
        assert httpx2.post(f"{url}/{number}/acts", json=body).status_code == 200

    page = opened(visit, address, query=f"?list={other}&put={cases[0]}").page
    page.wait_for_function("() => document.querySelectorAll('#seek-found li').length === 1")
    done(one, "列入", cases[0], cases[1])
    page.locator("#seek-found input").check()
    page.click("#put")
    page.wait_for_function(
        "(words) => document.getElementById('seek-says').textContent.includes(words)", arg="已在清单"
    )
    assert page.locator("#seek-says").inner_text() == f"{cases[0]} 已在清单 {one} 上：一件事件只能在一张清单上。"

    assert httpx2.post(f"{url}/{one}/stage", json=desk).status_code == 200
    done(one, "分单", *cases[:2], unit="甲")
    assert httpx2.post(f"{url}/{one}/stage", json=desk).status_code == 200
    done(one, "同意", *cases[:2])
    met = desk | {"meeting": YESTERDAY, "minutes": "同意"}
    assert httpx2.post(f"{url}/{one}/stage", json=met).status_code == 200
    page = opened(visit, address, query=f"?list={one}").page
    page.locator("#cases tbody input").first.check()
    page.click("#acts [data-act=领单]")
    page.fill(".act-form [name=unit]", "乙")
    page.click(".act-form [type=submit]")
    page.wait_for_selector(".act-form .failed:not([hidden])")
    assert "请写明理由" in page.locator(".act-form .failed").inner_text()
    first = page.evaluate("Array.from(gridmap.page.chosen)[0]")
    done(one, "领单", first)
    page.fill(".act-form [name=reason]", "愿意承担")
    page.click(".act-form [type=submit]")
    page.wait_for_function("() => document.querySelector('.act-form .failed').textContent.includes('领单，')")
    assert page.locator(".act-form .failed").inner_text() == f"{first} 已由“甲”领单，不能再办。"
    assert page.locator(".act-form [name=unit]").input_value() == "乙"


def test_the_keyboard_is_enough(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page, press = seen.page, seen.page.keyboard.press
    page.focus("#open-list")
    press("Enter")
    page.wait_for_selector("#opening[open]")
    page.keyboard.type("键盘")
    press("Enter")
    says(page, "已新开清单")
    page.wait_for_function("() => document.querySelectorAll('#seek-found li').length === 3")
    page.focus("#seek-found input")
    press("Space")
    page.focus("#put")
    press("Enter")
    says(page, "列入 1 件")
    page.focus("#all")
    press("Space")
    page.focus("#acts button")
    press("Enter")
    assert page.evaluate("document.activeElement.name") == "reason"
    press("Escape")
    assert page.locator(".act-form").count() == 0
    assert page.evaluate("document.activeElement.dataset.act") == "移出"
    press("Enter")
    page.keyboard.type("误列")
    press("Tab")
    press("Enter")
    says(page, "移出 1 件")
    assert [line["reason"] for line in listed(address, page.evaluate("gridmap.page.found.batch.number"))["gone"]] == [
        "误列"
    ]
    seen.assert_clean()


def test_before_grids_the_page_says_what_to_do_first(visit: Callable[..., Visit], spatialite_template: Path) -> None:
    with Server(str(spatialite_template)) as server:
        page = visit(f"{server.address}/batches").page
        assert "gridmap import grids" in page.inner_text("body")
