"""The area map of a grid on a phone: where one stands, the lists, the map, by finger and by keyboard alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from accessibility import violations
from area_sample import fill_office
from fresh_databases import filled_file
from office import COMMUNITY_OF, code, lonlat
from overview_sample import PAYLOADS, hostile_overview
from serving import Server

from gridmap.access import Scope
from gridmap.services.overview import overview
from gridmap.services.overview_values import Neighbour
from gridmap.storage.database import Database
from maps.area import area_page
from maps.overview import overview_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page, Route


@pytest.fixture(scope="module")
def served_database(spatialite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The drawn office with records."""
    with filled_file(spatialite_template, tmp_path_factory.mktemp("area"), fill_office) as path:
        yield path


@pytest.fixture(scope="module")
def served(served_database: str) -> Iterator[str]:
    """The address of the area map of the drawn grid A on a real server."""
    with Server(served_database) as server:
        yield f"{server.address}/grids/{code('A')}"


def standing(x: float, y: float, accuracy: float = 8) -> dict[str, Any]:
    """A phone at a point of the drawing."""
    lon, lat = lonlat(x, y)
    return {"permissions": ["geolocation"], "geolocation": {"longitude": lon, "latitude": lat, "accuracy": accuracy}}


def said(page: Page) -> list[str]:
    page.wait_for_selector("#position:not([hidden])")
    return page.inner_text("#position").split("\n")


def rows(page: Page) -> list[str]:
    return page.locator(".row .title").all_inner_texts()


# --- where one stands ---------------------------------------------------------------------------------------------


def test_the_page_says_grid_and_metres_to_the_border(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True, **standing(188, 250))
    seen.page.click("#locate")
    assert said(seen.page) == ["您在解放路社区第01网格，距边界12米", "误差约±8米"]
    assert seen.page.get_attribute("#locate", "aria-pressed") == "true"
    seen.page.click("#locate")
    assert seen.page.locator("#position").is_hidden()
    seen.assert_clean()


@pytest.mark.parametrize(
    ("x", "y", "accuracy", "words"),
    [
        (195, 250, 8, ["您在解放路社区第01网格，距边界5米", "误差约±8米，边界待核"]),
        (212, 250, 8, ["您在解放路社区第02网格，距本网格边界12米", "误差约±8米"]),
        (650, 50, 8, ["您在建设路社区第02网格，距本网格边界453米", "误差约±8米"]),
        (-3000, 250, 20, ["您不在本网格，距边界3.0公里", "误差约±20米"]),
    ],
)
def test_outside_it_says_where_one_is(
    visit: Callable[..., Visit], served: str, x: float, y: float, accuracy: float, words: list[str]
) -> None:
    seen = visit(served, phone=True, **standing(x, y, accuracy))
    seen.page.click("#locate")
    seen.page.locator("#position b").get_by_text(words[0], exact=True).wait_for()
    assert said(seen.page) == words
    seen.assert_clean()


def test_a_refused_position_says_what_to_do(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True, permissions=[])
    seen.page.click("#locate")
    assert said(seen.page)[0] == "浏览器没有允许定位"
    assert seen.page.get_attribute("#locate", "aria-pressed") == "false"
    seen.assert_clean()


# --- the lists ----------------------------------------------------------------------------------------------------


def test_households_open_by_compound_building_and_stairwell(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True)
    page = seen.page
    page.wait_for_selector("details.compound[open]")
    assert page.locator("details.compound > summary").all_inner_texts() == [
        "甲苑\n未摸排 2 / 4 户",
        "其他住户\n未摸排 1 / 1 户",
        "乙苑\n1 户",
    ]
    page.click("details.building > summary")
    page.wait_for_selector(".row")
    assert page.locator("h4").all_inner_texts() == ["1单元", "2单元"]
    assert rows(page) == ["1001室", "301室", "201室"]
    page.get_by_label("只看未摸排").check()
    page.click("details.building > summary")
    page.wait_for_selector(".row")
    assert rows(page) == ["1001室", "201室"]
    seen.assert_clean()


def test_a_line_shows_its_place_and_a_place_its_line(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True)
    page = seen.page
    page.click("#tab-shops")
    page.wait_for_selector(".row")
    page.click(".row >> nth=0")
    ring = page.locator(".leaflet-chosen-pane path").first.bounding_box()
    sheet = page.locator("#sheet").bounding_box()
    assert ring is not None
    assert sheet is not None
    assert ring["y"] + ring["height"] < sheet["y"], "what was chosen must not lie under the sheet"
    assert page.locator(".row.chosen .title").all_inner_texts() == ["乙店"]
    at = page.evaluate(
        """() => {
          const { points } = gridmap.page, scale = gridmap.map.options.crs.scale(gridmap.map.getZoom());
          const place = gridmap.map.layerPointToContainerPoint(L.point(points[0].x[0] * scale, points[0].y[0] * scale)
            .subtract(gridmap.map.getPixelOrigin()));
          const box = document.getElementById('map_area').getBoundingClientRect();
          return [box.left + place.x, box.top + place.y];
        }"""
    )
    page.touchscreen.tap(*at)
    page.locator(".row.chosen .title").get_by_text("甲店").wait_for()
    seen.assert_clean()


