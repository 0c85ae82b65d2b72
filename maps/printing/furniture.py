"""What stands above and below the map: title, north arrow, scale bar, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import BadInput
from maps.printing.fonts import face, plain
from maps.printing.paper import Box
from maps.printing.sheet import BODY, INK, SECONDARY
from maps.printing.wording import fitted

if TYPE_CHECKING:
    from maps.printing.land import Land
    from maps.printing.picture import Picture
    from maps.printing.sheet import Sheet

NOT_A_TITLE = "示意图，不作为权属依据"
_BASIS = "底数台账登记数，按位置落入本方案网格计；事件为在办数"
_TITLE, _NOTE = 23.0, 8.4  # points at A3


def draw_title(sheet: Sheet, text: str) -> None:
    """Write the title top centre, smaller where it is long.

    Raises
    ------
    BadInput
        It is longer than the sheet is wide.
    """
    box = sheet.paper.layout().title
    text = plain(text)
    size = sheet.paper.type_size(_TITLE)
    size *= min(1.0, box.width / max(face("bold").width(text, size), 1e-9))
    if size < sheet.paper.small:
        raise BadInput(f"the title is too long for {sheet.paper.name}: {text[:40]}…", title=text)
    y = box.top - 0.45 * box.height
    sheet.text((box.left + box.right) / 2, y, text, size, where="标题", side="middle", weight="bold")


def draw_foot(sheet: Sheet, land: Land, picture: Picture, approval: str) -> None:
    """Write the notes: north arrow, scale bar and ratio, who made it and when, what it counts, what it is not.

    Raises
    ------
    BadInput
        The approval number is too long to be printed whole.
    """
    box, unit = sheet.paper.layout().foot, sheet.paper.unit
    size = sheet.paper.type_size(BODY)
    middle = (box.bottom + box.top) / 2
    _north(sheet, box.left + 5 * unit, middle)
    _scale_bar(sheet, picture, box.left + 15 * unit, middle, 88 * unit)
    data = land.data
    # The year-month-day of Chinese papers, without leading zeros.
    days = [f"{day.year}年{day.month}月{day.day}日" for day in (data.made_on, data.as_of)]
    columns = (
        (("制图单位", data.maker), ("制图日期", days[0]), ("截至日期", days[1])),
        (
            ("方案名", data.plan),
            ("口径", _BASIS),
            ("坐标系", f"CGCS2000 三度带高斯-克吕格（EPSG:{land.plane.epsg}）" if land.plane.epsg else "本地平面"),
        ),
    )
    left, rights = box.left + 118 * unit, (box.left + 196 * unit, box.right - 84 * unit)
    for facts, right in zip(columns, rights, strict=True):
        for place, (word, value) in enumerate(facts):
            y = box.top - (place + 0.5) * box.height / 3
            more = f"（批准文号：{plain(data.document)}）" if data.document and word == "方案名" else ""
            text = _beside(f"{word}：{plain(value)}", more, size, right - left - 3 * unit)
            sheet.text(left, y, text, size, where=word)
        left = right
    _remarks(sheet, box, approval, demonstration=data.demonstration)


def _beside(text: str, more: str, size: float, room: float) -> str:
    """Write two texts in a line; where they do not fit, the second one stays whole if it can."""
    rest = room - face().width(more, size)
    return fitted(text, size, rest, "regular") + more if rest > room / 4 else fitted(text + more, size, room, "regular")


def _remarks(sheet: Sheet, box: Box, approval: str, *, demonstration: bool) -> None:
    room, size = 82 * sheet.paper.unit, sheet.paper.type_size(BODY)
    number = f"审图号：{plain(approval)}" if approval else ""
    if face().width(number, size) > room:
        raise BadInput(f"the approval number does not fit on the sheet: {approval[:40]}…", approval=approval)
    lines = [(NOT_A_TITLE, sheet.paper.type_size(_NOTE), "bold", INK), (number, size, "regular", INK)]
    if demonstration:
        lines.append(("演示数据，均为虚构", size, "regular", SECONDARY))
    for place, (text, points, weight, colour) in enumerate(line for line in lines if line[0]):
        y = box.top - (place + 0.5) * box.height / 3
        sheet.text(box.right, y, text, points, where="说明", side="right", weight=weight, colour=colour)


def _north(sheet: Sheet, x: float, y: float) -> None:
    unit = sheet.paper.unit
    left = [(0, 4.6), (-2.7, -6.2), (0, -4.1)]
    right = [(0, 4.6), (2.7, -6.2), (0, -4.1)]
    for half, fill in ((left, INK), (right, "#FFFFFF")):
        shape = shapely.Polygon([(x + dx * unit, y + dy * unit) for dx, dy in half])
        sheet.shapes([shape], fill=fill, edge=INK, width=0.2 * unit)
    sheet.text(x, y + 6.7 * unit, "北", sheet.paper.type_size(8), where="指北针", side="middle", weight="bold")


def _scale_bar(sheet: Sheet, picture: Picture, x: float, y: float, room: float) -> None:
    """Draw four fields, black and white by turns, each a round number of metres long."""
    unit, size = sheet.paper.unit, sheet.paper.type_size(BODY)
    scale = picture.frame.scale
    most = room / 4 * scale / 1000
    power = 10.0 ** np.floor(np.log10(most))
    field = float(max(step * power for step in (1, 2, 2.5, 5) if step * power <= most))
    width, height = field * 1000 / scale, 1.6 * unit
    low = y - 3.2 * unit
    for place in range(4):
        box = Box(x + place * width, low, x + (place + 1) * width, low + height)
        sheet.rectangle(box, fill=INK if place % 2 == 0 else "#FFFFFF", edge=INK, width=0.18 * unit)
    kilometres = 4 * field >= 2000
    for place in (0, 1, 2, 4):
        value = place * field / (1000 if kilometres else 1)
        word = f"{value:g}" + (("千米" if kilometres else "米") if place == 4 else "")
        sheet.text(x + place * width, low + height + 2.2 * unit, word, size, where="比例尺", side="middle")
    sheet.text(x, y + 6 * unit, f"比例尺 1:{scale}", sheet.paper.type_size(_NOTE), where="比例尺", weight="bold")
