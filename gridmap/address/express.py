"""The short way to a reading: an address of known names and plain units, in the usual order, needs no lattice.

Most rows of a register are like that. Whatever is not entirely understood goes the long way (`parse`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from gridmap.address.labels import Field, Level, Reading
from gridmap.address.normalise import Normalised, normalise
from gridmap.address.parse import field_value, parse

if TYPE_CHECKING:
    from gridmap.address.index import GazetteerIndex

_INSIDE: tuple[tuple[Level, re.Pattern[str]], ...] = (
    ("building", re.compile(r"[0-9]{1,3}(?:栋|幢|号楼|座|#楼|#)")),
    ("unit", re.compile(r"[0-9]{1,2}单元")),
    ("room", re.compile(r"[0-9]{3,4}(?:室|户|房)?$")),
)
_NUMBER = re.compile(r"[0-9]{1,5}号(?![楼院房室库铺店])")
_ANNEX = re.compile(r"附[0-9]{1,3}号")
_REGIONS = frozenset(("country", "province", "city", "district", "town", "repeat", "mark"))
_MOST_PREFIXES = 64
_LONGEST = 40


class Express:
    """Reads addresses with the names of one index; it remembers the regions with which they begin."""

    def __init__(self, index: GazetteerIndex) -> None:
        self._index = index
        self._prefixes: dict[str, tuple[tuple[Level, int, int], ...]] = {"": ()}
        self._longest_first = [""]

    def read(self, address: Normalised) -> Reading | None:
        """Return the reading of an address, None when it has to go the long way."""
        text = address.text
        if not 2 < len(text) <= _LONGEST or address.masked:
            return None
        prefix = self._prefix(text)
        if prefix is None:
            return None
        parts = self._body(text, len(prefix))
        if parts is None:
            return None
        spans = [*self._prefixes[prefix], *parts]
        fields = []
        for level, begin, end in spans:
            start, stop = address.span(begin, end)
            piece = text[begin:end]
            fields.append(Field(level, start, stop, piece, _value(level, piece)))
        return Reading(tuple(fields), 0.0)

    def _prefix(self, text: str) -> str | None:
        """Return the regions at the beginning; those seen before cost nothing."""
        for prefix in self._longest_first:
            if text.startswith(prefix) and self._name(text, len(prefix)) is not None:
                return prefix
        for start in range(1, min(len(text) - 2, 20)):
            if self._name(text, start) is not None:
                return self._learnt(text[:start])
        return None

    def _learnt(self, prefix: str) -> str | None:
        reading = parse(normalise(prefix), self._index)[0]
        if len(self._prefixes) >= _MOST_PREFIXES or any(each.label not in _REGIONS for each in reading.fields):
            return None
        self._prefixes[prefix] = tuple((each.label, each.start, each.end) for each in reading.fields)
        self._longest_first = sorted(self._prefixes, key=len, reverse=True)
        return prefix

    def _name(self, text: str, at: int) -> tuple[int, Level] | None:
        """Return end and level of the longest known road or place that begins there."""
        found = [pair for pair in self._index.at(text, at) if pair[1] in {"road", "place"}]
        if not found:
            return None
        best = max(end for end, _ in found)
        levels = [level for end, level in found if end == best]
        return (best, levels[0]) if len(levels) == 1 else None

    def _body(self, text: str, at: int) -> list[tuple[Level, int, int]] | None:
        parts: list[tuple[Level, int, int]] = []
        name = self._name(text, at)
        if name is not None and name[1] == "road":
            parts.append(("road", at, name[0]))
            number = _NUMBER.match(text, name[0])
            if number is None:
                return None
            parts.append(("number", *number.span()))
            at = number.end()
            if annex := _ANNEX.match(text, at):
                parts.append(("subnumber", *annex.span()))
                at = annex.end()
            name = self._name(text, at)
        if name is not None and name[1] == "place":
            parts.append(("place", at, name[0]))
            at = name[0]
        for level, pattern in _INSIDE:
            if found := pattern.match(text, at):
                parts.append((level, *found.span()))
                at = found.end()
        return parts if at == len(text) else None


@lru_cache(maxsize=65536)
def _value(level: Level, text: str) -> int | str:
    return field_value(level, text)
