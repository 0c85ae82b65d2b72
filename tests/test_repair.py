"""A dirty layer becomes a coverage, or the repair says why not: nobody's grid is lost on the way."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from layers import array, bent, coverages, drawn, shared_lengths
from shapely import Polygon, box

from gridmap.errors import BadInput, RepairRefused
from gridmap.space.coverage import judge
from gridmap.space.polygons import identity, snap_to_plane
from gridmap.space.repair import repair

LATTICE = "ABCD\nEFGH\nIJKL"
STREET_AND_MARKET = array(box(0, 0, 300, 100), box(300, 0, 400, 100), box(100, 40, 150, 60))
NAMES = ["the street", "the park", "the market"]


def noisy(layer: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    """Every polygon digitised for itself: nodes every few metres, each with its own error."""
    random = np.random.default_rng(seed)
    dense = shapely.segmentize(layer, 8.0)
    return array(
        *(
            Polygon(xy + np.vstack([offset := random.normal(0, sigma, (len(xy) - 1, 2)), offset[:1]]))
            for xy in map(shapely.get_coordinates, dense)
        )
    )


@given(coverages("ABCDE."))
@settings(max_examples=50, deadline=None)
def test_a_valid_coverage_comes_back_as_it_was(layer: np.ndarray) -> None:
    done = repair(layer)
    assert [identity(shape) for shape in done.polygons] == [identity(shape) for shape in layer]
    assert done.changes == ()
    assert all(proposal.owner is None for proposal in done.proposals)  # its lakes


@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.1))
@settings(max_examples=20, deadline=None)
def test_noise_of_a_decimetre_is_repaired_and_no_neighbour_is_lost(seed: int, sigma: float) -> None:
    true = bent(drawn(LATTICE, 40.0), seed)
    dirty = noisy(true, sigma, seed)
    done = repair(dirty, snapping=0.3, gap_width=0.6)
    assert judge(done.polygons, 0.01).valid
    neighbours = {pair for pair, length in shared_lengths(true).items() if length > 1}
    assert neighbours <= set(shared_lengths(done.polygons))
    assert done.area_after == pytest.approx(shapely.area(true).sum(), rel=1e-3)
    assert shapely.area(done.polygons) == pytest.approx(shapely.area(dirty), rel=0.01)
    assert done.split == ()


@given(st.integers(0, 2**32 - 1))
@example(433_688)  # the cleaner opens a gap at a corner
@settings(max_examples=15, deadline=None)
def test_repairing_twice_changes_nothing_more(seed: int) -> None:
    once = repair(noisy(bent(drawn("AABB\nCCDD", 40.0), seed), 0.05, seed))
    twice = repair(once.polygons)
    assert [identity(shape) for shape in twice.polygons] == [identity(shape) for shape in once.polygons]


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_the_order_of_the_layer_does_not_decide_more_than_snapping_may(seed: int) -> None:
    dirty = noisy(bent(drawn("AABB\nCCDD", 40.0), seed), 0.05, seed)
    forwards, backwards = repair(dirty).polygons, repair(dirty[::-1]).polygons[::-1]
    moved = shapely.area(shapely.symmetric_difference(forwards, backwards))
    assert (moved < 0.1 * shapely.length(dirty)).all()  # nodes within the snapping distance become one of them


def test_a_repair_reports_what_moved_and_by_how_much() -> None:
    layer = array(box(0, 0, 100, 100), box(99.9, 0, 200, 100), box(0, 100, 200, 200))
    done = repair(layer)
    assert judge(done.polygons, 0.01).valid
    (overlap,) = done.proposals
    assert (overlap.id, overlap.features, overlap.owner, overlap.needs_decision) == ("overlap-1", (0, 1), 0, False)
    assert overlap.area == pytest.approx(10)
    by_feature = {change.feature: change for change in done.changes}
    assert by_feature[1].moved == pytest.approx(10, rel=0.01)
    assert by_feature[1].share == pytest.approx(0.001, rel=0.01)
    assert by_feature[1].distance == pytest.approx(0.1, abs=0.001)
    assert by_feature[2].moved == 0.0  # it only has one node more
    assert (done.area_before, done.area_after) == pytest.approx((40_010, 40_000))


def test_a_market_drawn_on_top_of_a_street_is_cut_out_of_the_street_when_a_person_agrees() -> None:
    """The cleaner's own rule gives it to the street, and the market is gone."""
    swallowed = shapely.coverage_clean(STREET_AND_MARKET)
    assert shapely.is_empty(swallowed[2])
    with pytest.raises(RepairRefused, match="overlap-1 of 1,000 m² between the street and the market") as refused:
        repair(STREET_AND_MARKET, names=NAMES)
    (proposal,) = refused.value.evidence["proposals"]
    assert (proposal["owner"], proposal["area"]) == ("the market", 1000.0)
    done = repair(STREET_AND_MARKET, names=NAMES, decisions={"overlap-1": 2})
    assert shapely.area(done.polygons).tolist() == [29_000.0, 10_000.0, 1_000.0]
    for agreed in (
        repair(STREET_AND_MARKET, accept_all=True),
        repair(STREET_AND_MARKET, accepted={"overlap-1"}),
    ):
        assert agreed.proposals == done.proposals
    assert judge(done.polygons, 0.01).valid


