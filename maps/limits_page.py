"""The page `/limits` (四至范围): a sentence on a Folium map, each side in its colour."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from gridmap.services.overview_values import BASE_KINDS
from maps import assets
from maps.bundles import Asset, bundle, vector_tile
from maps.drawing import draw
from maps.escape import inert, json_block
from maps.menu import menu
from maps.packing import pack
from maps.shell import OfflineMap, Page, Start, Verbatim

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand

_SHARED = ("columns", "geometry", "surface", "ground", "panel", "view", "live/tiles")
_OWN = ("paint", "answer", "page")
_MAX_ZOOM = 21


def limits_page(land: LiveLand, *, nonce: str) -> str:
    """Make the page on which a sentence becomes a polygon. What it draws comes from the server that it came from.

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
    page = Page("四至范围", nonce)
    mark = f'nonce="{inert(nonce)}"'
    styles, scripts = bundles()
    page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
    page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
    furniture = _template().render(
        subdistrict=land.overview.subdistrict_name,
        plan=land.overview.plan,
        demonstration=land.overview.demonstration,
        map_id="map_limits",
        menu=Markup(menu("/limits")),  # noqa: S704 -- ours
    )
    page.html.add_child(Verbatim(furniture), name="furniture")
    index, content = pack(
        {name: values for name, values in drawing.columns.items() if name.partition(".")[0] not in BASE_KINDS}
    )
    document = drawing.document | {"columns": index}
    blocks = (
        f'<script type="application/json" id="gridmap-data">{json_block(document)}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )
    page.html.add_child(Verbatim(blocks), name="data")
    west, south, east, north = drawing.document["bounds"]
    shell = OfflineMap(
        "limits",
        [(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        max_zoom=_MAX_ZOOM,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        zoom_control=False,
        attribution_control=False,
        fade_animation=False,
    )
    shell.add_child(Start("gridmap.limits.start"))
    page.add_child(shell)
    return str(page.render())


@cache
def bundles() -> tuple[Asset, Asset]:
    """Return the style and the script of the page."""
    styles = [
        assets.library("leaflet", "dist/leaflet.css"),
        *(assets.text(f"css/{name}.css") for name in ("overview", "live", "planner", "menu", "limits")),
    ]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        vector_tile(),
        *(assets.text(f"js/{name}.js") for name in _SHARED),
        *(assets.text(f"js/limits/{name}.js") for name in _OWN),
    ]
    return bundle("limits", styles, scripts)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(assets.text("limits.html"))
