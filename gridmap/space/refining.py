"""Finer blocks: divide blocks along lines. Labels stay, and no border of a grid moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import Conflict
from gridmap.space.block_making import make_blocks
from gridmap.space.cutting import stroke
from gridmap.space.guards import refuse
from gridmap.space.layout import Change, Layout, apply, block_id
from gridmap.space.measure import array_of
from gridmap.space.polygons import identity
from gridmap.space.settling import Edited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from shapely import Polygon

    from gridmap.space.layout import ParentKind


def refine(layout: Layout, lines: Sequence[Any]) -> Edited:
    """Divide the blocks that lines run through. The pieces keep their grid, and later edits do not join them again.

    Parameters
    ----------
    lines : sequence of (N, 2) numbers or LineString
        In the plane. What encloses nothing with the borders of the blocks is dropped.

    Raises
    ------
    BadInput
        One of them is no line, see `gridmap.space.cutting.stroke`.
    Conflict
        Blocks of this draft were cut already.
    EditRefused
        The lines divide nothing.
    """
    if layout.origin:
        raise Conflict("blocks of this draft were cut already: make finer blocks first, in a new draft, then cut")
    ids = list(layout.blocks)
    drawn = array_of([stroke(line) for line in lines])
    made = make_blocks(array_of(layout.blocks.values()), drawn, min_area=0.0, min_width=0.0)
    starts = np.searchsorted(np.sort(made.of), np.arange(len(ids) + 1))
    order = np.argsort(made.of, kind="stable")
    removed: dict[UUID, Polygon] = {}
    added: dict[UUID, Polygon] = {}
    owner: dict[UUID, tuple[UUID | None, UUID | None]] = {}
    parents: list[tuple[UUID, UUID, ParentKind]] = []
    for number, block in enumerate(ids):
        pieces = made.shapes[order[starts[number] : starts[number + 1]]]
        land = layout.blocks[block]
        if len(pieces) == shapely.get_num_geometries(land) and _same(pieces, land):
            continue
        removed[block], owner[block] = land, (layout.owner[block], None)
        for piece in pieces.tolist():
            plain = shapely.orient_polygons(shapely.normalize(piece))
            child = block_id(plain)
            added[child], owner[child] = plain, (None, layout.owner[block])
            parents.append((child, block, "same_land" if len(pieces) == 1 else "piece"))
    if len(added) == len(removed):
        raise refuse("the lines divide no block: draw them across the land of a grid", "nothing_changes", None)
    change = Change(removed, added, owner, {}, tuple(parents), refines=True)
    return Edited(apply(layout, change), change)


def _same(pieces: Any, land: Any) -> bool:
    return {identity(piece) for piece in pieces} == {identity(part) for part in shapely.get_parts(land)}