def test_only_a_whole_number_can_be_called(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True)
    page = seen.page
    page.click("#tab-shops")
    page.wait_for_selector(".row")
    assert page.locator("a.call").count() == 0
    assert "199****5678" in page.inner_text("#records")

    def whole(route: Route) -> None:
        answer = route.fetch()
        found = json.loads(answer.text().replace("199****5678", "19900005678"))
        route.fulfill(response=answer, json=found)

    page.route("**/records?kind=shops", whole)
    page.reload()
    page.click("#tab-shops")
    page.wait_for_selector("a.call")
    assert page.get_attribute("a.call", "href") == "tel:19900005678"


def test_a_list_that_does_not_come_says_so_and_can_be_asked_again(visit: Callable[..., Visit], served: str) -> None:
    page = visit(served, phone=True).page
    page.wait_for_selector("details.compound")
    page.route("**/records?kind=incidents", lambda route: route.abort())
    page.click("#tab-incidents")
    page.get_by_text("名单没有取到").wait_for()
    page.unroute("**/records?kind=incidents")
    page.get_by_role("button", name="再试一次").click()
    page.wait_for_selector(".row")
    assert rows(page) == ["事由E3", "事由E2"]


def test_an_empty_list_says_so(visit: Callable[..., Visit], served: str) -> None:
    page = visit(served, phone=True).page
    page.click("#tab-key_places")
    page.get_by_text("本网格没有重点部位").wait_for()
    page.click("#tab-about")
    assert "示意图，不作为权属依据" in page.inner_text("#records")
    assert "解放路社区第02网格" in page.inner_text("#records")


# --- fingers and keys ---------------------------------------------------------------------------------------------


