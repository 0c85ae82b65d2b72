"""Rectangles on a lot: rows of houses along its sides, and fronts along its streets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import Polygon

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rows:
    """How rows of houses stand: sizes in metres.

    Parameters
    ----------
    depth : float
        Of a house, across its row.
    pitch : float
        From row to row.
    unit : float
        Length of one stairwell.
    units : tuple of int
        How many stairwells a house may have.
    gap : float
        Between two houses of a row.
    """

    depth: float
    pitch: float
    unit: float
    units: tuple[int, ...]
    gap: float


def rectangles(boxes: NDArray[np.float64]) -> NDArray[np.object_]:
    """Draw (N, 5) boxes of centre x, centre y, angle, length, depth as polygons on the 1 mm grid."""
    x, y, angle, length, depth = boxes.T
    along = np.column_stack((np.cos(angle), np.sin(angle))) * length[:, None] / 2
    across = np.column_stack((-np.sin(angle), np.cos(angle))) * depth[:, None] / 2
    centre = np.column_stack((x, y))
    corners = np.stack(
        (centre - along - across, centre + along - across, centre + along + across, centre - along + across), axis=1
    )
    return np.asarray(shapely.polygons(corners.round(3)), dtype=object)


def south_facing(lot: Polygon) -> float:
    """Give the direction of the side of a lot that runs most nearly east and west."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(lot))
    along = corners[1] - corners[0]
    angle = float(np.arctan2(along[1], along[0]))
    quarter = np.pi / 2
    return angle - quarter * round(angle / quarter)


def _free(area: Polygon, low: float, depth: float) -> list[tuple[float, float]]:
    """Find where a band of that depth lies inside an area, as intervals of x."""
    left, _, right, _ = area.bounds
    lines = shapely.linestrings([[(left, y), (right, y)] for y in (low, low + depth / 2, low + depth)])
    intervals = None
    for parts in (shapely.get_parts(cut) for cut in shapely.intersection(lines, area)):
        here = [(part.bounds[0], part.bounds[2]) for part in parts if part.length > 8.0]
        intervals = (
            here
            if intervals is None
            else [(max(a, c), min(b, d)) for a, b in intervals for c, d in here if min(b, d) - max(a, c) > 8.0]
        )
    return intervals or []


def rows(rng: np.random.Generator, area: Polygon, angle: float, plan: Rows) -> NDArray[np.float64]:
    """Fill an area with rows of houses.

    Returns
    -------
    (N, 6) float64
        Centre x, centre y, angle, length, depth, stairwells.
    """
    if area.is_empty:
        return np.empty((0, 6))
    origin = area.centroid
    level = shapely.affinity.rotate(area, -angle, origin=origin, use_radians=True)
    _, bottom, _, top = level.bounds
    spare = (top - bottom - plan.depth) % plan.pitch
    made = []
    for low in np.arange(bottom + spare * 0.5, top - plan.depth + 0.1, plan.pitch):
        for begin, end in _free(level, float(low), plan.depth):
            made += _fill(rng, begin, end, float(low), plan)
    if not made:
        return np.empty((0, 6))
    x, y, length, units = np.array(made).T
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    xy = np.column_stack((x - origin.x, y - origin.y)) @ turn + (origin.x, origin.y)
    boxes = np.column_stack((xy, np.full(len(x), angle), length, np.full(len(x), plan.depth), units))
    return boxes[shapely.covers(area, rectangles(boxes[:, :5]))]


def _fill(rng: np.random.Generator, begin: float, end: float, low: float, plan: Rows) -> list[tuple[float, ...]]:
    houses = []
    room = end - begin
    while room >= plan.units[0] * plan.unit:
        fitting = [count for count in plan.units if count * plan.unit <= room]
        count = int(rng.choice(fitting))
        houses.append(count)
        room -= count * plan.unit + plan.gap
    if not houses:
        return []
    spare = (end - begin - sum(houses) * plan.unit - (len(houses) - 1) * plan.gap) / len(houses)
    made: list[tuple[float, ...]] = []
    x = begin + spare / 2
    for count in houses:
        length = count * plan.unit
        made.append((x + length / 2, low + plan.depth / 2, length, float(count)))
        x += length + plan.gap + spare
    return made


def fronts(
    rng: np.random.Generator, path: shapely.LineString, lot: Polygon, depth: float, share: float
) -> NDArray[np.float64]:
    """Set houses along a path with their fronts to the street, `share` of them; the lot lies to the path's left.

    Returns
    -------
    (N, 5) float64
        Centre x, centre y, angle, length, depth.
    """
    made, at = [], float(rng.uniform(6.0, 16.0))
    while at < path.length - 20.0:
        length = float(rng.uniform(18.0, 44.0))
        if rng.uniform() < share and at + length < path.length - 6.0:
            begin, end = path.interpolate(at), path.interpolate(at + length)
            middle = path.interpolate(at + length / 2)
            angle = np.arctan2(end.y - begin.y, end.x - begin.x)
            aside = np.array([-np.sin(angle), np.cos(angle)]) * (depth / 2)
            made.append((middle.x + aside[0], middle.y + aside[1], angle, length, depth))
        at += length + float(rng.choice([1.0, 6.0, 9.0]))
    boxes = np.array(made).reshape(-1, 5)
    return boxes[shapely.covers(lot.buffer(1.0), rectangles(boxes))]
