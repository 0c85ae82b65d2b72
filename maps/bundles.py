"""Styles and scripts of a served page as one file each: fewer requests, and one compression over all."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from maps import assets

if TYPE_CHECKING:
    from collections.abc import Iterable

_VECTOR_TILE = ("lib/vectortilefeature.js", "lib/vectortilelayer.js", "lib/vectortile.js", "index.js")


@dataclass(frozen=True)
class Asset:
    """A file under a name that holds the hash of its content; `packed` is the same, compressed with gzip."""

    name: str
    media_type: str
    content: bytes
    packed: bytes


def bundle(stem: str, styles: Iterable[str], scripts: Iterable[str]) -> tuple[Asset, Asset]:
    """Put styles and scripts into one file each, called `stem.hash.css` and `stem.hash.js`."""
    return (
        _asset(stem, "css", "text/css; charset=utf-8", "\n".join(styles)),
        _asset(stem, "js", "text/javascript; charset=utf-8", "\n".join(scripts)),
    )


def _asset(stem: str, ending: str, media_type: str, text: str) -> Asset:
    content = text.encode("utf-8")
    digest = hashlib.sha256(content).hexdigest()[:16]
    return Asset(f"{stem}.{digest}.{ending}", media_type, content, gzip.compress(content, 9, mtime=0))


@cache
def vector_tile() -> str:
    """Write the decoder of vector tiles, which is made for Node's `require`, as a script for browsers.

    Raises
    ------
    SetupMissing
        The package is not installed.
    """
    package, point = "node_modules/@mapbox/vector-tile", "node_modules/@mapbox/point-geometry"
    files = {"@mapbox/point-geometry": f"{point}/index.js"}
    files |= {_plain(name): f"{package}/{name}" for name in _VECTOR_TILE}
    modules = ",\n".join(
        f'"{name}": function (module, require) {{\n{assets.text(path)}\n}}' for name, path in files.items()
    )
    licences = "\n".join(
        assets.text(f"{folder}/{file}").replace("*/", "* /").strip()
        for folder, file in ((package, "LICENSE.txt"), (point, "LICENSE"))
    )
    return (
        f"/*! @mapbox/vector-tile, @mapbox/point-geometry\n{licences}\n*/\n"
        "(function () {\nconst files = {\n" + modules + "\n};\nconst made = {};\n"
        "function require(name) {\n"
        "  const plain = name.replace(/^\\.\\/(lib\\/)?/, '').replace(/\\.js$/, '');\n"
        "  if (!made[plain]) {\n"
        "    made[plain] = { exports: {} };\n"
        "    files[plain](made[plain], require);\n"
        "  }\n"
        "  return made[plain].exports;\n"
        "}\n"
        "window.VectorTile = require('index').VectorTile;\n})();"
    )


def _plain(name: str) -> str:
    return name.removeprefix("lib/").removesuffix(".js")
