"""The drawn office with hostile texts in every field that takes any text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from ascii_art import polygons
from hostile import COUNT, hostile_texts
from office import COMMUNITIES, COMMUNITY_OF, GRIDS, SIZE, code, load, to_lonlat, write_geojson

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

_CONTACT = ("contact", "phone")
# kind: how many records, and the fields that take any text
FIELDS: dict[str, tuple[int, tuple[str, ...]]] = {
    "compounds": (300, ("name", "address", "property_company")),
    "buildings": (300, ("name", "compound", "address")),
    "roads": (400, ("name", "level")),
    "waters": (200, ("name", "kind")),
    "railways": (100, ("name",)),
    "neighbouring_areas": (60, ("name",)),
    "households": (450, ("head", "phone", "address", "compound", "building", "unit", "room")),
    "shops": (350, ("name", "category", "address", *_CONTACT)),
    "organisations": (150, ("name", "category", "address", *_CONTACT)),
    "social_organisations": (150, ("name", "category", "address", *_CONTACT)),
    "party_organisations": (150, ("name", "category", "address", *_CONTACT)),
    "key_places": (150, ("name", "category", "address", *_CONTACT)),
    "incidents": (150, ("title", "source", "category", "description", "address", "reporter", "phone")),
}
Texts = dict[str, dict[str, dict[str, str]]]  # by kind, key and field


def fill_hostile_office(database: Database, folder: Path) -> Texts:
    """Import boundaries and records; return what was in the files."""
    assert sum(count * len(fields) for count, fields in FIELDS.values()) >= COUNT
    texts = cycle(hostile_texts())
    written: Texts = {}
    for kind, of, art, fields in (
        ("communities", COMMUNITY_OF, COMMUNITIES, ("name", "four_limits", "source_document")),
        ("grids", None, GRIDS, ("name", "four_limits", "source_document", "worker")),
    ):
        written[kind] = {
            (code(letter, of) if of else code(letter)): {field: next(texts) for field in fields}
            for letter in polygons(art, SIZE)
        }
        rows = [
            (to_lonlat(shape), {"code": key, **values})
            for shape, (key, values) in zip(polygons(art, SIZE).values(), written[kind].items(), strict=True)
        ]
        load(database, kind, write_geojson(folder / f"{kind}.geojson", rows))
    rng = np.random.default_rng(5)
    for kind, (count, names) in FIELDS.items():
        written[kind] = {f"{kind}-{n}": {field: next(texts) for field in names} for n in range(count)}
        shapes = [to_lonlat(_shape(kind, *place)) for place in rng.uniform(2, (690, 290), size=(count, 2))]
        rows = [
            (shape, _fixed(kind, key) | values)
            for shape, (key, values) in zip(shapes, written[kind].items(), strict=True)
        ]
        report = load(database, kind, write_geojson(folder / f"{kind}.geojson", rows))
        assert report.added == count, kind
    return written


def _fixed(kind: str, key: str) -> dict[str, Any]:
    if kind == "incidents":
        deadline = datetime.now(UTC) + timedelta(days=9)
        return {"number": key, "state": "处置中", "deadline": deadline.strftime("%Y-%m-%d %H:%M")}
    return {"code": key}


def _shape(kind: str, x: float, y: float) -> shapely.Geometry:
    if kind == "neighbouring_areas":  # around the land, where they are drawn
        return shapely.box(x / 8 - 100, y, x / 8 - 96, y + 4)
    if kind in {"compounds", "buildings", "waters"}:
        return shapely.box(x, y, x + 4, y + 4)
    if kind in {"roads", "railways"}:
        return shapely.LineString([(x, y), (x + 6, y + 5)])
    return shapely.Point(x, y)
