"""The live map: a Folium page around our own scripts, with the land inside and everything else by tiles."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np

from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.services.overview_values import BASE_KINDS
from maps import assets
from maps.colouring import colour, neighbours
from maps.drawing import Drawing, draw
from maps.escape import inert, json_block
from maps.packing import pack
from maps.shapes import DisplayCoverage
from maps.shell import OfflineMap, Page, Start, Verbatim

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand

_SHARED = ("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "search", "layers", "view")
_OWN = ("tiles", "points", "filling", "table", "details", "measure", "live")
_VECTOR_TILE = ("lib/vectortilefeature.js", "lib/vectortilelayer.js", "lib/vectortile.js", "index.js")
_MAX_ZOOM = 20


@dataclass(frozen=True)
class Asset:
    """A file under a name that holds the hash of its content; `packed` is the same, compressed with gzip."""

    name: str
    media_type: str
    content: bytes
    packed: bytes


def live_page(land: LiveLand, *, nonce: str) -> str:
    """Make the page of the live map.

    The land is inside; base map and points come as vector tiles, numbers and details from the API. The page asks
    only the server that it came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    drawing = draw(land.overview)
    page = Page(land.overview.title, nonce)
    mark = f'nonce="{inert(nonce)}"'
    styles, scripts = _bundles()
    page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
    page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
    furniture = _template().render(data=land.overview, map_id="map_overview")
    page.html.add_child(Verbatim(furniture), name="furniture")
    page.html.add_child(Verbatim(_data_blocks(land, drawing)), name="data")
    west, south, east, north = drawing.document["bounds"]
    shell = OfflineMap(
        "overview",
        [(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        max_zoom=_MAX_ZOOM,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        zoom_control=False,
        attribution_control=False,
        fade_animation=False,
    )
    shell.add_child(Start("gridmap.live.start"))
    page.add_child(shell)
    return str(page.render())


def asset(name: str) -> Asset | None:
    """Find a file that pages name; None when there is none of that name (any more)."""
    return next((each for each in _bundles() if each.name == name), None)


@cache
def _bundles() -> tuple[Asset, Asset]:
    """Put styles and scripts into one file each: fewer requests, and one compression over all."""
    styles = [
        assets.library("leaflet", "dist/leaflet.css"),
        assets.text("css/overview.css"),
        assets.text("css/live.css"),
    ]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        _vector_tile(),
        *(assets.text(f"js/{name}.js") for name in _SHARED),
        *(assets.text(f"js/live/{name}.js") for name in _OWN),
    ]
    return (
        _asset("live", "css", "text/css; charset=utf-8", "\n".join(styles)),
        _asset("live", "js", "text/javascript; charset=utf-8", "\n".join(scripts)),
    )


def _asset(stem: str, ending: str, media_type: str, text: str) -> Asset:
    content = text.encode("utf-8")
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"{stem}.{digest}.{ending}", media_type, content, gzip.compress(content, 9, mtime=0))


def _vector_tile() -> str:
    """Write the decoder of vector tiles, which is made for Node's `require`, as a script for browsers."""
    package, point = "node_modules/@mapbox/vector-tile", "node_modules/@mapbox/point-geometry"
    files = {"@mapbox/point-geometry": f"{point}/index.js"}
    files |= {_plain(name): f"{package}/{name}" for name in _VECTOR_TILE}
    modules = ",\n".join(
        f'"{name}": function (module, require) {{\n{assets.text(path)}\n}}' for name, path in files.items()
    )
    licences = "\n".join(
        assets.text(f"{folder}/{file}").replace("*/", "* /").strip()
        for folder, file in ((package, "LICENSE.txt"), (point, "LICENSE"))
    )
    return (
        f"/*! @mapbox/vector-tile, @mapbox/point-geometry\n{licences}\n*/\n"
        "(function () {\nconst files = {\n" + modules + "\n};\nconst made = {};\n"
        "function require(name) {\n"
        "  const plain = name.replace(/^\\.\\/(lib\\/)?/, '').replace(/\\.js$/, '');\n"
        "  if (!made[plain]) {\n"
        "    made[plain] = { exports: {} };\n"
        "    files[plain](made[plain], require);\n"
        "  }\n"
        "  return made[plain].exports;\n"
        "}\n"
        "window.VectorTile = require('index').VectorTile;\n})();"
    )


def _plain(name: str) -> str:
    return name.removeprefix("lib/").removesuffix(".js")


def _data_blocks(land: LiveLand, drawing: Drawing) -> str:
    columns = {name: values for name, values in drawing.columns.items() if name.partition(".")[0] not in BASE_KINDS}
    columns["grids.workers"] = np.array(land.workers, dtype=np.int64)
    columns["grids.worker_colours"] = np.array(_worker_colours(land), dtype=np.int64)
    index, content = pack(columns)
    unknown: list[dict[str, Any]] = [{"kind": kind, "count": None} for kind in BASE_KINDS]
    document = drawing.document | {
        "columns": index,
        "base": unknown,
        "points": [{"kind": kind.name, "count": None} for kind in ASSIGNED_KINDS],
    }
    return (
        f'<script type="application/json" id="gridmap-data">{json_block(document)}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )


def _worker_colours(land: LiveLand) -> list[int]:
    """Give the grids of one person one colour, and persons next to each other different ones; -1 for nobody."""
    if not land.workers:
        return []
    grids = land.overview.grids
    touching = neighbours(DisplayCoverage(np.array([grid.shape for grid in grids], dtype=object)).plane_shapes)
    persons: list[set[int]] = [set() for _ in range(max(land.workers) + 1)]
    for grid, others in enumerate(touching):
        here = land.workers[grid]
        if here >= 0:
            persons[here] |= {land.workers[other] for other in others} - {here, -1}
    colours = colour(persons) if persons else []
    return [colours[person] if person >= 0 else -1 for person in land.workers]


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(assets.text("live.html"))
