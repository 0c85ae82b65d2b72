"""The area map of one grid (`/grids/{code}`): made for a phone in the street."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.services.overview_values import MEASURES
from maps import assets
from maps.drawing import draw
from maps.escape import json_block
from maps.packing import pack
from maps.shapes import UNIT, shape_columns
from maps.shell import OfflineMap, Page, Start, Verbatim
from maps.templates import template

if TYPE_CHECKING:
    from gridmap.services.overview_values import Overview
    from maps.shapes import Columns

_SCRIPTS = ("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "layers", "view")
_OWN = ("position", "lists", "sheet", "area")
_MAX_ZOOM = 20
# of the ellipsoid of CGCS2000
_SEMI_MAJOR = 6_378_137.0
_ECCENTRICITY_SQUARED = 0.006_694_380_022_903
_MILLIMETRE = 0.001


def area_page(data: Overview, *, nonce: str) -> str:
    """Make the area map of a grid.

    The land is inside, and the exact borders of the grid and its neighbours, so that the page itself can tell where
    its bearer stands and how far from the border; lists of records it asks for at the server that it came from.

    Parameters
    ----------
    data : Overview
        Of one grid, without points.
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.

    Raises
    ------
    SetupMissing
        The page libraries are not installed.
    """
    drawing = draw(data)
    west, south, east, north = drawing.document["bounds"]
    middle = (west + east) / 2, (south + north) / 2
    scale = metres_per_degree(middle[1])
    index, content = pack(drawing.columns | _exact_borders(data, middle, scale))
    document = drawing.document | {"columns": index, "frame": {"middle": middle, "scale": scale}}

    page = Page(data.title, nonce)
    page.add_code("style", assets.library("leaflet", "dist/leaflet.css"), "leaflet_css")
    page.add_code("style", assets.text("css/area.css"), "gridmap_css")
    page.add_code("script", assets.library("leaflet", "dist/leaflet.js"), "leaflet_js")
    page.add_code("script", assets.library("fflate", "umd/index.js"), "fflate_js")
    names = [*_SCRIPTS, *(f"area/{name}" for name in _OWN)]
    page.add_code("script", "\n".join(assets.text(f"js/{name}.js") for name in names), "gridmap_js")
    page.html.add_child(Verbatim(_furniture(data)), name="furniture")
    blocks = (
        f'<script type="application/json" id="gridmap-data">{json_block(document)}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )
    page.html.add_child(Verbatim(blocks), name="data")
    shell = OfflineMap(
        "area",
        [middle[1], middle[0]],
        zoom_start=16,
        max_zoom=_MAX_ZOOM,
        zoom_snap=0.25,
        zoom_control=False,
        attribution_control=False,  # Leaflet's own carries a link to the outside
        fade_animation=False,
    )
    shell.add_child(Start("gridmap.area.start"))
    page.add_child(shell)
    return str(page.render())


def metres_per_degree(latitude: float) -> tuple[float, float]:
    """Give the metres of a degree of longitude and of latitude, by the two radii of the ellipsoid's curvature there.

    Within 2 km of that latitude distances by these are right to 1 in 2,000: a centimetre at 20 m.
    """
    phi = np.radians(latitude)
    root = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical = _SEMI_MAJOR / np.sqrt(root)
    meridian = _SEMI_MAJOR * (1.0 - _ECCENTRICITY_SQUARED) / root**1.5
    return float(np.radians(prime_vertical * np.cos(phi))), float(np.radians(meridian))


def _exact_borders(data: Overview, middle: tuple[float, float], scale: tuple[float, float]) -> Columns:
    """Lay out the borders in millimetres from the middle, the grid's first, not thinned out as those that are drawn."""
    shapes = np.array([data.grids[0].shape, *(each.shape for each in data.neighbours)], dtype=object)
    counted = np.array(scale) / _MILLIMETRE * UNIT  # the columns count in units of a degree
    return shape_columns("exact", shapely.transform(shapes, lambda xy: (xy - middle) * counted), (0, 0))


def _furniture(data: Overview) -> str:
    grid = data.grids[0]
    tabs: list[dict[str, Any]] = [
        {"kind": key, "word": word, "count": grid.numbers.get(key)} for key, word in MEASURES if key != "residents"
    ]
    first = next((tab["kind"] for tab in tabs if tab["count"]), tabs[0]["kind"])
    return template("area.html").render(data=data, grid=grid, community=data.communities[0], tabs=tabs, first=first)
