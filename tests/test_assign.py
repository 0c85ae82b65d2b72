"""The rule: one verdict per subject, one equals many, no order matters, edges go to the lowest grid code."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

import numpy as np
import pytest
import shapely
from ascii_art import polygons as drawn
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.assign import REASONS, Inclusion, PlanLand, Subjects, Verdicts, assign
from gridmap.errors import BadInput
from gridmap.model.cases import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ORIGIN = np.array([457_123.456, 2_489_876.543])


def grid_id(code: str) -> UUID:
    return uuid5(UUID(int=0), code)


def land_of(blocks: dict[str, Any], inclusions: Sequence[Inclusion] = (), extra: Sequence[str] = ()) -> PlanLand:
    """Make land of blocks named by grid code and, behind it, whatever tells blocks of a grid apart."""
    codes = list(dict.fromkeys([name[:1] for name in blocks] + list(extra)))
    owner = np.array([codes.index(name[:1]) for name in blocks], dtype=np.int64)
    shapes = np.array([*blocks.values()], dtype=object)
    return PlanLand.of([grid_id(code) for code in codes], codes, shapes, owner, inclusions)


def street() -> dict[str, Any]:
    """Three grids; C is a market inside of B."""
    return drawn("""
        AAABBBBB
        AAABCCBB
        AAABBBBB
    """)


def told(verdicts: Verdicts, land: PlanLand) -> list[tuple[str | None, Reason]]:
    return [
        (land.grid_codes[grid] if grid >= 0 else None, REASONS[reason])
        for grid, reason in zip(verdicts.grid, verdicts.reason, strict=True)
    ]


def columns(verdicts: Verdicts) -> list[NDArray[Any]]:
    return [verdicts.grid, verdicts.reason, verdicts.distance, verdicts.nearest, verdicts.review]


def test_inside_edge_outside_and_unlocated() -> None:
    land = land_of(street())
    xy = np.array([[5, 5], [30, 5], [45, 15], [40, 15], [0, 5], [30, 0], [90, 15], [-3, -4], [np.nan, np.nan]])
    verdicts = assign(Subjects(xy=xy.astype(float)), land)
    assert told(verdicts, land) == [
        ("A", Reason.INSIDE),
        ("A", Reason.EDGE),
        ("C", Reason.INSIDE),
        ("B", Reason.EDGE),
        ("A", Reason.INSIDE),  # on the outer border: nobody else has it
        ("A", Reason.EDGE),
        (None, Reason.OUTSIDE),
        (None, Reason.OUTSIDE),
        (None, Reason.UNLOCATED),
    ]
    np.testing.assert_array_equal(verdicts.distance, [5, 0, 5, 0, 0, 0, 10, 5, np.nan])
    assert verdicts.nearest.tolist() == [-1, -1, -1, -1, -1, -1, 1, 0, -1]
    assert verdicts.review.tolist() == [False] * 6 + [True] * 3


def test_an_inner_block_edge_is_no_border() -> None:
    shapes = drawn("""
        PPQQRR
        PPQQRR
    """)
    land = land_of({"A1": shapes["P"], "A2": shapes["Q"], "B": shapes["R"]})
    verdicts = assign(Subjects(xy=np.array([[20.0, 10.0], [30.0, 10.0], [40.0, 10.0]])), land)
    assert told(verdicts, land) == [("A", Reason.INSIDE), ("A", Reason.INSIDE), ("A", Reason.EDGE)]
    assert verdicts.distance.tolist() == [10, 10, 0]


def test_nearest_grid_on_a_tie_has_the_lowest_code() -> None:
    shapes = drawn("A.B")
    for names in ("AB", "BA"):
        land = land_of({name: shapes[name] for name in names})
        verdicts = assign(Subjects(xy=np.array([[15.0, 5.0]])), land)
        assert verdicts.nearest.tolist() == [0]
        assert verdicts.distance.tolist() == [5]


def test_points_are_rounded_to_the_millimetre_first() -> None:
    land = land_of(street())
    xy = np.array([[30.0004, 5.0], [30.0006, 5.0], [29.9996, 5.0]])
    verdicts = assign(Subjects(xy=xy), land)
    assert told(verdicts, land) == [("A", Reason.EDGE), ("B", Reason.INSIDE), ("A", Reason.EDGE)]
    assert verdicts.distance[1] == pytest.approx(0.001)


def test_an_accuracy_circle_that_crosses_the_border_is_reviewed() -> None:
    land = land_of(street())
    xy = np.array([[25.0, 15.0], [25.0, 15.0], [25.0, 15.0], [30.0, 15.0], [30.0, 15.0]])
    verdicts = assign(Subjects(xy=xy, accuracy=np.array([0.0, 5.0, 5.1, 0.0, 1.0])), land)
    assert verdicts.review.tolist() == [False, False, True, False, True]


def test_a_person_decides_before_everything_by_code_or_id() -> None:
    land = land_of(street(), [Inclusion(grid_id("C"), "building", "b1")])
    subjects = Subjects(
        xy=np.array([[5.0, 5.0], [5.0, 5.0], [np.nan, np.nan], [5.0, 5.0], [99.0, 5.0]]),
        accuracy=np.full(5, 1000.0),
        buildings=["b1", "b1", None, "b1", None],
        manual=["B", grid_id("B"), "B", None, "B"],
    )
    verdicts = assign(subjects, land)
    assert told(verdicts, land) == [
        ("B", Reason.MANUAL),
        ("B", Reason.MANUAL),
        ("B", Reason.MANUAL),
        ("C", Reason.LISTED),
        ("B", Reason.MANUAL),
    ]
    assert not verdicts.review.any()  # a person knew better than the position
    np.testing.assert_allclose(verdicts.distance, [25, 25, np.nan, np.hypot(35, 5), 19])


def test_a_manual_grid_that_is_retired_goes_to_review() -> None:
    land = land_of(street())
    subjects = Subjects(xy=np.array([[5.0, 5.0], [np.nan, np.nan]]), manual=["Z", grid_id("Z")])
    verdicts = assign(subjects, land)
    assert told(verdicts, land) == [("A", Reason.INSIDE), (None, Reason.UNLOCATED)]
    assert verdicts.review.all()


def test_lists_name_shops_organisations_and_floors_of_buildings() -> None:
    land = land_of(
        street(),
        [
            Inclusion(grid_id("C"), "building", "tower"),
            Inclusion(grid_id("C"), "building", "mixed", 1, 2),
            Inclusion(grid_id("C"), "building", "cellar", None, -1),
            Inclusion(grid_id("B"), "shop", "s1"),
            Inclusion(grid_id("B"), "organisation", "o1"),
        ],
    )
    inside_a = np.tile([5.0, 5.0], (8, 1))
    shops = Subjects(
        xy=inside_a,
        buildings=["tower", "tower", "mixed", "mixed", "mixed", "cellar", "cellar", None],
        floors=[None, 9, 2, 3, None, -2, 1, None],
        own_kind="shop",
        own_codes=["s1", "s2", "o1", None, None, None, None, None],
    )
    verdicts = assign(shops, land)
    assert told(verdicts, land) == [
        ("B", Reason.LISTED),  # its own code stands before its building
        ("C", Reason.LISTED),
        ("C", Reason.LISTED),  # o1 is an organisation, this is a shop
        ("A", Reason.INSIDE),
        ("A", Reason.INSIDE),
        ("C", Reason.LISTED),
        ("A", Reason.INSIDE),
        ("A", Reason.INSIDE),
    ]
    assert verdicts.review.tolist() == [False, False, False, False, True, False, False, False]  # the floor is unknown
    household = Subjects(xy=inside_a[:1], own_codes=["s1"])
    assert told(assign(household, land), land) == [("A", Reason.INSIDE)]


def test_a_listed_subject_needs_no_point_and_its_grid_no_land() -> None:
    land = land_of(street(), [Inclusion(grid_id("T"), "building", "tower")], extra=["T"])
    subjects = Subjects(xy=np.array([[np.nan, np.nan], [5.0, 5.0]]), buildings=["tower", "tower"])
    verdicts = assign(subjects, land)
    assert told(verdicts, land) == [("T", Reason.LISTED), ("T", Reason.LISTED)]
    assert np.isnan(verdicts.distance).all()
    assert not verdicts.review.any()


@pytest.mark.parametrize("gone", [None, grid_id("Z")])
def test_a_list_of_a_grid_that_is_gone_goes_to_review(gone: UUID | None) -> None:
    land = land_of(street(), [Inclusion(gone, "building", "tower")])
    verdicts = assign(Subjects(xy=np.array([[5.0, 5.0], [5.0, 5.0]]), buildings=["tower", "hut"]), land)
    assert told(verdicts, land) == [("A", Reason.INSIDE), ("A", Reason.INSIDE)]
    assert verdicts.review.tolist() == [True, False]


def test_two_lists_go_to_the_lowest_code_and_to_review() -> None:
    entries = [Inclusion(grid_id("C"), "building", "tower"), Inclusion(grid_id("B"), "building", "tower", 1, 5)]
    for inclusions in (entries, entries[::-1]):
        land = land_of(street(), inclusions)
        verdicts = assign(Subjects(xy=np.full((2, 2), 5.0), buildings=["tower"] * 2, floors=[3, 6]), land)
        assert told(verdicts, land) == [("B", Reason.LISTED), ("C", Reason.LISTED)]
        assert verdicts.review.tolist() == [True, False]


def test_no_subjects_and_no_land() -> None:
    nobody = assign(Subjects(xy=np.empty((0, 2))), land_of(street()))
    assert all(len(column) == 0 for column in columns(nobody))
    nowhere = assign(Subjects(xy=np.zeros((2, 2))), land_of({}))
    assert [REASONS[reason] for reason in nowhere.reason] == [Reason.OUTSIDE] * 2
    assert nowhere.nearest.tolist() == [-1, -1]
    assert np.isnan(nowhere.distance).all()
    assert nowhere.review.all()


def test_bad_columns_are_refused() -> None:
    land = land_of(street())
    with pytest.raises(BadInput, match="row 1 is infinite"):
        assign(Subjects(xy=np.array([[0.0, 0.0], [np.inf, 0.0]])), land)
    with pytest.raises(BadInput, match="2 points but 1 of manual"):
        assign(Subjects(xy=np.zeros((2, 2)), manual=["A"]), land)
    with pytest.raises(BadInput, match=r"\(N, 2\)"):
        assign(Subjects(xy=np.zeros(2)), land)


def test_bad_land_is_refused() -> None:
    boxes = np.array([shapely.box(0, 0, 1, 1)], dtype=object)
    owner = np.zeros(1, dtype=np.int64)
    with pytest.raises(BadInput, match="a code of its own"):
        PlanLand.of([grid_id("A"), grid_id("B")], ["A", "A"], boxes, owner)
    with pytest.raises(BadInput, match="a code of its own"):
        PlanLand.of([grid_id("A"), grid_id("A")], ["A", "B"], boxes, owner)
    for wrong in (owner + 1, owner - 1, np.zeros(2, dtype=np.int64)):
        with pytest.raises(BadInput, match="one of the grids"):
            PlanLand.of([grid_id("A")], ["A"], boxes, wrong)


def coverage(rng: np.random.Generator, blocks: int, grids: int) -> tuple[NDArray[Any], NDArray[np.int64], list[str]]:
    """Deal blocks on the 1 mm grid out to grids; codes come in no order."""
    seeds = shapely.multipoints(rng.uniform(0, 1000, (blocks, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds)), shapely.box(0, 0, 1000, 1000))
    cells = shapely.transform(cells, lambda xy: np.round(xy + ORIGIN, 3))
    cells = cells[shapely.is_valid(cells)]  # a hair may crumple on the grid; a hole in the land is no harm here
    codes = [f"{number:03}" for number in rng.permutation(grids) + 1]
    return cells, rng.integers(0, grids, len(cells)), codes


def points_in(rng: np.random.Generator, blocks: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Take corners, points on edges, points anywhere and outside, and some without a place."""
    corners = shapely.get_coordinates(blocks)
    some = corners[rng.integers(0, len(corners), count)]
    edges = np.array([(a + b) / 2 for a, b in pairwise(shapely.get_coordinates(blocks[0]))])
    anywhere = ORIGIN + rng.uniform(-200, 1200, (count, 2))
    return np.concatenate([some, edges, anywhere, np.full((2, 2), np.nan)])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), blocks=st.integers(2, 40), grids=st.integers(1, 8))
