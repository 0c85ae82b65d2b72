"""Geometry drawn as text, so that a test shows what it is about.

    AABB
    A..B     each letter is a set of unit cells, '.' is nobody's land
    AABB

The first line of the drawing is the north, the first column the west; the lower left corner is (0, 0).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import shapely
from shapely import MultiPolygon, Polygon, box

if TYPE_CHECKING:
    from collections.abc import Iterable

EMPTY = "."


def polygons(art: str, size: float = 10.0) -> dict[str, Polygon | MultiPolygon]:
    """Read a drawing: one polygon per letter, in alphabetical order.

    Parameters
    ----------
    art : str
        Lines of letters; blank lines and indentation are ignored, so a drawing can stand inside a test.
    size : float
        Side of a cell in metres.

    Returns
    -------
    dict of str to Polygon or MultiPolygon
        Every polygon has a node at each cell corner of its border that a neighbour also has or where the border
        turns, so that a drawing without '.' is a valid coverage. A letter in two separate places gives a
        MultiPolygon.
    """
    rows = [line.strip() for line in art.splitlines() if line.strip()]
    width = {len(row) for row in rows}
    if len(width) != 1:
        raise ValueError(f"the lines of a drawing must be equally long: {rows}")
    cells: dict[str, list[Polygon]] = {}
    for y, row in enumerate(reversed(rows)):
        for x, letter in enumerate(row):
            if letter != EMPTY:
                cells.setdefault(letter, []).append(box(x * size, y * size, (x + 1) * size, (y + 1) * size))
    letters = sorted(cells)
    # the coverage union keeps the nodes at every cell corner, so neighbours match; superfluous ones go together
    unions = [shapely.coverage_union_all(cells[letter]) for letter in letters]
    simplified = shapely.coverage_simplify(unions, 0.0)
    return dict(zip(letters, simplified, strict=True))


def line(art: str, size: float = 10.0) -> shapely.LineString:
    """Read a polyline: the digits and letters 1-9, a-z of a drawing, in that order, each in the middle of its cell."""
    marks = _marks(art, size)
    return shapely.LineString([place for letter in sorted(marks) for place in marks[letter]])


def lines(art: str, size: float = 10.0) -> dict[str, shapely.LineString]:
    """Read straight lines: each digit or letter 1-9, a-z stands where its line begins and where it ends."""
    return {letter: shapely.LineString(ends) for letter, ends in sorted(_marks(art, size).items())}


def _marks(art: str, size: float) -> dict[str, list[tuple[float, float]]]:
    """Places of the digits and small letters of a drawing, the middles of their cells, from the south up."""
    rows = [text.strip() for text in art.splitlines() if text.strip()]
    found: dict[str, list[tuple[float, float]]] = {}
    for y, row in enumerate(reversed(rows)):
        for x, letter in enumerate(row):
            if letter.isdigit() or letter.islower():
                found.setdefault(letter, []).append(((x + 0.5) * size, (y + 0.5) * size))
    return found


def borders(shapes: Iterable[Polygon]) -> set[frozenset[tuple[float, float]]]:
    """Return the undirected edges of some polygons: what two matching neighbours have in common."""
    return {
        frozenset(pair)
        for shape in shapes
        for ring in shapely.get_rings(shapely.get_parts(shape))
        for pair in pairwise(tuple(point) for point in ring.coords)
    }
