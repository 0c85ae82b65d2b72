"""Laws of edits: whatever is done, the plan stays whole; undone, it is what it was; done again, it is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layers import coverages
from random_edits import Run, layout_of, replay, require_invariants, require_whole, stored, voronoi
from shapely import Polygon

from gridmap.space.layout import apply

if TYPE_CHECKING:
    import numpy as np

DRIFT = 0.002  # metres that the outer border may be from where it began
SHARE = 20_000  # edits of the soak that the suite does
SEEDS = 16


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


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_share_of_the_soak(seed: int) -> None:
    run = Run(layout_of(voronoi(seed, 6 + seed, (0, 25)[seed % 2])), seed)
    while sum(run.counts.values()) < SHARE / SEEDS:
        walk(run, 50)
        assert require_whole(run.layout, run.start) < DRIFT
    if seed == 0:
        assert replay(run).hash() == run.layout.hash()
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start)