def test_one_verdict_each_as_brute_force_gives_it_in_any_order(seed: int, blocks: int, grids: int) -> None:
    rng = np.random.default_rng(seed)
    shapes, owner, codes = coverage(rng, blocks, grids)
    if not len(shapes):
        return
    ids = [grid_id(code) for code in codes]
    land = PlanLand.of(ids, codes, shapes, owner)
    xy = points_in(rng, shapes, 40)
    accuracy = rng.uniform(0, 40, len(xy))
    verdicts = assign(Subjects(xy=xy, accuracy=accuracy), land)
    assert_brute_force(verdicts, xy, accuracy, land)

    one_by_one = [assign(Subjects(xy=xy[[row]], accuracy=accuracy[[row]]), land) for row in range(len(xy))]
    shuffled = rng.permutation(len(xy))
    again = assign(Subjects(xy=xy[shuffled], accuracy=accuracy[shuffled]), land)
    grid_order, block_order = rng.permutation(grids), rng.permutation(len(shapes))
    other = PlanLand.of(
        [ids[grid] for grid in grid_order],
        [codes[grid] for grid in grid_order],
        shapes[block_order],
        np.argsort(grid_order)[owner[block_order]],
    )
    elsewhere = assign(Subjects(xy=xy, accuracy=accuracy), other)
    assert other.grid_ids == land.grid_ids
    for number, column in enumerate(columns(verdicts)):
        np.testing.assert_array_equal([columns(each)[number][0] for each in one_by_one], column)
        np.testing.assert_array_equal(columns(again)[number], column[shuffled])
        np.testing.assert_array_equal(columns(elsewhere)[number], column)


