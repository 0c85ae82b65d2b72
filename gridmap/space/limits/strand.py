"""One feature as a graph to walk along: its edges, and the bridges over the gaps in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.space.limits.network import Network

MAX_GAP = 400.0  # metres: an interchange whose roads carry its own name is that long
GAP_COST = 3.0  # a metre over a gap against a metre along a feature
GAP_START = 20.0  # metres that the beginning of a gap costs
_NEAR = 8  # gaps that are tried at one corner
_TOUCH = 0.02  # metres


@dataclass(frozen=True)
class Arc:
    """A way between two nodes: along a feature, or over a gap.

    Parameters
    ----------
    to : int
        Node.
    cost : float
    points : (P, 2) float64
        From this node to that one.
    gap : float
        Metres that are bridged.
    """

    to: int
    cost: float
    points: NDArray[np.float64]
    gap: float = 0.0


@dataclass
class Nodes:
    """Numbers for places; those of the network first, more where an edge is divided."""

    network: Network
    extra: list[tuple[float, float]] = field(default_factory=list)

    def place(self, node: int) -> NDArray[np.float64]:
        """Return where a node is."""
        known = len(self.network.nodes)
        found: NDArray[np.float64] = (
            self.network.nodes[node] if node < known else np.array(self.extra[node - known], dtype=np.float64)
        )
        return found

    def add(self, x: float, y: float) -> int:
        """Give a new place a number."""
        self.extra.append((x, y))
        return len(self.network.nodes) + len(self.extra) - 1


@dataclass
class Strand:
    """The graph of one feature."""

    nodes: Nodes
    shapes: list[Any]
    ends: list[tuple[int, int]]

    @staticmethod
    def of(nodes: Nodes, edges: NDArray[np.int64]) -> Strand:
        """Take edges of the network."""
        network = nodes.network
        return Strand(nodes, list(network.edges[edges]), [(int(a), int(b)) for a, b in network.ends[edges]])

    def degrees(self) -> dict[int, int]:
        """Count the edges at each node."""
        counted: dict[int, int] = {}
        for pair in self.ends:
            for node in pair:
                counted[node] = counted.get(node, 0) + 1
        return counted

    def dead_ends(self) -> list[int]:
        """Return the nodes at which the feature ends."""
        return [node for node, count in self.degrees().items() if count == 1]

    def node_at(self, x: float, y: float) -> int:
        """Return the node at a place on the feature, dividing an edge when there is none."""
        point = shapely.Point(x, y)
        number = int(np.argmin(shapely.distance(np.array(self.shapes, dtype=object), point)))
        one, two = self.ends[number]
        for node in (one, two):
            if np.hypot(*(self.nodes.place(node) - (x, y))) < _TOUCH:
                return node
        shape = self.shapes[number]
        at = float(shapely.line_locate_point(shape, point))
        node = self.nodes.add(x, y)
        before, after = _divided(shape, at, (x, y))
        self.shapes[number], self.ends[number] = before, (one, node)
        self.shapes.append(after)
        self.ends.append((node, two))
        return node

    def components(self) -> dict[int, int]:
        """Give each node the number of its connected piece."""
        parent: dict[int, int] = {}

        def root(node: int) -> int:
            while parent.setdefault(node, node) != node:
                parent[node] = parent[parent[node]]
                node = parent[node]
            return node

        for one, two in self.ends:
            parent[root(one)] = root(two)
        return {node: root(node) for pair in self.ends for node in pair}

    def bridges(self) -> list[tuple[int, int, float]]:
        """Bridge the gaps between its pieces, from each dead end to the nearest point of another piece."""
        piece = self.components()
        if len(set(piece.values())) == 1:
            return []
        ends = self.dead_ends()
        of_edge = np.array([piece[one] for one, _ in self.ends])
        shapes = np.array(self.shapes, dtype=object)
        wanted = []
        for node in ends:
            point = shapely.Point(self.nodes.place(node))
            far = shapely.distance(shapes, point)
            far[of_edge == piece[node]] = np.inf
            nearest = int(np.argmin(far))
            if far[nearest] <= MAX_GAP:
                line = shapes[nearest]
                where = shapely.line_interpolate_point(line, shapely.line_locate_point(line, point))
                wanted.append((node, where.x, where.y, float(far[nearest])))
        return [(node, self.node_at(x, y), gap) for node, x, y, gap in wanted]

    def arcs(self, bridges: list[tuple[int, int, float]]) -> dict[int, list[Arc]]:
        """Return the ways from each node."""
        found: dict[int, list[Arc]] = {}
        for shape, (one, two) in zip(self.shapes, self.ends, strict=True):
            points = shapely.get_coordinates(shape)
            length = float(shape.length)
            found.setdefault(one, []).append(Arc(two, length, points))
            found.setdefault(two, []).append(Arc(one, length, points[::-1]))
        for one, two, gap in bridges:
            points = np.array([self.nodes.place(one), self.nodes.place(two)])
            cost = GAP_START + GAP_COST * gap
            found.setdefault(one, []).append(Arc(two, cost, points, gap))
            found.setdefault(two, []).append(Arc(one, cost, points[::-1], gap))
        return found


def corners(one: Strand, two: Strand) -> list[tuple[int, int, float]]:
    """Return where one feature can be left for another: (node of one, node of two, metres between them).

    Where they cross, the nodes are the same. Besides, from each end of the one to the nearest point of the other,
    when that is within `MAX_GAP`.
    """
    shared = {node for pair in one.ends for node in pair} & {node for pair in two.ends for node in pair}
    found = [(node, node, 0.0) for node in sorted(shared)]
    wanted: list[tuple[float, Any, Any]] = []
    for first, second, turned in ((one, two, False), (two, one, True)):
        shapes = np.array(second.shapes, dtype=object)
        whole = shapely.union_all(shapely.multilinestrings(list(shapes)))
        ends = [node for node in first.dead_ends() if node not in shared]
        if not ends:
            continue
        points = np.asarray(shapely.points(np.array([first.nodes.place(node) for node in ends])), dtype=object)
        for point in points[shapely.distance(points, whole) <= MAX_GAP]:
            line = shapely.shortest_line(point, whole)
            here, there = shapely.get_coordinates(line)
            wanted.append((float(line.length), there, here) if turned else (float(line.length), here, there))
    if not found and not wanted:
        line = shapely.shortest_line(
            shapely.multilinestrings(list(one.shapes)), shapely.multilinestrings(list(two.shapes))
        )
        if line.length <= MAX_GAP:
            here, there = shapely.get_coordinates(line)
            wanted.append((float(line.length), here, there))
    for gap, here, there in sorted(wanted, key=lambda each: each[0])[:_NEAR]:
        found.append((one.node_at(*here), two.node_at(*there), gap))
    return found


def _divided(shape: Any, at: float, xy: tuple[float, float]) -> tuple[Any, Any]:
    points = shapely.get_coordinates(shape)
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    index = int(np.clip(np.searchsorted(steps, at, side="right"), 1, len(points) - 1))
    here = np.array([xy])
    return shapely.LineString(np.concatenate([points[:index], here])), shapely.LineString(
        np.concatenate([here, points[index:]])
    )