def test_what_is_touched_is_large_enough(visit: Callable[..., Visit], served: str) -> None:
    page = visit(served, phone=True).page
    page.click("details.building > summary")
    page.click("details.building > summary >> nth=1")
    for tab in ("households", "shops"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
        for target in page.locator("button, a[href]:not(.skip), summary, label").all():
            box = target.bounding_box()
            if box is not None:
                assert min(box["height"], box["width"]) >= 44, target.evaluate("(it) => it.outerHTML")


def test_the_sheet_has_three_heights(visit: Callable[..., Visit], served: str) -> None:
    page = visit(served, phone=True).page
    heights = {}
    for _ in range(3):
        heights[page.evaluate("document.body.dataset.sheet")] = page.locator("#sheet").bounding_box()["height"]  # type: ignore[index]
        page.click("#handle")
        page.wait_for_timeout(50)
    assert heights["peek"] < heights["half"] < heights["full"]
    box = page.locator("#handle").bounding_box()
    assert box is not None
    page.mouse.move(200, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(200, 780, steps=5)
    page.mouse.up()
    assert page.evaluate("document.body.dataset.sheet") == "peek"
    assert page.get_attribute("#handle", "aria-expanded") == "false"


def test_everything_can_be_done_by_keyboard(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served)
    page = seen.page
    page.wait_for_selector("details.compound")
    page.focus("#tab-households")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-shops"
    page.wait_for_selector(".row")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".row.chosen")
    assert page.locator(".leaflet-chosen-pane path").count() == 2
    page.keyboard.press("Shift+Tab")
    seen.assert_clean()


@pytest.mark.parametrize("phone", [True, False])
def test_no_barrier_is_found(visit: Callable[..., Visit], served: str, phone: bool) -> None:  # noqa: FBT001
    page = visit(served, phone=phone).page
    page.click("details.building > summary")
    for tab in ("households", "shops", "about"):
        page.click(f"#tab-{tab}")
        page.wait_for_timeout(300)
        assert violations(page) == []


def test_the_file_of_a_community_shows_its_grids_and_names_what_lies_around(
    visit: Callable[..., Visit], served_database: str, tmp_path: Path
) -> None:
    database = Database.open(served_database)
    with database.transaction("tester") as tx:
        data = overview(tx, Scope.everything("tester"), area=code("A", COMMUNITY_OF))
    database.close()
    path = tmp_path / "community.html"
    path.write_text(overview_page(data), encoding="utf-8")
    seen = visit(path.as_uri())
    page = seen.page
    assert page.locator("tbody th").all_inner_texts() == ["合计", "第01网格", "第02网格", "第03网格"]
    assert page.evaluate("gridmap.page.layout.neighbours.map((it) => it.lines.join(''))") == ["建设路社区"]
    page.get_by_role("button", name="第02网格").click()
    assert page.locator("#place h2").inner_text() == "解放路社区第02网格"
    assert page.get_by_text("相邻边界").is_visible()
    seen.assert_clean()


def test_hostile_names_are_only_text(visit: Callable[..., Visit], tmp_path: Path) -> None:
    from dataclasses import replace

    data = hostile_overview()
    text = " ".join(PAYLOADS)
    grid = replace(data.grids[0], name=text, four_limits=text, worker=text)
    around = tuple(
        Neighbour(other.code, payload, other.shape)
        for other, payload in zip(data.grids[1:], PAYLOADS * len(data.grids), strict=False)
    )
    one = replace(
        data, title=text, plan=text, grids=(grid,), communities=data.communities[:1], points=(), neighbours=around
    )
    path = tmp_path / "hostile.html"
    path.write_text(area_page(one, nonce="n"), encoding="utf-8")
    page = visit(path.as_uri(), phone=True).page
    shown = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    assert page.evaluate("document.querySelector('h1').textContent") == shown
    assert page.evaluate("gridmap.page.document.neighbours.map((it) => it.name)") == [each.name for each in around]
    for zoom in (15, 17, 19):
        page.evaluate("(zoom) => gridmap.map.setZoom(zoom, { animate: false })", zoom)
    page.click("#tab-about")
    assert page.locator("img").count() == 0
    assert page.evaluate("window.__ran") is None


def test_hostile_records_are_only_text(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True)
    page = seen.page
    record = {"note": "", "state": "未摸排", "pending": True, "lon": None, "lat": None}
    found = [
        record | {"id": text, "title": text, "contact": text, "phone": text, "place": [text, text, text], "note": text}
        for text in PAYLOADS
    ]
    answer = {"kind": "households", "total": len(found), "pending": len(found), "records": found}
    page.wait_for_load_state("networkidle")  # a reload breaks off what is still on its way, and that counts as failed
    page.route("**/records?kind=households", lambda route: route.fulfill(json=answer))
    page.reload()
    page.wait_for_selector("details.compound")
    for level in ("compound", "building"):
        page.evaluate("(level) => document.querySelectorAll('details.' + level).forEach((it) => it.fill())", level)
    assert page.evaluate("[...document.querySelectorAll('.row .title')].map((it) => it.textContent)") == list(PAYLOADS)
    page.evaluate("document.querySelectorAll('.row button').forEach((it) => it.click())")
    assert page.evaluate("window.__ran") is None
    assert page.evaluate("[...document.querySelectorAll('a.call')].every((it) => /^tel:[0-9+]*$/.test(it.href))")
    seen.assert_clean()


# What is written on the canvases, and where: text, left, right, top, bottom, width and height of the canvas.
WRITTEN = """() => {
  const found = [], kind = CanvasRenderingContext2D.prototype, write = kind.fillText;
  kind.fillText = function (text, x, y) {
    const half = this.measureText(text).width / 2, { clientWidth, clientHeight } = this.canvas;
    found.push([text, x - half, x + half, y - 6, y + 6, clientWidth, clientHeight]);
    return write.apply(this, arguments);
  };
  gridmap.page.redraw();
  kind.fillText = write;
  return found;
}"""


def test_a_neighbours_name_is_whole_or_not_there(visit: Callable[..., Visit], served: str) -> None:
    page = visit(served, phone=True).page
    page.wait_for_function("() => gridmap.page && gridmap.page.layout")
    names = {line for label in page.evaluate("gridmap.page.layout.neighbours.map((it) => it.lines)") for line in label}
    written = 0
    for by in [
        (0, 0),
        *((30, 0),) * 8,
        (-240, 0),
        *((-30, 0),) * 8,
        (240, 0),
        *((0, 25),) * 8,
        (0, -200),
        *((0, -25),) * 8,
    ]:
        page.evaluate("(by) => gridmap.map.panBy(by, { animate: false })", by)
        for text, left, right, top, bottom, width, height in page.evaluate(WRITTEN):
            if text in names:
                assert 0 <= left <= right <= width, (text, by)
                assert 0 <= top <= bottom <= height, (text, by)
                written += 1
    assert written > 10


def test_who_stands_outside_sees_grid_and_position(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served, phone=True, **standing(650, 50))
    page = seen.page
    page.click("#locate")
    page.wait_for_selector("#position:not([hidden])")
    lon, lat = lonlat(650, 50)
    place = page.evaluate(
        "([lat, lon]) => { const p = gridmap.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }", [lat, lon]
    )
    top = page.evaluate(
        "() => gridmap.map.latLngToContainerPoint(gridmap.geometry.bounds(gridmap.page.grids, 0).getNorthWest()).y"
    )
    said = page.locator("#position").bounding_box()
    sheet = page.locator("#sheet").bounding_box()
    stage = page.locator("#map_area").bounding_box()
    assert said
    assert sheet
    assert stage
    assert 0 < place[0] < stage["width"]
    assert said["y"] + said["height"] <= stage["y"] + top
    assert stage["y"] + place[1] < sheet["y"]
    seen.assert_clean()
