"""Least disruptive rebalance: from today's grids to grids of the wanted size, moving as few households as possible.

A local search weighted by the households that change hands (`gridmap.space.balance_search`). It proves nothing: a
better plan may exist. What it promises always holds: no grid falls into more pieces, no locked grid changes, no block
crosses a barrier, blocks of one compound stay together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import BadInput
from gridmap.space.balance_search import Band, Search, Weights, best_of
from gridmap.space.block_graph import BlockGraph, connected, sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["Band", "BlockGraph", "Rebalance", "Weights", "around", "rebalance", "rebalance_around"]

FLOOR = 0.2  # Polsby-Popper; a strip eight times as long as it is wide has 0.31
_STEPS_OF_A_BLOCK = 1500
_FEWEST_STEPS, _MOST_STEPS = 20_000, 600_000
_RUNS, _RUNS_AROUND, _STEPS_AROUND = 8, 2, 500
_COOL = 0.1  # the plan to be found is near today's: hotter searches leave it, and find their way back to a worse one


@dataclass(frozen=True)
class Rebalance:
    """What the search found.

    Parameters
    ----------
    owner : int array (N,)
        Grid of every block, after.
    moves : tuple of (tuple of int, int)
        Blocks that change hands, and the grid that takes them; one entry for each receiving grid.
    before, after : float64 array (G,)
        Load of every grid.
    compactness_before, compactness_after : float64 array (G,)
        Polsby-Popper of every grid.
    border_before, border_after : float
        Metres between grids.
    moved, total : float
        Households that change hands, and all.
    outside : tuple of int
        Grids that may change and lie outside the tolerance after; empty when it was reached.
    reasons : mapping of int to str
        Of those outside, where arithmetic alone says why nothing could be found.
    """

    owner: NDArray[np.intp]
    moves: tuple[tuple[tuple[int, ...], int], ...]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    compactness_before: NDArray[np.float64]
    compactness_after: NDArray[np.float64]
    border_before: float
    border_after: float
    moved: float
    total: float
    outside: tuple[int, ...]
    reasons: Mapping[int, str]

    @property
    def reached(self) -> bool:
        """Whether every grid that may change is inside the tolerance."""
        return not self.outside


def rebalance(
    graph: BlockGraph,
    owner: NDArray[np.intp],
    households: NDArray[Any],
    band: Band,
    *,
    base: NDArray[Any] | None = None,
    locked: NDArray[np.bool_] | None = None,
    together: NDArray[np.intp] | None = None,
    weights: Weights | None = None,
    floor: float = FLOOR,
    seed: int = 0,
    runs: int = _RUNS,
    steps: int | None = None,
) -> Rebalance:
    """Move as few households as possible so that every grid lies within its band.

    Parameters
    ----------
    graph : BlockGraph
        N blocks; its barriers are never crossed.
    owner : int array (N,)
        Today's grid of every block, 0 to G - 1; every grid has a block.
    households : array (N,)
        Of every block; any load that adds up will do.
    band : Band
        Of all G grids.
    base : array (G,), optional
        Households of a grid that move with no block: a person or a list assigned them.
    locked : bool array (G,), optional
        Grids that neither give nor take.
    together : int array (N,), optional
        Compounds: blocks with the same number stay in one grid as far as they are in one today; -1 for no compound.
    weights : Weights, optional
    floor : float
        Polsby-Popper below which no grid may be brought.
    seed : int
        The same seed and input give the same answer.
    runs : int
        Searches from the same start; the best one counts.
    steps : int, optional
        Proposals of each search; by the number of blocks that may move when not given.

    Raises
    ------
    BadInput
        Arrays do not fit together, or a grid has no block.
    """
    owner = np.asarray(owner, dtype=np.intp)
    grids = len(band.low)
    base = np.zeros(grids) if base is None else np.asarray(base, dtype=np.float64)
    locked = np.zeros(grids, dtype=bool) if locked is None else np.asarray(locked, dtype=bool)
    loads = np.asarray(households, dtype=np.float64)
    _require_fitting(graph, owner, loads, band, base, locked)
    weights = weights or Weights()
    groups = np.full(len(graph), -1, dtype=np.intp) if together is None else np.asarray(together, dtype=np.intp)
    small, node = graph.contract(np.where(groups >= 0, groups * grids + owner, -1))
    label = np.zeros(len(small), dtype=np.intp)
    label[node] = owner
    search = Search(
        small,
        label,
        sums(node, loads, len(small)),
        band,
        base=base,
        locked=locked,
        border=small.metres,
        floor=floor,
    )
    before, shape_before, border_before = np.array(search.load), np.array(search.compactness()), search.cut
    movable = int(np.count_nonzero(~locked[label]))
    steps = min(max(_STEPS_OF_A_BLOCK * movable, _FEWEST_STEPS), _MOST_STEPS) if steps is None else steps
    found = best_of(search, weights, steps, range(seed, seed + runs), _COOL)
    search.start(found.owner)
    after = np.array(search.load)
    new = np.array(found.owner, dtype=np.intp)[node]
    outside = np.flatnonzero((band.missed(after) > 0) & ~locked)
    return Rebalance(
        owner=new,
        moves=_moves(owner, new),
        before=before,
        after=after,
        compactness_before=shape_before,
        compactness_after=np.array(search.compactness()),
        border_before=border_before,
        border_after=search.cut,
        moved=search.moved,
        total=float(before.sum()),
        outside=tuple(outside.tolist()),
        reasons=_reasons(small, label, search.loads, band, base, locked, outside),
    )


def rebalance_around(
    graph: BlockGraph,
    owner: NDArray[np.intp],
    households: NDArray[Any],
    band: Band,
    grids: Sequence[int],
    *,
    locked: NDArray[np.bool_] | None = None,
    **options: Any,
) -> Rebalance:
    """Mend some grids with the help of their neighbours alone, and of the neighbours of these where it needs them.

    Parameters are those of `rebalance`; `grids` are the bad ones. Shorter searches than of a whole plan, since somebody
    waits for the answer.
    """
    locked = np.zeros(len(band.low), dtype=bool) if locked is None else np.asarray(locked, dtype=bool)
    free: NDArray[np.intp] = np.asarray(grids, dtype=np.intp)
    while True:
        wider = around(graph, owner, free)
        bound = locked.copy()
        bound[np.setdiff1d(np.arange(len(bound)), wider)] = True
        few = max(_STEPS_AROUND * int(np.isin(owner, wider).sum()), _FEWEST_STEPS)
        found = rebalance(
            graph, owner, households, band, locked=bound, **{"runs": _RUNS_AROUND, "steps": few} | options
        )
        if found.reached or len(wider) == len(free):
            return found
        free = wider


def around(graph: BlockGraph, owner: NDArray[np.intp], grids: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return some grids and their neighbours, without those beyond a barrier; sorted."""
    ends = owner[graph.pairs[~graph.barrier]]
    return np.union1d(grids, ends[np.isin(ends, grids).any(axis=1)]).astype(np.intp)


