"""The planner's page (`/plans/{id}`): a draft on a Folium page, with tools that send gestures to the server."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from maps.drawing import draw
from maps.served import MapPage

if TYPE_CHECKING:
    from datetime import date

    from gridmap.services.live import LiveLand
    from gridmap.services.plan_values import PlanView

PAGE = MapPage(
    name="planner",
    path="/plans",
    map_name="planner",
    styles=("overview", "live", "planner", "menu"),
    scripts=(
        *("columns", "geometry", "surface", "ground", "panel", "view", "live/tiles", "ask", "problems"),
        *(
            f"planner/{name}"
            for name in ("land", "painting", "tools", "table", "sentence", "place", "review", "talk", "planner")
        ),
    ),
    start="gridmap.planner.start",
)


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
    plan, overview = data.plan, data.land.overview
    words = {"title": plan.name, "state": plan.word, "base": data.base, "demonstration": overview.demonstration}
    document = {"draft": asdict(plan), "day": data.today.isoformat()}
    return PAGE.render(plan.name, draw(overview), nonce=nonce, words=words, document=document)
