"""Our maps beside plain Folium and geopandas.explore(): 100,000 points and the grids, weight, paint, zoom and heap.

    python benchmarks/map_pages.py [--database gridmap-demo/gridmap.db]

Without --database the demonstration is made first. Its database is copied, and every record gets a twin some metres
away, with a verdict of its own. Four pages of the same records and grids are then opened in Chromium, ours three times
(the median counts), the others once, since they take minutes, and none longer than PATIENCE: what has not come by then
is written as "> 60,000". The others get Leaflet from our own packages where the internet would send it, and empty
scripts for what paints no map; each such file counts as a request to the outside. "paint" is the second frame after the
page has loaded, from the start of the navigation; "complete" is the same, but for the live page its last tile, the
first visit's from a server that has just started. Steps are zooms and moves of 200 pixels, one after the other from the
first view to zoom 18 and back, to the second frame after each, on a phone's screen at a quarter of the processor's
speed: the first zoom, and the worst of all. "busy" is what the busiest step took of the main thread, without the
waiting that other programs cause. The heap is V8's own after a collection, and beside it what typed arrays and other
buffers hold (`Runtime.getHeapUsage`: usedSize + embedderHeapUsedSize, backingStorageSize).
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import shutil
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import folium
import geopandas
import numpy as np
from playwright.sync_api import TimeoutError as TookTooLong
from playwright.sync_api import ViewportSize, sync_playwright
from tiles import demonstration, double

from gridmap.access import Scope
from gridmap.config import data_dir
from gridmap.services.assigning import recalculate
from gridmap.services.overview import overview
from gridmap.storage.database import Database
from maps.overview import overview_page

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page, Route

    from gridmap.services.overview_values import Overview

ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-gpu", "--enable-precise-memory-info")
ROUNDS = 3
SLOWER = 4
PHONE = ViewportSize(width=390, height=844)
WIDE = ViewportSize(width=1440, height=900)
# Two frames on, in milliseconds since the navigation began.
SECOND_FRAME = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
)
MAP = "Object.values(window).find((it) => window.L && it instanceof L.Map)"
# A zoom by so many levels, or a move when it is 0; until the second frame after the map says that it is done.
STEP = """(levels) => new Promise((done) => {
  const map = window.gridmap?.map || MAP, start = performance.now();
  map.once('moveend', () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start))));
  if (levels) map.setZoom(map.getZoom() + levels, { animate: false });
  else map.panBy([200, 120], { animate: false });
})""".replace("MAP", MAP)
STEPS = (1, 0, 1, 0, 1, 0, 1, 0, 1, 0, -1, 0, -2, 0, -2)
PATIENCE = 60  # seconds for the first frames, for a step, and after which no further step is begun


@dataclass
class Measured:
    """The figures of a page."""

    name: str
    megabytes: float | None  # of the file; None for what is served
    kilobytes: float  # compressed, until the first paint
    outside: int
    paint: float
    complete: float
    slow_paint: float
    slow_complete: float
    first_zoom: float
    worst_step: float
    busy: float
    heap: float
    buffers: float


def records_of(data: Overview) -> geopandas.GeoDataFrame:
    lonlat = np.concatenate([layer.lonlat for layer in data.points])
    kinds = np.concatenate([np.full(len(layer.lonlat), layer.kind, dtype=object) for layer in data.points])
    return geopandas.GeoDataFrame({"kind": kinds}, geometry=geopandas.points_from_xy(*lonlat.T), crs="EPSG:4326")


def grids_of(data: Overview) -> geopandas.GeoDataFrame:
    names = [grid.name for grid in data.grids]
    return geopandas.GeoDataFrame({"name": names}, geometry=[grid.shape for grid in data.grids], crs="EPSG:4326")


def write_folium(data: Overview, path: Path) -> None:
    """As a plain script would: canvas preferred, one GeoJson layer of circle markers over one of grids."""
    grids = grids_of(data)
    west, south, east, north = grids.total_bounds
    shown = folium.Map([(south + north) / 2, (west + east) / 2], zoom_start=14, prefer_canvas=True, tiles=None)
    folium.GeoJson(grids.to_json(), tooltip=folium.GeoJsonTooltip(["name"])).add_to(shown)
    folium.GeoJson(records_of(data).to_json(), marker=folium.CircleMarker(radius=2, fill=True)).add_to(shown)
    shown.save(path)


def write_explore(data: Overview, path: Path) -> None:
    shown = grids_of(data).explore(tiles=None, prefer_canvas=True)
    records_of(data).explore(m=shown, column="kind", marker_kwds={"radius": 2}).save(path)


def stand_in(address: str) -> tuple[str, str]:
    """Give what a public host would: Leaflet from our own packages, nothing for what paints no map."""
    kind = "text/css" if address.partition("?")[0].endswith(".css") else "text/javascript"
    name = address.partition("?")[0].rpartition("/")[2]
    if name in {"leaflet.js", "leaflet.css"}:
        return kind, (data_dir() / "assets" / "node_modules" / "leaflet" / "dist" / name).read_text(encoding="utf-8")
    # The pages of the others call these libraries' names while they start.
    return kind, "" if kind == "text/css" else "window.$ = window.jQuery ||= () => ({ each() {}, draggable() {} });"


def visit(browser: Browser, address: str, *, slow: bool) -> tuple[dict[str, float], set[str]]:
    context = browser.new_context(viewport=PHONE if slow else WIDE, device_scale_factor=2 if slow else 1)
    page = context.new_page()
    outside: set[str] = set()

    def guard(route: Route) -> None:
        url = route.request.url
        if url.startswith(("file:", "data:", "blob:", "http://127.0.0.1")):
            route.continue_()
            return
        outside.add(url)
        kind, body = stand_in(url)
        route.fulfill(content_type=kind, body=body)

    context.route("**/*", guard)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    weights: list[float] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER if slow else 1})
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # busy: CPU time
    page.set_default_timeout(PATIENCE * 1000)
    figures = dict.fromkeys(("paint", "settled", "bytes", "first", "worst", "busy", "heap", "buffers"), math.inf)
    try:
        page.goto(address, wait_until="load")
        figures["paint"] = awaited(page, SECOND_FRAME)
        figures["bytes"] = sum(weights)
        if address.startswith("http:"):
            page.wait_for_load_state("networkidle")  # its tiles; half a second of quiet is not counted
            figures["settled"] = painted_after_tiles(page)
            figures["bytes"] = sum(weights)
        figures |= steps(page, session) if slow else {}
        figures |= memory(session)  # after the steps, when the tiles of all zooms are there
    except TookTooLong:
        print(f"    {address}: given up after {PATIENCE} s", file=sys.stderr, flush=True)
    context.close()
    return figures, outside


def awaited(page: Page, script: str, argument: int = 0) -> float:
    """Run a script that promises a number; unlike `evaluate` this gives up on a page that answers no more."""
    page.evaluate(
        "(argument) => { delete document.documentElement.dataset.took; setTimeout(() => ("
        + script
        + ")(argument).then((took) => { document.documentElement.dataset.took = took; })); }",
        argument,
    )
    page.wait_for_selector("html[data-took]", state="attached")
    return float(page.evaluate("document.documentElement.dataset.took"))


def steps(page: Page, session: CDPSession) -> dict[str, float]:
    """Zoom and move through the map: milliseconds of the first zoom and of the worst step, and of work."""

    def worked() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration")) * 1e3

    took, busy = [], []
    end = time.monotonic() + PATIENCE
    for levels in STEPS:
        before = worked()
        took.append(awaited(page, STEP, levels))
        busy.append(worked() - before)
        if time.monotonic() > end:
            break
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(300)  # tiles that came are drawn: their work is no part of the next step
    return {"first": took[0], "worst": max(took), "busy": max(busy)}


def painted_after_tiles(page: Page) -> float:
    """When the last tile of the first view had come."""
    return float(
        page.evaluate(
            "() => Math.max(...performance.getEntriesByType('resource')"
            ".filter((it) => it.name.includes('/tiles/')).map((it) => it.responseEnd))"
        )
    )


def memory(session: CDPSession) -> dict[str, float]:
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return {
        "heap": float(usage["usedSize"]) + float(usage.get("embedderHeapUsedSize", 0)),
        "buffers": float(usage.get("backingStorageSize", 0)),
    }


def measured(browser: Browser, name: str, address: str, path: Path | None, rounds: int) -> Measured:
    print(f"{name} …", file=sys.stderr, flush=True)
    wide = [visit(browser, address, slow=False) for _ in range(rounds)]
    slow = [visit(browser, address, slow=True) for _ in range(rounds)]

    def middle(visits: list[tuple[dict[str, float], set[str]]], key: str) -> float:
        return median(figures[key] for figures, _ in visits)

    print(f"    {[figures for figures, _ in wide + slow]}", file=sys.stderr, flush=True)
    last = "settled" if path is None else "paint"
    weight = len(gzip.compress(path.read_bytes(), 6)) if path else middle(wide, "bytes")
    return Measured(
        name,
        path.stat().st_size / 1e6 if path else None,
        weight / 1e3,
        len(wide[0][1]),
        middle(wide, "paint"),
        middle(wide, last),
        middle(slow, "paint"),
        middle(slow, last),
        middle(slow, "first"),
        middle(slow, "worst"),
        middle(slow, "busy"),
        middle(slow, "heap"),
        middle(slow, "buffers"),
    )


def written(milliseconds: float) -> str:
    """Write a time, or that it did not come."""
    return f"{milliseconds:,.0f}" if math.isfinite(milliseconds) else f"> {PATIENCE * 1000:,}"


def show(rows: list[Measured]) -> None:
    print(
        "| page | file MB | compressed KB | requests outside | paint ms | complete ms | phone, 4x slower: paint ms "
        "| complete ms | first zoom ms | worst step ms | busy ms | JS heap MB | buffers MB |"
    )
    print("| --- " * 13 + "|")
    for row in rows:
        weight = "–" if row.megabytes is None else f"{row.megabytes:.2f}"
        times = (
            row.paint, row.complete, row.slow_paint, row.slow_complete, row.first_zoom, row.worst_step, row.busy,
        )  # fmt: skip
        cells = [row.name, weight, f"{row.kilobytes:,.0f}", str(row.outside), *map(written, times)]
        cells += ["–" if math.isinf(size) else f"{size / 1e6:.1f}" for size in (row.heap, row.buffers)]
        print(f"| {' | '.join(cells)} |")
    plain, ours = rows[0], rows[-2:]
    for row in ours:
        print(
            f"plain Folium against {row.name}: weight {plain.kilobytes / row.kilobytes:.1f}, paint "
            f"{plain.paint / row.paint:.1f}, slow paint {plain.slow_paint / row.slow_paint:.1f}, first zoom "
            f"{plain.first_zoom / row.first_zoom:.1f}, worst step {plain.worst_step / row.worst_step:.1f} times"
        )


def prepared(given: Path | None, folder: Path) -> tuple[Path, Overview]:
    path = demonstration(given, folder)
    with closing(Database.open(str(path))) as database:
        with database.transaction("benchmark", write=True) as tx:
            double(tx, np.random.default_rng(1))
            recalculate(tx)
        with database.transaction("benchmark") as tx:
            return path, overview(tx, Scope.everything())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path, help="of a full demonstration; made when absent")
    parser.add_argument(
        "--explore", action="store_true", help="geopandas.explore() too: needs mapclassify, takes minutes"
    )
    options = parser.parse_args()
    chromium = os.environ.get("GRIDMAP_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium: install it or name it in GRIDMAP_CHROMIUM")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database, data = prepared(options.database, folder)
        files = {title: folder / f"{title}.html" for title in ("folium", "explore", "ours")}
        write_folium(data, files["folium"])
        if options.explore:
            write_explore(data, files["explore"])
        files["ours"].write_text(overview_page(data), encoding="utf-8")
        print(f"{sum(len(layer.lonlat) for layer in data.points):,} points, {len(data.grids)} grids")
        with Server(str(database)) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            ours = [
                measured(browser, "our file", files["ours"].as_uri(), files["ours"], ROUNDS),
                measured(browser, "our /map", f"{server.address}/map", None, ROUNDS),
            ]
            others = [measured(browser, "plain Folium", files["folium"].as_uri(), files["folium"], 1)]
            if options.explore:
                others.append(measured(browser, "geopandas.explore()", files["explore"].as_uri(), files["explore"], 1))
            browser.close()
    show([*others, *ours])


if __name__ == "__main__":
    main()
