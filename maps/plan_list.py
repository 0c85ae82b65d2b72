"""The list of plans (`/plans`), from which a draft is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from maps import assets
from maps.menu import menu
from maps.shell import Page, Verbatim
from maps.templates import template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.services.plan_values import PlanView


def plan_list_page(plans: Sequence[PlanView], *, demonstration: bool, nonce: str) -> str:
    """Make the page that lists plans, drafts first.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.
    """
    page = Page("网格划分", nonce)
    for name in ("overview", "planner", "plans", "menu"):
        page.add_code("style", assets.text(f"css/{name}.css"), name)
    page.html.add_child(
        Verbatim(
            template("plans.html").render(
                title="网格划分",
                plans=plans,
                demonstration=demonstration,
                menu=Markup(menu("/plans")),  # noqa: S704 -- ours
            )
        ),
        name="plans",
    )
    page.add_code("script", assets.text("js/planner/list.js"), "list")
    return str(page.render())
