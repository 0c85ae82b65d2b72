"""Layers cut into tiles: in memory once for each state of a layer, then tile by tile.

The world is the square of web Mercator with sides of 1, x eastwards, y southwards from the upper left corner, so that
a tile of zoom z is a square of 2**-z and going from zoom to zoom is exact.

What is made here is for looking at, never input to anything.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Protocol

import numpy as np
import shapely

from maps import mvt
from maps.colouring import colour, neighbours
from maps.shapes import DisplayCoverage, widest_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.services.tiles import LayerValues

MAX_ZOOM = 22
MAX_FEATURES = 5_000
MAX_BYTES = 50_000  # of a tile, compressed
RECORDS_FROM = 16  # zoom; below that records are counted by cell
MARGIN = 128  # units around a tile (8 of its 256 pixels): symbols and strokes are whole at its edge

_CELLS = 32  # of the side of a tile that counts: 8 of its 256 pixels each
_MOST_RECORDS = MAX_BYTES // 16  # an id is 16 bytes that no compression shortens
_WHOLE_FROM = 17  # zoom; below that shapes are thinned out to half a pixel
_HALF_PIXEL = 1 / 512  # of a tile's side
_COVERAGES = {"grids", "communities"}  # neighbours share their borders, also when thinned out
_LEVEL = 5  # of compression: 9 takes three times as long for 2 %
_NORTHMOST = 85.05112877980659  # where the square ends

Box = tuple[float, float, float, float]


class TileIndex(Protocol):
    """A layer in memory, ready to be cut."""

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile, compressed with gzip; empty when there is nothing in it."""


def make_index(values: LayerValues) -> TileIndex:
    """Make a layer ready: to web Mercator, attributes encoded, grids coloured, labels placed."""
    if values.layer.drawn == "points":
        return RecordIndex(values)
    return ShapeIndex(values)


