"""What every reader hands on: the columns of a file and its rows in batches, as delivered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gridmap.files.cells import Fault


@dataclass(frozen=True)
class Batch:
    """Some rows, column by column.

    Parameters
    ----------
    numbers : list of int
        Row numbers as the user sees them: spreadsheet rows with the header counted, or features from 1.
    cells : list of sequences
        One sequence per column.
    shapes : array of object or None
        Shapely geometries in the file's own coordinates, None where there is none; None for tables.
    faults : dict
        Position in the batch to what is wrong with the row as a whole.
    """

    numbers: list[int]
    cells: Sequence[Sequence[object]]
    shapes: NDArray[np.object_] | None = None
    faults: dict[int, Fault] = field(default_factory=dict)


class Batches(Protocol):
    """Read a file from its beginning, `size` rows at a time."""

    def __call__(self, size: int) -> Iterator[Batch]:
        """Read."""


@dataclass(frozen=True)
class Feed:
    """An opened file.

    Parameters
    ----------
    columns : tuple of str
        As delivered; a repeated name gets a number.
    batches : Batches
    total : int or None
        Rows, exactly; None where only reading them would tell.
    carried : str or None
        The CRS that the file states, as text for `datum.parse_crs`.
    implied : bool
        The CRS is not stated in the file but given by the definition of its format.
    notes : list of str
        Chinese sentences for the user.
    keep : object
        Whatever must live as long as the feed, such as a folder of unpacked files.
    """

    columns: tuple[str, ...]
    batches: Batches
    total: int | None
    carried: str | None = None
    implied: bool = False
    notes: list[str] = field(default_factory=list)
    keep: object = None


def name_columns(header: Sequence[object]) -> tuple[str, ...]:
    """Make column names of header cells: stripped, blank ones named by their letter, repeated ones numbered."""
    names: list[str] = []
    for position, cell in enumerate(header):
        plain = " ".join(str("" if cell is None else cell).replace("\ufeff", "").split())
        name = base = plain or f"第{_letters(position)}列"
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return tuple(names)


def repeated_columns(header: Sequence[object]) -> list[str]:
    """Say in Chinese which names stand over several columns: only the first of each is known by its name."""
    numbered: dict[str, list[str]] = {}
    for cell, name in zip(header, name_columns(header), strict=True):
        plain = " ".join(str("" if cell is None else cell).replace("\ufeff", "").split())
        if plain and name != plain:
            numbered.setdefault(plain, []).append(name)
    return [
        f"有 {len(others) + 1} 列都叫“{plain}”：只按列名读第一列，其余改称“{'”“'.join(others)}”，没有采用；"
        f"如需改用请加 --map 字段={others[0]}"
        for plain, others in numbered.items()
    ]


def _letters(position: int) -> str:
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
