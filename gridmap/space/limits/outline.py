"""The border of a polygon as stretches: which feature runs along it, and to which side each stretch looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.evidence import Border
from gridmap.space.limits.features import BANKS
from gridmap.space.limits.flood import DIRECTIONS
from gridmap.space.limits.values import Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.space.limits.features import Features

ROUND = (Side.EAST, Side.NORTH, Side.WEST, Side.SOUTH)  # as a walk with the land on its left meets them
REACH = 20.0  # metres from a border to a feature that may be meant
_PARALLEL = 0.8  # cosine
_TOUCH = 1.0  # metres within which direction is no matter
_UNNAMED = 1.5  # what a metre without a feature costs; one along a feature costs its distance by REACH
_LAST_RESORT = 0.6  # more for the border of a neighbour, which is named only where nothing else is
_WALL = 0.15  # more for a wall: a road along it is named first
INTERCHANGES = ("立交", "立交桥", "大桥", "桥")
_BRANCHING = 0.05  # more for an interchange: it branches, and a road that shares its name says more
_CHANGE = 15.0  # what it costs to change from one feature to another
STEP = 10.0  # metres of border that are told as one
_SMOOTH = 0.03  # of the border on either side, over which a direction is averaged
_WHOLE = 2  # times round


@dataclass(frozen=True)
class Stretch:
    """A piece of border along one feature.

    Parameters
    ----------
    side : Side
    name : str
        "" where no feature runs along it.
    kind : str
    metres : float
    named : bool
        Whether the text says it; short pieces are left out.
    """

    side: Side
    name: str
    kind: str
    metres: float
    named: bool = True


def stretches(shape: Any, features: Features, avoid: frozenset[str] = frozenset()) -> list[Stretch]:
    """Divide the outer border of a polygon into stretches, with the land on the left of the walk.

    Parameters
    ----------
    shape : Polygon
    features : Features
    avoid : frozenset of str
        Names that must not be used: those of the land itself.
    """
    border = Border.of(shape, STEP)
    names, costs = _costs(border, features, avoid)
    called = _along(costs, border.length)
    sides = _sides(border, called)
    found: list[Stretch] = []
    for name, side, length in zip(called.tolist(), sides.tolist(), border.length.tolist(), strict=True):
        text = names[name]
        if found and found[-1].name == text and found[-1].side is ROUND[side]:
            found[-1] = Stretch(ROUND[side], text, found[-1].kind, found[-1].metres + length)
        else:
            found.append(Stretch(ROUND[side], text, _kind(features, text), length))
    if len(found) > 1 and (found[0].name, found[0].side) == (found[-1].name, found[-1].side):
        last = found.pop()
        found[0] = Stretch(last.side, last.name, last.kind, last.metres + found[0].metres)
    return found


def _kind(features: Features, name: str) -> str:
    kinds = features.kind_of.get(name, set())
    return next((kind for kind in ("road", "water", "railway", "compound", "boundary") if kind in kinds), "")


def _costs(border: Border, features: Features, avoid: frozenset[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Return the names that come near, "" first, and what a metre of each segment costs by each of them."""
    network = features.network
    points = np.asarray(shapely.points(border.middle), dtype=object)
    segment, edge = network.tree.query(points, predicate="dwithin", distance=REACH)
    lines = network.edges[edge]
    metres = shapely.distance(lines, points[segment])
    at = shapely.line_locate_point(lines, points[segment])
    before = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(at - _TOUCH, 0)))
    after = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, np.minimum(at + _TOUCH, network.lengths[edge]))
    )
    along = after - before
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]) * border.length[segment], 1e-9)
    fit = np.abs((along * border.along[segment]).sum(axis=1)) >= _PARALLEL * length
    names = [""]
    column: dict[str, int] = {}
    cells: dict[tuple[int, int], float] = {}
    for number, which, far in zip(segment[fit].tolist(), edge[fit].tolist(), metres[fit].tolist(), strict=True):
        for name in sorted(features.names_on[which], key=lambda name: (len(name), name)):
            if BANKS in name or name in avoid:
                continue
            if name not in column:
                column[name] = len(names)
                names.append(name)
            kinds = features.kind_of[name]
            cost = far / REACH + (_LAST_RESORT if kinds == {"boundary"} else _WALL if kinds == {"compound"} else 0.0)
            cost += _BRANCHING if name.endswith(INTERCHANGES) else 0.0
            place = (number, column[name])
            cells[place] = min(cells.get(place, np.inf), cost)
    costs = np.full((len(points), len(names)), 2 * _UNNAMED)
    costs[:, 0] = _UNNAMED
    for (number, which), cost in cells.items():
        costs[number, which] = cost
    return names, costs


