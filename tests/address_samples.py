"""Hand-labelled addresses in the style of deliveries, and the score of a parser on them.

Written for gridmap, in the form ``p浙江省 c杭州市``: one letter for the label, then text; ␣ is a space. The costs of
the parser were chosen while looking at the four `…tuned.txt`; `held_out.txt` was written before the parser was first
scored, the others before its second, third and fourth tuning; of the third and fourth a seed chose the half. Where
the labels leave a choice: a hamlet is a community as its village is; a gate, an institute and a ward are parts
(subpoi) of their place; a municipality said once is a city; a number on a lane inside a road is a subroadno.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CODES = {
    "y": "country",
    "p": "prov",
    "c": "city",
    "d": "district",
    "z": "devZone",
    "t": "town",
    "m": "community",
    "r": "road",
    "s": "subRoad",
    "n": "roadno",
    "u": "subroadno",
    "P": "poi",
    "S": "subpoi",
    "h": "houseno",
    "e": "cellno",
    "f": "floorno",
    "o": "roomno",
    "w": "person",
    "a": "assist",
    "x": "redundant",
    "i": "otherinfo",
}
Spans = list[tuple[int, int, str]]
_JOINED = frozenset(("redundant", "assist", "otherinfo"))  # neighbours of these are one span: 南门对面


def _spans(line: str) -> tuple[str, Spans]:
    text, spans = "", []
    for piece in line.split(" "):
        label, part = CODES[piece[0]], piece[1:].replace("␣", " ")
        if label == "houseno" and part.count("-") == 2:  # 12-3-301 in one piece
            part, unit, room = part.split("-")
            rows = [(label, part), ("redundant", "-"), ("cellno", unit), ("redundant", "-"), ("roomno", room)]
        elif label == "houseno" and part.count("-") == 1 and part[-1] not in "幢栋座楼":  # 23-402
            part, room = part.split("-")
            rows = [(label, part), ("redundant", "-"), ("roomno", room)]
        else:
            rows = [(label, part)]
        for name, words in rows:
            if name in _JOINED and spans and spans[-1][2] == name:
                spans[-1] = (spans[-1][0], len(text) + len(words), name)
            else:
                spans.append((len(text), len(text) + len(words), name))
            text += words
    return text, spans


def samples(name: str) -> list[tuple[str, Spans]]:
    lines = (Path(__file__).parent / "addresses" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [_spans(line) for line in lines if line]


def score(rows: Iterable[tuple[str, Spans]], parse: Callable[[str], Spans]) -> dict[str, tuple[float, int]]:
    """Return strict span-F1 and number of true spans for "all" and each label."""
    right: Counter[str] = Counter()
    said: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for text, spans in rows:
        found = set(parse(text))
        for label in ("all", *CODES.values()):
            wanted = {span for span in spans if label in ("all", span[2])}
            given = {span for span in found if label in ("all", span[2])}
            right[label] += len(wanted & given)
            said[label] += len(given)
            true[label] += len(wanted)
    return {label: (2 * right[label] / (said[label] + true[label]), true[label]) for label in true if true[label]}
