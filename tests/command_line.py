"""What tests of the command line share: what a command left behind, and files and an office for it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely
from ascii_art import polygons
from office import SIZE, code, open_office, to_lonlat, write_geojson

from gridmap.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def assert_refused(done: Done, error: str, *words: str) -> None:
    assert done.code == 2, done
    last = done.err.strip().splitlines()[-1]
    assert re.match(r"[a-z_]+: \S", last), done.err
    assert last.partition(":")[0] == error, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


DIRTY = """
    AAAABBBBDDDDDD
    AAAABBBBDDDDDD
    AAAABBB.DDEEEE
    AAAABBBBDDEEEE
    CCCCCCCCDDEEEE
    CCCCCCCCDDEEEE
"""


def write_dirty(folder: Path) -> Path:
    """Write grids with half a cell of nobody's, and A 30 m over into B."""
    drawn = polygons(DIRTY, SIZE / 2)
    drawn["A"] = drawn["A"].union(shapely.box(200, 100, 230, 300))
    return write_geojson(
        folder / "dirty.geojson", [(to_lonlat(shape), {"code": code(letter)}) for letter, shape in drawn.items()]
    )


def with_office(target: str, folder: Path) -> None:
    """Open the drawn office in a database."""
    database = Database.open(target)
    open_office(database, folder)
    database.close()
