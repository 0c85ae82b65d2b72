"""Which blocks border on which, and over how many metres: the graph on which grids are balanced.

Everything is in the plane, metres. The blocks are a valid coverage, so two neighbours have their common border as
identical segments, and these are found by comparing numbers, never by distance.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class BlockGraph:
    """Blocks as nodes, common borders as edges.

    Parameters
    ----------
    pairs : int array (E, 2)
        Neighbours, the lower number first, sorted; no pair twice.
    metres : float64 array (E,)
        Length of the common border.
    barrier : bool array (E,)
        Nobody is moved across: a river, a main road, the border of a community.
    area, perimeter : float64 array (N,)
        Of every block, m² and metres.
    segments : LineString array (S,)
        The pieces of all common borders.
    pair_of : int array (S,)
        The edge that a segment belongs to.
    """

    pairs: NDArray[np.intp]
    metres: NDArray[np.float64]
    barrier: NDArray[np.bool_]
    area: NDArray[np.float64]
    perimeter: NDArray[np.float64]
    segments: NDArray[Any]
    pair_of: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.area)

    @staticmethod
    def of(blocks: NDArray[Any]) -> BlockGraph:
        """Find the common borders of the polygons of a valid coverage."""
        blocks = np.asarray(blocks, dtype=object)
        rings = np.asarray(shapely.get_rings(shapely.get_parts(blocks)), dtype=object)
        parts, of_part = shapely.get_parts(blocks, return_index=True)
        _, part_of_ring = shapely.get_rings(parts, return_index=True)
        xy, ring_of = shapely.get_coordinates(rings, return_index=True)
        same = ring_of[1:] == ring_of[:-1]
        start, end = xy[:-1][same], xy[1:][same]
        block = of_part[part_of_ring[ring_of[:-1][same]]]
        turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
        ends = np.hstack([np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)])
        order = np.lexsort((block, *ends.T))
        ends, block = ends[order], block[order]
        met = np.flatnonzero((ends[1:] == ends[:-1]).all(axis=1) & (block[1:] != block[:-1]))
        pairs, pair_of = np.unique(np.column_stack([block[met], block[met + 1]]), axis=0, return_inverse=True)
        pair_of = pair_of.reshape(-1)
        segments = np.asarray(shapely.linestrings(ends[met].reshape(-1, 2, 2)), dtype=object).reshape(-1)
        return BlockGraph(
            pairs=pairs.astype(np.intp).reshape(-1, 2),
            metres=sums(pair_of, shapely.length(segments), len(pairs)),
            barrier=np.zeros(len(pairs), dtype=bool),
            area=shapely.area(blocks),
            perimeter=shapely.length(blocks),
            segments=segments,
            pair_of=pair_of.astype(np.intp),
        )

    def share_along(self, lines: Sequence[Any] | NDArray[Any], reach: float) -> NDArray[np.float64]:
        """Return which share of each common border runs along some lines, nowhere farther away than `reach` metres.

        Returns
        -------
        float64 array (E,)
            0 to 1, by the length of the segments whose ends and middle are near.
        """
        lines = np.asarray(lines, dtype=object)
        if not len(lines) or not len(self.segments):
            return np.zeros(len(self.pairs))
        tree = shapely.STRtree(lines)
        near = np.ones(len(self.segments), dtype=bool)
        for share in (0.0, 0.5, 1.0):
            points = shapely.line_interpolate_point(self.segments, share, normalized=True)
            touched = tree.query(points, predicate="dwithin", distance=reach)[0]
            near &= np.isin(np.arange(len(points)), touched)
        along = np.bincount(self.pair_of[near], shapely.length(self.segments[near]), len(self.pairs))
        return np.asarray(along / self.metres)

    def with_barriers(self, barrier: NDArray[np.bool_]) -> BlockGraph:
        """Return the graph with some more of its edges closed."""
        return replace(self, barrier=self.barrier | barrier)

    def contract(self, groups: NDArray[np.intp]) -> tuple[BlockGraph, NDArray[np.intp]]:
        """Make one node of blocks that are to stay together.

        Parameters
        ----------
        groups : int array (N,)
            Blocks with the same number stay together as far as they hang together over common borders; those with
            -1 stand alone.

        Returns
        -------
        BlockGraph
            Its edges between two nodes are a barrier only where all of them were.
        int array (N,)
            The node of every block.

        Raises
        ------
        BadInput
            There are not as many numbers as blocks.
        """
        if len(groups) != len(self):
            raise BadInput(f"there are {len(self)} blocks but {len(groups)} groups")
        first, second = self.pairs.T
        node = connected(len(self), self.pairs[(groups[first] == groups[second]) & (groups[first] >= 0)])
        count = int(node.max(initial=-1)) + 1
        ends = np.sort(node[self.pairs], axis=1)
        outer = ends[:, 0] != ends[:, 1]
        pairs, merged = np.unique(ends[outer], axis=0, return_inverse=True)
        merged = merged.reshape(-1)
        renamed = np.full(len(self.pairs), -1, dtype=np.intp)
        renamed[outer] = merged
        kept = outer[self.pair_of]
        within = sums(node[first[~outer]], self.metres[~outer], count)
        return BlockGraph(
            pairs=pairs.astype(np.intp).reshape(-1, 2),
            metres=sums(merged, self.metres[outer], len(pairs)),
            barrier=np.bincount(merged, ~self.barrier[outer], len(pairs)) == 0,
            area=sums(node, self.area, count),
            perimeter=sums(node, self.perimeter, count) - 2 * within,
            segments=self.segments[kept],
            pair_of=renamed[self.pair_of[kept]],
        ), node


def sums(index: NDArray[np.intp], amounts: NDArray[Any], count: int) -> NDArray[np.float64]:
    """Sum amounts up by what they belong to."""
    return np.asarray(np.bincount(index, weights=amounts, minlength=count), dtype=np.float64)


def connected(count: int, pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    """Give numbers to the connected parts of a graph, by their lowest nodes.

    Parameters
    ----------
    count : int
        Nodes.
    pairs : int array (E, 2)

    Returns
    -------
    int array (N,)
        Part of every node, 0, 1, 2 …
    """
    part = np.arange(count)
    while len(pairs):  # every node takes the lowest number around it, and the number of that one, until all agree
        low = np.minimum(part[pairs[:, 0]], part[pairs[:, 1]])
        before = part.copy()
        np.minimum.at(part, pairs[:, 0], low)
        np.minimum.at(part, pairs[:, 1], low)
        np.minimum.at(part, before, part)  # carries the whole set along, not the node alone
        part = part[part]
        if (part == before).all():
            break
    return np.asarray(np.unique(part, return_inverse=True)[1].reshape(-1), dtype=np.intp)
