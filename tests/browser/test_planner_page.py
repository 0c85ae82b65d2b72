"""The planner's page in Chromium: the whole story from a draft to its taking effect, and two planners at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from accessibility import violations
from fresh_databases import filled_file
from office import code, load, lonlat, open_office, write_households
from serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.storage.database import Database

# households in the west of grid A, the middle of B and all over D
PLACES = [(30.0 + 5 * i, 250.0) for i in range(8)] + [(230.0 + 4 * i, 180.0) for i in range(6)] + [(560.0, 260.0)] * 5
READY = (
    "() => window.gridmap && gridmap.page && gridmap.page.draft.grids.size > 0"
    " && document.querySelectorAll('#table tbody tr').length > 0"
)


@pytest.fixture
def planning(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with its plan in force, served."""

    def fill(database: Database, folder: Path) -> None:
        open_office(database, folder)
        load(database, "households", write_households(folder, PLACES))

    with filled_file(spatialite_template, tmp_path, fill) as path, Server(path) as server:
        yield server.address


def begin(address: str, name: str = "2027年调整") -> str:
    made: dict[str, Any] = httpx2.post(f"{address}/api/v1/plans", json={"name": name}).json()
    return str(made["id"])


def refine(address: str, plan: str) -> None:
    """Divide grid A's land, but for what lies west of 100 m, into two blocks."""
    lines = [[lonlat(100, 100), lonlat(100, 300)], [lonlat(100, 200), lonlat(200, 200)]]
    httpx2.post(f"{address}/api/v1/plans/{plan}/edits", json={"op": "refine", "lines": lines}).raise_for_status()


