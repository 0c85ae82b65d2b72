"""Names of places as they are found: exactly, by sound, and with one character wrong."""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING

import marisa_trie  # type: ignore[import-not-found]  # it ships no types
import numpy as np

from gridmap.address.gazetteer import LEVEL
from gridmap.address.numerals import NUMERAL, name_key
from gridmap.config import read_lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from gridmap.address.labels import Level

_SHORTEST_FUZZY = 3
_DIGIT = re.compile("[0-9]+")
_TELLING = (frozenset("东西南北"), frozenset(NUMERAL))
_SHORTEST, _LONGEST = 2, 64
_PARSED: dict[int, Level] = {
    LEVEL["road"]: "road",
    LEVEL["compound"]: "place",
    LEVEL["poi"]: "place",
    LEVEL["community"]: "community",
    LEVEL["town"]: "town",
    LEVEL["district"]: "district",
}


@cache
def syllables() -> dict[str, str]:
    """Return the reading of every common character, without tone."""
    content = read_lookup("pinyin.json")["syllables"]
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
    """Tell whether two names differ by one character wrong, missing or added, or by two neighbours swapped."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b or a == b[1:]


def contradict(one: str, other: str) -> bool:
    """Tell whether two names that look alike name two things: 北京东路 and 北京西路, 科技一路 and 科技二路."""
    if _DIGIT.findall(name_key(one)) != _DIGIT.findall(name_key(other)):
        return True
    if len(one) == len(other):
        pairs = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
        return any(a in kind and b in kind for a, b in pairs for kind in _TELLING) and not _swapped(pairs)
    return False


def _swapped(pairs: list[tuple[str, str]]) -> bool:
    return len(pairs) == 2 and pairs[0] == pairs[1][::-1]


class NameTrie:
    """Names that the parser is told beforehand: it implements `gridmap.address.spans.Names`."""

    def __init__(self, trie: marisa_trie.Trie, masks: Sequence[int]) -> None:
        self._trie, self._masks = trie, masks

    @staticmethod
    def bytes_of(names: Iterable[tuple[str, int]]) -> tuple[bytes, NDArray[np.int32]]:
        """Make the two parts of a trie of (name, number of its level in the gazetteer)."""
        masks: dict[str, int] = {}
        for name, level in names:
            if level in _PARSED and len(name) >= _SHORTEST:
                masks[name] = masks.get(name, 0) | 1 << level
        trie = marisa_trie.Trie(sorted(masks))
        levels = np.zeros(len(masks), dtype=np.int32)
        for name, mask in masks.items():
            levels[trie[name]] = mask
        return trie.tobytes(), levels

    @staticmethod
    def from_bytes(content: bytes, masks: Sequence[int]) -> NameTrie:
        """Take a trie from its two parts."""
        return NameTrie(marisa_trie.Trie().frombytes(content), masks)

    @staticmethod
    def of(names: Iterable[tuple[str, int]]) -> NameTrie:
        """Make a trie of (name, number of its level in the gazetteer)."""
        content, masks = NameTrie.bytes_of(names)
        return NameTrie.from_bytes(content, masks.tolist())

    def at(self, text: str, start: int) -> list[tuple[int, Level]]:
        """Return (end, level) of every name that begins there."""
        found: list[tuple[int, Level]] = []
        for name in self._trie.prefixes(text[start : start + _LONGEST]):
            end = start + len(name)
            found.extend((end, level) for level in _levels(self._masks[self._trie[name]]))
        return found


@cache
def _levels(mask: int) -> tuple[Level, ...]:
    return tuple(sorted({level for number, level in _PARSED.items() if mask >> number & 1}))


_OTHER_ENDS: dict[int, tuple[tuple[str, tuple[str, ...]], ...]] = {
    LEVEL["community"]: (("社区", ("居委会", "居委", "社区居委会", "居民委员会")), ("村", ("村委会", "村民委员会"))),
    LEVEL["town"]: (("街道", ("街道办事处", "街道办", "街")), ("镇", ("镇政府",))),
    LEVEL["poi"]: (("有限责任公司", ("公司",)), ("股份有限公司", ("公司",)), ("有限公司", ("公司",))),
}
_HOUSING_END = "小区"


def other_names(level: int, name: str, areas: frozenset[str]) -> Iterator[str]:
    """Yield what people call a place besides its name.

    Parameters
    ----------
    level : int
        Number of its level in the gazetteer.
    areas : frozenset of str
        Short names of the city, district and sub-district: 示范三味快餐店 is 三味快餐店 to those who live there.
    """
    for end, others in _OTHER_ENDS.get(level, ()):
        if name.endswith(end) and len(name) > len(end) + 1:
            yield from (name[: -len(end)] + other for other in others)
            break
    if level == LEVEL["compound"]:
        if name.endswith(_HOUSING_END) and len(name) > 4:
            yield name[: -len(_HOUSING_END)]
        elif not name.endswith(_HOUSING_END):
            yield name + _HOUSING_END
    if level == LEVEL["poi"]:
        yield from (name[len(area) :] for area in sorted(areas) if name.startswith(area) and len(name) > len(area) + 2)
    plain, bracket, _ = name.partition("(")
    if bracket and len(plain) > 1:
        yield plain
