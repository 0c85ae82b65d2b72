"""The dispatcher's page in Chromium: rows arrive, one is a duplicate, one is late, one goes back with proof."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from accessibility import violations
from dispatch_desk import (
    PHONE,
    click_map,
    line,
    move,
    open_desk,
    poll,
    read_file,
    report,
    return_with_proof,
    send_to_grid,
    state,
    wait_for_state,
)
from fresh_databases import filled_file
from office import load, lonlat, open_office, write_csv
from serving import Server

from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.storage.database import Database


@pytest.fixture
def desk(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with its plan in force, served, without a case."""
    with filled_file(spatialite_template, tmp_path, open_office) as path, Server(path) as server:
        yield server.address


def arrive(desk: str, page: Page) -> dict[str, dict[str, Any]]:
    """Three come in while the page is open: a duplicate, one with no place, one that is late already."""
    late = (datetime.now(SHANGHAI) - timedelta(days=60)).isoformat()
    made = {
        "twin": report(desk, "厨房漏水", (52.0, 251.0)),
        "lost": report(desk, "说不清在哪", None, address=""),
        "late": report(desk, "早该办了", (550.0, 50.0), category="", reported_at=late),
    }
    poll(page)
    page.wait_for_selector("#fresh:not([hidden])")
    return made


def test_new_cases_come_without_a_reload(desk: str, visit: Callable[..., Visit]) -> None:
    report(desk, "楼上漏水")
    seen = open_desk(visit, desk)
    page = seen.page
    line(page, "楼上漏水").wait_for()
    page.evaluate("() => { window.kept = document.querySelector('.row'); }")
    arrive(desk, page)
    assert "新登记事件 3 件" in page.locator("#fresh").inner_text()
    page.click("#fresh")
    assert page.locator("#fresh").is_hidden()
    assert page.locator(".row").count() == 4
    assert page.evaluate("() => window.kept.isConnected"), "a line that stays is not drawn anew"
    assert "疑似重复 1" in line(page, "厨房漏水").inner_text()
    assert "待定位" in line(page, "说不清在哪").inner_text()
    assert "超期" in line(page, "早该办了").inner_text()
    page.locator("#facet-clock button", has_text="超期").click()
    page.wait_for_function("() => document.querySelectorAll('.row').length === 1")
    page.click("#clear")
    page.wait_for_function("() => document.querySelectorAll('.row').length === 4")
    seen.assert_clean()


def test_a_duplicate_is_merged_and_unmerged_by_a_person_and_given_to_a_grid(
    desk: str, visit: Callable[..., Visit]
) -> None:
    report(desk, "楼上漏水")
    seen = open_desk(visit, desk)
    page = seen.page
    made = arrive(desk, page)
    line(page, "厨房漏水").click()
    read_file(page, "厨房漏水")
    page.locator(".near-list button", has_text="并案").click()
    wait_for_state(page, "已并案")
    page.locator("[data-move=撤销并案]").click()
    page.get_by_label("理由").fill("不是一回事")
    page.get_by_role("button", name="确认撤销并案").click()
    wait_for_state(page, "已受理")
    assert state(desk, made["twin"]["number"]) == "已受理"

    send_to_grid(page)
    assert "人工指定" in page.locator("#file").inner_text()
    assert "已并案" in page.locator(".timeline").inner_text()
    seen.assert_clean()


def test_a_case_is_returned_with_proof(desk: str, visit: Callable[..., Visit]) -> None:
    seen = open_desk(visit, desk)
    page = seen.page
    made = arrive(desk, page)
    line(page, "早该办了").click()
    read_file(page, "早该办了")
    return_with_proof(page)
    assert state(desk, made["late"]["number"]) == "退单"
    seen.assert_clean()


