"""Laws of edits: whatever is done, the plan stays whole; undone, it is what it was; done again, it is the same."""

from __future__ import annotations

from random import Random
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import coverages
from random_edits import (
    Run,
    layout_of,
    replay,
    require_invariants,
    require_same_area,
    require_whole,
    stored,
    voronoi,
)
from shapely import Polygon

from gridmap.errors import EditRefused
from gridmap.space.edits import Guards, perform
from gridmap.space.layout import apply

DRIFT = 0.002  # metres that the outer border may be from where it began
SHARE = 20_000  # edits of the soak that the suite does
SEEDS = 40  # short walks on small layouts: an edit takes a third of the time, and more kinds of land are seen


def walk(run: Run, steps: int) -> None:
    for _ in range(steps):
        before = run.layout
        edited = run.step()
        if edited is not None:
            require_invariants(before, edited)


@given(coverages(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_a_plan_stays_whole_and_goes_back_and_comes_again(layer: np.ndarray, seed: int) -> None:
    lands = [land for land in layer if isinstance(land, Polygon)]
    if len(lands) < 2:
        return
    run = Run(layout_of(lands), seed)
    before = stored(run.start)
    walk(run, 25)
    assert require_whole(run.layout, run.start) < DRIFT
    assert replay(run).hash() == run.layout.hash()
    assert stored(replay(run)) == stored(run.layout)
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start) == before
    assert run.layout.grids == run.start.grids
    assert not run.layout.origin
    assert not run.layout.pieces


@given(st.integers(0, 9), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_a_cut_loses_no_land(town: int, seed: int) -> None:
    """Inside the plan to 1e-6 m²; where an end hits the outer border, 1 mm times the length of the edges hit."""
    layout, random = layout_of(voronoi(town, 12, 25.0)), Random(seed)  # noqa: S311 -- no secret
    for number in range(4):
        outer = shapely.boundary(shapely.unary_union(list(layout.blocks.values())))
        grid = random.choice(sorted(layout.grids))
        shape = layout.shape(grid)
        middle = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        angle = random.uniform(0, np.pi)
        way = np.array([np.cos(angle), np.sin(angle)]) * shapely.minimum_bounding_radius(shape) * 2
        op = {
            "op": "cut",
            "grid": grid,
            "line": [middle - way, middle + way],
            "new_ids": [UUID(int=seed * 10 + number)],
        }
        try:
            edited = perform(layout, op, Guards())
        except EditRefused:
            continue
        hit = require_same_area(edited.change)
        if shapely.length(shapely.intersection(shapely.boundary(shape), outer)) == 0:
            assert hit == 0, "a cut of a grid in the middle of the plan bends no outer border"
        layout = edited.layout


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_share_of_the_soak(seed: int) -> None:
    run = Run(layout_of(voronoi(seed, 4 + seed % 5, (0, 25)[seed % 2])), seed)
    while sum(run.counts.values()) < SHARE / SEEDS:
        walk(run, 50)
        assert require_whole(run.layout, run.start) < DRIFT
    if seed == 0:
        assert replay(run).hash() == run.layout.hash()
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start)
