"""Numbers per grid: what a grid worker is responsible for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from gridmap.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from typing import TypeVar

    from numpy.typing import NDArray

    Area = TypeVar("Area", bound=Hashable)


@dataclass(frozen=True)
class Numbers:
    """How many of each an area has. They add up: the numbers of a community are the sum of its grids'.

    Parameters
    ----------
    households, residents : int
    surveyed : int
        Households visited so far.
    shops, organisations, social_organisations, party_organisations, key_places : int
    incidents : int
        Those that are open.
    """

    households: int = 0
    residents: int = 0
    surveyed: int = 0
    shops: int = 0
    organisations: int = 0
    social_organisations: int = 0
    party_organisations: int = 0
    key_places: int = 0
    incidents: int = 0

    def __add__(self, other: Numbers) -> Numbers:
        return Numbers(*(getattr(self, name) + getattr(other, name) for name in MEASURES))


MEASURES: tuple[str, ...] = tuple(field.name for field in fields(Numbers))


@dataclass(frozen=True)
class Column:
    """One measure of many subjects.

    Parameters
    ----------
    measure : str
        A field of `Numbers`.
    grid : int array (N,)
        Index of each subject's grid, -1 for none, as in `assign.Verdicts`.
    amount : int or bool array (N,), optional
        How much each subject counts (residents of a household, whether it is surveyed); 1 when left out.
    """

    measure: str
    grid: NDArray[np.int64]
    amount: NDArray[np.int64] | NDArray[np.bool_] | None = None


def count_by_grid(columns: Iterable[Column], grids: int) -> tuple[tuple[Numbers, ...], Numbers]:
    """Add up subjects by grid.

    Parameters
    ----------
    columns : iterable of Column
        Several of one measure add up.
    grids : int

    Returns
    -------
    tuple of Numbers, and Numbers
        Of each grid, and of those that no grid has.

    Raises
    ------
    BadInput
        There is no such measure, or a subject names a grid that is not there.
    """
    totals = {measure: np.zeros(grids + 1, dtype=np.int64) for measure in MEASURES}
    for column in columns:
        if column.measure not in totals:
            raise BadInput(f"there is no measure {column.measure!r}; there are {', '.join(MEASURES)}")
        place = np.asarray(column.grid, dtype=np.int64)
        if ((place < -1) | (place >= grids)).any():
            raise BadInput(f"{column.measure} name a grid that is not one of the {grids}", measure=column.measure)
        amount = 1 if column.amount is None else np.asarray(column.amount, dtype=np.int64)
        np.add.at(totals[column.measure], place, amount)  # -1 is the last place: nobody's
    *each, nobody = (Numbers(*row) for row in np.stack([*totals.values()], axis=1).tolist())
    return tuple(each), nobody


def roll_up(numbers: Iterable[Numbers], areas: Iterable[Area]) -> Mapping[Area, Numbers]:
    """Add up the numbers of grids that belong to one area, a community or whatever else."""
    found: dict[Area, Numbers] = {}
    for each, area in zip(numbers, areas, strict=True):
        found[area] = found.get(area, Numbers()) + each
    return found
