"""四至 sentences that are true because they are read off the border."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.demo.town import WayKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from gridmap.demo.network import Network

SIDES = ("东", "南", "西", "北")
_TURN = ("东", "北", "西", "南")  # as the border turns, counter-clockwise, from the south-east corner on
_LEAST = 0.02  # of the border: what runs along less of it is not named
_HOLE = 0.002  # of the land: smaller holes are not told


def four_limits(net: Network, inside: NDArray[np.bool_]) -> str:
    """Write 东至…，南至…，西至…，北至…: what runs along each side, from north to south and from west to east.

    The sides meet where the border lies furthest to the south-east, north-east, north-west and south-west; what is
    left out of the land is told at the end.

    Parameters
    ----------
    net : Network
    inside : (F,) bool
        The blocks of the region.
    """
    outer, *inner = sorted(_rings(net, inside), key=lambda ring: -_area(net, ring))
    land, least = _area(net, outer), _LEAST * float(net.lengths[outer[:, 0]].sum())
    said = {side: _named(net, part, least) for side, part in zip(_TURN, _parts(net, outer), strict=True)}
    for side in ("东", "北"):
        said[side].reverse()
    text = "，".join(f"{side}至{'、'.join(said[side])}" for side in SIDES)
    left_out = [name for ring in inner if -_area(net, ring) > _HOLE * land and (name := _walled(net, ring))]
    return f"{text}，不含{'、'.join(left_out)}" if left_out else text


def _rings(net: Network, inside: NDArray[np.bool_]) -> Iterator[NDArray[np.int64]]:
    """Give the border as rings of (segment, 1 where it is walked backwards), the land on the left."""
    known = np.append(inside, False)  # OUTSIDE is -1: the last one
    left, right = known[net.sides[:, 0]], known[net.sides[:, 1]]
    after: dict[tuple[float, float], list[tuple[int, int]]] = {}
    for segment in np.flatnonzero(left != right).tolist():
        back = int(not left[segment])
        after.setdefault(tuple(net.segments[segment, back].tolist()), []).append((segment, back))
    while after:
        start = place = next(iter(after))
        ring: list[tuple[int, int]] = []
        while not ring or place != start:
            ring.append(after[place].pop())
            if not after[place]:
                del after[place]
            segment, back = ring[-1]
            place = tuple(net.segments[segment, 1 - back].tolist())
        yield np.array(ring, dtype=np.int64)


def _starts(net: Network, ring: NDArray[np.int64]) -> NDArray[np.float64]:
    places: NDArray[np.float64] = net.segments[ring[:, 0], ring[:, 1]]
    return places


def _area(net: Network, ring: NDArray[np.int64]) -> float:
    """Return m², negative for a hole."""
    line = shapely.LinearRing(_starts(net, ring))
    return float(shapely.area(shapely.Polygon(line))) * (1 if line.is_ccw else -1)


def _parts(net: Network, ring: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Divide a ring at its four corners, in the order of `_TURN`."""
    x, y = _starts(net, ring).T
    first = int(np.argmax(x - y))
    turned = np.roll(ring, -first, axis=0)
    x, y = _starts(net, turned).T
    corners = [int(np.argmax(x + y)), int(np.argmax(y - x)), int(np.argmax(-x - y))]
    for number, least in enumerate((1, 2, 3)):  # land that stands on a corner has a piece of border on every side too
        corners[number] = min(
            max(corners[number], least, *(place + 1 for place in corners[:number])), len(turned) + number - 3
        )
    return np.split(turned, corners)


def _named(net: Network, part: NDArray[np.int64], least: float) -> list[str]:
    """Name what runs along a part of the border for long enough, or the longest, in the order of the walk."""
    runs = [
        (name, sum(float(net.lengths[segment]) for segment, _ in run))
        for name, run in groupby(part.tolist(), key=lambda each: _name(net, each[0]))
    ]
    least = min(least, max(metres for _, metres in runs))
    long = [name for name, metres in runs if metres >= least]
    return [name for number, name in enumerate(long) if number == 0 or name != long[number - 1]]


def _name(net: Network, segment: int) -> str:
    name: str = net.ways[net.way[segment]].name
    return name


def _walled(net: Network, hole: NDArray[np.int64]) -> str:
    """Return what lies in a hole: what the longest wall round it belongs to."""
    metres: dict[str, float] = defaultdict(float)
    for segment in hole[:, 0].tolist():
        if net.ways[net.way[segment]].kind is WayKind.WALL:
            metres[_name(net, segment)] += float(net.lengths[segment])
    return max(metres, key=metres.__getitem__).removesuffix("围墙") if metres else ""
