"""The live map: a Folium page around our own scripts, with the land inside and everything else by tiles."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2
import numpy as np
from markupsafe import Markup

from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.services.overview_values import BASE_KINDS
from maps import assets
from maps.bundles import Asset, bundle, vector_tile
from maps.colouring import colour, neighbours
from maps.drawing import Drawing, draw
from maps.escape import inert, json_block
from maps.menu import menu
from maps.packing import pack
from maps.shapes import DisplayCoverage
from maps.shell import OfflineMap, Page, Start, Verbatim

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand
    from maps.base_maps import BaseMap

_SHARED = ("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "search", "layers", "view")
_OWN = ("tiles", "points", "filling", "table", "details", "measure", "backdrop", "live")
_MAX_ZOOM = 20


def live_page(land: LiveLand, *, nonce: str, backdrop: BaseMap | None = None) -> str:
    """Make the page of the live map.

    The land is inside; base map and points come as vector tiles, numbers and details from the API. The page asks
    only the server that it came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.
    backdrop : BaseMap or None
        The only other host that the page may ask, once somebody switches it on.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    drawing = draw(land.overview)
    if backdrop is not None:
        west, south, east, north = drawing.document["bounds"]
        drawing.document["backdrop"] = backdrop.document((west + east) / 2, (south + north) / 2)
    page = Page(land.overview.title, nonce)
    mark = f'nonce="{inert(nonce)}"'
    styles, scripts = bundles()
    page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
    page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
    furniture = _template().render(data=land.overview, map_id="map_overview", menu=Markup(menu("/map")))  # noqa: S704 -- ours
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


@cache
def bundles() -> tuple[Asset, Asset]:
    """Return the style and the script of the page."""
    styles = [
        assets.library("leaflet", "dist/leaflet.css"),
        assets.text("css/overview.css"),
        assets.text("css/live.css"),
        assets.text("css/menu.css"),
    ]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        vector_tile(),
        *(assets.text(f"js/{name}.js") for name in _SHARED),
        *(assets.text(f"js/live/{name}.js") for name in _OWN),
    ]
    return bundle("live", styles, scripts)


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
