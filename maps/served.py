"""A served page around a map: Folium's shell, our styles and scripts under hashed names, the land inside.

Everything else a page asks for at the server that it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gridmap.services.overview_values import BASE_KINDS
from maps import assets
from maps.bundles import Asset, bundle, vector_tile
from maps.escape import inert, json_block
from maps.menu import menu
from maps.packing import pack
from maps.shell import Page, Verbatim, land_map
from maps.templates import template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from maps.drawing import Drawing
    from maps.shapes import Columns


@dataclass(frozen=True)
class MapPage:
    """What one page is made of.

    Parameters
    ----------
    name : str
        Of its template, and in the names of its files.
    path : str
        Where it stands in the menu.
    map_name : str
        Of its map, whose element is "map_" and this.
    styles, scripts : tuple of str
        Of `data/assets`, without folder "css" or "js" and ending, in their order.
    start : str
        The function that begins.
    max_zoom : int
    """

    name: str
    path: str
    map_name: str
    styles: tuple[str, ...]
    scripts: tuple[str, ...]
    start: str
    max_zoom: int = 21

    def bundles(self) -> tuple[Asset, Asset]:
        """Return the style and the script of the page.

        Raises
        ------
        SetupMissing
            The page libraries are not installed.
        """
        return _bundles(self)

    def render(
        self,
        title: str,
        drawing: Drawing,
        *,
        nonce: str,
        words: Mapping[str, Any],
        document: Mapping[str, Any] | None = None,
        columns: Columns | None = None,
    ) -> str:
        """Make the page.

        Parameters
        ----------
        nonce : str
            Put on every script and style, so that the server can send a strict content-security-policy.
        words : mapping
            For the template, which also gets `map_id` and `menu`.
        document, columns : mapping, optional
            What the page carries besides the drawing.

        Raises
        ------
        SetupMissing
            The page libraries are not installed.
        """
        page = Page(title, nonce)
        mark = f'nonce="{inert(nonce)}"'
        styles, scripts = self.bundles()
        page.header.add_child(Verbatim(f'<link rel="stylesheet" {mark} href="/assets/{styles.name}">\n'), name="styles")
        page.header.add_child(Verbatim(f'<script {mark} src="/assets/{scripts.name}"></script>\n'), name="scripts")
        links = Markup(menu(self.path))  # noqa: S704 -- ours
        furniture = template(f"{self.name}.html").render(map_id=f"map_{self.map_name}", menu=links, **words)
        page.html.add_child(Verbatim(furniture), name="furniture")
        page.html.add_child(Verbatim(_data_blocks(drawing, document or {}, columns or {})), name="data")
        page.add_child(land_map(self.map_name, drawing.document["bounds"], self.start, self.max_zoom))
        return str(page.render())


def _data_blocks(drawing: Drawing, document: Mapping[str, Any], columns: Columns) -> str:
    """Write the land as blocks that no parser of HTML or JavaScript can mistake for code; the base map is in tiles."""
    land = {name: values for name, values in drawing.columns.items() if name.partition(".")[0] not in BASE_KINDS}
    index, content = pack(land | columns)
    carried = json_block(drawing.document | dict(document) | {"columns": index})
    return (
        f'<script type="application/json" id="gridmap-data">{carried}</script>\n'
        f'<script type="text/plain" id="gridmap-columns">{content}</script>\n'
    )


@cache
def _bundles(page: MapPage) -> tuple[Asset, Asset]:
    styles = [assets.library("leaflet", "dist/leaflet.css"), *(assets.text(f"css/{name}.css") for name in page.styles)]
    scripts = [
        assets.library("leaflet", "dist/leaflet.js"),
        assets.library("fflate", "umd/index.js"),
        assets.library("pbf", "dist/pbf.js"),
        vector_tile(),
        *(assets.text(f"js/{name}.js") for name in page.scripts),
    ]
    return bundle(page.name, styles, scripts)
