"""CSV and its relatives: encoding and delimiter found, rows numbered as a spreadsheet shows them."""

from __future__ import annotations

import codecs
import csv
from itertools import islice, zip_longest
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused
from gridmap.files.cells import Fault, unguard
from gridmap.files.feed import Batch, Feed, name_columns, repeated_columns
from gridmap.files.header import ROWS, best_header, header_note

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.files.header import Fit

MAX_LINE = 16 << 20  # characters; a community outline as WKT has some 100,000
_BLOCK = 1 << 20
_DELIMITERS = ",\t;|，"
_ENCODINGS = ("utf-8-sig", "gb18030")  # GB18030 reads every GBK and GB2312 file


def find_encoding(path: Path, wanted: str | None = None) -> str:
    """Find the encoding in which the whole file can be read.

    Parameters
    ----------
    path : Path
    wanted : str or None
        Said by the caller: the only one tried.

    Raises
    ------
    FileRefused
        None fits; the message names byte, row and the encodings tried.
    """
    with path.open("rb") as stream:
        head = stream.read(4)
    if wanted is None and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        wanted = "utf-16"
    tried: list[str] = []
    for encoding in (wanted,) if wanted else _ENCODINGS:
        fault = _first_undecodable(path, encoding)
        if fault is None:
            return encoding
        tried.append(f"{encoding.removesuffix('-sig')} fails at byte {fault[0]:,} in row {fault[1]}")
    raise FileRefused(
        f"{path.name} is in no encoding that was tried: {'; '.join(tried)}; name the right one with --encoding, "
        "or save the file as CSV UTF-8",
        file=path.name,
        tried=tried,
    )


def _first_undecodable(path: Path, encoding: str) -> tuple[int, int] | None:
    """Byte offset and row of the first bytes that are not of that encoding."""
    try:
        decoder = codecs.getincrementaldecoder(encoding.removesuffix("-sig"))()
    except LookupError as unknown:
        raise FileRefused(f"there is no encoding {encoding!r}; utf-8, gbk and gb18030 are usual") from unknown
    offset, row = 0, 1
    with path.open("rb") as stream:
        while True:
            block = stream.read(_BLOCK)
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as wrong:
                start = max(wrong.start - pending, 0)
                return offset - pending + wrong.start, row + block.count(b"\n", 0, start)
            if not block:
                return None
            offset += len(block)
            row += block.count(b"\n")


def find_delimiter(path: Path, encoding: str, header_row: int) -> str:
    """Find the delimiter: the candidate that stands most often in the header, outside quotes."""
    return _delimiters(path, encoding, header_row)[-1]


def _delimiters(path: Path, encoding: str, rows: int) -> list[str]:
    """Find the delimiter of each of the first lines, as if it were the header."""
    with path.open(encoding=encoding, newline="") as stream:
        bare = ["".join(stream.readline(MAX_LINE).split('"')[::2]) for _ in range(rows)]
    return [max(_DELIMITERS, key=line.count) for line in bare]


def _find_header(path: Path, encoding: str, fit: Fit) -> tuple[int, str]:
    """Find the row of the column names among the first, and the delimiter: a title above them tells none."""
    delimiters = list(dict.fromkeys(_delimiters(path, encoding, ROWS)))
    heads = (
        ((number, delimiter), record)
        for delimiter in delimiters
        for number, record, _ in islice(_records(path, encoding, delimiter), ROWS)
    )
    return best_header(heads, fit, (1, delimiters[0]))


