"""Names of places as they are found: exactly, by sound, and with one character wrong."""

from __future__ import annotations

import json
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

from gridmap.config import data_dir

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORTEST_FUZZY = 3


@cache
def syllables() -> dict[str, str]:
    """Return the reading of every common character, without tone."""
    content = json.loads((data_dir() / "lookups" / "pinyin.json").read_text(encoding="utf-8"))["syllables"]
    return {character: reading for reading, characters in content.items() for character in characters}


def sound(name: str) -> str:
    """Return how a name sounds: its readings; a character without one stands for itself."""
    known = syllables()
    return " ".join(known.get(character, character) for character in name)


def name_hash(kind: str, name: str) -> int:
    """Return the 64 bits that a name is looked up by; `kind` keeps names, sounds and shortened names apart."""
    return int.from_bytes(blake2b(f"{kind}{name}".encode(), digest_size=8).digest(), "little")


def shortened(name: str) -> Iterator[str]:
    """Yield a name with one character left out, each way once.

    Two names that differ by one character written wrong, left out, added or exchanged with its neighbour have such a
    form in common (symmetric deletion).
    """
    if len(name) >= _SHORTEST_FUZZY:
        yield from dict.fromkeys(name[:at] + name[at + 1 :] for at in range(len(name)))


def one_apart(one: str, other: str) -> bool:
    """Tell whether two different names differ by one character wrong, missing, added, or a neighbouring pair swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]
