"""A label raster: most cells of a plane lie wholly inside or outside every polygon, and a table answers for them.

Cells that an edge may touch are *doubtful*: they list the polygons that have an edge there, and a point in one is
decided by exact geometry. "May touch" is taken wider than the truth by `_MARGIN` of a cell, a million times the
rounding error of a cell number, so no rounding can put a point into a cell that was decided without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[Any]  # of dtype object, holding shapely geometries or None

_MARGIN = 2.0**-8  # cells; the number of a cell errs by less than 2**-38
_FRAME = 1.5  # cells of empty land around the bounding box, for the points outside
_SMALLEST_CELL = 2.0**-40  # of the largest coordinate: 4 micrometres in a Gauss-Kruger zone
_TINY = 1e-9  # metres; the cell when all coordinates are zero
_CHUNK = 2**16  # points whose cells are numbered at a time: the intermediate arrays stay in the processor's cache
_BATCH = 2**20  # points answered at a time: bounds the memory beside the points


@dataclass(frozen=True)
class Edges:
    """The edges of many polygons: `owner` (M,) numbers the polygon, `start` and `end` (M, 2) are in metres."""

    owner: Ints
    start: Floats
    end: Floats

    @staticmethod
    def of(polygons: Geometries) -> Edges:
        """Take the rings of polygons and multipolygons apart; None and empty ones have no edges."""
        parts, part_owner = shapely.get_parts(polygons, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        joined = ring[:-1] == ring[1:]
        return Edges(part_owner[ring_part[ring[:-1][joined]]], xy[:-1][joined], xy[1:][joined])


@dataclass(frozen=True)
class Raster:
    """What is known of each cell of a square of `2**bits` columns and rows.

    Parameters
    ----------
    polygons : array of object
        As given to `build`; better prepared, and then asked by one thread at a time.
    origin, cell : tuple of float
        Metres: corner of cell 0, and width and height of a cell.
    bits : int
    labels : int32 array (4**bits,), by rows
        Polygon number, -1 for none, or -2 - k for the k-th doubtful cell.
    first, candidates : arrays
        The polygons to ask in doubtful cell k are `candidates[first[k]:first[k + 1]]`, ascending.
    cover : int array
        The answer of doubtful cell k when no candidate has the point: the lowest polygon that covers the cell
        whole, or -1.
    """

    polygons: Geometries
    origin: tuple[float, float]
    cell: tuple[float, float]
    bits: int
    labels: NDArray[np.int32]
    first: Ints
    candidates: Ints
    cover: Ints

    def locate(self, xy: Floats) -> Ints:
        """Return the number of the polygon of each point (N, 2), the lowest on ties, -1 outside."""
        found = np.empty(len(xy), dtype=np.int64)
        for start in range(0, len(xy), _BATCH):
            batch = xy[start : start + _BATCH]
            found[start : start + _BATCH] = self._decide(self._look_up(batch), batch)
        return found

    def _look_up(self, xy: Floats) -> NDArray[np.int32]:
        """Read the label of each point's cell."""
        found = np.empty(len(xy), dtype=np.int32)
        for start in range(0, len(xy), _CHUNK):
            self.labels.take(self._cells_of(xy[start : start + _CHUNK]), out=found[start : start + _CHUNK], mode="clip")
        return found

    def _cells_of(self, xy: Floats) -> NDArray[np.int32]:
        """Give the number of each point's cell; points far outside fall into the frame, which is outside too."""
        numbers = []
        for axis in (0, 1):
            with np.errstate(over="ignore"):  # a point at 1e308 is outside, like any other
                place = (xy[:, axis] - self.origin[axis]) * (1.0 / self.cell[axis])
            np.clip(place, 0.0, 2.0**self.bits - 1.0, out=place)
            numbers.append(place.astype(np.int32))
        column, row = numbers
        return np.asarray((row << self.bits) + column)

    def _decide(self, label: NDArray[np.int32], xy: Floats) -> Ints:
        """Replace the labels of doubtful cells by asking the candidates of each point's cell, lowest first."""
        answer = label.astype(np.int64)
        point = np.flatnonzero(label < -1)
        point = point[np.argsort(label[point])]  # neighbours ask the same polygons: they are still in the cache
        doubtful = -2 - answer[point]
        answer[point] = self.cover[doubtful]
        turn, stop = self.first[doubtful], self.first[doubtful + 1]
        while True:
            waiting = turn < stop
            point, turn, stop = point[waiting], turn[waiting], stop[waiting]
            if not point.size:
                return answer
            asked = self.candidates[turn]
            hit = shapely.intersects_xy(self.polygons[asked], xy[point, 0], xy[point, 1])
            answer[point[hit]] = asked[hit]
            point, turn, stop = point[~hit], turn[~hit] + 1, stop[~hit]


