"""The middle of a river that is drawn as a polygon."""

from __future__ import annotations

import heapq
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely import LineString

_LONG = 3.0  # lengths to widths from which water is a river and not a lake
_STEP = 0.35  # of the width: how densely the banks are sampled
_FULL = 0.9  # of the median distance to the banks: where it is less, a line has left the middle
_CORNER = 1.5  # widths that are looked at from either end
_SMOOTH = 0.04  # of the width


def is_river(water: Any) -> bool:
    """Tell a river, which has a middle, from a lake, which has banks."""
    length, width = water.length / 2, 2 * water.area / max(water.length, 1e-9)
    return bool(length > _LONG * 2 * width)


def centre_line(water: Any) -> LineString:
    """Return the longest way through the middle of a polygon, from the Voronoi edges of its banks.

    Parameters
    ----------
    water : Polygon

    Returns
    -------
    LineString
        Smoothed to 4 % of the mean width; it ends short of the polygon's ends.
    """
    width = 2 * water.area / water.length
    banks = shapely.segmentize(shapely.boundary(water), max(width * _STEP, 1.0))
    cells = shapely.voronoi_polygons(shapely.multipoints(shapely.get_coordinates(banks)), only_edges=True)
    edges = shapely.get_parts(cells)
    edges = edges[shapely.contains_properly(water, edges)]
    line = _longest(edges)
    smooth: LineString = shapely.simplify(_without_corners(line, shapely.boundary(water), width), width * _SMOOTH)
    return smooth


def _without_corners(line: LineString, banks: Any, width: float) -> LineString:
    """Take off the ends where the middle runs into a corner of the polygon."""
    points = shapely.get_coordinates(line)
    radius = shapely.distance(shapely.points(points), banks)
    kept = [0, len(points) - 1]
    for end, step in ((0, 1), (1, -1)):
        gone = 0.0
        while radius[kept[end]] < _FULL * np.median(radius) and gone < _CORNER * width and kept[1] - kept[0] > 1:
            gone += float(np.hypot(*(points[kept[end]] - points[kept[end] + step])))
            kept[end] += step
    return shapely.LineString(points[kept[0] : kept[1] + 1])


def _longest(edges: Any) -> LineString:
    start = shapely.get_coordinates(shapely.get_point(edges, 0))
    stop = shapely.get_coordinates(shapely.get_point(edges, -1))
    keys, inverse = np.unique(np.round(np.concatenate([start, stop]), 3), axis=0, return_inverse=True)
    ends = inverse.reshape(2, -1).T
    lengths = shapely.length(edges)
    near: dict[int, list[tuple[int, float]]] = {}
    for (one, two), length in zip(ends.tolist(), lengths.tolist(), strict=True):
        near.setdefault(one, []).append((two, length))
        near.setdefault(two, []).append((one, length))
    best: tuple[float, list[int]] = (0.0, [])
    seen: set[int] = set()
    for node in near:
        if node not in seen:
            far, reached, _ = _farthest(near, node)
            seen |= reached
            _, _, way = _farthest(near, far)
            length = sum(float(np.hypot(*(keys[b] - keys[a]))) for a, b in pairwise(way))
            best = max(best, (length, way))
    return shapely.LineString(keys[best[1]])


def _farthest(near: dict[int, list[tuple[int, float]]], start: int) -> tuple[int, set[int], list[int]]:
    """Return the node farthest from another, all that are reached, and the way."""
    before: dict[int, int] = {}
    done: dict[int, float] = {}
    queue = [(0.0, start, start)]
    last = start
    while queue:
        cost, node, previous = heapq.heappop(queue)
        if node in done:
            continue
        done[node], before[node], last = cost, previous, node
        for other, length in near[node]:
            if other not in done:
                heapq.heappush(queue, (cost + length, other, node))
    way = [last]
    while way[-1] != start:
        way.append(before[way[-1]])
    return last, set(done), way
