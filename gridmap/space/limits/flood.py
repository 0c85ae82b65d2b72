"""Second way to a polygon: the faces of the whole network that lie within the named features.

Independent of the walk along the features: points whose nearest named feature to the east is one of the eastern
side, and so on, are surely inside; the land floods out from them as far as the named features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.values import Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from gridmap.space.limits.features import Features

DIRECTIONS = {
    Side.EAST: (1.0, 0.0),
    Side.NORTHEAST: (0.5**0.5, 0.5**0.5),
    Side.NORTH: (0.0, 1.0),
    Side.NORTHWEST: (-(0.5**0.5), 0.5**0.5),
    Side.WEST: (-1.0, 0.0),
    Side.SOUTHWEST: (-(0.5**0.5), -(0.5**0.5)),
    Side.SOUTH: (0.0, -1.0),
    Side.SOUTHEAST: (0.5**0.5, -(0.5**0.5)),
}
_ACROSS = 14  # points that are tried in each direction
_FEW = 1500  # faces that are judged one by one where the land runs out through a gap
_LARGEST = 3  # pieces of land that are offered
_SURE = 3  # sides that have to be right


def enclosed(features: Features, sides: Mapping[Side, NDArray[np.int64]], box: tuple[float, ...]) -> list[Any]:
    """Find the land that lies within the features of its sides.

    Parameters
    ----------
    features : Features
    sides : mapping of Side to array of int64
        Edges of the features of each side.
    box : tuple of float
        West, south, east, north: where the features meet.

    Returns
    -------
    list of Polygon
        Without holes, the likeliest first; none when the features enclose nothing.
    """
    west, south, east, north = box
    steps = (np.arange(_ACROSS) + 0.5) / _ACROSS
    points = np.array([(west + (east - west) * x, south + (north - south) * y) for x in steps for y in steps])
    votes = _votes(features, sides, points, box)
    needed = min(_SURE, len(sides))
    best = votes.max(initial=0)
    if best < needed:
        return []
    faces = features.faces
    point, face = faces.tree.query(shapely.points(points), predicate="intersects")
    barrier = np.zeros(len(features.network.edges), dtype=bool)
    for edges in sides.values():
        barrier[edges] = True
    margin = max(east - west, north - south)
    reach = (west - margin, south - margin, east + margin, north + margin)
    seeds = {int(f): int(votes[p]) for p, f in zip(point, face, strict=True) if votes[p] >= needed}
    return _lands(features, barrier, seeds, sides, reach)


def _lands(
    features: Features,
    barrier: NDArray[np.bool_],
    seeds: Mapping[int, int],
    sides: Mapping[Side, NDArray[np.int64]],
    reach: tuple[float, float, float, float],
) -> list[Any]:
    lands: list[tuple[int, set[int]]] = []
    allowed: set[int] | None = None
    for seed in sorted(seeds, key=lambda face: -seeds[face]):
        if any(seed in land for _, land in lands):
            continue
        land = _flood(features, barrier, [seed], reach)
        if land is None:
            allowed = _mostly_right(features, sides, reach) if allowed is None else allowed
            land = _held(features, barrier, seed, allowed)
        if land:
            lands.append((sum(seeds.get(face, 0) for face in land), land))
    lands.sort(key=lambda each: -each[0])
    shapes = [_joined(features, land) for _, land in lands[:_LARGEST]]
    if len(lands) > 1:
        shapes.append(_joined(features, set().union(*(land for _, land in lands))))
    return [shape for shape in shapes if shape is not None]


def _votes(
    features: Features, sides: Mapping[Side, NDArray[np.int64]], points: NDArray[np.float64], box: tuple[float, ...]
) -> NDArray[np.int64]:
    """Count for each point on how many sides the nearest named feature is the right one."""
    named = np.unique(np.concatenate(list(sides.values())))
    shapes = features.network.edges[named]
    tree = shapely.STRtree(shapes)
    length = 2 * max(box[2] - box[0], box[3] - box[1], 1.0)
    votes = np.zeros(len(points), dtype=np.int64)
    starts = np.asarray(shapely.points(points), dtype=object)
    for side, edges in sides.items():
        stops = points + np.array(DIRECTIONS[side]) * length
        rays = np.asarray(shapely.linestrings(np.stack([points, stops], axis=1)), dtype=object)
        ray, edge = tree.query(rays, predicate="intersects")
        metres = shapely.distance(starts[ray], shapely.intersection(rays[ray], shapes[edge]))
        order = np.lexsort((metres, ray))
        first = order[np.concatenate([[True], np.diff(ray[order]) != 0])] if len(order) else order
        right = np.isin(named[edge[first]], edges)
        votes[ray[first][right]] += 1
    return votes


def _flood(
    features: Features, barrier: NDArray[np.bool_], seeds: Iterable[int], reach: tuple[float, float, float, float]
) -> set[int] | None:
    """Spread over faces as far as the barrier; None when the land runs out of reach."""
    faces = features.faces
    land = set(seeds)
    queue = list(land)
    west, south, east, north = reach
    bounds = shapely.bounds(faces.shapes[queue])
    while queue:
        face = queue.pop()
        edges = faces.around[faces.first[face] : faces.first[face + 1]]
        open_ = edges[~barrier[edges]]
        for other in np.unique(faces.beside[open_]):
            if other in land:
                continue
            if other < 0:
                return None
            bounds = shapely.bounds(faces.shapes[other])
            if bounds[0] < west or bounds[1] < south or bounds[2] > east or bounds[3] > north:
                return None
            land.add(int(other))
            queue.append(int(other))
    return land


def _mostly_right(
    features: Features, sides: Mapping[Side, NDArray[np.int64]], reach: tuple[float, float, float, float]
) -> set[int]:
    """Return the faces of which most sides are right."""
    faces = features.faces
    inner = np.unique(faces.tree.query(shapely.box(*reach), predicate="contains"))
    if len(inner) > _FEW or not len(inner):
        return set()
    points = shapely.get_coordinates(shapely.point_on_surface(faces.shapes[inner]))
    votes = _votes(features, sides, points, reach)
    return set(inner[votes >= min(_SURE, len(sides))].tolist())


def _held(features: Features, barrier: NDArray[np.bool_], seed: int, allowed: set[int]) -> set[int]:
    """Spread only over some faces: for land that runs out through a gap."""
    if seed not in allowed:
        return set()
    faces = features.faces
    land, queue = {seed}, [seed]
    while queue:
        face = queue.pop()
        edges = faces.around[faces.first[face] : faces.first[face + 1]]
        for other in np.unique(faces.beside[edges[~barrier[edges]]]).tolist():
            if other in allowed and other not in land:
                land.add(other)
                queue.append(other)
    return land


def _joined(features: Features, land: set[int]) -> Any:
    """Return the largest piece, its holes filled."""
    parts = shapely.get_parts(shapely.unary_union(features.faces.shapes[sorted(land)]))
    if not len(parts):
        return None
    largest = parts[np.argmax(shapely.area(parts))]
    return shapely.Polygon(largest.exterior)