def to_world(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Go from longitude, latitude EPSG:4490, shape (N, 2), to the square of web Mercator.

    Source: EPSG method 1024 (Popular Visualisation Pseudo-Mercator), scaled to sides of 1.
    """
    lat = np.radians(np.clip(lonlat[:, 1], -_NORTHMOST, _NORTHMOST))
    return np.stack([lonlat[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)], axis=1)


class RecordIndex:
    """Records as points.

    From `RECORDS_FROM` a tile has one feature for each, with id and kind. Below that it has cells: how many records
    there are and where on average, with kind and count. Where a tile would be too full of records it has cells
    too, and ids for those records that are alone in one.
    """

    def __init__(self, values: LayerValues) -> None:
        world = to_world(values.lonlat)
        order = np.argsort(world[:, 0], kind="stable")
        self._name = values.layer.name
        self._world = world[order]
        self._ids = [values.ids[row] for row in order]
        self._kind = values.properties["kind"][0] if values.ids else ""

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile, compressed with gzip; empty when there is nothing in it."""
        if z < RECORDS_FROM:
            return self._counted(z, x, y)
        rows, units = self._within(z, x, y, MARGIN)
        if len(rows) <= _MOST_RECORDS:
            whole = self._written(units, [str(self._ids[row]) for row in rows], [None] * len(rows))
            if len(whole) <= MAX_BYTES:
                return whole
        return self._counted(z, x, y)

    def _counted(self, z: int, x: int, y: int) -> bytes:
        rows, units = self._within(z, x, y, 0)
        cell = units // (mvt.EXTENT // _CELLS)
        _, first, place, counts = np.unique(
            cell[:, 1] * _CELLS + cell[:, 0], return_index=True, return_inverse=True, return_counts=True
        )
        sums = [np.bincount(place, weights=units[:, axis], minlength=len(counts)) for axis in (0, 1)]
        middles = np.rint(np.stack(sums, axis=1) / counts[:, None]).astype(np.int64)
        named = (counts == 1) & (z >= RECORDS_FROM)
        ids = [str(self._ids[rows[at]]) if alone else None for at, alone in zip(first, named, strict=True)]
        return self._written(middles, ids, [None if alone else int(n) for n, alone in zip(counts, named, strict=True)])

    def _written(self, units: NDArray[np.int64], ids: list[str | None], counts: list[int | None]) -> bytes:
        attributes = mvt.Attributes.of({"id": ids, "kind": [self._kind] * len(ids), "count": counts})
        return _compressed(mvt.tile(self._name, [mvt.points(np.arange(len(ids)), units)], attributes))

    def _within(self, z: int, x: int, y: int, margin: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the records of a tile: their rows, and where they are in units."""
        side, edge = 2.0**-z, margin / mvt.EXTENT * 2.0**-z
        low, high = np.searchsorted(self._world[:, 0], [x * side - edge, (x + 1) * side + edge])
        units = _units(self._world[low:high], z, x, y, np.floor)
        here = ((units >= -margin) & (units < mvt.EXTENT + margin)).all(axis=1)
        return np.flatnonzero(here) + low, units[here].astype(np.int64)


class ShapeIndex:
    """Areas, lines and labels. The largest come first: where a tile would be too full, the smallest are left out."""

    def __init__(self, values: LayerValues) -> None:
        columns: dict[str, list[str | int | None]] = {
            "id": [str(each) for each in values.ids],
            **{name: list(texts) for name, texts in values.properties.items()},
        }
        if len(values.ids) and "colour" in values.layer.properties:
            columns["colour"] = list(colour(neighbours(DisplayCoverage(values.shapes).plane_shapes)))
        if values.layer.drawn == "labels":
            shapes, sizes = _label_places(values)
            columns["radius"] = sizes.astype(int).tolist()
        else:
            shapes, sizes = values.shapes, _sizes(values.shapes)
        shapes = shapely.transform(shapes, to_world)
        broken = _broken(shapes)
        shapes[broken] = _mended(shapes[broken])
        order = np.argsort(-sizes, kind="stable")
        self._name = values.layer.name
        self._coverage = values.layer.name in _COVERAGES
        self._from = values.layer.min_zoom
        self._shapes = shapes[order]
        self._thinned: dict[int, NDArray[np.object_]] = {}
        self._tree = shapely.STRtree(self._shapes)
        self._attributes = mvt.Attributes.of({name: [column[row] for row in order] for name, column in columns.items()})

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile, compressed with gzip; empty when there is nothing in it."""
        if z < self._from:
            return b""
        side, edge = 2.0**-z, MARGIN / mvt.EXTENT * 2.0**-z
        box = (x * side - edge, y * side - edge, (x + 1) * side + edge, (y + 1) * side + edge)
        rows = np.sort(self._tree.query(shapely.box(*box)))[:MAX_FEATURES]
        pieces = _cut(self._at(z)[rows], box, z, x, y)
        kept = len(rows)
        while True:
            drawn = _geometries(pieces[:kept], rows[:kept])
            packed = _compressed(mvt.tile(self._name, drawn, self._attributes))
            if len(packed) <= MAX_BYTES or kept <= 1:
                return packed
            kept = min(kept - 1, kept * MAX_BYTES // len(packed))

    def _at(self, z: int) -> NDArray[np.object_]:
        """Thin out the shapes for a zoom; all its tiles are cut from the same."""
        if z >= _WHOLE_FROM:
            return self._shapes
        if z not in self._thinned:
            least = _HALF_PIXEL * 2.0**-z
            thin = shapely.coverage_simplify if self._coverage else shapely.simplify
            self._thinned[z] = thin(self._shapes, least)
        return self._thinned[z]


def _sizes(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Compare areas with lines: both by a length."""
    areal = shapely.get_dimensions(shapes) == 2
    return np.where(areal, np.sqrt(shapely.area(shapes)), shapely.length(shapes))


def _label_places(values: LayerValues) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Find a place in each area, and the metres that there are around it."""
    if not len(values.shapes):
        return values.shapes, np.empty(0)
    coverage = DisplayCoverage(values.shapes)
    if values.layer.labels_of in _COVERAGES:
        centres, radii = coverage.label_circles()
        return _points(centres), radii
    places = _points(widest_places(values.shapes))
    borders = shapely.boundary(coverage.plane.project_geometries(values.shapes))
    return places, shapely.distance(borders, coverage.plane.project_geometries(places))


def _points(lonlat: NDArray[np.float64]) -> NDArray[np.object_]:
    return np.asarray(shapely.points(lonlat), dtype=object)


def _units(world: NDArray[np.float64], z: int, x: int, y: int, rounded: np.ufunc = np.rint) -> NDArray[np.float64]:
    units: NDArray[np.float64] = rounded((world * 2.0**z - (x, y)) * mvt.EXTENT)
    return units


def _cut(shapes: NDArray[np.object_], box: Box, z: int, x: int, y: int) -> NDArray[np.object_]:
    """Cut shapes to a box and bring them into tile units; what comes out is valid.

    `clip_by_rect` is quick but may leave broken polygons, and rounding may fold thin ones: those are done again by
    the slow way.
    """
    west, north, east, south = shapely.bounds(shapes).T
    beyond = ~((west >= box[0]) & (north >= box[1]) & (east <= box[2]) & (south <= box[3]))
    pieces = shapes.copy()
    pieces[beyond] = shapely.clip_by_rect(shapes[beyond], *box)
    pieces = shapely.transform(pieces, lambda world: _units(world, z, x, y))
    broken = _broken(pieces)
    if broken.any():
        whole = shapely.intersection(_mended(shapes[broken]), shapely.box(*box))
        exact = shapely.transform(whole, lambda world: (world * 2.0**z - (x, y)) * mvt.EXTENT)
        pieces[broken] = _mended(shapely.set_precision(exact, 1.0))
    return pieces


def _broken(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Find areas that are not valid, and collections, which are called valid even if their areas overlap."""
    collections = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    found: NDArray[np.bool_] = (shapely.get_dimensions(shapes) == 2) & (collections | ~shapely.is_valid(shapes))
    return found


def _mended(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Make areas valid; lines and points that a broken one leaves behind are dropped."""
    mended = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    for row in np.flatnonzero(shapely.get_type_id(mended) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(mended[row])
        mended[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return np.asarray(mended, dtype=object)


def _geometries(pieces: NDArray[np.object_], rows: NDArray[np.int64]) -> list[mvt.Geometries]:
    parts, owner = shapely.get_parts(pieces, return_index=True)
    dimension = shapely.get_dimensions(parts)
    polygons, of_polygon = shapely.orient_polygons(parts[dimension == 2]), owner[dimension == 2]
    rings, of_ring = shapely.get_rings(polygons, return_index=True)
    dots = dimension == 0
    return [
        _paths(rings, of_polygon[of_ring], rows, closed=True),
        _paths(parts[dimension == 1], owner[dimension == 1], rows, closed=False),
        mvt.points(rows[owner[dots]], shapely.get_coordinates(parts[dots]).astype(np.int64)),
    ]


def _paths(
    paths: NDArray[np.object_], owner: NDArray[np.int64], rows: NDArray[np.int64], *, closed: bool
) -> mvt.Geometries:
    vertices, of_path = shapely.get_coordinates(paths, return_index=True)
    return mvt.paths(rows[owner], owner, vertices.astype(np.int64), of_path, closed=closed)


def _compressed(tile: bytes) -> bytes:
    return gzip.compress(tile, _LEVEL, mtime=0) if tile else b""
