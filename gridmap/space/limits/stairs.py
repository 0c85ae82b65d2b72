"""Orders of features round land whose sides take turns: 东至甲路、丙路，南至乙路、丁河 is walked 甲, 乙, 丙, 丁.

A sentence that gives each step of a stair to the side that it looks to cannot be walked side by side, nor one whose
border leaves a road round a pocket and comes back to it. The features that meet then say how the sides take turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

_MEET = 40.0  # metres; the carriageways of a road end as far from a crossing road
_MOST = 14  # features of a sentence
_AGAIN = 2  # features to which the border comes back
_STEPS = 20_000  # of a search


def stairs(sides: Sequence[Sequence[int]], apart: NDArray[np.float64], most: int = 8) -> list[list[int]]:
    """Return orders in which every feature meets the next, though sides take turns.

    Parameters
    ----------
    sides : sequence of sequences of int
        Features (by number) of each side, the sides in order round the land.
    apart : (F, F) float64
        Metres between features.
    most : int

    Returns
    -------
    list of list of int
        A feature is followed by one of its own side or a neighbouring one, once round the land in all, and the
        features of a side come as they are written, one way or the other; the orders with the fewest steps back come
        first. Features come twice only where it cannot be done without.
    """
    count = len(apart)
    if count > _MOST or count != sum(map(len, sides)):
        return []
    side = {number: at for at, group in enumerate(sides) for number in group}
    after = [_following(number, apart <= _MEET, side, len(sides)) for number in range(count)]

    def straight(order: list[int]) -> tuple[int, float]:
        steps = list(zip(order, order[1:] + order[:1], strict=True))
        back = sum(_step(side[one], side[two], len(sides)) < 0 for one, two in steps)
        return back, sum(float(apart[one, two]) for one, two in steps)

    for again in range(_AGAIN + 1):
        found = [
            order
            for path in _cycles(after, again)
            for order in (path, path[::-1])
            if _goes_round(order, side, len(sides)) and all(_as_written(order, group) for group in sides)
        ]
        if found:
            return sorted(found, key=straight)[:most]
    return []


def _step(one: int, two: int, sides: int) -> int:
    """Return 1 for a step to the next side round the land, -1 for one back, 0 along a side."""
    return (two - one + 1) % sides - 1


def _goes_round(order: list[int], side: dict[int, int], sides: int) -> bool:
    """Tell whether an order goes round the land once, as the sides do."""
    steps = zip(order, order[1:] + order[:1], strict=True)
    return sum(_step(side[one], side[two], sides) for one, two in steps) == sides


def _following(number: int, meets: NDArray[np.bool_], side: dict[int, int], sides: int) -> list[int]:
    """Return what a feature can be followed by: what it meets, of the same side or a neighbouring one."""
    return [
        other
        for other in np.flatnonzero(meets[number]).tolist()
        if other != number and (side[other] - side[number]) % sides in {0, 1, sides - 1}
    ]


def _cycles(after: list[list[int]], again: int) -> Iterator[list[int]]:
    """Give the ways round all features that come to some of them a second time; each once."""
    start = min(range(len(after)), key=lambda number: len(after[number]))
    paths, steps = [[start]], 0
    while paths and steps < _STEPS:
        path = paths.pop()
        steps += 1
        if len(path) == len(after) + again:
            if len(set(path)) == len(after) and start in after[path[-1]] and path[1] <= path[-1]:
                yield path
            continue
        left = len(after) + again - len(path)  # places, some of which have to go to what was not met yet
        spare = left - (len(after) - len(set(path)))
        paths += [
            [*path, other] for other in after[path[-1]] if other not in path or (spare > 0 and path.count(other) == 1)
        ]


def _as_written(order: Sequence[int], group: Sequence[int]) -> bool:
    own = [number for number in order if number in group]
    turned = [own[at:] + own[:at] for at in range(len(own))]
    return any(_runs_through(each, group) or _runs_through(each[::-1], group) for each in turned)


def _runs_through(order: Sequence[int], group: Sequence[int]) -> bool:
    rest = iter(order)
    return all(number in rest for number in group)
