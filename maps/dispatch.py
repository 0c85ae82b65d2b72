"""The dispatcher's page (`/incidents`): cases as a list and on a Folium map, and what can be done with each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.services.dispatch_heat import LEAST
from maps.drawing import draw
from maps.served import MapPage

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand

PAGE = MapPage(
    name="dispatch",
    path="/incidents",
    map_name="dispatch",
    styles=("overview", "live", "planner", "menu", "dispatch"),
    scripts=(
        *("columns", "geometry", "surface", "ground", "labels", "marks", "panel", "view", "live/tiles"),
        *("ask", "problems"),
        *(
            f"dispatch/{name}"
            for name in ("words", "talk", "list", "painting", "moves", "file", "check", "report", "heat", "dispatch")
        ),
    ),
    start="gridmap.dispatch.start",
    max_zoom=20,
)


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
    words = {"plan": overview.plan, "demonstration": overview.demonstration, "least": LEAST}
    return PAGE.render("事件办理", draw(overview), nonce=nonce, words=words)
