"""Ten thousand hostile texts in Chromium: on the static map, the live map and the area map of a grid nothing runs."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest
from fresh_databases import filled_file
from hostile import COUNT, filled, hostile_texts
from hostile_office import FIELDS, fill_hostile_office
from map_scripts import LIVE_READY
from office import code
from overview_sample import sample_overview
from serving import Server

from gridmap.model.kinds import ASSIGNED_KINDS
from maps.overview import overview_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

AREAS = """() => ['grid', 'community'].every((level) => gridmap.page.listOf(level).every(function (it, index) {
  gridmap.page.select({ level, index });
  return document.querySelector('#place h2').textContent === it.name;
}))"""
# Names of points as the panel lists them, twelve at a time.
POINTS = """() => gridmap.page.points.flatMap(function (layer) {
  const shown = [];
  for (let at = 0; at < layer.labels.length; at += 12) {
    const indices = layer.labels.slice(at, at + 12).map((_, i) => at + i);
    gridmap.page.select({ level: 'grid', index: 0 }, false, { kind: layer.kind, labels: layer.labels, indices });
    shown.push(...[...document.querySelectorAll('#place .points li')].map((it) => it.textContent));
  }
  return shown;
})"""


def assert_nothing_ran(seen: Visit) -> None:
    assert seen.page.evaluate("window.__pwned") is None
    assert seen.page.locator("img, iframe, object, embed").count() == 0
    seen.assert_clean()


def zoom_through(page: Page) -> None:
    for zoom in (14, 16, 17.5, 19):
        page.evaluate("(zoom) => gridmap.map.setZoom(zoom, { animate: false })", zoom)
        page.wait_for_timeout(60)


def test_the_file_shows_every_text_and_runs_none(visit: Callable[..., Visit], tmp_path: Path) -> None:
    data = filled(sample_overview(12_000), cycle(hostile_texts()))
    path = tmp_path / "hostile.html"
    path.write_text(overview_page(data), encoding="utf-8")
    seen = visit(path.as_uri())
    assert seen.page.evaluate(AREAS)
    wanted = [text for layer in data.points for text in layer.labels or ()]
    assert len(set(wanted)) == COUNT
    assert sorted(seen.page.evaluate(POINTS)) == sorted(wanted)
    zoom_through(seen.page)
    for text in hostile_texts()[:40]:
        seen.page.fill("#search", text)
    assert_nothing_ran(seen)


@pytest.fixture(scope="module")
def served(spatialite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    with filled_file(spatialite_template, folder, fill_hostile_office) as path, Server(path) as server:
        yield server.address


def test_the_live_map_runs_none(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(served + "/map")
    page = seen.page
    page.wait_for_function(LIVE_READY)
    for row in range(page.locator("#table tbody tr").count()):
        page.evaluate("(n) => gridmap.page.openArea(gridmap.page.table.rows[n])", row)
    for box in page.locator("[data-layer]").all():
        box.evaluate("(it) => it.checked || it.click()")
    zoom_through(page)
    page.wait_for_load_state("networkidle")
    for text in hostile_texts()[:12]:
        page.fill("#search", text[:60])
        page.wait_for_timeout(40)
    for kind in ("shops", "households", "incidents"):
        found = page.evaluate(
            "(kind) => fetch('/api/v1/search?q=' + encodeURIComponent(kind)).then((it) => it.status)", kind
        )
        assert found == 200
    assert_nothing_ran(seen)


def test_the_area_map_lists_every_record_and_runs_none(visit: Callable[..., Visit], served: str) -> None:
    seen = visit(f"{served}/grids/{code('A')}", phone=True)
    page = seen.page
    for kind in (each.name for each in ASSIGNED_KINDS):
        assert kind in FIELDS
        page.evaluate("document.getElementById('status').textContent = ''")
        page.click(f"#tab-{kind}")
        page.wait_for_function("() => document.getElementById('status').textContent.startsWith('共')")  # its own list
        for level in ("compound", "building"):
            page.evaluate("(level) => document.querySelectorAll('details.' + level).forEach((it) => it.fill())", level)
        page.evaluate("document.querySelectorAll('.row button').forEach((it) => it.click())")
        assert page.locator(".row").count() > 10
        assert page.evaluate("[...document.querySelectorAll('a.call')].every((it) => /^tel:[0-9+]*$/.test(it.href))")
    page.click("#tab-about")
    assert_nothing_ran(seen)
