"""The planner's page (`/plans/{id}`): a draft on a Folium page, with tools that send gestures to the server."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
    from datetime import date

    from gridmap.services.live import LiveLand
    from gridmap.services.plan_values import PlanView

_SHARED = ("columns", "geometry", "surface", "ground", "panel", "view", "live/tiles")
_OWN = ("land", "painting", "tools", "table", "sentence", "place", "review", "talk", "planner")
_MAX_ZOOM = 21


@dataclass(frozen=True)
class PlanOnPage:
    """What the page of a plan begins with.

    Parameters
    ----------
    land : LiveLand
        Of the plan in force, which the draft is compared with.
    plan : PlanView
    base : str
        Name of the plan in force.
    today : date
        In Asia/Shanghai: no plan takes effect before it.
    """

    land: LiveLand
    plan: PlanView
    base: str
    today: date


def planner_page(data: PlanOnPage, *, nonce: str) -> str:
    """Make the page of a plan. Grids, blocks and numbers are asked for at the server that the page came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    overview = data.land.overview
    drawing = draw(overview)
    page = Page(data.plan.name, nonce)
    mark = f'nonce="{inert(nonce)}"'
    styles, scripts = bundles()
    page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
    page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
    furniture = _template().render(
        title=data.plan.name,
        state=data.plan.word,
        base=data.base,
        demonstration=overview.demonstration,
        map_id="map_planner",
        menu=Markup(menu("/plans")),  # noqa: S704 -- ours
    )
    page.html.add_child(Verbatim(furniture), name="furniture")
    index, content = pack(
        {name: values for name, values in drawing.columns.items() if name.partition(".")[0] not in BASE_KINDS}
    )
    document = drawing.document | {"columns": index, "draft": asdict(data.plan), "day": data.today.isoformat()}
    blocks = (
        f'<script type="application/json" id="gridmap-data">{json_block(document)}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )
    page.html.add_child(Verbatim(blocks), name="data")
    west, south, east, north = drawing.document["bounds"]
    shell = OfflineMap(
        "planner",
        [(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        max_zoom=_MAX_ZOOM,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        zoom_control=False,
        attribution_control=False,
        fade_animation=False,
    )
    shell.add_child(Start("gridmap.planner.start"))
    page.add_child(shell)
    return str(page.render())


@cache
def bundles() -> tuple[Asset, Asset]:
    """Return the style and the script of the page."""
    styles = [
        assets.library("leaflet", "dist/leaflet.css"),
        *(assets.text(f"css/{name}.css") for name in ("overview", "live", "planner", "menu")),
    ]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        vector_tile(),
        *(assets.text(f"js/{name}.js") for name in _SHARED),
        *(assets.text(f"js/planner/{name}.js") for name in _OWN),
    ]
    return bundle("planner", styles, scripts)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(assets.text("planner.html"))
