"""Blocks between roads: a coverage of the land, with nothing lost, nothing thin, and every compound whole."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from ascii_art import line, polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.affinity import rotate

from gridmap.errors import BadInput
from gridmap.space.block_making import MadeBlocks, make_blocks
from gridmap.space.measure import array_of, is_wider
from gridmap.space.polygons import round_coordinates

LAND = """
    AAAAAAAAAA
    AAAAAAAAAA
    AAAAAAAAAA
    AAAAAAAAAA
    AAAAAAAAAA
    AAAAAAAAAA
"""


def road(*points: tuple[float, float]) -> shapely.LineString:
    return shapely.LineString(points)


def require_coverage(made: MadeBlocks, land: list[shapely.Polygon]) -> None:
    assert shapely.is_valid(made.shapes).all()
    assert (shapely.get_type_id(made.shapes) == shapely.GeometryType.POLYGON).all()
    assert shapely.coverage_is_valid(made.shapes, gap_width=0.01)
    for number, each in enumerate(land):
        mine = made.shapes[made.of == number]
        # a line that ends on the outer border may bend it by less than a millimetre
        assert abs(shapely.area(mine).sum() - each.area) <= 0.001 * each.length


def test_roads_that_cross_make_blocks_and_dead_ends_do_not() -> None:
    drawn = polygons(LAND)
    crossing = [road((-5, 33), (105, 33)), road((47, -5), (47, 65)), road((20, 33), (20, 50))]
    made = make_blocks(array_of(drawn.values()), crossing, min_area=100, min_width=5)
    assert len(made.shapes) == 4
    assert sorted(np.round(shapely.area(made.shapes)).tolist()) == [1269, 1431, 1551, 1749]
    assert made.dropped == pytest.approx(17 + 4 * 5)  # the dead end, and what reaches beyond the land
    require_coverage(made, list(drawn.values()))


def test_a_road_does_not_part_a_compound() -> None:
    """The road runs into the compound B from the left and out of it on the right."""
    art = """
        ..........
        ...BBBB...
        ...BBBB...
        ...BBBB...
        ..........
        ..........
    """
    compound = polygons(art)["B"]
    made = make_blocks(
        list(polygons(LAND).values()), [road((-5, 35), (105, 35)), road((-5, 12), (105, 12))], [compound], min_area=50
    )
    home = made.shapes[made.compound == 0]
    assert len(home) == 1
    assert home[0].covers(compound)
    require_coverage(made, list(polygons(LAND).values()))


def test_the_land_around_a_compound_goes_with_it_and_around_two_it_is_divided() -> None:
    one = shapely.box(20, 20, 30, 40)
    other = shapely.box(70, 20, 80, 40)
    made = make_blocks(list(polygons(LAND).values()), [], [one], min_area=50)
    assert len(made.shapes) == 1
    both = make_blocks(list(polygons(LAND).values()), [], [one, other], min_area=50, min_width=5)
    assert len(both.shapes) == 2
    assert shapely.area(both.shapes).tolist() == pytest.approx([3000, 3000], abs=5)
    west, east = both.shapes[np.argsort(both.compound)]
    assert west.covers(one)
    assert east.covers(other)
    require_coverage(both, list(polygons(LAND).values()))


@settings(max_examples=25, deadline=None)
@given(st.floats(2, 40), st.floats(0, 8), st.floats(0, 90))
def test_the_border_half_way_between_two_walls_is_straight(gap: float, shift: float, turn: float) -> None:
    """However the walls are turned, and wherever their corners are."""
    west, east = shapely.box(20, 40, 100 - gap / 2, 160), shapely.box(100 + gap / 2, 40 + shift, 180, 160 + shift)
    made = make_blocks(
        [shapely.box(-20, -20, 220, 220)],
        [],
        [rotate(west, turn, (100, 100)), rotate(east, turn, (100, 100))],
        min_area=50,
        min_width=1,
    )
    assert len(made.shapes) == 2
    seam = rotate(shapely.line_merge(shapely.intersection(*made.shapes)), -turn, (100, 100))
    between = shapely.get_coordinates(shapely.intersection(seam, shapely.box(0, 50 + shift, 200, 150)))
    assert np.abs(between[:, 0] - 100).max() <= 1.5
    leaning = np.arctan2(*np.diff(between, axis=0).T)
    assert np.abs(np.diff(leaning)).sum() <= 0.1
    require_coverage(made, [shapely.box(-20, -20, 220, 220)])


def test_what_is_thin_goes_to_the_neighbour_with_the_longest_border() -> None:
    """Two carriageways three metres apart: what lies between is no block."""
    ways = [road((-5, 30), (105, 30)), road((-5, 33), (105, 33))]
    made = make_blocks(list(polygons(LAND).values()), ways, min_area=100, min_width=5)
    assert len(made.shapes) == 2
    assert made.merged == 1
    require_coverage(made, list(polygons(LAND).values()))


def test_a_road_beside_a_border_is_the_border() -> None:
    """The border of A and B is the axis of a road, drawn again with errors of some centimetres."""
    drawn = polygons("""
        AAABBB
        AAABBB
    """)
    wobbling = road((30.004, -5), (29.993, 4), (30.008, 7), (29.7, 12), (30.2, 25))
    made = make_blocks(array_of(drawn.values()), [wobbling], min_area=0.0, min_width=0.0)
    assert len(made.shapes) == 2
    require_coverage(made, list(drawn.values()))


def test_compounds_drawn_twice_are_one() -> None:
    twice = [shapely.box(20, 20, 40, 40), shapely.box(20.3, 20, 40.3, 40)]
    made = make_blocks(list(polygons(LAND).values()), [road((10, -5), (10, 65)), road((90, -5), (90, 65))], twice)
    assert (made.compound >= 0).sum() == 1


def test_a_canal_of_some_width_keeps_its_banks() -> None:
    canal = polygons("""
        ....WW....
        ....WW....
        ....WW....
        ....WW....
        ....WW....
        ....WW....
    """)["W"]
    made = make_blocks(list(polygons(LAND).values()), [canal], min_area=100, min_width=5)
    assert len(made.shapes) == 3


def test_land_and_limits_that_cannot_be_used_are_refused() -> None:
    with pytest.raises(BadInput, match="no land"):
        make_blocks([], [line("1.2")])
    with pytest.raises(BadInput, match="not negative"):
        make_blocks(list(polygons("A").values()), [], min_area=-1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 60.0]), st.sampled_from([0.0, 4.0]))
def test_whatever_is_drawn_it_is_a_coverage(seed: int, min_area: float, min_width: float) -> None:
    rng = np.random.default_rng(seed)
    land = list(
        polygons("""
            AAABBB
            AAABCC
            DDDDCC
        """).values()
    )
    lines = [shapely.LineString(rng.uniform(-10, 70, (rng.integers(2, 6), 2))) for _ in range(rng.integers(0, 7))]
    corners = rng.uniform(0, 55, (rng.integers(0, 4), 2))
    compounds = [shapely.box(x, y, x + rng.uniform(3, 15), y + rng.uniform(3, 15)) for x, y in corners]
    made = make_blocks(land, lines, compounds, min_area=min_area, min_width=min_width)
    require_coverage(made, land)
    for number in range(len(land)):
        mine = made.shapes[made.of == number]
        loose = mine[made.compound[made.of == number] < 0]
        if len(mine) > 1:  # what has a neighbour in its land and no compound is neither small nor thin
            assert (shapely.area(loose) >= min_area).all()
            assert is_wider(loose, min_width).all()
    for compound in round_coordinates(array_of(compounds)):
        inside = shapely.intersection(compound, shapely.union_all(land)).area
        shares = shapely.area(shapely.intersection(made.shapes, compound))
        overlapping = any(
            other.overlaps(compound) or other.covers(compound) for other in compounds if other is not compound
        )
        if inside == pytest.approx(compound.area) and len(compounds) == 1 and not overlapping:
            for number, each in enumerate(land):
                if each.covers(compound):
                    assert shares[made.of == number].max() >= 0.98 * compound.area
