"""The list of plans (`/plans`), from which a draft is begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from maps.plain import plain_page

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
    return plain_page(
        "网格划分",
        "plans",
        path="/plans",
        styles=("overview", "planner", "plans", "menu"),
        scripts=("ask", "problems", "planner/list"),
        nonce=nonce,
        plans=plans,
        demonstration=demonstration,
    )
