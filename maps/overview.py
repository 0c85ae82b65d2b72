"""The overview map (一张图): one file that makes no request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gridmap.model.land import GridKind
from gridmap.services.overview_values import MEASURES
from maps import assets
from maps.drawing import Drawing, draw
from maps.escape import json_block
from maps.menu import menu
from maps.packing import deflate, pack
from maps.shell import Page, Verbatim, land_map
from maps.templates import template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.services.overview_values import Overview

_SCRIPTS = (
    "columns",
    "geometry",
    "surface",
    "ground",
    "labels",
    "marks",
    "panel",
    "search",
    "layers",
    "view",
    "overview",
)
_MAX_ZOOM = 20


def overview_page(data: Overview, *, nonce: str | None = None) -> str:
    """Make the overview page of a sub-district.

    Scripts, styles, icons and all data are inside; the base map is drawn from our own layers on a canvas. The page is
    the same, byte for byte, for equal data.

    Parameters
    ----------
    data : Overview
        Holds no personal data; see there.
    nonce : str or None
        For a served page: put on every script and style, so that the server can send a strict
        content-security-policy. Without one the page carries a policy by hashes.

    Returns
    -------
    str
        HTML.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    drawing = draw(data)
    page = Page(data.title, nonce)
    page.add_code("style", assets.library("leaflet", "dist/leaflet.css"), "leaflet_css")
    styles = ("overview",) if nonce is None else ("overview", "menu")
    page.add_code("style", "\n".join(assets.text(f"css/{name}.css") for name in styles), "gridmap_css")
    page.add_code("script", assets.library("leaflet", "dist/leaflet.js"), "leaflet_js")
    page.add_code("script", assets.library("fflate", "umd/index.js"), "fflate_js")
    page.add_code("script", "\n".join(assets.text(f"js/{name}.js") for name in _SCRIPTS), "gridmap_js")
    page.html.add_child(Verbatim(_furniture(data, served=nonce is not None)), name="furniture")
    page.html.add_child(Verbatim(_data_blocks(drawing)), name="data")
    page.add_child(land_map("overview", drawing.document["bounds"], "gridmap.overview.start", _MAX_ZOOM))
    return str(page.render())


def _data_blocks(drawing: Drawing) -> str:
    """Write the data as three blocks that no parser of HTML or JavaScript can mistake for code."""
    index, content = pack(drawing.columns)
    labels = deflate(json_block(drawing.labels).encode("utf-8"))
    document = drawing.document | {"columns": index}
    return (
        f'<script type="application/json" id="gridmap-data">{json_block(document)}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
        f'<script type="text/plain" id="gridmap-labels">{labels}</script>\n'
    )


def _furniture(data: Overview, *, served: bool) -> str:
    return template("overview.html").render(
        data=data,
        menu=Markup(menu("/")) if served else "",  # noqa: S704 -- ours
        map_id="map_overview",
        headings=_HEADINGS,
        dedicated=sum(grid.kind is GridKind.DEDICATED for grid in data.grids),
        rows=_grid_rows(data) if len(data.communities) == 1 else _community_rows(data),
        level="网格" if len(data.communities) == 1 else "社区",
        totals=_row(data.totals),
        unassigned=_row(data.unassigned) if any(data.unassigned.values()) else None,
    )


def _community_rows(data: Overview) -> list[dict[str, Any]]:
    return [
        {
            "level": "community",
            "index": index,
            "name": community.name,
            "grids": sum(grid.community_code == community.code for grid in data.grids),
            "numbers": _row(community.numbers),
        }
        for index, community in enumerate(data.communities)
    ]


def _grid_rows(data: Overview) -> list[dict[str, Any]]:
    """Make the rows of a single community: its grids, by code as the page has them."""
    ordered = sorted(data.grids, key=lambda grid: grid.code)
    name = data.communities[0].name
    return [
        {
            "level": "grid",
            "index": index,
            "name": grid.name.removeprefix(name),
            "grids": None,
            "numbers": _row(grid.numbers),
        }
        for index, grid in enumerate(ordered)
    ]


# The table's columns are narrow: the measures' names, broken in the middle.
_HEADINGS = (
    ("居民户", ""),
    ("居民", ""),
    ("沿街", "商铺"),
    ("驻区", "单位"),
    ("社会", "组织"),
    ("党", "组织"),
    ("重点", "部位"),
    ("在办", "事件"),
)


def _row(numbers: Mapping[str, int]) -> list[str]:
    """Write the measures as cells; a dash for what is unknown."""
    values: list[Any] = [numbers.get(key) for key, _ in MEASURES]
    return ["–" if value is None else f"{value:,}" for value in values]
