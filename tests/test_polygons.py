"""Polygons one by one: what is accepted, what rounding keeps, what a cut does to neighbours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from ascii_art import line, polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import array, bent, coverages, drawn
from shapely import LineString, Point, Polygon

from gridmap.errors import GeometryRefused
from gridmap.space.polygons import (
    accept,
    broken,
    cut,
    identity,
    insert_nodes,
    orient,
    round_coordinates,
    share_vertices,
    snap_to_plane,
)

SQUARE = polygons("A")["A"]


def test_heights_and_measures_are_dropped_and_reported() -> None:
    high = shapely.force_3d(SQUARE, 7.0)
    measured = shapely.from_wkt("POLYGON M ((0 0 1, 1 0 1, 1 1 1, 0 0 1))")
    accepted = accept([SQUARE, high, measured])
    assert (accepted.dropped_z, accepted.dropped_m) == ((1,), (2,))
    assert not shapely.has_z(accepted.polygons).any()
    assert not shapely.has_m(accepted.polygons).any()
    assert accepted.polygons[1].equals(SQUARE)


def test_what_is_no_land_is_refused_and_every_row_is_named() -> None:
    with np.errstate(invalid="ignore"):
        hollow = Polygon([(0, 0), (np.nan, 1), (1, 1)])
    shapes = [SQUARE, None, Point(1, 1), Polygon(), hollow]
    with pytest.raises(GeometryRefused, match=r"4 of 5 boundaries .* number 2, which has no geometry") as refused:
        accept(shapes)
    assert refused.value.evidence["rows"] == {
        1: "has no geometry",
        2: "is a Point, not an area",
        3: "is empty",
        4: "has a coordinate that is no number",
    }


def test_a_broken_polygon_is_named_with_its_place() -> None:
    assert broken(SQUARE) is None
    assert broken(Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])) == ("Self-intersection", (5.0, 5.0))


def test_orientation_is_that_of_geojson() -> None:
    ring = drawn("AAA\nA.A\nAAA")[0]
    turned = orient(array(ring.reverse()))[0]
    assert turned.exterior.is_ccw
    assert not turned.interiors[0].is_ccw


@given(coverages(), st.integers(0, 100))
@settings(max_examples=30, deadline=None)
def test_identity_knows_land_whatever_the_first_vertex(layer: np.ndarray, start: int) -> None:
    for shape in layer:
        if isinstance(shape, Polygon):
            ring = list(shape.exterior.coords)[:-1]
            turned = ring[start % len(ring) :] + ring[: start % len(ring)]
            again = Polygon(turned[::-1], [hole.coords for hole in shape.interiors])
            assert identity(again) == identity(shape)
            assert identity(shapely.force_3d(shape, 3.0)) == identity(shape)
    assert len({identity(shape) for shape in layer}) == len(layer)


@given(coverages())
@settings(max_examples=30, deadline=None)
def test_rounding_keeps_shared_edges_shared_and_happens_once(layer: np.ndarray) -> None:
    moved = shapely.transform(layer, lambda xy: xy + 0.00034)
    rounded = snap_to_plane(moved)
    assert shapely.coverage_is_valid(rounded)
    assert all(a.equals_exact(b) for a, b in zip(rounded, round_coordinates(rounded), strict=True))
    xy = shapely.get_coordinates(rounded)
    assert np.array_equal(xy, np.rint(xy * 1000) / 1000)


def test_what_rounding_breaks_is_made_valid_again() -> None:
    spike = Polygon([(0, 0), (10, 0), (10, 10), (5.0002, 10), (5.0001, 18), (5, 10), (0, 10)])
    assert spike.is_valid
    assert not round_coordinates(array(spike))[0].is_valid
    (snapped,) = snap_to_plane(array(spike))
    assert snapped.is_valid
    assert snapped.area == pytest.approx(100)


def test_a_line_drawn_as_an_area_is_refused_by_number() -> None:
    with pytest.raises(GeometryRefused, match="number 2 has no area"):
        snap_to_plane(array(SQUARE, Polygon([(0, 0), (10, 0.0001), (20, 0)])))


def test_a_cut_that_ends_on_a_neighbours_edge_breaks_the_coverage_until_its_nodes_are_inserted() -> None:
    west, east = bent(drawn("AB\nAB", 40.0), seed=5)
    middle = shapely.intersection(west.boundary, east.boundary).interpolate(0.37, normalized=True)
    done = cut(west, LineString([west.centroid.coords[0], middle.coords[0]]))
    assert done.pieces == (west,)  # a line that ends inside divides nothing
    far = west.centroid.x - 3 * (middle.x - west.centroid.x), west.centroid.y - 3 * (middle.y - west.centroid.y)
    done = cut(west, LineString([far, middle.coords[0], (middle.x + 1e-7, middle.y)]))
    assert len(done.pieces) == 2
    assert not shapely.coverage_is_valid([*done.pieces, east])
    assert shapely.coverage_is_valid([*done.pieces, insert_nodes(east, done.chains)], gap_width=0.01)


@given(coverages(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_any_cut_leaves_a_coverage_of_the_same_land(layer: np.ndarray, seed: int) -> None:
    random = np.random.default_rng(seed)
    target = int(random.integers(len(layer)))
    west, south, east, north = layer[target].bounds
    stroke = LineString(random.uniform((west - 20, south - 20), (east + 20, north + 20), (4, 2)))
    done = cut(layer[target], stroke)
    others = [insert_nodes(other, done.chains) for row, other in enumerate(layer) if row != target]
    after = array(*done.pieces, *others)
    assert shapely.coverage_is_valid(after, gap_width=0.01)
    assert shapely.is_valid(after).all()
    assert shapely.area(after).sum() == pytest.approx(shapely.area(layer).sum(), abs=0.5)


def test_a_cut_through_a_ring_gives_two_halves_and_leaves_the_grid_inside_alone() -> None:
    shapes = polygons("AAA\nABA\nAAA")
    done = cut(shapes["A"], line("1..\n...\n..2", 10.0))
    assert done.pieces == (shapes["A"],)  # the line ends inside the ring on both sides
    done = cut(shapes["A"], LineString([(-5, 15), (35, 15)]))
    assert sorted(piece.area for piece in done.pieces) == [400.0, 400.0]
    inner = insert_nodes(shapes["B"], done.chains)
    assert shapely.coverage_is_valid([*done.pieces, inner])
    assert inner.area == 100.0


def test_missing_nodes_are_shared_exactly() -> None:
    west, upper, lower = Polygon([(0, 0), (10, 0), (10, 20), (0, 20)]), *drawn("A\nB", 10.0)
    layer = array(west, *shapely.transform(array(upper, lower), lambda xy: xy + np.array([10, 0])))
    assert not shapely.coverage_is_valid(layer)
    shared = share_vertices(layer)
    assert shapely.coverage_is_valid(shared)
    assert shapely.equals(shared, layer).all()
    assert shared[1] is layer[1]


@given(coverages(), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_sharing_vertices_restores_nodes_that_lie_exactly_on_an_edge(layer: np.ndarray, seed: int) -> None:
    """Nodes put at whole millimetres of edges whose direction is whole millimetres are exact."""
    random = np.random.default_rng(seed)
    straight = shapely.transform(layer, lambda xy: np.rint(xy) * 2)  # even metres: a middle is on the grid
    if not (shapely.coverage_is_valid(straight) and shapely.is_valid(straight).all()):
        return
    row = int(random.integers(len(straight)))
    denser = straight.copy()
    denser[row] = insert_nodes(
        straight[row],
        {
            (a, b): (((a[0] + b[0]) / 2, (a[1] + b[1]) / 2),)
            for ring in shapely.get_rings(shapely.get_parts(straight[row]))
            for a, b in pairwise(ring.coords)
        },
    )
    shared = share_vertices(denser)
    assert shapely.coverage_is_valid(shared)
    assert shapely.equals(shared, straight).all()