def open_delimited(path: Path, encoding: str | None = None, header_row: int = 1, fit: Fit | None = None) -> Feed:
    """Open a CSV: comma, tab, semicolon or bar; UTF-8 with or without mark, UTF-16 with mark, GBK, GB18030.

    Parameters
    ----------
    fit : Fit, optional
        Finds the header, instead of `header_row`.

    Raises
    ------
    FileRefused
        Wrong encoding, no rows, a quote that is never closed, or a line beyond `MAX_LINE`.
    """
    found = find_encoding(path, encoding)
    if fit is None:
        delimiter = find_delimiter(path, found, header_row)
    else:
        header_row, delimiter = _find_header(path, found, fit)
    rows = _records(path, found, delimiter)
    columns: tuple[str, ...] = ()
    repeated: list[str] = []
    total = 0
    for number, record, _ in rows:
        if number == header_row:
            header = _without_blank_end(record)
            columns, repeated = name_columns(header), repeated_columns(header)
        elif number > header_row and any(record):
            total += 1
    if not columns or not total:
        raise FileRefused(
            f"{path.name} has {'a header but no rows' if columns else 'no header'}: nothing to read",
            file=path.name,
        )

    def batches(size: int) -> Iterator[Batch]:
        return _batches(_records(path, found, delimiter), len(columns), header_row, size)

    notes = [] if found == "utf-8-sig" else [f"文件编码：{found.upper()}"]
    notes += [*(header_note(header_row) if fit else []), *repeated]
    return Feed(columns, batches, total, notes=notes)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str], Fault | None]]:
    """Every record with its row number: a spreadsheet counts records, not lines, and blank ones too."""
    csv.field_size_limit(MAX_LINE)
    with path.open(encoding=encoding, newline="") as stream:
        reader = csv.reader(_lines(path, stream), delimiter=delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                yield number, next(reader), None
            except StopIteration:
                return
            except csv.Error as wrong:
                if "unexpected end of data" in str(wrong):
                    raise FileRefused(
                        f"{path.name}: a quote opened in row {number} is never closed: the file was cut short, or the "
                        "quote is a stray one; export it again or correct row " + str(number),
                        file=path.name,
                        row=number,
                    ) from wrong
                yield number, [], Fault("ragged_row", "该行的引号不成对，无法分列，请修正引号后重新导入")


def _lines(path: Path, stream: Iterator[str]) -> Iterator[str]:
    readline = stream.readline  # type: ignore[attr-defined]
    number = 0
    while line := readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise FileRefused(
                f"{path.name}: line {number} is longer than {MAX_LINE:,} characters, so this is no table; "
                "check the delimiter and the line ends",
                file=path.name,
                row=number,
            )
        yield line


def _without_blank_end(record: list[str]) -> list[str]:
    while record and not record[-1].strip():
        record = record[:-1]
    return record


def _batches(
    records: Iterator[tuple[int, list[str], Fault | None]], width: int, header_row: int, size: int
) -> Iterator[Batch]:
    numbers: list[int] = []
    rows: list[list[str]] = []
    faults: dict[int, Fault] = {}
    for number, record, fault in records:
        if number <= header_row or (fault is None and not any(record)):
            continue
        ragged = fault if fault or len(record) == width else _ragged(record, width)
        if ragged:
            faults[len(rows)] = ragged
        numbers.append(number)
        rows.append(record[:width])
        if len(rows) == size:
            yield _batch(numbers, rows, faults, width)
            numbers, rows, faults = [], [], {}
    if rows:
        yield _batch(numbers, rows, faults, width)


def _batch(numbers: list[int], rows: list[list[str]], faults: dict[int, Fault], width: int) -> Batch:
    blank = [""] * width  # so that short rows are filled up to the last column
    columns = [_unguarded(column[:-1]) for column in zip_longest(*rows, blank, fillvalue="")]
    return Batch(numbers, columns, None, faults)


def _unguarded(column: tuple[str, ...]) -> tuple[str, ...]:
    """Undo what an export does to texts that a spreadsheet would run as formulas."""
    return tuple(unguard(cell) if cell[:1] == "'" else cell for cell in column)


def _ragged(record: list[str], width: int) -> Fault | None:
    """Judge a row of another length than the header: blank cells too many are harmless, all else shifts columns."""
    extra = [cell for cell in record[width:] if cell.strip()]
    if len(record) > width and not extra:
        return None
    detail = f"，多出“{'、'.join(extra)}”" if extra else ""
    return Fault(
        "ragged_row",
        f"该行有 {len(record)} 列，表头有 {width} 列{detail}，各列可能错位；"
        "请检查多余或缺少的分隔符、引号，或文件是否被截断",
    )
