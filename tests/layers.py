"""Layers for laws: random drawings bent and put where a sub-district lies, on the 1 mm grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from ascii_art import polygons
from hypothesis import strategies as st

if TYPE_CHECKING:
    from numpy.typing import NDArray

CORNER = (512_345.678, 2_497_531.024)  # a place in a three-degree zone
SIZE = 40.0


def array(*shapes: Any) -> NDArray[Any]:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def drawn(art: str, size: float = 10.0) -> NDArray[Any]:
    return array(*polygons(art, size).values())


def bent(shapes: NDArray[Any], seed: int) -> NDArray[Any]:
    """Turn, move every cell corner by up to a fifth of a cell, and round: edges of a drawing stay common."""
    random = np.random.default_rng(seed)
    angle = random.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    offsets = random.uniform(-SIZE / 5, SIZE / 5, (64, 64, 2))

    def bend(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        column, row = np.rint(xy / SIZE).astype(int).T
        return np.asarray(np.round((xy + offsets[column, row]) @ turn.T + CORNER, 3))

    return np.asarray(shapely.transform(shapes, bend))


@st.composite
def coverages(draw: st.DrawFn, alphabet: str = "ABCDE") -> NDArray[Any]:
    """A valid coverage on the grid; with '.' in the alphabet, some cells may be nobody's."""
    width, height = draw(st.integers(2, 6)), draw(st.integers(1, 5))
    rows = draw(st.lists(st.text(alphabet, min_size=width, max_size=width), min_size=height, max_size=height))
    art = "\n".join(rows)
    if set(art) <= {".", "\n"}:
        art = art.replace(".", "A", 1)
    return bent(drawn(art, SIZE), draw(st.integers(0, 2**32 - 1)))


def shared_lengths(shapes: NDArray[Any]) -> dict[tuple[int, int], float]:
    """Metres of border that each pair has in common."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first, second = first[first < second], second[first < second]
    borders = shapely.boundary(shapes)
    lengths = shapely.length(shapely.intersection(borders[first], borders[second]))
    return {(int(a), int(b)): float(length) for a, b, length in zip(first, second, lengths, strict=True) if length > 0}
