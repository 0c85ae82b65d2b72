"""What a reading costs: the order of levels, the usual length of names. Chosen by hand; the lowest sum wins."""

from __future__ import annotations

from functools import cache

from gridmap.address.labels import LABELS, Level

ORDER: tuple[Level, ...] = tuple(LABELS)
"""Levels by number, as the decoder counts them."""
INDEX: dict[Level, int] = {level: number for number, level in enumerate(ORDER)}
START = len(ORDER)
"""What stands before the first field."""
TRANSPARENT = frozenset(INDEX[level] for level in ("relation", "repeat", "note", "mark", "person"))
"""Levels that leave the place on the ladder as it was."""
AFTER_BREAK = 0.45
"""Share of the cost of going back up the ladder that remains after punctuation."""
_PART_APART = 0.6
"""Of a part behind a mark: what stands in brackets is another place rather."""

_SAME = {
    "province": 1.2,
    "city": 1.2,
    "district": 1.2,
    "community": 0.4,
    "group": 1.5,
    "road": 1.2,
    "place": 0.9,
    "part": 0.0,
    "town": 2.0,
    "zone": 1.0,
    "lane": 0.6,
    "number": 2.0,
    "subnumber": 1.0,
    "building": 1.2,
    "room": 1.0,
}
_PAIRS: dict[tuple[Level, Level], float] = {
    ("road", "number"): -1.0,
    ("road", "lane"): -0.5,
    ("road", "room"): 1.2,
    ("road", "unit"): 1.2,
    ("road", "building"): 0.8,
    ("road", "part"): 1.0,
    ("road", "floor"): 0.8,
    ("road", "subnumber"): 2.0,
    ("lane", "number"): 0.4,
    ("lane", "subnumber"): -1.2,
    ("lane", "building"): 0.6,
    ("lane", "unit"): 0.8,
    ("lane", "lane"): 0.3,
    ("lane", "community"): 1.0,
    ("lane", "place"): -0.1,
    ("number", "lane"): 0.6,
    ("number", "subnumber"): -0.5,
    ("number", "place"): -0.2,
    ("number", "part"): 0.6,
    ("number", "group"): 0.5,
    ("number", "floor"): -0.1,
    ("number", "room"): 0.1,
    ("number", "community"): 1.2,
    ("subnumber", "room"): 0.0,
    ("place", "part"): -0.4,
    ("place", "building"): -0.7,
    ("place", "unit"): 0.6,
    ("place", "floor"): -0.2,
    ("place", "room"): 0.3,
    ("place", "number"): 0.9,
    ("place", "road"): 1.4,
    ("place", "lane"): 1.2,
    ("place", "community"): 1.6,
    ("place", "town"): 2.2,
    ("place", "group"): 1.0,
    ("place", "zone"): 1.6,
    ("part", "floor"): -0.2,
    ("part", "building"): -0.7,
    ("part", "place"): 0.8,
    ("part", "number"): 1.0,
    ("part", "road"): 1.3,
    ("building", "unit"): -0.5,
    ("building", "floor"): -0.3,
    ("building", "room"): -0.3,
    ("building", "place"): 0.8,
    ("building", "part"): 0.9,
    ("unit", "place"): 0.8,
    ("unit", "floor"): -0.2,
    ("unit", "room"): -0.6,
    ("floor", "room"): -0.4,
    ("floor", "place"): 0.2,
    ("floor", "part"): 0.8,
    ("floor", "building"): 1.4,
    ("room", "place"): 0.3,
    ("room", "floor"): 1.0,
    ("community", "number"): -0.4,
    ("community", "building"): 0.0,
    ("community", "room"): 1.0,
    ("community", "unit"): 1.0,
    ("community", "part"): 0.1,
    ("community", "group"): -0.6,
    ("community", "lane"): 0.3,
    ("community", "zone"): 0.6,
    ("group", "number"): -0.6,
    ("town", "number"): 1.2,
    ("town", "group"): 1.0,
    ("town", "zone"): 0.2,
    ("town", "room"): 2.5,
    ("town", "unit"): 2.5,
    ("town", "part"): 1.2,
    ("province", "part"): 2.0,
    ("city", "part"): 2.0,
    ("district", "part"): 2.0,
    ("zone", "number"): 0.4,
    ("zone", "part"): 0.2,
    ("zone", "building"): 0.4,
    ("road", "community"): 1.6,
    ("road", "town"): 2.2,
    ("road", "zone"): 0.8,
    ("number", "zone"): 0.6,
    ("place", "subnumber"): 2.5,
}
_FROM_START: dict[Level, float] = {
    "number": 2.0,
    "subnumber": 4.0,
    "part": 1.2,
    "building": 0.8,
    "unit": 1.2,
    "floor": 1.2,
    "room": 1.2,
    "lane": 0.6,
    "group": 1.2,
}


def _transition(before: int, after: int) -> float:
    if after in TRANSPARENT:
        return 0.0
    level = ORDER[after]
    if before == START:
        return _FROM_START.get(level, 0.0)
    previous = ORDER[before]
    usual = 0.0
    if before == after:
        usual = _SAME.get(previous, 3.0)
    elif before > after:
        usual = 2.0 + 0.15 * (before - after)
    elif level in {"unit", "room", "subnumber", "number"} and before < INDEX["road"]:
        usual = 2.0
    return _PAIRS.get((previous, level), usual)


@cache
def transitions() -> tuple[tuple[tuple[float, ...], ...], tuple[tuple[float, ...], ...]]:
    """Return the cost of level after level: next to each other, and after a break."""
    size = len(ORDER)
    plain = tuple(tuple(_transition(before, after) for after in range(size)) for before in range(size + 1))
    part, place = INDEX["part"], INDEX["place"]
    broken = tuple(
        tuple(
            cost * AFTER_BREAK
            if cost > 0 and before != START and before >= after
            else _PART_APART
            if after == part and before == place
            else cost
            for after, cost in enumerate(row)
        )
        for before, row in enumerate(plain)
    )
    return plain, broken


def _by_length(short: tuple[float, ...], step: float) -> tuple[float, ...]:
    return short + tuple(short[-1] + step * number for number in range(1, 64))


CORE_LENGTH: dict[str, tuple[float, ...]] = {
    "province": _by_length((9, 2, 0, 0.5, 1.5), 1.0),
    "city": _by_length((9, 1.5, 0, 0.5, 1.5), 1.0),
    "district": _by_length((9, 1.2, 0, 0.5, 1.5), 1.0),
    "zone": _by_length((0.3, 1.0, 0, 0, 0, 0.2, 0.4), 0.3),
    "town": _by_length((9, 1.2, 0, 0.3, 1.2), 0.9),
    "community": _by_length((6, 0.8, 0, 0.1, 0.7), 0.7),
    "road": _by_length((6, 1.0, 0, 0.2, 0.8), 0.7),
    "group": _by_length((9, 0.8, 0, 0.2, 0.8), 0.7),
    "lane": _by_length((4, 0.8, 0, 0.2, 0.9), 0.9),
    "compound": _by_length((2.6, 0.7, 0, 0, 0, 0.3), 0.3),
    "organisation": _by_length((1.4, 0.8, 0, 0, 0, 0, 0, 0.1), 0.15),
    "hamlet": _by_length((9, 0.2, 0, 0.8), 1.0),
    "quarter": _by_length((9, 0.6, 0, 0.8, 2.5), 1.0),
    "section": _by_length((1.0, 0.2, 0, 0.2, 0.5), 0.5),
}
"""Cost of a name by the number of characters before its last word."""
