from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.colouring import FOUR, colour, neighbours


def voronoi(count: int, seed: int) -> np.ndarray:
    seeds = np.random.default_rng(seed).uniform(0, 3200, (count, 2))
    return shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds)))


def drawn(art: str) -> list[set[int]]:
    return neighbours(np.array(list(polygons(art).values()), dtype=object))


def is_proper(touching: list[set[int]], colours: list[int]) -> bool:
    return all(colours[one] != colours[other] for one, others in enumerate(touching) for other in others)


def test_a_common_corner_makes_no_neighbour() -> None:
    assert drawn("""
        AB
        CD
    """) == [{1, 2}, {0, 3}, {0, 3}, {1, 2}]


def test_a_grid_inside_another_is_its_neighbour() -> None:
    assert drawn("""
        AAA
        ABA
        AAA
    """) == [{1}, {0}]


def test_a_border_of_less_than_half_a_metre_makes_no_neighbour() -> None:
    pair = np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 9.6, 20, 20)], dtype=object)
    assert neighbours(pair) == [set(), set()]
    assert neighbours(pair, least=0.3) == [{1}, {0}]


@pytest.mark.parametrize(
    ("art", "wanted"),
    [
        ("A", 1),
        ("AB", 2),
        ("AB\nCC", 3),
        ("AAAA\nABCA\nADDA\nAAAA", 4),  # three around each other, and one around them all
        ("ABC\nDEF\nGHI", 2),
    ],
)
def test_no_more_colours_than_the_drawing_needs(art: str, wanted: int) -> None:
    touching = drawn(art)
    colours = colour(touching)
    assert is_proper(touching, colours)
    assert len(set(colours)) == wanted


@settings(max_examples=60, deadline=None)
@given(count=st.integers(2, 150), seed=st.integers(0, 10**6))
def test_four_colours_do_for_any_coverage_and_are_the_same_each_time(count: int, seed: int) -> None:
    touching = neighbours(voronoi(count, seed))
    colours = colour(touching)
    assert is_proper(touching, colours)
    assert max(colours) < FOUR
    assert colour([set(others) for others in touching]) == colours


def test_four_colours_do_for_two_thousand_grids() -> None:
    touching = neighbours(voronoi(2000, 1))
    colours = colour(touching)
    assert is_proper(touching, colours)
    assert max(colours) < FOUR


def test_enclaves_that_all_touch_each_other_get_a_colour_each() -> None:
    everybody = [set(range(6)) - {node} for node in range(6)]
    assert sorted(colour(everybody)) == list(range(6))


def test_no_grids_no_colours() -> None:
    assert colour(neighbours(np.array([], dtype=object))) == []


def test_the_chains_that_are_swapped_never_harm_what_is_coloured() -> None:
    # every graph of six nodes, planar or not: 32,768 of them, each 97th
    pairs = list(combinations(range(6), 2))
    for number in range(0, 2 ** len(pairs), 97):
        touching: list[set[int]] = [set() for _ in range(6)]
        for bit, (one, other) in enumerate(pairs):
            if number >> bit & 1:
                touching[one].add(other)
                touching[other].add(one)
        assert is_proper(touching, colour(touching))
