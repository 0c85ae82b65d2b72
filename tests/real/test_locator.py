"""The locator against shapely's own tree on official layers, with their hairlines, holes and multipolygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import real_layers
import shapely

from gridmap.space.locator import Locator

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SAMPLE = 15_000


def awkward_points(polygons: NDArray[np.object_]) -> NDArray[np.float64]:
    """Take corners, points on edges, points one ulp beside both, and points anywhere."""
    rng = np.random.default_rng(20190101)
    xy, ring = shapely.get_coordinates(shapely.boundary(polygons), return_index=True)
    edge = rng.choice(np.flatnonzero(ring[1:] == ring[:-1]), SAMPLE)
    on_edge = (xy[edge] + xy[edge + 1]) / 2
    beside = np.nextafter(np.concatenate([xy[edge], on_edge]), rng.choice([-np.inf, np.inf], (2 * SAMPLE, 2)))
    west, south, east, north = shapely.total_bounds(polygons)
    anywhere = rng.uniform((west, south), (east, north), (SAMPLE, 2))
    return np.concatenate([xy[edge], on_edge, beside, anywhere])


@pytest.mark.parametrize("name", real_layers.FILES)
def test_equals_shapely_on_an_official_layer(shared_data: Path, name: str) -> None:
    polygons = real_layers.read(shared_data, name).polygons
    xy = awkward_points(polygons)
    point, polygon = shapely.STRtree(polygons).query(shapely.points(xy), predicate="intersects")
    lowest = np.full(len(xy), len(polygons))
    np.minimum.at(lowest, point, polygon)
    lowest[lowest == len(polygons)] = -1
    locator = Locator(polygons)
    np.testing.assert_array_equal(locator.locate(xy[:500]), lowest[:500])  # by the tree
    np.testing.assert_array_equal(locator.locate(np.tile(xy, (10, 1))), np.tile(lowest, 10))  # by a raster
    assert locator._raster is not None
