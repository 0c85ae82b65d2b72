"""Is it a coverage? What is wrong, where, and how many square metres.

Official layers fail the test on hairlines of no area, so every finding has its size, and a *hairline* (nowhere
wider than 1 cm) is told from a strip of land.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import MultiLineString, MultiPolygon

from gridmap.codes import DEFAULT_SCHEME, CodeScheme
from gridmap.errors import CoverageBroken
from gridmap.space.measure import (
    HAIRLINE,
    ToMetres,
    array_of,
    is_wider,
    metres,
    polygonal,
    widths,
)
from gridmap.space.membership import Communities, against_communities, wrong_codes
from gridmap.space.polygons import broken
from gridmap.space.problem import Problem, ProblemKind, on, size
from gridmap.space.survey import Judgement, Overlaps, Survey, find_overlaps, survey

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from shapely import Geometry

__all__ = [
    "Communities",
    "Judgement",
    "Overlaps",
    "Problem",
    "ProblemKind",
    "Survey",
    "find_overlaps",
    "find_problems",
    "judge",
    "list_problems",
    "require_valid",
    "survey",
]

GAP_WIDTH = 0.01  # metres; 0 calls a slit of 4 mm valid
SLIVER_WIDTH = 1.0  # metres; nobody stands in a grid that is narrower
_DECLARED_SHARE = 0.99  # of a hole that a declared lake has to cover


def judge(polygons: NDArray[Any], gap_width: float = 0.0, to_metres: ToMetres = metres) -> Judgement:
    """Judge a layer as it is; see `gridmap.space.survey.survey` for the parameters."""
    return survey(polygons, gap_width, to_metres).judgement()


def find_problems(
    polygons: NDArray[Any],
    *,
    gap_width: float = GAP_WIDTH,
    sliver_width: float = SLIVER_WIDTH,
    declared_holes: Iterable[Geometry] = (),
    declared_multipart: Collection[int] = (),
    communities: Communities | None = None,
    codes: Sequence[str] | None = None,
    scheme: CodeScheme = DEFAULT_SCHEME,
    to_metres: ToMetres = metres,
) -> list[Problem]:
    """List everything that is wrong with the boundaries of a layer.

    A grid may lie in a hole of another one: what somebody fills is no gap. A gap is a hole in the union of all
    polygons, of any size, unless it is declared (a lake, a restricted area).

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon, (N,)
        Two-dimensional and not empty.
    gap_width : float
        Gaps up to this width also count as edges that do not match; in the units of the layer.
    sliver_width : float
        A polygon that is nowhere wider, in metres, is a sliver.
    declared_holes : iterable of Geometry
        Land that is rightly nobody's.
    declared_multipart : collection of int
        Polygons that rightly have several parts.
    communities : Communities or None
    codes : sequence of str or None
        Grid codes, checked for form, for repetition and against the code of the community.
    to_metres : callable
        Carries pieces to metres: `measure.metres`, `measure.degrees` or `measure.linear(factor)`.

    Returns
    -------
    list of Problem
        By kind in the order of `ProblemKind`, the largest first.
    """
    return list_problems(
        survey(polygons, gap_width, to_metres),
        sliver_width=sliver_width,
        declared_holes=declared_holes,
        declared_multipart=declared_multipart,
        communities=communities,
        codes=codes,
        scheme=scheme,
    )


def list_problems(
    seen: Survey,
    *,
    sliver_width: float = SLIVER_WIDTH,
    declared_holes: Iterable[Geometry] = (),
    declared_multipart: Collection[int] = (),
    communities: Communities | None = None,
    codes: Sequence[str] | None = None,
    scheme: CodeScheme = DEFAULT_SCHEME,
) -> list[Problem]:
    """List what a survey has seen, as `find_problems` does."""
    found = [
        *_invalid(seen),
        *_overlapping(seen),
        *_gaps(seen, array_of(declared_holes)),
        *_mismatched(seen),
        *_multipart(seen, declared_multipart),
        *_slivers(seen, sliver_width),
        *(against_communities(seen.usable, seen.land, communities, seen.to_metres) if communities is not None else ()),
        *(wrong_codes(seen.polygons, codes, communities, scheme) if codes is not None else ()),
    ]
    rank = {kind: number for number, kind in enumerate(ProblemKind)}
    return sorted(found, key=lambda problem: (rank[problem.kind], -problem.area, -problem.length, problem.features))


def require_valid(polygons: NDArray[Any], names: Sequence[str], *, gap_width: float = GAP_WIDTH) -> None:
    """Stand guard after an edit: the polygons must be a valid coverage in the plane.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        The changed ones and their neighbours, or all.
    names : sequence of str
        What people call them.

    Raises
    ------
    CoverageBroken
        With `problems` in the evidence: kind, features by name, place, m², metres.
    """
    empty = np.flatnonzero(shapely.is_missing(polygons) | shapely.is_empty(polygons))
    if len(empty):
        raise CoverageBroken(f"{names[empty[0]]} has no land any more; undo the last step", problems=[])
    if shapely.is_valid(polygons).all() and shapely.coverage_is_valid(polygons, gap_width=gap_width):
        return
    breaking = {ProblemKind.INVALID, ProblemKind.OVERLAP, ProblemKind.MISMATCHED_EDGE}
    problems = [problem for problem in find_problems(polygons, gap_width=gap_width) if problem.kind in breaking]
    worst = problems[0]
    raise CoverageBroken(
        f"the boundaries of {', '.join(names[feature] for feature in worst.features)} do not fit: {worst.detail}; "
        "undo the last step, or repair the layer",
        problems=[
            {
                "kind": problem.kind.value,
                "features": [names[feature] for feature in problem.features],
                "place": problem.place,
                "area": problem.area,
                "length": problem.length,
            }
            for problem in problems
        ],
    )


def _invalid(seen: Survey) -> Iterator[Problem]:
    rows = np.flatnonzero(seen.invalid)
    areas, lengths = size(seen.usable[rows], seen.to_metres)
    for row, area, length in zip(rows.tolist(), areas, lengths, strict=True):
        found = broken(seen.polygons[row])
        if found is not None:
            yield Problem(ProblemKind.INVALID, (row,), found[1], area, length, found[0], seen.polygons[row])


def _overlapping(seen: Survey) -> Iterator[Problem]:
    overlaps = seen.overlaps
    areas, lengths = size(overlaps.shapes, seen.to_metres)
    details = _width_details(seen.to_metres(overlaps.shapes), "overlap")
    for first, second, shape, area, length, detail in zip(
        overlaps.first, overlaps.second, overlaps.shapes, areas, lengths, details, strict=True
    ):
        yield Problem(ProblemKind.OVERLAP, (int(first), int(second)), on(shape), area, length, detail, shape)


def _gaps(seen: Survey, declared: NDArray[Any]) -> Iterator[Problem]:
    holes = seen.holes
    if len(declared) and len(holes):
        left = polygonal(shapely.difference(holes, shapely.union_all(declared)))
        holes = left[shapely.area(left) > (1 - _DECLARED_SHARE) * shapely.area(holes)]
    areas, lengths = size(holes, seen.to_metres)
    details = _width_details(seen.to_metres(holes), "gap")
    row, feature = shapely.STRtree(seen.usable).query(holes, predicate="intersects")
    around: list[list[int]] = [[] for _ in holes]
    for number, neighbour in zip(row.tolist(), feature.tolist(), strict=True):
        around[number].append(neighbour)
    for neighbours, hole, area, length, detail in zip(around, holes, areas, lengths, details, strict=True):
        yield Problem(ProblemKind.GAP, tuple(sorted(neighbours)), on(hole), area, length, detail, hole)


def _mismatched(seen: Survey) -> Iterator[Problem]:
    """Group the parts of bad edges by the features that meet at them."""
    bad = seen.bad
    if not len(bad):
        return
    parts, index = shapely.get_parts(seen.edges[bad], return_index=True)
    reach = 2 * seen.gap_width + 1e-9 * max(1.0, float(np.abs(shapely.total_bounds(parts)).max()))
    at, feature = shapely.STRtree(seen.polygons).query(parts, predicate="dwithin", distance=reach)
    meeting: list[set[int]] = [{int(bad[row])} for row in index]
    for part, neighbour in zip(at.tolist(), feature.tolist(), strict=True):
        meeting[part].add(neighbour)
    groups: dict[frozenset[int], list[int]] = {}
    for number, features in enumerate(meeting):
        groups.setdefault(frozenset(features), []).append(number)
    lengths = shapely.length(seen.to_metres(parts))
    for group, members in groups.items():
        longest = max(members, key=lambda member: lengths[member])
        middle = shapely.line_interpolate_point(parts[longest], 0.5, normalized=True)
        yield Problem(
            ProblemKind.MISMATCHED_EDGE,
            tuple(sorted(group)),
            (middle.x, middle.y),
            0.0,
            float(lengths[members].sum()),
            f"edges do not match in {len(members)} place{'s' if len(members) > 1 else ''}",
            MultiLineString(list(parts[members])),
        )


def _multipart(seen: Survey, declared: Collection[int]) -> Iterator[Problem]:
    for row in np.flatnonzero(shapely.get_num_geometries(seen.polygons) > 1).tolist():
        if row not in declared:
            parts = shapely.get_parts(seen.polygons[row])
            areas, lengths = size(parts, seen.to_metres)
            smaller = np.argsort(areas)[:-1]
            place = on(parts[smaller[-1]])
            detail = f"in {len(parts)} parts, {areas[smaller].sum():.1f} m² away from the largest"
            yield Problem(
                ProblemKind.MULTIPART,
                (row,),
                place,
                float(areas[smaller].sum()),
                float(lengths[smaller].sum()),
                detail,
                MultiPolygon(list(parts[smaller])),
            )


def _slivers(seen: Survey, width: float) -> Iterator[Problem]:
    narrow = ~is_wider(seen.to_metres(seen.usable), width) & ~shapely.is_empty(
        seen.usable
    )  # collapsed: invalid already
    rows = np.flatnonzero(narrow)
    areas, lengths = size(seen.usable[rows], seen.to_metres)
    for row, area, length in zip(rows.tolist(), areas, lengths, strict=True):
        shape, detail = seen.usable[row], f"nowhere wider than {width:g} m"
        yield Problem(ProblemKind.SLIVER, (row,), on(shape), area, length, detail, shape)


def _width_details(measured: NDArray[Any], word: str) -> list[str]:
    wide = is_wider(measured, HAIRLINE)
    details = [f"{word} nowhere wider than 1 cm"] * len(measured)
    for row, width in zip(np.flatnonzero(wide), widths(measured[wide]), strict=True):
        details[row] = f"{word} up to {width:.2f} m wide"
    return details
