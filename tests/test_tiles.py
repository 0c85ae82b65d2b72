"""`/tiles` on both databases: what is in a tile, for whom, and when a browser has to ask again."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from ascii_art import polygons
from fresh_databases import copied_database, copied_file
from mvt_reading import read_tile
from office import (
    MOVED,
    client_of,
    code,
    load,
    lonlat,
    open_office,
    to_lonlat,
    write_csv,
    write_geojson,
    write_grids,
    write_households,
)
from test_mvt import tile_of

from api import deps, tiles
from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.services import exports
from gridmap.services.tiles import TILE_LAYERS
from gridmap.storage.database import Database
from maps.tiling import MAX_ZOOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

ZOOM = 16
PLACES = [(50.0, 150.0), (150.0, 150.0), (250.0, 250.0), (450.0, 250.0), (650.0, 50.0)]  # A A B D E
HOSTILE = "`${alert(1)}`</script>\\1"


def url(layer: str, x: float = 350, y: float = 150, z: int = ZOOM) -> str:
    """The tile that has a point of the drawing."""
    column, row = tile_of(z, *lonlat(x, y))
    return f"/tiles/{layer}/{z}/{column}/{row}"


def content(answer: Response) -> list[dict[str, Any]]:
    assert answer.status_code in {200, 204}, answer.text
    return read_tile(answer.content)[1]


def around(client: TestClient, layer: str, z: int = ZOOM) -> list[dict[str, Any]]:
    """What all tiles under the drawing carry, each feature once."""
    (west, north), (east, south) = tile_of(z, *lonlat(0, 300)), tile_of(z, *lonlat(700, 0))
    answers = [
        client.get(f"/tiles/{layer}/{z}/{x}/{y}") for x in range(west, east + 1) for y in range(north, south + 1)
    ]
    rows = [row for answer in answers for row in content(answer)]
    once = {row["id"]: row for row in rows if "id" in row}
    return [*once.values(), *(row for row in rows if "id" not in row)]


def fill(database: Database, folder: Path) -> None:
    """Put something in every layer of an office."""
    load(database, "households", write_households(folder, PLACES))
    for kind in ("shops", "organisations", "social_organisations", "party_organisations", "key_places"):
        rows = [(f"N{number}", HOSTILE, *lonlat(x, y)) for number, (x, y) in enumerate(PLACES[1:3])]
        load(database, kind, write_csv(folder / f"{kind}.csv", ["code", "name", "lon", "lat"], rows))
    states = ["待受理", "已结案", "处置中"]
    rows = [(f"G{n}", "漏水", state, "张示范", *lonlat(60 + 200 * n, 150)) for n, state in enumerate(states)]
    load(
        database,
        "incidents",
        write_csv(folder / "incidents.csv", ["number", "title", "state", "reporter", "lon", "lat"], rows),
    )
    for kind, art in (("compounds", "A.BB"), ("buildings", "AB")):
        drawn = [
            (to_lonlat(shape), {"code": f"X{letter}", "name": HOSTILE}) for letter, shape in polygons(art, 90).items()
        ]
        load(database, kind, write_geojson(folder / f"{kind}.geojson", drawn))
    for kind, extra in (("roads", {"level": "主干路"}), ("railways", {}), ("waters", {"kind": "河流"})):
        line = to_lonlat(polygons("AAAAAAA", 100)["A"].exterior)
        load(
            database, kind, write_geojson(folder / f"{kind}.geojson", [(line, {"code": "1", "name": "解放路"} | extra)])
        )


@pytest.fixture(scope="module")
def office(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with client_of(shared_office) as client:
        fill(client.app.state.database, tmp_path_factory.mktemp("filled"))  # type: ignore[attr-defined]
        yield client


@pytest.fixture
def own_office(target: str, database: Database, tmp_path: Path) -> Iterator[TestClient]:
    """One that a test may change."""
    open_office(database, tmp_path)
    fill(database, tmp_path)
    with client_of(target) as client:
        yield client


@contextmanager
def instead(client: TestClient, dependency: Callable[..., Any], value: object) -> Iterator[None]:
    overrides = client.app.dependency_overrides  # type: ignore[attr-defined]
    overrides[dependency] = lambda: value
    yield
    del overrides[dependency]


def test_every_layer_carries_what_it_says_and_nothing_personal(office: TestClient) -> None:
    for layer in TILE_LAYERS:
        found = around(office, layer.name)
        assert found, layer.name
        for row in found:
            assert set(row) <= set(layer.properties), layer.name
            assert UUID(row["id"])
    for layer in TILE_LAYERS:
        for z in (11, 14, ZOOM, 18):
            tile = office.get(url(layer.name, *PLACES[1], z)).content.decode("utf-8", "replace")
            for personal in ("张示范", "1990000", "示范路", "李示范", "漏水"):
                assert personal not in tile, (layer.name, z)


def test_grids_come_with_code_kind_number_and_a_colour_unlike_their_neighbours(office: TestClient) -> None:
    found = {row["code"]: row for row in around(office, "grids")}
    assert sorted(found) == sorted(code(letter) for letter in "ABCDE")
    assert {row["kind"] for row in found.values()} == {"general"}
    assert found[code("E")]["short"] == "02"
    for one, other in ("AB", "AC", "BC", "BD", "CD", "DE"):
        assert found[code(one)]["colour"] != found[code(other)]["colour"]


def test_far_away_records_are_counted_and_close_up_they_have_ids(office: TestClient) -> None:
    assert sum(row["count"] for row in around(office, "households", 12)) == len(PLACES)
    assert all("id" not in row for row in around(office, "households", 15))
    assert len({row["id"] for row in around(office, "households", 16)}) == len(PLACES)
    assert {row["kind"] for row in around(office, "key_places")} == {"key_place"}


def test_only_open_incidents_are_shown(office: TestClient) -> None:
    shown = {row["id"] for row in around(office, "incidents")}
    listed = office.get("/api/v1/incidents").json()["items"]
    assert shown == {each["id"] for each in listed if each["state"] != "已结案"}
    assert len(listed) == 3


def test_names_are_carried_as_they_are(office: TestClient) -> None:
    assert {row["name"] for row in around(office, "compounds")} == {HOSTILE}
    assert {row["level"] for row in around(office, "roads")} == {"主干路"}
    assert {row["kind"] for row in around(office, "waters")} == {"河流"}


def test_a_tile_is_compressed_for_those_who_take_it(office: TestClient) -> None:
    packed = office.get(url("grids"))
    plain = office.get(url("grids"), headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["content-type"] == plain.headers["content-type"] == tiles.MEDIA_TYPE
    assert "Accept-Encoding" in packed.headers["vary"]


def test_what_is_not_there_is_a_problem_and_an_empty_tile_is_none(client: TestClient) -> None:
    side = 2**ZOOM
    for path in (
        "nothing/16/0/0",
        f"grids/{MAX_ZOOM + 1}/0/0",
        "grids/-1/0/0",
        f"grids/16/{side}/0",
        f"grids/16/0/{side}",
    ):
        answer = client.get(f"/tiles/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    assert "key_places" in client.get("/tiles/nothing/1/0/0").json()["detail"]
    assert client.get("/tiles/grids/1/0/x").status_code == 422
    for path in ("/tiles/grids/16/0/0", url("buildings", z=14), url("buildings", 5_000)):
        answer = client.get(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["etag"]


def test_before_any_plan_the_map_is_empty(target: str) -> None:
    with client_of(target) as client:
        assert {client.get(url(layer.name)).status_code for layer in TILE_LAYERS} == {204}


# --- revisions ----------------------------------------------------------------------------------------------------


def tags(client: TestClient) -> dict[str, str]:
    found = {layer.name: client.get(url(layer.name)).headers["etag"] for layer in TILE_LAYERS}
    assert len(set(found.values())) == len(found)
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before if before[name] != after[name]}


def test_a_tile_that_is_known_is_not_sent_again(office: TestClient) -> None:
    for layer in TILE_LAYERS:
        first = office.get(url(layer.name))
        assert first.headers["cache-control"] == "private, no-cache"
        tag = first.headers["etag"]
        for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
            again = office.get(url(layer.name), headers={"if-none-match": known})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert again.headers["cache-control"] == "private, no-cache"
        assert office.get(url(layer.name), headers={"if-none-match": '"old"'}).content == first.content


def test_a_layer_has_a_new_revision_when_its_data_changes_and_only_then(
    own_office: TestClient, database: Database, tmp_path: Path
) -> None:
    before = tags(own_office)
    assert tags(own_office) == before

    lon, lat = lonlat(350, 150)
    reported = own_office.post("/api/v1/incidents", json={"title": "漏水", "lon": lon, "lat": lat}).json()
    with_incident = tags(own_office)
    assert changed(before, with_incident) == {"incidents"}
    assert reported["id"] in {row["id"] for row in around(own_office, "incidents")}

    with database.transaction("tester", write=True) as tx:
        exports.export_rows(tx, Scope.everything(), kind_named("households"), tmp_path / "out.csv", crs="EPSG:4490")
    assert tags(own_office) == with_incident

    load(database, "shops", write_csv(tmp_path / "more.csv", ["code", "name", "lon", "lat"], [("M", "新", lon, lat)]))
    with_shop = tags(own_office)
    assert "shops" in changed(with_incident, with_shop)
    assert not changed(with_incident, with_shop) & {"households", "roads", "compounds"}

    old = {row["code"]: row["id"] for row in around(own_office, "grids")}
    load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    assert {"grids", "grid_labels", "communities", "community_labels"} <= changed(with_shop, tags(own_office))
    assert {row["code"]: row["id"] for row in around(own_office, "grids")} == old
    assert len(around(own_office, "communities")) == 2


def test_two_databases_never_share_a_revision(
    spatialite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One browser, one address: today this database, tomorrow another with as many rows in its audit."""
    found = set()
    for _ in range(2):
        folder = tmp_path_factory.mktemp("office")
        with copied_file(spatialite_template, folder) as target, client_of(target) as client:
            open_office(client.app.state.database, folder)  # type: ignore[attr-defined]
            found.add(client.get(url("grids")).headers["etag"])
    assert len(found) == 2


