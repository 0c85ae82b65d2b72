"""Nine blocks between four streets each way, for tests of the four limits."""

from __future__ import annotations

import shapely
from ascii_art import polygons

from gridmap.services.limits import parse_text
from gridmap.space.limits.features import Features
from gridmap.space.limits.solve import Solution, solve

CELL = 100.0
FINE = CELL / 5  # of a drawing in which a block is five cells wide: what stands in a cell stands in its middle
# Nine blocks between four streets each way; every border of a block lies on a street.
BLOCKS = """
    ABC
    DEF
    GHI
"""
AVENUES = ["甲路", "乙路", "丙路", "丁路"]  # from west to east
STREETS = ["戊街", "己街", "庚街", "辛街"]  # from south to north


def town(size: float = CELL, **more: shapely.Geometry) -> Features:
    """The streets of `BLOCKS`, running on for half a block beyond the last crossing."""
    low, high = -size / 2, 3.5 * size
    lines = [shapely.LineString([(x * size, low), (x * size, high)]) for x in range(4)]
    lines += [shapely.LineString([(low, y * size), (high, y * size)]) for y in range(4)]
    names = [(name,) for name in (*AVENUES, *STREETS, *more)]
    kinds = ["road"] * 8 + ["compound" if each.geom_type == "Polygon" else "road" for each in more.values()]
    return Features.of([*lines, *more.values()], names, kinds)


def land(art: str, letter: str = "A", size: float = CELL) -> shapely.Geometry:
    return polygons(art, size)[letter]


MIDDLE = land(BLOCKS, "E")


def answer(text: str, features: Features | None = None) -> Solution:
    return solve(parse_text(text), features or town())[0]