def assert_brute_force(
    verdicts: Verdicts, xy: NDArray[np.float64], accuracy: NDArray[np.float64], land: PlanLand
) -> None:
    """Decide every subject the slow way, block by block."""
    whole = [
        shapely.union_all(land.blocks[land.block_grid == grid]) if (land.block_grid == grid).any() else None
        for grid in range(len(land.grid_ids))
    ]
    for row, (x, y) in enumerate(np.round(xy, 3)):
        grid, reason = verdicts.grid[row], REASONS[verdicts.reason[row]]
        if np.isnan(x):
            assert (grid, reason, verdicts.nearest[row]) == (-1, Reason.UNLOCATED, -1)
            assert verdicts.review[row]
            continue
        point = shapely.Point(x, y)
        having = sorted(set(land.block_grid[shapely.intersects(land.blocks, point)].tolist()))
        if having:
            assert grid == having[0]
            assert reason is (Reason.EDGE if len(having) > 1 else Reason.INSIDE)
            assert verdicts.nearest[row] == -1
            distance = whole[grid].boundary.distance(point)
            assert verdicts.review[row] == (accuracy[row] > verdicts.distance[row])
        else:
            away = np.array([np.inf if each is None else each.distance(point) for each in whole])
            distance = away.min()
            assert (grid, reason) == (-1, Reason.OUTSIDE)
            assert away[verdicts.nearest[row]] == pytest.approx(distance, abs=1e-9)
            assert verdicts.review[row]
        assert verdicts.distance[row] == pytest.approx(distance, abs=1e-6)
