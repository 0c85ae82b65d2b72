"""Shapes between datums: long edges stay true, neighbours stay neighbours, nothing tears."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import Plane, from_lonlat, geometries_from_lonlat, geometries_to_lonlat, parse_crs, to_lonlat

OTHERS = ("gcj02", "bd09", "bd09mc", "EPSG:3857", "EPSG:32649")
PLANE = Plane.at(114)
ORIGIN = (504_000.0, 2_500_000.0)  # Futian, Shenzhen

TOWN = """
AAAABB
AAAABB
ACCCBB
ACCCBB
DDDDBB
"""


def town(size: float, origin: tuple[float, float] = ORIGIN) -> np.ndarray:
    """Neighbouring areas in lon/lat, made of cells of that many metres."""
    drawn = np.array(list(polygons(TOWN, size).values()))
    return PLANE.unproject_geometries(shapely.transform(drawn, lambda xy: xy + origin))


def deviation(shapes: np.ndarray, others: np.ndarray) -> float:
    """Largest distance in metres between the outlines of shapes in lon/lat."""
    return float(
        max(
            shapely.hausdorff_distance(one.boundary, other.boundary)
            for one, other in zip(PLANE.project_geometries(shapes), PLANE.project_geometries(others), strict=True)
        )
    )


@pytest.mark.parametrize("name", OTHERS)
def test_short_edges_keep_their_vertices_through_a_round_trip(name: str) -> None:
    crs, shapes = parse_crs(name), town(30.0)
    back = geometries_to_lonlat(geometries_from_lonlat(shapes, crs), crs)
    assert shapely.equals_exact(PLANE.project_geometries(back), PLANE.project_geometries(shapes), 0.0).all()


@pytest.mark.parametrize("name", OTHERS)
def test_long_edges_stay_within_centimetres_and_are_split_once(name: str) -> None:
    crs, shapes = parse_crs(name), town(3000.0)
    there = geometries_from_lonlat(shapes, crs)
    assert shapely.get_num_coordinates(there).sum() > 3 * shapely.get_num_coordinates(shapes).sum()
    back = geometries_to_lonlat(there, crs)
    assert deviation(back, shapes) < 0.001
    again = geometries_from_lonlat(back, crs)
    assert np.array_equal(shapely.get_num_coordinates(again), shapely.get_num_coordinates(there))


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_an_edge_of_9_6_km_would_bow_by_metres(name: str) -> None:
    """Why edges are split: the middle of the edge, converted by itself, against the middle of the converted ends."""
    crs = parse_crs(name)
    ends = np.array([[115.39, 27.976], [115.49, 27.976]])
    naive = to_lonlat(ends, crs).mean(axis=0, keepdims=True)
    assert np.hypot(*(PLANE.project(naive) - PLANE.project(to_lonlat(ends.mean(axis=0, keepdims=True), crs))).T) > 3
    line = geometries_to_lonlat(np.array([shapely.LineString(ends)]), crs)[0]
    dense = PLANE.project(to_lonlat(np.linspace(ends[0], ends[1], 500), crs))
    lines = PLANE.project_geometries(np.array([line]))
    assert shapely.distance(lines[0], shapely.points(dense)).max() < 0.1


@pytest.mark.parametrize("name", OTHERS)
def test_neighbours_go_on_sharing_every_vertex(name: str) -> None:
    crs, shapes = parse_crs(name), town(3000.0)
    for converted in (
        geometries_from_lonlat(shapes, crs),
        PLANE.project_geometries(geometries_to_lonlat(geometries_from_lonlat(shapes, crs), crs)),
    ):
        assert shapely.coverage_is_valid(converted)


@given(
    xs=st.lists(st.integers(0, 20_000_000), min_size=2, max_size=2, unique=True),
    ys=st.lists(st.integers(0, 20_000_000), min_size=2, max_size=2, unique=True),
)
def test_new_vertices_do_not_depend_on_the_direction(xs: list[int], ys: list[int]) -> None:
    ends = PLANE.unproject(np.column_stack((xs, ys)) / 1000 + ORIGIN)
    crs = parse_crs("bd09")
    lines = np.array([shapely.LineString(ends), shapely.LineString(ends[::-1])])
    for converted in (geometries_from_lonlat(lines, crs), geometries_to_lonlat(lines, crs)):
        assert np.array_equal(shapely.get_coordinates(converted[0]), shapely.get_coordinates(converted[1])[::-1])


@pytest.mark.parametrize("name", ["EPSG:4547", "EPSG:4526", "EPSG:4490", "EPSG:4326"])
def test_where_edges_stay_straight_no_vertex_is_added(name: str) -> None:
    crs, shapes = parse_crs(name), town(3000.0)
    there = geometries_from_lonlat(shapes, crs)
    assert np.array_equal(shapely.get_num_coordinates(there), shapely.get_num_coordinates(shapes))
    assert shapely.equals_exact(
        PLANE.project_geometries(geometries_to_lonlat(there, crs)), PLANE.project_geometries(shapes), 0.0
    ).all()


def test_every_kind_of_shape_keeps_its_kind() -> None:
    crs = parse_crs("gcj02")
    area = town(3000.0)[0]
    shapes = np.array(
        [
            shapely.Point(114.0, 22.5),
            shapely.MultiPoint([(114.0, 22.5), (114.3, 22.5)]),
            shapely.LineString([(114.0, 22.5), (114.3, 22.5)]),
            shapely.MultiLineString([[(114.0, 22.5), (114.3, 22.5)], [(114.0, 22.6), (114.001, 22.6)]]),
            area,
            shapely.MultiPolygon([area]),
            area.buffer(0.1).difference(area),
            shapely.GeometryCollection([area, shapely.Point(114.0, 22.5)]),
            shapely.Polygon(),
            shapely.Point(),
            None,
            shapely.force_3d(area, 5.0),
        ]
    )
    for convert in (geometries_from_lonlat, geometries_to_lonlat):
        converted = convert(shapes, crs)
        assert shapely.get_type_id(converted).tolist() == shapely.get_type_id(shapes).tolist()
        assert shapely.is_empty(converted).tolist() == shapely.is_empty(shapes).tolist()
        assert shapely.get_num_interior_rings(converted).tolist() == shapely.get_num_interior_rings(shapes).tolist()
        assert not shapely.has_z(converted).any()
    assert len(geometries_to_lonlat(np.array([], dtype=object), crs)) == 0


def test_points_and_shapes_agree() -> None:
    crs = parse_crs("bd09")
    lonlat = np.array([[114.05, 22.55], [121.47, 31.23], [126.98, 37.57]])
    shapes = np.array(shapely.points(lonlat))
    assert np.array_equal(shapely.get_coordinates(geometries_from_lonlat(shapes, crs)), from_lonlat(lonlat, crs))
    assert np.array_equal(shapely.get_coordinates(geometries_to_lonlat(shapes, crs)), to_lonlat(lonlat, crs))


@pytest.mark.parametrize("name", ["gcj02", "bd09"])
def test_a_shape_on_the_line_is_not_torn(name: str) -> None:
    """A grid across the Shenzhen River, most of it on the northern bank: its vertices move together."""
    crs = parse_crs(name)
    luohu = PLANE.project([[114.1125, 22.5290]])[0]
    shapes = town(200.0, (luohu[0] - 600.0, luohu[1] - 200.0))
    there = geometries_from_lonlat(shapes, crs)
    assert shapely.area(PLANE.project_geometries(there)) == pytest.approx(
        shapely.area(PLANE.project_geometries(shapes)), rel=0.01
    )
    assert deviation(geometries_to_lonlat(there, crs), shapes) <= 0.001


def test_hong_kong_stays_where_it_is() -> None:
    shapes = np.array([shapely.box(114.15, 22.28, 114.16, 22.29)])
    assert shapely.equals_exact(geometries_to_lonlat(shapes, parse_crs("gcj02")), shapes, 0.0).all()
