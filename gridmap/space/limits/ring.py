"""First way to a polygon: walk along the named features in turn, from corner to corner, and come back.

The shortest such walk is found by Dijkstra's algorithm on one layer per feature; gaps cost more than they are long.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.strand import GAP_COST, GAP_START, Arc, Nodes, Strand, corners

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.network import Network

_STARTS = 12  # corners from which a walk is begun
_LEAST_AREA = 1.0  # m2
_State = tuple[int, int, int]  # layer, node, node at which the layer was reached (-1: no matter)


@dataclass(frozen=True)
class Ring:
    """A closed walk.

    Parameters
    ----------
    shape : Polygon
    gap : float
        Metres that were bridged.
    cost : float
    """

    shape: Any
    gap: float
    cost: float


@dataclass(frozen=True)
class Broken:
    """Between which features (by number) no way leads, and how many metres they are apart."""

    one: int
    two: int
    metres: float


def walk(
    network: Network, features: Sequence[NDArray[np.int64]], *, every: bool = False
) -> tuple[list[Ring], list[Broken]]:
    """Find the closed walks along features in a given order.

    Parameters
    ----------
    network : Network
    features : sequence of arrays of int64
        Edges of each feature, in the order of the walk, either way round; at least two.
    every : bool
        Do not pass over a feature at a single place: each is left elsewhere than it was reached.

    Returns
    -------
    list of Ring
        The shortest for each corner at which a walk can begin, the shortest first.
    list of Broken
        Where the features do not meet; then there is no ring.
    """
    nodes = Nodes(network)
    strands = [Strand.of(nodes, edges) for edges in features]
    count = len(strands)
    bridges = [strand.bridges() for strand in strands]
    turns = [corners(strands[number], strands[(number + 1) % count]) for number in range(count)]
    broken = [
        Broken(number, (number + 1) % count, _apart(strands[number], strands[(number + 1) % count]))
        for number in range(count)
        if not turns[number]
    ]
    if broken:
        return [], broken
    first = min(range(count), key=lambda number: len(turns[number]))
    order = [(first + 1 + number) % count for number in range(count)]
    arcs = [strands[number].arcs(bridges[number]) for number in order]
    across = [_by_node(turns[number]) for number in order[:-1]]
    rings = []
    for end, start, gap in sorted(turns[first], key=lambda each: each[2])[:_STARTS]:
        found = _shortest(arcs, across, start, end, nodes, every=every)
        if found is not None:
            cost, points, bridged = found
            closing = np.array([nodes.place(end), nodes.place(start)]) if gap else np.empty((0, 2))
            ring = _ring(np.concatenate([points, closing]), bridged + gap, cost + _gap_cost(gap))
            if ring is not None:
                rings.append(ring)
    return sorted(rings, key=lambda each: each.cost), []


def _gap_cost(gap: float) -> float:
    return GAP_START + GAP_COST * gap if gap else 0.0


def _apart(one: Strand, two: Strand) -> float:
    return float(shapely.distance(shapely.MultiLineString(one.shapes), shapely.MultiLineString(two.shapes)))


def _by_node(turns: list[tuple[int, int, float]]) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {}
    for one, two, gap in turns:
        found.setdefault(one, []).append((two, gap))
    return found


def _shortest(
    arcs: list[dict[int, list[Arc]]],
    across: list[dict[int, list[tuple[int, float]]]],
    start: int,
    end: int,
    nodes: Nodes,
    *,
    every: bool,
) -> tuple[float, NDArray[np.float64], float] | None:
    """Walk from `start` on the first layer to `end` on the last; returns cost, points and bridged metres."""
    last = len(arcs) - 1
    done: dict[_State, tuple[_State | None, Arc | None]] = {}
    queue: list[tuple[float, int, _State, _State | None, Arc | None]] = [
        (0.0, 0, (0, start, start if every else -1), None, None)
    ]
    ticket = 0
    while queue:
        cost, _, state, before, arc = heapq.heappop(queue)
        if state in done:
            continue
        done[state] = (before, arc)
        layer, node, entry = state
        if layer == last and node == end and node != entry:
            return cost, *_unwound(done, state)
        for each in arcs[layer].get(node, ()):
            if (layer, each.to, entry) not in done:
                ticket += 1
                heapq.heappush(queue, (cost + each.cost, ticket, (layer, each.to, entry), state, each))
        if layer < last and node != entry:
            for other, gap in across[layer].get(node, ()):
                ticket += 1
                price = _gap_cost(gap)
                way = Arc(other, price, np.array([nodes.place(node), nodes.place(other)]), gap) if gap else None
                following = (layer + 1, other, other if every else -1)
                heapq.heappush(queue, (cost + price, ticket, following, state, way))
    return None


def _unwound(done: dict[_State, tuple[_State | None, Arc | None]], state: _State) -> tuple[NDArray[np.float64], float]:
    pieces: list[NDArray[np.float64]] = []
    gap = 0.0
    here: _State | None = state
    while here is not None:
        before, arc = done[here]
        if arc is not None:
            pieces.append(arc.points)
            gap += arc.gap
        here = before
    return (np.concatenate(pieces[::-1]) if pieces else np.empty((0, 2))), gap


def _ring(points: NDArray[np.float64], gap: float, cost: float) -> Ring | None:
    if len(points) < 3:
        return None
    kept = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
    line = points[kept]
    if len(line) < 3:
        return None
    closed = np.concatenate([line, line[:1]]) if np.any(line[0] != line[-1]) else line
    if len(closed) < 4:
        return None
    shape = shapely.Polygon(closed)
    if not shape.is_valid:  # a walk back along the same edge, or across itself
        faces = shapely.get_parts(shapely.polygonize([shapely.unary_union(shapely.LineString(closed))]))
        if not len(faces):
            return None
        shape = faces[np.argmax(shapely.area(faces))]
    return Ring(shape, gap, cost) if shape.area > _LEAST_AREA else None


def side_by_side(sides: Sequence[Sequence[int]], apart: NDArray[np.float64], most: int = 4) -> list[list[int]]:
    """Return the likeliest orders of features round the land, one side after the other.

    Parameters
    ----------
    sides : sequence of sequences of int
        Features (by number) of each side, the sides in order round the land.
    apart : (F, F) float64
        Metres between features.
    most : int

    Returns
    -------
    list of list of int
        Each side's features as written or reversed; the orders with the least metres from feature to feature first.
    """
    choices: list[list[int]] = [[]]
    for side in sides:
        forms = [list(side)] if len(side) == 1 else [list(side), list(side)[::-1]]
        choices = [before + form for before in choices for form in forms]

    def total(order: list[int]) -> float:
        return sum(float(apart[one, two]) for one, two in pairwise([*order, order[0]]))

    return sorted(choices, key=total)[:most]
