"""Settings, read once at the edge (command line, server) and handed down."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gridmap.errors import SetupMissing

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_DATABASE = "gridmap.db"


@dataclass(frozen=True)
class Settings:
    """What may be set.

    Parameters
    ----------
    database : str
        `GRIDMAP_DATABASE`: a file (SpatiaLite) or a URL `postgresql://user@host/name` (PostGIS).
    plan_profile : str
        `GRIDMAP_PLAN_PROFILE`: a file with the targets and guards of planning; empty for the one that comes with it.
    base_map : str
        `GRIDMAP_BASE_MAP`: `tianditu_w`, `tianditu_c` or `gcj02`; empty for none but our own, and no request outside.
    base_map_url : str
        `GRIDMAP_BASE_MAP_URL`: addresses of tiles with {z}, {x}, {y} and perhaps {key}, with spaces between them.
    base_map_key : str
        `GRIDMAP_BASE_MAP_KEY`: what stands for {key}. Every browser that shows the map gets it.
    base_map_attribution : str
        `GRIDMAP_BASE_MAP_ATTRIBUTION`: whose map it is, with its 审图号.
    public_url : str
        `GRIDMAP_PUBLIC_URL`: where people reach this server, as `https://gridmap.example`; printed codes lead there.
    tianditu_key : str
        `GRIDMAP_TIANDITU_KEY`: switches Tianditu's geocoder on for `gridmap address online`; empty for none.
    offline : bool
        `GRIDMAP_OFFLINE`: 1 makes every outgoing socket of the program an error.
    """

    database: str = DEFAULT_DATABASE
    plan_profile: str = ""
    base_map: str = ""
    base_map_url: str = ""
    base_map_key: str = ""
    base_map_attribution: str = ""
    public_url: str = ""
    tianditu_key: str = ""
    offline: bool = False


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables."""
    return Settings(
        database=environ.get("GRIDMAP_DATABASE") or DEFAULT_DATABASE,
        plan_profile=environ.get("GRIDMAP_PLAN_PROFILE", ""),
        base_map=environ.get("GRIDMAP_BASE_MAP", ""),
        base_map_url=environ.get("GRIDMAP_BASE_MAP_URL", ""),
        base_map_key=environ.get("GRIDMAP_BASE_MAP_KEY", ""),
        base_map_attribution=environ.get("GRIDMAP_BASE_MAP_ATTRIBUTION", ""),
        public_url=environ.get("GRIDMAP_PUBLIC_URL", "").rstrip("/"),
        tianditu_key=environ.get("GRIDMAP_TIANDITU_KEY", ""),
        offline=environ.get("GRIDMAP_OFFLINE", "") not in {"", "0"},
    )


def data_dir() -> Path:
    """Folder of the lookups, demo definitions and page assets.

    Raises
    ------
    SetupMissing
        Neither a checkout nor an installed package has it.
    """
    here = Path(__file__).resolve().parent
    for candidate in (here.parent / "data", here / "_data"):
        if (candidate / "lookups").is_dir():
            return candidate
    raise SetupMissing("the data folder of gridmap is missing: install the package again")


def read_lookup(name: str) -> Any:
    """Read a file of the words and rules that come with gridmap: `data/lookups`.

    Raises
    ------
    SetupMissing
        As `data_dir`.
    """
    return json.loads((data_dir() / "lookups" / name).read_text(encoding="utf-8"))
