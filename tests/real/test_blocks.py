"""Blocks from the roads of Futian, and balanced grids made of them. Households are drawn at random by area."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from gridmap.datum import Plane
from gridmap.space.balance import Band, BlockGraph, Weights, rebalance
from gridmap.space.block_graph import connected
from gridmap.space.block_making import MadeBlocks, make_blocks
from gridmap.space.measure import is_wider
from gridmap.space.partition import propose

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MAIN = {"motorway", "trunk", "primary", "secondary"}


@pytest.fixture(scope="module")
def roads(shared_data: Path) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Roads in the plane, and which of them are main ones."""
    features = json.loads((shared_data / "futian_osm" / "futian_edges.geojson").read_text(encoding="utf-8"))["features"]
    lines = np.array([shapely.LineString(each["geometry"]["coordinates"]) for each in features], dtype=object)
    main = np.array([str(each["properties"]["highway"]) in MAIN for each in features])
    return Plane.at(114.04).project_geometries(lines), main


@pytest.fixture(scope="module")
def land(roads: tuple[NDArray[Any], NDArray[np.bool_]]) -> shapely.Polygon:
    west, south, east, north = shapely.total_bounds(roads[0])
    return shapely.box(*np.round([west + 200, south + 200, east - 200, north - 200], 3).tolist())


@pytest.fixture(scope="module")
def made(roads: tuple[NDArray[Any], NDArray[np.bool_]], land: shapely.Polygon) -> MadeBlocks:
    return make_blocks([land], roads[0])


def test_blocks_of_futian(made: MadeBlocks, land: shapely.Polygon) -> None:
    assert len(made.shapes) > 400
    assert shapely.coverage_is_valid(made.shapes, gap_width=0.01)
    assert abs(shapely.area(made.shapes).sum() - land.area) < 0.001 * land.length
    assert (shapely.area(made.shapes) >= 1000).all()
    assert is_wider(made.shapes, 12.0).all()
    assert made.dropped > 1000


def test_the_same_roads_drawn_beside_themselves_make_no_slivers(
    made: MadeBlocks, roads: tuple[NDArray[Any], NDArray[np.bool_]], land: shapely.Polygon
) -> None:
    """A second survey, 30 cm off: blocks of a plan whose borders are those roads stay what they are."""
    shifted = shapely.transform(roads[0], lambda xy: xy + 0.2)
    again = make_blocks(made.shapes, shifted)
    assert shapely.coverage_is_valid(again.shapes, gap_width=0.01)
    assert len(again.shapes) <= 1.1 * len(made.shapes)
    assert abs(shapely.area(again.shapes).sum() - land.area) < 0.01 * land.length


def test_grids_of_futian(made: MadeBlocks, roads: tuple[NDArray[Any], NDArray[np.bool_]]) -> None:
    """Thirty grids: whole, within a tenth of the average, their borders on main roads; then one grows."""
    graph = BlockGraph.of(made.shapes)
    rng = np.random.default_rng(5)
    households = rng.poisson(np.minimum(shapely.area(made.shapes), 30_000) / 1200).astype(np.float64)
    along = graph.share_along(roads[0][roads[1]], 25.0)
    found = propose(graph, households, 30, roads=along)
    assert found.reached, found.loads
    require_whole(graph, found.owner)
    without = propose(graph, households, 30)
    assert found.along_roads > without.along_roads + 0.1
    households[found.owner == 7] *= 2
    band = Band.around(households.sum() / 30, 0.1, 30)
    ours = rebalance(graph, found.owner, households, band)
    plain = rebalance(graph, found.owner, households, band, weights=Weights(moved=0.0), floor=0.0, runs=1)
    assert ours.reached
    require_whole(graph, ours.owner)
    assert ours.moved * 3 < plain.moved
    assert ours.moved < 0.12 * ours.total


def require_whole(graph: BlockGraph, owner: NDArray[np.intp]) -> None:
    same = owner[graph.pairs[:, 0]] == owner[graph.pairs[:, 1]]
    assert int(connected(len(graph), graph.pairs[same]).max()) + 1 == len(np.unique(owner))
