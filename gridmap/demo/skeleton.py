"""Main roads, river, canal, railway and the outline of the sub-district: a lattice, bent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import LineString, Polygon

from gridmap.demo import names
from gridmap.demo.town import ORIGIN, Size, WayKind, on_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TURN = np.radians(-6.0)
_OVER = 1.0  # metres by which a line runs over the one that it ends on, so that rounding cannot part them
_STEP = 35.0  # metres between the points of a bent line


@dataclass(frozen=True)
class Way:
    """One line of the network, in the plane. `name` is "" while it has none."""

    kind: WayKind
    line: LineString
    name: str = ""


@dataclass(frozen=True)
class Skeleton:
    """The lines that everything else is fitted into."""

    ways: tuple[Way, ...]
    outline: Polygon


class _Bend:
    """A smooth bending of the lattice: long waves, and a river that winds while its neighbours follow."""

    def __init__(self, rng: np.random.Generator, size: Size) -> None:
        self.width = size.columns[-1]
        self.height = size.rows[-1]
        self.river = (size.rows[size.river] + size.rows[size.river + 1]) / 2
        scale = min(self.width, 4000.0) / 4000.0
        self.length = rng.uniform(1700.0, 3600.0, (2, 3)) * max(scale, 0.5)
        self.angle = rng.uniform(0, 2 * np.pi, (2, 3))
        self.phase = rng.uniform(0, 2 * np.pi, (2, 3))
        self.height_of_wave = rng.uniform(22.0, 46.0, (2, 3)) * max(scale, 0.45)
        self.meander = (170.0 * max(scale, 0.4), self.width / 1.55, rng.uniform(0, 2 * np.pi))

    def __call__(self, uv: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = uv.copy()
        for axis in (0, 1):
            for length, angle, phase, wave in zip(
                self.length[axis], self.angle[axis], self.phase[axis], self.height_of_wave[axis], strict=True
            ):
                along = uv[:, 0] * np.cos(angle) + uv[:, 1] * np.sin(angle)
                moved[:, axis] += wave * np.sin(2 * np.pi * along / length + phase)
        depth, length, phase = self.meander
        near = np.exp(-(((uv[:, 1] - self.river) / 620.0) ** 2))
        moved[:, 1] += depth * near * np.sin(2 * np.pi * uv[:, 0] / length + phase)
        return moved


def smooth(points: NDArray[np.float64], step: float = _STEP) -> NDArray[np.float64]:
    """Lay a Catmull-Rom curve through (N, 2) points and sample it about every `step` metres."""
    if len(points) < 3:
        count = max(2, round(float(np.hypot(*(points[1] - points[0]))) / step) + 1)
        return np.linspace(points[0], points[1], count)
    ends = np.vstack((2 * points[0] - points[1], points, 2 * points[-1] - points[-2]))
    pieces = []
    for a, b, c, d in zip(ends[:-3], ends[1:-2], ends[2:-1], ends[3:], strict=True):
        count = max(2, round(float(np.hypot(*(c - b))) / step))
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
        pieces.append(curve / 2)
    return np.vstack((*pieces, points[-1:]))


def _cells(size: Size) -> NDArray[np.bool_]:
    inside = np.ones((len(size.columns) - 1, len(size.rows) - 1), dtype=bool)
    for cell in size.without:
        inside[cell] = False
    return inside


def _runs(size: Size, axis: str, index: int) -> list[list[int]]:
    """Give the nodes of a lattice line in runs of pieces that are there and touch the sub-district."""
    cells = _cells(size) if axis == "ns" else _cells(size).T
    count = cells.shape[1]
    runs: list[list[int]] = [[]]
    for piece in range(count):
        beside = [cells[i, piece] for i in (index - 1, index) if 0 <= i < cells.shape[0]]
        if any(beside) and (axis, index, piece) not in size.dropped:
            runs[-1] = runs[-1] or [piece]
            runs[-1].append(piece + 1)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _names(size: Size) -> tuple[list[str], list[str]]:
    """Name the main roads; a small town has some of the names only."""
    if len(size.columns) == len(names.NORTH_SOUTH_MAIN) and len(size.rows) == len(names.EAST_WEST_MAIN):
        return list(names.NORTH_SOUTH_MAIN), list(names.EAST_WEST_MAIN)
    return [names.NORTH_SOUTH_MAIN[i] for i in (0, 2, -1)], [names.EAST_WEST_MAIN[i] for i in (0, 2, 3, -1)]


def _lattice(rng: np.random.Generator, size: Size, bend: _Bend) -> list[Way]:
    u, v = np.meshgrid(np.array(size.columns, dtype=float), np.array(size.rows, dtype=float), indexing="ij")
    loose = np.ones(len(size.rows))
    loose[[size.river, size.river + 1]] = 0.1  # the roads on the river's banks keep to it
    jitter = rng.normal(0.0, 22.0, (*u.shape, 2)).clip(-45, 45)
    nodes = np.stack((u + jitter[..., 0], v + jitter[..., 1] * loose), axis=-1)
    north_south, east_west = _names(size)
    ways = []
    for index, name in enumerate(north_south):
        ways += [_bent(bend, smooth(nodes[index, run]), WayKind.MAIN, name) for run in _runs(size, "ns", index)]
    for index, name in enumerate(east_west):
        ways += [_bent(bend, smooth(nodes[run, index]), WayKind.MAIN, name) for run in _runs(size, "ew", index)]
    return ways


def _bent(bend: _Bend, points: NDArray[np.float64], kind: WayKind, name: str) -> Way:
    return Way(kind, LineString(bend(points)), name)


def _waters(size: Size, bend: _Bend) -> list[Way]:
    u = np.arange(-80.0, bend.width + 81.0, _STEP)
    river = _bent(bend, np.column_stack((u, np.full_like(u, bend.river))), WayKind.RIVER, names.RIVER)
    column, share = size.canal
    v = np.append(np.arange(-150.0, bend.river - 10.0, _STEP), bend.river)
    middle = size.columns[column] * (1 - share) + size.columns[column + 1] * share
    bed = bend(np.column_stack((middle + 24.0 * np.sin(v / 170.0), v)))
    mouth = np.array(river.line.interpolate(river.line.project(shapely.Point(bed[-1]))).coords[0])
    bed[-1] = mouth + (mouth - bed[-2]) / np.hypot(*(mouth - bed[-2])) * _OVER
    return [river, Way(WayKind.CANAL, LineString(bed), names.CANAL)]


def _railway(size: Size) -> Way:
    begin, control, end = (np.array(point, dtype=float) for point in size.railway)
    t = np.linspace(0, 1, 60)[:, None]
    arc = (1 - t) ** 2 * begin + 2 * t * (1 - t) * control + t**2 * end
    return Way(WayKind.RAILWAY, LineString(arc), names.RAILWAY)


def skeleton(rng: np.random.Generator, size: Size) -> Skeleton:
    """Draw the outline, main roads, river, canal and railway of a town of that area, in the plane."""
    bend = _Bend(rng, size)
    roads = _lattice(rng, size, bend)
    blocks = shapely.polygonize(shapely.get_parts(shapely.union_all([way.line for way in roads])))
    outline = max(shapely.get_parts(shapely.union_all(shapely.get_parts(blocks))), key=shapely.area)
    ways = [*roads, *(_clip(way, outline) for way in (*_waters(size, bend), _railway(size)))]
    place = _Placing(outline, size.area)
    placed = tuple(Way(way.kind, shapely.transform(way.line, place), way.name) for way in ways)
    return Skeleton(placed, shapely.transform(outline, place))


def _clip(way: Way, outline: Polygon) -> Way:
    longest = max(shapely.get_parts(way.line.intersection(outline.buffer(_OVER))), key=lambda part: part.length)
    return Way(way.kind, longest, way.name)


class _Placing:
    """Scale to the wanted area, turn a little, and move to the place on earth, on the 1 mm grid."""

    def __init__(self, outline: Polygon, area: float) -> None:
        self.centre = np.array(outline.envelope.centroid.coords[0])
        self.factor = np.sqrt(area / outline.area)
        self.turn = np.array([[np.cos(_TURN), -np.sin(_TURN)], [np.sin(_TURN), np.cos(_TURN)]])

    def __call__(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return on_grid((xy - self.centre) * self.factor @ self.turn.T + np.array(ORIGIN))
