"""Merge blocks into contiguous regions of about equal weight, along the borders that people see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.demo.town import WayKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.demo.network import Network

JOINS: Mapping[WayKind, float] = {  # how willingly two blocks come together across a way
    WayKind.LANE: 1.0,
    WayKind.WALL: 1.0,
    WayKind.SIDE: 0.75,
    WayKind.CANAL: 0.4,
    WayKind.MAIN: 0.3,
    WayKind.RAILWAY: 0.12,
    WayKind.RIVER: 0.0,
}


@dataclass(frozen=True)
class Neighbours:
    """Pairs of blocks that share a border.

    Parameters
    ----------
    pairs : (P, 2) int64
        Blocks, the lower number first.
    length : (P,) float64
        Metres of shared border.
    strength : (P,) float64
        The same, weighted by what runs along it; 0 where a river does.
    """

    pairs: NDArray[np.int64]
    length: NDArray[np.float64]
    strength: NDArray[np.float64]


def neighbours(network: Network) -> Neighbours:
    """Find the blocks that share a border, and how much."""
    inner = (network.sides >= 0).all(axis=1)
    sides = np.sort(network.sides[inner], axis=1)
    pairs, index = np.unique(sides, axis=0, return_inverse=True)
    joins = np.array([JOINS[way.kind] for way in network.ways])[network.way[inner]]
    lengths = network.lengths[inner]
    index = index.ravel()
    length, strength = (np.bincount(index, values).astype(float) for values in (lengths, lengths * joins))
    return Neighbours(pairs, length, strength)


def components(count: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Find the connected components of `count` nodes; they are numbered in the order of their lowest nodes."""
    label = np.arange(count)
    while True:
        low = np.minimum(label[pairs[:, 0]], label[pairs[:, 1]])
        before = label.copy()
        np.minimum.at(label, pairs[:, 0], low)
        np.minimum.at(label, pairs[:, 1], low)
        label = label[label]
        if (label == before).all():
            return np.unique(label, return_inverse=True)[1]


class _Merge:
    """The state of a merge: which regions are alive, their weights, shapes and shared borders."""

    def __init__(self, near: Neighbours, shapes: NDArray[np.object_], weight: NDArray[np.float64]) -> None:
        self.weight = weight.astype(float).copy()
        self.shapes = shapes.copy()
        self.members: list[list[int]] = [[index] for index in range(len(weight))]
        self.alive = np.ones(len(weight), dtype=bool)
        self.strength: list[dict[int, float]] = [{} for _ in weight]
        for (a, b), strength in zip(near.pairs.tolist(), near.strength, strict=True):
            if strength > 0:
                self.strength[a][b] = self.strength[b][a] = float(strength)

    def best(self, region: int, mean: float) -> int | None:
        """Choose whom a region should join: a long shared border, a compact result, not too heavy."""
        best, choice = 0.0, None
        for other, strength in self.strength[region].items():
            whole = shapely.union(self.shapes[region], self.shapes[other])
            if whole.geom_type != "Polygon":
                continue
            compact = 4 * np.pi * whole.area / whole.exterior.length**2
            heavy = max((self.weight[region] + self.weight[other]) / mean, 1.0)
            shared = strength / min(self.shapes[region].exterior.length, self.shapes[other].exterior.length)
            score = (0.25 + shared) * compact**1.5 / heavy**2
            if _new_hole(whole, self.shapes[region], self.shapes[other]):
                score *= 0.01
            if score > best:
                best, choice = score, other
        return choice

    def join(self, a: int, b: int) -> None:
        """Let region b become part of region a."""
        self.shapes[a] = shapely.union(self.shapes[a], self.shapes[b])
        self.weight[a] += self.weight[b]
        self.members[a] += self.members[b]
        self.alive[b] = False
        for other, strength in self.strength[b].items():
            del self.strength[other][b]
            if other != a:
                self.strength[a][other] = self.strength[other][a] = self.strength[a].get(other, 0.0) + strength
        self.strength[b] = {}


def _new_hole(whole: shapely.Polygon, *parts: shapely.Polygon) -> bool:
    return len(whole.interiors) > sum(len(part.interiors) for part in parts)


def merge(near: Neighbours, shapes: NDArray[np.object_], weight: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Merge pieces of land until `count` regions are left, the lightest first.

    Parameters
    ----------
    near : Neighbours
    shapes : (N,) object array of Polygon
    weight : (N,) float64
    count : int

    Returns
    -------
    (N,) int64
        The region of each piece, numbered from 0.
    """
    state = _Merge(near, shapes, weight)
    mean = float(weight.sum()) / count
    stuck: set[int] = set()
    while state.alive.sum() > count:
        waiting = [int(r) for r in np.flatnonzero(state.alive) if r not in stuck]
        region = min(waiting, key=lambda r: (state.weight[r], r))
        other = state.best(region, mean)
        if other is None:
            stuck.add(region)
            continue
        state.join(other, region)
        stuck.discard(other)
    labels = np.empty(len(weight), dtype=np.int64)
    for number, region in enumerate(np.flatnonzero(state.alive).tolist()):
        labels[state.members[region]] = number
    return labels


def dissolve(blocks: NDArray[np.object_], labels: NDArray[np.int64], count: int) -> NDArray[np.object_]:
    """Unite the blocks of each region, keeping all nodes of their borders."""
    made = np.empty(count, dtype=object)
    for label in range(count):
        made[label] = shapely.coverage_union_all(blocks[labels == label])
    return made
