"""New grids from blocks: so many, of equal load, each in one piece, with borders along roads where it can be.

First the land is halved again and again along the best edge of random spanning trees (DeFord, Duchin and Solomon 2021,
"Recombination"), then `gridmap.space.balance_search` evens out the loads and straightens the borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import BadInput
from gridmap.space.balance_search import Band, Found, Search, Weights, best_of
from gridmap.space.block_graph import BlockGraph, connected, sums

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TOLERANCE = 0.1
_ALONG_ROAD = 0.2  # of the cost of any other border
_TREES = 24  # random spanning trees for every halving
_CANDIDATES = 4  # edges of each tree whose border is measured
_BALANCE = 4.0  # cost of one target's worth of imbalance, in the average border of one block
_STEPS_OF_A_BLOCK, _MOST_STEPS = 500, 300_000
_RUNS = 3
_TRIES = 4  # divisions to begin with, as long as the search does not bring one inside the tolerance
_FLOOR = 0.15  # Polsby-Popper
_STRAIGHT = Weights(moved=0.0, border=0.25)


@dataclass(frozen=True)
class Proposal:
    """New grids.

    Parameters
    ----------
    owner : int array (N,)
        Grid of every block, 0 to k - 1.
    loads, compactness : float64 array (k,)
        Households and Polsby-Popper of every grid.
    border : float
        Metres between the grids.
    along_roads : float
        Share of the border that runs along main roads, 0 to 1.
    outside : tuple of int
        Grids outside the tolerance; empty when it was reached.
    """

    owner: NDArray[np.intp]
    loads: NDArray[np.float64]
    compactness: NDArray[np.float64]
    border: float
    along_roads: float
    outside: tuple[int, ...]

    @property
    def reached(self) -> bool:
        """Whether every grid is inside the tolerance."""
        return not self.outside


def propose(
    graph: BlockGraph,
    households: NDArray[Any],
    k: int,
    *,
    tolerance: float = TOLERANCE,
    together: NDArray[np.intp] | None = None,
    roads: NDArray[np.float64] | None = None,
    seed: int = 0,
) -> Proposal:
    """Divide blocks into k contiguous grids with equal numbers of households.

    Parameters
    ----------
    graph : BlockGraph
        N blocks; its barriers are never crossed.
    households : array (N,)
    k : int
    tolerance : float
        Share of the average by which a grid may be off.
    together : int array (N,), optional
        Compounds: blocks with the same number that hang together stay in one grid; -1 for no compound.
    roads : float64 array (E,), optional
        Share of each common border that runs along a main road; borders of grids are drawn there first.
    seed : int
        The same seed and input give the same answer.

    Raises
    ------
    BadInput
        So many grids cannot be made of these blocks, or there is nobody to divide.
    """
    loads = np.asarray(households, dtype=np.float64)
    roads = np.zeros(len(graph.pairs)) if roads is None else np.asarray(roads, dtype=np.float64)
    if len(loads) != len(graph) or len(roads) != len(graph.pairs):
        raise BadInput(f"there are {len(graph)} blocks and {len(loads)} loads: give one of each")
    if loads.sum() <= 0:
        raise BadInput("no household lies in these blocks: import households first")
    groups = np.full(len(graph), -1, dtype=np.intp) if together is None else np.asarray(together, dtype=np.intp)
    small, node = graph.contract(groups)
    on_road = _carried(graph, node, small, roads * graph.metres)
    cost = small.metres - (1 - _ALONG_ROAD) * on_road
    weight = sums(node, loads, len(small))
    band = Band.around(loads.sum() / k, tolerance, k)
    search = _best_division(small, weight, cost, band, seed)
    label = np.array(search.owner, dtype=np.intp)
    cut = label[small.pairs[:, 0]] != label[small.pairs[:, 1]]
    after, metres = np.array(search.load), float(small.metres[cut].sum())
    return Proposal(
        owner=label[node],
        loads=after,
        compactness=np.array(search.compactness()),
        border=metres,
        along_roads=float(on_road[cut].sum()) / metres if metres else 0.0,
        outside=tuple(np.flatnonzero(band.missed(after) > 0).tolist()),
    )


def _best_division(
    graph: BlockGraph, weight: NDArray[np.float64], cost: NDArray[np.float64], band: Band, seed: int
) -> Search:
    """Divide and improve, from another division while the tolerance is missed; the best one, as the search left it."""
    k, rng = len(band.low), np.random.default_rng(seed)
    steps = min(_STEPS_OF_A_BLOCK * len(graph), _MOST_STEPS)
    tries: list[tuple[Found, Search]] = []
    while not tries or (len(tries) < _TRIES and tries[-1][0].key()[0] > 0):
        search = Search(
            graph,
            _divided(graph, weight, cost, k, rng),
            weight,
            band,
            base=np.zeros(k),
            locked=np.zeros(k, dtype=bool),
            border=cost,
            floor=_FLOOR,
        )
        tries.append((best_of(search, _STRAIGHT, steps, range(seed, seed + _RUNS)), search))
    found, search = min(tries, key=lambda each: each[0].key())
    search.start(found.owner)
    return search


def _carried(
    graph: BlockGraph, node: NDArray[np.intp], small: BlockGraph, amounts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Sum amounts of edges up for the edges of the contracted graph."""
    ends = np.sort(node[graph.pairs], axis=1)
    outer = ends[:, 0] != ends[:, 1]
    keys = small.pairs[:, 0] * len(small) + small.pairs[:, 1]
    at = np.searchsorted(keys, ends[outer, 0] * len(small) + ends[outer, 1])
    return sums(at, amounts[outer], len(small.pairs))