def test_nobody_can_decide_a_grid_away() -> None:
    with pytest.raises(RepairRefused, match="the market lies wholly inside others"):
        repair(STREET_AND_MARKET, names=NAMES, decisions={"overlap-1": 0})


def test_a_tiny_kiosk_inside_a_grid_survives_without_a_decision() -> None:
    done = repair(array(box(0, 0, 100, 100), box(50, 50, 52, 52)))
    assert shapely.area(done.polygons).tolist() == [9996.0, 4.0]


def test_the_same_land_twice_is_refused_with_both_names() -> None:
    layer = drawn("AB", 100.0)
    with pytest.raises(RepairRefused, match="first and third are the same land") as refused:
        repair(array(*layer, layer[0]), names=["first", "second", "third"], accept_all=True)
    assert refused.value.evidence["features"] == ("first", "third")


def test_a_polygon_covered_by_several_is_refused_not_emptied() -> None:
    layer = array(box(0, 0, 100, 100), *drawn("AB\nCD", 50.0))
    with pytest.raises(RepairRefused, match="whole lies wholly inside others"):
        repair(layer, names=["whole", "a", "b", "c", "d"], accept_all=True)


def test_large_overlaps_go_to_the_smaller_or_to_whom_a_person_names() -> None:
    layer = array(box(0, 0, 110, 100), box(100, 0, 250, 100))
    with pytest.raises(RepairRefused, match="need a decision"):
        repair(layer)
    accepted = repair(layer, accept_all=True)
    assert shapely.area(accepted.polygons).tolist() == [11_000.0, 14_000.0]
    refused = repair(layer, decisions={"overlap-1": 1})
    assert shapely.area(refused.polygons).tolist() == [10_000.0, 15_000.0]
    assert refused.proposals[0].owner == 1
    with pytest.raises(BadInput, match="can only go to one of: feature 1, feature 2"):
        repair(layer, decisions={"overlap-1": None})
    with pytest.raises(BadInput, match="there is no proposal gap-7; there are: overlap-1"):
        repair(layer, decisions={"gap-7": 1})


GAP = array(box(0, 0, 100, 100), box(102, 0, 200, 100), box(0, 100, 200, 200), box(0, -50, 200, 0))


def test_a_gap_wider_than_the_gap_width_stays_as_lakes_do() -> None:
    done = repair(GAP)
    assert judge(done.polygons, 0.01).hole_area == 200.0
    (lake,) = done.proposals
    assert (lake.id, lake.owner, lake.needs_decision) == ("gap-1", None, False)
    given_away = repair(GAP, decisions={"gap-1": 1})
    assert judge(given_away.polygons, 0.01).holes == 0
    assert given_away.polygons[1].area == 10_000.0


def test_a_large_gap_within_the_gap_width_waits_for_a_decision_and_can_be_kept() -> None:
    with pytest.raises(RepairRefused, match="gap-1 of 200 m²"):
        repair(GAP, gap_width=3.0)
    closed = repair(GAP, gap_width=3.0, accept_all=True)
    assert judge(closed.polygons, 0.01).holes == 0
    assert closed.proposals[0].owner in {0, 1}
    kept = repair(GAP, gap_width=3.0, decisions={"gap-1": None})
    assert judge(kept.polygons, 0.01).hole_area == pytest.approx(200.0)
    assert kept.proposals[0].owner is None
    assert judge(kept.polygons, 0.01).valid


def test_a_small_gap_can_be_kept_too() -> None:
    narrow = array(box(0, 0, 100, 100), box(100.05, 0, 200, 100), box(0, 100, 200, 200), box(0, -50, 200, 0))
    assert judge(repair(narrow).polygons, 0.01).holes == 0
    kept = repair(narrow, decisions={"gap-1": None}, snapping=0.01)
    assert judge(kept.polygons, 0.01).hole_area == pytest.approx(5.0)


