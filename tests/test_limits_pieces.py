"""Land put together of pieces between named streets, trimmed, and offered as far as the far carriageways."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from ascii_art import line
from drawn_streets import AVENUES, CELL, FINE, MIDDLE, STREETS, answer, town
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.space.limits.readings import readings
from gridmap.space.limits.values import Side
from gridmap.space.limits.variants import agreement, trimmed
from gridmap.space.limits.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator


def told(shape: shapely.Polygon) -> str:
    """Tell land between streets by where each of them looks; nothing when a street comes twice."""
    ring = shapely.get_coordinates(shapely.orient_polygons(shape.simplify(0)).exterior)
    runs: dict[str, tuple[str, float]] = {}
    for start, end in pairwise(ring):
        across, place = (0, -end[1]) if start[0] == end[0] else (1, end[0])
        name = (AVENUES, STREETS)[across][round(start[across] / CELL)]
        side = ("东西", "南北")[across][int((end - start)[1 - across] < 0)]
        if name in runs:
            return ""
        runs[name] = (side, place)
    sides = {side: sorted((place, name) for name, (own, place) in runs.items() if own == side) for side in "东南西北"}
    return "，".join(f"{side}至{'、'.join(name for _, name in listed)}" for side, listed in sides.items())


def stepped() -> Iterator[tuple[shapely.Polygon, str]]:
    """Every land of whole blocks with steps, and its sentence."""
    cells = [shapely.box(x * CELL, y * CELL, (x + 1) * CELL, (y + 1) * CELL) for x in range(3) for y in range(3)]
    for number in range(1, 1 << 9):
        shape = shapely.union_all([cell for at, cell in enumerate(cells) if number >> at & 1])
        if shape.geom_type == "Polygon" and not shape.interiors and (text := told(shape)).count("、") >= 2:
            yield shape, text


def test_every_land_with_steps_is_found_or_asked_for() -> None:
    """Two of 90 are not found: their words tell another land as well."""
    every, features = list(stepped()), town()
    answers = [(shape, answer(text, features)) for shape, text in every]
    missed = [each for shape, each in answers if each.shape is None or agreement(each.shape, shape) < 0.99]
    assert (len(every), len(missed)) == (90, 2)
    assert all(each.status is Status.AMBIGUOUS for each in missed)


def test_the_far_carriageway_is_among_the_choices_and_says_on_which_side() -> None:
    double = shapely.MultiLineString([[(x, -CELL), (x, 4 * CELL)] for x in (2 * CELL - 40, 2 * CELL - 20)])
    features = town(双路=double)
    found = readings(answer("东至双路，南至己街，西至乙路，北至庚街", features), features)
    assert [(each.far, each.shape.bounds[2] - MIDDLE.bounds[0]) for each in found] == [((), 60), ((Side.EAST,), 80)]


def test_a_corner_cut_is_not_what_a_road_is_named_for() -> None:
    inner = line(
        """
        ..........2....
        ...............
        ...............
        ...............
        ...............
        ...............
        ..........1....
        ...............
        ...............
        ...............
        ...............
        ...............
        """,
        FINE,
    )
    outer = line(
        """
        ..........1.2..
        ...............
        ..........4.3..
        ..........5....
        ...............
        ...............
        ...............
        ...............
        """,
        FINE,
    )  # along the border for 10 m only, unless the land reaches out to it
    found = answer("东至里路、外路，南至己街，西至乙路，北至庚街", town(里路=inner, 外路=outer))
    assert found.best is not None
    assert found.best.gap == 0
    assert abs(shapely.intersection(shapely.boundary(found.shape), outer).length - 130) < 1e-6
    near = found.candidates[1]
    assert near.evidence.hardly == [each.name == "外路" for each in found.features]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([(1, 0), (-1, 0), (0, 1), (0, -1)]), st.integers(5, 40))
def test_land_is_trimmed_by_one_small_piece_at_a_time(to: tuple[int, int], wide: int) -> None:
    moved = shapely.transform(MIDDLE, lambda xy: xy + np.array(to) * (CELL - wide))
    strip = shapely.intersection(MIDDLE, moved)
    roads = shapely.get_parts(shapely.unary_union([shapely.boundary(MIDDLE), shapely.boundary(strip)]))
    less = shapely.difference(MIDDLE, strip)
    assert [shapely.equals(each, less) for each in trimmed(MIDDLE, roads)] == [True]
    assert [shapely.equals(each, MIDDLE) for each in trimmed(less, roads)] == [True]