def open_plan(visit: Callable[..., Visit], address: str, plan: str, **options: Any) -> Visit:
    seen = visit(f"{address}/plans/{plan}", **options)
    seen.page.wait_for_function(READY)
    return seen


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the drawing (metres from its lower left corner) is on the screen."""
    lon, lat = lonlat(x, y)
    place = page.evaluate(
        """([lat, lon]) => {
          const box = gridmap.map.getContainer().getBoundingClientRect();
          const p = gridmap.map.latLngToContainerPoint([lat, lon]);
          return [box.left + p.x, box.top + p.y];
        }""",
        [lat, lon],
    )
    return float(place[0]), float(place[1])


def click(page: Page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))


def revision(page: Page) -> int:
    return int(page.evaluate("() => gridmap.page.draft.revision"))


def wait_for(page: Page, number: int) -> None:
    """Wait until the draft has that revision; when the step was refused, say what the page says."""
    page.wait_for_function(
        """(number) => !gridmap.page.sending && (gridmap.page.draft.revision === number
          || !document.getElementById('notice').hidden)""",
        arg=number,
    )
    assert revision(page) == number, page.locator("#notice").inner_text()


def cut_a(page: Page) -> None:
    """Choose grid A and cut it from north to south at 100 m."""
    click(page, 50, 250)
    page.click("[data-tool=cut]")
    click(page, 100, 330)
    click(page, 100, 70)
    page.click("#doing-done")


def test_the_whole_story(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    refine(planning, plan)
    seen = open_plan(visit, planning, plan)
    page = seen.page
    assert page.locator("#plan-state").inner_text() == "草案"
    assert page.locator("#table tbody tr").count() == 5

    cut_a(page)
    wait_for(page, 2)
    page.wait_for_function("() => document.querySelectorAll('#table tbody tr').length === 6")
    page.wait_for_function("() => document.getElementById('changes-summary').textContent.includes('8 户')")
    page.keyboard.press("Escape")

    # drag the border of B to the west, over the block in the north of the new grid
    page.wait_for_load_state("networkidle")
    page.click("[data-tool=push]")
    page.wait_for_function("() => gridmap.page.busy")
    page.mouse.move(*at(page, 250, 250))
    page.mouse.down()
    page.mouse.move(*at(page, 150, 250), steps=12)
    page.mouse.up()
    wait_for(page, 3)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !gridmap.page.busy")
    page.keyboard.press("Control+z")
    wait_for(page, 4)
    page.keyboard.press("Control+y")
    wait_for(page, 5)

    page.check("#compare")
    page.wait_for_function("() => gridmap.page.differences.length > 0")
    page.click("#check")
    page.wait_for_selector("#problems:not([hidden])")
    assert page.locator("#problems-summary").inner_text()
    page.click("#problem-next")

    page.click("#activate")
    page.wait_for_selector("#activation[open]")
    assert "变更网格" in page.locator("#activation-says").inner_text()
    page.fill("#activation-number", "街办发〔2026〕18号")
    page.keyboard.press("Enter")  # in a field it neither leaves nor confirms
    assert page.evaluate("document.activeElement.id") == "activation-go"
    page.keyboard.press("Enter")
    page.wait_for_function("() => gridmap.page.plan.state === 'in_force'", timeout=20_000)
    assert page.locator("#plan-state").inner_text() == "现行"
    assert page.locator("[data-tool=cut]").is_disabled()
    plans = httpx2.get(f"{planning}/api/v1/plans").json()
    found = next(each for each in plans if each["id"] == plan)
    assert (found["state"], found["approval_number"]) == ("in_force", "街办发〔2026〕18号")
    seen.assert_clean()


def test_a_plan_that_changed_while_one_looked_does_not_take_effect(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    seen = open_plan(visit, planning, plan)
    page = seen.page
    page.click("#activate")
    page.wait_for_selector("#activation[open]")
    body = {"op": "rename", "grid": code("A"), "name": "另一名称"}
    assert httpx2.post(f"{planning}/api/v1/plans/{plan}/edits", json=body).status_code == 200
    page.click("#activation-go")
    page.wait_for_selector("#activation-failed:not([hidden])")
    assert "刚刚有改动，没有启用" in page.locator("#activation-failed").inner_text()
    assert httpx2.get(f"{planning}/api/v1/plans/{plan}").json()["plan"]["state"] == "draft"
    assert violations(page, "#activation") == []


def test_a_refused_gesture_says_why_and_where(planning: str, visit: Callable[..., Visit]) -> None:
    page = open_plan(visit, planning, begin(planning)).page
    page.click("[data-tool=cut]")
    click(page, 50, 330)
    click(page, 50, 250)
    page.click("#doing-done")
    page.wait_for_selector("#notice.failed:not([hidden])")
    assert "网格内部结束" in page.locator("#notice").inner_text()
    assert revision(page) == 0
    assert page.evaluate("() => gridmap.page.pointer.getLayers().length") == 1
    assert page.locator("[data-tool=cut]").get_attribute("aria-pressed") == "true"


def test_two_planners_lose_nothing(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    first, second = (open_plan(visit, planning, plan).page for _ in range(2))
    second.evaluate("() => { gridmap.page.sending = true; }")  # its poll holds still, as between two of them
    cut_a(first)
    wait_for(first, 1)
    second.evaluate("() => { gridmap.page.sending = false; }")
    second.click("[data-tool=merge]")
    click(second, 450, 50)
    click(second, 550, 50)
    second.click("#doing-done")
    second.wait_for_function("() => gridmap.page.draft.revision === 1")
    assert "另一位规划人员" in second.locator("#notice").inner_text()
    assert second.evaluate("() => gridmap.page.draft.grids.size") == 6
    log = httpx2.get(f"{planning}/api/v1/plans/{plan}/edits").json()
    assert [edit["op"] for edit in log["edits"]] == ["cut"]


def test_a_grid_is_renamed_by_keyboard(planning: str, visit: Callable[..., Visit]) -> None:
    page = open_plan(visit, planning, begin(planning)).page
    page.locator("#table tbody button").first.focus()
    page.evaluate("() => gridmap.planTables.grids(gridmap.page)")  # the table is made anew when a comparison arrives
    page.keyboard.press("Enter")
    page.locator("#place button", has_text="更名").first.click()
    page.get_by_label("新的名称").fill("滨江网格")
    page.keyboard.press("Enter")
    wait_for(page, 1)
    assert "滨江网格" in page.locator("#table").inner_text()


def test_a_grid_is_founded_and_retired(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    refine(planning, plan)
    page = open_plan(visit, planning, plan).page
    page.click("[data-tool=new_grid]")
    click(page, 150, 250)
    page.click("#doing-done")
    wait_for(page, 2)
    assert page.evaluate("() => gridmap.page.draft.grids.size") == 6
    page.keyboard.press("Escape")
    click(page, 150, 250)
    page.locator("#place button", has_text="撤销").first.click()
    page.get_by_role("button", name="撤销网格").click()
    wait_for(page, 3)
    assert page.evaluate("() => gridmap.page.draft.grids.size") == 5


def test_what_is_typed_stays_while_the_draft_is_compared(planning: str, visit: Callable[..., Visit]) -> None:
    page = open_plan(visit, planning, begin(planning)).page
    click(page, 50, 250)
    page.locator("#place button", has_text="撤销").first.click()
    page.get_by_label("新的名称").fill("解放路社区第一网格")
    with page.expect_response("**/changes"):
        page.evaluate("() => gridmap.page.renew()")
    page.wait_for_function("() => gridmap.page.handed !== undefined")
    assert page.get_by_label("新的名称").input_value() == "解放路社区第一网格"
    page.get_by_role("button", name="更名", exact=True).click()
    wait_for(page, 1)
    assert page.locator("#place h2").inner_text() == "解放路社区第一网格"


def test_the_line_is_drawn_by_keyboard(planning: str, visit: Callable[..., Visit]) -> None:
    page = open_plan(visit, planning, begin(planning)).page
    page.locator("#table button", has_text="解放路社区第01网格").press("Enter")
    page.click("[data-tool=cut]")
    box = page.locator("#map_planner")
    for x, y in ((100, 330), (100, 70)):
        lon, lat = lonlat(x, y)
        page.evaluate(
            "([lat, lon]) => gridmap.map.setView([lat, lon], gridmap.map.getZoom(), { animate: false })", [lat, lon]
        )
        box.focus()
        page.keyboard.press("Enter")
    page.keyboard.press("Control+Enter")
    wait_for(page, 1)
    assert page.evaluate("() => gridmap.page.draft.grids.size") == 6


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, {"width": 1024, "height": 768}])
def test_the_page_is_accessible(planning: str, visit: Callable[..., Visit], size: dict[str, int]) -> None:
    seen = open_plan(visit, planning, begin(planning))
    page = seen.page
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.click("#zoom-all")
    cut_a(page)
    wait_for(page, 1)
    assert violations(page) == []


def test_plans_are_listed_and_begun(planning: str, visit: Callable[..., Visit]) -> None:
    seen = visit(f"{planning}/plans")
    page = seen.page
    assert "现行" in page.locator("table").inner_text()
    page.get_by_label("草案名称").fill("春季调整")
    page.get_by_role("button", name="新建").click()
    page.wait_for_function(READY)
    assert page.locator("h1").inner_text() == "春季调整"
    seen.assert_clean()


def test_a_plan_that_is_not_there(planning: str, visit: Callable[..., Visit]) -> None:
    page = visit(f"{planning}/plans/{code('A')}").page
    assert page.locator("h1").inner_text() == "网址有误"


def test_at_twice_the_size_everything_can_be_reached(planning: str, visit: Callable[..., Visit]) -> None:
    """1366 x 768 at 200 %."""
    page = visit(f"{planning}/plans").page
    page.set_viewport_size({"width": 683, "height": 384})
    assert page.evaluate(
        "() => [...document.querySelectorAll('td, th')].every((it) => it.getBoundingClientRect().right <= innerWidth)"
    )
    page = open_plan(visit, planning, begin(planning)).page
    page.set_viewport_size({"width": 683, "height": 384})
    button = page.locator("#table tbody button").first
    button.click()
    page.wait_for_selector("#place:not([hidden])")
    page.evaluate("() => scrollTo(0, document.documentElement.scrollHeight)")
    last = page.locator("#table tbody tr").last.bounding_box()
    assert last
    assert 0 <= last["y"] < last["y"] + last["height"] <= 384, "the page is scrolled to its end as a whole"
    page.evaluate("() => scrollTo(0, 0)")
    assert page.locator("#zoom-in").is_visible()
    page.locator("#compare").check()  # the legend was open
    page.locator("#legend summary").click()
    assert not page.locator("#compare").is_visible()


def test_what_was_asked_for_comes_into_sight(planning: str, visit: Callable[..., Visit]) -> None:
    page = open_plan(visit, planning, begin(planning)).page
    page.set_viewport_size({"width": 1024, "height": 420})
    end = "() => { const panel = document.querySelector('.panel-body'); panel.scrollTop = panel.scrollHeight; }"
    page.evaluate(end)
    page.click("#check")
    page.wait_for_function("() => document.getElementById('problems-summary').textContent")
    page.wait_for_function("() => document.getElementById('check').textContent === '全覆盖检查'")
    told = page.locator("#problems-summary").bounding_box()
    head = page.locator(".head").bounding_box()
    assert told
    assert head
    assert head["y"] + head["height"] < told["y"] < 420
    page.evaluate(end)
    page.click("#zoom-all")
    click(page, 550, 200)
    page.wait_for_selector("#place:not([hidden])")
    chosen = page.locator("#place .name").first.bounding_box()
    assert chosen
    assert head["y"] + head["height"] <= chosen["y"] < 420


def test_a_plan_that_waits_for_its_day_is_withdrawn_and_edited(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    seen = open_plan(visit, planning, plan)
    page = seen.page
    assert not page.locator("#withdraw").is_visible()  # of a draft there is nothing to take back
    page.click("#activate")
    page.wait_for_selector("#activation[open]")
    first = str(page.evaluate("() => gridmap.page.day"))
    day = f"{int(first[:4]) + 1}{first[4:]}".replace("-02-29", "-02-28")
    page.fill("#activation-date", f"{int(first[:4]) + 30}-01-01")
    page.click("#activation-go")  # a slip: the browser says so, and nothing is sent
    assert page.locator("#activation-date").evaluate("it => it.validity.rangeOverflow")
    page.fill("#activation-date", day)
    page.fill("#activation-number", "街办发〔2026〕18号")
    page.click("#activation-go")
    page.wait_for_function("() => gridmap.page.plan.state === 'approved'")
    assert "已批准待启用" in page.locator("#notice").inner_text()
    assert page.locator("[data-tool=cut]").is_disabled()

    page.click("#withdraw")
    page.wait_for_selector("#withdrawal[open]")
    says = page.locator("#withdrawal-says").inner_text()
    assert day in says
    assert "街办发〔2026〕18号" in says
    assert violations(page, "#withdrawal") == []
    page.click("#withdrawal-go")
    page.wait_for_function("() => gridmap.page.plan.state === 'draft'")
    page.wait_for_selector("#withdrawal:not([open])", state="attached")
    assert page.locator("#plan-state").inner_text() == "草案"
    assert not page.locator("#withdraw").is_visible()
    before = revision(page)
    cut_a(page)
    wait_for(page, before + 1)
    seen.assert_clean()


def test_a_plan_withdrawn_by_another_is_not_withdrawn_again(planning: str, visit: Callable[..., Visit]) -> None:
    plan = begin(planning)
    url = f"{planning}/api/v1/plans/{plan}"
    page = open_plan(visit, planning, plan).page
    day = str(page.evaluate("() => gridmap.page.day"))
    later = f"{int(day[:4]) + 1}-03-01"
    page.evaluate("() => { gridmap.page.sending = true; }")  # its poll holds still, as between two of them
    httpx2.post(f"{url}/activation", json={"valid_from": later}).raise_for_status()
    page.evaluate("() => { gridmap.page.sending = false; }")
    cut_a(page)
    page.wait_for_function("() => gridmap.page.plan.state === 'approved'")
    page.wait_for_function("() => document.getElementById('notice').textContent.includes('已批准待启用')")
    page.keyboard.press("Escape")
    page.click("#withdraw")
    page.wait_for_selector("#withdrawal[open]")
    httpx2.post(f"{url}/withdrawal", json={}).raise_for_status()
    page.click("#withdrawal-go")
    page.wait_for_selector("#withdrawal-failed:not([hidden])")
    assert "没有撤回" in page.locator("#withdrawal-failed").inner_text()
