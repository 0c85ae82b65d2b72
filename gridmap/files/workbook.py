"""XLSX workbooks."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

import openpyxl
from defusedxml import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from gridmap.errors import FileRefused
from gridmap.files.archives import check_archive
from gridmap.files.feed import Batch, Feed, name_columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, ParseError, EOFError, InvalidFileException, DefusedXmlException)


def open_workbook(path: Path, sheet: str | None = None, header_row: int = 1) -> Feed:
    """Open a sheet of a workbook, by name or the first that has rows.

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
    names = _sheet_names(path)
    if sheet is not None and sheet not in names:
        raise FileRefused(f"{path.name} has no sheet {sheet!r}; it has: {'、'.join(names)}", file=path.name)
    for name in [sheet] if sheet is not None else names:
        header = next((row for number, row in _rows(path, name) if number == header_row), ())
        columns = name_columns(header)
        if columns and any(any(row) for number, row in _rows(path, name) if number > header_row):
            break
    else:
        raise FileRefused(f"{path.name} has no rows below the header: nothing to read", file=path.name)

    def batches(size: int) -> Iterator[Batch]:
        return _batches(path, name, header_row, len(columns), size)

    others = [other for other in names if other != name]
    notes = [f"读取工作表“{name}”，未读取：{'、'.join(others)}"] if others and sheet is None else []
    return Feed(columns, batches, None, notes=notes)


def _load(path: Path) -> Any:
    return openpyxl.load_workbook(path, read_only=True, data_only=True)


def _refusal(path: Path, broken: Exception) -> FileRefused:
    if isinstance(broken, DefusedXmlException):
        return FileRefused(
            f"{path.name} declares XML entities, as an entity bomb does; save it anew in the spreadsheet program",
            file=path.name,
        )
    return FileRefused(
        f"{path.name} is no sound workbook or was cut short ({broken}); save it as .xlsx again", file=path.name
    )


def _sheet_names(path: Path) -> list[str]:
    try:
        workbook = _load(path)
    except _BROKEN as broken:
        raise _refusal(path, broken) from broken
    names = [sheet.title for sheet in workbook.worksheets]
    workbook.close()
    return names


def _rows(path: Path, sheet: str) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Rows with their numbers, blank cells at the end cut off."""
    try:
        workbook = _load(path)
        try:
            table = workbook[sheet]
            table.reset_dimensions()  # writers state them wrongly, and then rows are missing
            for number, row in enumerate(table.iter_rows(values_only=True), start=1):
                end = len(row)
                while end and (row[end - 1] is None or row[end - 1] == ""):
                    end -= 1
                yield number, row[:end]
        finally:
            workbook.close()
    except _BROKEN as broken:
        raise _refusal(path, broken) from broken


def _batches(path: Path, sheet: str, header_row: int, width: int, size: int) -> Iterator[Batch]:
    numbers: list[int] = []
    rows: list[tuple[object, ...]] = []
    for number, row in _rows(path, sheet):
        if number <= header_row or not row:
            continue
        numbers.append(number)
        rows.append((*row[:width], *(None for _ in range(width - len(row)))))
        if len(rows) == size:
            yield Batch(numbers, list(zip(*rows, strict=True)))
            numbers, rows = [], []
    if rows:
        yield Batch(numbers, list(zip(*rows, strict=True)))
