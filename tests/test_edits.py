"""Edits of a plan, one by one, on drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
import shapely
from ascii_art import line, polygons
from hypothesis import given
from hypothesis import strategies as st
from random_edits import COMMUNITIES, layout_of, stored

from gridmap.errors import BadInput, CodesExhausted, Conflict, EditRefused, GridmapError
from gridmap.model.land import GridKind
from gridmap.space.edits import OPERATIONS, Edited, Guards, Outline, Outlines, perform
from gridmap.space.layout import Layout, apply

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST, SECOND = COMMUNITIES
NEW = [UUID(int=number) for number in range(10**12, 10**12 + 20)]


def drawn(art: str, size: float = 10.0) -> Layout:
    return layout_of(list(polygons(art, size).values()))


def grid(_: Layout, letter: str) -> UUID:
    """The grid of a letter of the drawing that a layout was made of."""
    return UUID(int=10**9 + "ABCDEFGH".index(letter))


def edit(layout: Layout, guards: Guards | None = None, **op: Any) -> Edited:
    if "line" in op:
        op["line"] = shapely.get_coordinates(op["line"]).tolist()
    return perform(layout, {"new_ids": NEW, **op}, guards or Guards())


def refusal(layout: Layout, guards: Guards | None = None, **op: Any) -> EditRefused:
    with pytest.raises(EditRefused) as refused:
        edit(layout, guards, **op)
    return refused.value


def areas(layout: Layout) -> dict[str, float]:
    return {state.code[-4:]: round(layout.shape(each).area, 1) for each, state in layout.grids.items()}


def valid(layouts: Iterable[Layout]) -> bool:
    return all(shapely.coverage_is_valid(list(layout.blocks.values()), gap_width=0.01) for layout in layouts)


TWO = "AAABBB\nAAABBB\nAAABBB"


def test_the_larger_part_keeps_id_and_code_and_undo_gives_the_code_back() -> None:
    before = drawn(TWO)
    west = shapely.LineString([(-5, 20), (15, 20), (35, 20)])
    edited = edit(before, op="cut", grid=grid(before, "A"), line=west)
    states = edited.layout.grids
    assert states[grid(before, "A")].code == FIRST + "001"
    assert states[NEW[0]].code == FIRST + "002"
    assert states[NEW[0]].provisional
    assert areas(edited.layout) == {"1001": 600.0, "2001": 900.0, "1002": 300.0}
    assert {kind for _, _, kind in edited.change.parents} == {"piece", "same_land"}  # B got the end node
    back = apply(edited.layout, edited.inverse)
    assert stored(back) == stored(before)
    again = edit(back, op="cut", grid=grid(before, "A"), line=west)
    assert again.layout.grids[NEW[0]].code == FIRST + "002"
    assert again.layout.hash() == edited.layout.hash() != before.hash()


@pytest.mark.parametrize(("name", "called"), [("解放路社区第{}网格", "解放路社区第{}网格"), ("市场", "市场（0{}）")])
def test_a_new_grid_is_named_by_its_number_where_the_old_one_is(name: str, called: str) -> None:
    before = drawn(TWO)
    old = grid(before, "A")
    before = edit(before, op="rename", grid=old, name=name.format(before.grids[old].code[-2:])).layout
    line = shapely.LineString([(-5, 20), (15, 20), (35, 20)])
    after = edit(before, op="cut", grid=old, line=line).layout
    (new,) = after.grids.keys() - before.grids.keys()
    assert after.grids[new].name == called.format(after.grids[new].code[-2:])


def test_a_line_through_several_grids_cuts_each() -> None:
    before = drawn(TWO)
    edited = edit(before, op="cut", line=shapely.LineString([(-5, 12), (65, 12)]))
    assert areas(edited.layout) == {"1001": 540.0, "2001": 540.0, "1002": 360.0, "2002": 360.0}
    assert valid([edited.layout])
    one = edit(before, op="cut", grid=FIRST + "001", line=shapely.LineString([(-5, 12), (45, 12)]))
    assert len(one.layout.grids) == 3  # it ends inside the other one, which is not to be cut


def test_a_line_that_ends_inside_is_refused_with_the_distance_to_the_border() -> None:
    before = drawn(TWO)
    refused = refusal(before, op="cut", grid=FIRST + "001", line=shapely.LineString([(-5, 15), (26.8, 15)]))
    assert refused.evidence == {"reason": "ends_inside", "place": (26.8, 15.0), "metres": 3.2}
    assert "3.2 m short of its border" in refused.message
    missed = refusal(before, op="cut", grid=FIRST + "001", line=shapely.LineString([(-5, 37), (26.8, 37)]))
    assert (missed.evidence["reason"], missed.evidence["metres"]) == ("misses", 7.0)


def test_a_ring_cuts_out_an_island() -> None:
    before = drawn(TWO)
    ring = shapely.Point(15, 15).buffer(8).exterior
    edited = edit(before, op="cut", grid=grid(before, "A"), line=ring)
    assert len(edited.layout.shape(grid(before, "A")).interiors) == 1
    assert valid([edited.layout])


def test_pieces_that_come_together_are_the_block_that_they_were() -> None:
    before = drawn("AAACC\nAAACC\nBBBBB")
    cut = edit(before, op="cut", grid=grid(before, "A"), line=shapely.LineString([(13.337, 40), (16.671, 20), (17, 5)]))
    assert cut.change.removed.keys() > {UUID(int=1000)}
    merged = edit(cut.layout, op="merge", grids=[grid(before, "A"), NEW[0]], into=grid(before, "A"))
    assert stored(merged.layout) == stored(before)
    assert merged.layout.hash() == before.hash()
    assert not merged.layout.origin
    assert {kind for _, _, kind in merged.change.parents} == {"heal", "same_land"}


def test_a_hundred_rounds_of_cut_and_merge_in_one_grid_refuse_no_later_cut() -> None:
    before = drawn("AAAB\nAAAB\nCCCC", 40.0)
    rng = np.random.default_rng(5)
    layout, target = before, grid(before, "A")
    for round_ in range(100):
        middle, angle = rng.uniform(50, 110, 2) - (10, -10), rng.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * 200
        stroke = shapely.LineString([middle - way, middle + rng.uniform(-4, 4, 2), middle + way])
        cut = edit(layout, op="cut", grid=target, line=stroke)
        mates = [each for each, state in cut.layout.grids.items() if each not in layout.grids]
        layout = edit(cut.layout, op="merge", grids=[target, *mates], into=target).layout
        assert stored(layout) == stored(before), round_


def test_pieces_of_a_block_in_two_grids_stay_apart_until_they_are_in_one() -> None:
    before = drawn("AAB\nAAB")
    cut = edit(before, op="cut", grid=grid(before, "A"), line=shapely.LineString([(-5, 10), (25, 10)])).layout
    moved = edit(cut, op="merge", grids=[NEW[0], grid(before, "B")], into=grid(before, "B")).layout
    assert len(moved.blocks) == 3
    piece = next(block for block in moved.held[grid(before, "B")] if moved.origin_of(block) == UUID(int=1000))
    back = edit(moved, op="transfer", blocks=[piece], to_grid=grid(before, "A")).layout
    assert stored(back) == stored(before)


def test_a_border_is_moved_by_drawing_the_new_one() -> None:
    before = drawn(TWO)
    new = shapely.LineString([(30, 28), (22, 15), (30, 2)])
    edited = edit(before, op="reshape", a=grid(before, "A"), b=grid(before, "B"), line=new)
    assert areas(edited.layout) == {"1001": 900 - 26 * 8 / 2, "2001": 900 + 26 * 8 / 2}
    assert "gain" in {kind for _, _, kind in edited.change.parents}
    both = shapely.LineString([(28, 30), (38, 20), (22, 10), (32, -1)])
    swapped = edit(before, op="reshape", a=grid(before, "A"), b=grid(before, "B"), line=both)
    assert valid([edited.layout, swapped.layout])
    beyond = shapely.LineString([(33, 28), (22, 15), (33, 2)])
    assert areas(edit(before, op="reshape", a=grid(before, "A"), b=grid(before, "B"), line=beyond).layout)["1001"] < 900


def test_a_reshape_that_does_not_meet_the_border_says_by_how_much() -> None:
    before = drawn(TWO)
    refused = refusal(
        before, op="reshape", a=grid(before, "A"), b=grid(before, "B"), line=shapely.LineString([(5, 5), (20, 25)])
    )
    assert (refused.evidence["reason"], refused.evidence["metres"]) == ("misses", 25.0)
    far = drawn("ABC")
    refused = refusal(far, op="reshape", a=grid(far, "A"), b=grid(far, "C"), line=shapely.LineString([(0, 5), (9, 5)]))
    assert (refused.evidence["reason"], refused.evidence["metres"]) == ("no_border", 10.0)


def test_a_push_over_several_blocks_is_one_edit() -> None:
    art = "ABCD\nABCD"
    before = layout_of(list(polygons(art).values()), [0, 1, 1, 1])
    edited = edit(before, op="push", to_grid=grid(before, "A"), line=shapely.LineString([(5, 10), (25, 10)]))
    assert areas(edited.layout) == {"1001": 600.0, "2001": 200.0}
    assert stored(apply(edited.layout, edited.inverse)) == stored(before)
    nowhere = refusal(before, op="push", to_grid=grid(before, "A"), line=shapely.LineString([(1, 1), (8, 8)]))
    assert nowhere.evidence["reason"] == "no_neighbour"


def test_no_grid_is_torn_apart_or_left_without_land() -> None:
    before = drawn("ABC")
    torn = refusal(before, op="merge", grids=[grid(before, "A"), grid(before, "C")], into=grid(before, "A"))
    assert (torn.evidence["reason"], torn.evidence["metres"]) == ("multipart", 10.0)
    empty = refusal(before, op="transfer", blocks=[UUID(int=1000)], to_grid=grid(before, "B"))
    assert empty.evidence["reason"] == "no_land"
    declared = edit(before, op="declare_multipart", grid=grid(before, "A"), multipart=True).layout
    joined = edit(declared, op="merge", grids=[grid(before, "A"), grid(before, "C")], into=grid(before, "A")).layout
    assert joined.shape(grid(before, "A")).geom_type == "MultiPolygon"
    assert refusal(joined, op="declare_multipart", grid=grid(before, "A"), multipart=False)


def test_pieces_too_small_or_too_narrow_are_refused_with_their_place() -> None:
    before = drawn(TWO)
    narrow = shapely.LineString([(-5, 29.2), (35, 29.2)])
    refused = refusal(before, op="cut", grid=grid(before, "A"), line=narrow)
    assert (refused.evidence["reason"], refused.evidence["metres"]) == ("too_narrow", pytest.approx(0.8, abs=0.01))
    small = refusal(before, Guards(min_area=400.0), op="cut", grid=grid(before, "A"), line=line("1..\n...\n..2"))
    assert small.evidence["reason"] in {"too_small", "misses", "ends_inside"}
    corner = shapely.LineString([(-5, 20), (35, 20)])
    assert refusal(before, Guards(min_area=400.0), op="cut", grid=grid(before, "A"), line=corner).evidence["place"]
    along = shapely.LineString([(-5, 29.98), (35, 29.98)])
    assert refusal(before, op="cut", grid=grid(before, "A"), line=along).evidence["reason"] == "misses"


def test_codes_run_out_by_name_and_those_in_force_once_are_never_handed_on() -> None:
    before = drawn(TWO)
    taken = {f"{FIRST}{number:03d}" for number in range(1, 1000)}
    full = Layout.of(before.blocks, before.owner, before.grids, taken - {FIRST + "777"})
    across = shapely.LineString([(-5, 10), (35, 10)])
    cut = edit(full, op="cut", grid=grid(before, "A"), line=across).layout
    assert cut.grids[NEW[0]].code == FIRST + "777"
    with pytest.raises(CodesExhausted, match="999"):
        edit(cut, op="cut", grid=NEW[0], line=shapely.LineString([(15, -5), (15, 12)]), new_ids=NEW[3:])
    assert refusal(full, op="recode", grid=grid(before, "A"), code=FIRST + "500").evidence["reason"] == "code_taken"
    assert refusal(full, op="recode", grid=grid(before, "A"), code=SECOND + "5".zfill(3)).evidence["reason"] == (
        "other_community"
    )


def test_another_community_is_another_code_and_coming_back_gives_the_old_one() -> None:
    before = drawn(TWO)
    home, away = ({"id": COMMUNITIES[code], "code": code} for code in (FIRST, SECOND))
    moved = edit(before, op="move_to_community", grid=grid(before, "A"), community=away).layout
    state = moved.grids[grid(before, "A")]
    assert (state.code, state.community, state.provisional) == (SECOND + "002", COMMUNITIES[SECOND], True)
    back = edit(moved, op="move_to_community", grid=grid(before, "A"), community=home).layout
    assert back.grids == before.grids


def test_a_retired_grid_goes_to_the_neighbours_of_its_blocks() -> None:
    before = layout_of(list(polygons("ABCD\nABCD").values()), [0, 2, 2, 4])
    gone = edit(before, op="retire", grid=UUID(int=10**9 + 2)).layout
    assert areas(gone) == {"1001": 400.0, "1003": 400.0}
    named = edit(before, op="retire", grid=UUID(int=10**9 + 2), to_grid=FIRST + "001").layout
    assert areas(named) == {"1001": 600.0, "1003": 200.0}


def test_a_new_grid_takes_blocks_of_others() -> None:
    before = layout_of(list(polygons("ABCD\nABCD").values()), [0, 0, 0, 2])
    edited = edit(before, op="new_grid", blocks=[UUID(int=1002)], name="市场", kind="dedicated")
    state = edited.layout.grids[NEW[0]]
    assert (state.name, state.kind, state.code, state.provisional) == ("市场", GridKind.DEDICATED, FIRST + "003", True)
    renamed = edit(edited.layout, op="rename", grid=NEW[0], name="菜市场")
    assert renamed.layout.grids[NEW[0]].name == "菜市场"
    assert renamed.layout.blocks == edited.layout.blocks


def test_what_a_cut_divides_is_reported_with_its_households_or_refused() -> None:
    before = drawn(TWO)
    house = Outline(UUID(int=1), "building", "3栋", 48, shapely.box(10, 8, 14, 12))
    court = Outline(UUID(int=2), "compound", "益民花园", 120, shapely.box(2, 2, 28, 9.9))
    guards = Guards(outlines=Outlines.of([house, court]))
    across = shapely.LineString([(-5, 10), (35, 10)])
    (crossing,) = edit(before, guards, op="cut", grid=grid(before, "A"), line=across).warnings
    assert (crossing.kind, crossing.name, crossing.households) == ("building", "3栋", 48)
    assert set(crossing.grids) == {grid(before, "A"), NEW[0]}
    strict = Guards(outlines=guards.outlines, buildings="refuse")
    refused = refusal(before, strict, op="cut", grid=grid(before, "A"), line=across)
    assert refused.evidence["reason"] == "splits_outline"
    assert "3栋 with 48 households" in refused.message
    beside = shapely.LineString([(-5, 16), (35, 16)])
    assert edit(before, strict, op="cut", grid=grid(before, "A"), line=beside).warnings == ()


def test_a_change_fits_only_the_layout_that_it_was_made_for() -> None:
    before = drawn("AB")
    merged = edit(before, op="merge", grids=[grid(before, "A"), grid(before, "B")], into=grid(before, "A"))
    with pytest.raises(Conflict):
        apply(merged.layout, merged.change)


@pytest.mark.parametrize(
    "op",
    [
        {"op": "dance"},
        {"op": "cut", "line": [[0, 0]]},
        {"op": "cut", "line": [[0, 0], [float("nan"), 1]]},
        {"op": "cut", "line": "north"},
        {"op": "merge", "grids": ["440304003001001"]},
        {"op": "transfer", "blocks": ["no id"], "to_grid": "440304003001001"},
        {"op": "rename", "grid": "440304003001999", "name": "无"},
        {"op": "set_kind", "grid": "440304003001001", "kind": "micro"},
        {"op": "cut", "line": [[-1, 5], [11, 5]], "new_ids": []},
        {"op": "cut", "line": [], "new_ids": NEW},
        {"op": "cut", "line": shapely.LineString(), "new_ids": NEW},
        {"op": "cut", "line": [[0, 0], [10**400, 1]], "new_ids": NEW},
        {"op": "cut", "line": [[-1e300, 5], [1e300, 5]], "new_ids": NEW},
        {"op": ["cut"]},
        {"op": "refine", "lines": [[[1, 1]]]},
        {"op": "refine", "lines": ["ab"]},
        {"op": "refine", "lines": [[[0, 0], [float("nan"), 1]]]},
        {"op": "refine", "lines": [[[number, 5] for number in range(10_001)]]},
        {"op": "refine", "lines": 5},
        {"op": "new_grid", "blocks": [UUID(int=1000)], "new_ids": []},
        {"op": "new_grid", "blocks": [UUID(int=1000)], "new_ids": NEW, "community": {"id": str(NEW[0])}},
        {"op": "new_grid", "blocks": 7, "new_ids": NEW},
        {"op": "rearrange", "shares": [{"grid": None}], "new_ids": NEW},
        {"op": "rearrange", "shares": [5], "new_ids": NEW},
        {"op": "merge", "grids": "440304003001001", "into": "440304003001001"},
    ],
)
def test_what_is_no_operation_is_refused(op: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        perform(drawn("AB"), op, Guards())


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just(10**400)
_POINTS = st.lists(st.lists(st.sampled_from([-5.0, 0.0, 5.0, 10.0, 25.0]) | _PLAIN, max_size=3), max_size=4)
_NAMES = st.sampled_from([FIRST + "001", FIRST + "002", str(UUID(int=10**9 + 1)), str(UUID(int=1000)), "general"])
_ANYTHING = st.recursive(
    _PLAIN | _NAMES | _POINTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "code", "grid", "blocks"]), inner, max_size=3)
    ),
    max_leaves=4,
)
_FIELDS = (
    *("grid", "grids", "line", "lines", "blocks", "to_grid", "into", "a", "b", "name", "code", "kind", "multipart"),
    *("community", "shares", "new_ids", "four_limits", "source_document"),
)


@given(
    st.sampled_from(sorted(OPERATIONS)),
    st.fixed_dictionaries(dict.fromkeys(_FIELDS, _ANYTHING)),
    st.sets(st.sampled_from(_FIELDS)),
    st.sampled_from(["anything", "half right"]),
)
def test_whatever_is_asked_is_done_or_refused_with_a_reason(
    name: str, said: dict[str, Any], left_out: set[str], how: str
) -> None:
    """Law: no other error leaves `perform`, and what it gives is undone by its inverse."""
    before = drawn("AB")
    first, second = (before.grids[each].code for each in sorted(before.grids))
    good = {"grid": first, "a": first, "b": second, "into": first, "to_grid": second, "new_ids": NEW[:2]}
    op = {
        key: value for key, value in ({**said, **good} if how == "half right" else said).items() if key not in left_out
    }
    try:
        edited = perform(before, {"op": name, **op}, Guards())
    except GridmapError:
        return
    assert stored(apply(edited.layout, edited.inverse)) == stored(before)


def test_a_layout_is_looked_at_when_it_is_made() -> None:
    good = drawn("AB")
    blocks = dict(good.blocks)
    with pytest.raises(BadInput, match="has no grid"):
        Layout.of(blocks, {UUID(int=1000): grid(good, "A")}, good.grids)
    with pytest.raises(BadInput, match="has no land"):
        Layout.of(blocks, dict.fromkeys(blocks, grid(good, "A")), good.grids)
