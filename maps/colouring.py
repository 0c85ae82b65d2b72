"""Colours for neighbours: any map in the plane gets along with four."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datum import Plane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

FOUR = 4
_SWAP_DEPTH = 3  # with five neighbours at most 15 chains per level; one level is nearly always enough
_MOST_CHANGES = 3
_STEPS = 4000  # of a search for the fewest changes; a single edit takes some dozens

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


def colour(touching: Sequence[set[int]], previous: Sequence[int | None] | None = None) -> list[int]:
    """Give every node a colour that none of its neighbours has; the same input always gets the same colours.

    Without earlier colours: smallest-last order, then greedy; where all four are taken, chains of two colours are
    swapped until one is free (Kempe 1879). A planar graph gets four. A grid in several parts (飞地) can make the graph
    non-planar; a fifth or later colour is then handed out, and the caller sees it by `max(colours) >= 4`.

    With earlier colours nodes keep them, since people know their grid by its colour too: around every place where
    they no longer fit, the fewest nodes are recoloured that will do, three at most. One random edit in ten of a
    random coverage cannot be had so cheaply, whoever colours; there a grid takes a fifth colour, and gives it back
    when a later edit leaves room.

    Parameters
    ----------
    touching : sequence of set of int
        As `neighbours` gives it, symmetric.
    previous : sequence of int or None, optional
        The colour of each node before an edit; None for a node that is new.

    Returns
    -------
    list of int
        0, 1, 2, 3, and more only when four do not suffice, or not with three changes.
    """
    if previous is None:
        return _fresh(touching)
    colours = [-1 if each is None else each for each in previous]
    left = _MOST_CHANGES - sum(_mend(group, touching, colours) for group in _amiss(touching, colours))
    for node in [node for node, number in enumerate(colours) if number >= FOUR and previous[node] == number]:
        left -= _give_back(node, touching, colours, left)
    return colours


def steady_colours(
    ids: Sequence[UUID], touching: Sequence[set[int]], earlier: Iterable[Mapping[UUID, shapely.Geometry]]
) -> list[int]:
    """Colour the grids of a plan so that they keep the colours which they had under the plans before.

    Parameters
    ----------
    ids : sequence of UUID
        Who the nodes are.
    earlier : iterable of mapping
        The grids of each plan before, oldest first, lon/lat EPSG:4490.

    Returns
    -------
    list of int
        As `colour`: from one plan to the next, three grids are recoloured at most around a place that was edited.
    """
    kept: dict[UUID, int] = {}
    for before in earlier:
        if before:
            shapes = np.array(list(before.values()), dtype=object)
            plane = Plane.near(shapely.total_bounds(shapes).reshape(2, 2))
            found = _next_colours(list(before), neighbours(plane.project_geometries(shapes)), kept)
            kept = dict(zip(before, found, strict=True))
    return _next_colours(ids, touching, kept)


def _next_colours(ids: Sequence[UUID], touching: Sequence[set[int]], kept: Mapping[UUID, int]) -> list[int]:
    previous = [kept.get(each) for each in ids]
    return colour(touching, previous if kept else None)


def _fresh(touching: Sequence[set[int]]) -> list[int]:
    colours = [-1] * len(touching)
    for node in reversed(_smallest_last(touching)):
        _give(node, touching, colours)
    return colours


def _give(node: int, touching: Sequence[set[int]], colours: list[int]) -> None:
    """Colour one node, swapping chains around it where that saves a colour."""
    _make_room(node, touching, colours, _SWAP_DEPTH)
    colours[node] = _free(node, touching, colours)


def _amiss(touching: Sequence[set[int]], colours: list[int]) -> list[list[int]]:
    """Find what has no colour or that of a neighbour, in groups that hang together."""
    wrong = {
        node
        for node, others in enumerate(touching)
        if colours[node] < 0 or any(colours[other] == colours[node] for other in others)
    }
    groups = []
    for first in range(len(touching)):
        if first not in wrong:
            continue
        wrong.remove(first)
        group = [first]
        for node in group:
            near = sorted(touching[node] & wrong)
            wrong.difference_update(near)
            group += near
        groups.append(group)
    return groups


def _mend(group: list[int], touching: Sequence[set[int]], colours: list[int]) -> int:
    """Colour a group with the fewest changes, or without any by more colours; return how many nodes were changed."""
    for most in range(_MOST_CHANGES + 1):
        search = _Search(touching, colours, most)
        if search.settle([node for node in group if colours[node] < 0], group):
            colours[:] = search.colours
            return most
    for node in group:
        if colours[node] < 0:
            colours[node] = _free(node, touching, colours)
    changed = 0
    while conflicts := {node: count for node in group if (count := _conflicts(node, touching, colours))}:
        node = max(conflicts, key=lambda each: (conflicts[each], -each))
        colours[node] = _free(node, touching, colours)
        changed += 1
    return changed


def _give_back(node: int, touching: Sequence[set[int]], colours: list[int], left: int) -> int:
    """Return a node from a fifth colour to the four, with few changes or not at all; tell how many they were."""
    for most in range(1, left + 1):
        search = _Search(touching, colours, most)
        if search.reopen([node], [], [node]):
            colours[:] = search.colours
            return most
    return 0


def _free(node: int, touching: Sequence[set[int]], colours: list[int]) -> int:
    taken = {colours[other] for other in touching[node]}
    return next(number for number in range(len(touching)) if number not in taken)


def _conflicts(node: int, touching: Sequence[set[int]], colours: list[int]) -> int:
    return sum(colours[other] == colours[node] for other in touching[node])


class _Search:
    """Every way to set a colouring right that changes at most so many nodes; new nodes are free."""

    def __init__(self, touching: Sequence[set[int]], colours: list[int], most: int) -> None:
        self.touching = touching
        self.colours = list(colours)
        self.left = most
        self.settled: set[int] = set()
        self.steps = _STEPS

    def settle(self, open_nodes: list[int], group: list[int]) -> bool:
        """Colour the open nodes, then look for neighbours of one colour among the group."""
        self.steps -= 1
        if self.steps <= 0:
            return False
        if open_nodes:
            return self._colour(open_nodes, group)
        pair = next(
            (
                (node, other)
                for node in group
                for other in sorted(self.touching[node])
                if self.colours[other] == self.colours[node]
            ),
            None,
        )
        if pair is None:
            return True
        return any(self.reopen([node], [], group) for node in pair)

    def _colour(self, open_nodes: list[int], group: list[int]) -> bool:
        node = min(open_nodes, key=lambda each: (-len(self._taken(each)), each))
        rest = [each for each in open_nodes if each != node]
        before = self.colours[node]
        self.settled.add(node)
        taken = self._taken(node)
        for number in sorted(range(FOUR), key=lambda number: (number in taken, number)):
            if number == before:
                continue
            self.colours[node] = number
            in_the_way = [each for each in self.touching[node] if self.colours[each] == number and each not in rest]
            if self.reopen(sorted(in_the_way), rest, group):
                return True
        self.colours[node] = before
        self.settled.discard(node)
        return False

    def reopen(self, nodes: list[int], rest: list[int], group: list[int]) -> bool:
        """Take the colours of some nodes away, as far as changes are left, and go on."""
        if len(nodes) > self.left or not self.settled.isdisjoint(nodes):
            return False
        self.left -= len(nodes)
        done = self.settle([*rest, *nodes], group)
        self.left += len(nodes)
        return done

    def _taken(self, node: int) -> set[int]:
        return {self.colours[each] for each in self.touching[node] if each in self.settled}


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
