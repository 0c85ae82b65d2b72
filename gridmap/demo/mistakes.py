"""Rows with the mistakes that offices make, each of which an import has to refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

Row = dict[str, Any]  # field to cell
UNKNOWN_COMMUNITY = "样板村社区"


def _exponent(row: Row, field: str) -> Row:
    digits = "".join(character for character in str(row[field]) if character.isdigit())
    return {**row, field: f"{digits[0]}.{digits[1:6]}E+{len(digits) - 1}"}


def _swapped(row: Row) -> Row:
    return {**row, "lon": row["lat"], "lat": row["lon"]}


def _in_words(row: Row) -> Row:
    return {**row, "lon": f"东经{row['lon']}度"}


def _abroad(row: Row) -> Row:
    return {**row, "lon": round(float(row["lon"]) / 10, 6)}  # a decimal point in the wrong place


MISTAKES: Mapping[str, Callable[[Row], Row]] = {
    "duplicate": lambda row: row,
    "exponent_code": lambda row: _exponent(row, "code"),
    "exponent_grid": lambda row: _exponent(row, "grid"),
    "no_address": lambda row: {**row, "address": None},
    "no_code": lambda row: {**row, "code": None},
    "no_name": lambda row: {**row, "name": None},
    "no_title": lambda row: {**row, "title": None},
    "no_road": lambda row: {**row, "road": None},
    "swapped": _swapped,
    "degrees_in_words": _in_words,
    "abroad": _abroad,
    "words_for_number": lambda row: {**row, "residents": f"{row['residents']}口人"},
    "words_for_members": lambda row: {**row, "members": f"{row['members']}名党员"},
    "unknown_community": lambda row: {**row, "community": UNKNOWN_COMMUNITY},
    "bad_date": lambda row: {**row, "reported_at": "上周三下午"},
}
_SAME_KEY = {"duplicate", "exponent_code", "exponent_grid", "no_code"}  # the others get a key of their own


def with_mistakes(rng: np.random.Generator, rows: Sequence[Row], wanted: Sequence[str], key: str) -> list[Row]:
    """Put spoilt copies of rows among the rows, each somewhere after the row that it copies.

    Parameters
    ----------
    rng : numpy.random.Generator
    rows : sequence of Row
    wanted : sequence of str
        Names of `MISTAKES`; one row for each.
    key : str
        The field that identifies a record.
    """
    spoilt: list[tuple[float, Row]] = []
    for number, name in enumerate(wanted, start=1):
        source = int(rng.integers(0, len(rows)))
        row = MISTAKES[name](dict(rows[source]))
        if name not in _SAME_KEY and row.get(key):
            row[key] = f"{row[key]}-X{number}"
        spoilt.append((float(rng.integers(source, len(rows))) + 0.5, row))
    numbered = [(float(number), row) for number, row in enumerate(rows)] + spoilt
    return [row for _, row in sorted(numbered, key=lambda pair: pair[0])]
