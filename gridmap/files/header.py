"""Which row of a sheet holds the column names: other systems put a title and a date above them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from gridmap.errors import FileRefused
from gridmap.files import vocabulary
from gridmap.files.feed import name_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gridmap.model.kinds import Kind

ROWS = 10  # among which the header is looked for
Fit: TypeAlias = Callable[[Sequence[object]], float]
_At = TypeVar("_At")


def fit_of(kind: Kind, mapping: Mapping[str, str], key: Sequence[str]) -> Fit:
    """Make the function that judges a row: infinite where it names all columns that are needed, else how many it names.

    Parameters
    ----------
    mapping, key
        As `vocabulary.recognise` takes them.
    """

    def fit(cells: Sequence[object]) -> float:
        columns = name_columns(cells)
        try:
            vocabulary.recognise(kind, columns, mapping, key)
        except FileRefused:
            return vocabulary.known_columns(kind, columns)
        return math.inf

    return fit


def best_header(rows: Iterable[tuple[_At, Sequence[object]]], fit: Fit, default: _At) -> _At:
    """Return the place of the first row that can be the header; of the one that comes nearest where none can.

    Parameters
    ----------
    rows : iterable of (place, cells)
        Read no further than to the first that can be.
    default
        Where no row names any column.
    """
    best, place = 0.0, default
    for at, cells in rows:
        found = fit(cells)
        if found > best:
            best, place = found, at
        if best == math.inf:
            break
    return place


def header_note(row: int) -> list[str]:
    """Say where the header was found, unless that is where it always is."""
    return [f"表头取自第 {row} 行，以上各行未读取"] if row > 1 else []
