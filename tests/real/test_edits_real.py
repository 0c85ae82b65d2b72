"""Edits on real land: 11,490 areas of Taipei as blocks of its 907 level-2 areas, and blocks between roads of Futian."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyogrio
import pytest
import real_layers
import shapely
from random_edits import Run, layout_of, replay, require_invariants, require_whole, stored

from gridmap.space.layout import Layout, apply
from gridmap.space.polygons import snap_to_plane

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def taipei(shared_data: Path) -> Layout:
    lands = snap_to_plane(real_layers.read(shared_data, "taipei base").in_a_plane())
    _, _, _, (codes,) = pyogrio.raw.read(
        shared_data / "taipei" / "base_taipei.geojson", columns=["CODE2"], read_geometry=False
    )
    return layout_of(list(lands), np.unique(codes, return_inverse=True)[1].tolist())


def futian_blocks(folder: Path) -> NDArray[Any]:
    """What the roads enclose, in metres around their middle."""
    _, _, wkb, _ = pyogrio.raw.read(folder / "futian_osm" / "futian_edges.geojson", columns=[])
    roads = shapely.from_wkb(wkb)
    west, south, east, north = shapely.total_bounds(roads)
    middle, scale = ((west + east) / 2, (south + north) / 2), 111_320.0
    factor = np.array([scale * np.cos(np.radians(middle[1])), scale])
    plane = shapely.transform(roads, lambda xy: np.round((xy - middle) * factor + 500_000, 3))
    blocks = shapely.get_parts(shapely.polygonize([shapely.union_all(plane, grid_size=0.001)]))
    return np.asarray(blocks[shapely.area(blocks) > 20])


def test_edits_of_taipei_leave_it_whole(taipei: Layout) -> None:
    assert (len(taipei.blocks), len(taipei.grids)) == (11_490, 907)
    run = Run(taipei, 1)
    while sum(run.counts.values()) < 300:
        before, edited = run.layout, run.step()
        if edited is not None:
            require_invariants(before, edited)
    assert require_whole(run.layout, run.start) < 0.002
    assert stored(replay(run)) == stored(run.layout)
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start)


def test_a_change_copies_nothing_that_it_does_not_touch(taipei: Layout) -> None:
    """What an edit costs does not grow with the blocks of a plan; how long it takes, benchmarks/drafts.py measures."""
    run = Run(taipei, 2)
    while len(run.history) < 20:
        run.step()
    for change in run.history:
        before, taipei = taipei, apply(taipei, change)
        kept = before.blocks.keys() - change.removed.keys() - change.added.keys()
        assert all(taipei.blocks[block] is before.blocks[block] for block in kept)
        touched = {grid for pair in change.owner.values() for grid in pair} | change.grids.keys()
        assert all(taipei.held[grid] is before.held[grid] for grid in before.held.keys() - touched)


def test_blocks_between_the_roads_of_futian_are_edited_too(shared_data: Path) -> None:
    blocks = futian_blocks(shared_data)
    assert len(blocks) > 500
    run = Run(layout_of(list(blocks)), 3)
    while sum(run.counts.values()) < 300:
        before, edited = run.layout, run.step()
        if edited is not None:
            require_invariants(before, edited)
    assert require_whole(run.layout, run.start) < 0.002
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start)
