"""One spelling for the characters of an address, with the way back to the original text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from gridmap.address.words import address_words

MASK = "*"
_SHORTEST_MASK = 11
_SPECIAL = {
    **dict.fromkeys("‐‑‒–—―−－﹣⁃─━–", "-"),
    **dict.fromkeys("～〜∼˜", "~"),
    **dict.fromkeys("【〔［｛〖「『《〈﹝", "("),
    **dict.fromkeys("】〕］｝〗」』》〉﹞", ")"),
    "[": "(",
    "]": ")",
    "{": "(",
    "}": ")",
    "，": ",",
    "、": ",",
    "；": ";",
    "。": ".",
    "＃": "#",
    "♯": "#",
    "﹟": "#",
    "號": "号",
    "樓": "楼",
    "棟": "栋",
    "單": "单",
    "層": "层",
    "鎮": "镇",
    "鄉": "乡",
    "區": "区",
    "縣": "县",
    "東": "东",
    "灣": "湾",
    "園": "园",
    "廣": "广",
    "場": "场",
    "門": "门",
    "龍": "龙",
    "華": "华",
    "國": "国",
    "陽": "阳",
    "衖": "弄",
}
_DROPPED = {"Cc", "Cf", "Zs", "Zl", "Zp", "Cs", "Co", "Cn", "Mn", "Me"}


@dataclass(frozen=True, slots=True)
class Normalised:
    """A normalised text.

    Parameters
    ----------
    text : str
        Half width, no spaces or control characters, one dash, one bracket, numbers of persons masked by ``*``.
    offsets : tuple of int
        For every character of `text` its place in the original, and at the end the original's length.
    masked : tuple of (start, end, kind)
        What was masked, in `text`: mobile, telephone, identity.
    original : str
    """

    text: str
    offsets: tuple[int, ...]
    masked: tuple[tuple[int, int, str], ...]
    original: str

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the original span of a span of `text`."""
        if start == end:
            return self.offsets[start], self.offsets[start]
        return self.offsets[start], self.offsets[end - 1] + 1


_TABLE = str.maketrans(_SPECIAL)
_PLAIN = re.compile(r"[一-鿕0-9A-Za-z#(),.;:*/~-]*")


@cache
def plain(character: str) -> str:
    """Return what a character becomes: one spelling, nothing for a space, a control or an invisible character."""
    folded = unicodedata.normalize("NFKC", character).translate(_TABLE)
    return "".join(each for each in folded if unicodedata.category(each) not in _DROPPED)


@cache
def person_numbers() -> re.Pattern[str]:
    """Return the pattern of the numbers that are masked; its group names the kind: mobile, telephone, identity."""
    parts = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in address_words()["masks"].items())
    return re.compile(parts)


def normalise(text: str) -> Normalised:
    """Bring an address to one spelling.

    Pure and idempotent: normalising the result's text gives that text again. Unit words and numerals keep their form
    here, because only a parse can tell 三单元 from 三门县; `Field.value` holds what they are compared by.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    Normalised
    """
    folded = text.translate(_TABLE)
    offsets = list(range(len(text) + 1))
    if not _PLAIN.fullmatch(folded):
        pieces = [plain(character) for character in folded]
        offsets = [at for at, piece in enumerate(pieces) for _ in piece]
        offsets.append(len(text))
        folded = "".join(pieces)
    masked: list[tuple[int, int, str]] = []
    if len(folded) >= _SHORTEST_MASK:
        masked = [(match.start(), match.end(), match.lastgroup or "") for match in person_numbers().finditer(folded)]
        for start, end, _ in masked:
            folded = folded[:start] + MASK * (end - start) + folded[end:]
    return Normalised(folded, tuple(offsets), tuple(masked), text)
