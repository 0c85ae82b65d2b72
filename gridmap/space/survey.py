"""What GEOS says about a layer, asked once: judgements and lists of problems are read from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.measure import HAIRLINE, NOISE_AREA, ToMetres, array_of, holes_of, is_wider, metres, polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely import Geometry


@dataclass(frozen=True)
class Judgement:
    """The figures of a layer.

    `valid` is the verdict of a coverage: every polygon is valid, none overlap, edges match, and no gap is narrower
    than the gap width asked for. Holes do not make it invalid, since a lake is one; `wide_` counts those that are
    wider than a hairline. Areas in m².
    """

    valid: bool
    features: int
    invalid: int
    bad_edge_features: int
    bad_edge_parts: int
    overlaps: int
    overlap_area: float
    wide_overlaps: int
    wide_overlap_area: float
    holes: int
    hole_area: float
    wide_holes: int
    wide_hole_area: float


@dataclass(frozen=True)
class Overlaps:
    """Pairs of polygons that have land in common: `first[i]` < `second[i]` and what they share."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shapes: NDArray[Any]


@dataclass(frozen=True)
class Survey:
    """A layer under one gap width.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
    gap_width : float
        In the units of the layer.
    to_metres : callable
        The measure for pieces.
    invalid : array of bool
    usable : array of Polygon or MultiPolygon
        The polygons, the invalid ones by the land that their rings enclose, so that overlay accepts them.
    edges : array of MultiLineString
        Edges of each polygon that do not match; empty where they do.
    land : Geometry
        The union.
    overlaps : Overlaps
    holes : array of Polygon
        Of the land, without arithmetic noise.
    """

    polygons: NDArray[Any]
    gap_width: float
    to_metres: ToMetres
    invalid: NDArray[np.bool_]
    usable: NDArray[Any]
    edges: NDArray[Any]
    land: Geometry
    overlaps: Overlaps
    holes: NDArray[Any]

    @property
    def bad(self) -> NDArray[np.int64]:
        """Indices of the polygons with bad edges."""
        return np.flatnonzero(~shapely.is_empty(self.edges))

    def with_gap_width(self, gap_width: float) -> Survey:
        """Ask again for edges only: overlaps and holes do not depend on the gap width."""
        return replace(self, gap_width=gap_width, edges=_bad_edges(self.polygons, gap_width))

    def judgement(self) -> Judgement:
        """Sum up."""
        overlaps, holes = self.to_metres(self.overlaps.shapes), self.to_metres(self.holes)
        wide_overlaps, wide_holes = overlaps[is_wider(overlaps, HAIRLINE)], holes[is_wider(holes, HAIRLINE)]
        bad = self.bad
        return Judgement(
            valid=not (len(bad) or self.invalid.any()),
            features=len(self.polygons),
            invalid=int(self.invalid.sum()),
            bad_edge_features=len(bad),
            bad_edge_parts=int(shapely.get_num_geometries(self.edges[bad]).sum()),
            overlaps=len(overlaps),
            overlap_area=float(shapely.area(overlaps).sum()),
            wide_overlaps=len(wide_overlaps),
            wide_overlap_area=float(shapely.area(wide_overlaps).sum()),
            holes=len(holes),
            hole_area=float(shapely.area(holes).sum()),
            wide_holes=len(wide_holes),
            wide_hole_area=float(shapely.area(wide_holes).sum()),
        )


def survey(polygons: NDArray[Any], gap_width: float = 0.0, to_metres: ToMetres = metres) -> Survey:
    """Look at a layer as it is; quick when it is valid, since a coverage is united without any overlay.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        Two-dimensional and not empty (`polygons.accept`), in any units.
    gap_width : float
        In the units of the layer. 0 for a layer as delivered, 0.01 for a plan in the plane.
    to_metres : callable
        Carries pieces to metres: `measure.metres`, `measure.degrees` or `measure.linear(factor)`.
    """
    invalid = ~shapely.is_valid(polygons)
    edges = _bad_edges(polygons, gap_width)
    suspects = np.flatnonzero(invalid | ~shapely.is_empty(edges))
    usable = _usable(polygons, invalid)
    land = shapely.union_all(usable) if len(suspects) else shapely.coverage_union_all(polygons)
    holes = holes_of(land)
    return Survey(
        polygons=polygons,
        gap_width=gap_width,
        to_metres=to_metres,
        invalid=invalid,
        usable=usable,
        edges=edges,
        land=land,
        overlaps=find_overlaps(usable, suspects, to_metres),
        holes=holes[shapely.area(to_metres(holes)) > NOISE_AREA],
    )


def find_overlaps(polygons: NDArray[Any], suspects: NDArray[np.int64], to_metres: ToMetres = metres) -> Overlaps:
    """Find all pairs with land in common, at least one of each pair among the suspects.

    Polygons whose edges all match overlap nobody whose edges all match, so the features with bad edges are suspects
    enough. Shapes are in the units of the layer.
    """
    near, other = shapely.STRtree(polygons).query(polygons[suspects], predicate="intersects")
    pairs = np.sort(np.column_stack([suspects[near], other]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    first, second = pairs[:, 0], pairs[:, 1]
    shapes = polygonal(shapely.intersection(polygons[first], polygons[second]))
    real = shapely.area(shapes) > 0
    real[real] = shapely.area(to_metres(shapes[real])) > NOISE_AREA
    return Overlaps(first[real], second[real], shapes[real])


def _bad_edges(polygons: NDArray[Any], gap_width: float) -> NDArray[Any]:
    return np.asarray(shapely.coverage_invalid_edges(polygons, gap_width=gap_width), dtype=object)


def _usable(polygons: NDArray[Any], invalid: NDArray[np.bool_]) -> NDArray[Any]:
    """Polygons that overlay accepts: the invalid ones by the land that their rings enclose."""
    if not invalid.any():
        return polygons
    usable = polygons.copy()
    made = shapely.make_valid(polygons[invalid], method="structure", keep_collapsed=False)
    usable[invalid] = polygonal(array_of(made))
    return usable
