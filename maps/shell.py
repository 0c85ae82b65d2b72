"""A Folium map that makes no request: nothing from a public host, everything inside the page.

A plain Folium map loads ten files from four hosts and is blank without internet. Folium's `add_js_link` would not
do: it writes into the class, for every later map of the process.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import folium
from branca.element import Element, Figure, MacroElement
from folium.template import Template

from maps.escape import inert

if TYPE_CHECKING:
    from collections.abc import Sequence


# Four grids in the colours of the map. Without an icon in the page a browser asks the server for one.
ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">'
    '<path fill="#84C2F9" d="M1 1h7v6H1z"/><path fill="#EE8474" d="M8 1h7v8H8z"/>'
    '<path fill="#F5FEFC" d="M1 7h7v8H1z"/><path fill="#F1E22D" d="M8 9h7v6H8z"/>'
    '<path fill="none" stroke="#1F2933" stroke-width="1.4" d="M1 1h14v14H1zM8 1v14M1 7h7M8 9h7"/></svg>'
)


class Verbatim(Element):
    """Text that goes into the page as it is.

    `branca.Element(text)` reads its text as a Jinja template: a name with `{{` would be run on the server.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_: Any) -> str:
        """Return the text."""
        return self.text


class Page(Figure):
    """The document around a map, in Chinese, under a content security policy that allows its own code and no more.

    Parameters
    ----------
    title : str
    nonce : str or None
        With one, every script and style carries it, for a server that sends the policy as a header. Without, the page
        states its policy itself, by the hashes of what it contains: a file has no header.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="zh-CN">\n'
        "<head>\n"
        '<meta charset="utf-8">\n'
        "{{ this.policy() }}"
        '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">\n'
        "<title>{{ this.title }}</title>\n"
        '<link rel="icon" href="{{ this.icon }}">\n'
        "{{ this.header.render(**kwargs) }}"
        "</head>\n"
        "<body>\n"
        "{{ this.html.render(**kwargs) }}"
        "{{ this.closing() }}"
        "</body>\n"
        "</html>\n"
    )

    icon = ICON

    def __init__(self, title: str, nonce: str | None) -> None:
        super().__init__(title=inert(title))
        self.nonce = nonce
        self.hashes: dict[str, list[str]] = {"script": [], "style": []}
        self.header = Element()
        self.header._parent = self  # noqa: SLF001  # as branca's own Figure does

    def add_code(self, kind: str, code: str, name: str) -> None:
        """Put a "script" or "style" into the head, inline."""
        self.header.add_child(Verbatim(self._inline(kind, code)), name=name)

    def closing(self) -> str:
        """Render what Folium's elements want to run once the page is there."""
        return self._inline("script", self.script.render())

    def policy(self) -> str:
        """Render the policy as a meta element, after everything else is known; empty for a page with a nonce."""
        if self.nonce is not None:
            return ""
        self._inline("script", self.script.render())
        scripts, styles = (" ".join(dict.fromkeys(self.hashes[kind])) for kind in ("script", "style"))
        return (
            '<meta http-equiv="Content-Security-Policy" content="'
            f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; base-uri 'none'; "
            "form-action 'none'\">\n"
        )

    def _inline(self, kind: str, code: str) -> str:
        content = f"\n{code.strip()}\n"
        if f"</{kind}" in content.lower() or "<!--" in content:
            raise ValueError(f"a {kind} of the page contains what would end it too early")
        digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
        self.hashes[kind].append(f"'sha256-{digest}'")
        attribute = "" if self.nonce is None else f' nonce="{inert(self.nonce)}"'
        return f"<{kind}{attribute}>{content}</{kind}>\n"


class OfflineMap(folium.Map):
    """A Folium map with no links, a fixed element id and no style of its own: equal input gives an equal page.

    Parameters
    ----------
    identity : str
        Id of the element and, with "map_" before it, name of the JavaScript variable.
    location : sequence of float
        Latitude and longitude of the centre.
    **options
        Leaflet's map options in snake_case.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  # Folium's own declaration; nobody adds to these
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.map(
                {{ this.get_name()|tojson }},
                { center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }} }
            );
        {% endmacro %}
        """
    )

    def __init__(self, identity: str, location: Sequence[float], **options: Any) -> None:
        super().__init__(location=location, tiles=None, **options)
        self._id = identity


class Start(MacroElement):
    """Call a function of ours with the map that it stands in.

    Parameters
    ----------
    function : str
        Its full name in our scripts, such as "gridmap.overview.start".
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            {{ this.function }}({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, function: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._id = "page"
        self.function = function


def land_map(identity: str, bounds: tuple[float, float, float, float], start: str, max_zoom: int) -> OfflineMap:
    """Make a map with the land in the middle, and a function of ours that begins with it.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north of the land.
    start : str
        As for `Start`.
    """
    west, south, east, north = bounds
    made = OfflineMap(
        identity,
        [(south + north) / 2, (west + east) / 2],
        zoom_start=14,
        max_zoom=max_zoom,
        zoom_snap=0.25,
        wheel_px_per_zoom_level=120,
        zoom_control=False,
        attribution_control=False,  # Leaflet's own carries a link to the outside; ours stands on the page
        fade_animation=False,
    )
    made.add_child(Start(start))
    return made
