"""House numbers along a road: laws of where a missing one must be, and how far it may be from there."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.address.interpolate import interpolate, place_on, tie, typical_pace

LENGTH = 600.0
AXIS = shapely.LineString([(0, 0), (LENGTH, 0)])
KNOWN = st.lists(st.tuples(st.integers(1, 400), st.integers(0, int(LENGTH))), min_size=1, max_size=12)


def road(known: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    numbers = np.array([number for number, _ in known], dtype=np.int64)
    measure = np.array([float(at) for _, at in known])
    return numbers, measure, np.where(numbers % 2, 12.0, -12.0)


def even_road(step: float, *numbers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return road([(number, round(number * step)) for number in numbers])


@given(st.integers(1, 500), KNOWN)
def test_a_number_lies_along_its_road(wanted: int, known: list[tuple[int, int]]) -> None:
    found = interpolate(wanted, *road(known), AXIS)
    assert found is not None
    assert -1e-6 <= found.x <= LENGTH + 1e-6
    assert abs(found.y) <= 12.0 + 1e-6
    assert np.isfinite(found.scale)
    assert found.scale >= 0.0


@given(st.integers(1, 500), KNOWN)
def test_the_order_of_what_is_known_changes_nothing(wanted: int, known: list[tuple[int, int]]) -> None:
    known = list(dict(known).items())
    one, other = interpolate(wanted, *road(known), AXIS), interpolate(wanted, *road(known[::-1]), AXIS)
    assert one is not None
    assert other is not None
    if one.method == "between":
        assert np.allclose((one.x, one.y, one.scale), (other.x, other.y, other.scale))


@given(st.integers(1, 60), st.sampled_from([2.0, 5.0, 8.0]))
def test_evenly_spaced_numbers_are_found_where_they_are(wanted: int, step: float) -> None:
    found = interpolate(wanted, *even_road(step, 3, 4, 15, 16, 21, 22, 33, 34, 45, 46), AXIS, typical=step)
    assert found is not None
    assert abs(found.x - wanted * step) <= 1.0
    assert (found.y > 0) == bool(wanted % 2)


def test_the_error_grows_with_the_numbers_beyond_the_last_one() -> None:
    known = even_road(2.0, 1, 2, 3, 4, 5, 6)
    scales = [interpolate(wanted, *known, AXIS).scale for wanted in (7, 15, 41, 101)]  # type: ignore[union-attr]
    assert scales == sorted(scales)
    assert scales[-1] > 2 * scales[0]


def test_a_road_with_one_number_says_how_little_it_knows() -> None:
    one, many = even_road(3.0, 51), even_road(3.0, *range(1, 100, 2))
    sparse, dense = interpolate(101, *one, AXIS), interpolate(101, *many, AXIS)
    assert sparse is not None
    assert dense is not None
    assert sparse.scale > 3 * dense.scale


def test_two_close_numbers_do_not_run_away() -> None:
    """98 and 100 a plate's width apart the wrong way: the typical pace keeps number 300 on the street."""
    found = interpolate(300, *road([(98, 260), (100, 252)]), AXIS, typical=2.0)
    steep = interpolate(300, *road([(98, 260), (100, 200)]), AXIS, typical=2.0)
    assert found is not None
    assert steep is not None
    assert abs(steep.x - found.x) < 450


def test_no_number_is_known() -> None:
    nothing = np.array([])
    assert interpolate(5, nothing.astype(np.int64), nothing, nothing, AXIS) is None


@given(st.floats(0, LENGTH), st.floats(-149, 149))
def test_a_plate_near_its_road_is_tied_and_found_again(measure: float, offset: float) -> None:
    xy = np.array([place_on(AXIS, measure, offset)])
    at, aside = tie(AXIS, xy)
    assert np.allclose((at[0], aside[0]), (measure, offset), atol=1e-6)


def test_a_plate_far_from_its_road_is_not_tied() -> None:
    """The axis of a road that the map sheet cuts off ends far from the plates beyond."""
    measure, offset = tie(AXIS, np.array([(300.0, 40.0), (300.0, 400.0), (LENGTH + 900.0, 0.0)]))
    assert np.isnan(measure).tolist() == [False, True, True]
    assert np.isnan(offset).tolist() == [False, True, True]


def test_the_typical_pace_is_that_of_streets_that_tell_it() -> None:
    streets = [even_road(step, *range(1, 20))[:2] for step in (2.0, 4.0, 6.0)]
    assert typical_pace(streets) == 4.0
    assert typical_pace([even_road(9.0, 1, 2)[:2]]) == typical_pace([])
