"""Points -> polygon numbers, exact and fast.

A few points go through a tree of bounding boxes; many points go through a label raster (`raster.py`) whose fineness
is chosen from the number of points and edges. Both give the same answers: those of shapely's `intersects`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import GeometryType, STRtree

from gridmap.errors import BadInput, GeometryRefused
from gridmap.space.raster import Edges, Raster, build

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from gridmap.space.raster import Floats, Geometries, Ints

_FARTHEST = 1e12  # metres; no plane is larger
_FEW = 1000  # points; below that nothing is worth preparing
_BITS = range(5, 13)
_MOST_PAIRS = 3e6  # of a polygon and a cell that its edges touch: some 200 MB while a raster is made

# Nanoseconds on a server's core, to choose the way; they never touch the answer.
_TREE_POINT = 1500
_RASTER_CELL = 3
_RASTER_PAIR = 200
_RASTER_POINT = 30
_RASTER_TEST = 350


@dataclass(frozen=True)
class _Effort:
    """Estimates what a raster costs: `crossings` cells per column of it are crossed by edges."""

    crossings: float
    polygons: int

    @staticmethod
    def of(edges: Edges) -> _Effort:
        """Add up the lengths of the edges along both axes, in sizes of the bounding box."""
        crossings = 0.0
        for start, end in zip(edges.start.T, edges.end.T, strict=True):
            crossings += float(np.abs(end - start).sum()) / max(float(np.ptp(start)), 1e-9) if len(start) else 0.0
        return _Effort(crossings, int(edges.owner.max(initial=-1)) + 1)

    def pairs(self, bits: int) -> float:
        """How many pairs of a polygon and a cell that its edges touch."""
        return float(1 << bits) * self.crossings + 4 * self.polygons

    def build(self, bits: int) -> float:
        """Cost of making the raster."""
        return _RASTER_CELL * float(1 << 2 * bits) + _RASTER_PAIR * self.pairs(bits)

    def point(self, bits: int) -> float:
        """Cost of a point: the chance of a doubtful cell (an edge has two sides) times half of its candidates."""
        crowd = self.pairs(bits) / (1 << 2 * bits)
        return _RASTER_POINT + _RASTER_TEST * (min(1.0, crowd / 2) + crowd) / 2


class Locator:
    """Finds the polygon of each point; answers equal shapely's `intersects` on every point.

    Nothing is built before the first points come. Several threads may use one locator.

    Parameters
    ----------
    polygons : array_like of object (P,)
        Polygons and multipolygons in the plane, metres; they may overlap. None and empty ones are never found.
        They should be valid: of an invalid one the answer of GEOS's prepared polygon is given, whatever it is.

    Raises
    ------
    GeometryRefused
        A geometry that is no polygon, or has coordinates that are not finite.
    """

    def __init__(self, polygons: ArrayLike) -> None:
        self.polygons = _checked(polygons)
        self._raster: Raster | None = None
        self._lock = Lock()  # GEOS changes prepared geometries while it asks them, and crashes when two threads do

    def locate(self, xy: ArrayLike) -> Ints:
        """Find the polygon of each point.

        Parameters
        ----------
        xy : float64 array (N, 2)
            Points in the polygons' plane, metres.

        Returns
        -------
        int64 array (N,)
            Index of the polygon that has the point inside or on its border, the lowest where several have it;
            -1 outside.

        Raises
        ------
        BadInput
            Not of shape (N, 2), or a coordinate is NaN or infinite.
        """
        points = np.asarray(xy, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 2:
            raise BadInput(f"points must be an array of shape (N, 2), not {points.shape}", shape=points.shape)
        if not np.isfinite(points).all():
            row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
            raise BadInput(f"point {row} has a coordinate that is NaN or infinite: leave such points out", row=row)
        with self._lock:
            raster = self._raster_for(len(points))
            return self._by_tree(points) if raster is None else raster.locate(points)

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(self.polygons)

    @cached_property
    def _edges(self) -> tuple[Edges, _Effort]:
        edges = Edges.of(self.polygons)
        return edges, _Effort.of(edges)

    def _raster_for(self, count: int) -> Raster | None:
        """Return a raster that is worth its making for this many points; None while the tree is cheaper."""
        if count < _FEW:
            return self._raster
        edges, effort = self._edges
        if not len(edges.owner):
            return None
        now = _TREE_POINT if self._raster is None else effort.point(self._raster.bits)
        costs = {
            bits: effort.build(bits) + count * effort.point(bits)
            for bits in _BITS
            if bits == _BITS[0] or effort.pairs(bits) <= _MOST_PAIRS
        }
        best = min(costs, key=costs.__getitem__)
        if costs[best] < count * now:
            self._raster = build(self.polygons, edges, best)
        return self._raster

    def _by_tree(self, points: Floats) -> Ints:
        point, polygon = self._tree.query(shapely.points(points))
        hit = shapely.intersects_xy(self.polygons[polygon], points[point, 0], points[point, 1])
        nobody = len(self.polygons)
        found = np.full(len(points), nobody, dtype=np.int64)
        np.minimum.at(found, point[hit], polygon[hit])
        found[found == nobody] = -1
        return found


def _checked(polygons: ArrayLike) -> Geometries:
    """Make our own prepared polygons (the caller's may be in use elsewhere), refusing what has no inside."""
    found: Geometries = np.array(polygons, dtype=object).reshape(-1)
    flat = shapely.is_empty(found) | shapely.is_missing(found)
    kinds = shapely.get_type_id(found)
    wrong = np.flatnonzero(~flat & ~np.isin(kinds, [GeometryType.POLYGON, GeometryType.MULTIPOLYGON]))
    if wrong.size:
        index = int(wrong[0])
        raise GeometryRefused(
            f"geometry {index} is a {found[index].geom_type}: points can only be located in polygons", index=index
        )
    xy, index_of = shapely.get_coordinates(found, return_index=True)
    far = ~(np.abs(xy) <= _FARTHEST).all(axis=1)
    if far.any():
        index = int(index_of[far][0])
        raise GeometryRefused(
            f"polygon {index} has coordinates that are not finite or beyond any plane: metres are expected",
            index=index,
        )
    found[flat] = None
    own: Geometries = shapely.force_2d(found)
    shapely.prepare(own)
    return own
