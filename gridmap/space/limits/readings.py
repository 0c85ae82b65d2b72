"""The polygons to choose from: the best, its rivals, and the same land as far as the far carriageways of its roads.

「东至联民路」 does not say which carriageway is meant. The answer is the near one; a person may choose the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.network import GRID
from gridmap.space.limits.variants import WIDEST_ROAD, agreement, width
from gridmap.space.limits.verdict import Candidate, Status, candidates_of, faults_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.evidence import Named
    from gridmap.space.limits.features import Features
    from gridmap.space.limits.solve import Solution
    from gridmap.space.limits.values import Side

MOST = 6  # nobody compares more
_RIVALS = 2  # that come before the far carriageways
_SAME = 0.99  # agreement from which two polygons are not told apart
_OF_THE_ROAD = 0.6  # of the border of a strip: it lies between the carriageways of one road
_CORNER = 0.45  # of the border of a piece on the land: it lies where two strips meet
_TOUCH = 0.01  # metres


@dataclass(frozen=True)
class Reading:
    """A polygon that somebody may choose.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
    candidate : Candidate
        What was measured of it.
    far : tuple of Side
        The sides on which it reaches to the far carriageway.
    """

    shape: Any
    candidate: Candidate
    far: tuple[Side, ...] = ()


def readings(solution: Solution, features: Features, most: int = MOST) -> list[Reading]:
    """Return what there is to choose from, the best first; nothing where nothing was answered."""
    if solution.shape is None or solution.best is None:
        return []
    named = list(solution.features)
    far = _far(solution.best.shape, named, features)
    others = [
        Reading(each.shape, each, _far_on(each, far)) for each in solution.candidates[1:] if not faults_of(each, named)
    ]
    rivals = others[:_RIVALS] if solution.status is Status.AMBIGUOUS else []
    found = [Reading(solution.shape, solution.best)]
    for each in (*rivals, *far[:1], *others[:1], *far[1:], *others):
        if all(agreement(each.shape, other.shape) < _SAME for other in found):
            found.append(each)
    return found[:most]


def _far_on(rival: Candidate, far: Sequence[Reading]) -> tuple[Side, ...]:
    """Return on which sides a rival is but the land as far as the far carriageways."""
    return next((each.far for each in far if agreement(each.shape, rival.shape) >= _SAME), ())


def _far(shape: Any, named: list[Named], features: Features) -> list[Reading]:
    """Reach to the far carriageways on all sides at once, and on each."""
    strips = _strips(shape, named, features)
    ways = [tuple(strips), *((side,) for side in strips)] if len(strips) > 1 else [tuple(strips)] * len(strips)
    found = []
    for sides in ways:
        land = _reaching(shape, np.concatenate([strips[side] for side in sides]), named, features)
        found += [Reading(land, each, sides) for each in candidates_of([("far", land)], named, None)]
    return found


def _strips(shape: Any, named: Sequence[Named], features: Features) -> dict[Side, NDArray[np.int64]]:
    """Find the faces outside some land, between the carriageways of the roads that bound it, side by side."""
    network, faces = features.network, features.faces
    border = shapely.boundary(shape)
    sides = [side for side in dict.fromkeys(each.side for each in named) if side is not None]
    of_side = [np.concatenate([each.edges for each in named if each.side is side]) for side in sides]
    found: dict[Side, list[int]] = {}
    for face in _thin_beyond(shape, features):
        edges = faces.around[faces.first[face] : faces.first[face + 1]]
        along = edges[_on(border, network.edges[edges])]
        shares = [
            float(network.lengths[edges[np.isin(edges, own)]].sum()) if np.isin(along, own).any() else 0.0
            for own in of_side
        ]
        best = int(np.argmax(shares)) if shares else 0
        if shares and shares[best] >= _OF_THE_ROAD * network.lengths[edges].sum():
            found.setdefault(sides[best], []).append(face)
    return {side: np.array(found[side], dtype=np.int64) for side in sides if side in found}


def _reaching(shape: Any, strips: NDArray[np.int64], named: Sequence[Named], features: Features) -> Any:
    """Add strips to some land, and the corners where two of them meet."""
    network, faces = features.network, features.faces
    land = _joined(shape, faces.shapes[strips])
    own = np.concatenate([each.edges for each in named])
    border = shapely.boundary(land)
    corners = []
    for face in _thin_beyond(land, features):
        edges = faces.around[faces.first[face] : faces.first[face + 1]]
        on = network.lengths[edges[_on(border, network.edges[edges])]].sum()
        if on >= _CORNER * network.lengths[edges].sum() and np.isin(edges, own).all():
            corners.append(face)
    return _joined(land, faces.shapes[corners])


def _joined(land: Any, pieces: NDArray[Any]) -> Any:
    """Join pieces to some land: the largest polygon, its holes filled."""
    parts = shapely.get_parts(shapely.union_all([land, *pieces], grid_size=GRID))
    return shapely.Polygon(parts[np.argmax(shapely.area(parts))].exterior)


def _thin_beyond(land: Any, features: Features) -> list[int]:
    """Return the faces beside some land, outside it, that are no wider than a road."""
    faces = features.faces
    near = np.unique(faces.tree.query(shapely.boundary(land), predicate="intersects"))
    near = near[width(faces.shapes[near]) <= WIDEST_ROAD]
    shapely.prepare(land)
    outside = ~shapely.contains(land, shapely.point_on_surface(faces.shapes[near]))
    found: list[int] = near[outside].tolist()
    return found


def _on(border: Any, edges: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which edges lie on a border."""
    on: NDArray[np.bool_] = shapely.dwithin(border, shapely.line_interpolate_point(edges, 0.5, normalized=True), _TOUCH)
    return on
