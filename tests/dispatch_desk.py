"""What a dispatcher does on the page, for tests in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
from office import lonlat

if TYPE_CHECKING:
    from collections.abc import Callable

    from browser.conftest import Visit
    from playwright.sync_api import Page

PHONE = "19900001234"


def report(server: str, title: str, xy: tuple[float, float] | None = (50.0, 250.0), **more: Any) -> dict[str, Any]:
    place = {} if xy is None else dict(zip(("lon", "lat"), lonlat(*xy), strict=True))
    body = {"title": title, "category": "漏水", "address": "示范路1号", "phone": PHONE} | place | more
    answer = httpx2.post(f"{server}/api/v1/incidents", json=body)
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def move(address: str, number: str, name: str, **given: Any) -> None:
    body = {"move": name, "role": "受理派单员"} | given
    httpx2.post(f"{address}/api/v1/incidents/{number}/moves", json=body).raise_for_status()


def state(address: str, number: str) -> str:
    return str(httpx2.get(f"{address}/api/v1/incidents/{number}").json()["state"])


def open_desk(visit: Callable[..., Visit], address: str, **options: Any) -> Visit:
    seen = visit(f"{address}/incidents", **options)
    seen.page.wait_for_function("() => window.gridmap && gridmap.page && gridmap.page.board && gridmap.page.ladder")
    return seen


def poll(page: Page) -> None:
    """What happens every five seconds, now."""
    page.evaluate("() => gridmap.page.refresh()")


def line(page: Page, title: str) -> Any:
    return page.locator(".row", has_text=title)


def click_map(page: Page, x: float, y: float) -> None:
    lon, lat = lonlat(x, y)
    box = page.locator("#map_dispatch").bounding_box()
    assert box is not None
    at = page.evaluate(
        "([lat, lon]) => { const p = gridmap.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }", [lat, lon]
    )
    page.mouse.click(box["x"] + at[0], box["y"] + at[1])


def read_file(page: Page, title: str) -> None:
    page.wait_for_function("(title) => document.getElementById('file-title').textContent === title", arg=title)
    page.wait_for_selector(".timeline")


def wait_for_state(page: Page, word: str) -> None:
    page.wait_for_function("(word) => document.querySelector('#file .chip.state')?.textContent === word", arg=word)


def send_to_grid(page: Page) -> None:
    """Give the open case to grid C, chosen on the map."""
    page.locator("[data-move=派单]").click()
    page.get_by_role("button", name="在地图上选").click()
    click_map(page, 350, 50)
    page.wait_for_function("() => document.querySelector('#file [name=unit]').value === '解放路社区第03网格'")
    page.get_by_role("button", name="确认派单").click()
    wait_for_state(page, "待签收")


def return_with_proof(page: Page) -> None:
    """Ask for the open case's return with a 属地核实单, and agree to it."""
    page.locator("[data-move=退单]").click()
    page.get_by_role("button", name="开具属地核实单").click()
    page.wait_for_selector(".proof a[href^='/verify/']")
    assert "属地核实单" in page.locator("#file textarea[name=reason]").input_value()
    page.get_by_role("button", name="提交审批").click()
    page.get_by_label("审批人").fill("陈示范")
    page.get_by_role("button", name="同意", exact=True).click()
    wait_for_state(page, "退单")
    assert "属地核实单" in page.locator(".timeline").inner_text()
