"""The live map: a Folium page around our own scripts, with the land inside and everything else by tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.model.kinds import ASSIGNED_KINDS
from gridmap.services.overview_values import BASE_KINDS
from maps.colouring import colour, neighbours
from maps.drawing import draw
from maps.served import MapPage
from maps.shapes import DisplayCoverage

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand
    from maps.base_maps import BaseMap

PAGE = MapPage(
    name="live",
    path="/map",
    map_name="overview",  # what it shares with the overview file looks for its map under that name
    styles=("overview", "live", "menu"),
    scripts=(
        *("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "search", "layers", "view"),
        *(f"live/{name}" for name in ("tiles", "points", "filling", "table", "details", "measure", "backdrop", "live")),
    ),
    start="gridmap.live.start",
    max_zoom=20,
)


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
    document: dict[str, Any] = {
        "base": [{"kind": kind, "count": None} for kind in BASE_KINDS],
        "points": [{"kind": kind.name, "count": None} for kind in ASSIGNED_KINDS],
    }
    if backdrop is not None:
        west, south, east, north = drawing.document["bounds"]
        document["backdrop"] = backdrop.document((west + east) / 2, (south + north) / 2)
    columns = {
        "grids.workers": np.array(land.workers, dtype=np.int64),
        "grids.worker_colours": np.array(_worker_colours(land), dtype=np.int64),
    }
    words = {"data": land.overview}
    return PAGE.render(land.overview.title, drawing, nonce=nonce, words=words, document=document, columns=columns)


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