def test_old_tiles_make_room_for_new_ones(office: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tiles.TileCache()
    with instead(office, tiles.tile_cache, cache):
        first = office.get(url("grids"))
        (kept,) = cache.tiles
        monkeypatch.setattr(tiles, "_MOST_BYTES", cache.size + 10)
        office.get(url("communities"))
        assert kept not in cache.tiles
        assert cache.size == sum(map(len, cache.tiles.values())) <= tiles._MOST_BYTES
        assert office.get(url("grids")).content == first.content


def test_a_layer_is_read_once_however_many_ask(office: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Mock(wraps=tiles.layer_values)
    monkeypatch.setattr(tiles, "layer_values", read)
    paths = [url("households", 100 * n, 150, 18) for n in range(7)] * 2
    with instead(office, tiles.tile_cache, tiles.TileCache()), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(office.get, paths))
        assert read.call_count == 1
        assert [answer.content for answer in found[:7]] == [answer.content for answer in found[7:]]
        monkeypatch.setattr(tiles, "_MOST_INDEXES", 2)
        for layer in TILE_LAYERS:
            office.get(url(layer.name))
        read.reset_mock()
        office.get(url("households", 650, 50))
        assert read.call_count == 1


# --- who may see what ---------------------------------------------------------------------------------------------


def test_nobody_sees_beyond_his_communities(office: TestClient) -> None:
    everything = {layer.name: around(office, layer.name) for layer in TILE_LAYERS}
    before = tags(office)
    second = next(row for row in everything["communities"] if row["code"] == "440106001002")
    own = Scope("other", frozenset({UUID(second["id"])}))
    with instead(office, deps.current_scope, own):
        assert not set(tags(office).values()) & set(before.values())
        assert [row["id"] for row in around(office, "communities")] == [second["id"]]
        assert {row["code"] for row in around(office, "grids")} == {code("D"), code("E")}
        assert {row["short"] for row in around(office, "grid_labels")} == {"01", "02"}
        assert len(around(office, "households")) == 2
        assert around(office, "shops") == []
        assert around(office, "roads") == everything["roads"]
        cells = around(office, "households", 12)
        assert sum(row["count"] for row in cells) == 2
    with instead(office, deps.current_scope, Scope("nobody")):
        assert {client_status(office, layer.name) for layer in TILE_LAYERS} == {204}
        stolen = office.get(url("grids"), headers={"if-none-match": before["grids"]})
        assert stolen.status_code == 204
    assert tags(office) == before
    assert {layer.name: around(office, layer.name) for layer in TILE_LAYERS} == everything


def client_status(client: TestClient, layer: str) -> int:
    return client.get(url(layer)).status_code


# --- both databases -----------------------------------------------------------------------------------------------


def test_tiles_are_the_same_on_both_databases(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    template = request.getfixturevalue("spatialite_template")
    admin, postgis = request.getfixturevalue("postgis_admin"), request.getfixturevalue("postgis_template")
    for opened in (copied_file(template, tmp_path), copied_database(admin, postgis)):
        numbers = itertools.count(1)
        monkeypatch.setattr("gridmap.model.land.uuid4", lambda numbers=numbers: UUID(int=next(numbers)))
        with opened as target:
            database = Database.open(target)
            open_office(database, tmp_path)
            fill(database, tmp_path)
            database.close()
            with client_of(target) as client:
                answers = {
                    (layer.name, z): client.get(url(layer.name, *PLACES[1], z)).content
                    for layer in TILE_LAYERS
                    for z in (0, 11, 13, 15, 16, 17, 18)
                }
        found.append(answers)
    assert found[0] == found[1]
    assert sum(len(tile) > 0 for tile in found[0].values()) > 60