def build(polygons: Geometries, edges: Edges, bits: int) -> Raster:
    """Make the raster of polygons.

    Parameters
    ----------
    polygons : array of object (P,)
        Polygons, multipolygons, empty ones or None, in metres. They may overlap.
    edges : Edges
        Their edges, at least one.
    bits : int
        The raster has `2**bits` columns and rows; at most 14.
    """
    x, y = edges.start.T  # rings are closed, so every corner starts an edge
    low, high = np.array([x.min(), y.min()]), np.array([x.max(), y.max()])
    finest = max(float(np.abs(edges.start).max()) * _SMALLEST_CELL, _TINY)
    cell = np.maximum((high - low) / (2**bits - 2 * _FRAME), finest)
    origin = low - _FRAME * cell
    begin, stop = _intervals(_spans(edges, origin, cell, bits), bits)
    labels = _paint(polygons, begin, stop, origin, cell, bits)
    marked, first, candidates, cover = _doubtful(labels, begin, stop, bits, len(polygons))
    labels[marked] = -2 - np.arange(len(marked), dtype=np.int32)
    return Raster(
        polygons,
        (float(origin[0]), float(origin[1])),
        (float(cell[0]), float(cell[1])),
        bits,
        labels,
        first,
        candidates,
        cover,
    )


def _spans(edges: Edges, origin: Floats, cell: Floats, bits: int) -> Ints:
    """List the cells that each edge may touch, row by row: sorted numbers made of polygon, row, first, last column."""
    (u, v), (to_u, to_v) = ((edges.start - origin) / cell).T, ((edges.end - origin) / cell).T
    bottom = np.floor(np.minimum(v, to_v) - _MARGIN).astype(np.int64)
    rows = np.floor(np.maximum(v, to_v) + _MARGIN).astype(np.int64) - bottom + 1
    edge = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(edge)) + np.repeat(bottom - (np.cumsum(rows) - rows), rows)
    run, rise = to_u - u, to_v - v
    flat = np.abs(rise) < _MARGIN  # too flat to divide by: taken whole in each of its rows
    gain = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, rise))
    u, v, run, gain, flat = u[edge], v[edge], run[edge], gain[edge], flat[edge]
    low_end = u + run * np.clip((row - _MARGIN - v) * gain, 0.0, 1.0)
    high_end = u + run * np.where(flat, 1.0, np.clip((row + 1 + _MARGIN - v) * gain, 0.0, 1.0))
    left = np.floor(np.minimum(low_end, high_end) - _MARGIN).astype(np.int64)
    right = np.floor(np.maximum(low_end, high_end) + _MARGIN).astype(np.int64)
    packed: Ints = (((edges.owner[edge] << bits | row) << bits | left) << bits) | right
    packed.sort()
    return packed


def _intervals(spans: Ints, bits: int) -> tuple[Ints, Ints]:
    """Join overlapping spans of one polygon in one row; first and last cell as polygon * 4**bits + cell."""
    begin = spans >> bits
    reach = np.maximum.accumulate((begin >> bits << bits) | (spans & (2**bits - 1)))
    fresh = np.concatenate([[True], begin[1:] > reach[:-1] + 1])
    last = np.append(np.flatnonzero(fresh)[1:], len(spans)) - 1
    return begin[fresh], reach[last]


def _paint(polygons: Geometries, begin: Ints, stop: Ints, origin: Floats, cell: Floats, bits: int) -> NDArray[np.int32]:
    """Label the runs of cells between a polygon's own edges; one exact question decides a run and those linked to it.

    A lower polygon paints over a higher one, so each cell ends with the lowest polygon that covers it whole.
    """
    same_row = begin[1:] >> bits == begin[:-1] >> bits
    first, last = stop[:-1][same_row] + 1, begin[1:][same_row] - 1
    below_first, below_last = first[:-1] + 2**bits, last[:-1] + 2**bits  # the run before, moved up by a row
    linked = (first[1:] <= below_last) & (last[1:] >= below_first)  # they share a side: no edge between them
    asked = np.concatenate([[True], ~linked])[: len(first)]
    owner, number = first >> 2 * bits, first & (4**bits - 1)
    x = origin[0] + ((number[asked] & (2**bits - 1)) + 0.5) * cell[0]
    y = origin[1] + ((number[asked] >> bits) + 0.5) * cell[1]
    inside = shapely.intersects_xy(polygons[owner[asked]], x, y)[np.cumsum(asked) - 1]
    starts = number[inside]
    stops = starts + (last - first)[inside] + 1
    labels = np.full(4**bits, -1, dtype=np.int32)
    for label, start, end in zip(
        owner[inside][::-1].tolist(), starts[::-1].tolist(), stops[::-1].tolist(), strict=True
    ):
        labels[start:end] = label
    return labels


def _doubtful(
    labels: NDArray[np.int32], begin: Ints, stop: Ints, bits: int, count: int
) -> tuple[Ints, Ints, Ints, Ints]:
    """List the doubtful cells with the polygons to ask in each, leaving out those above one that covers the cell."""
    lengths = stop - begin + 1
    touched = np.arange(lengths.sum()) + np.repeat(begin - (np.cumsum(lengths) - lengths), lengths)
    owner_bits = count.bit_length()
    pairs = (touched & (4**bits - 1)) << owner_bits | touched >> 2 * bits
    pairs.sort()
    cells, owners = pairs >> owner_bits, pairs & (2**owner_bits - 1)
    fresh = np.concatenate([[True], cells[1:] != cells[:-1]])
    marked = cells[fresh]
    place = np.cumsum(fresh) - 1
    cover = labels[marked].astype(np.int64)
    asked = (cover[place] < 0) | (owners < cover[place])
    first = np.concatenate([[0], np.cumsum(np.bincount(place[asked], minlength=len(marked)))])
    return marked, first, owners[asked], cover
