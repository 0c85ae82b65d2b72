"""One column of cells to typed values, each failure a fault with a Chinese sentence that says the remedy."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from gridmap import codes
from gridmap.errors import CodeRefused
from gridmap.files import vocabulary
from gridmap.model.kinds import FieldType
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gridmap.model.kinds import Field, Kind

_CONTROL: dict[int, str | None] = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
_CONTROL |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")  # halves of a character that came apart: none can be written
_FORMULA_GUARD = re.compile(r"^'+[=+\-@\t\r]")
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
_CELL_ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#####", "########"})
_NUMBER = re.compile(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
_THOUSANDS = re.compile(r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$")
_NUMBER_AND_MORE = re.compile(r"^[+-]?[\d,.]+\s*[^\d\s.,].*$")
_FLOOR = re.compile(r"^(?:第)?(地下|负|-|B|b)?(\d+|[零一二两三四五六七八九十]+)(?:层|楼|F|f)?$")
_FLOOR_FIELDS = frozenset({"floor", "floor_from", "floor_to", "floors"})
_DATE = re.compile(r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*(?:日|号)?(?:[T\s]*(.*))$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_TIME = re.compile(
    r"^(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})\s*(?:[:分]\s*(?:(\d{1,2})(?:\.(\d+))?\s*秒?)?)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?$"
)
_DIGITS = {character: number for number, character in enumerate("零一二三四五六七八九")} | {"两": 2}
_SERIAL_EPOCH = date(1899, 12, 30)  # a spreadsheet's day 0, its 1900 leap-year mistake counted in
_SERIAL_DAYS = range(10_000, 80_000)  # 1927 to 2119


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell or shape. `reason` is Chinese and says the remedy; `code` is stable."""

    code: str
    reason: str
    value: str = ""


class CellRefused(Exception):
    """A cell that cannot be read as its field."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


OMITTED = object()
"""Stands for a masked cell: the value is left out of the row, so that it never overwrites the real one."""


def text_of(cell: object) -> str:
    """Show a cell as the user sees it, without control characters."""
    if isinstance(cell, str):
        return cell if cell.isprintable() else cell.translate(_CONTROL)
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    return str(cell)


def guard(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula; `unguard` takes it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Undo `guard`."""
    return text[1:] if text[:1] == "'" and _FORMULA_GUARD.match(text) else text


def printable(text: str) -> str:
    """Drop the control characters that neither XML nor a workbook can hold."""
    return text if text.isprintable() else text.translate(_CONTROL)


def convert_column(
    kind: Kind, field: Field, cells: Sequence[object], *, is_key: bool = False, required: bool | None = None
) -> tuple[list[object], dict[int, Fault]]:
    """Read one column as the values of a field.

    Parameters
    ----------
    kind : Kind
    field : Field
    cells : sequence of object
        Text from a CSV; numbers, dates and booleans as well from workbooks and GIS files.
    is_key : bool
        The field identifies records: full-width and half-width forms are made one.
    required : bool, optional
        An empty cell is a fault; default as the field says.

    Returns
    -------
    values : list
        Typed values; None for an empty cell, `OMITTED` for a masked one.
    faults : dict
        Position in the column to what is wrong.
    """
    needed = field.required if required is None else required
    convert = _converter(kind, field, is_key=is_key, required=needed)
    label = vocabulary.label(kind, field.name)
    values: list[object] = []
    faults: dict[int, Fault] = {}
    for position, cell in enumerate(cells):
        value: object = None
        if cell is not None and cell != "":
            try:
                value = convert(cell)
            except CellRefused as refused:
                faults[position] = Fault(refused.code, f"“{label}”{refused.reason}", text_of(cell))
                values.append(None)
                continue
        if value is None and needed:
            faults[position] = Fault("missing", f"“{label}”没有填写，该项必填，请补填后重新导入")
        values.append(value)
    return values, faults


