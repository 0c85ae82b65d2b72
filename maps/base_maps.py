"""A base map from a tile server, for the live map, when an administrator has set one: Tianditu or GCJ-02 tiles.

Nothing is asked of any other host without that setting. The pictures are placed by `data/assets/js/live/backdrop.js`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.datum.area import in_shift_area
from gridmap.errors import SetupMissing

if TYPE_CHECKING:
    from gridmap.config import Settings

_TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_{set}/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}"
    "&STYLE=default&TILEMATRIXSET={set}&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={{key}}"
)
_LAYERS = ("vec", "cva")  # the land, and its names on top
# kind of setting -> how the page places tiles, and the word in the layer panel
_KINDS = {"tianditu_w": ("w", "天地图"), "tianditu_c": ("c", "天地图"), "gcj02": ("gcj02", "底图服务")}
_ADDRESS = re.compile(r"(https?://[A-Za-z0-9.-]+(?::\d{1,5})?)/[^\s\"'<>\\^`|]*")
_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_MAX_ZOOM = 18


@dataclass(frozen=True)
class BaseMap:
    """Where pictures of the land come from.

    Parameters
    ----------
    kind : str
        "w" Web Mercator, "c" degrees (EPSG:4490), "gcj02" Web Mercator of shifted positions.
    name : str
        In the layer panel.
    urls : tuple of str
        Templates with {z}, {x} and {y}, drawn one over the other.
    credit : str
        Who made it, and the number under which it may be shown (审图号).
    """

    kind: str
    name: str
    urls: tuple[str, ...]
    credit: str

    @property
    def hosts(self) -> tuple[str, ...]:
        """Origins that pictures come from, for the content security policy."""
        return tuple(dict.fromkeys(_origin(url) for url in self.urls))

    def document(self, lon: float, lat: float) -> dict[str, Any]:
        """Tell the page about it; tiles in GCJ-02 are moved where the land (degrees) lies in the area of the shift."""
        shifted = self.kind != "gcj02" or bool(in_shift_area(np.array([[lon, lat]]))[0])
        return {
            "kind": self.kind if shifted else "w",
            "name": self.name,
            "urls": list(self.urls),
            "credit": self.credit,
            "max_zoom": _MAX_ZOOM,
        }


def base_map(settings: Settings) -> BaseMap | None:
    """Read the base map out of the settings; None when none is set.

    Raises
    ------
    SetupMissing
        The settings do not make a base map.
    """
    if not settings.base_map:
        return None
    if settings.base_map not in _KINDS:
        raise SetupMissing(
            f"GRIDMAP_BASE_MAP={settings.base_map!r}: use one of {', '.join(_KINDS)}, or leave it empty for our own",
            value=settings.base_map,
        )
    kind, name = _KINDS[settings.base_map]
    templates = settings.base_map_url.split()
    if not templates and kind != "gcj02":
        templates = [_TIANDITU.format(layer=layer, set=kind) for layer in _LAYERS]
    if not templates:
        raise SetupMissing(
            "GRIDMAP_BASE_MAP=gcj02 needs GRIDMAP_BASE_MAP_URL, such as http://tiles.example/{z}/{x}/{y}"
        )
    if not settings.base_map_attribution:
        raise SetupMissing("GRIDMAP_BASE_MAP needs GRIDMAP_BASE_MAP_ATTRIBUTION: whose map it is, and its 审图号")
    urls = tuple(_with_key(template, settings.base_map_key) for template in templates)
    return BaseMap(kind, name, urls, settings.base_map_attribution)


def _with_key(template: str, key: str) -> str:
    if "{key}" in template and not _KEY.fullmatch(key):
        raise SetupMissing("GRIDMAP_BASE_MAP_KEY is missing, or holds more than letters, digits, dots and dashes")
    url = template.replace("{key}", key)
    _origin(url)
    if any(f"{{{axis}}}" not in url for axis in "xyz"):
        raise SetupMissing(f"GRIDMAP_BASE_MAP_URL: {template} has no {{z}}, {{x}} and {{y}}", url=template)
    return url


def _origin(url: str) -> str:
    found = _ADDRESS.fullmatch(url)
    if found is None:
        raise SetupMissing(
            f"GRIDMAP_BASE_MAP_URL: {url} is no address of tiles, such as https://tiles.example/{{z}}/{{x}}/{{y}}",
            url=url,
        )
    return found.group(1)