def _divided(
    graph: BlockGraph, weight: NDArray[np.float64], cost: NDArray[np.float64], k: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Share the k grids out among the parts of the land, and halve each part until one grid is left."""
    open_edges = np.flatnonzero(~graph.barrier)
    part = connected(len(graph), graph.pairs[open_edges])
    sizes, loads = np.bincount(part), sums(part, weight, int(part.max()) + 1)
    if not len(sizes) <= k <= len(graph):
        raise BadInput(
            f"{k} grids cannot be made: the land has {len(sizes)} separate parts and {len(graph)} blocks that stay "
            "whole; ask for a number between the two, or cut blocks first",
            parts=len(sizes),
            blocks=len(graph),
        )
    shares = np.ones(len(sizes), dtype=np.intp)
    for _ in range(k - len(sizes)):  # each further grid to the part whose grids are largest
        shares[np.argmax(np.where(shares < sizes, loads / shares, -1.0))] += 1
    label = np.full(len(graph), -1, dtype=np.intp)
    given = 0
    for index, share in enumerate(shares.tolist()):
        waiting = [(np.flatnonzero(part == index), share)]
        while waiting:
            nodes, count = waiting.pop()
            if count == 1:
                label[nodes] = given
                given += 1
                continue
            one, other, half = _halved(graph, nodes, weight, cost, count // 2, count, rng)
            waiting += [(other, count - half), (one, half)]
    return label


def _halved(
    graph: BlockGraph,
    nodes: NDArray[np.intp],
    weight: NDArray[np.float64],
    cost: NDArray[np.float64],
    half: int,
    count: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.intp], int]:
    """Part connected land in two connected sides with room for `half` and for `count - half` grids; also how many."""
    local = np.full(len(graph), -1, dtype=np.intp)
    local[nodes] = np.arange(len(nodes))
    edges = np.flatnonzero((local[graph.pairs] >= 0).all(axis=1) & ~graph.barrier)
    pairs, price = local[graph.pairs[edges]], cost[edges]
    loads = weight[nodes]
    target = max(float(loads.sum()) / count, 1e-9)
    typical = float(price.mean())
    best, best_score = None, np.inf
    for _ in range(_TREES):
        order = np.argsort(-price * rng.random(len(price)), kind="stable")  # borders along roads are joined last
        parent, walk = _tree(pairs[order].tolist(), len(nodes), int(rng.integers(len(nodes))))
        under, size = loads.copy(), np.ones(len(nodes), dtype=np.intp)
        for here in reversed(walk[1:]):
            under[parent[here]] += under[here]
            size[parent[here]] += size[here]
        for grids in {half, count - half}:
            off = np.abs(under - target * grids) / target
            off[(size < grids) | (len(nodes) - size < count - grids)] = np.inf
            for top in np.argsort(off, kind="stable")[:_CANDIDATES].tolist():
                if not np.isfinite(off[top]) or _BALANCE * off[top] >= best_score:
                    break
                side = _side(parent, walk, top)
                score = _BALANCE * off[top] + price[side[pairs[:, 0]] != side[pairs[:, 1]]].sum() / typical / np.sqrt(
                    len(nodes)
                )
                if score < best_score:
                    best, best_score = (side if grids == half else ~side), score
    if best is None:  # blocks like rays around one: no side has room for half of the grids, but one block for one grid
        return _halved(graph, nodes, weight, cost, 1, count, rng)
    return nodes[best], nodes[~best], half


def _tree(pairs: Sequence[Sequence[int]], count: int, root: int) -> tuple[list[int], list[int]]:
    """Join nodes in the order of the pairs where they are not joined yet (Kruskal 1956); parents, and a walk."""
    group = list(range(count))
    joined: list[list[int]] = [[] for _ in range(count)]
    for first, second in pairs:
        one, other = _group(group, first), _group(group, second)
        if one != other:
            group[one] = other
            joined[first].append(second)
            joined[second].append(first)
    parent, walk = [-1] * count, [root]
    for here in walk:
        for other in joined[here]:
            if other != parent[here]:
                parent[other] = here
                walk.append(other)
    return parent, walk


def _group(group: list[int], node: int) -> int:
    while group[node] != node:
        group[node] = group[group[node]]
        node = group[node]
    return node


def _side(parent: Sequence[int], walk: Sequence[int], top: int) -> NDArray[np.bool_]:
    side = np.zeros(len(walk), dtype=bool)
    side[top] = True
    for here in walk[1:]:
        if side[parent[here]]:
            side[here] = True
    return side
