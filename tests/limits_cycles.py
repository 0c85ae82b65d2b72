"""Every closed loop of named roads whose sentence can be said: walked along the roads, not grown from the land.

Knows nothing of the solver. A walk keeps the land on its left, leaves each road once for another, and comes home; it
is given up as soon as it has a strip between the carriageways of one road on its left: that land ends at the near
carriageway. On Futian 123 of the 129 loops that `limits_loops` draws at random are among what is found here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from limits_loops import SHORTEST, SIDES, WIDEST_ROAD, Loop, named_edges, named_runs, sides_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST = 9000.0  # metres round a loop
MOST_RUNS = 8
_ONE_ROAD = 0.6  # of the border of a strip: it lies between carriageways, with their side roads
_SEEN = 0.15  # of the border of a strip on the border of the land: more is not enclosed by the land
_BESIDE = 0.02  # metres


def stem(name: str) -> str:
    """Return the road to which a side road belongs."""
    return name.removesuffix("辅路").removesuffix("辅道")


@dataclass(frozen=True)
class Way:
    """A stretch along one road, from a node to another: what may follow it, and the strips on its left."""

    end: int
    names: frozenset[str]
    metres: float
    side: int
    nodes: tuple[int, ...]
    halves: tuple[int, ...]
    turns: tuple[int, ...]
    strips: tuple[tuple[int, float], ...]


@dataclass
class Streets:
    """Named edges in both directions: half 2e runs along edge e, half 2e + 1 back."""

    edges: Any
    names: list[frozenset[str]]
    tail: list[int] = field(default_factory=list)
    head: list[int] = field(default_factory=list)
    place: Any = None
    leaving: dict[int, list[int]] = field(default_factory=dict)
    metres: list[float] = field(default_factory=list)
    strip: list[int] = field(default_factory=list)
    round_strip: Any = None
    ways: dict[int, list[Way]] = field(default_factory=dict)

    @staticmethod
    def of(lines: Any, called: Sequence[Sequence[str]]) -> Streets:
        edges, names = named_edges(lines, called)
        ends = [shapely.get_coordinates(shapely.get_point(edges, at)) for at in (0, -1)]
        place, number = np.unique(np.rint(np.concatenate(ends) * 1000), axis=0, return_inverse=True)
        node = number.reshape(2, -1).T
        made = Streets(edges, names, node.ravel().tolist(), node[:, ::-1].ravel().tolist(), place / 1000)
        made.metres = np.repeat(shapely.length(edges), 2).tolist()
        for half, start in enumerate(made.tail):
            made.leaving.setdefault(start, []).append(half)
        made._find_strips()
        return made

    def _find_strips(self) -> None:
        """Note for each half the strip on its left, -1 for land."""
        faces = shapely.get_parts(shapely.polygonize(self.edges))
        start, stop = (shapely.get_coordinates(shapely.get_point(self.edges, at)) for at in (0, 1))
        along = stop - start
        length = np.maximum(np.hypot(*along.T), 1e-9)[:, None]
        aside = np.column_stack((-along[:, 1], along[:, 0])) / length * np.minimum(_BESIDE, length / 4)
        left = np.full(2 * len(self.edges), -1)
        for way, sign in ((0, 1), (1, -1)):
            points = shapely.points((start + stop) / 2 + sign * aside)
            edge, face = shapely.STRtree(faces).query(points, predicate="intersects")
            left[2 * edge + way] = face
        half, area = shapely.length(faces) / 2, shapely.area(faces)
        thin = (half - np.sqrt(np.maximum(half**2 - 4 * area, 0))) / 2 < WIDEST_ROAD
        shares: list[Counter[str]] = [Counter() for _ in faces]
        for number, face in enumerate(left.tolist()):
            if face >= 0:
                shares[face].update(
                    dict.fromkeys({stem(name) for name in self.names[number // 2]}, self.metres[number])
                )
        road = np.array([max(each.values(), default=0.0) for each in shares]) >= _ONE_ROAD * 2 * half
        self.strip = [face if face >= 0 and thin[face] and road[face] else -1 for face in left.tolist()]
        self.round_strip = 2 * half

    def ways_from(self, half: int) -> list[Way]:
        """Follow one road from a half edge on; a way for each place at which it can be left."""
        if half not in self.ways:
            self.ways[half] = list(self._ways_from(half))
        return self.ways[half]

    def _ways_from(self, first: int) -> Iterator[Way]:
        origin = self.tail[first]
        queue: list[tuple[tuple[int, ...], tuple[int, ...], frozenset[str], float, dict[int, float]]]
        queue = [((), (), self.names[first // 2], 0.0, {})]
        nexts = [first]
        while queue:
            nodes, halves, names, metres, strips = queue.pop()
            half = nexts.pop()
            strips = self.seen(strips, ((self.strip[half], self.metres[half]),))
            names, metres, node = names & self.names[half // 2], metres + self.metres[half], self.head[half]
            if strips is None or node in nodes or metres > LONGEST / 2 or node == origin:
                continue
            nodes, halves = (*nodes, node), (*halves, half)
            onward = [each for each in self.leaving[node] if each // 2 != half // 2]
            turns = tuple(each for each in onward if not self.names[each // 2] & names)
            if turns and metres >= SHORTEST:
                east, north = self.place[node] - self.place[origin]
                side = int(np.rint(np.arctan2(-east, north) / (np.pi / 2))) % 4
                yield Way(node, names, metres, side, nodes, halves, turns, tuple(strips.items()))
            for each in onward:
                if self.names[each // 2] & names:
                    queue.append((nodes, halves, names, metres, strips))
                    nexts.append(each)

    def seen(self, strips: dict[int, float], more: Sequence[tuple[int, float]]) -> dict[int, float] | None:
        """Add up what the border has of each strip; None where a strip would be part of the land."""
        found = dict(strips)
        for strip, metres in more:
            if strip >= 0:
                found[strip] = found.get(strip, 0.0) + metres
                if found[strip] > _SEEN * self.round_strip[strip]:
                    return None
        return found


def every_loop(
    lines: Any, called: Sequence[Sequence[str]], *, runs: int = MOST_RUNS, least: float = 5e4, most: float = 2e6
) -> list[Loop]:
    """Find all loops of four or more named roads between `least` and `most` square metres, each road once."""
    streets = Streets.of(lines, called)
    tree = shapely.STRtree(streets.edges)
    found: dict[bytes, Loop] = {}
    for halves in _cycles(streets, runs):
        rings = [shapely.get_coordinates(streets.edges[half // 2])[:: -1 if half % 2 else 1] for half in halves]
        shape = shapely.remove_repeated_points(shapely.Polygon(np.concatenate(rings)))
        if not shape.is_valid or not least <= shape.area <= most:
            continue
        named = named_runs(shape, tree, streets.names)
        text = sentence(named)
        if text and len({stem(name) for name, _ in named}) >= 4:
            found[shapely.to_wkb(shapely.normalize(shape))] = Loop(shape, tuple(name for name, _ in named), text)
    return list(found.values())


def _cycles(streets: Streets, runs: int) -> Iterator[tuple[int, ...]]:
    """Walk round; the sides may take a step back, as round an L, but come round once in all."""
    told: set[frozenset[int]] = set()
    for first in range(len(streets.tail)):
        home = streets.tail[first]
        queue = [((way,), way.metres, 0, dict(way.strips)) for way in streets.ways_from(first) if way.side == 0]
        while queue:
            walk, metres, turned, strips = queue.pop()
            used = frozenset().union(*(way.names for way in walk))
            visited = {node for way in walk for node in way.nodes}
            for way in (way for half in walk[-1].turns for way in streets.ways_from(half)):
                step = (way.side - walk[-1].side + 1) % 4 - 1
                back = float(np.hypot(*(streets.place[way.end] - streets.place[home])))
                if (
                    step == 2
                    or not -1 <= turned + step <= 4
                    or metres + way.metres + back > LONGEST
                    or way.names & used
                ):
                    continue
                seen = streets.seen(strips, way.strips)
                if seen is None or not visited.isdisjoint(way.nodes if way.end != home else way.nodes[:-1]):
                    continue
                halves = tuple(half for each in (*walk, way) for half in each.halves)
                if way.end == home:
                    if turned + step + (1 - way.side) % 4 - 1 == 4 and len(walk) > 2 and frozenset(halves) not in told:
                        told.add(frozenset(halves))
                        yield halves
                elif len(walk) + 1 < runs:
                    queue.append(((*walk, way), metres + way.metres, turned + step, seen))


def sentence(runs: list[tuple[str, Any]]) -> str:
    """Give each road to the side to which its stretch looks, in the order of the walk; "" when a side has none."""
    sides = sides_of(runs)
    turns = [(after - before + 1) % 4 - 1 for before, after in zip(sides, sides[1:] + sides[:1], strict=True)]
    if set(sides) != {0, 1, 2, 3} or sum(turns) != 4 or 2 in turns:
        return ""
    starts = [number for number in range(len(runs)) if sides[number] == 0 and sides[number - 1] != 0]

    def steps_back(start: int) -> int:
        levels = np.cumsum([0, *(turns[(start + number) % len(runs)] for number in range(len(runs) - 1))])
        return int(-levels.min() * 10 + levels.max())

    start = min(starts, key=steps_back)
    order = [(start + number) % len(runs) for number in range(len(runs))]
    parts = []
    for side in (0, 3, 2, 1):
        names = [runs[number][0] for number in order if sides[number] == side]
        parts.append(f"{SIDES[side]}至{'、'.join(names[::-1] if side in {0, 1} else names)}")
    return "，".join(parts)