def test_on_a_phone_a_case_is_opened_moved_and_returned(desk: str, visit: Callable[..., Visit]) -> None:
    seen = open_desk(visit, desk, phone=True)
    page = seen.page
    made = arrive(desk, page)
    page.tap("#fresh")

    def within_the_screen() -> bool:
        return bool(page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"))

    line(page, "厨房漏水").tap()
    read_file(page, "厨房漏水")
    assert within_the_screen()
    page.locator("[data-move=受理]").tap()
    page.get_by_role("button", name="确认受理").tap()
    wait_for_state(page, "已受理")
    send_to_grid(page)
    assert state(desk, made["twin"]["number"]) == "待签收"
    assert within_the_screen()
    page.tap("#file-close")
    assert page.locator("#file").is_hidden()
    page.tap("button[data-view=list]")
    assert "待签收" in line(page, "厨房漏水").inner_text()

    line(page, "早该办了").tap()
    read_file(page, "早该办了")
    return_with_proof(page)
    assert state(desk, made["late"]["number"]) == "退单"
    assert within_the_screen()
    seen.assert_clean()


def test_everything_goes_by_keyboard(desk: str, visit: Callable[..., Visit]) -> None:
    for title in ("第一件", "第二件", "第三件"):
        report(desk, title, category="")
    page = open_desk(visit, desk).page
    line(page, "第三件").wait_for()
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.id") == "seek"
    page.keyboard.type("第")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    read_file(page, "第二件")
    page.keyboard.press("Escape")
    assert page.locator("#file").is_hidden()
    assert "第二件" in page.evaluate("() => document.activeElement.textContent")


def test_a_click_on_the_map_takes_a_report(desk: str, visit: Callable[..., Visit]) -> None:
    seen = open_desk(visit, desk)
    page = seen.page
    assert "还没有事件" in page.locator("#list-empty").inner_text()
    page.click("#report")
    click_map(page, 50, 250)
    page.wait_for_function("() => document.querySelector('.report-form').textContent.includes('第01网格')")
    page.get_by_role("button", name="登记", exact=True).click()
    assert "请填写标题" in page.locator(".report-form .failed").inner_text()
    page.get_by_label("标题", exact=True).fill("路灯不亮")
    page.get_by_role("button", name="登记", exact=True).click()
    read_file(page, "路灯不亮")
    assert "范围内" in page.locator("#file").inner_text()
    page.wait_for_selector(".row")
    assert page.locator("#fresh").is_hidden(), "one's own report is no news"
    assert page.evaluate("() => gridmap.page.places.length") == 1
    page.keyboard.press("Escape")
    click_map(page, 50, 250)
    read_file(page, "路灯不亮")
    seen.assert_clean()


def test_the_slip_is_copied_or_shown(desk: str, visit: Callable[..., Visit]) -> None:
    made = report(desk, "楼上漏水", description="501室天花板")
    page = open_desk(visit, desk, permissions=["clipboard-read", "clipboard-write"]).page
    line(page, "楼上漏水").click()
    read_file(page, "楼上漏水")
    page.click("#copy")
    page.wait_for_selector(".slip:not([hidden])")
    text = page.evaluate("() => navigator.clipboard.readText()").replace("\r\n", "\n")
    assert text == page.locator(".slip").input_value()
    for part in (made["number"], "示范路1号", "501室天花板", "199****1234", "时限：20"):
        assert part in text
    assert PHONE not in page.content()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.click("#copy")
    page.wait_for_function("() => document.getElementById('notice').textContent.includes('Ctrl+C')")
    assert (
        page.evaluate(
            "() => { const it = document.querySelector('.slip'); return it.selectionEnd - it.selectionStart; }"
        )
        > 40
    )


def test_a_case_that_a_colleague_has_ended_meanwhile_is_shown_as_it_is(desk: str, visit: Callable[..., Visit]) -> None:
    made = report(desk, "楼上漏水")
    page = open_desk(visit, desk).page
    line(page, "楼上漏水").click()
    page.locator("[data-move=作废]").click()
    page.get_by_label("理由").fill("误报")
    move(desk, made["number"], "撤回", reason="别人先办了")
    page.get_by_role("button", name="确认作废").click()
    wait_for_state(page, "撤回")
    assert "刚刚办理了“撤回”，您这一步没有执行" in page.locator("#notice").inner_text()
    assert page.locator(".move-form").count() == 0
    assert state(desk, made["number"]) == "撤回"


def test_a_server_that_does_not_answer_is_told_and_the_list_is_kept(desk: str, visit: Callable[..., Visit]) -> None:
    report(desk, "楼上漏水")
    page = open_desk(visit, desk).page
    line(page, "楼上漏水").wait_for()
    page.route("**/incidents/board?*", lambda route: route.abort())
    poll(page)
    page.wait_for_selector("#list-says.failed")
    assert "没有更新" in page.locator("#list-says").inner_text()
    assert page.locator(".row").count() == 1
    page.unroute("**/incidents/board?*")
    poll(page)
    page.wait_for_selector("#list-says:not(.failed)", state="attached")


def test_the_heat_map_shows_no_small_counts(desk: str, visit: Callable[..., Visit]) -> None:
    for number in range(6):
        report(desk, f"热{number}", (350.0, 50.0))
    report(desk, "单独一件", (550.0, 250.0))
    seen = open_desk(visit, desk)
    page = seen.page
    page.click("#legend summary")
    page.check("#heat")
    page.wait_for_function("() => gridmap.page.heat")
    assert page.evaluate("() => gridmap.page.heat.cells.map((cell) => cell.count)") == [6]
    assert "解放路社区第03网格 6 件，多为漏水" in page.locator("#heat-spots").inner_text()
    page.select_option("#heat-category", "漏水")
    page.wait_for_function("() => document.getElementById('heat-category').value === '漏水'")
    seen.assert_clean()


@pytest.mark.parametrize("phone", [False, True])
def test_the_page_is_accessible(desk: str, visit: Callable[..., Visit], *, phone: bool) -> None:
    report(desk, "楼上漏水")
    report(desk, "厨房漏水", (52.0, 251.0))
    seen = open_desk(visit, desk, phone=phone)
    page = seen.page
    line(page, "楼上漏水").wait_for()
    page.click("#more-filters")
    assert violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")
    line(page, "楼上漏水").click()
    read_file(page, "楼上漏水")
    page.locator("[data-move=退单]").click()
    assert violations(page) == []
    page.click("#file-close")
    page.click("#report")
    click_map(page, 50, 250)
    page.wait_for_selector(".report-form")
    assert violations(page) == []
    seen.assert_clean()


def test_of_what_came_in_closed_nobody_claims_to_know_when(
    spatialite_template: Path, tmp_path: Path, visit: Callable[..., Visit]
) -> None:
    header = ["编号", "来源", "类别", "标题", "上报时间", "状态", "办结时间", "经度", "纬度"]
    day = "2026-03-02 09:30"

    def fill(database: Database, folder: Path) -> None:
        open_office(database, folder)
        rows = [
            [number, "12345热线", "漏水", number, day, "已结案", closed, *lonlat(50, 250)]
            for number, closed in (("E1", "2026-03-02 16:05"), ("E2", ""))
        ]
        load(database, "incidents", write_csv(folder / "incidents.csv", header, rows))

    with filled_file(spatialite_template, tmp_path, fill) as path, Server(path) as server:
        page = open_desk(visit, server.address).page
        page.click("[data-stage=closed]")
        line(page, "E1").wait_for()
        assert "办结 2026-03-02 16:05" in line(page, "E1").inner_text()
        assert "按期办结" in line(page, "E1").inner_text()
        assert "办结时间未记录" in line(page, "E2").inner_text()
        told = [text.split() for text in page.locator("#facet-clock button").all_inner_texts()]
        assert told == [["超期办结", "0"], ["临期办结", "0"], ["按期办结", "1"], ["办结时间未记录", "1"]]
        line(page, "E2").click()
        read_file(page, "E2")
        assert "办结时间未记录" in page.locator(".due").inner_text()


def test_in_a_low_window_the_list_is_reached(desk: str, visit: Callable[..., Visit]) -> None:
    report(desk, "楼上漏水")
    page = open_desk(visit, desk).page
    page.set_viewport_size({"width": 800, "height": 400})
    line(page, "楼上漏水").scroll_into_view_if_needed()
    covered = """(row) => {
      const box = row.getBoundingClientRect();
      return [box.top + 2, box.bottom - 2].some((y) => !row.contains(document.elementFromPoint(box.left + 20, y)));
    }"""
    assert line(page, "楼上漏水").evaluate(covered) is False
