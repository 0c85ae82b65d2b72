"""Third way to a polygon: of the pieces that the named features alone divide, those that together fit the words best.

It follows no order, so the sides may take turns, as round land with a step in it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.flood import DIRECTIONS
from gridmap.space.limits.network import build_faces
from gridmap.space.limits.variants import WIDEST_ROAD, width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.evidence import Named
    from gridmap.space.limits.features import Features

_MOST = 80  # pieces of land among which is sought
_TRIED = 1500  # unions that are looked at
_OFFERED = 6
_LEAST = 10.0  # metres of a feature on the border
_UNUSED = -0.5  # what a feature that is not on the border counts
_HELD = 0.75  # of the border of a strip between carriageways: it belongs to the land on both its sides
_LYING = 0.5  # where border lies, against where it looks
_COMPACT = 0.1


@dataclass(frozen=True)
class _Pieces:
    """Pieces of land, and the edges between them; the last piece stands for all the rest."""

    shapes: NDArray[Any]
    area: NDArray[np.float64]
    centre: NDArray[np.float64]
    around: NDArray[np.float64]
    thin: NDArray[np.bool_]
    beside: NDArray[np.int64]
    length: NDArray[np.float64]
    outward: NDArray[np.float64]
    middle: NDArray[np.float64]
    on: NDArray[np.bool_]
    wanted: NDArray[np.float64]

    @staticmethod
    def of(named: Sequence[Named], features: Features) -> _Pieces:
        """Divide the plane by the features of a text."""
        numbers = np.unique(np.concatenate([each.edges for each in named]))
        edges = features.network.edges[numbers]
        faces = build_faces(edges)
        start, stop = (shapely.get_coordinates(shapely.get_point(edges, place)) for place in (0, -1))
        along = stop - start
        own = faces.beside[:, 0] != faces.beside[:, 1]
        length = shapely.length(edges)
        around = np.bincount(faces.beside.ravel() + 1, np.repeat(length, 2), len(faces.shapes) + 1)
        return _Pieces(
            faces.shapes,
            np.append(shapely.area(faces.shapes), 0.0),
            shapely.get_coordinates(shapely.centroid(faces.shapes)),
            np.append(around[1:], 1.0),
            np.append(width(faces.shapes) <= WIDEST_ROAD, False),
            faces.beside[own],
            length[own],
            np.column_stack((along[:, 1], -along[:, 0]))[own],
            shapely.get_coordinates(shapely.centroid(edges))[own],
            np.array([np.isin(numbers, each.edges)[own] for each in named]),
            np.array([DIRECTIONS[each.side] for each in named if each.side is not None]),
        )

    def near(self) -> list[set[int]]:
        """Give the neighbours of each piece; of land on either side of a strip too."""
        found: list[set[int]] = [set() for _ in self.shapes]
        for one, two in self.beside.tolist():
            if one >= 0 and two >= 0:
                found[one].add(two)
                found[two].add(one)
        return [
            {far for other in own for far in (found[other] if self.thin[other] else (other,)) if not self.thin[far]}
            - {at}
            for at, own in enumerate(found)
        ]

    def closed(self, land: Iterable[int]) -> NDArray[np.bool_]:
        """Return which pieces belong to some land, with the strips that it has on both sides."""
        mask = np.zeros(len(self.area), dtype=np.bool_)
        mask[list(land)] = True
        if not self.thin.any():
            return mask
        for _ in range(2):
            held = np.zeros(len(self.area))
            for one, two in ((0, 1), (1, 0)):
                inside = mask[self.beside[:, two]]
                np.add.at(held, self.beside[inside, one], self.length[inside])
            mask |= self.thin & (held > _HELD * self.around)
            mask[-1] = False
        return mask

    def fit(self, land: Iterable[int]) -> float:
        """Tell how well some land fits the words; 1 is best."""
        mask = self.closed(land)
        sign = mask[self.beside[:, 0]].astype(np.float64) - mask[self.beside[:, 1]]
        border = np.flatnonzero(sign)
        length = self.length[border]
        area = self.area[mask]
        centre = (area[:, None] * self.centre[mask[:-1]]).sum(axis=0) / area.sum()
        looks = sign[border, None] * self.outward[border]
        lies = _units(self.middle[border] - centre)
        values = np.where(self.on[:, border], self.wanted @ (looks + _LYING * lies).T, -np.inf)
        mine = (values >= values.max(axis=0) - 1e-9) & self.on[:, border]
        metres = mine @ length
        towards = _units(_units(mine @ looks) + _units(mine @ (length[:, None] * lies)))
        right = (towards * self.wanted).sum(axis=1)
        compact = 4 * np.pi * area.sum() / length.sum() ** 2
        return float(np.mean(np.where(metres >= _LEAST, right, _UNUSED)) + _COMPACT * compact)


def unions(named: Sequence[Named], features: Features, begin: Sequence[Any]) -> list[Any]:
    """Find land of pieces between the features that has each of them on its side.

    Parameters
    ----------
    named : sequence of Named
        All with a side.
    features : Features
    begin : sequence of Polygon
        Where to begin, beside every single piece: what the other ways found.

    Returns
    -------
    list of Polygon
        Without holes, the best first.
    """
    pieces = _Pieces.of(named, features)
    blocks = np.flatnonzero(~pieces.thin[:-1])
    if not 0 < len(blocks) <= _MOST:
        return []
    near = pieces.near()
    points = shapely.point_on_surface(pieces.shapes[blocks])
    starts = [frozenset([each]) for each in blocks.tolist()]
    starts += [frozenset(blocks[shapely.contains(shape, points)].tolist()) for shape in begin]
    tried: dict[frozenset[int], float] = {}
    queue: list[tuple[float, int, frozenset[int]]] = []

    def look(land: frozenset[int]) -> None:
        if land and land not in tried and len(tried) < _TRIED:
            tried[land] = pieces.fit(land)
            heapq.heappush(queue, (-tried[land], len(tried), land))

    for land in starts:
        look(land)
    while queue and len(tried) < _TRIED:
        land = heapq.heappop(queue)[2]
        for other in set().union(*(near[each] for each in land)) - land:
            look(land | {other})
        for other in land:
            if _connected(land - {other}, near):
                look(land - {other})
    best = sorted(tried, key=lambda land: -tried[land])[: 2 * _OFFERED]
    shapes = [_whole(pieces, land) for land in best]
    return [shape for shape in shapes if shape is not None][:_OFFERED]


def _connected(land: frozenset[int], near: list[set[int]]) -> bool:
    if not land:
        return False
    start = next(iter(land))
    seen, queue = {start}, [start]
    while queue:
        for other in near[queue.pop()] & land - seen:
            seen.add(other)
            queue.append(other)
    return len(seen) == len(land)


def _whole(pieces: _Pieces, land: frozenset[int]) -> Any:
    joined: Any = shapely.unary_union(pieces.shapes[pieces.closed(land)[:-1]])
    return shapely.Polygon(joined.exterior) if joined.geom_type == "Polygon" else None


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = vectors / np.maximum(np.hypot(vectors[:, 0], vectors[:, 1]), 1e-9)[:, None]
    return found
