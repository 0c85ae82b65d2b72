"""Which reports may be the same matter: near in place and in time, by the measures of their category.

It only suggests. A person merges (并案), and a person undoes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

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


def near(told: Told, others: Sequence[Told]) -> list[Near]:
    """Return the reports that may be the same matter, the likeliest first.

    Two are compared when they have one category, or one has the class of the other's; or, where neither has one, one
    word for it. Where one of them has no place, the same address counts as the same place.
    """
    radius, window = measures(told.category)
    found = []
    for other in others:
        if other.id == told.id or not _same_matter(told, other):
            continue
        days = abs((other.at - told.at).total_seconds()) / 86_400
        metres = _metres(told, other)
        placed = metres <= radius if metres is not None else bool(told.address) and told.address == other.address
        if placed and days <= window:
            apart = (metres or 0.0) / radius if radius else 0.0
            late = days / window if window else 0.0
            found.append(Near(other.id, metres, days, 1.0 - max(apart, late)))
    return sorted(found, key=lambda each: (-each.likeness, str(each.id)))


def _same_matter(told: Told, other: Told) -> bool:
    if told.category and other.category:
        codes = {told.category.code, told.category.parent} & {other.category.code, other.category.parent} - {""}
        related = told.category.code in codes or other.category.code in codes
        return told.category.list == other.category.list and related
    return told.category is None and other.category is None and told.words == other.words


def _metres(told: Told, other: Told) -> float | None:
    if told.xy is None or other.xy is None:
        return None
    return float(np.hypot(told.xy[0] - other.xy[0], told.xy[1] - other.xy[1]))
