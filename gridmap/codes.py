"""Area and grid codes: text, never numbers.

The default scheme is 6 (county, GB/T 2260) + 3 (sub-district, GB/T 10114) + 3 (community) + 3 (grid, 001-999),
the layout that the unit-grid standards GB/T 30428.1 and CJ/T 213 use. Other cities have other lengths: the
scheme is a setting.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from gridmap.errors import CodeRefused, CodesExhausted

if TYPE_CHECKING:
    from collections.abc import Collection

_EXPONENT = re.compile(r"^[+-]?\d+(?:\.\d*)?[eE][+-]?\d+$")
_TRAILING_ZERO = re.compile(r"^(\d+)\.0+$")
_NO_PROVINCE = "99"  # GB/T 2260 gives it to none
_SAFE_DIGITS = 15  # a spreadsheet keeps 15 significant digits and turns the rest into zeros


class Level(Enum):
    """The three levels that have a code."""

    SUBDISTRICT = "subdistrict"
    COMMUNITY = "community"
    GRID = "grid"


@dataclass(frozen=True)
class CodeScheme:
    """Lengths of the codes, each level beginning with the code of the one above it."""

    subdistrict: int = 9
    community: int = 12
    grid: int = 15

    def length(self, level: Level) -> int:
        """Digits of a code of that level."""
        return {Level.SUBDISTRICT: self.subdistrict, Level.COMMUNITY: self.community, Level.GRID: self.grid}[level]


DEFAULT_SCHEME = CodeScheme()


def clean_text(value: object) -> str:
    """Turn a cell into code text: full-width digits, blanks and a spreadsheet's '.0' are undone.

    Raises
    ------
    CodeRefused
        The value is in exponent form (4.40106E+14) or a number with more digits than a spreadsheet keeps.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value)).strip().lstrip("'").replace(" ", "")
    if _EXPONENT.match(text):
        raise CodeRefused(
            f"the code {text} is in exponent form: a spreadsheet turned it into a number and digits are lost; "
            "format the column as text and export again",
            value=text,
        )
    if match := _TRAILING_ZERO.match(text):
        text = match.group(1)
    if isinstance(value, int) and len(text) > _SAFE_DIGITS:
        raise CodeRefused(
            f"the code {text} came as a number: a spreadsheet keeps only {_SAFE_DIGITS} digits; "
            "format the column as text and export again",
            value=text,
        )
    return text


def check(value: object, level: Level, scheme: CodeScheme = DEFAULT_SCHEME) -> str:
    """Return the code as clean text.

    Raises
    ------
    CodeRefused
        Not digits, of the wrong length, damaged by a spreadsheet, or a grid numbered 000.
    """
    text = clean_text(value)
    length = scheme.length(level)
    if not (text.isascii() and text.isdigit() and len(text) == length):
        raise CodeRefused(f"{text!r} is no {level.value} code: {length} digits are needed", value=text)
    if level is Level.GRID and int(text[scheme.community :]) == 0:
        raise CodeRefused(f"{text} is no grid code: grids are numbered from 001", value=text)
    return text


def community_of(grid_code: str, scheme: CodeScheme = DEFAULT_SCHEME) -> str:
    """Return the code of the community that a grid code belongs to."""
    return grid_code[: scheme.community]


def subdistrict_of(code: str, scheme: CodeScheme = DEFAULT_SCHEME) -> str:
    """Return the code of the sub-district that a community or grid code belongs to."""
    return code[: scheme.subdistrict]


def sequence_of(grid_code: str, scheme: CodeScheme = DEFAULT_SCHEME) -> int:
    """Give the number of a grid within its community."""
    return int(grid_code[scheme.community :])


def next_free(community_code: str, taken: Collection[str], scheme: CodeScheme = DEFAULT_SCHEME) -> str:
    """Hand out the lowest grid code of a community that was never in force.

    Parameters
    ----------
    community_code : str
    taken : collection of str
        Every grid code in use in this draft and every code that was ever in force.

    Raises
    ------
    CodesExhausted
        All sequence numbers are taken.
    """
    width = scheme.grid - scheme.community
    for number in range(1, 10**width):
        code = f"{community_code}{number:0{width}d}"
        if code not in taken:
            return code
    raise CodesExhausted(
        f"community {community_code} has used all {10**width - 1} grid codes; codes that were in force are never "
        "given to another grid",
        community=community_code,
    )


def is_demonstration(code: str) -> bool:
    """Tell whether a code is one of a place that does not exist, as those of the demonstration are."""
    return code.startswith(_NO_PROVINCE)
