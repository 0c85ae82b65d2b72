"""A small office for tests: communities and grids drawn as text, written as the files that an office has."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from ascii_art import polygons

from gridmap.config import Settings
from gridmap.datum import Plane
from gridmap.model.kinds import kind_named
from gridmap.runner import ImportRequest, run_import

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.services.imports import ImportReport
    from gridmap.storage.database import Database

PLANE = Plane.from_epsg(4547)
ORIGIN = np.array([450_000.0, 2_560_000.0])  # lower left corner of every drawing, in the plane
SUBDISTRICT = "440106001"
SIZE = 100.0  # metres of a cell

# Two communities side by side, three grids in the first and two in the second.
COMMUNITIES = """
    AAAABBB
    AAAABBB
    AAAABBB
"""
GRIDS = """
    AABBDDD
    AABBDEE
    CCCCDEE
"""
COMMUNITY_OF = {"A": "001", "B": "002"}
GRID_OF = {"A": "001001", "B": "001002", "C": "001003", "D": "002001", "E": "002002"}
WORKER = "李示范"  # of every grid
# The same land after a redistricting: the middle of A has gone to B.
MOVED = """
    ABBBDDD
    ABBBDEE
    CCCCDEE
"""


def code(letter: str, of: Mapping[str, str] = GRID_OF) -> str:
    """Code of a drawn grid or community."""
    return SUBDISTRICT + of[letter]


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point of the drawing, metres from its lower left corner."""
    lon, lat = PLANE.unproject(np.array([[x, y]]) + ORIGIN)[0].tolist()
    return lon, lat


def to_lonlat(shape: shapely.Geometry) -> shapely.Geometry:
    """Carry a drawn shape to EPSG:4490."""
    moved = shapely.transform(np.array([shape], dtype=object), lambda xy: xy + ORIGIN)
    result: shapely.Geometry = PLANE.unproject_geometries(moved)[0]
    return result


def write_geojson(path: Path, features: Iterable[tuple[shapely.Geometry | None, Mapping[str, Any]]]) -> Path:
    """Write features in lon/lat."""
    listed = [
        {
            "type": "Feature",
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
            "properties": dict(values),
        }
        for shape, values in features
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": listed}, ensure_ascii=False), encoding="utf-8")
    return path


def write_communities(folder: Path, art: str = COMMUNITIES) -> Path:
    """Write the drawn communities as 社区.geojson."""
    drawn = polygons(art, SIZE)
    names = {"A": "解放路社区", "B": "建设路社区"}
    rows = [
        (to_lonlat(shape), {"code": code(letter, COMMUNITY_OF), "name": names[letter]})
        for letter, shape in drawn.items()
    ]
    return write_geojson(folder / "communities.geojson", rows)


def write_grids(folder: Path, art: str = GRIDS, name: str = "grids.geojson") -> Path:
    """Write the drawn grids as a file."""
    drawn = polygons(art, SIZE)
    rows = [(to_lonlat(shape), {"code": code(letter), "worker": WORKER}) for letter, shape in drawn.items()]
    return write_geojson(folder / name, rows)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], encoding: str = "utf-8") -> Path:
    """Write a sheet."""
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([header, *rows])
    return path


def write_households(folder: Path, places: Sequence[tuple[float, float]], name: str = "households.csv") -> Path:
    """Write households at points of the drawing, metres from its lower left corner."""
    rows = [
        (
            f"H{number:05d}",
            "张示范",
            f"1990000{number:04d}",
            f"示范路{number + 1}号",
            3,
            "是",
            *(f"{v:.10f}" for v in lonlat(x, y)),
        )
        for number, (x, y) in enumerate(places)
    ]
    header = ["户编号", "户主", "联系电话", "地址", "居住人数", "已摸排", "经度", "纬度"]
    return write_csv(folder / name, header, rows)


def load(database: Database, kind: str, path: Path, crs: str | None = "EPSG:4490", **options: Any) -> ImportReport:
    """Import a file as the command does."""
    dry_run = options.pop("dry_run", False)
    request = ImportRequest(kind_named(kind), path, crs=crs, **options)
    return run_import(database, request, "tester", dry_run=dry_run).report


def open_office(database: Database, folder: Path) -> None:
    """Import the drawn communities and grids."""
    load(database, "communities", write_communities(folder))
    load(database, "grids", write_grids(folder))


@contextmanager
def client_of(target: str) -> Iterator[TestClient]:
    """Open the API of a database; a mistake of ours is answered as a server would, not raised."""
    from starlette.testclient import TestClient  # two seconds that a program without an API does not have to spend

    from api.app import create_app

    app = create_app(Settings(database=target))
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield client
