"""The page of 五单 (`/batches`): lists of cases, what the next step of one needs, and the year of the units."""

from __future__ import annotations

from markupsafe import Markup

from maps import assets
from maps.menu import menu
from maps.shell import Page, Verbatim
from maps.templates import template

_PATH = "/batches"
_STYLES = ("overview", "planner", "menu", "batches")
_SCRIPTS = ("batches/talk", "panel", "batches/cases", "batches/forms", "batches/batches")


def batches_page(*, demonstration: bool, nonce: str) -> str:
    """Make the page. Lists are asked for at the server that it came from.

    Parameters
    ----------
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.
    """
    page = Page("五单清单", nonce)
    for name in _STYLES:
        page.add_code("style", assets.text(f"css/{name}.css"), name)
    links = Markup(menu(_PATH))  # noqa: S704 -- ours
    furniture = template("batches.html").render(demonstration=demonstration, menu=links)
    page.html.add_child(Verbatim(furniture), name="batches")
    for name in _SCRIPTS:
        page.add_code("script", assets.text(f"js/{name}.js"), name)
    return str(page.render())
