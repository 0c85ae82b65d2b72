"""The locator answers what shapely's `intersects` answers, on every point, whichever way it takes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from ascii_art import polygons as drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.errors import BadInput, GeometryRefused
from gridmap.space.locator import Locator
from gridmap.space.raster import Edges, build

if TYPE_CHECKING:
    from collections.abc import Callable

    from gridmap.space.raster import Floats, Geometries, Ints, Raster

    Maker = Callable[[np.random.Generator, int, float], Geometries]

ORIGINS = ((0.0, 0.0), (-3.0, 4e-5), (457_123.456, 2_489_876.543))


def brute(polygons: Geometries, xy: Floats) -> Ints:
    """Ask every polygon about every point, without any index."""
    hits = shapely.intersects(np.asarray(polygons, dtype=object)[:, None], shapely.points(xy)[None, :])
    return np.where(hits.any(axis=0), hits.argmax(axis=0), -1)


def voronoi(rng: np.random.Generator, count: int, side: float) -> Geometries:
    seeds = shapely.multipoints(rng.uniform(0, side, (count, 2)))
    return shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds)), shapely.box(0, 0, side, side))


def stars(rng: np.random.Generator, count: int, side: float) -> Geometries:
    """Draw polygons around random centres: overlapping, nested, some with a hole, some thin as a hair."""
    shapes = []
    for _ in range(count):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 9)))
        radii = rng.uniform(0.02, 0.5, len(angles)) * side
        ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii[:, None]
        ring *= rng.choice([1.0, 1e-3, 1e-9], 2, p=[0.7, 0.2, 0.1])
        star = shapely.make_valid(shapely.Polygon(ring + rng.uniform(0, side, 2)))
        star = shapely.union_all([part for part in shapely.get_parts(star) if part.geom_type == "Polygon"])
        if rng.random() < 0.4:
            star = shapely.difference(star, shapely.affinity.scale(star, 0.5, 0.5))
        shapes.append(star if star.geom_type in {"Polygon", "MultiPolygon"} else None)
    return np.array([*shapes, None, shapely.Polygon(), shapely.MultiPolygon()], dtype=object)


def islands(rng: np.random.Generator, count: int, side: float) -> Geometries:
    """Deal the cells of a coverage out to a few multipolygons, some in two of them."""
    cells = voronoi(rng, count, side)
    owners = rng.integers(0, max(count // 4, 1), count)
    whole = [shapely.union_all(cells[owners == owner]) for owner in range(owners.max() + 1)]
    return np.array([part if part.area else None for part in [*whole, *cells[:2]]], dtype=object)


def not_a_number() -> shapely.Polygon:
    with np.errstate(invalid="ignore"):
        return shapely.Polygon([(0, 0), (1, np.nan), (0, 1)])


def awkward_points(rng: np.random.Generator, polygons: Geometries, raster: Raster, count: int = 60) -> Floats:
    """Take points where rounding could hurt: corners, edges, cell corners, one ulp beside them, and far away."""
    edges = Edges.of(polygons)
    some = rng.integers(0, len(edges.owner), count)
    start, end = edges.start[some], edges.end[some]
    on_edge = start + rng.choice([0.25, 0.5, rng.random()], (count, 1)) * (end - start)
    origin, cell = np.array(raster.origin), np.array(raster.cell)
    corners = origin + rng.integers(0, 2**raster.bits, (count, 2)) * cell
    inner = np.concatenate([start, on_edge, corners, origin + rng.random((count, 2)) * cell * 2**raster.bits])
    ulps = [np.nextafter(inner, to) for to in (-np.inf, np.inf)]
    mixed = np.stack([ulps[0][:, 0], ulps[1][:, 1]], axis=1)
    far = np.array([[1e308, -1e308], [0.0, 1e308], [1e12, 1e12], [-1e-308, 0.0]])
    return np.concatenate([inner, *ulps, mixed, np.round(inner, 3), far])


@settings(max_examples=150, deadline=None)
@given(
    make=st.sampled_from([voronoi, stars, islands]),
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(2, 25),
    side=st.sampled_from([1e-3, 1.0, 700.0, 5e4]),
    origin=st.sampled_from(ORIGINS),
    grid_size=st.sampled_from([0.0, 0.001]),
    bits=st.integers(3, 8),
)
def test_equals_intersects_on_every_point(
    make: Maker, seed: int, count: int, side: float, origin: tuple[float, float], grid_size: float, bits: int
) -> None:
    rng = np.random.default_rng(seed)
    polygons = shapely.transform(make(rng, count, side), lambda xy: xy + origin)
    polygons[~shapely.is_valid(polygons)] = None  # a hair that the distance to the origin has crumpled
    polygons = shapely.set_precision(polygons, grid_size)
    edges = Edges.of(polygons)
    if not len(edges.owner):
        return
    raster = build(polygons, edges, bits)
    xy = awkward_points(rng, polygons, raster)
    expected = brute(polygons, xy)
    np.testing.assert_array_equal(raster.locate(xy), expected)
    np.testing.assert_array_equal(Locator(polygons).locate(xy), expected)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 300))
def test_one_equals_many_and_order_is_free(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    polygons = voronoi(rng, count, 3700.0)
    xy = rng.uniform(-50, 3750, (20_000, 2))
    locator = Locator(polygons)
    few = locator.locate(xy[:500])  # by the tree
    assert locator._raster is None
    many = locator.locate(xy)
    assert locator._raster is not None
    np.testing.assert_array_equal(few, many[:500])
    np.testing.assert_array_equal(few[:20], [locator.locate(point[None])[0] for point in xy[:20]])
    order = rng.permutation(len(xy))
    np.testing.assert_array_equal(Locator(polygons).locate(xy[order]), many[order])


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    bits=st.integers(3, 6),
    side=st.sampled_from([1.0, 700.0, 3e4]),
    origin=st.sampled_from(ORIGINS),
)
def test_edges_on_cell_lines_and_through_cell_corners(
    seed: int, bits: int, side: float, origin: tuple[float, float]
) -> None:
    rng = np.random.default_rng(seed)
    box = shapely.box(*origin, *(np.add(origin, side)))
    frame = build(np.array([box]), Edges.of(np.array([box])), bits)
    lattice = np.array(frame.origin) + rng.integers(2, 2**bits - 2, (12, 3, 2)) * np.array(frame.cell)
    lattice = np.where(rng.random(lattice.shape) < 0.5, lattice, np.nextafter(lattice, rng.choice([-np.inf, np.inf])))
    triangles = shapely.polygons(lattice)
    polygons = np.append(triangles[shapely.is_valid(triangles)], box)
    raster = build(polygons, Edges.of(polygons), bits)
    assert (raster.origin, raster.cell) == (frame.origin, frame.cell)
    steps = np.arange(2**bits)
    corners = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * np.array(frame.cell) + frame.origin
    xy = np.concatenate([np.nextafter(corners, to) for to in ((-np.inf, np.inf), (np.inf, np.inf), (0.0, -np.inf))])
    xy = np.concatenate([corners, xy])
    np.testing.assert_array_equal(raster.locate(xy), brute(polygons, xy))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), bits=st.integers(3, 8))
def test_invalid_polygons_get_one_answer_on_both_ways(seed: int, bits: int) -> None:
    rng = np.random.default_rng(seed)
    tangles = np.array([shapely.Polygon(rng.uniform(0, 100, (rng.integers(4, 12), 2))) for _ in range(5)])
    shapely.prepare(tangles)
    raster = build(tangles, Edges.of(tangles), bits)
    xy = awkward_points(rng, tangles, raster)
    np.testing.assert_array_equal(raster.locate(xy), Locator(tangles).locate(xy))


def test_more_points_make_a_finer_raster_with_the_same_answers() -> None:
    rng = np.random.default_rng(7)
    locator = Locator(voronoi(rng, 100, 3700.0))
    xy = rng.uniform(0, 3700, (1_200_000, 2))
    some = locator.locate(xy[:20_000])
    coarse = locator._raster.bits
    every = locator.locate(xy)
    assert locator._raster.bits > coarse
    np.testing.assert_array_equal(every[:20_000], some)
    np.testing.assert_array_equal(locator.locate(xy[:20_000]), some)


def test_edges_go_to_the_lowest_and_holes_to_nobody() -> None:
    shapes = drawn("""
        AAAB
        A.AB
        AAAB
    """)
    locator = Locator([shapes["B"], shapes["A"]])
    left, bottom, right, top = shapely.total_bounds([*shapes.values()])
    middle = (bottom + top) / 2
    xy = np.array([[left + 30, middle], [left + 15, middle], [left + 10, middle], [right, top], [left, bottom]])
    assert locator.locate(xy).tolist() == [0, -1, 1, 0, 1]


def test_a_corner_where_four_meet() -> None:
    shapes = drawn("""
        AB
        CD
    """)
    for order in ("ABCD", "DCBA", "BDAC"):
        locator = Locator([shapes[name] for name in order])
        center = shapely.get_coordinates(shapely.centroid(shapely.union_all([*shapes.values()])))
        assert locator.locate(center).tolist() == [0]


def test_a_pile_of_equal_polygons_is_cheap() -> None:
    pile = np.array([shapely.box(0, 0, 1000, 1000)] * 300, dtype=object)
    xy = np.random.default_rng(1).uniform(-1, 1001, (200_000, 2))
    np.testing.assert_array_equal(Locator(pile).locate(xy), brute(pile[:1], xy))


def test_a_small_polygon_over_a_large_one_that_covers_the_cell() -> None:
    polygons = np.array([shapely.box(500, 500, 500.5, 500.5), shapely.box(0, 0, 1000, 1000)], dtype=object)
    for order, expected in (([0, 1], [0, 1]), ([1, 0], [0, 0])):
        raster = build(polygons[order], Edges.of(polygons[order]), 5)
        assert raster.locate(np.array([[500.2, 500.2], [501.0, 501.0]])).tolist() == expected


def test_flat_and_dot_polygons() -> None:
    degenerate = np.array(
        [shapely.Polygon([(0, 0), (5, 0), (2, 0), (0, 0)]), shapely.Polygon([(0, 0), (0, 0), (0, 0), (0, 0)])],
        dtype=object,
    )
    raster = build(degenerate, Edges.of(degenerate), 6)
    xy = np.array([[0.0, 1.0], [6.0, 0.0], [2.0, 1e-9]])
    assert raster.locate(xy).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("count", [0, 3, 20_000])
@pytest.mark.parametrize("polygons", [[], [None], [shapely.Polygon(), None]])
def test_no_land_means_outside(polygons: Geometries, count: int) -> None:
    found = Locator(polygons).locate(np.zeros((count, 2)))
    assert found.dtype == np.int64
    assert (found == -1).all()
    assert len(found) == count


def test_no_points() -> None:
    assert Locator([shapely.box(0, 0, 1, 1)]).locate(np.empty((0, 2))).shape == (0,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("count", [5, 20_000])
def test_points_that_are_not_finite_are_refused_by_row(bad: float, count: int) -> None:
    xy = np.zeros((count, 2))
    xy[3, 1] = bad
    with pytest.raises(BadInput, match="point 3") as refused:
        Locator([shapely.box(0, 0, 1, 1)]).locate(xy)
    assert refused.value.evidence == {"row": 3}


@pytest.mark.parametrize("shape", [(4,), (4, 3), (2, 2, 2)])
def test_points_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match=r"\(N, 2\)"):
        Locator([shapely.box(0, 0, 1, 1)]).locate(np.zeros(shape))


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.Point(0, 0),
        shapely.LineString([(0, 0), (1, 1)]),
        shapely.GeometryCollection([shapely.box(0, 0, 1, 1)]),
        shapely.Polygon([(0, 0), (1e13, 0), (0, 1)]),
        shapely.Polygon([(0, 0), (np.inf, 0), (0, 1)]),
        not_a_number(),
    ],
)
def test_what_is_no_polygon_of_a_plane_is_refused_by_index(geometry: shapely.Geometry) -> None:
    with pytest.raises(GeometryRefused) as refused:
        Locator([shapely.box(0, 0, 1, 1), geometry])
    assert refused.value.evidence == {"index": 1}


def test_heights_do_not_matter_and_the_callers_polygons_stay_as_they_are() -> None:
    polygon = shapely.from_wkt("POLYGON Z ((0 0 7, 9 0 7, 9 9 7, 0 9 7, 0 0 7))")
    locator = Locator([polygon])
    assert (locator.locate(np.full((20_000, 2), 4.5)) == 0).all()
    assert locator._raster is not None
    assert not shapely.is_prepared(polygon)


def test_threads_may_share_a_locator() -> None:
    rng = np.random.default_rng(3)
    polygons = voronoi(rng, 500, 3700.0)
    batches = [rng.uniform(0, 3700, (count, 2)) for count in (10, 30_000, 500, 100_000, 900, 60_000) * 3]
    expected = [Locator(polygons).locate(batch) for batch in batches]
    shared = Locator(polygons)
    with ThreadPoolExecutor(4) as pool:
        for found, wanted in zip(pool.map(shared.locate, batches), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
