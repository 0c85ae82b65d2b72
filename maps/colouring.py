"""Colours for neighbours: any map in the plane gets along with four."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

FOUR = 4
_SWAP_DEPTH = 3  # with five neighbours at most 15 chains per level; one level is nearly always enough

Neighbours = list[set[int]]


def neighbours(polygons: NDArray[np.object_], least: float = 0.5) -> Neighbours:
    """Find who shares a border with whom (rook contact; a common corner is none).

    Parameters
    ----------
    polygons : NDArray of Geometry, shape (N,)
        A coverage in metres.
    least : float
        Metres of common border that make a neighbour.

    Returns
    -------
    list of set of int
        For each polygon the indices of its neighbours.
    """
    first, second = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    common = shapely.length(shapely.intersection(polygons[first], polygons[second]))
    touching: Neighbours = [set() for _ in polygons]
    for one, other in zip(first[common > least].tolist(), second[common > least].tolist(), strict=True):
        touching[one].add(other)
        touching[other].add(one)
    return touching


def colour(touching: Sequence[set[int]]) -> list[int]:
    """Give every node a colour that none of its neighbours has; the same graph always gets the same colours.

    Smallest-last order, then greedy; where all four are taken, chains of two colours are swapped until one is free
    (Kempe 1879). A planar graph gets four. A grid in several parts (飞地) can make the graph non-planar; a fifth or
    later colour is then handed out, and the caller sees it by `max(colours) >= 4`.

    Parameters
    ----------
    touching : sequence of set of int
        As `neighbours` gives it, symmetric.

    Returns
    -------
    list of int
        0, 1, 2, 3, and more only when four do not suffice.
    """
    colours = [-1] * len(touching)
    for node in reversed(_smallest_last(touching)):
        _make_room(node, touching, colours, _SWAP_DEPTH)
        taken = {colours[other] for other in touching[node]}
        colours[node] = next(number for number in range(len(touching)) if number not in taken)
    return colours


def _smallest_last(touching: Sequence[set[int]]) -> list[int]:
    """Take away, again and again, the node with the fewest neighbours left: in the plane it has five at most."""
    degree = [len(others) for others in touching]
    by_degree: list[set[int]] = [set() for _ in range(max(degree, default=0) + 1)]
    for node, count in enumerate(degree):
        by_degree[count].add(node)
    order: list[int] = []
    while len(order) < len(touching):
        bucket = next(nodes for nodes in by_degree if nodes)
        node = min(bucket)
        bucket.remove(node)
        order.append(node)
        degree[node] = -1
        for other in touching[node]:
            if degree[other] >= 0:
                by_degree[degree[other]].remove(other)
                degree[other] -= 1
                by_degree[degree[other]].add(other)
    return order


def _make_room(node: int, touching: Sequence[set[int]], colours: list[int], depth: int) -> bool:
    """Swap chains around a node until one of the four colours is free for it; without success nothing changes."""
    around = sorted(other for other in touching[node] if colours[other] >= 0)
    if len({colours[other] for other in around} & set(range(FOUR))) < FOUR:
        return True
    if depth == 0:
        return False
    for start in around:
        here = colours[start]
        for wanted in (number for number in range(FOUR) if number != here < FOUR):
            chain = _chain(start, wanted, touching, colours)
            _swap(chain, here, wanted, colours)
            if _make_room(node, touching, colours, depth - 1):
                return True
            _swap(chain, here, wanted, colours)
    return False


def _chain(start: int, wanted: int, touching: Sequence[set[int]], colours: list[int]) -> set[int]:
    """Everything that hangs together with `start` in its own colour and the wanted one."""
    pair = {colours[start], wanted}
    chain, ahead = {start}, [start]
    while ahead:
        for other in touching[ahead.pop()]:
            if colours[other] in pair and other not in chain:
                chain.add(other)
                ahead.append(other)
    return chain


def _swap(chain: set[int], one: int, other: int, colours: list[int]) -> None:
    for node in chain:
        colours[node] = other if colours[node] == one else one
