"""Which reports may be the same matter: near in place and in time, by the measures of their category.

It only suggests. A person merges (并案), and a person undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.casework.categories import Category

WITHOUT_CATEGORY = (30.0, 3.0)  # metres and days where no category says more


@dataclass(frozen=True)
class Told:
    """A report as far as it can be compared.

    Parameters
    ----------
    xy : tuple of float or None
        In the plane, metres; None while it has no place.
    """

    id: UUID
    xy: tuple[float, float] | None
    at: datetime
    category: Category | None
    words: str
    address: str


@dataclass(frozen=True)
class Near:
    """Another report that may be the same matter.

    Parameters
    ----------
    metres : float or None
        None when only the address agrees.
    days : float
        Between the two, never below 0.
    likeness : float
        From 1 (same place, same time) down to 0 (at the edge of both).
    """

    id: UUID
    metres: float | None
    days: float
    likeness: float


def measures(category: Category | None) -> tuple[float, float]:
    """Return how near, in metres and in days, two reports of a category may be one."""
    return (category.metres, category.days) if category else WITHOUT_CATEGORY


@dataclass(frozen=True, eq=False)
class Register:
    """Reports to look among, as columns in the order of their x; those without a place come last.

    Parameters
    ----------
    kind : (N,) int64
        Which of `kinds` a report is of.
    rank : (N,) int64
        Place of its id among all: what is equally likely comes in that order.
    """

    told: list[Told]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    seconds: NDArray[np.float64]
    kind: NDArray[np.int64]
    rank: NDArray[np.int64]
    kinds: list[Told]
    placed: int
    by_address: Mapping[str, NDArray[np.int64]]
    by_id: Mapping[UUID, int]


def register(told: Sequence[Told]) -> Register:
    """Put reports in order, so that thousands can be looked for among them."""
    ordered = sorted(told, key=lambda each: each.xy[0] if each.xy else np.inf)
    kinds: dict[tuple[str, ...], int] = {}
    first: list[Told] = []
    kind = []
    by_address: dict[str, list[int]] = {}
    for index, each in enumerate(ordered):
        key = _matter(each)
        if key not in kinds:
            kinds[key] = len(first)
            first.append(each)
        kind.append(kinds[key])
        if each.address:
            by_address.setdefault(each.address, []).append(index)
    rank = {key: number for number, key in enumerate(sorted(str(each.id) for each in ordered))}
    return Register(
        told=ordered,
        x=np.array([each.xy[0] if each.xy else np.nan for each in ordered]),
        y=np.array([each.xy[1] if each.xy else np.nan for each in ordered]),
        seconds=np.array([each.at.timestamp() for each in ordered]),
        kind=np.array(kind, dtype=np.int64),
        rank=np.array([rank[str(each.id)] for each in ordered], dtype=np.int64),
        kinds=first,
        placed=sum(each.xy is not None for each in ordered),
        by_address={address: np.array(indices) for address, indices in by_address.items()},
        by_id={each.id: index for index, each in enumerate(ordered)},
    )


def near(told: Told, others: Sequence[Told]) -> list[Near]:
    """Return the reports that may be the same matter, the likeliest first.

    Two are compared when they have one category, or one has the class of the other's; or, where neither has one, one
    word for it. Where one of them has no place, the same address counts as the same place.
    """
    return near_in(register(others), told)[1]


def near_in(among: Register, told: Told, most: int | None = None) -> tuple[int, list[Near]]:
    """Do as `near` among reports that are in order, and name at most so many.

    Returns
    -------
    count : int
        How many there are.
    found : list of Near
        The likeliest first.
    """
    radius, window = measures(told.category)
    index = _candidates(among, told, radius)
    related = np.array([_same_matter(told, each) for each in among.kinds], dtype=bool)
    index = index[related[among.kind[index]]]
    days = np.abs(among.seconds[index] - told.at.timestamp()) / 86_400
    x, y = told.xy or (np.nan, np.nan)
    metres = np.hypot(among.x[index] - x, among.y[index] - y)
    kept = (days <= window) & ~(metres > radius) & (index != among.by_id.get(told.id, -1))
    index, days, metres = index[kept], days[kept], metres[kept]
    apart = np.nan_to_num(metres) / radius if radius else np.zeros(len(index))
    late = days / window if window else np.zeros(len(index))
    likeness = 1.0 - np.maximum(apart, late)
    order = np.lexsort((among.rank[index], -likeness))[:most]
    return len(index), [
        Near(
            among.told[index[i]].id,
            None if np.isnan(metres[i]) else float(metres[i]),
            float(days[i]),
            float(likeness[i]),
        )
        for i in order
    ]


def _candidates(among: Register, told: Told, radius: float) -> NDArray[np.int64]:
    """Return the reports in a strip around one, and those that tell its address where one of the two has no place."""
    same = among.by_address.get(told.address, np.empty(0, dtype=np.int64))
    if told.xy is None:
        return same
    low, high = np.searchsorted(among.x[: among.placed], (told.xy[0] - radius, told.xy[0] + radius + 1e-9))
    return np.concatenate((np.arange(low, high), same[same >= among.placed]))


def _matter(told: Told) -> tuple[str, ...]:
    category = told.category
    return (category.list, category.code, category.parent) if category else (told.words,)


def _same_matter(told: Told, other: Told) -> bool:
    if told.category and other.category:
        codes = {told.category.code, told.category.parent} & {other.category.code, other.category.parent} - {""}
        related = told.category.code in codes or other.category.code in codes
        return told.category.list == other.category.list and related
    return told.category is None and other.category is None and told.words == other.words
