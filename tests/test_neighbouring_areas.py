"""The sub-districts next door: cut to what no grid has, named on pages, seen by everybody who may see anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from ascii_art import polygons
from office import COMMUNITY_OF, SIZE, code, load, open_office, to_lonlat, write_geojson

from gridmap.access import Scope
from gridmap.services.area import area_map
from gridmap.services.live import land_revision, live_land
from gridmap.services.overview import overview
from gridmap.services.tiles import KnownStates
from gridmap.storage import land
from maps.drawing import draw
from maps.overview import overview_page

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
# Around the office's land, which is 7 cells wide and 3 high; X and Y meet south of it.
AROUND = """
    NNNNNNNNN
    W.......Y
    W.......Y
    W.......Y
    XXXXXYYYY
"""
NAMES = {"N": "北邻街道", "W": "西邻镇", "X": "南邻街道", "Y": "东邻街道"}
SHAKEN = 0.4  # metres by which another office drew our border elsewhere


def surround(database: Database, folder: Path) -> None:
    open_office(database, folder)
    drawn = [
        (
            to_lonlat(shapely.transform(shape, lambda xy: xy - SIZE + SHAKEN * np.sin(xy))),
            {"code": f"44010600{number}", "name": NAMES[letter]},
        )
        for number, (letter, shape) in enumerate(polygons(AROUND, SIZE).items(), start=2)
    ]
    assert load(database, "neighbouring_areas", write_geojson(folder / "around.geojson", drawn)).added == len(NAMES)


def test_a_whole_sub_district_has_them_around_it_and_overlaps_none(database: Database, tmp_path: Path) -> None:
    surround(database, tmp_path)
    with database.transaction("tester") as tx:
        data = overview(tx, EVERYTHING)
        assert {each.name for each in data.neighbours} == set(NAMES.values())
        assert data.whole
        own = shapely.union_all([grid.shape for grid in data.grids])
        for each in data.neighbours:
            assert shapely.intersection(own, each.shape).area < 1e-15
        assert [each.name for each in live_land(tx, EVERYTHING).overview.neighbours] == [
            each.name for each in data.neighbours
        ]
    columns = draw(data).columns
    assert len(columns["neighbours.labels.x"]) == len(NAMES)
    # X and Y, and each of N's and W's two others meet once: a border that two offices drew is there once
    assert (columns["borders.rings"] > 0).sum() >= 3
    assert all(name in overview_page(data) for name in NAMES.values())


def test_a_part_names_those_that_it_meets(database: Database, tmp_path: Path) -> None:
    surround(database, tmp_path)
    with database.transaction("tester") as tx:
        middle = area_map(tx, EVERYTHING, code("B"))
        assert not middle.whole
        assert {each.name for each in middle.neighbours} >= {"北邻街道"}
        corner = {each.name for each in area_map(tx, EVERYTHING, code("E")).neighbours}
        assert {"东邻街道"} <= corner
        assert "西邻镇" not in corner
        community = overview(tx, EVERYTHING, area=code("A", COMMUNITY_OF))
        assert {"西邻镇", "建设路社区"} <= {each.name for each in community.neighbours}


def test_who_may_see_a_community_sees_what_lies_around_it(database: Database, tmp_path: Path) -> None:
    surround(database, tmp_path)
    with database.transaction("tester") as tx:
        one = next(each for each in land.communities(tx, EVERYTHING) if each.code == code("A", COMMUNITY_OF))
        limited = overview(tx, Scope("tester", frozenset({one.id})))
        assert {each.name for each in limited.neighbours} >= {"西邻镇", "北邻街道"}


def test_a_page_that_is_kept_is_made_anew_when_they_change(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)

    def revision() -> str:
        with database.transaction("tester") as tx:
            return land_revision(tx, EVERYTHING, KnownStates())

    before = revision()
    assert revision() == before
    shape = to_lonlat(shapely.box(-300, 0, -1, 300))
    load(
        database,
        "neighbouring_areas",
        write_geojson(tmp_path / "one.geojson", [(shape, {"code": "1", "name": "西邻镇"})]),
    )
    assert revision() != before
