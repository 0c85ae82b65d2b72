"""The dispatcher's page (`/incidents`): cases as a list and on a Folium map, and what can be done with each."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from gridmap.services.dispatch_heat import LEAST
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

_SHARED = ("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "view", "live/tiles")
_OWN = ("words", "talk", "list", "painting", "moves", "file", "report", "heat", "dispatch")
_MAX_ZOOM = 20


def dispatch_page(land: LiveLand, *, nonce: str) -> str:
    """Make the dispatcher's page. The land is inside; cases are asked for at the server that the page came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    overview = land.overview
    drawing = draw(overview)
    page = Page("事件办理", nonce)
    mark = f'nonce="{inert(nonce)}"'
    styles, scripts = bundles()
    page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
    page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
    furniture = _template().render(
        menu=Markup(menu("/incidents")),  # noqa: S704 -- ours
        plan=overview.plan,
        demonstration=overview.demonstration,
        map_id="map_dispatch",
        least=LEAST,
    )
    page.html.add_child(Verbatim(furniture), name="furniture")
    index, content = pack(
        {name: values for name, values in drawing.columns.items() if name.partition(".")[0] not in BASE_KINDS}
    )
    document = json_block(drawing.document | {"columns": index})
    blocks = (
        f'<script type="application/json" id="gridmap-data">{document}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )
    page.html.add_child(Verbatim(blocks), name="data")
    west, south, east, north = drawing.document["bounds"]
    shell = OfflineMap(
        "dispatch",
        [(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        max_zoom=_MAX_ZOOM,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        zoom_control=False,
        attribution_control=False,
        fade_animation=False,
    )
    shell.add_child(Start("gridmap.dispatch.start"))
    page.add_child(shell)
    return str(page.render())


@cache
def bundles() -> tuple[Asset, Asset]:
    """Return the style and the script of the page."""
    styles = [
        assets.library("leaflet", "dist/leaflet.css"),
        *(assets.text(f"css/{name}.css") for name in ("overview", "live", "planner", "menu", "dispatch")),
    ]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        vector_tile(),
        *(assets.text(f"js/{name}.js") for name in _SHARED),
        *(assets.text(f"js/dispatch/{name}.js") for name in _OWN),
    ]
    return bundle("dispatch", styles, scripts)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(assets.text("dispatch.html"))
