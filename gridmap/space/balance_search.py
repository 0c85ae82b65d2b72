"""The search that balances grids: one block at a time goes to a neighbouring grid, and no grid ever falls apart.

Simulated annealing on plain lists. A step costs microseconds: the loads, the borders and the perimeters of two grids
are sums that change by the one block, and whether the donor stays whole is asked around that block only.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, pi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.block_graph import BlockGraph

_TIGHTER = 0.98  # of the tolerance: the search aims a little inside it
_OUTSIDE = 10.0  # weight of what lies outside the tolerance, in targets
_HOT = 0.3  # temperature at the start
_WARM = 0.05  # when a search goes on from where another one ended
_RELAXED = 0.2
_DRAWN = 20_000  # random numbers at a time
_NOISE = 1e-9


@dataclass(frozen=True)
class Weights:
    """What the search weighs against what lies outside the tolerance (which weighs 10 for each target).

    Parameters
    ----------
    moved : float
        One target's worth of households that change hands.
    border : float
        One border of average length between two grids.
    """

    moved: float = 3.0
    border: float = 0.05


@dataclass(frozen=True)
class Band:
    """The load that each grid should have, both bounds included: float64 arrays (G,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]

    @staticmethod
    def around(target: float | NDArray[np.float64], tolerance: float, count: int) -> Band:
        """Make the band of `count` grids: the target, give or take a share of it."""
        targets = np.broadcast_to(np.asarray(target, dtype=np.float64), (count,))
        return Band(targets * (1 - tolerance), targets * (1 + tolerance))

    def missed(self, loads: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much each load lies outside, 0 inside."""
        return np.maximum(np.maximum(self.low - loads, loads - self.high), 0.0)


class Search:
    """Labels of blocks and all sums that follow from them; moves keep both in step.

    Parameters
    ----------
    graph : BlockGraph
    owner : int array (N,)
        Grid of every block; every grid has one.
    loads : float64 array (N,)
        Households of every block.
    band : Band
    base : float64 array (G,)
        Households of a grid that no block carries: assigned by a person or a list.
    locked : bool array (G,)
        Grids that neither give nor take.
    border : float64 array (E,)
        What a metre-for-metre border between two grids costs; metres, or less along a main road.
    floor : float
        No move may take a grid's compactness (Polsby-Popper) below it, unless the grid was below it at the start
        and gets no worse than that.
    """

    def __init__(
        self,
        graph: BlockGraph,
        owner: NDArray[np.intp],
        loads: NDArray[np.float64],
        band: Band,
        *,
        base: NDArray[np.float64],
        locked: NDArray[np.bool_],
        border: NDArray[np.float64],
        floor: float,
    ) -> None:
        grids = len(base)
        self.home: list[int] = owner.tolist()
        self.loads: list[float] = loads.tolist()
        self.area: list[float] = graph.area.tolist()
        self.perimeter: list[float] = graph.perimeter.tolist()
        target = (band.low + band.high) / 2
        slack = (band.high - band.low) / 2 * _TIGHTER
        self.low: list[float] = (target - slack).tolist()
        self.high: list[float] = (target + slack).tolist()
        self.band_low: list[float] = band.low.tolist()
        self.band_high: list[float] = band.high.tolist()
        self.scale: list[float] = (_OUTSIDE / np.maximum(target, _NOISE)).tolist()
        self.typical = float(target.mean()) or 1.0
        self.unit = float(border.mean()) if len(border) else 1.0
        self.locked: list[bool] = locked.tolist()
        self.base = base
        self.near, self.across = _adjacency(graph, border)
        open_to = ~graph.barrier & ~(locked[owner[graph.pairs]].any(axis=1))
        self.frontier: list[tuple[int, int]] = [(a, b) for a, b in graph.pairs[open_to].tolist()]
        self._grids = grids
        self.start(owner)
        self.floor = [min(floor, value) for value in self.compactness()]

    def start(self, owner: Sequence[int] | NDArray[np.intp]) -> None:
        """Take other labels and compute all sums anew."""
        self.owner: list[int] = [int(each) for each in owner]
        labels = np.array(self.owner, dtype=np.intp)
        self.load: list[float] = (self.base + np.bincount(labels, self.loads, self._grids)).tolist()
        self.count: list[int] = np.bincount(labels, minlength=self._grids).tolist()
        self.grid_area: list[float] = np.bincount(labels, self.area, self._grids).tolist()
        around = np.bincount(labels, self.perimeter, self._grids)
        cut = 0.0
        for block, neighbours in enumerate(self.near):
            for other, metres, cost in [*neighbours, *self.across[block]]:
                if self.owner[other] == self.owner[block]:
                    around[self.owner[block]] -= metres
                elif block < other:
                    cut += cost
        self.around: list[float] = around.tolist()
        self.cut = cut
        self.moved = sum(load for load, now, home in zip(self.loads, self.owner, self.home, strict=True) if now != home)
        self.missed = self._missed()

    def compactness(self) -> list[float]:
        """Return Polsby-Popper of every grid."""
        return [
            4 * pi * area / around**2 if around > 0 else 0.0
            for area, around in zip(self.grid_area, self.around, strict=True)
        ]

    def excess(self, grid: int, load: float) -> float:
        """Return what a load of a grid costs; 0 within the tightened band."""
        if load > self.high[grid]:
            return (load - self.high[grid]) * self.scale[grid]
        if load < self.low[grid]:
            return (self.low[grid] - load) * self.scale[grid]
        return 0.0

    def cost(self, weights: Weights) -> float:
        """Return what the labels cost, apart from what lies outside the tolerance."""
        return weights.moved * self.moved / self.typical + weights.border * self.cut / self.unit

    def stays_whole(self, block: int) -> bool:
        """Whether the grid of a block falls into no more pieces when the block leaves it.

        Asked twice where a grid reaches across a barrier: the pieces on either side stay whole, and their joint.
        """
        grid = self.owner[block]
        if self.count[grid] == 1:
            return False
        owner = self.owner
        mine = [other for other, _, _ in self.near[block] if owner[other] == grid]
        if len(mine) > 1 and not self._reaches(block, mine, joints=False):
            return False
        beyond = [other for other, _, _ in self.across[block] if owner[other] == grid]
        return not beyond or len(mine) + len(beyond) == 1 or self._reaches(block, mine + beyond, joints=True)

    def give(self, block: int, to: int) -> None:
        """Change the label of a block, and every sum that follows from it."""
        owner, source = self.owner, self.owner[block]
        self.around[source], self.around[to] = self._perimeters(block, to)
        for other, _, cost in [*self.near[block], *self.across[block]]:
            if owner[other] == source:
                self.cut += cost
            elif owner[other] == to:
                self.cut -= cost
        self.grid_area[source] -= self.area[block]
        self.grid_area[to] += self.area[block]
        load, home = self.loads[block], self.home[block]
        self.missed -= self._miss(source) + self._miss(to)
        self.load[source] -= load
        self.load[to] += load
        self.missed += self._miss(source) + self._miss(to)
        self.count[source] -= 1
        self.count[to] += 1
        if source == home:
            self.moved += load
        elif to == home:
            self.moved -= load
        owner[block] = to

    def gain(self, block: int, to: int, weights: Weights) -> float:
        """Return by how much the whole cost changes when a block goes to a grid."""
        owner, load, source = self.owner, self.loads[block], self.owner[block]
        before, after = self.load[source], self.load[to]
        change = (
            self.excess(source, before - load)
            - self.excess(source, before)
            + self.excess(to, after + load)
            - self.excess(to, after)
        )
        if source == self.home[block]:
            change += weights.moved * load / self.typical
        elif to == self.home[block]:
            change -= weights.moved * load / self.typical
        if weights.border:
            cut = 0.0
            for other, _, cost in self.near[block]:
                grid = owner[other]
                if grid == source:
                    cut += cost
                elif grid == to:
                    cut -= cost
            change += weights.border * cut / self.unit
        return change

    def is_ragged(self, block: int, to: int) -> bool:
        """Whether a move takes a grid that gives or takes below its floor of compactness."""
        source, (left, taken) = self.owner[block], self._perimeters(block, to)
        return (
            4 * pi * (self.grid_area[source] - self.area[block]) < self.floor[source] * left**2
            or 4 * pi * (self.grid_area[to] + self.area[block]) < self.floor[to] * taken**2
        )

    def may_go(self, block: int, to: int) -> bool:
        """Whether a move keeps the donor whole and both grids above their floors."""
        return self.stays_whole(block) and not self.is_ragged(block, to)

    def _perimeters(self, block: int, to: int) -> tuple[float, float]:
        """Return how long the borders of the grid that gives and of the one that takes are after a move."""
        owner, source = self.owner, self.owner[block]
        within = gained = 0.0
        for other, metres, _ in [*self.near[block], *self.across[block]]:
            if owner[other] == source:
                within += metres
            elif owner[other] == to:
                gained += metres
        return (
            self.around[source] + 2 * within - self.perimeter[block],
            self.around[to] + self.perimeter[block] - 2 * gained,
        )

    def _miss(self, grid: int) -> float:
        load = self.load[grid]
        if self.locked[grid]:
            return 0.0
        return max(load - self.band_high[grid], self.band_low[grid] - load, 0.0) * self.scale[grid]

    def _missed(self) -> float:
        return sum(self._miss(grid) for grid in range(self._grids))

    def _reaches(self, block: int, wanted: Sequence[int], *, joints: bool) -> bool:
        """Walk the grid without the block, from one of the wanted blocks, until all of them were met."""
        owner, near, across = self.owner, self.near, self.across
        grid = owner[block]
        left = set(wanted[1:])
        seen = {block, wanted[0]}
        queue = [wanted[0]]
        for here in queue:
            for other, _, _ in near[here]:
                if other not in seen and owner[other] == grid:
                    left.discard(other)
                    if not left:
                        return True
                    seen.add(other)
                    queue.append(other)
            if joints:
                for other, _, _ in across[here]:
                    if other not in seen and owner[other] == grid:
                        left.discard(other)
                        if not left:
                            return True
                        seen.add(other)
                        queue.append(other)
        return False


@dataclass(frozen=True)
class Found:
    """The best labels that a search met: what lies outside the tolerance, what else they cost, the labels."""

    missed: float
    cost: float
    owner: tuple[int, ...]

    def key(self) -> tuple[float, float]:
        """Order: inside the tolerance first, then cheap."""
        return (self.missed if self.missed > _NOISE else 0.0, self.cost)


def anneal(search: Search, weights: Weights, steps: int, seed: int, hot: float = _HOT) -> Found:
    """Propose `steps` moves, take what is better and ever less of what is worse, and return the best labels met.

    Source: Kirkpatrick, Gelatt and Vecchi 1983; the temperature falls with the square of the time left.
    """
    best = _noted(search, weights)
    frontier = search.frontier
    if not frontier:
        return best
    rng = np.random.default_rng(seed)
    owner = search.owner
    for first in range(0, steps, _DRAWN):
        count = min(_DRAWN, steps - first)
        picks = rng.integers(0, 2 * len(frontier), count).tolist()
        chances = rng.random(count).tolist()
        for number, (pick, chance) in enumerate(zip(picks, chances, strict=True), first):
            block, other = frontier[pick >> 1]
            if owner[block] == owner[other]:
                continue
            if pick & 1:
                block, other = other, block
            to = owner[other]
            change = search.gain(block, to, weights)
            if change > 0 and chance >= exp(-change / (hot * (1 - number / steps) ** 2)):
                continue
            if not search.may_go(block, to):
                continue
            search.give(block, to)
            if search.missed < best.missed + _NOISE:
                met = (search.missed if search.missed > _NOISE else 0.0, search.cost(weights))
                if met < best.key():
                    best = _noted(search, weights)
    return best


def settle(search: Search, weights: Weights, found: Found) -> Found:
    """Walk downhill from labels until no single move is better."""
    found = _priced(search, weights, found)
    owner = search.owner
    improved = True
    while improved:
        improved = False
        for pair in search.frontier:
            for block, other in (pair, pair[::-1]):
                to = owner[other]
                if to == owner[block] or search.gain(block, to, weights) >= -_NOISE:
                    continue
                if search.may_go(block, to):
                    search.give(block, to)
                    improved = True
    now = _noted(search, weights)
    return min(found, now, key=Found.key)


def best_of(search: Search, weights: Weights, steps: int, seeds: Sequence[int], hot: float = _HOT) -> Found:
    """Search from the same start with several seeds, and return the best labels of all."""
    start = tuple(search.owner)
    found = []
    for seed in seeds:
        search.start(start)
        found.append(settle(search, weights, anneal(search, weights, steps, seed, hot)))
    best = min(found, key=Found.key)
    if best.missed <= _NOISE:
        return best
    search.start(best.owner)  # near the goal: go on from here, and give more for the tolerance
    cheaper = Weights(weights.moved * _RELAXED, weights.border * _RELAXED)
    nearer = anneal(search, cheaper, steps, min(seeds), _WARM)
    return min(best, settle(search, weights, nearer), key=Found.key)


def _priced(search: Search, weights: Weights, found: Found) -> Found:
    search.start(found.owner)
    return _noted(search, weights)


def _noted(search: Search, weights: Weights) -> Found:
    return Found(max(search.missed, 0.0), search.cost(weights), tuple(search.owner))


def _adjacency(
    graph: BlockGraph, border: NDArray[np.float64]
) -> tuple[list[list[tuple[int, float, float]]], list[list[tuple[int, float, float]]]]:
    """List the neighbours of every block, with metres and cost: those within reach, and those across a barrier."""
    near: list[list[tuple[int, float, float]]] = [[] for _ in range(len(graph))]
    across: list[list[tuple[int, float, float]]] = [[] for _ in range(len(graph))]
    rows = zip(graph.pairs.tolist(), graph.metres.tolist(), border.tolist(), graph.barrier.tolist(), strict=True)
    for (first, second), metres, cost, barrier in rows:
        lists = across if barrier else near
        lists[first].append((second, metres, cost))
        lists[second].append((first, metres, cost))
    return near, across
