"""The column beside the map: legend, table of numbers, facts, four limits, QR code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import segno
import shapely

from gridmap.errors import BadInput
from maps.printing.fonts import face, plain
from maps.printing.legend import legend_entries, number_key
from maps.printing.paper import MM_PER_POINT, Box
from maps.printing.sheet import BODY, HINT, INK, SECONDARY
from maps.printing.wording import fitted, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from maps.printing.land import Land
    from maps.printing.legend import Entry
    from maps.printing.picture import Picture
    from maps.printing.sheet import Sheet
    from maps.printing.subject import Subject, Table

_HEADING = 9.0  # points at A3
_RULE = "#C9CED6"
_LEADING = 1.5
_ENTRY = 1.75  # of the type size: a row of the legend
_ROW, _HEAD_ROWS = 1.62, 1.9  # of the type size: a row of a table; its head is so many rows
_MOST_LINES = 4  # for what has no label on the map
_AIR, _LEAST_AIR = 0.9, 0.55  # of the type size, between the columns of a table
_LEAST_NAME = 6.5  # of the type size: rather smaller type than shortened names, and rather these than no table
_ROOMY = 1.25  # of the body type, where there is room for it


def draw_column(sheet: Sheet, land: Land, subject: Subject, picture: Picture, *, code: str | None) -> None:
    """Fill the column beside the map: legend, numbers, four limits, and the QR code of a grid when one is given.

    Raises
    ------
    BadInput
        The table does not fit on this paper.
    """
    column = _Column(sheet)
    if code is not None:
        column.code(code)
    column.heading("图例")
    column.legend(land, subject, picture)
    if subject.table is not None:
        column.heading(subject.table.heading)
        column.table(subject.table)
    if subject.facts:
        column.heading("网格情况")
        column.facts(subject.facts)
    limits = [(name, text) for name, text in subject.limits if text]
    if limits:
        column.heading("四至范围")
        column.paragraphs(limits)


class _Column:
    """Writes downwards."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet, self._paper = sheet, sheet.paper
        self._box = sheet.paper.layout().column
        self._y = self._box.top
        self._floor = self._box.bottom
        self._size = sheet.paper.type_size(BODY)

    def heading(self, text: str) -> None:
        """Write a heading with a rule under it."""
        size = self._paper.type_size(_HEADING)
        height = size * MM_PER_POINT
        self._y -= 0 if self._y == self._box.top else 1.0 * height
        self._sheet.text(self._box.left, self._y - height / 2, text, size, where="栏目", weight="bold")
        self._y -= 1.35 * height
        self._sheet.line([(self._box.left, self._y), (self._box.right, self._y)], INK, 0.2 * self._paper.unit)
        self._y -= 0.45 * height

    def legend(self, land: Land, subject: Subject, picture: Picture) -> None:
        """Write what lines, colours and marks mean, in two columns, with counts."""
        self._entries(legend_entries(self._sheet, land, subject, picture), self._size)
        if picture.numbered:
            self._y -= 0.4 * self._size * MM_PER_POINT
            self._key(number_key(self._sheet, land, picture), subject.table)
        if picture.unlabelled:
            names = "、".join(grid.name for grid in picture.unlabelled)
            self._wrapped(f"图上注记从略：{names}", _MOST_LINES, where="图例")

    def _key(self, entries: Sequence[Entry], table: Table | None) -> None:
        """Write what the numbers on the map stand for, as far as the table leaves room."""
        small = self._paper.small
        least = _ROW * small * (len(table.rows) + _HEAD_ROWS if table else 0) + 4 * self._paper.type_size(_HEADING)
        rows = int((self._y - self._floor - least * MM_PER_POINT) / (_ENTRY * small * MM_PER_POINT)) - 1
        kept = entries[: max(2 * rows, 0)]
        self._entries(kept, small)
        if len(kept) < len(entries):
            self._wrapped(f"其余 {len(entries) - len(kept)} 个编号从略，见网格名单", 1, where="图例")

    def _entries(self, entries: Sequence[Entry], size: float) -> None:
        half = (len(entries) + 1) // 2
        row = _ENTRY * size * MM_PER_POINT
        sample = 9.0 * self._paper.unit
        for index, (paint, word) in enumerate(entries):
            left = self._box.left + (index // half) * self._box.width / 2
            y = self._y - (index % half + 0.5) * row
            paint(Box(left, y - 0.32 * row, left + sample, y + 0.32 * row))
            room = self._box.width / 2 - sample - 3 * self._paper.unit
            word_ = fitted(plain(word), size, room, "regular")
            self._sheet.text(left + sample + 2 * self._paper.unit, y, word_, size, where="图例")
        self._y -= half * row

    def table(self, table: Table) -> None:
        """Write numbers, right-aligned, in columns as wide as they need; the first takes what is left.

        Raises
        ------
        BadInput
            Too many rows or columns for this paper.
        """
        small = self._paper.small
        sizes = np.linspace(_ROOMY * self._size, small, 6).tolist()
        tries = [*((size, _AIR) for size in sizes), (small, _LEAST_AIR)]
        for (size, air), whole in ((each, whole) for whole in (True, False) for each in tries):
            gap = air * size * MM_PER_POINT
            widths = [
                max(face("bold").width(text, size) for text in (*head, *(row[place + 1] for row in table.rows)))
                for place, head in enumerate(table.heads)
            ]
            first = self._box.width - sum(widths) - gap * len(widths)
            longest = max(face("bold").width(plain(row[0]), size) for row in table.rows)
            row_height = _ROW * size * MM_PER_POINT
            height = row_height * (len(table.rows) + _HEAD_ROWS)
            least = longest if whole else min(longest, _LEAST_NAME * size * MM_PER_POINT)
            if first >= least and self._y - height >= self._floor:
                break
        else:
            raise BadInput(
                f"the table of {len(table.rows)} rows does not fit on {self._paper.name}: use a larger --paper",
                paper=self._paper.name,
                rows=len(table.rows),
            )
        rights = self._box.left + first + np.cumsum(np.array(widths) + gap)
        line = size * MM_PER_POINT
        for right, head in zip(rights.tolist(), table.heads, strict=True):
            lines = [text for text in head if text]
            for number_, text in enumerate(lines):
                y = self._y - (_HEAD_ROWS * row_height) / 2 + ((len(lines) - 1) / 2 - number_) * 1.2 * line
                self._cell(right, y, text, size, colour=SECONDARY)
        self._sheet.text(self._box.left, self._y - 0.95 * row_height, table.first, size, where="表头", colour=SECONDARY)
        self._y -= _HEAD_ROWS * row_height
        for number_, row in enumerate(table.rows):
            weight = "regular" if number_ else "bold"
            y = self._y - row_height / 2
            self._sheet.line(
                [(self._box.left, self._y), (self._box.right, self._y)], _RULE, 0.1 * max(self._paper.unit, 1.0)
            )
            name = fitted(plain(row[0]), size, first, weight)
            self._sheet.text(self._box.left, y, name, size, where=f"表格 {row[0]}", weight=weight)
            for right, text in zip(rights.tolist(), row[1:], strict=True):
                self._cell(right, y, text, size, weight=weight)
            self._y -= row_height

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Write names and values, a line each."""
        size = 1.1 * self._size
        row = 1.7 * size * MM_PER_POINT
        for name, value in facts:
            y = self._y - row / 2
            self._sheet.text(self._box.left, y, name, size, where="网格情况", colour=SECONDARY)
            text = fitted(plain(value), size, 0.66 * self._box.width, "regular")
            self._sheet.text(self._box.left + 0.34 * self._box.width, y, text, size, where=f"网格情况 {name}")
            self._y -= row
            self._sheet.line(
                [(self._box.left, self._y), (self._box.right, self._y)], _RULE, 0.1 * max(self._paper.unit, 1.0)
            )

    def paragraphs(self, paragraphs: Sequence[tuple[str, str]]) -> None:
        """Write named sentences in the largest type that fits; what does not fit even in the smallest is counted."""
        texts = [(plain(name), plain(text)) for name, text in paragraphs]
        for size in np.linspace(_ROOMY * self._size, self._paper.small, 6).tolist():
            lines = [wrap(f"{name}：{text}", size, self._box.width) for name, text in texts]
            spacing = _LEADING * size * MM_PER_POINT
            if self._y - sum(len(each) * spacing + 0.25 * spacing for each in lines) >= self._floor:
                break
        for number_, ((name, _), wrapped) in enumerate(zip(texts, lines, strict=True)):
            last = number_ == len(lines) - 1
            if self._y - (len(wrapped) + (0 if last else 1.25)) * spacing < self._floor:
                rest = f"其余 {len(lines) - number_} 条从略，见四至范围台账"
                self._sheet.text(self._box.left, self._y - spacing / 2, rest, size, where="四至范围", colour=HINT)
                return
            for text in wrapped:
                self._sheet.text(self._box.left, self._y - spacing / 2, text, size, where=f"四至范围 {name}")
                self._y -= spacing
            self._y -= 0.25 * spacing

    def code(self, content: str) -> None:
        """Draw a QR code at the foot of the column, with its text beside it."""
        side = 27.0 * max(self._paper.unit, 0.8)
        modules = qr_modules(content)
        step = side / len(modules)
        rows, places = np.nonzero(modules)
        x, y = self._box.left + places * step, self._floor + side - (rows + 1) * step
        squares = shapely.box(x, y, x + step, y + step)
        self._sheet.shapes([shapely.union_all(squares)], fill="#000000")
        left = self._box.left + side + 3 * self._paper.unit
        for number_, text in enumerate(("扫码查看网格", *content.split(" "))):
            y_text = self._floor + side - (number_ + 0.6) * _LEADING * self._size * MM_PER_POINT
            room = self._box.right - left
            text_ = fitted(text, self._paper.small, room, "regular")
            self._sheet.text(left, y_text, text_, self._paper.small, where="二维码", colour=SECONDARY)
        self._floor += side + 3 * self._paper.unit

    def _wrapped(self, text: str, most: int, where: str) -> None:
        """Write small lines, so many at most."""
        size = self._paper.small
        lines = wrap(plain(text), size, self._box.width)
        if len(lines) > most:
            lines[most - 1] = fitted(lines[most - 1] + lines[most], size, self._box.width, "regular")
        for line in lines[:most]:
            self._y -= _LEADING * size * MM_PER_POINT
            self._sheet.text(self._box.left, self._y + 0.5 * size * MM_PER_POINT, line, size, where=where, colour=HINT)

    def _cell(self, x: float, y: float, text: str, size: float, weight: str = "regular", colour: str = INK) -> None:
        self._sheet.text(x, y, text, size, where="表格", side="right", weight=weight, colour=colour)


def qr_modules(content: str) -> NDArray[np.uint8]:
    """Make the dark (1) and light (0) squares of a QR code with a quiet zone."""
    return np.array([list(row) for row in segno.make(content, error="m", micro=False).matrix_iter(border=1)], np.uint8)
