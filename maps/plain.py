"""A served page without a map: our styles and scripts inside, a template, the menu."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from maps import assets
from maps.menu import menu
from maps.shell import Page, Verbatim
from maps.templates import template

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain_page(
    title: str, name: str, *, path: str, styles: Iterable[str], scripts: Iterable[str], nonce: str, **words: Any
) -> str:
    """Make a page.

    Parameters
    ----------
    name : str
        Of its template.
    path : str
        Where it stands in the menu.
    styles, scripts : iterable of str
        Of `data/assets`, without folder "css" or "js" and ending, in their order.
    nonce : str
        Put on every script and style, so that the server can send a strict content-security-policy.
    words
        For the template, which also gets `title` and `menu`.
    """
    page = Page(title, nonce)
    for each in styles:
        page.add_code("style", assets.text(f"css/{each}.css"), each)
    links = Markup(menu(path))  # noqa: S704 -- ours
    page.html.add_child(Verbatim(template(f"{name}.html").render(title=title, menu=links, **words)), name=name)
    for each in scripts:
        page.add_code("script", assets.text(f"js/{each}.js"), each)
    return str(page.render())
