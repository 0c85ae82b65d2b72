"""An overview made ready for paper: in the plane, coloured, indexed; prepared once for all sheets of an atlas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.datum import Plane
from gridmap.errors import NoPlan
from gridmap.model.kinds import ASSIGNED_KINDS
from maps.colouring import neighbours, steady_colours
from maps.drawing import join_roads, road_class
from maps.shapes import borders_between, label_circles

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.services.overview_values import BaseLayer, GridOnMap, Overview
    from maps.colouring import Neighbours

MARKED = tuple(kind for kind in ASSIGNED_KINDS if kind.name != "households")
"""Records that have a mark on paper; homes stand in the table, not on a wall."""
_MARKED = frozenset(kind.name for kind in MARKED)


@dataclass(frozen=True, eq=False)
class Layer:
    """One kind of the base map in the plane.

    Parameters
    ----------
    shapes : NDArray of Geometry, shape (N,)
    names : tuple of str
    classes : NDArray of int64, shape (N,)
        Of roads 0 (widest) to 3; else zeros.
    """

    shapes: NDArray[np.object_]
    names: tuple[str, ...]
    classes: NDArray[np.int64]
    tree: shapely.STRtree

    def within(self, window: shapely.Geometry) -> NDArray[np.int64]:
        """Rows that a window shows."""
        return np.sort(self.tree.query(window, predicate="intersects"))


@dataclass(frozen=True, eq=False)
class Marks:
    """Located records of one kind in the plane: xy (N, 2) in metres, the index of each one's grid, names or none."""

    xy: NDArray[np.float64]
    grid: NDArray[np.int64]
    labels: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class Land:
    """What all sheets of a sub-district have in common.

    Parameters
    ----------
    grids : tuple of GridOnMap
        By code; everything below that is per grid has this order.
    shapes : NDArray of Geometry, shape (N,)
        In the plane, to the millimetre.
    colours : list of int
        Neighbours differ.
    centres, radii : NDArray of float64, shapes (N, 2) and (N,)
        Where a grid's label has most room, metres.
    communities : NDArray of Geometry, shape (M,)
        The dissolve of their grids, in the order of `data.communities`; the imported outline where there are none.
    outline : Geometry
        All of the sub-district.
    beside : tuple of (str, Geometry)
        Name and land of what lies around the sub-district.
    between : NDArray of Geometry
        The borders of those with each other.
    """

    data: Overview
    plane: Plane
    grids: tuple[GridOnMap, ...]
    shapes: NDArray[np.object_]
    touching: Neighbours
    colours: list[int]
    centres: NDArray[np.float64]
    radii: NDArray[np.float64]
    communities: NDArray[np.object_]
    outline: shapely.Geometry
    base: dict[str, Layer]
    marks: dict[str, Marks]
    beside: tuple[tuple[str, shapely.Geometry], ...]
    between: NDArray[np.object_]


def prepare(data: Overview) -> Land:
    """Bring an overview into the plane of its place (CGCS2000 three-degree Gauss-Kruger zone).

    Raises
    ------
    NoPlan
        It has no grids.
    """
    if not data.grids:
        raise NoPlan("there are no grids to print: import communities and grids first")
    order = sorted(range(len(data.grids)), key=lambda index: data.grids[index].code)
    place_of = np.full(len(order) + 1, -1, dtype=np.int64)
    place_of[order] = np.arange(len(order))
    grids = tuple(data.grids[index] for index in order)
    lonlat = np.array([grid.shape for grid in grids], dtype=object)
    plane = Plane.near(shapely.total_bounds(lonlat).reshape(2, 2))
    shapes = plane.project_geometries(lonlat)
    touching = neighbours(shapes)
    centres, radii = label_circles(shapes)
    communities = _dissolve(data, plane, grids, shapes)
    outline = shapely.union_all([*communities, *shapes])
    areas = plane.project_geometries(np.array([each.shape for each in data.neighbours], dtype=object))
    return Land(
        data=data,
        plane=plane,
        grids=grids,
        shapes=shapes,
        touching=touching,
        colours=steady_colours([grid.id for grid in grids], touching, data.earlier),
        centres=centres,
        radii=radii,
        communities=communities,
        outline=outline,
        base={layer.kind: _layer(layer, plane) for layer in data.base if len(layer.shapes)},
        beside=tuple(zip((each.name for each in data.neighbours), areas.tolist(), strict=True)),
        between=borders_between(areas, outline),
        marks={
            layer.kind: Marks(plane.project(layer.lonlat), place_of[layer.grid], layer.labels)
            for layer in data.points
            if len(layer.lonlat) and layer.kind in _MARKED
        },
    )


def _dissolve(
    data: Overview, plane: Plane, grids: tuple[GridOnMap, ...], shapes: NDArray[np.object_]
) -> NDArray[np.object_]:
    owner = np.array([grid.community_code for grid in grids])
    areas = np.empty(len(data.communities), dtype=object)
    for index, community in enumerate(data.communities):
        own = shapes[owner == community.code]
        if len(own):
            areas[index] = shapely.union_all(own)
        else:
            outline = shapely.Polygon() if community.shape is None else community.shape
            areas[index] = plane.project_geometries(np.array([outline], dtype=object))[0]
    return areas


def _layer(layer: BaseLayer, plane: Plane) -> Layer:
    shapes = plane.project_geometries(np.array(layer.shapes, dtype=object))
    names, classes = list(layer.names), [0] * len(shapes)
    if layer.kind == "roads":
        classes = [road_class(level) for level in layer.levels or ("",) * len(shapes)]
        shapes, names, classes = join_roads(shapes, names, classes)
    return Layer(shapes, tuple(names), np.array(classes, dtype=np.int64), shapely.STRtree(shapes))
