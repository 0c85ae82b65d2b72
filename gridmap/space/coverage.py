"""Is it a coverage? What is wrong, where, and how many square metres.

Official layers fail the test on hairlines of no area, so every finding has its size, and a *hairline* (nowhere
wider than 1 cm) is told from a strip of land.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import MultiLineString, MultiPolygon

from gridmap.codes import DEFAULT_SCHEME, CodeScheme
from gridmap.errors import CoverageBroken
from gridmap.space.measure import (
    HAIRLINE,
    NOISE_AREA,
    ToMetres,
    array_of,
    holes_of,
    is_wider,
    metres,
    polygonal,
    widths,
)
from gridmap.space.membership import Communities, against_communities, wrong_codes
from gridmap.space.polygons import broken
from gridmap.space.problem import Problem, ProblemKind, on, size

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
    "find_overlaps",
    "find_problems",
    "judge",
    "require_valid",
]

GAP_WIDTH = 0.01  # metres; 0 calls a slit of 4 mm valid
SLIVER_WIDTH = 1.0  # metres; nobody stands in a grid that is narrower
_DECLARED_SHARE = 0.99  # of a hole that a declared lake has to cover


@dataclass(frozen=True)
class Judgement:
    """The figures of a layer.

    `valid` is the verdict of a coverage: every polygon is valid, none overlap, edges match, and no gap is narrower
    than the gap width asked for. Holes do not make it invalid, since a lake is one; `wide_` counts those that are
    wider than a hairline. Areas in m².
    """

    valid: bool
    features: int
    invalid: int
    bad_edge_features: int
    bad_edge_parts: int
    overlaps: int
    overlap_area: float
    wide_overlaps: int
    wide_overlap_area: float
    holes: int
    hole_area: float
    wide_holes: int
    wide_hole_area: float


@dataclass(frozen=True)
class Overlaps:
    """Pairs of polygons that have land in common: `first[i]` < `second[i]` and what they share."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    shapes: NDArray[Any]


def judge(polygons: NDArray[Any], gap_width: float = 0.0, to_metres: ToMetres = metres) -> Judgement:
    """Judge a layer as it is, quickly when it is valid.

    Parameters
    ----------
    polygons : array of Polygon or MultiPolygon
        Two-dimensional and not empty (`polygons.accept`), in any units.
    gap_width : float
        In the units of the layer. 0 for a layer as delivered, 0.01 for a plan in the plane.
    to_metres : callable
        Carries pieces to metres: `measure.metres`, `measure.degrees` or `measure.linear(factor)`.
    """
    invalid = ~shapely.is_valid(polygons)
    edges = bad = np.empty(0, dtype=object)
    overlaps = bad
    valid = not invalid.any() and bool(shapely.coverage_is_valid(polygons, gap_width=gap_width))
    if valid:
        holes = holes_of(shapely.coverage_union_all(polygons))
    else:
        edges = shapely.coverage_invalid_edges(polygons, gap_width=gap_width)
        bad = np.flatnonzero(~shapely.is_empty(edges))
        usable = _usable(polygons, invalid)
        overlaps = find_overlaps(usable, bad, to_metres).shapes
        holes = holes_of(shapely.union_all(usable))
    overlaps, holes = to_metres(overlaps), to_metres(holes)
    holes = holes[shapely.area(holes) > NOISE_AREA]
    wide_overlaps, wide_holes = overlaps[is_wider(overlaps, HAIRLINE)], holes[is_wider(holes, HAIRLINE)]
    return Judgement(
        valid=valid,
        features=len(polygons),
        invalid=int(invalid.sum()),
        bad_edge_features=len(bad),
        bad_edge_parts=int(shapely.get_num_geometries(edges[bad]).sum()) if len(bad) else 0,
        overlaps=len(overlaps),
        overlap_area=float(shapely.area(overlaps).sum()),
        wide_overlaps=len(wide_overlaps),
        wide_overlap_area=float(shapely.area(wide_overlaps).sum()),
        holes=len(holes),
        hole_area=float(shapely.area(holes).sum()),
        wide_holes=len(wide_holes),
        wide_hole_area=float(shapely.area(wide_holes).sum()),
    )


