"""The ladder of levels that an address is read into, and its translation into the 21 labels in common use.

| level | example | label |
| --- | --- | --- |
| country, province, city, district | 中国, 浙江省, 杭州市, 西湖区 | country, prov, city, district |
| zone | 经济开发区 | devZone |
| town | 三墩镇, 翠苑街道 | town |
| community, group | 文一社区, 3组 | community |
| road, lane | 文一西路, 98弄 | road, subRoad |
| number, subnumber | 969号; 附3号, 98弄5号 | roadno, subroadno |
| place, part | 阳光花园; 二期, 东区 | poi, subpoi |
| building, unit, floor, room | 3栋, 2单元, 5楼, 501室 | houseno, cellno, floorno, roomno |
| person, relation, note | 张先生收; 对面; 请放门卫 | person, assist, otherinfo |
| repeat, mark | said twice; punctuation | redundant |
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Level = Literal[
    "country",
    "province",
    "city",
    "district",
    "zone",
    "town",
    "community",
    "group",
    "road",
    "lane",
    "number",
    "subnumber",
    "place",
    "part",
    "building",
    "unit",
    "floor",
    "room",
    "person",
    "relation",
    "repeat",
    "note",
    "mark",
]

LABELS: dict[Level, str] = {
    "country": "country",
    "province": "prov",
    "city": "city",
    "district": "district",
    "zone": "devZone",
    "town": "town",
    "community": "community",
    "group": "community",
    "road": "road",
    "lane": "subRoad",
    "number": "roadno",
    "subnumber": "subroadno",
    "place": "poi",
    "part": "subpoi",
    "building": "houseno",
    "unit": "cellno",
    "floor": "floorno",
    "room": "roomno",
    "person": "person",
    "relation": "assist",
    "repeat": "redundant",
    "note": "otherinfo",
    "mark": "redundant",
}
REDUNDANT = LABELS["mark"]
_JOINED = frozenset((REDUNDANT, LABELS["relation"], LABELS["note"]))  # neighbours of these are one span


@dataclass(frozen=True, slots=True)
class Field:
    """A part of an address.

    Parameters
    ----------
    label : Level
        Its level on the ladder.
    start, end : int
        Half-open span in the original text; a unit word lies inside.
    text : str
        The normalised text of the span.
    value : int or str
        What is compared: the number of a unit (三幢 and 03号楼 are 3, 负一层 is -1), the core of a name.
    """

    label: Level
    start: int
    end: int
    text: str
    value: int | str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an address; a lower `score` (a cost) is better."""

    fields: tuple[Field, ...]
    score: float

    def value(self, label: Level) -> int | str | None:
        """Return the value of the first field of a level, None when there is none."""
        for field in self.fields:
            if field.label == label:
                return field.value
        return None


def labelled_spans(text: str, fields: Iterable[Field]) -> list[tuple[int, int, str]]:
    """Cover a whole text with labelled spans.

    Parameters
    ----------
    text : str
        The original text.
    fields : iterable of Field
        In order, not overlapping.

    Returns
    -------
    list of (start, end, label)
        Contiguous; what no field covers (spaces, control characters) is redundant.
    """
    spans: list[tuple[int, int, str]] = []

    def add(start: int, end: int, label: str) -> None:
        if spans and label in _JOINED and spans[-1][2] == label:
            spans[-1] = (spans[-1][0], end, label)
        else:
            spans.append((start, end, label))

    at = 0
    for field in fields:
        if field.start > at:
            add(at, field.start, REDUNDANT)
        if field.end > at:  # several characters may stand for one of the original: ¼
            add(max(at, field.start), field.end, LABELS[field.label])
            at = field.end
    if at < len(text):
        add(at, len(text), REDUNDANT)
    return spans
