"""The border of land as stretches: four sides in their order round, in time and memory that any land can afford."""

from __future__ import annotations

import tracemalloc
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from drawn_streets import BLOCKS, land, town
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gridmap.space.limits.outline import ROUND, least_costs, stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

MISSES = st.integers(1, 9).flatmap(lambda rows: arrays(np.float64, (rows, 4), elements=st.integers(0, 50)))


def cheapest(miss: NDArray[np.float64]) -> float:
    """Try every way to label rows 0, then 1, 2, 3, each at least once."""
    labels = min(miss.shape)
    ways = combinations(range(1, len(miss)), labels - 1)
    return min(
        sum(float(miss[low:high, label].sum()) for label, (low, high) in enumerate(pairwise([0, *cuts, len(miss)])))
        for cuts in ways
    )


@given(MISSES)
def test_each_first_row_costs_what_the_best_of_all_ways_costs(miss: NDArray[np.float64]) -> None:
    tried = [cheapest(np.roll(miss, -first, axis=0)) for first in range(len(miss))]
    assert np.allclose(least_costs(miss), tried)


@given(st.sampled_from("ABCDEFGHI"), st.integers(0, 3))
def test_a_block_has_a_stretch_on_each_side_wherever_its_border_begins(letter: str, first: int) -> None:
    ring = shapely.get_coordinates(shapely.get_exterior_ring(land(BLOCKS, letter)))[:-1]
    found = stretches(shapely.Polygon(np.roll(ring, -first, axis=0)), town())
    assert sorted(each.side for each in found) == sorted(ROUND)
    assert all(each.metres == 100 and each.name for each in found)


def test_a_long_border_takes_memory_by_its_length() -> None:
    """A number for each two pieces of this border would be 600 MB."""
    wide = shapely.box(0, 0, 21_600, 21_600)
    tracemalloc.start()
    try:
        found = stretches(wide, town())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(each.metres for each in found) == 86_400
    assert peak < 50e6