def test_a_feature_may_change_by_more_than_one_percent_only_when_it_is_named() -> None:
    layer = array(box(0, 0, 10, 10), box(9.7, 0, 30, 10), box(0, 10, 30, 20))
    with pytest.raises(RepairRefused, match=r"feature 2 would change from 203\.0 to 200\.0 m².*name it") as refused:
        repair(layer)
    assert refused.value.evidence["features"] == ["feature 2"]
    done = repair(layer, named=[1])
    assert judge(done.polygons, 0.01).valid


def test_a_snapping_distance_of_zero_is_refused_since_it_empties_polygons() -> None:
    with pytest.raises(BadInput, match="must be above 0"):
        repair(GAP, snapping=0.0)
    with pytest.raises(BadInput, match="at least"):
        repair(GAP, gap_width=0.0)


def test_a_feature_narrower_than_the_snapping_distance_is_refused_not_lost() -> None:
    layer = array(box(0, 0, 10, 10), box(10, 0, 10.006, 10), box(10.006, 0, 20, 10.001))
    with pytest.raises(RepairRefused, match=r"the lane would be lost even with a snapping distance of 0\.01 m"):
        repair(layer, names=["west", "the lane", "east"])


def test_where_the_cleaner_gives_one_neighbour_to_the_other_a_smaller_distance_is_used() -> None:
    """GEOS loses the edge between two of these four at 10 cm, and one of them with it."""
    dirty = noisy(bent(drawn("AABB\nCCDD", 40.0), 6835), 0.05, 6835)
    swallowed = shapely.coverage_clean(snap_to_plane(dirty), snapping_distance=0.1, gap_width=0.3)
    assert shapely.area(swallowed).max() > 2 * shapely.area(dirty).min()
    done = repair(dirty)
    assert shapely.area(done.polygons) == pytest.approx(shapely.area(dirty), rel=0.01)
    assert judge(done.polygons, 0.01).valid


def test_crumbs_that_snapping_breaks_off_go_to_a_neighbour() -> None:
    """A room behind a neck of 5 cm: the neck closes when nodes within 10 cm become one."""
    room = box(103, 49, 104, 51)
    neck = shapely.union_all([box(0, 0, 100, 100), box(100, 49.975, 103, 50.025), room])
    around = shapely.difference(box(100, 0, 200, 100), neck)
    done = repair(array(neck, around, box(0, 99.98, 200, 150)), snapping=0.2)
    assert judge(done.polygons, 0.01).valid
    assert shapely.get_num_geometries(done.polygons).tolist() == [1, 1, 1]
    assert shapely.contains(done.polygons[1], room)


def test_a_large_part_that_snapping_breaks_off_stays_with_its_feature_and_is_told() -> None:
    room = box(103, 40, 123, 60)
    neck = shapely.union_all([box(0, 0, 100, 100), box(100, 49.975, 103, 50.025), room])
    around = shapely.difference(box(100, 0, 200, 100), neck)
    done = repair(array(neck, around, box(0, 99.98, 200, 150)), snapping=0.2)
    assert judge(done.polygons, 0.01).valid
    assert done.split == (0,)
    assert shapely.contains(done.polygons[0], room)


def test_a_self_intersection_is_repaired_to_the_land_it_encloses() -> None:
    knot = Polygon([(0, 0), (100, 0), (100, 100), (50, 100), (50.2, 100.2), (50.2, 99.9), (50, 100.1), (0, 100)])
    assert not knot.is_valid
    done = repair(array(knot, box(100, 0, 200, 100)))
    assert judge(done.polygons, 0.01).valid
    assert done.polygons[0].area == pytest.approx(10_000, rel=0.001)


def test_rounding_alone_can_break_a_coverage_so_the_result_is_judged_on_the_grid() -> None:
    """Three borders that meet within a millimetre: valid as delivered, broken when rounded, repaired."""
    layer = array(
        Polygon([(0, 0), (100, 0), (100, 50.0004), (0.0003, 50.0006)]),
        Polygon([(0.0003, 50.0006), (100, 50.0004), (50, 50.0009), (0.0002, 50.0014)]),
        Polygon([(0.0002, 50.0014), (50, 50.0009), (100, 50.0004), (100, 100), (0, 100)]),
    )
    assert judge(layer).valid
    assert not judge(snap_to_plane(layer[[0, 2]]), 0.01).valid
    done = repair(layer[[0, 2]])
    assert judge(done.polygons, 0.01).valid
    xy = shapely.get_coordinates(done.polygons)
    assert np.array_equal(xy, np.round(xy, 3))
