"""The files that a page carries inside itself: our own scripts and styles, and pinned libraries from npm."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from gridmap.config import data_dir
from gridmap.errors import SetupMissing

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)  # developer tools would fetch it
_IMAGE = re.compile(r"url\((images/[\w-]+\.png)\)")


def text(name: str) -> str:
    """Read an asset, such as "js/columns.js" or "node_modules/leaflet/dist/leaflet.js".

    Raises
    ------
    SetupMissing
        The file is not there.
    """
    path = _path(name)
    return path.read_text(encoding="utf-8")


def library(package: str, file: str) -> str:
    """Read a script or style of an npm package, its licence before it as a comment, as the licences ask.

    Images that a style names are put inside it: a page fetches nothing.

    Raises
    ------
    SetupMissing
        The package is not installed.
    """
    folder = f"node_modules/{package}"
    licence = text(f"{folder}/LICENSE").replace("*/", "* /").strip()
    content = text(f"{folder}/{file}")
    near = file.rpartition("/")[0]
    content = _SOURCE_MAP.sub("", content)
    content = _IMAGE.sub(lambda found: f"url({_data_uri(f'{folder}/{near}/{found.group(1)}')})", content)
    return f"/*! {package}\n{licence}\n*/\n{content}"


def _data_uri(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_path(name).read_bytes()).decode("ascii")


def _path(name: str) -> Path:
    path = data_dir() / "assets" / name
    if not path.is_file():
        raise SetupMissing(
            f"the page asset {name} is missing: run scripts/setup (or scripts/demo), which installs the page libraries",
            asset=name,
        )
    return path