def convert_numbers(cells: Sequence[object], label: str) -> tuple[list[float], dict[int, Fault]]:
    """Read one column of coordinates; an empty cell is NaN."""
    values: list[float] = []
    faults: dict[int, Fault] = {}
    blanks = vocabulary.blank_words()
    for position, cell in enumerate(cells):
        number = math.nan
        try:
            number = float(cell)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            text = text_of(cell)
            if text.strip() and vocabulary.fold(text) not in blanks:
                try:
                    number = _number(cell)
                except CellRefused as refused:
                    hint = "；度分秒写法请先换算成小数度" if re.search(r"[°′″'\"度分秒]", text) else ""
                    faults[position] = Fault(refused.code, f"“{label}”{refused.reason}{hint}", text)
        if math.isinf(number):
            faults[position] = Fault("not_a_number", f"“{label}”不是有限的数，请填写数字", text_of(cell))
            number = math.nan
        values.append(number)
    return values, faults


def _converter(kind: Kind, field: Field, *, is_key: bool, required: bool) -> Callable[[object], object]:
    if field.choices:
        words = vocabulary.choice_words(kind, field.name)
        shown = "、".join(vocabulary.choice_label(kind, field.name, value) for value in field.choices)
        return lambda cell: _choice(cell, words, shown)
    if field.type is FieldType.INTEGER and field.name in _FLOOR_FIELDS:
        convert: Callable[[object], object] = _floor
    else:
        convert = _CONVERTERS[field.type]
    if field.type is FieldType.TEXT and is_key:
        convert = _key_text
    if field.mask is not None:
        return _unless_masked(convert, required=required)
    return convert


def _unless_masked(convert: Callable[[object], object], *, required: bool) -> Callable[[object], object]:
    def checked(cell: object) -> object:
        if isinstance(cell, str) and "*" in cell:  # what access.mask leaves behind
            if required:
                raise CellRefused("masked", f"为“{text_of(cell)}”，是打码后的值，不能导入；请换用未打码的原表")
            return OMITTED
        return convert(cell)

    return checked


def _text(cell: object) -> str | None:
    text = text_of(cell).strip()
    if text in _CELL_ERRORS:
        raise CellRefused("cell_error", f"为“{text}”，是电子表格的公式错误，请改正后重新导入")
    return text or None


def _key_text(cell: object) -> str | None:
    text = _text(cell)
    return " ".join(unicodedata.normalize("NFKC", text).split()) if text else None


def _code(cell: object) -> str | None:
    if isinstance(cell, str) and cell.isascii() and cell.isdigit():
        return cell
    text = _text(cell)
    if text is None or vocabulary.fold(text) in vocabulary.blank_words():
        return None
    try:
        return codes.clean_text(text if isinstance(cell, str) else cell) or None
    except CodeRefused as refused:
        shown = str(refused.evidence.get("value", text))
        raise CellRefused(
            "code_refused",
            f"为“{shown}”，是电子表格把编码当作数字造成的，后面的位数已经丢失；请把该列设为文本格式，填回完整编码后重新导入",
        ) from refused


def _plain(cell: object) -> str | None:
    text = _text(cell)
    if text is None:
        return None
    text = unicodedata.normalize("NFKC", text).strip()
    return None if vocabulary.fold(text) in vocabulary.blank_words() else text


def _number(cell: object) -> float:
    if isinstance(cell, bool):
        raise CellRefused("not_a_number", f"为“{cell}”，不是数字")
    try:
        number = float(cell if isinstance(cell, (int, float)) else _digits(_text(cell) or ""))
    except OverflowError:  # an integer of hundreds of digits
        number = math.inf
    if math.isinf(number):
        raise CellRefused("not_a_number", f"为“{text_of(cell)}”，数值太大，请核对")
    return number


def _digits(text: str) -> str:
    """Return the text of a number as Python reads it."""
    text = unicodedata.normalize("NFKC", text).strip()
    if _THOUSANDS.match(text):
        text = text.replace(",", "")
    if not _NUMBER.match(text):
        if _NUMBER_AND_MORE.match(text):
            raise CellRefused("not_a_number", f"为“{text}”，带有单位或其他文字，请只填数字")
        raise CellRefused("not_a_number", f"为“{text}”，不是数字，请填写数字")
    return text


def _optional_number(cell: object) -> float | None:
    if isinstance(cell, float) and math.isnan(cell):
        return None
    if isinstance(cell, str) and _plain(cell) is None:
        return None
    return _number(cell)


