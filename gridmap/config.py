"""Settings, read once at the edge (command line, server) and handed down."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
    """

    database: str = DEFAULT_DATABASE


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from environment variables."""
    return Settings(database=environ.get("GRIDMAP_DATABASE") or DEFAULT_DATABASE)


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
