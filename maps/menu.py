"""The menu of the served pages, in the words of the office."""

from __future__ import annotations

from html import escape

PAGES = (
    ("/map", "一张图"),
    ("/plans", "网格划分"),
    ("/limits", "四至范围"),
    ("/incidents", "事件办理"),
    ("/addresses", "地址核对"),
)
_WITHIN = {"/": "/map", "/batches": "/incidents"}  # pages that stand under another one


def menu(here: str) -> str:
    """Return the menu as HTML; the page that one is on says so, or the one that it stands under.

    Parameters
    ----------
    here : str
        Path of the page, such as "/map".
    """
    current = {here: ' aria-current="page"', _WITHIN.get(here): ' aria-current="true"'}
    links = "".join(f'<a href="{path}"{current.get(path, "")}>{escape(word)}</a>' for path, word in PAGES)
    return f'<nav class="menu" aria-label="菜单">{links}</nav>'
