"""The page on which addresses are checked (`/addresses`): a queue, a map with numbered candidates, a keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.drawing import draw
from maps.served import MapPage

if TYPE_CHECKING:
    from gridmap.services.live import LiveLand

_TITLE = "地址核对"

PAGE = MapPage(
    name="addresses",
    path="/addresses",
    map_name="addresses",
    styles=("overview", "live", "planner", "menu", "addresses"),
    scripts=(
        *("columns", "geometry", "surface", "ground", "panel", "view", "live/tiles", "ask", "problems"),
        *(f"review/{name}" for name in ("talk", "table", "review")),
    ),
    start="gridmap.review.start",
)


def address_review_page(land: LiveLand, *, nonce: str) -> str:
    """Make the page. The queue is asked for at the server that the page came from.

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
    words = {"title": _TITLE, "place": overview.subdistrict_name, "demonstration": overview.demonstration}
    return PAGE.render(_TITLE, draw(overview), nonce=nonce, words=words)