def find_overlaps(polygons: NDArray[Any], suspects: NDArray[np.int64], to_metres: ToMetres = metres) -> Overlaps:
    """Find all pairs with land in common, at least one of each pair among the suspects.

    Polygons whose edges all match overlap nobody whose edges all match, so the features with bad edges are suspects
    enough. Shapes are in the units of the layer.
    """
    near, other = shapely.STRtree(polygons).query(polygons[suspects], predicate="intersects")
    pairs = np.sort(np.column_stack([suspects[near], other]), axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    first, second = pairs[:, 0], pairs[:, 1]
    shapes = polygonal(shapely.intersection(polygons[first], polygons[second]))
    real = shapely.area(shapes) > 0
    real[real] = shapely.area(to_metres(shapes[real])) > NOISE_AREA
    return Overlaps(first[real], second[real], shapes[real])


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
        See `judge`.

    Returns
    -------
    list of Problem
        By kind in the order of `ProblemKind`, the largest first.
    """
    invalid = ~shapely.is_valid(polygons)
    usable = _usable(polygons, invalid)
    edges = shapely.coverage_invalid_edges(polygons, gap_width=gap_width)
    bad = np.flatnonzero(~shapely.is_empty(edges))
    land = shapely.union_all(usable) if invalid.any() or len(bad) else shapely.coverage_union_all(polygons)
    found = [
        *_invalid(polygons, invalid, to_metres),
        *_overlapping(usable, bad, to_metres),
        *_gaps(usable, land, array_of(declared_holes), to_metres),
        *_mismatched(polygons, edges, bad, gap_width, to_metres),
        *_multipart(polygons, declared_multipart, to_metres),
        *_slivers(usable, sliver_width, to_metres),
        *(against_communities(usable, land, communities, to_metres) if communities is not None else ()),
        *(wrong_codes(polygons, codes, communities, scheme) if codes is not None else ()),
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


def _usable(polygons: NDArray[Any], invalid: NDArray[np.bool_]) -> NDArray[Any]:
    """Polygons that overlay accepts: the invalid ones by the land that their rings enclose."""
    if not invalid.any():
        return polygons
    usable = polygons.copy()
    made = shapely.make_valid(polygons[invalid], method="structure", keep_collapsed=False)
    usable[invalid] = polygonal(array_of(made))
    return usable


def _invalid(polygons: NDArray[Any], invalid: NDArray[np.bool_], to_metres: ToMetres) -> Iterator[Problem]:
    for row in np.flatnonzero(invalid):
        found = broken(polygons[row])
        if found is not None:
            area, length = size(_usable(polygons[row : row + 1], np.array([True])), to_metres)
            yield Problem(ProblemKind.INVALID, (int(row),), found[1], area[0], length[0], found[0], polygons[row])


def _overlapping(polygons: NDArray[Any], bad: NDArray[np.int64], to_metres: ToMetres) -> Iterator[Problem]:
    overlaps = find_overlaps(polygons, bad, to_metres)
    areas, lengths = size(overlaps.shapes, to_metres)
    details = _width_details(to_metres(overlaps.shapes), "overlap")
    for first, second, shape, area, length, detail in zip(
        overlaps.first, overlaps.second, overlaps.shapes, areas, lengths, details, strict=True
    ):
        yield Problem(ProblemKind.OVERLAP, (int(first), int(second)), on(shape), area, length, detail, shape)


def _gaps(polygons: NDArray[Any], land: Geometry, declared: NDArray[Any], to_metres: ToMetres) -> Iterator[Problem]:
    holes = holes_of(land)
    if len(declared) and len(holes):
        left = polygonal(shapely.difference(holes, shapely.union_all(declared)))
        holes = left[shapely.area(left) > (1 - _DECLARED_SHARE) * shapely.area(holes)]
    holes = holes[shapely.area(to_metres(holes)) > NOISE_AREA]
    areas, lengths = size(holes, to_metres)
    details = _width_details(to_metres(holes), "gap")
    row, feature = shapely.STRtree(polygons).query(holes, predicate="intersects")
    for number, (hole, area, length, detail) in enumerate(zip(holes, areas, lengths, details, strict=True)):
        around = tuple(sorted(feature[row == number].tolist()))
        yield Problem(ProblemKind.GAP, around, on(hole), area, length, detail, hole)


def _mismatched(
    polygons: NDArray[Any], edges: NDArray[Any], bad: NDArray[np.int64], gap_width: float, to_metres: ToMetres
) -> Iterator[Problem]:
    """Group the parts of bad edges by the features that meet at them."""
    if not len(bad):
        return
    parts, index = shapely.get_parts(edges[bad], return_index=True)
    reach = 2 * gap_width + 1e-9 * max(1.0, float(np.abs(shapely.total_bounds(parts)).max()))
    at, feature = shapely.STRtree(polygons).query(parts, predicate="dwithin", distance=reach)
    meeting: list[set[int]] = [{int(bad[row])} for row in index]
    for part, neighbour in zip(at.tolist(), feature.tolist(), strict=True):
        meeting[part].add(neighbour)
    groups: dict[frozenset[int], list[int]] = {}
    for number, features in enumerate(meeting):
        groups.setdefault(frozenset(features), []).append(number)
    lengths = shapely.length(to_metres(parts))
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


def _multipart(polygons: NDArray[Any], declared: Collection[int], to_metres: ToMetres) -> Iterator[Problem]:
    for row in np.flatnonzero(shapely.get_num_geometries(polygons) > 1).tolist():
        if row not in declared:
            parts = shapely.get_parts(polygons[row])
            areas, lengths = size(parts, to_metres)
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


def _slivers(polygons: NDArray[Any], width: float, to_metres: ToMetres) -> Iterator[Problem]:
    narrow = ~is_wider(to_metres(polygons), width) & ~shapely.is_empty(polygons)  # a collapsed one is invalid already
    for row in np.flatnonzero(narrow).tolist():
        areas, lengths = size(polygons[row : row + 1], to_metres)
        detail = f"nowhere wider than {width:g} m"
        yield Problem(ProblemKind.SLIVER, (row,), on(polygons[row]), areas[0], lengths[0], detail, polygons[row])


def _width_details(measured: NDArray[Any], word: str) -> list[str]:
    wide = is_wider(measured, HAIRLINE)
    details = [f"{word} nowhere wider than 1 cm"] * len(measured)
    for row, width in zip(np.flatnonzero(wide), widths(measured[wide]), strict=True):
        details[row] = f"{word} up to {width:.2f} m wide"
    return details
