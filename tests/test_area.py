"""The area map of a grid and the maps of a part: what belongs to them, in which order, and what never leaves."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from area_sample import fill_office
from ascii_art import polygons
from hypothesis import given
from hypothesis import strategies as st
from office import (
    COMMUNITY_OF,
    GRIDS,
    ORIGIN,
    PLANE,
    SIZE,
    client_of,
    code,
    lonlat,
    open_office,
    to_lonlat,
)

from gridmap.access import Scope
from gridmap.errors import BadInput, NotFound
from gridmap.services.area import area_map, area_records
from gridmap.services.overview import overview
from gridmap.storage import land
from maps.area import area_page, metres_per_degree
from maps.drawing import draw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("tester")


@pytest.fixture(scope="module")
def filled(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    from gridmap.storage.database import Database

    database = Database.open(shared_office)
    fill_office(database, tmp_path_factory.mktemp("filled"))
    database.close()
    return shared_office


@pytest.fixture
def reading(filled: str) -> Iterator[Transaction]:
    from gridmap.storage.database import Database

    database = Database.open(filled)
    with database.transaction("tester") as transaction:
        yield transaction
    database.close()


@pytest.fixture(scope="module")
def area_client(filled: str) -> Iterator[TestClient]:
    with client_of(filled) as opened:
        yield opened


def _scope_of(tx: Transaction, letter: str) -> Scope:
    community = land.community_named(tx, EVERYTHING, code(letter, COMMUNITY_OF))
    return Scope("tester", frozenset({community.id}))


# --- the lists ----------------------------------------------------------------------------------------------------


def test_households_stand_by_compound_building_and_stairwell_what_waits_first(reading: Transaction) -> None:
    found = area_records(reading, EVERYTHING, code("A"), "households")
    assert [(*each.place, each.title, each.pending) for each in found.records] == [
        ("甲苑", "2栋", "1单元", "1001室", True),
        ("甲苑", "2栋", "1单元", "301室", False),
        ("甲苑", "2栋", "2单元", "201室", True),
        ("甲苑", "10栋", "1单元", "101室", False),
        ("", "", "", "示范街道示范路H6", True),
        ("乙苑", "3栋", "1单元", "101室", False),
    ]
    assert (found.total, found.pending) == (6, 3)


def test_shops_say_what_is_not_surveyed_and_whom_to_call(reading: Transaction) -> None:
    found = area_records(reading, EVERYTHING, code("A"), "shops")
    assert [(each.title, each.state, each.contact, each.phone) for each in found.records] == [
        ("乙店", "未摸排", "", ""),
        ("甲店", "已摸排", "李**", "199****5678"),
    ]
    assert found.records[1].note == "餐饮 · 示范街道示范路1号"


def test_open_incidents_stand_by_deadline_and_closed_ones_not_at_all(reading: Transaction) -> None:
    found = area_records(reading, EVERYTHING, code("A"), "incidents")
    assert [(each.title, each.state, each.pending) for each in found.records] == [
        ("事由E3", "待受理 超期", True),
        ("事由E2", "处置中", False),
    ]


def test_the_lists_of_all_grids_are_the_numbers_of_the_plan(reading: Transaction) -> None:
    whole = overview(reading, EVERYTHING)
    for kind in ("households", "shops", "incidents"):
        for grid in whole.grids:
            assert area_records(reading, EVERYTHING, grid.code, kind).total == grid.numbers[kind], (grid.code, kind)


def test_no_name_or_telephone_is_whole(area_client: TestClient) -> None:
    for kind in ("households", "shops", "incidents"):
        answer = area_client.get(f"/api/v1/grids/{code('A')}/records", params={"kind": kind})
        assert answer.headers["cache-control"] == "no-store"
        for secret in ("张示范", "王示", "李例", "19900001234", "19900005678", "19900009999"):
            assert secret not in answer.text


def test_what_is_no_list_of_a_grid_is_refused(reading: Transaction, area_client: TestClient) -> None:
    with pytest.raises(BadInput, match="ask for one of households"):
        area_records(reading, EVERYTHING, code("A"), "roads")
    for asked in (code("A", COMMUNITY_OF), "440106001001999", ""):
        with pytest.raises(NotFound):
            area_records(reading, EVERYTHING, asked, "shops")
    assert area_client.get(f"/api/v1/grids/{code('A')}/records", params={"kind": "roads"}).status_code == 422
    assert area_client.get("/api/v1/grids/440106001001999/records", params={"kind": "shops"}).status_code == 404
    assert area_client.get(f"/api/v1/grids/{code('A')}/records").status_code == 422


def test_another_community_sees_neither_map_nor_lists(reading: Transaction) -> None:
    other = _scope_of(reading, "B")
    for read in (area_map, lambda *args: area_records(*args, "households")):
        with pytest.raises(NotFound):
            read(reading, other, code("A"))
    assert area_records(reading, _scope_of(reading, "A"), code("A"), "households").total == 6
    with pytest.raises(NotFound):
        overview(reading, other, area=code("A", COMMUNITY_OF))


# --- the land -----------------------------------------------------------------------------------------------------


def test_a_grid_has_its_neighbours_around_it(reading: Transaction) -> None:
    data = area_map(reading, EVERYTHING, code("C"))
    assert data.title == "解放路社区第03网格"
    assert {each.code for each in data.neighbours} == {code(letter) for letter in "ABDE"}
    assert data.points == ()
    every = np.array([data.grids[0].shape, *(each.shape for each in data.neighbours)], dtype=object)
    assert shapely.coverage_is_valid(every)


def test_a_community_has_its_grids_its_points_and_its_neighbours_whole(reading: Transaction) -> None:
    data = overview(reading, EVERYTHING, area=code("A", COMMUNITY_OF))
    assert [grid.code for grid in data.grids] == [code(letter) for letter in "ABC"]
    assert [each.name for each in data.neighbours] == ["建设路社区"]
    whole = overview(reading, EVERYTHING)
    for layer, all_ in zip(data.points, whole.points, strict=True):
        own = {each for each, grid in enumerate(whole.grids) if grid.community_code == code("A", COMMUNITY_OF)}
        assert len(layer.lonlat) == np.isin(all_.grid, list(own)).sum()
        assert (layer.grid >= 0).all()
    assert data.totals["households"] == sum(grid.numbers["households"] for grid in data.grids)
    assert data.unassigned == {}


def test_drawn_borders_of_a_part_still_meet_those_around_it(reading: Transaction) -> None:
    columns = draw(overview(reading, EVERYTHING, area=code("C"))).columns
    own = set(zip(columns["grids.x"].tolist(), columns["grids.y"].tolist(), strict=True))
    around = set(zip(columns["neighbours.x"].tolist(), columns["neighbours.y"].tolist(), strict=True))
    assert len(own & around) >= 4
    assert len(columns["neighbours.labels.x"]) == 4


@given(x=st.floats(-300, 1000), y=st.floats(-300, 600))
def test_the_page_measures_as_the_plane_does(x: float, y: float) -> None:
    shape = polygons(GRIDS, SIZE)["C"]
    middle = lonlat(200, 50)
    scale = np.array(metres_per_degree(middle[1]))
    local = shapely.transform(to_lonlat(shape), lambda xy: (xy - middle) * scale)
    at = (PLANE.unproject(np.array([[x, y]]) + ORIGIN)[0] - middle) * scale
    there = shapely.distance(shapely.boundary(shape), shapely.Point(x, y))
    here = shapely.distance(shapely.boundary(local), shapely.Point(at))
    assert here == pytest.approx(there, rel=5e-4, abs=0.002)


# --- the page -----------------------------------------------------------------------------------------------------


def test_the_page_carries_the_exact_borders(reading: Transaction) -> None:
    data = area_map(reading, EVERYTHING, code("C"))
    page = area_page(data, nonce="n")
    document = json.loads(re.findall(r'id="gridmap-data">(.*?)</script>', page, re.DOTALL)[0])
    lengths = dict(document["columns"])
    assert lengths["exact.rings"] == 1 + len(data.neighbours)
    assert area_page(data, nonce="n") == page


def test_a_page_is_kept_until_something_is_written(database: Database, target: str, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    with client_of(target) as client:
        before = client.get(f"/grids/{code('A')}")
        nonce = re.findall(r"'nonce-([^']+)'", before.headers["content-security-policy"])[0]
        assert f'nonce="{nonce}"' in before.text
        assert "default-src 'none'" in before.headers["content-security-policy"]
        again = client.get(f"/grids/{code('A')}")
        assert nonce not in again.text
        client.post(
            "/api/v1/incidents", json={"title": "路灯不亮", "lon": lonlat(20, 280)[0], "lat": lonlat(20, 280)[1]}
        )
        assert "在办 <b>1</b>" in client.get(f"/grids/{code('A')}").text
        assert "在办 <b>0</b>" in before.text


def test_where_there_is_no_grid_the_page_says_what_to_do(area_client: TestClient, target: str) -> None:
    missing = area_client.get("/grids/440106001001999")
    assert missing.status_code == 404
    assert "没有这个网格" in missing.text
    with client_of(target) as empty:
        answer = empty.get(f"/grids/{code('A')}")
        assert answer.status_code == 404
        assert "gridmap import grids" in answer.text
