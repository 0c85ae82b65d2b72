"""Telephone and identity numbers inside free text, hidden as `gridmap.access.mask` hides them in their own fields."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Any

from gridmap.access import Mask, mask
from gridmap.address.normalise import person_numbers, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ENOUGH = re.compile(r"(?:\d\D*){10}")  # digits of the shortest number, a telephone with its area code
_PARTED = re.compile(
    r"(?<![0-9])(?=((?:[0-9]{3}[ -][0-9]{4}[ -][0-9]{4}|[0-9]{3}[ -][0-9]{8}|[0-9]{7}[ -][0-9]{4}"
    r"|[0-9]{6}[ -](?:[0-9]{8}|[0-9]{4}[ -][0-9]{4})[ -][0-9]{3}[0-9Xx]"
    r"|0[0-9]{2,3}[ )-]{0,2}[0-9]{3,4}[ -]?[0-9]{4}))(?![0-9]))"
)
"""What may be a number that is written in groups; whether it is one, `person_numbers` says of it without gaps."""
_DECIMALS = re.compile(r"(?<![0-9])(?:0|1[89]|[2-4][0-9]|5[0-4]|7[3-9]|[89][0-9]|1[0-2][0-9]|13[0-5])\.\Z")
"""What stands before the decimals of a latitude or longitude in China, or of a fraction."""
_MOBILE = 11  # digits without the code of the country


def mask_numbers(text: str) -> str:
    """Hide telephone and identity numbers wherever they stand in a text; everything else stays as it is.

    The patterns are those by which addresses are normalised (data/lookups/address_words.json), read also where a
    number is full width, holds invisible characters, or is written in groups (139 1234 5678). What stands in a row of
    more digits (工单编号) is no number of a person, nor are the decimals of a coordinate. Pure and idempotent.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        Of the same length: 139****5678, 440106********1234.
    """
    if not _ENOUGH.search(text):
        return text
    signs = list(text)
    while hidden := set(_hidden("".join(signs))):  # what is left of one number may part two others
        for at in hidden:
            signs[at] = "*"
    return "".join(signs)


def mask_within(said: Mapping[str, Any], fields: frozenset[str] | None = None) -> dict[str, Any]:
    """Hide numbers in the texts of JSON values.

    Parameters
    ----------
    fields : frozenset of str, optional
        Names whose values are free text; all of them without it.
    """
    return {name: _masked(value) if fields is None or name in fields else value for name, value in said.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return mask_numbers(value)
    if isinstance(value, dict):
        return {name: _masked(each) for name, each in value.items()}
    return [_masked(each) for each in value] if isinstance(value, list) else value


def _hidden(text: str) -> Iterator[int]:
    """Yield the places in a text of the digits to hide."""
    folded, places = _folded(text)
    for found in person_numbers().finditer(folded):
        if not _DECIMALS.search(folded[: found.start()][-4:]):
            yield from _inner(folded, places, *found.span(), found.lastgroup or "")
    for found in _PARTED.finditer(folded):
        start, end = found.span(1)
        kind = _kind(folded[start:end])
        if kind and not _DECIMALS.search(folded[:start][-4:]):
            yield from _inner(folded, places, start, end, kind)


def _folded(text: str) -> tuple[str, list[int]]:
    """Write a text in one spelling, a run of spaces as one, and say of each sign where it comes from."""
    signs: list[str] = []
    places: list[int] = []
    for at, piece in enumerate(map(_spaced, text)):
        if piece != " " or signs[-1:] != [" "]:
            signs += piece
            places += [at] * len(piece)
    return "".join(signs), places


@cache
def _spaced(sign: str) -> str:
    return plain(sign) or (" " if unicodedata.category(sign) in {"Zs", "Zl", "Zp", "Cc"} else "")


def _kind(parted: str) -> str:
    """Name the kind of a number in groups; empty when it is none."""
    digits = "".join(sign for sign in parted if sign.isalnum())
    for written in (digits, f"{digits[:3]}-{digits[3:]}", f"{digits[:4]}-{digits[4:]}"):
        found = person_numbers().fullmatch(written)
        if found:
            return found.lastgroup or ""
    return ""


def _inner(folded: str, places: list[int], start: int, end: int, kind: str) -> Iterator[int]:
    """Yield where the digits of a number stand that `mask` hides."""
    own = [at for at in range(start, end) if folded[at].isalnum()]
    if kind == "mobile":
        own = own[-_MOBILE:]
    shown = mask("".join(folded[at] for at in own), Mask.ID_NUMBER if kind == "identity" else Mask.PHONE)
    yield from (places[at] for at, sign in zip(own, shown, strict=True) if sign == "*")
