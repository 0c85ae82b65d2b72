"""Laws of the tiles: what goes in comes out of GDAL's reader, tile beside tile adds up, and none is too heavy."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mvt_reading import EXTENT, read_tile

from gridmap.services.tiles import LayerValues, TileLayer, layer_named
from maps import mvt
from maps.tiling import MARGIN, MAX_BYTES, MAX_FEATURES, MAX_ZOOM, RECORDS_FROM, make_index, to_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from maps.tiling import TileIndex

UNIT = st.integers(-MARGIN, EXTENT + MARGIN)
PLACE = st.tuples(UNIT, UNIT)
NO_ATTRIBUTES = {"id": ["a"]}


def tile_of(z: int, lon: float, lat: float) -> tuple[int, int]:
    """Column and row of the tile at a place."""
    x, y = np.floor(to_world(np.array([[lon, lat]]))[0] * 2**z).astype(int).tolist()
    return x, y


def values(layer_name: str, shapes: Sequence[shapely.Geometry], **properties: Any) -> LayerValues:
    layer = layer_named(layer_name)
    array = np.empty(len(shapes), dtype=object)
    array[:] = shapes
    ids = [UUID(int=number) for number in range(len(shapes))]
    return LayerValues(layer, ids, array, np.empty((0, 2)), properties)


def records(lonlat: NDArray[np.float64], name: str = "households") -> LayerValues:
    ids = [UUID(int=number) for number in range(len(lonlat))]
    return LayerValues(layer_named(name), ids, np.empty(0, dtype=object), lonlat, {"kind": ["household"] * len(ids)})


def cut(index: TileIndex, z: int, x: int, y: int) -> tuple[list[dict[str, Any]], NDArray[np.object_]]:
    packed = index.tile(z, x, y)
    assert len(packed) <= MAX_BYTES
    _, rows, shapes = read_tile(gzip.decompress(packed) if packed else b"")
    assert len(rows) <= MAX_FEATURES
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    return rows, shapes


# --- the format ---------------------------------------------------------------------------------------------------


@given(st.lists(PLACE, min_size=1, max_size=50))
@settings(max_examples=50, deadline=None)
def test_points_come_back(places: list[tuple[int, int]]) -> None:
    numbers = list(range(len(places)))
    attributes = mvt.Attributes.of({"count": numbers})
    tile = mvt.tile("点", [mvt.points(np.array(numbers), np.array(places))], attributes)
    name, rows, shapes = read_tile(tile)
    assert name == "点"
    assert [row["count"] for row in rows] == numbers
    assert shapely.get_coordinates(shapes).tolist() == [list(place) for place in places]


@given(st.lists(st.lists(PLACE, min_size=2, max_size=9), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_lines_come_back_without_repeated_vertices(lines: list[list[tuple[int, int]]]) -> None:
    of_path = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    rows = np.arange(len(lines))
    drawn = mvt.paths(rows, rows, np.array([place for line in lines for place in line]), of_path, closed=False)
    attributes = mvt.Attributes.of({"count": rows.tolist()})
    _, features, shapes = read_tile(mvt.tile("roads", [drawn], attributes))
    plain = [[list(p) for i, p in enumerate(line) if i == 0 or line[i - 1] != p] for line in lines]
    expected = {number: line for number, line in enumerate(plain) if len(line) > 1}
    found = {row["count"]: shapely.get_coordinates(shape).tolist() for row, shape in zip(features, shapes, strict=True)}
    assert found == expected


TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12)


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | st.integers(0, 2**31 - 1)), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_attributes_come_back_whatever_is_written_in_them(carried: list[tuple[str | None, int | None]]) -> None:
    names, counts = ([row[part] for row in carried] for part in (0, 1))
    rows = np.arange(len(carried))
    attributes = mvt.Attributes.of({"number": rows.tolist(), "name": names, "count": counts})
    _, features, _ = read_tile(mvt.tile("a", [mvt.points(rows, np.zeros((len(rows), 2), dtype=np.int64))], attributes))
    assert features == [
        {"number": row}
        | ({} if names[row] is None else {"name": names[row]})
        | ({} if counts[row] is None else {"count": counts[row]})
        for row in rows.tolist()
    ]


def test_a_tile_of_nothing_is_empty() -> None:
    nothing = mvt.points(np.empty(0, dtype=np.int64), np.empty((0, 2), dtype=np.int64))
    assert mvt.tile("a", [nothing], mvt.Attributes.of({"id": []})) == b""


def test_only_values_that_a_tile_needs_are_in_it() -> None:
    attributes = mvt.Attributes.of({"id": ["here", "elsewhere"], "name": ["", "Secret"]})
    tile = mvt.tile("a", [mvt.points(np.array([0]), np.array([[1, 1]]))], attributes)
    assert b"here" in tile
    assert b"elsewhere" not in tile
    assert b"Secret" not in tile
    assert b"name" not in tile


# --- records ------------------------------------------------------------------------------------------------------

LON = st.floats(113.30, 113.40)
LAT = st.floats(23.10, 23.20)


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=60), st.integers(0, RECORDS_FROM - 1))
@settings(max_examples=40, deadline=None)
def test_the_counts_of_all_tiles_add_up(places: list[tuple[float, float]], z: int) -> None:
    lonlat = np.array(places)
    index = make_index(records(lonlat))
    tiles = {tile_of(z, lon, lat) for lon, lat in places}
    found = [row for x, y in tiles for row in cut(index, z, x, y)[0]]
    assert sum(row["count"] for row in found) == len(places)
    assert all(row.keys() == {"kind", "count"} for row in found)


@given(st.lists(st.tuples(LON, LAT), min_size=1, max_size=60), st.integers(RECORDS_FROM, MAX_ZOOM))
@settings(max_examples=40, deadline=None)
def test_close_up_every_record_is_there_with_its_id_and_place(places: list[tuple[float, float]], z: int) -> None:
    lonlat = np.array(places)
    index = make_index(records(lonlat))
    found: dict[str, tuple[float, float]] = {}
    for x, y in {tile_of(z, lon, lat) for lon, lat in places}:
        rows, shapes = cut(index, z, x, y)
        for row, shape in zip(rows, shapes, strict=True):
            assert row.keys() == {"id", "kind"}
            if 0 <= shape.x < EXTENT and 0 <= shape.y < EXTENT:
                assert row["id"] not in found, "in two tiles"
                found[row["id"]] = ((x + (shape.x + 0.5) / EXTENT) / 2**z, (y + (shape.y + 0.5) / EXTENT) / 2**z)
    assert set(found) == {str(UUID(int=number)) for number in range(len(places))}
    world = to_world(lonlat)
    for number in range(len(places)):
        assert found[str(UUID(int=number))] == pytest.approx(tuple(world[number]), abs=2.0**-z / EXTENT)


@pytest.mark.parametrize("count", [3_000, 30_000])
def test_a_crowded_tile_has_cells_and_names_only_those_that_are_alone(count: int) -> None:
    x, y = tile_of(16, 113.35, 23.15)
    rng = np.random.default_rng(3)
    world = (np.array([x, y]) + rng.uniform(0.001, 0.999, size=(count, 2)) ** (1, 3)) / 2**16
    lonlat = np.stack(
        [(world[:, 0] - 0.5) * 360, np.degrees(np.arctan(np.sinh((0.5 - world[:, 1]) * 2 * np.pi)))], axis=1
    )
    rows, _ = cut(make_index(records(lonlat)), 16, x, y)
    assert all(row.keys() in ({"id", "kind"}, {"kind", "count"}) for row in rows)
    assert all(row["count"] > 1 for row in rows if "count" in row)
    assert sum(row.get("count", 1) for row in rows) == count


def test_a_record_beside_a_tile_is_in_its_margin() -> None:
    x, y = tile_of(17, 113.35, 23.15)
    beside = (np.array([[x - 4 / 256, y + 0.5], [x - 20 / 256, y + 0.5]])) / 2**17
    lonlat = np.stack([(beside[:, 0] - 0.5) * 360, np.full(2, 23.15)], axis=1)
    rows, shapes = cut(make_index(records(lonlat)), 17, x, y)
    assert [row["id"] for row in rows] == [str(UUID(int=0))]
    assert shapely.get_x(shapes).tolist() == pytest.approx([-64], abs=1)


# --- shapes -------------------------------------------------------------------------------------------------------


def random_coverage(seed: int, count: int = 60) -> NDArray[np.object_]:
    """Draw a coverage of the square 113.30–113.34, 23.10–23.14: borders in all directions, neighbours exact."""
    rng = np.random.default_rng(seed)
    seeds = shapely.multipoints(rng.uniform([113.30, 23.10], [113.34, 23.14], size=(count, 2)))
    frame = shapely.box(113.30, 23.10, 113.34, 23.14)
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame))
    whole = shapely.coverage_clean(shapely.intersection(cells, frame))
    # crooked borders, the same on both sides: each vertex and each point put on an edge moves with its place
    return np.asarray(shapely.transform(shapely.segmentize(whole, 0.0004), crooked), dtype=object)


def crooked(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    exact = np.round(xy, 9)
    return exact + 0.00008 * np.sin(exact[:, ::-1] * 6_000)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("z", [12, 15, 16, 17, 18])
def test_grids_cover_their_tiles_without_gap_or_overlap(seed: int, z: int) -> None:
    shapes = random_coverage(seed)
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    index = make_index(values("grids", shapes, short=["01"] * len(shapes)))
    x, y = tile_of(z, 113.3201, 23.1203)
    inside = z >= 15
    for column, row in ((x, y), (x + 1, y), (x, y + 1)) if inside else ((x, y),):
        rows, pieces = cut(index, z, column, row)
        assert shapely.coverage_is_valid(pieces)
        assert all(0 <= feature["colour"] < 4 for feature in rows)
        if inside:
            assert shapely.union_all(pieces).equals(shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN))
            assert shapely.area(pieces).sum() == (EXTENT + 2 * MARGIN) ** 2


def test_a_hole_stays_a_hole_and_parts_stay_together() -> None:
    drawn = polygons(
        """
        AAAAA.A
        ABBBA.A
        AAAAA.A
        """,
        0.0005,
    )
    shapes = [shapely.transform(shape, lambda xy: xy + np.array([113.3, 23.1])) for shape in drawn.values()]
    index = make_index(values("compounds", shapes, name=list(drawn)))
    x, y = tile_of(14, 113.301, 23.101)
    rows, pieces = cut(index, 14, x, y)
    found = {row["name"]: piece for row, piece in zip(rows, pieces, strict=True)}
    assert shapely.get_num_geometries(found["A"]) == 2
    assert shapely.get_num_interior_rings(shapely.get_parts(found["A"])).sum() == 1
    assert shapely.area(found["B"]) / shapely.area(found["A"]) == pytest.approx(3 / 15, rel=0.05)
    assert not found["A"].overlaps(found["B"])


@given(st.lists(st.tuples(LON, LAT), min_size=3, max_size=12), st.integers(10, 18))
@example(
    [
        (113.325, 23.140625),
        (113.32, 23.1796875),
        (113.375, 23.1875),
        (113.375, 23.125),
        (113.375, 23.1875),
        (113.3125, 23.15625),
        (113.31856693748388, 23.19140625),
    ],
    10,
)  # mended, it was a collection of areas that overlapped once they were rounded
@settings(max_examples=60, deadline=None)
def test_whatever_is_stored_comes_out_valid(places: list[tuple[float, float]], z: int) -> None:
    ring = shapely.Polygon(places)  # most cross themselves
    line = shapely.LineString(places)
    index = make_index(values("waters", [ring, line], name=["湖", "渠"], kind=["", ""]))
    for lon, lat in places[:3]:
        _, pieces = cut(index, z, *tile_of(z, lon, lat))
        frame = shapely.box(-MARGIN, -MARGIN, EXTENT + MARGIN, EXTENT + MARGIN)
        assert shapely.covers(frame, pieces).all()


def test_where_a_tile_would_be_too_full_the_smallest_are_left_out() -> None:
    rng = np.random.default_rng(1)
    x, y = tile_of(15, 113.35, 23.15)
    corners = rng.uniform([113.345, 23.145], [113.353, 23.153], size=(8_000, 2))
    sizes = rng.uniform(0.00002, 0.0003, size=8_000)
    index = make_index(values("buildings", list(shapely.box(*corners.T, *(corners + sizes[:, None]).T))))
    rows, pieces = cut(index, 15, x, y)
    shown = [UUID(row["id"]).int for row in rows]
    assert 500 < len(shown) < MAX_FEATURES
    inside = [number for number in range(8_000) if tile_of(15, *(corners[number] + sizes[number] / 2)) == (x, y)]
    least = min(sizes[shown])
    assert {number for number in inside if sizes[number] > least} <= set(shown)
    assert len(pieces) == len(shown)


def test_labels_stand_in_their_areas_once() -> None:
    shapes = random_coverage(5, 30)
    names = [f"{number:02d}" for number in range(len(shapes))]
    index = make_index(values("grid_labels", shapes, name=names, short=names))
    z, seen = 15, {}
    low, high = tile_of(z, 113.30, 23.14), tile_of(z, 113.34, 23.10)
    for x in range(low[0], high[0] + 1):
        for y in range(low[1], high[1] + 1):
            for row, place in zip(*cut(index, z, x, y), strict=True):
                if 0 <= place.x < EXTENT and 0 <= place.y < EXTENT:
                    assert row["name"] not in seen
                    seen[row["name"]] = ((x + place.x / EXTENT) / 2**z, (y + place.y / EXTENT) / 2**z), row["radius"]
    assert sorted(seen) == names
    world = shapely.transform(shapes, to_world)
    for number, name in enumerate(names):
        place, radius = seen[name]
        assert shapely.contains_xy(world[number], *place)
        assert 0 < radius < 1_000


def test_below_its_zoom_a_layer_is_empty() -> None:
    index = make_index(values("buildings", [shapely.box(113.3, 23.1, 113.31, 23.11)]))
    assert index.tile(14, *tile_of(14, 113.305, 23.105)) == b""
    assert index.tile(15, *tile_of(15, 113.305, 23.105))


@pytest.mark.parametrize("name", ["grids", "grid_labels", "compound_labels", "waters", "households"])
def test_a_layer_of_nothing_has_empty_tiles(name: str) -> None:
    empty: LayerValues = records(np.empty((0, 2)), name) if name == "households" else values(name, [])
    assert make_index(empty).tile(16, 0, 0) == b""


def test_the_world_is_web_mercator() -> None:
    # EPSG Guidance Note 7-2, method 1024, its example: 24°22'54.433"N, 100°20'00.000"W
    # -> E -11169055.58, N 2800000.00 (radius 6378137)
    x, y = to_world(np.array([[-100 - 20 / 60, 24 + 22 / 60 + 54.433 / 3600]]))[0]
    whole = 2 * np.pi * 6378137
    assert (x - 0.5) * whole == pytest.approx(-11169055.58, abs=0.01)
    assert (0.5 - y) * whole == pytest.approx(2800000.00, abs=0.01)


def test_layers_say_what_they_carry() -> None:
    assert isinstance(layer_named("grids"), TileLayer)
    assert "colour" in layer_named("grids").properties
