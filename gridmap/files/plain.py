"""Tables without a kind: the columns and rows of a CSV or workbook as delivered, for verbs that only add columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gridmap.errors import BadInput, FileRefused
from gridmap.files.delimited import open_delimited
from gridmap.files.feed import name_columns
from gridmap.files.formats import Format, identify, sha256_of
from gridmap.files.output import replacing
from gridmap.files.sheets import write_csv, write_xlsx
from gridmap.files.vocabulary import aliases, fold
from gridmap.model.kinds import kind_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gridmap.files.feed import Feed
    from gridmap.files.header import Fit


@dataclass(frozen=True)
class PlainChunk:
    """Rows with their numbers in the file; `faults` says by position which do not fit the header, and why."""

    numbers: list[int]
    rows: list[tuple[object, ...]]
    faults: dict[int, str]


@dataclass(frozen=True)
class PlainTable:
    """An opened table. `sha256` is the fingerprint of the file."""

    path: Path
    sha256: str
    columns: tuple[str, ...]
    feed: Feed

    @property
    def total(self) -> int | None:
        """Rows, exactly; None where only reading them would tell."""
        return self.feed.total

    def chunks(self, size: int) -> Iterator[PlainChunk]:
        """Yield rows, `size` at a time.

        Raises
        ------
        FileRefused
            The file turns out to be damaged.
        """
        for batch in self.feed.batches(size):
            faults = {position: fault.reason for position, fault in batch.faults.items()}
            yield PlainChunk(batch.numbers, list(zip(*batch.cells, strict=True)), faults)

    def address_column(self, wanted: str | None = None) -> int:
        """Return the position of the column that holds addresses: the named one, else the first that looks so.

        Raises
        ------
        BadInput
            There is none; the message lists the columns.
        """
        folded = [fold(column) for column in self.columns]
        for name in _address_names(wanted):
            if name in folded:
                return folded.index(name)
        what = f"no column {wanted!r}" if wanted else "no column of addresses"
        raise BadInput(
            f"{self.path.name} has {what}: name one with --column; the columns are {', '.join(self.columns)}",
            file=self.path.name,
        )


def _address_names(wanted: str | None) -> list[str]:
    return [fold(name) for name in ([wanted] if wanted else aliases(kind_named("incidents"), "address"))]


def open_addresses(path: Path, sheet: str | None = None, column: str | None = None) -> PlainTable:
    """Open a CSV or XLSX whose header, among the first ten rows, names a column of addresses.

    Raises
    ------
    FileRefused
        It is neither, empty or damaged.
    """
    names = _address_names(column)
    return open_plain(
        path, sheet, lambda cells: math.inf if any(fold(each) in names for each in name_columns(cells)) else 0
    )


def open_plain(path: Path, sheet: str | None = None, fit: Fit | None = None) -> PlainTable:
    """Open a CSV or XLSX as it is; `fit` finds the header where that is not the first row.

    Raises
    ------
    FileRefused
        It is neither, empty or damaged.
    """
    form = identify(path)
    if form is Format.CSV:
        feed = open_delimited(path, fit=fit)
    elif form is Format.XLSX:
        from gridmap.files.workbook import open_workbook  # noqa: PLC0415 -- openpyxl: 0.3 s that a CSV need not pay

        feed = open_workbook(path, sheet, fit=fit)
    else:
        raise FileRefused(f"{path.name} is no table: save it as CSV or XLSX", file=path.name)
    return PlainTable(path, sha256_of(path), feed.columns, feed)


def write_plain(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV or XLSX, by the name's ending, whole or not at all. Returns the number of rows.

    Raises
    ------
    BadInput
        Another ending, or there is no such folder.
    """
    suffix = path.suffix.lower()
    if suffix not in {".csv", ".xlsx"}:
        raise BadInput(f"{path.name}: the answer is written as .csv or .xlsx", file=path.name)
    if not path.parent.is_dir():
        raise BadInput(f"{path}: the folder {path.parent} does not exist; make it first", file=path.name)
    with replacing(path) as target:
        return write_csv(target, header, rows) if suffix == ".csv" else write_xlsx(target, header, rows)
