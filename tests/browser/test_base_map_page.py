"""Pictures of a tile server lie where our data is: a mark painted at a known place is seen at that place."""

from __future__ import annotations

import io
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from fresh_databases import filled_file
from map_scripts import LIVE_READY
from office import lonlat, open_office
from PIL import Image
from serving import Server

from gridmap.datum.shift import Datum, from_wgs84
from maps.tiling import to_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

SIDE, MARK = 256, 3  # pixels: of a tile, half of a mark
PLACE = np.array([lonlat(351.0, 149.0)])
CREDIT = "示例底图 审图号：粤S（2026）001号"
# The middle of what is red in the base map, against the place of a longitude and latitude, in pixels of the view.
AWAY = """async ([lng, lat]) => {
  const middle = { x: 0, y: 0, weight: 0 };
  const stage = document.getElementById('map_overview').getBoundingClientRect();
  for (const canvas of document.querySelectorAll('.leaflet-backdrop-pane canvas.leaflet-tile')) {
    const box = canvas.getBoundingClientRect(), step = box.width / canvas.width;
    const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < data.length; i += 4) {
      const weight = data[i + 3] / 255 * (255 - data[i + 1]) / 255;
      if (data[i] < 200 || weight < 0.05) continue;
      const at = i / 4;
      middle.x += weight * (box.left - stage.left + (at % canvas.width + 0.5) * step);
      middle.y += weight * (box.top - stage.top + (Math.floor(at / canvas.width) + 0.5) * step);
      middle.weight += weight;
    }
  }
  const there = gridmap.map.latLngToContainerPoint([lat, lng]);
  return [middle.x / middle.weight - there.x, middle.y / middle.weight - there.y, middle.weight];
}"""


def pixel_of(kind: str, z: int) -> np.ndarray:
    """Where the place is in the server's picture of the world."""
    if kind == "tianditu_c":
        lon, lat = PLACE[0]
        return np.array([lon + 180.0, 90.0 - lat]) / 360.0 * SIDE * 2**z
    at = from_wgs84(PLACE, Datum.GCJ02) if kind == "gcj02" else PLACE
    return to_world(at)[0] * SIDE * 2**z


def tile(kind: str, z: int, x: int, y: int) -> bytes:
    """Paint white with a red square around the place; what a pixel has of the square only in part is paler."""
    middle = pixel_of(kind, z) - np.array([x, y]) * SIDE
    edges = np.arange(SIDE)[:, None]
    low, high = middle - MARK, middle + MARK
    share = np.clip(np.minimum(edges + 1, high) - np.maximum(edges, low), 0, 1)
    covered = share[:, 1][:, None] * share[:, 0][None, :]
    rgb = np.full((SIDE, SIDE, 3), 255, dtype=np.uint8)
    rgb[..., 1:] = np.rint(255 * (1 - covered))[..., None]
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def tile_server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            z, x, y = (int(parse_qs(address.query)[axis][0]) for axis in "zxy")
            content = tile(address.path.strip("/"), z, x, y)
            self.send_response(200)
            self.send_header("Content-Type", "image/png")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def office(spatialite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with filled_file(spatialite_template, tmp_path_factory.mktemp("backdrop"), open_office) as path:
        yield path


@pytest.fixture
def serve(office: str) -> Iterator[Callable[..., str]]:
    """Serve the office with settings of its own; returns the address of the live map."""
    with ExitStack() as running:
        yield lambda **more: f"{running.enter_context(Server(office, **more)).address}/map"


def switched_on(page: Page) -> None:
    """Switch the base map on; pictures are read back by the test, which a page may only with leave of their server."""
    page.wait_for_function(LIVE_READY)
    page.evaluate("""() => {
      const Plain = window.Image;
      window.Image = function () { const image = new Plain(); image.crossOrigin = 'anonymous'; return image; };
    }""")
    page.check("#backdrop")


def drawn(page: Page, zoom: float) -> None:
    lon, lat = PLACE[0].tolist()
    page.evaluate("([lat, lng, z]) => gridmap.map.setView([lat, lng], z, { animate: false })", [lat, lon, zoom])
    page.wait_for_function(
        """() => { const all = [...document.querySelectorAll('.leaflet-backdrop-pane canvas.leaflet-tile')];
        return all.length > 1 && all.every((it) => it.classList.contains('leaflet-tile-loaded')); }"""
    )
    page.wait_for_timeout(300)  # tiles of the zoom before are taken away


@pytest.mark.parametrize("kind", ["gcj02", "tianditu_w", "tianditu_c"])
def test_a_mark_on_the_tiles_lies_at_its_place(
    visit: Callable[..., Visit], serve: Callable[..., str], tile_server: str, kind: str
) -> None:
    address = f"{tile_server}/{kind}?z={{z}}&x={{x}}&y={{y}}"
    seen = visit(serve(base_map=kind, base_map_url=address, base_map_attribution=CREDIT))
    switched_on(seen.page)
    for zoom in (17, 16.5, 15, 13):
        drawn(seen.page, zoom)
        east, south, weight = seen.page.evaluate(AWAY, PLACE[0].tolist())
        assert weight > MARK**2, zoom
        assert np.hypot(east, south) < 1.0, (kind, zoom, east, south)
    assert seen.page.locator(".backdrop-credit").inner_text() == CREDIT
    seen.page.uncheck("#backdrop")
    assert seen.page.locator(".leaflet-backdrop-pane canvas").count() == 0
    assert seen.page.locator(".backdrop-credit").is_hidden()
    seen.assert_clean()


def test_the_page_shifts_as_the_server_does(
    visit: Callable[..., Visit], serve: Callable[..., str], tile_server: str
) -> None:
    seen = visit(
        serve(
            base_map="gcj02",
            base_map_url=f"{tile_server}/gcj02?z={{z}}&x={{x}}&y={{y}}",
            base_map_attribution=CREDIT,
        )
    )
    seen.page.wait_for_function(LIVE_READY)
    places = np.random.default_rng(3).uniform((98, 24), (118, 40), (200, 2))
    moved = seen.page.evaluate("(all) => all.map(([lng, lat]) => gridmap.backdrop.shift(lng, lat))", places.tolist())
    assert np.abs(from_wgs84(places, Datum.GCJ02) - places - np.array(moved)).max() < 1e-9


def test_without_the_setting_there_is_no_switch_and_no_request(
    visit: Callable[..., Visit], serve: Callable[..., str]
) -> None:
    seen = visit(serve())
    seen.page.wait_for_function(LIVE_READY)
    assert seen.page.locator("#backdrop").count() == 0
    seen.assert_clean()


def test_nothing_is_asked_before_it_is_switched_on(visit: Callable[..., Visit], serve: Callable[..., str]) -> None:
    seen = visit(serve(base_map="tianditu_w", base_map_key="k", base_map_attribution=CREDIT))
    seen.page.wait_for_function(LIVE_READY)
    seen.assert_clean()
    seen.page.check("#backdrop")
    seen.page.wait_for_timeout(500)
    assert {urlsplit(each).hostname for each in seen.outside} == {"t0.tianditu.gov.cn"}
