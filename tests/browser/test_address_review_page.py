"""The page of checking addresses in Chromium: ten rows by keyboard alone, at the desk and on a telephone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2
import pytest
from accessibility import violations
from address_office import build_gazetteer, fill
from fresh_databases import filled_file
from office import write_csv
from serving import Server

from gridmap.address_runner import geocode_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.storage.database import Database

READY = "() => window.gridmap && gridmap.page && gridmap.page.ready"
ROWS = [
    *(f"老钢厂宿舍3栋{room}" for room in ("101", "102", "103", "104")),
    "解放路11号丽景湾",
    "解放路13号云锦台",
    "解放路15号月桂坊",
    "解放路19号松风苑",
    "解放路21号听涛居",
    "解放路23号望湖楼",
    "蓝鲸广场",
    "黑潭里7栋",
    "白鹭洲<b>公寓",
    "红棉坊",
]


@pytest.fixture
def address(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with a queue of addresses, served."""

    def filled(database: Database, folder: Path) -> None:
        fill(database, folder)
        build_gazetteer(database)
        source = write_csv(folder / "rows.csv", ["地址"], [[row] for row in ROWS])
        geocode_table(database, source, folder / "out.csv", "tester")

    with filled_file(spatialite_template, tmp_path, filled) as path, Server(path) as server:
        yield server.address


def opened(visit: Callable[..., Visit], address: str, *, phone: bool = False) -> Visit:
    seen = visit(f"{address}/addresses", phone=phone)
    seen.page.wait_for_function(READY)
    return seen


def waiting(address: str) -> int:
    return int(httpx2.get(f"{address}/api/v1/address-review").json()["waiting"])


def settled(page: Page, decided: int) -> None:
    page.wait_for_function("(n) => gridmap.page.decided === n && !gridmap.page.busy", arg=decided)


def find(page: Page, text: str) -> None:
    """Search by keyboard; the candidates are those of the search then."""
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.wait_for_function("() => gridmap.page.options.length > 0 && !gridmap.page.busy")


def test_ten_rows_by_keyboard_alone(visit: Callable[..., Visit], address: str) -> None:
    seen = opened(visit, address)
    page, press = seen.page, seen.page.keyboard.press
    before = waiting(address)
    assert before == len(ROWS)
    # 1: an unknown name is searched for and chosen; its kind goes with it, and comes back with an undo
    assert "老钢厂宿舍" in page.locator("#row-title").inner_text()
    find(page, "阳光花园3栋1单元101")
    press("1")
    press("Enter")
    settled(page, 1)
    assert "「老钢厂宿舍」即「阳光花园」" in page.locator("#notice").inner_text()
    assert waiting(address) < before - 1
    press("u")
    settled(page, 0)
    assert waiting(address) == before
    find(page, "阳光花园3栋1单元101")
    press("Enter")
    settled(page, 1)
    # 2: down and up the list; a pin at the crosshair, which the keyboard moves
    press("ArrowDown")
    press("ArrowDown")
    press("ArrowUp")
    assert page.evaluate("gridmap.page.at") == 1
    centre = page.evaluate("gridmap.map.getCenter().lng")
    press("Shift+ArrowRight")
    assert page.evaluate("gridmap.map.getCenter().lng") > centre
    press("p")
    press("Enter")
    settled(page, 2)
    # 3: a new place at the crosshair, by the name that is not known
    press("n")
    page.keyboard.press("Control+A")
    page.keyboard.type("新建花园")
    press("Enter")
    settled(page, 3)
    # 4: nobody knows
    press("0")
    settled(page, 4)
    # 5 to 10: the first candidate, or a pin where there is none
    for decided in range(5, 11):
        if page.evaluate("gridmap.page.chosen") < 0:
            press("p")
        press("Enter")
        settled(page, decided)
    assert waiting(address) <= before - 10
    seen.assert_clean()


@pytest.mark.parametrize("phone", [False, True])
def test_no_barrier_is_found_and_nothing_is_cut_off(
    visit: Callable[..., Visit],
    address: str,
    phone: bool,  # noqa: FBT001
) -> None:
    seen = opened(visit, address, phone=phone)
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for act in (lambda: None, lambda: page.click("#add")):
        act()
        assert violations(page) == []
    assert page.locator("#queue button").count() == len(ROWS)
    seen.assert_clean()


def test_an_empty_queue_says_how_to_begin(visit: Callable[..., Visit], address: str) -> None:
    for row in httpx2.get(f"{address}/api/v1/address-review").json()["rows"]:
        httpx2.post(f"{address}/api/v1/address-review/{row['id']}/decision", json={"kind": "unknown"})
    seen = opened(visit, address)
    assert "没有待核对的地址" in seen.page.locator("#empty").inner_text()
    title, said = (seen.page.locator(each).bounding_box() for each in ("#queue-title", "#empty"))
    assert title
    assert said
    assert said["y"] - title["y"] - title["height"] < 20  # under the title, not at the foot
    assert not seen.page.locator("#row").is_visible()
    seen.assert_clean()
