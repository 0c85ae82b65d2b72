"""The menu of the served pages, in the words of the office."""

from __future__ import annotations

from html import escape

PAGES = (
    ("/map", "一张图"),
    ("/plans", "网格划分"),
    ("/limits", "四至范围"),
    ("/addresses", "地址核对"),
    ("/incidents", "事件办理"),
)


def menu(here: str) -> str:
    """Return the menu as HTML; the page that one is on says so.

    Parameters
    ----------
    here : str
        Path of the page, such as "/map".
    """
    current = {True: ' aria-current="page"', False: ""}
    links = "".join(f'<a href="{path}"{current[path == here]}>{escape(word)}</a>' for path, word in PAGES)
    return f'<nav class="menu" aria-label="菜单">{links}</nav>'
