"""What is wrong with boundaries: every kind of problem found, named, placed and measured."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import array, bent, coverages, drawn
from shapely import Polygon, box

from gridmap.errors import CoverageBroken
from gridmap.space import measure
from gridmap.space.coverage import Communities, Problem, ProblemKind, find_overlaps, find_problems, judge, require_valid


def kinds(problems: list[Problem]) -> list[tuple[str, tuple[int, ...]]]:
    return [(problem.kind.value, problem.features) for problem in problems]


@given(coverages())
@settings(max_examples=50, deadline=None)
def test_a_drawing_without_dots_has_nothing_wrong_but_parts(layer: np.ndarray) -> None:
    verdict = judge(layer, 0.01)
    assert verdict.valid
    assert (verdict.overlaps, verdict.holes, verdict.bad_edge_parts) == (0, 0, 0)
    require_valid(layer, [str(row) for row in range(len(layer))])
    assert {problem.kind for problem in find_problems(layer)} <= {ProblemKind.MULTIPART}


def test_a_dedicated_grid_may_be_a_hole_inside_a_general_grid() -> None:
    assert find_problems(drawn("AAAA\nABBA\nAAAA")) == []


def test_an_unfilled_hole_is_a_gap_with_those_around_it_unless_it_is_declared() -> None:
    layer = drawn(
        """
        AAABB
        A..BB
        AAACC
        """
    )
    (gap,) = find_problems(layer)
    assert (gap.kind, gap.features, gap.area, gap.length) == (ProblemKind.GAP, (0, 1, 2), 200.0, 30.0)
    assert gap.detail == "gap up to 10.00 m wide"
    assert shapely.contains_xy(box(10, 10, 30, 20), *gap.place)
    assert judge(layer, 0.01).valid  # a coverage may have lakes
    assert find_problems(layer, declared_holes=[box(10, 10, 30, 20)]) == []
    (rest,) = find_problems(layer, declared_holes=[box(10, 10, 20, 20)])
    assert (rest.kind, rest.area) == (ProblemKind.GAP, 100.0)


def test_an_island_in_a_lake_is_no_gap() -> None:
    layer = drawn(
        """
        AAAAA
        A...A
        A.B.A
        A...A
        AAAAA
        """
    )
    (gap,) = find_problems(layer)
    assert gap.area == 800.0
    assert not shapely.intersects_xy(layer[1], *gap.place)


def test_an_overlap_has_its_square_metres_its_width_and_its_place() -> None:
    layer = array(box(0, 0, 20, 10), box(15, 0, 40, 10))
    overlap, *edges = find_problems(layer)
    assert (overlap.kind, overlap.features, overlap.area, overlap.length) == (ProblemKind.OVERLAP, (0, 1), 50.0, 15.0)
    assert overlap.detail == "overlap up to 5.00 m wide"
    assert shapely.contains_xy(box(15, 0, 20, 10), *overlap.place)
    assert {edge.kind for edge in edges} == {ProblemKind.MISMATCHED_EDGE}


@pytest.mark.parametrize("inner", [box(4, 4, 6, 6), box(0, 4, 6, 6), box(0, 0, 10, 10)])
def test_a_grid_drawn_on_top_of_another_is_an_overlap(inner: Polygon) -> None:
    layer = array(box(0, 0, 10, 10), inner)
    assert not judge(layer).valid
    assert ("overlap", (0, 1)) in kinds(find_problems(layer))


def test_a_slit_of_four_millimetres_passes_with_gap_width_0_and_not_with_a_centimetre() -> None:
    layer = drawn("AB\nCD", 100.0)
    layer[1] = Polygon([(100, 100), (200, 100), (200, 200), (100.004, 200), (100.004, 150)])
    layer[0] = Polygon([(0, 100), (100, 100), (100, 200), (0, 200)])
    layer = array(*layer, box(0, 200, 200, 300))
    layer[4] = Polygon([(0, 200), (100, 200), (100.004, 200), (200, 200), (200, 300), (0, 300)])
    assert shapely.coverage_is_valid(layer)
    assert judge(layer, 0.0).valid
    verdict = judge(layer, 0.01)
    assert not verdict.valid
    assert verdict.holes == 1
    assert verdict.wide_holes == 0
    with pytest.raises(CoverageBroken):
        require_valid(layer, list("ABCDE"))


def test_validity_may_depend_on_units_so_the_plane_decides() -> None:
    """A hairline of a third of a millimetre in feet is none on the millimetre grid."""
    feet = drawn("AB", 100.0)
    feet = array(feet[0], shapely.transform(feet[1], lambda xy: xy + np.array([0.0005, 0.0])))
    assert not judge(shapely.union(feet, feet), 0.01).valid
    plane = shapely.transform(feet, lambda xy: np.round(xy * 0.3048, 3))
    assert judge(plane, 0.01).valid


def test_edges_that_do_not_match_are_grouped_by_the_features_that_meet() -> None:
    layer = array(box(0, 0, 10, 20), *shapely.transform(drawn("A\nB"), lambda xy: xy + np.array([10, 0])))
    (edge,) = find_problems(layer)
    assert (edge.kind, edge.features, edge.area) == (ProblemKind.MISMATCHED_EDGE, (0, 1, 2), 0.0)
    assert edge.length == 40.0  # 20 m seen from each side
    assert edge.place[0] == 10.0


def test_broken_polygons_slivers_and_parts_are_named() -> None:
    bow = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    needle = box(20, 0, 20.5, 40)
    two = polygons("A..A")["A"]
    layer = array(bow, needle, shapely.transform(two, lambda xy: xy + 100))
    found = {problem.kind: problem for problem in find_problems(layer)}
    assert set(found) == {ProblemKind.INVALID, ProblemKind.SLIVER, ProblemKind.MULTIPART}
    assert found[ProblemKind.INVALID].place == (5.0, 5.0)
    assert found[ProblemKind.INVALID].area == 50.0
    assert found[ProblemKind.SLIVER].features == (1,)
    assert found[ProblemKind.MULTIPART].area == 100.0
    assert ProblemKind.MULTIPART not in {p.kind for p in find_problems(layer, declared_multipart=[2])}
    assert ProblemKind.SLIVER not in {p.kind for p in find_problems(layer, sliver_width=0.4)}


def test_a_polygon_that_rounding_flattened_is_invalid_and_nothing_worse() -> None:
    flat = Polygon([(0, 0), (10, 0), (20, 0)])
    found = find_problems(array(flat, *drawn("AB")))
    assert kinds(found) == [("invalid", (0,)), ("mismatched_edge", (0, 1, 2))]
    assert found[0].area == 0.0
    assert judge(array(flat)).invalid == 1


def test_grids_are_held_against_the_outlines_of_their_communities() -> None:
    communities = drawn("XXX.YYY")
    grids = drawn("AABBBCD")  # B reaches into nobody's land and into Y
    where = Communities(communities, np.array([0, 0, 1, 1]))
    found = find_problems(grids, communities=where)
    assert kinds(found) == [("outside_community", (1,))]
    assert found[0].area == 200.0
    assert found[0].community == 0
    without_d = Communities(communities, np.array([0, 0, 1]))
    found = find_problems(grids[:3], communities=without_d)
    assert [(problem.kind.value, problem.community, problem.area) for problem in found] == [
        ("outside_community", 0, 200.0),
        ("community_not_covered", 1, 100.0),
    ]
    assert kinds(find_problems(grids, communities=Communities(communities, np.array([0, -1, 1, 1])))) == []


def test_wrong_codes_are_problems_with_their_reason() -> None:
    where = Communities(drawn("XXXX"), np.zeros(4, dtype=np.int64), ("440106001001",))
    codes = ["440106001001001", "440106001002001", "440106001001001", "12"]
    found = find_problems(drawn("ABCD"), communities=where, codes=codes)
    assert kinds(found) == [("code_wrong", (0, 2)), ("code_wrong", (1,)), ("code_wrong", (3,))]
    twice, foreign, short = (problem.detail for problem in found)
    assert twice == "the code 440106001001001 is used twice"
    assert foreign.endswith("does not begin with 440106001001, the code of its community")
    assert short.startswith("'12' is no grid code")


def test_an_edit_that_breaks_the_coverage_is_refused_by_name() -> None:
    layer = drawn("AB\nCC")
    require_valid(layer, list("ABC"))
    layer[1] = box(9, 10, 20, 20)
    with pytest.raises(CoverageBroken, match=r"A, B do not fit: overlap up to 1\.00 m wide") as refused:
        require_valid(layer, list("ABC"))
    worst = refused.value.evidence["problems"][0]
    assert (worst["kind"], worst["features"], worst["area"]) == ("overlap", ["A", "B"], 10.0)
    layer[1] = Polygon()
    with pytest.raises(CoverageBroken, match="B has no land any more"):
        require_valid(layer, list("ABC"))


@given(st.lists(st.tuples(*(st.integers(0, 12) for _ in range(2)), *(st.integers(1, 6) for _ in range(2))), min_size=2))
@settings(max_examples=200, deadline=None)
def test_features_with_bad_edges_are_suspects_enough(sides: list[tuple[int, int, int, int]]) -> None:
    layer = array(*(box(x, y, x + width, y + height) for x, y, width, height in sides))
    bad = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(layer)))
    found = find_overlaps(layer, bad)
    everybody = find_overlaps(layer, np.arange(len(layer)))
    assert list(zip(found.first, found.second, strict=True)) == list(
        zip(everybody.first, everybody.second, strict=True)
    )


@given(coverages(), st.integers(0, 2**32 - 1), st.floats(0.05, 3.0))
@settings(max_examples=50, deadline=None)
def test_a_moved_corner_is_always_found_with_its_area(layer: np.ndarray, seed: int, distance: float) -> None:
    """An inlet from outside is no gap: it is found because the outline of the community is known."""
    random = np.random.default_rng(seed)
    row = int(random.integers(len(layer)))
    xy = shapely.get_coordinates(layer[row])
    corner = xy[random.integers(len(xy))]
    angle = random.uniform(0, 2 * np.pi)
    step = np.round(distance * np.array([np.cos(angle), np.sin(angle)]), 3)
    moved = layer.copy()
    moved[row] = shapely.transform(layer[row], lambda nodes: nodes + step * (nodes == corner).all(axis=1)[:, None])
    if not moved[row].is_valid:
        assert judge(moved, 0.01).invalid == 1
        return
    outline = Communities(array(shapely.union_all(layer)), np.zeros(len(layer), dtype=np.int64))
    found = find_problems(moved, communities=outline, sliver_width=0.001, declared_multipart=range(len(layer)))
    overlap = sum(problem.area for problem in found if problem.kind is ProblemKind.OVERLAP)
    others = shapely.union_all(np.delete(layer, row))
    assert overlap == pytest.approx(shapely.intersection(moved[row], others).area, abs=1e-6)
    assert judge(moved, 0.01).valid == shapely.coverage_is_valid(moved, gap_width=0.01)
    changed = shapely.symmetric_difference(layer[row], moved[row])
    assert found or not measure.is_wider(array(changed), 0.01)[0]


@given(coverages("ABC."))
@settings(max_examples=50, deadline=None)
def test_gaps_are_exactly_the_enclosed_land_of_nobody(layer: np.ndarray) -> None:
    land = shapely.union_all(layer)
    filled = shapely.union_all([Polygon(part.exterior) for part in shapely.get_parts(land)])
    gaps = [problem for problem in find_problems(layer) if problem.kind is ProblemKind.GAP]
    assert sum(gap.area for gap in gaps) == pytest.approx(filled.area - land.area, abs=1e-6)
    assert judge(layer, 0.01).holes == len(gaps)
    for gap in gaps:
        assert not shapely.intersects_xy(land, *gap.place)


def test_degrees_and_feet_are_measured_in_metres() -> None:
    degrees = array(box(121.5, 25.0, 121.501, 25.001))
    (shape,) = measure.degrees(degrees)
    assert shape.area == pytest.approx(100.93 * 110.78, rel=1e-3)  # lengths of a thousandth of a degree at 25°
    assert degrees[0].bounds == (121.5, 25.0, 121.501, 25.001)
    (shape,) = measure.linear(0.3048)(drawn("A", 100.0))
    assert shape.area == pytest.approx(30.48**2)


@given(coverages("AB"), st.floats(0.01, 80.0))
@settings(max_examples=50, deadline=None)
def test_wider_means_that_a_circle_fits(layer: np.ndarray, width: float) -> None:
    wide = measure.is_wider(layer, width)
    diameters = measure.widths(layer)
    sure = np.abs(diameters - width) > 0.02 * width + 0.002
    assert np.array_equal(wide[sure], (diameters > width)[sure])


def test_bending_keeps_a_drawing_a_coverage() -> None:
    assert shapely.coverage_is_valid(bent(drawn("AAB\nCAB\nCDD", 40.0), 3), gap_width=0.01)
