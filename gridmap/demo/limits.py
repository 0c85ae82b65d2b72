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


def sides_of(net: Network, inside: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tell for every border segment of a region to which of `SIDES` it looks: that of its smoothed outward normal."""
    index, along = border(net, inside)
    index, along = _outer(net, index, along)
    middle = net.segments[index].mean(axis=1)
    reach = _SPAN * net.lengths[index].sum()
    near = np.hypot(*(middle[:, None] - middle[None]).transpose(2, 0, 1)) < reach
    alike = (along @ along.T) > 0  # the far side of a narrow region must not speak here
    smooth = (near & alike).astype(float) @ along
    east, north = smooth[:, 1], -smooth[:, 0]
    side = np.where(np.abs(east) >= np.abs(north), np.where(east > 0, 0, 2), np.where(north > 0, 3, 1))
    return index, side


def four_limits(net: Network, inside: NDArray[np.bool_]) -> str:
    """Write 东至…，南至…，西至…，北至…: the ways along each side, from north to south or west to east."""
    index, side = sides_of(net, inside)
    middle = net.segments[index].mean(axis=1)
    parts = []
    for number, word in enumerate(SIDES):
        mine = index[side == number]
        if not len(mine):
            continue
        metres = net.lengths[mine]
        order = -middle[side == number, 1] if number in {0, 2} else middle[side == number, 0]
        found: dict[str, tuple[float, float]] = {}
        for segment, length, place in zip(mine, metres, order, strict=True):
            name = net.ways[net.way[segment]].name
            total, where = found.get(name, (0.0, 0.0))
            found[name] = (total + float(length), where + float(length * place))
        kept = {name: where / total for name, (total, where) in found.items() if total >= _LEAST * metres.sum()}
        parts.append(f"{word}至{'、'.join(sorted(kept, key=lambda name: kept[name]))}")
    return "，".join(parts)
