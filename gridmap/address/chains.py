"""Numbers in a row: 12-3-301 is building, unit and room; 12-14号 is one number; 3# is a building."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from gridmap.address.costs import INDEX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.address.spans import Edge, Part

_NUMBER, _SUBNUMBER, _MARK = INDEX["number"], INDEX["subnumber"], INDEX["mark"]
_BUILDING, _UNIT, _FLOOR, _ROOM = (INDEX[level] for level in ("building", "unit", "floor", "room"))
_MANY_DIGITS = ((_NUMBER, 0.2), (_ROOM, 0.4), (_BUILDING, 2.0), (_SUBNUMBER, 1.2))
_SHOP_FLOOR = re.compile("[Ll][0-9]{1,2}-")  # of a mall: L2-15A
_PIECE = re.compile(r"[^-~]+")


def _pieces(number: str) -> list[tuple[int, int]]:
    return [match.span() for match in _PIECE.finditer(number)]


def _split(number: str, start: int, stop: int, levels: tuple[int, ...], cost: float) -> Edge:
    spans = _pieces(number)
    parts: list[Part] = []
    for (level, (begin, end)), following in zip(
        zip(levels, spans, strict=True), [*(span[0] for span in spans[1:]), None], strict=True
    ):
        parts.append((level, start + begin, stop if following is None else start + end))
        if following is not None:
            parts.append((_MARK, start + end, start + following))
    return stop, levels[0], levels[-1], cost, tuple(parts)


def _rows(number: str) -> Iterator[tuple[tuple[int, ...], float]]:
    """Yield the levels that the pieces of a chain ending in a room can have."""
    lengths = [end - begin for begin, end in _pieces(number)]
    long_end = 0.0 if lengths[-1] >= 3 else 0.5
    if len(lengths) == 2:
        yield (_BUILDING, _ROOM), 0.8 + long_end
        yield (_UNIT, _ROOM), 0.9 + 2 * long_end
    elif len(lengths) == 3:
        yield (_BUILDING, _UNIT, _ROOM), 0.6 + long_end
        yield (_UNIT, _FLOOR, _ROOM), 1.3 if max(lengths) < 3 else 1.4 + long_end  # 1-3-2 behind a building
    elif len(lengths) == 4:
        yield (_BUILDING, _UNIT, _FLOOR, _ROOM), 0.8


def chained_edges(number: str, start: int, stop: int, choices: tuple[tuple[int, float], ...]) -> list[Edge]:
    """Return the edges of a number (one piece or several) with a unit word.

    Parameters
    ----------
    number : str
        "12", "3-2", "A", "三", "附3".
    start, stop : int
        From the number's first character to behind the unit word.
    choices : tuple of (level, cost)
        What the unit word can mean.
    """
    if number[0] == "附":
        return [(stop, _SUBNUMBER, _SUBNUMBER, 0.0, None)]
    if choices[0][0] == _NUMBER and number[:4].isdecimal() and len(number) >= 4:
        choices = _MANY_DIGITS  # 1036号 in a market is a stall
    if choices[0][0] == _FLOOR and len(number) >= 3 and number.isdecimal():
        choices = ((_BUILDING, 0.2), *choices)  # no house has 309 floors
    edges: list[Edge] = [(stop, level, level, cost, None) for level, cost in choices]
    if "-" not in number:
        return edges
    level = choices[0][0]
    lengths = [end - begin for begin, end in _pieces(number)]
    if level == _ROOM:
        if any(short < 3 or short != other for short, other in pairwise(lengths)):
            edges = [(stop, level, level, cost + 1.2, None) for level, cost in choices]
        edges.extend(_split(number, start, stop, levels, cost) for levels, cost in _rows(number))
    elif level == _NUMBER and len(lengths) > 2:
        edges.extend(_split(number, start, stop, levels, cost) for levels, cost in _rows(number))
    elif level == _UNIT and len(lengths) == 2:
        edges.append(_split(number, start, stop, (_BUILDING, _UNIT), 0.3))
    elif level == _FLOOR and len(lengths) == 2 and lengths[0] > lengths[1]:
        edges.append(_split(number, start, stop, (_BUILDING, _FLOOR), 0.4))
    return edges


def bare_edges(number: str, start: int, stop: int) -> list[Edge]:
    """Return the edges of a number without a unit word; letters alone are none."""
    if number[0] == "附":
        return [(stop, _SUBNUMBER, _SUBNUMBER, 0.3, None)]
    if not any(character.isdecimal() for character in number):
        return [(stop, _ROOM, _ROOM, 1.8, None)] if number.isascii() else []
    if "-" in number or "~" in number:
        edges = [_split(number, start, stop, levels, cost + 0.3) for levels, cost in _rows(number)]
        lengths = [end - begin for begin, end in _pieces(number)]
        whole = 0.2 if len(lengths) == 2 and lengths[0] == lengths[1] >= 3 else 1.2
        edges.append((stop, _ROOM, _ROOM, whole + 0.3, None))
        edges.append((stop, _NUMBER, _NUMBER, 1.0, None))
        if len(lengths) == 2 and _SHOP_FLOOR.match(number):
            edges.append(_split(number, start, stop, (_FLOOR, _ROOM), 0.2))
        if len(lengths) == 2 and lengths[1] <= 2:
            edges.append(_split(number, start, stop, (_BUILDING, _UNIT), 1.5))
        return edges
    room = 0.5 if len(number) >= 3 else 1.5
    return [
        (stop, _ROOM, _ROOM, room, None),
        (stop, _NUMBER, _NUMBER, 1.3, None),
        (stop, _BUILDING, _BUILDING, 1.9 if len(number) < 3 and number.isdecimal() else 2.8, None),
        (stop, _UNIT, _UNIT, 2.5, None),
    ]
