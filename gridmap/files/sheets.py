"""CSV and XLSX written so that codes stay text and no cell runs as a formula."""

from __future__ import annotations

import csv
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from gridmap.errors import FileRefused
from gridmap.files.cells import guard, printable
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

_CELL_LIMIT = 32_767  # characters that a workbook's cell can hold
_ROW_LIMIT = 1_048_576


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a CSV in UTF-8 with mark, as spreadsheets expect it. Returns the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([guard(name) for name in header])
        for row in rows:
            writer.writerow([_csv_cell(cell) for cell in row])
            count += 1
    return count


def write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]], title: str = "Sheet1") -> int:
    """Write a workbook with one sheet, texts as text cells. Returns the number of rows.

    Raises
    ------
    FileRefused
        A text or the sheet is longer than a workbook can hold.
    """
    return write_workbook(path, [(title, header, rows)])[0]


def write_workbook(
    path: Path, tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[object]]]]
) -> tuple[int, ...]:
    """Write a workbook of several sheets, each with title, header and rows, texts as text cells.

    Returns
    -------
    tuple of int
        Rows of each sheet.

    Raises
    ------
    FileRefused
        A text or a sheet is longer than a workbook can hold.
    """
    import openpyxl  # noqa: PLC0415 (0.3 s that a CSV need not pay)
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    workbook = openpyxl.Workbook(write_only=True)
    counts = []
    try:
        for title, header, rows in tables:
            sheet = workbook.create_sheet(title)
            sheet.freeze_panes = "A2"
            text_cell = WriteOnlyCell(sheet)  # one for all: a style of its own for each takes half the time
            text_cell.number_format = "@"
            sheet.append(_cells_of(list(header), text_cell))
            counts.append(0)
            for row in rows:
                counts[-1] += 1
                if counts[-1] >= _ROW_LIMIT:
                    raise FileRefused(
                        f"a sheet holds {_ROW_LIMIT:,} rows and there are more; write CSV instead", file=path.name
                    )
                values = [_xlsx_cell(path, cell, counts[-1], name) for name, cell in zip(header, row, strict=True)]
                sheet.append(_cells_of(values, text_cell))
    finally:
        workbook.save(path)  # after a failure, too: it closes and removes what openpyxl has open
    return tuple(counts)


def _cells_of(values: list[object], text_cell: Any) -> Iterator[object]:
    for value in values:
        if isinstance(value, str):
            text_cell.value = value
            text_cell.data_type = "s"  # whatever it begins with
            yield text_cell
        else:
            yield value


def _xlsx_cell(path: Path, value: object, count: int, column: str) -> object:
    if isinstance(value, datetime):
        return value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value
    if not isinstance(value, str):
        return value
    if len(value) > _CELL_LIMIT:
        raise FileRefused(
            f"row {count + 1}, {column} has {len(value):,} characters and a cell of a workbook holds {_CELL_LIMIT:,}; "
            "write CSV, GeoJSON or GeoPackage instead",
            file=path.name,
        )
    return printable(value)


def _csv_cell(value: object) -> object:
    if isinstance(value, str):
        return guard(printable(value))
    if isinstance(value, datetime):
        return (value.astimezone(SHANGHAI).replace(tzinfo=None) if value.tzinfo else value).isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    return value
