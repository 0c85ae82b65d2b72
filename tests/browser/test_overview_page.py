"""The overview page in Chromium: it draws, answers, asks for nothing, and hostile names stay text."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from map_scripts import COLOURED
from overview_sample import PAYLOADS, hostile_overview, sample_overview

from maps.overview import overview_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

    from gridmap.services.overview_values import Overview

# A sum over all canvases that changes when anything drawn changes.
PIXELS = """() => [...document.querySelectorAll('canvas.surface')].map((canvas) => {
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let drawn = 0, sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]) drawn++;
    sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2] + 11 * data[i + 3]) % 2147483647;
  }
  return [drawn, sum];
})"""
POINT_KINDS = (
    *("households", "shops", "key_places", "incidents"),
    *("organisations", "social_organisations", "party_organisations"),
)
BASE_KINDS = ("communities", "grids", "compounds", "roads", "waters", "railways")


@pytest.fixture(scope="module")
def data() -> Overview:
    return sample_overview(20_000)


@pytest.fixture(scope="module")
def file(data: Overview, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("map") / "overview.html"
    path.write_text(overview_page(data), encoding="utf-8")
    return path.as_uri()


def pixels(page: Page) -> Any:
    return page.evaluate(PIXELS)


def toggle(page: Page, kind: str) -> None:
    page.locator(f'[data-layer="{kind}"]').click()


def click_on(page: Page, index: int) -> None:
    """Click where the label of a grid stands."""
    page.evaluate(
        """(index) => {
          const { geometry, page, map } = gridmap;
          const scale = map.options.crs.scale(18);
          map.setView(map.unproject([page.labels.x[index] * scale, page.labels.y[index] * scale], 18), 15,
            { animate: false });
        }""",
        index,
    )
    box = page.locator("#map_overview").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_the_file_opens_without_a_request_or_an_error(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    requested: list[str] = []
    seen.page.on("request", lambda request: requested.append(request.url))
    seen.page.reload()
    seen.page.wait_for_timeout(300)
    assert [url for url in requested if not url.startswith("data:")] == [file]
    ground, marks = pixels(seen.page)
    assert ground[0] > 100_000
    assert marks[0] > 3_000
    seen.assert_clean()


def test_each_layer_is_on_the_canvas_and_can_be_taken_off(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    before = pixels(seen.page)
    for kind in BASE_KINDS:
        toggle(seen.page, kind)
        assert pixels(seen.page) != before, kind
        toggle(seen.page, kind)
        assert pixels(seen.page) == before, kind
    seen.assert_clean()


def test_close_up_every_kind_of_point_and_the_buildings_are_drawn(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    seen.page.evaluate("gridmap.map.setZoom(16, { animate: false })")
    for kind in POINT_KINDS:
        if seen.page.locator(f'[data-layer="{kind}"]').is_checked():
            toggle(seen.page, kind)
    for kind in POINT_KINDS:
        colour = seen.page.evaluate("(kind) => gridmap.marks.SYMBOLS[kind].colour", kind)
        assert seen.page.evaluate(COLOURED, colour) == 0, kind
        toggle(seen.page, kind)
        assert seen.page.evaluate(COLOURED, colour) > 20, kind
        toggle(seen.page, kind)
    assert seen.page.evaluate(COLOURED, "#E9E6DF") > 1_000
    toggle(seen.page, "buildings")
    assert seen.page.evaluate(COLOURED, "#E9E6DF") == 0
    seen.assert_clean()


# Boxes of the names of communities and of grids at this zoom, in pixels, and whether a community's box is inside it.
LABELS = """(zoom) => {
  const { page, map, geometry } = gridmap;
  map.setZoom(zoom, { animate: false });
  const scale = map.options.crs.scale(zoom);
  const box = (it, width, height) => [it.x - width / 2, it.y - height / 2, it.x + width / 2, it.y + height / 2];
  const communities = page.layout.communities.map((it) => box(it, it.width, it.size));
  const whole = page.layout.communities.filter((it) => it.size > 11).map((it) => {
    const [west, north, east, south] = box(it, it.width, it.size).map((side) => side / scale);
    const corners = [[west, north], [east, north], [west, south], [east, south]];
    return [...Array(page.communities.count).keys()].some((i) =>
      corners.every(([x, y]) => geometry.contains(page.communities, i, x, y)));
  });
  return { communities, whole, grids: page.layout.grids.map((it) => box(it, it.reach, it.height)) };
}"""


def test_names_of_communities_lie_inside_them_and_on_no_other_name(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    named = 0
    for zoom in (13, 14, 15, 16, 17):
        labels = seen.page.evaluate(LABELS, zoom)
        boxes = labels["communities"] + labels["grids"]
        assert not [
            (a, b)
            for i, a in enumerate(boxes)
            for b in boxes[:i]
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        ]
        assert all(labels["whole"])
        named += len(labels["communities"])
    assert named > 0


def test_only_a_dragged_map_is_drawn_beyond_the_view(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    widths = "() => [...document.querySelectorAll('canvas.surface')].map((it) => it.width / gridmap.map.getSize().x)"
    seen.page.evaluate("gridmap.map.setZoom(16, { animate: false })")
    assert seen.page.evaluate(widths) == [1, 1]
    seen.page.mouse.move(700, 500)
    seen.page.mouse.down()
    seen.page.mouse.move(650, 480, steps=5)
    seen.page.mouse.up()
    assert all(width == pytest.approx(1.4, abs=0.01) for width in seen.page.evaluate(widths))
    seen.page.evaluate("gridmap.map.setZoom(15, { animate: false })")
    assert seen.page.evaluate(widths) == [1, 1]


def test_no_more_than_five_kinds_of_points_at_once(visit: Callable[..., Visit], file: str) -> None:
    page = visit(file).page
    for kind in POINT_KINDS:
        box = page.locator(f'[data-layer="{kind}"]')
        if not box.is_checked() and box.is_enabled():
            box.click()
    chosen = [page.locator(f'[data-layer="{kind}"]') for kind in POINT_KINDS]
    assert sum(box.is_checked() for box in chosen) == 5
    assert [box.is_enabled() for box in chosen].count(False) == len(POINT_KINDS) - 5
    assert page.get_by_text("最多同时显示 5 类点位").is_visible()


def test_search_works_by_keyboard_alone(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    page = seen.page
    zoom = page.evaluate("gridmap.map.getZoom()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("东湖社区")
    options = page.locator("#search-results [role=option]")
    assert options.count() == 8
    assert options.nth(0).get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    assert page.locator("#search").get_attribute("aria-activedescendant") == "search-1"
    wanted = options.nth(1).locator(".name").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#place h2").inner_text() == wanted
    assert page.evaluate("gridmap.map.getZoom()") > zoom
    assert page.locator("#search-results").is_hidden()
    page.keyboard.press("Escape")
    assert page.locator("#place").is_hidden()
    assert page.locator("#numbers").is_visible()
    seen.assert_clean()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("440106001005003", "东湖社区第03网格"),
        ("东湖 3", "东湖社区第03网格"),
        ("东湖社区第０３网格", "东湖社区第03网格"),
        ("滨江社区", "滨江社区"),
    ],
)
def test_search_finds_by_name_number_and_code(visit: Callable[..., Visit], file: str, typed: str, found: str) -> None:
    page = visit(file).page
    page.fill("#search", typed)
    page.keyboard.press("Enter")
    assert page.locator("#place h2").inner_text() == found


def test_a_search_without_result_says_so(visit: Callable[..., Visit], file: str) -> None:
    page = visit(file).page
    page.fill("#search", "没有这个地方")
    assert "没有找到" in page.locator("#search-results").inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#place").is_hidden()


def test_a_click_on_a_grid_opens_its_numbers(visit: Callable[..., Visit], file: str, data: Overview) -> None:
    seen = visit(file)
    grids = sorted(data.grids, key=lambda grid: grid.code)
    for index in (0, 5, 40):
        click_on(seen.page, index)
        grid = grids[index]
        place = seen.page.locator("#place")
        assert place.locator("h2").inner_text() == grid.name
        assert place.locator(".code").inner_text() == grid.code
        text = place.inner_text()
        assert grid.worker in text
        assert all(limit in text for limit in grid.four_limits.split("，"))
        figures = [cell.inner_text() for cell in place.locator(".figures dd").all()]
        assert figures[0] == f"{grid.numbers['households']:,}"
        assert f"已选 {grid.name}" in seen.page.locator("#status").inner_text()
    seen.assert_clean()


def test_a_community_leads_to_its_grids(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    seen.page.get_by_role("button", name="钟楼社区").click()
    assert "第1片区" in seen.page.locator("#place").inner_text()
    seen.page.locator(".grid-list button").first.click()
    assert seen.page.locator("#place h2").inner_text().startswith("钟楼社区")
    seen.page.get_by_role("button", name="数据总览").first.click()
    assert seen.page.locator("#numbers").is_visible()
    seen.assert_clean()


def test_the_address_keeps_the_view(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file)
    seen.page.fill("#search", "新洲社区第02网格")
    seen.page.keyboard.press("Enter")
    address = seen.page.url
    again = visit(address)
    assert again.page.locator("#place h2").inner_text() == "新洲社区第02网格"
    assert again.page.evaluate("gridmap.map.getZoom()") == seen.page.evaluate("gridmap.map.getZoom()")
    again.assert_clean()


def test_on_a_phone_the_panel_comes_from_below(visit: Callable[..., Visit], file: str) -> None:
    seen = visit(file, phone=True)
    page = seen.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#layers-body").is_hidden()
    page.tap("#layers-toggle")
    assert page.locator("#layers-body").is_visible()
    page.tap("#legend-toggle")
    assert page.locator("#layers-body").is_hidden()
    page.tap("#legend-toggle")
    assert page.locator("#sheet-toggle").get_attribute("aria-expanded") == "false"
    page.tap("#map_overview", position={"x": 195, "y": 330})
    assert page.locator("#sheet-toggle").get_attribute("aria-expanded") == "true"
    assert "网格" in page.locator("#sheet-title").inner_text()
    seen.assert_clean()


def test_on_a_phone_everything_to_touch_is_large_enough(visit: Callable[..., Visit], file: str) -> None:
    page = visit(file, phone=True).page
    page.tap("#layers-toggle")
    small = """(all) => all.map((each) => [each.textContent || each.id, each.getBoundingClientRect().height])
      .filter(([, height]) => height > 0 && height < 44)"""
    assert page.locator("#layers-toggle, #legend-toggle, #sheet-toggle, #search, .layer").evaluate_all(small) == []
    page.tap("#layers-toggle")
    page.tap("#sheet-toggle")
    page.get_by_role("button", name="钟楼社区").click()
    assert page.locator(".panel button").evaluate_all(small) == []


@pytest.fixture
def served(data: Overview) -> Iterator[str]:
    """The page as the server sends it: with a nonce, under a strict policy."""
    body = overview_page(data, nonce="test-nonce").encode("utf-8")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'nonce-test-nonce'; style-src 'nonce-test-nonce'; img-src data:; "
                "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            )
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_served_page_lives_under_a_strict_policy(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served)
    seen.page.wait_for_timeout(300)
    assert pixels(seen.page)[0][0] > 100_000
    click_on(seen.page, 3)
    assert seen.page.locator("#place h2").is_visible()
    seen.assert_clean()


def test_hostile_names_are_only_text(visit: Callable[..., Visit], tmp_path: Path) -> None:
    data = hostile_overview()
    path = tmp_path / "hostile.html"
    path.write_text(overview_page(data), encoding="utf-8")
    seen = visit(path.as_uri())
    page = seen.page
    assert pixels(page)[0][0] > 100_000
    grids = sorted(data.grids, key=lambda grid: grid.code)
    for index in range(2 * len(PAYLOADS)):
        page.evaluate("(index) => gridmap.page.select({ level: 'grid', index })", index)
        assert page.evaluate("document.querySelector('#place h2').textContent") == grids[index].name
    for index, community in enumerate(data.communities):
        page.evaluate("(index) => gridmap.page.select({ level: 'community', index })", index)
        assert page.evaluate("document.querySelector('#place h2').textContent") == community.name
    for zoom in (13, 15, 16.5, 18, 20):
        page.evaluate("(zoom) => gridmap.map.setZoom(zoom, { animate: false })", zoom)
        page.mouse.click(400, 400)
    for payload in PAYLOADS:
        page.fill("#search", payload.replace("\0", ""))
        page.wait_for_timeout(20)
        page.keyboard.press("Enter")
    assert page.evaluate("window.__ran") is None
    assert page.locator("img").count() == 0
    seen.assert_clean()


def test_a_map_without_land_still_opens(visit: Callable[..., Visit], tmp_path: Path, data: Overview) -> None:
    import dataclasses

    empty = dataclasses.replace(data, communities=(), grids=(), base=(), points=(), totals={}, unassigned={})
    path = tmp_path / "empty.html"
    path.write_text(overview_page(empty), encoding="utf-8")
    seen = visit(path.as_uri())
    assert seen.page.get_by_text("没有可显示的网格").is_visible()
    seen.assert_clean()