def _require_fitting(
    graph: BlockGraph,
    owner: NDArray[np.intp],
    loads: NDArray[np.float64],
    band: Band,
    base: NDArray[np.float64],
    locked: NDArray[np.bool_],
) -> None:
    grids = len(band.low)
    if len(owner) != len(graph) or len(loads) != len(graph):
        raise BadInput(f"there are {len(graph)} blocks, {len(owner)} labels and {len(loads)} loads: give one of each")
    if len(base) != grids or len(locked) != grids or len(band.high) != grids:
        raise BadInput(f"the band is of {grids} grids, but other values are of {len(base)} and {len(locked)}")
    if len(owner) and not 0 <= owner.min() <= owner.max() < grids:
        raise BadInput(f"a block has a grid that is none of the {grids}: number grids from 0")
    empty = np.flatnonzero(np.bincount(owner, minlength=grids) == 0)
    if len(empty):
        raise BadInput(f"grid {empty[0]} has no block: leave it out", grids=empty.tolist())
    if (band.low > band.high).any() or (band.low < 0).any():
        raise BadInput("the tolerance lies between 0 and 1, and the target is not negative")


def _moves(owner: NDArray[np.intp], new: NDArray[np.intp]) -> tuple[tuple[tuple[int, ...], int], ...]:
    changed = np.flatnonzero(owner != new)
    return tuple(
        (tuple(changed[new[changed] == grid].tolist()), int(grid)) for grid in np.unique(new[changed]).tolist()
    )


def _reasons(
    graph: BlockGraph,
    label: NDArray[np.intp],
    loads: list[float],
    band: Band,
    base: NDArray[np.float64],
    locked: NDArray[np.bool_],
    outside: NDArray[np.intp],
) -> dict[int, str]:
    """Say why a grid cannot be inside, where that follows from sums alone; elsewhere the search just did not find it.

    Grids that exchange blocks, directly or through others, keep their sum.
    """
    weight = np.array(loads)
    open_pairs = graph.pairs[~graph.barrier & ~locked[label[graph.pairs]].any(axis=1)]
    cluster = connected(len(locked), label[open_pairs])
    total = base + sums(label, weight, len(locked))
    reasons = {}
    for grid in outside.tolist():
        mates = np.flatnonzero((cluster == cluster[grid]) & ~locked)
        have, low, high = total[mates].sum(), band.low[mates].sum(), band.high[mates].sum()
        heaviest = weight[label == grid].max()
        if not low <= have <= high:
            reasons[grid] = (
                f"the {len(mates)} grids that can exchange blocks have {have:g} households together; inside the "
                f"tolerance they would have {low:g} to {high:g}: change the number of grids, the target or the locks"
            )
        elif base[grid] > band.high[grid]:
            reasons[grid] = f"{base[grid]:g} households are assigned to it by persons or lists, and move with no block"
        elif heaviest > band.high[mates].max():
            reasons[grid] = f"one block, or one compound, of it has {heaviest:g} households: cut it first"
        elif np.count_nonzero(np.isin(label, mates)) == len(mates):
            reasons[grid] = "its grids are one block each, and nothing smaller can move: make finer blocks first"
    return reasons