def _integer(cell: object) -> int | None:
    if isinstance(cell, str) and cell.isascii() and cell.isdigit() and len(cell) < 10:
        return int(cell)
    number = _optional_number(cell)
    if number is None:
        return None
    if not number.is_integer() or abs(number) > 2**31 - 1:
        raise CellRefused("not_an_integer", f"为“{text_of(cell)}”，不是整数，请填写整数")
    return int(number)


def _floor(cell: object) -> int | None:
    text = _plain(cell) if isinstance(cell, str) else None
    match = _FLOOR.match(text) if text else None
    if match is None:
        return _integer(cell)
    below, digits = match.groups()
    number = _integer(digits) if digits.isascii() else _chinese_number(digits)
    return -number if below and number else number


def _chinese_number(text: str) -> int | None:
    """Read 一 to 九十九, and digits one by one."""
    tens, ten, ones = text.rpartition("十")
    try:
        if not ten:
            return _integer("".join(str(_DIGITS[character]) for character in text))
        return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
    except KeyError as unknown:
        raise CellRefused("not_an_integer", f"为“{text}”，不是楼层，请填写整数，地下填负数") from unknown


def _boolean(cell: object) -> bool | None:
    if isinstance(cell, bool):
        return cell
    text = _text(cell)
    if text is None:
        return None
    words = vocabulary.boolean_words()
    folded = vocabulary.fold(text)
    if folded in words:
        return words[folded]
    if folded in vocabulary.blank_words():
        return None
    raise CellRefused("not_a_boolean", f"为“{text}”，请填“是”或“否”")


def _choice(cell: object, words: dict[str, str], shown: str) -> str | None:
    text = _text(cell)
    if text is None:
        return None
    folded = vocabulary.fold(text)
    if folded in words:
        return words[folded]
    if folded in vocabulary.blank_words():
        return None
    raise CellRefused("unknown_choice", f"为“{text}”，只能填：{shown}")


def _date(cell: object) -> date | None:
    moment = _moment(cell)
    return None if moment is None else moment.astimezone(SHANGHAI).date()


def _moment(cell: object) -> datetime | None:
    text = _plain(cell) if isinstance(cell, str) else text_of(cell)
    if not text:
        return None
    try:
        moment = _read_moment(cell, text)
        for zone in (UTC, SHANGHAI):  # as it is stored, and as it is shown: both within the years 1 to 9999
            moment.astimezone(zone)
    except (ValueError, OverflowError) as wrong:
        raise CellRefused(
            "not_a_date", f"为“{text}”，不是日期，请写成 2026-03-05 或 2026-03-05 14:30 的样式"
        ) from wrong
    return moment


def _read_moment(cell: object, text: str) -> datetime:
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=SHANGHAI)
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=SHANGHAI)
    return _parse_moment(text)


def _parse_moment(text: str) -> datetime:
    if match := _COMPACT_DATE.match(text):
        year, month, day = (int(part) for part in match.groups())
        return datetime(year, month, day, tzinfo=SHANGHAI)
    if _NUMBER.match(text) and int(float(text)) in _SERIAL_DAYS:
        days = timedelta(seconds=round(float(text) * 86_400))
        return datetime(_SERIAL_EPOCH.year, _SERIAL_EPOCH.month, _SERIAL_EPOCH.day, tzinfo=SHANGHAI) + days
    match = _DATE.match(text)
    if match is None:
        raise ValueError(text)
    year, month, day = (int(part) for part in match.groups()[:3])
    clock = match.group(4).strip()
    if not clock:
        return datetime(year, month, day, tzinfo=SHANGHAI)
    time = _TIME.match(clock)
    if time is None:
        raise ValueError(text)
    hour, minute, second, fraction, zone = time.groups()
    microsecond = int((fraction or "0")[:6].ljust(6, "0"))
    return datetime(year, month, day, int(hour), int(minute or 0), int(second or 0), microsecond, tzinfo=_zone(zone))


def _zone(text: str | None) -> timezone:
    if text is None:
        return SHANGHAI
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)))


_CONVERTERS: dict[FieldType, Callable[[object], object]] = {
    FieldType.TEXT: _text,
    FieldType.CODE: _code,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _optional_number,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.DATETIME: _moment,
}
