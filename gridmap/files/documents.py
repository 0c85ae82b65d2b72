"""Word documents: headings, paragraphs, tables and pictures, in the fonts that offices have."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from gridmap.files.cells import printable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from docx.document import Document as Paper
    from docx.text.paragraph import Paragraph as Line

_BODY, _HEAD = "仿宋", "黑体"  # what official papers are set in; a computer without them takes another
_SIZE = 14.0
_TABLE_SIZE = 10.5


@dataclass(frozen=True)
class Heading:
    """A heading; level 0 is the title of the paper."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, indented by two characters as papers are, unless it is a small note."""

    text: str
    note: bool = False


@dataclass(frozen=True)
class Table:
    """A table; `header` may be empty. Numbers stand right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float] = field(default=())  # millimetres


@dataclass(frozen=True)
class Picture:
    """A PNG at a width in millimetres."""

    png: bytes
    width: float = 150.0


Part = Heading | Paragraph | Table | Picture


def document_bytes(parts: Sequence[Part], *, title: str, author: str, made_at: datetime) -> bytes:
    """Make a .docx on A4; equal parts give equal content."""
    paper = Document()
    paper.core_properties.title = printable(title)
    paper.core_properties.author = printable(author)
    paper.core_properties.created = paper.core_properties.modified = made_at.replace(tzinfo=None)
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(26)
    section.top_margin = section.bottom_margin = Mm(30)
    for part in parts:
        _add(paper, part)
    stream = BytesIO()
    paper.save(stream)
    return stream.getvalue()


def _add(paper: Paper, part: Part) -> None:
    if isinstance(part, Heading):
        line = paper.add_paragraph()
        size = 22.0 if part.level == 0 else 16.0
        _write(line, part.text, _HEAD, size, bold=part.level > 0)
        if part.level == 0:
            line.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif isinstance(part, Paragraph):
        line = paper.add_paragraph()
        _write(line, part.text, _BODY, _TABLE_SIZE if part.note else _SIZE)
        if not part.note:
            line.paragraph_format.first_line_indent = Pt(2 * _SIZE)
            line.paragraph_format.line_spacing = 1.5
    elif isinstance(part, Table):
        _add_table(paper, part)
    else:
        paper.add_picture(BytesIO(part.png), width=Mm(part.width))
        paper.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _add_table(paper: Paper, part: Table) -> None:
    columns = len(part.header) or len(part.rows[0])
    table = paper.add_table(rows=0, cols=columns, style="Table Grid")
    for number, row in enumerate([part.header, *part.rows] if part.header else part.rows):
        cells = table.add_row().cells
        for position, (cell, text) in enumerate(zip(cells, row, strict=True)):
            head = bool(part.header) and number == 0
            _write(cell.paragraphs[0], text, _HEAD if head else _BODY, _TABLE_SIZE)
            if part.widths:
                cell.width = Mm(part.widths[position])
            if not head and text.replace(".", "", 1).replace("%", "", 1).isdigit():
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _write(line: Line, text: str, font: str, size: float, *, bold: bool = False) -> None:
    run = line.add_run(printable(text))
    run.font.size = Pt(size)
    run.font.bold = bold
    run.font.name = font
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)  # noqa: SLF001 -- no other way
