"""Names with two characters wrong: sought only where nothing else is found, and never believed without a look."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from gridmap.address.gazetteer import LEVEL
from gridmap.address.index import FAR, Hit
from gridmap.address.names import contradict, syllables

if TYPE_CHECKING:
    from gridmap.address.index import GazetteerIndex

_SHORTEST, _MOST_STEPS, _SHARED = 4, 2, 0.6
_LEVELS = frozenset(LEVEL[level] for level in ("road", "compound", "poi"))


class Guesser:
    """Finds names by the syllables that they share with the text, among names that end alike."""

    def __init__(self, index: GazetteerIndex) -> None:
        self._index = index
        self._postings: dict[tuple[str, str], list[int]] = {}
        levels = index.columns["level"]
        for level in sorted(_LEVELS):
            for node in (levels == level).nonzero()[0].tolist():
                sounds = _sounds(index.name(node))
                for sound in set(sounds[:-1]):
                    self._postings.setdefault((sounds[-1], sound), []).append(node)

    def near(self, name: str, levels: frozenset[int]) -> list[Hit]:
        """Return the nodes whose name is two steps from `name`, by characters or by syllables: the nearest alone.

        A step is a character wrong, missing, too many, or exchanged with its neighbour; at least three in five
        syllables before the last one, which is the same, are shared.
        """
        if len(name) < _SHORTEST:
            return []
        sounds = _sounds(name)
        shared: Counter[int] = Counter()
        for sound in set(sounds[:-1]):
            shared.update(self._postings.get((sounds[-1], sound), ()))
        best: dict[tuple[int, int], list[int]] = {}
        for node, count in shared.items():
            own = self._index.name(node)
            if count < _SHARED * (len(sounds) - 1) or self._index.level(node) not in levels or contradict(name, own):
                continue
            steps = min(_steps(name, own), _steps(sounds, _sounds(own)))
            if steps <= _MOST_STEPS:
                alike = len(Counter(name) & Counter(own))
                best.setdefault((steps, -alike), []).append(node)
        return [Hit(node, FAR) for node in sorted(best[min(best)])] if best else []


@lru_cache(maxsize=4096)
def _sounds(name: str) -> tuple[str, ...]:
    known = syllables()
    return tuple(known.get(character, character) for character in name)


def _steps(one: str | tuple[str, ...], other: str | tuple[str, ...]) -> int:
    """Return the distance of two names (optimal string alignment), or one more than is asked for."""
    if abs(len(one) - len(other)) > _MOST_STEPS:
        return _MOST_STEPS + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]
