"""What axe-core finds wrong with an open page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.config import data_dir

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = data_dir() / "assets" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, within: str = "html") -> list[tuple[str, list[str]]]:
    """Name each rule that is broken inside an element, with the elements that break it."""
    if page.evaluate("() => !window.axe"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("(within) => axe.run(within, { resultTypes: ['violations'] })", within)
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]
