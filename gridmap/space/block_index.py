"""Find blocks by place, in a layout that changes by a few blocks at a time.

A tree over some earlier state and a short list of what came since: no edit pays for a tree over all blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.measure import array_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Geometry, Polygon

_LATE = (16, 2000)  # at least and at most so many blocks beside the tree; with more it is built anew, for 20 ms
_LATE_SHARE = 5  # of the tree's blocks, one in so many


@dataclass(frozen=True, eq=False)
class BlockIndex:
    """A tree over blocks, and the blocks that came since it was built.

    What left the layout stays where it is and is passed over: a block id never comes back with other land.

    Parameters
    ----------
    ids : tuple of UUID
        Of the tree's polygons.
    tree : STRtree
    known : mapping of UUID to Polygon
        Those ids, as the layout had them.
    late : dict of UUID to None
        What came since, in order.
    lands, boxes : arrays (L,) and (L, 4)
        Its polygons and their bounds.
    """

    ids: tuple[UUID, ...]
    tree: shapely.STRtree
    known: Mapping[UUID, Polygon]
    late: Mapping[UUID, None] = field(default_factory=dict)
    lands: NDArray[Any] = field(default_factory=lambda: np.empty(0, dtype=object))
    boxes: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 4)))

    @staticmethod
    def of(blocks: Mapping[UUID, Polygon]) -> BlockIndex:
        """Build the tree."""
        return BlockIndex(tuple(blocks), shapely.STRtree(array_of(blocks.values())), blocks)

    def after(self, blocks: Mapping[UUID, Polygon], added: Iterable[UUID]) -> BlockIndex:
        """Return the index of `blocks`, among which some were added since this one was made."""
        new = [block for block in added if block not in self.known and block not in self.late]
        if len(self.late) + len(new) > min(max(len(self.ids) // _LATE_SHARE, _LATE[0]), _LATE[1]):
            return BlockIndex.of(blocks)
        lands = array_of([blocks[block] for block in new])
        return replace(
            self,
            late={**self.late, **dict.fromkeys(new)},
            lands=np.concatenate([self.lands, lands]),
            boxes=np.concatenate([self.boxes, shapely.bounds(lands).reshape(-1, 4)]),
        )

    def near(self, shapes: NDArray[Any], alive: Mapping[UUID, Any], reach: float = 0.0) -> list[UUID]:
        """Return the blocks within `reach` metres of any of the shapes, in a fixed order.

        Parameters
        ----------
        shapes : array of Geometry
        alive : mapping of UUID to anything
            What is in the layout now.
        reach : float
        """
        if not len(shapes):
            return []
        if reach:
            hits = self.tree.query(shapes, predicate="dwithin", distance=reach)
        else:
            hits = self.tree.query(shapes, predicate="intersects")
        found = np.unique(hits[1])
        near = [block for block in (self.ids[row] for row in found.tolist()) if block in alive]
        if self.late:
            near += [block for block in self._late_near(shapes, reach) if block in alive]
        return near

    def _late_near(self, shapes: NDArray[Any], reach: float) -> list[UUID]:
        bounds = shapely.bounds(shapes)
        (west, south), (east, north) = np.fmin.reduce(bounds[:, :2]), np.fmax.reduce(bounds[:, 2:])
        lefts, bottoms, rights, tops = self.boxes.T
        beside = (lefts <= east + reach) & (rights >= west - reach)
        rows = np.flatnonzero(beside & (bottoms <= north + reach) & (tops >= south - reach))
        if not len(rows):
            return []
        hits = shapely.STRtree(self.lands[rows]).query(shapes, predicate="dwithin", distance=reach)[1]
        late = list(self.late)
        return [late[row] for row in rows[np.unique(hits)].tolist()]

    def nearest(self, shape: Geometry, alive: Mapping[UUID, Polygon], within: float) -> list[UUID]:
        """Return the blocks within so many metres, the nearest first."""
        near = self.near(array_of([shape]), alive, within)
        gaps = shapely.distance(array_of([alive[block] for block in near]), shape)
        return [near[row] for row in np.argsort(gaps, kind="stable")]
