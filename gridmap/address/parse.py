"""A normalised address to its fields: candidates, the cheapest way, values."""

from __future__ import annotations

from functools import cache

from gridmap.address.costs import ORDER
from gridmap.address.decode import Way, decode, parts_of
from gridmap.address.labels import Field, Level, Reading, labelled_spans
from gridmap.address.normalise import Normalised, normalise
from gridmap.address.numerals import name_key, number_value
from gridmap.address.spans import Names, scan
from gridmap.address.words import address_words, core_name

_REGIONS = frozenset(("country", "province", "city", "district", "town"))
_NUMBERED = frozenset(("number", "subnumber", "building", "unit", "floor", "room", "group"))
_NAMED = frozenset(("road", "lane", "place", "part", "community", "zone"))


def parse(address: Normalised, names: Names | None = None, k: int = 1) -> list[Reading]:
    """Read an address.

    Parameters
    ----------
    address : Normalised
    names : Names, optional
        Names of roads, compounds and places known beforehand; they win over guesses.
    k : int
        How many readings at most.

    Returns
    -------
    list of Reading
        The best first; for an empty text one reading without fields. Fields are in order and do not overlap; together
        they cover the normalised text.
    """
    if not address.text:
        return [Reading((), 0.0)]
    ways = decode(scan(address.text, _gaps(address), names), max(1, k))
    readings: dict[tuple[Field, ...], Reading] = {}
    for way in ways:
        fields = fields_of(address, way)
        readings.setdefault(fields, Reading(fields, round(way[0], 6)))
    return list(readings.values())


def parse_labels(text: str, names: Names | None = None) -> list[tuple[int, int, str]]:
    """Cover a text with spans of the 21 labels: normalise, parse, convert."""
    return labelled_spans(text, parse(normalise(text), names)[0].fields)


def _gaps(address: Normalised) -> frozenset[int]:
    offsets = address.offsets
    if offsets[-1] == len(address.text):
        return frozenset()
    return frozenset(at for at in range(1, len(address.text)) if offsets[at] - offsets[at - 1] > 1)


def fields_of(address: Normalised, way: Way) -> tuple[Field, ...]:
    """Return the fields of a way through a text's lattice, what is said twice marked as such."""
    said: dict[str, str] = {}
    fields: list[Field] = []
    for index, begin, end in parts_of(way):
        level = ORDER[index]
        text = address.text[begin:end]
        if level in _REGIONS:
            core = core_name(text)
            if said.get(level) == core:
                level = "repeat"
            said.setdefault(level, core)
        start, stop = address.span(begin, end)
        fields.append(Field(level, start, stop, text, field_value(level, text)))
    return tuple(fields)


def field_value(level: Level, text: str) -> int | str:
    """Return what a field is compared by: a number for units, the core of a region's name, else the name's key."""
    if level in _NUMBERED:
        return number_value(text)
    if level in _REGIONS:
        return core_name(text)
    if level in _NAMED:
        return name_key(text, _never_numeral())
    return text


@cache
def _never_numeral() -> frozenset[str]:
    return frozenset(address_words()["never_numeral"])
