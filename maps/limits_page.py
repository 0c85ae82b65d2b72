"""The page `/limits` (四至范围): a sentence on a Folium map, each side in its colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.drawing import draw
from maps.served import MapPage

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand

PAGE = MapPage(
    name="limits",
    path="/limits",
    map_name="limits",
    styles=("overview", "live", "planner", "menu", "limits"),
    scripts=(
        *("columns", "geometry", "surface", "ground", "panel", "view", "live/tiles", "ask", "problems"),
        *(f"limits/{name}" for name in ("paint", "answer", "page")),
    ),
    start="gridmap.limits.start",
)


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
    overview = land.overview
    words = {
        "subdistrict": overview.subdistrict_name,
        "plan": overview.plan,
        "demonstration": overview.demonstration,
    }
    return PAGE.render("四至范围", draw(overview), nonce=nonce, words=words)
