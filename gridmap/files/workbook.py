"""XLSX workbooks."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from gridmap.errors import FileRefused
from gridmap.files.archives import BROKEN_ARCHIVE, check_archive
from gridmap.files.feed import Batch, Feed, name_columns, repeated_columns
from gridmap.files.header import ROWS, best_header, header_note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.files.header import Fit

# openpyxl trusts what it reads, so a damaged workbook fails in many ways; SyntaxError is what XML parsers raise
_BROKEN = (*BROKEN_ARCHIVE, SyntaxError, LookupError, TypeError, AttributeError, InvalidFileException)


def open_workbook(path: Path, sheet: str | None = None, header_row: int = 1, fit: Fit | None = None) -> Feed:
    """Open a sheet of a workbook, by name or the first that has rows.

    Parameters
    ----------
    fit : Fit, optional
        Finds the header, instead of `header_row`.

    Raises
    ------
    FileRefused
        Cut short, a zip or XML bomb, no such sheet, or nothing in it.
    """
    members = {member.filename for member in check_archive(path)}
    if "xl/workbook.xml" not in members:
        raise FileRefused(
            f"{path.name} is a zip archive but no workbook: xl/workbook.xml is missing; save it as .xlsx again",
            file=path.name,
        )
    with _opened(path) as workbook:
        names = [table.title for table in workbook.worksheets]
        if sheet is not None and sheet not in names:
            raise FileRefused(f"{path.name} has no sheet {sheet!r}; it has: {'、'.join(names)}", file=path.name)
        for name in [sheet] if sheet is not None else names:
            if fit is not None:
                header_row = best_header(islice(_rows(workbook, name), ROWS), fit, 1)
            rows = _rows(workbook, name)
            header = next((row for number, row in rows if number == header_row), ())
            columns = name_columns(header)
            if columns and any(row for _, row in rows):
                break
        else:
            raise FileRefused(f"{path.name} has no rows below the header: nothing to read", file=path.name)

    def batches(size: int) -> Iterator[Batch]:
        return _batches(path, name, header_row, len(columns), size)

    others = [other for other in names if other != name]
    notes = [f"读取工作表“{name}”，未读取：{'、'.join(others)}"] if others and sheet is None else []
    notes += [*(header_note(header_row) if fit else []), *repeated_columns(header)]
    return Feed(columns, batches, None, notes=notes)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a workbook for reading, closed in any case; what goes wrong inside is named as the file's fault."""
    try:
        with path.open("rb") as stream:
            workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            try:
                yield workbook
            finally:
                workbook.close()
    except _BROKEN as broken:
        raise _unsound(path, broken) from broken


def _unsound(path: Path, broken: BaseException) -> FileRefused:
    if isinstance(broken, DefusedXmlException) or isinstance(broken.__cause__, DefusedXmlException):
        return FileRefused(
            f"{path.name} declares XML entities, as an entity bomb does; save it anew in the spreadsheet program",
            file=path.name,
        )
    said = str(broken).partition("\n")[0]
    return FileRefused(
        f"{path.name} is no sound workbook or was cut short ({said}); save it as .xlsx again", file=path.name
    )


def _rows(workbook: Any, sheet: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Rows with their numbers, blank cells at the end cut off."""
    table = workbook[sheet]
    table.reset_dimensions()  # writers state them wrongly, and then rows are missing
    for number, row in enumerate(table.iter_rows(values_only=True), start=1):
        end = len(row)
        while end and (row[end - 1] is None or row[end - 1] == ""):
            end -= 1
        yield number, row[:end]


def _batches(path: Path, sheet: str, header_row: int, width: int, size: int) -> Iterator[Batch]:
    numbers: list[int] = []
    rows: list[tuple[object, ...]] = []
    with _opened(path) as workbook:
        for number, row in _rows(workbook, sheet):
            if number <= header_row or not row:
                continue
            numbers.append(number)
            rows.append((*row[:width], *(None for _ in range(width - len(row)))))
            if len(rows) == size:
                yield Batch(numbers, list(zip(*rows, strict=True)))
                numbers, rows = [], []
    if rows:
        yield Batch(numbers, list(zip(*rows, strict=True)))
