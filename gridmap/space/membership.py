"""Grids against the communities that they belong to, and their codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.codes import CodeScheme, Level, check
from gridmap.errors import CodeRefused
from gridmap.space.measure import HAIRLINE, ToMetres, is_wider, polygonal
from gridmap.space.problem import Problem, ProblemKind, on, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry


@dataclass(frozen=True)
class Communities:
    """The communities that grids have to stay in and to fill.

    Parameters
    ----------
    outlines : array of Polygon or MultiPolygon
    of : array of int64, one per grid
        Index of its community, -1 when unknown.
    codes : tuple of str
        Codes of the communities; empty when they have none.
    """

    outlines: NDArray[Any]
    of: NDArray[np.int64]
    codes: tuple[str, ...] = ()


def against_communities(
    polygons: NDArray[Any], land: Geometry, communities: Communities, to_metres: ToMetres
) -> Iterator[Problem]:
    """Compare grids, and the land of all of them, with the outlines of their communities; hairlines do not count."""
    placed = np.flatnonzero(communities.of >= 0)
    of = communities.of[placed]
    outside = polygonal(shapely.difference(polygons[placed], communities.outlines[of]))
    empty = polygonal(shapely.difference(communities.outlines, land))
    for kind, shapes, rows, owners in (
        (ProblemKind.OUTSIDE_COMMUNITY, outside, placed, of),
        (ProblemKind.COMMUNITY_NOT_COVERED, empty, None, np.arange(len(empty))),
    ):
        wide = np.flatnonzero(is_wider(to_metres(shapes), HAIRLINE))
        areas, lengths = size(shapes[wide], to_metres)
        word = "outside its community" if rows is not None else "of the community in no grid"
        for number, row in enumerate(wide.tolist()):
            yield Problem(
                kind,
                (int(rows[row]),) if rows is not None else (),
                on(shapes[row]),
                areas[number],
                lengths[number],
                f"{areas[number]:.1f} m² {word}",
                shapes[row],
                community=int(owners[row]),
            )


def wrong_codes(
    polygons: NDArray[Any], codes: Sequence[str], communities: Communities | None, scheme: CodeScheme
) -> Iterator[Problem]:
    """Check codes for form, for repetition and against the code of the community."""
    first: dict[str, int] = {}
    for row, code in enumerate(codes):
        features: tuple[int, ...] = (row,)
        reason = ""
        community = int(communities.of[row]) if communities is not None else -1
        try:
            clean = check(code, Level.GRID, scheme)
        except CodeRefused as refusal:
            reason = refusal.message
        else:
            earlier = first.setdefault(clean, row)
            if earlier != row:
                features, reason = (earlier, row), f"the code {clean} is used twice"
            elif communities is not None and communities.codes and community >= 0:
                expected = communities.codes[community]
                if not clean.startswith(expected):
                    reason = f"the code {clean} does not begin with {expected}, the code of its community"
        if reason:
            yield Problem(
                ProblemKind.CODE_WRONG,
                features,
                on(polygons[row]),
                0.0,
                0.0,
                reason,
                community=community if community >= 0 else None,
            )
