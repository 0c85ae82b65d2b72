"""The drawn office with streets along its borders, and sentences for its communities and grids."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from ascii_art import polygons
from office import COMMUNITIES, COMMUNITY_OF, GRIDS, SIZE, WORKER, code, load, to_lonlat, write_geojson

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

# By name where each street runs: from (x, y) to (x, y), metres from the drawing's lower left corner.
# 小巷 halves grid A; there are two 双街.
STREETS = [
    ("西街", (0, -50), (0, 350)),
    ("小巷", (100, 100), (100, 300)),
    ("中街", (200, 100), (200, 350)),
    ("东街", (400, -50), (400, 350)),
    ("双街", (500, -50), (500, 350)),
    ("双街", (600, -50), (600, 350)),
    ("环街", (700, -50), (700, 350)),
    ("南街", (-50, 0), (750, 0)),
    ("横街", (-50, 100), (450, 100)),
    ("北街", (-50, 300), (750, 300)),
]
DOCUMENT = "街办〔2026〕3号"
FIRST = "东至东街，南至南街，西至西街，北至北街"
SENTENCES = {
    "A": "东至中街，南至横街，西至西街，北至北街",
    "B": "东至东街，南至横街，西至中街，北至北街",
    "C": "东至东街，南至南街，西至西街，北至横街",
    "E": "东至环街，南至南街，西至双街，北至北街",  # wrong: it ends 100 m south of 北街
}
TWO_WAYS = "东至双街，南至南街，西至东街，北至北街"


def pave(database: Database, folder: Path) -> None:
    """Bring streets and sentences into the drawn office."""
    lines = [
        (to_lonlat(shapely.LineString(ends)), {"code": f"R{number}", "name": name})
        for number, (name, *ends) in enumerate(STREETS)
    ]
    load(database, "roads", write_geojson(folder / "roads.geojson", lines))
    names = {"A": "解放路社区", "B": "建设路社区"}
    communities = [
        (
            to_lonlat(shape),
            {
                "code": code(letter, COMMUNITY_OF),
                "name": names[letter],
                "four_limits": FIRST if letter == "A" else "",
                "source_document": DOCUMENT,
            },
        )
        for letter, shape in polygons(COMMUNITIES, SIZE).items()
    ]
    load(database, "communities", write_geojson(folder / "said_communities.geojson", communities))
    grids = [
        (
            to_lonlat(shape),
            {
                "code": code(letter),
                "worker": WORKER,
                "four_limits": SENTENCES.get(letter, ""),
                "source_document": DOCUMENT,
            },
        )
        for letter, shape in polygons(GRIDS, SIZE).items()
    ]
    load(database, "grids", write_geojson(folder / "said_grids.geojson", grids))