def _along(costs: NDArray[np.float64], length: NDArray[np.float64]) -> NDArray[np.int64]:
    """Choose a name for each segment so that distance and changes together are least (Viterbi, round the ring)."""
    count = len(length)
    spent = np.zeros(costs.shape[1])
    back = np.zeros((_WHOLE * count, costs.shape[1]), dtype=np.int32)
    for step in range(_WHOLE * count):
        cheapest = int(np.argmin(spent))
        change = spent[cheapest] + _CHANGE < spent
        back[step] = np.where(change, cheapest, np.arange(len(spent)))
        spent = np.minimum(spent, spent[cheapest] + _CHANGE) + costs[step % count] * length[step % count]
    state = int(np.argmin(spent))
    chosen = np.zeros(_WHOLE * count, dtype=np.int64)
    for step in range(_WHOLE * count - 1, -1, -1):
        chosen[step] = state
        state = int(back[step, state])
    half = count // 2
    once: NDArray[np.int64] = np.roll(chosen[half : half + count], half)
    return once


def _sides(border: Border, called: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give each segment a side of `ROUND`; going round, each side comes once, at the least total misdirection.

    A stretch of one feature that does not turn is not divided.
    """
    groups = _straight(border, called)
    looks = np.array([border.outward[group].sum(axis=0) for group in groups])
    wanted = np.array([DIRECTIONS[side] for side in ROUND])
    miss = np.hypot(*looks.T)[:, None] - looks @ wanted.T
    count = len(groups)
    start, least = 0, np.inf
    for number, total in enumerate(least_costs(miss).tolist()):
        if total < least - 1e-9:
            start, least = number, total
    sides = np.zeros(len(border.length), dtype=np.int64)
    for step, label in enumerate(_monotone(np.roll(miss, -start, axis=0))):
        sides[groups[(start + step) % count]] = label
    return sides


def least_costs(miss: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the cheapest labels of a ring cost for each row that may be the first.

    The first row is labelled 0, then come 1, 2, 3 in this order, each at least once where there are enough rows. The
    rows from the first on and the rows before it are added up by their own first and last labels, the ones from the end
    and the others from the beginning, so that all rows together take no longer than two.

    Parameters
    ----------
    miss : (N, 4) float64
        What each label costs for each row.

    Returns
    -------
    (N,) float64
    """
    count, sides = miss.shape
    last = min(count, sides) - 1
    head = np.full((count + 1, sides, sides), np.inf)  # rows before each one: first label, last label
    head[1][np.diag_indices(sides)] = miss[0]
    for row in range(1, count):
        head[row + 1] = np.minimum(head[row], _shifted(head[row], axis=1)) + miss[row]
    tail = np.full((sides, sides), np.inf)  # rows from one on
    tail[np.diag_indices(sides)] = miss[-1]
    total = np.empty(count)
    for row in range(count - 1, -1, -1):
        if row < count - 1:
            tail = np.minimum(tail, _shifted(tail, axis=0)) + miss[row][:, None]
        follows = np.minimum(head[row, :, last], np.append(head[row, 1:, last], np.inf))
        total[row] = np.min(tail[0] + follows) if row else tail[0, last]
    return total


def _shifted(spent: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    """Give each label what was spent with the one before it in the walk (axis 1), or after it (axis 0)."""
    moved = np.full_like(spent, np.inf)
    if axis:
        moved[:, 1:] = spent[:, :-1]
    else:
        moved[:-1] = spent[1:]
    return moved


def _monotone(miss: NDArray[np.float64]) -> list[int]:
    """Label rows 0, then 1, 2, 3 in this order, each at least once where there are enough rows."""
    rows, sides = miss.shape
    least = min(rows, sides)
    spent = np.full((rows, sides), np.inf)
    back = np.zeros((rows, sides), dtype=np.int64)
    spent[0, 0] = miss[0, 0]
    for row in range(1, rows):
        for side in range(sides):
            stay = spent[row - 1, side]
            come = spent[row - 1, side - 1] if side else np.inf
            back[row, side] = side if stay <= come else side - 1
            spent[row, side] = min(stay, come) + miss[row, side]
    label = least - 1
    labels = [0] * rows
    for row in range(rows - 1, -1, -1):
        labels[row] = label
        label = int(back[row, label])
    return labels


def _straight(border: Border, called: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Group segments that follow each other along one feature without turning to another quarter."""
    smooth = _smoothed(border, called)
    quarter = np.rint(np.arctan2(smooth[:, 1], smooth[:, 0]) / (np.pi / 2)).astype(np.int64) % 4
    change = np.flatnonzero((called != np.roll(called, 1)) | (quarter != np.roll(quarter, 1)))
    if not len(change):
        return [np.arange(len(called))]
    rolled = np.roll(np.arange(len(called)), -change[0])
    return np.split(rolled, change[1:] - change[0])


def _smoothed(border: Border, called: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return where the border looks around each segment: the sum of those near it along the same feature."""
    total = border.length.sum()
    at = np.cumsum(border.length) - border.length / 2
    smooth = np.empty_like(border.outward)
    for name in np.unique(called):
        own = np.flatnonzero(called == name)
        places = np.concatenate([at[own] + turn * total for turn in (-1, 0, 1)])
        looks = np.vstack([*[border.outward[own]] * 3, np.zeros((1, 2))])
        low = np.searchsorted(places, at[own] - _SMOOTH * total, side="left")
        high = np.searchsorted(places, at[own] + _SMOOTH * total, side="right")
        smooth[own] = np.add.reduceat(looks, np.column_stack((low, high)).ravel())[::2]
    return smooth
