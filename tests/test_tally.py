"""The law of live numbers: after any edits a tally says what the rule says when asked for everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import numpy as np
import pytest
from ascii_art import polygons
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box, segmentize

from gridmap.assign import Inclusion, Subjects
from gridmap.errors import BadInput
from gridmap.model.land import GridKind
from gridmap.space.layout import Change, GridState, Layout, apply, block_id, difference
from gridmap.tally import Counted, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DataObject

ROOT = UUID(int=7)
COMMUNITY = UUID(int=8)
NODES = 1.25  # metres; where cuts end there are nodes already
BLOCKS = {
    uuid5(ROOT, letter): segmentize(land, NODES)
    for letter, land in polygons(
        """
        ABCD
        EFGH
        IJKL
        """
    ).items()
    if isinstance(land, Polygon)
}
GRIDS = {
    grid_id: GridState(
        grid_id, f"44010600100300{number}", f"第0{number}网格", GridKind.GENERAL, COMMUNITY, "440106001003"
    )
    for number, grid_id in ((number, uuid5(ROOT, f"grid {number}")) for number in (1, 2, 3, 4))
}
START = Layout.of(BLOCKS, dict(zip(BLOCKS, [*GRIDS] * 3, strict=True)), GRIDS)

# points on corners, edges and inside, also outside the land
COORDINATES = st.integers(-2, 22).map(lambda half: half * 2.5)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES), max_size=40)


def counted(points: Sequence[tuple[float, float]], manual: Sequence[UUID | None] | None = None) -> Counted:
    xy = np.array(points, dtype=np.float64).reshape(-1, 2)
    buildings = [f"b{row % 5}" for row in range(len(xy))]
    each = np.arange(1, len(xy) + 1)
    subjects = Subjects(xy=xy, buildings=buildings, manual=manual)
    return Counted(subjects, {"households": np.ones(len(xy), dtype=np.int64), "residents": each})


def label(layout: Layout, data: DataObject) -> Change:
    block, grid = a_block(layout, data), a_grid(layout, data)
    return Change(owner={block: (layout.owner[block], grid)})


def cut(layout: Layout, data: DataObject) -> Change:
    block = a_block(layout, data)
    west, south, east, north = layout.blocks[block].bounds
    if east - west <= 2 * NODES:
        return Change()
    middle = (west + east) / 2
    halves = (box(west, south, middle, north), box(middle, south, east, north))
    pieces = {block_id(part): part for part in (segmentize(half, NODES) for half in halves)}
    first, second = pieces
    owner = layout.owner[block]
    return Change(
        removed={block: layout.blocks[block]},
        added=pieces,
        owner={first: (None, a_grid(layout, data)), second: (None, owner), block: (owner, None)},
        parents=((first, block, "piece"), (second, block, "piece")),
    )


def make_whole(layout: Layout, data: DataObject) -> Change:
    if not layout.pieces:
        return Change()
    root = data.draw(st.sampled_from(sorted(layout.pieces)))
    gone = {each: layout.blocks[each] for each in sorted(layout.pieces[root])}
    return Change(
        removed=gone,
        added={root: layout.base[root]},
        owner={**{each: (layout.owner[each], None) for each in gone}, root: (None, a_grid(layout, data))},
        parents=tuple((root, each, "heal") for each in gone),
    )


def recode(layout: Layout, data: DataObject) -> Change:
    grid = a_grid(layout, data)
    code = f"44010600100{data.draw(st.integers(1, 9))}{grid.hex}"  # before and after the others
    return Change(grids={grid: (layout.grids[grid], replace(layout.grids[grid], code=code))})


def new(layout: Layout, data: DataObject) -> Change:
    block, fresh = a_block(layout, data), data.draw(st.uuids())
    state = GridState(fresh, f"440106001003{fresh.hex}", "新", GridKind.GENERAL, COMMUNITY, "440106001003")
    return Change(owner={block: (layout.owner[block], fresh)}, grids={fresh: (None, state)})


def retire(layout: Layout, data: DataObject) -> Change:
    grid = a_grid(layout, data)
    heirs = sorted(layout.grids.keys() - {grid})
    if not heirs:
        return Change()
    owner = dict.fromkeys(layout.held.get(grid, ()), (grid, data.draw(st.sampled_from(heirs))))
    return Change(owner=owner, grids={grid: (layout.grids[grid], None)})


def a_block(layout: Layout, data: DataObject) -> UUID:
    return data.draw(st.sampled_from(sorted(layout.blocks)))


def a_grid(layout: Layout, data: DataObject) -> UUID:
    return data.draw(st.sampled_from(sorted(layout.grids)))


def by_rule(layout: Layout, tally: Tally) -> Tally:
    return Tally.of(layout, tally.counted, tally.inclusions)


def grids_of(tally: Tally) -> list[UUID | None]:
    return [tally.grid_of(row) for row in range(len(tally.grid))]


@settings(max_examples=150, deadline=None)
@given(POINTS, st.data())
def test_a_tally_says_what_the_rule_says(points: list[tuple[float, float]], data: DataObject) -> None:
    decisions = data.draw(st.lists(st.sampled_from([None, None, *GRIDS]), min_size=len(points), max_size=len(points)))
    listed = [Inclusion(data.draw(st.sampled_from([*GRIDS])), "building", "b3")]
    layout = START
    before = tally = Tally.of(START, [counted(points, decisions)], listed)
    path = []
    for _ in range(data.draw(st.integers(1, 6))):
        edit = data.draw(st.sampled_from([label, cut, make_whole, recode, new, retire]))
        change = edit(layout, data)
        layout = apply(layout, change)
        path.append(change)
        tally = tally.after(layout, change)
        fresh = by_rule(layout, tally)
        assert grids_of(tally) == grids_of(fresh)
        for grid in layout.grids:
            assert tally.numbers(grid) == fresh.numbers(grid)
        assert tally.nobodys() == fresh.nobodys()
        moved = [old != new for old, new in zip(grids_of(before), grids_of(tally), strict=True)]
        assert tally.changed_hands(before)["households"] == sum(moved)
    at_once = before.after(layout, difference(START, layout))
    assert grids_of(at_once) == grids_of(tally)
    assert {grid: at_once.numbers(grid) for grid in layout.grids} == {
        grid: tally.numbers(grid) for grid in layout.grids
    }
    for change in reversed(path):
        layout = apply(layout, change.inverse())
        tally = tally.after(layout, change.inverse())
    assert grids_of(tally) == grids_of(before)
    assert {grid: tally.numbers(grid) for grid in GRIDS} == {grid: before.numbers(grid) for grid in GRIDS}


@given(POINTS)
def test_everybody_is_counted_once(points: list[tuple[float, float]]) -> None:
    tally = Tally.of(START, [counted(points), counted(points[:3])])
    sums = [tally.numbers(grid)["households"] for grid in GRIDS]
    assert sum(sums) + tally.nobodys()["households"] == len(points) + len(points[:3])


def test_amounts_belong_to_subjects() -> None:
    wrong = Counted(Subjects(xy=np.zeros((2, 2))), {"households": np.ones(3, dtype=np.int64)})
    with pytest.raises(BadInput, match="3 amounts"):
        Tally.of(START, [wrong])


def test_other_subjects_cannot_be_compared() -> None:
    with pytest.raises(BadInput, match="different subjects"):
        Tally.of(START, [counted([(1, 1)])]).changed_hands(Tally.of(START, [counted([])]))


def test_an_edit_leaves_the_tally_before_it_alone() -> None:
    tally = Tally.of(START, [counted([(5, 5), (15, 5), (10, 10)])])
    held = {grid: tally.numbers(grid) for grid in GRIDS}
    block = next(iter(BLOCKS))
    change = Change(owner={block: (START.owner[block], list(GRIDS)[2])})
    tally.after(apply(START, change), change)
    assert {grid: tally.numbers(grid) for grid in GRIDS} == held
