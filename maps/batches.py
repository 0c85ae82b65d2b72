"""The page of 五单 (`/batches`): lists of cases, what the next step of one needs, and the year of the units."""

from __future__ import annotations

from maps.plain import plain_page


def batches_page(*, demonstration: bool, nonce: str) -> str:
    """Make the page. Lists are asked for at the server that it came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.
    """
    return plain_page(
        "五单清单",
        "batches",
        path="/batches",
        styles=("overview", "planner", "menu", "batches"),
        scripts=("ask", "problems", "batches/talk", "panel", "batches/cases", "batches/forms", "batches/batches"),
        nonce=nonce,
        demonstration=demonstration,
    )
