"""Many blocks to many grids in one edit: what a rebalance or a proposal comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

from gridmap.errors import BadInput
from gridmap.space.settling import Edited, new_state, settle
from gridmap.space.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.space.guards import Guards
    from gridmap.space.layout import Layout


def rearrange(
    layout: Layout, shares: Sequence[tuple[UUID | None, Sequence[UUID]]], new_ids: Sequence[UUID], guards: Guards
) -> Edited:
    """Give blocks to grids, all at once; only how it is at the end has to be sound.

    Parameters
    ----------
    shares : sequence of (UUID or None, sequence of UUID)
        A grid and the blocks that it gets; None makes a new grid beside the one that gives most of the land. A grid
        that is left without a block is there no longer.
    new_ids : sequence of UUID
        Of the grids that come.

    Raises
    ------
    BadInput
        A block or a grid is not in the plan, a block is named twice, or there are too few ids.
    EditRefused
        See `gridmap.space.guards.require_sound`.
    """
    given: set[UUID] = set()
    for grid, blocks in shares:
        if grid is not None and grid not in layout.grids:
            raise BadInput(f"there is no grid {grid} in this plan", grid=str(grid))
        for block in blocks:
            if block not in layout.blocks or block in given:
                what = "named twice" if block in given else "not in this plan: load it again"
                raise BadInput(f"block {block} is {what}", block=str(block))
            given.add(block)
    if sum(grid is None for grid, _ in shares) > len(new_ids):
        raise BadInput(f"one edit makes {len(new_ids)} new grids at most: divide fewer at a time")
    work, fresh = Workbench(layout), iter(new_ids)
    for grid, blocks in shares:
        taker = grid or _founded(work, blocks, next(fresh))
        work.relabel([block for block in blocks if layout.owner[block] != taker], taker)
    takers = {work.owner_of(block) for block in given}
    for grid in {layout.owner[block] for block in given} - takers:
        if given.issuperset(layout.held[grid]):
            work.grids[grid] = None
    return settle(work, guards)


def _founded(work: Workbench, blocks: Sequence[UUID], grid: UUID) -> UUID:
    land: dict[UUID, float] = {}
    for block in blocks:
        owner = work.layout.owner[block]
        land[owner] = land.get(owner, 0.0) + float(shapely.area(work.layout.blocks[block]))
    if not land:
        raise BadInput("a new grid needs blocks of this plan", field="blocks")
    donor = max(land, key=lambda each: (land[each], work.layout.grids[each].code))
    work.grids[grid] = new_state(work, work.layout.grids[donor], grid)
    return grid
