"""四至 sentences that are true because they are read off the border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap.demo.town import WayKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.demo.network import Network

SIDES = ("东", "南", "西", "北")
_LEAST = 0.12  # a way that makes up less of a side is not named
_SPAN = 0.035  # share of the border, before and after a place, that decides which way it looks


def border(net: Network, inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the border of a region.

    Parameters
    ----------
    net : Network
    inside : (F,) bool
        The blocks of the region.

    Returns
    -------
    (B,) int64, (B, 2) float64
        The segments of the border, and the vector along each with the region on its left.
    """
    known = np.append(inside, False)  # OUTSIDE is -1: the last one
    left, right = known[net.sides[:, 0]], known[net.sides[:, 1]]
    index = np.flatnonzero(left != right)
    along = net.segments[index, 1] - net.segments[index, 0]
    return index, np.where(left[index, None], along, -along)


def _outer(
    net: Network, index: NDArray[np.int64], along: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Leave out the walls of parcels that lie inside the region: they are no limits of it."""
    ring = np.array([way.kind is WayKind.WALL and way.line.is_ring for way in net.ways])[net.way[index]]
    return (index, along) if ring.all() else (index[~ring], along[~ring])


def sides_of(
    net: Network, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Tell to which side every border segment of a region looks.

    Returns
    -------
    (B,) int64
        The segments of the border.
    (B,) int64
        Index into `SIDES`, by the smoothed outward normal.
    (B, 4) float64
        How much each segment looks to each of `SIDES`.
    """
    index, along = _outer(net, *border(net, inside))
    middle = net.segments[index].mean(axis=1)
    reach = _SPAN * net.lengths[index].sum()
    near = np.hypot(*(middle[:, None] - middle[None]).transpose(2, 0, 1)) < reach
    alike = (along @ along.T) > 0  # the far side of a narrow region must not speak here
    smooth = (near & alike).astype(float) @ along
    east, north = smooth[:, 1], -smooth[:, 0]
    looks = np.column_stack((east, -north, -east, north)) / np.maximum(np.hypot(east, north), 1e-9)[:, None]
    return index, np.argmax(looks, axis=1), looks


def four_limits(net: Network, inside: NDArray[np.bool_]) -> str:
    """Write 东至…，南至…，西至…，北至…: the ways along each side, from north to south or west to east.

    A region that stands on its corner may have no border that looks mainly to a side; there the one that looks most
    to it is named.
    """
    index, side, looks = sides_of(net, inside)
    parts = []
    for number, word in enumerate(SIDES):
        mine = side == number
        if not mine.any():
            mine = looks[:, number] >= looks[:, number].max()
        names = _named(net, index[mine], 1 if number in {0, 2} else 0)
        parts.append(f"{word}至{'、'.join(names)}")
    return "，".join(parts)


def _named(net: Network, segments: NDArray[np.int64], axis: int) -> list[str]:
    """Name the ways of some segments that make up enough of them, in order along the other axis."""
    place = net.segments[segments].mean(axis=1)[:, axis] * (1 if axis == 0 else -1)
    found: dict[str, tuple[float, float]] = {}
    for segment, length, where in zip(segments, net.lengths[segments], place, strict=True):
        name = net.ways[net.way[segment]].name
        metres, moment = found.get(name, (0.0, 0.0))
        found[name] = (metres + float(length), moment + float(length * where))
    least = _LEAST * sum(metres for metres, _ in found.values())
    kept = {name: moment / metres for name, (metres, moment) in found.items() if metres >= least}
    return sorted(kept, key=lambda name: kept[name])
