"""四至 text to polygon: candidates from two independent ways, scored; a status, and evidence for every side.

A border is never invented: what does not close, lies on the wrong side or has a rival is said, with the side's name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.limits.evidence import Evidence, Named, round_about
from gridmap.space.limits.flood import DIRECTIONS, enclosed
from gridmap.space.limits.ring import Broken, side_by_side, walk
from gridmap.space.limits.stairs import stairs
from gridmap.space.limits.strand import MAX_GAP
from gridmap.space.limits.unions import unions
from gridmap.space.limits.variants import trimmed, variants
from gridmap.space.limits.verdict import (
    SMALL_GAP,
    Candidate,
    Status,
    Trouble,
    TroubleKind,
    candidates_of,
    faults_of,
    nearest_first,
    status_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.space.limits.features import Features, Match
    from gridmap.space.limits.values import Exemption, Mention, Parse, Part, Side

_FULL_TURN = 2 * np.pi
_BEGUN = 3  # candidates that are made better
_TRIMS = 4  # pieces that are added or left out


@dataclass(frozen=True)
class Solution:
    """The answer for one part of a text.

    Parameters
    ----------
    status : Status
    shape : Polygon, MultiPolygon or None
        None when it is unresolved.
    features : tuple of Named
        As the text names them, in its order.
    matches : tuple of Match
        Where each was found.
    best : Candidate or None
    candidates : tuple of Candidate
        All, the best first; also those that were not accepted.
    troubles : tuple of Trouble
    """

    status: Status
    shape: Any
    features: tuple[Named, ...]
    matches: tuple[Match, ...]
    best: Candidate | None
    candidates: tuple[Candidate, ...]
    troubles: tuple[Trouble, ...] = field(default=())


def solve(parsed: Parse, features: Features, inside: NDArray[np.float64] | None = None) -> list[Solution]:
    """Draw the polygon of every part of a text.

    Parameters
    ----------
    parsed : Parse
    features : Features
    inside : (N, 2) float64, optional
        Points of the plane that are known to belong to the land: the office of the community, its compounds.

    Returns
    -------
    list of Solution
        One for each part. What the text takes out is cut from every part.
    """
    solutions = [solve_part(part, features, inside) for part in parsed.parts]
    for exemption in parsed.exemptions:
        solutions = [_exempted(each, exemption, features) for each in solutions]
    return solutions


def solve_part(part: Part, features: Features, inside: NDArray[np.float64] | None = None) -> Solution:
    """Draw the polygon of one part: first with the features as named, then with their side roads and tunnels."""
    mentions = _mentions(part)
    matches = [features.find(mention) for _, mention, _ in mentions]
    troubles = [Trouble(TroubleKind.MISSING_SIDE, side, "") for side in part.missing]
    for (side, mention, _), match in zip(mentions, matches, strict=True):
        if not match.how:
            troubles.append(Trouble(TroubleKind.NOT_FOUND, side, mention.name, offers=match.offers))
        elif match.how == "alias":
            troubles.append(Trouble(TroubleKind.ALIAS, side, mention.name, offers=match.names))
    named = _named(mentions, matches, features)
    if any(each.kind in {TroubleKind.NOT_FOUND, TroubleKind.MISSING_SIDE} for each in troubles):
        return Solution(Status.UNRESOLVED, None, tuple(named), tuple(matches), None, (), tuple(troubles))
    first = _answer(named, matches, features, troubles, inside)
    if first.status is Status.EXACT:
        return first
    wider = [features.with_companions(match) for match in matches]
    if all(len(one.names) == len(two.names) for one, two in zip(matches, wider, strict=True)):
        return first
    second = _answer(_named(mentions, wider, features), wider, features, troubles, inside)
    rank = list(Status).index
    return second if rank(second.status) < rank(first.status) else first


def _mentions(part: Part) -> list[tuple[Side | None, Mention, bool]]:
    if part.legs:
        return [(None, leg.along, True) for leg in part.legs]
    return [(limit.side, each, len(limit.mentions) == 1) for limit in part.limits for each in limit.mentions]


def _named(
    mentions: Sequence[tuple[Side | None, Mention, bool]], matches: Sequence[Match], features: Features
) -> list[Named]:
    edges = features.network.edges
    return [
        Named(side, mention.name, match.edges, shapely.MultiLineString(list(edges[match.edges])), alone)
        for (side, mention, alone), match in zip(mentions, matches, strict=True)
    ]


def _answer(
    named: list[Named],
    matches: list[Match],
    features: Features,
    before: list[Trouble],
    inside: NDArray[np.float64] | None,
) -> Solution:
    orders = _orders(named)
    rings, broken = _walked(named, orders, features)
    if len({each.name for each in named}) == 1:
        rings = _enclosed_by_one(named[0], features)
    shapes = [("ring", ring) for ring in rings] + _flooded(named, orders[:1], features)
    known: dict[int, Evidence] = {}
    shapes, candidates = _pieced(shapes, named, features, inside, known)
    if rings and not _fits(candidates, named) and any(on.metres <= 0 for on in candidates[0].evidence.features):
        shapes += [("ring", ring) for ring in _walked(named, orders, features, every=True)[0]]
        candidates = candidates_of(shapes, named, inside, known)
    if named[0].side is not None and (not candidates or faults_of(candidates[0], named)):
        turns = stairs(*_round(named))
        turned, _ = _walked(named, turns, features)
        shapes += [("ring", ring) for ring in turned] + _flooded(named, turns, features)
        candidates = candidates_of(shapes, named, inside, known)
    if named[0].side is not None and candidates:
        shapes += _trimmed(candidates, named, features, inside, known)
        candidates = candidates_of(shapes, named, inside, known)
    if candidates and not faults_of(candidates[0], named):
        shapes += [("faces", shape) for shape in variants(candidates[0].shape, _all_edges(named, features))]
        candidates = nearest_first(candidates_of(shapes, named, inside, known), named)
    troubles = list(before)
    if not candidates:
        troubles += _apart(named, broken)
        return Solution(Status.UNRESOLVED, None, tuple(named), tuple(matches), None, (), tuple(troubles))
    best = candidates[0]
    faults = faults_of(best, named)
    if not any(way == "ring" for way, _ in shapes):
        faults += _apart(named, broken)
    status, more = status_of(best, candidates, faults, before, named)
    shape = None if status is Status.UNRESOLVED else best.shape
    return Solution(status, shape, tuple(named), tuple(matches), best, tuple(candidates), (*before, *faults, *more))


def _pieced(
    shapes: list[tuple[str, Any]],
    named: list[Named],
    features: Features,
    inside: NDArray[np.float64] | None,
    known: dict[int, Evidence],
) -> tuple[list[tuple[str, Any]], list[Candidate]]:
    """Measure shapes; where none fits, put land together of pieces, and walk round the best of it."""
    candidates = candidates_of(shapes, named, inside, known)
    if named[0].side is None or _fits(candidates, named):
        return shapes, candidates
    found = unions(named, features, [each.shape for each in candidates[:_BEGUN]])
    shapes = [*shapes, *(("faces", shape) for shape in found)]
    candidates = candidates_of(shapes, named, inside, known)
    if _fits(candidates, named):
        again, _ = _walked(named, [round_about(candidates[0].shape, named)], features)
        shapes += [("ring", ring) for ring in again]
        candidates = candidates_of(shapes, named, inside, known)
    return shapes, candidates


def _trimmed(
    candidates: list[Candidate],
    named: list[Named],
    features: Features,
    inside: NDArray[np.float64] | None,
    known: dict[int, Evidence],
) -> list[tuple[str, Any]]:
    """Improve the best candidates piece by piece at the border, where a feature is hardly on it."""
    found: list[tuple[str, Any]] = []
    edges = _all_edges(named, features)
    for start in {id(each): each for each in (candidates[0], max(candidates, key=lambda each: each.score))}.values():
        best = start
        for _ in range(_TRIMS):
            if not any(best.evidence.hardly):
                break
            others = [("faces", shape) for shape in trimmed(best.shape, edges)]
            found += others
            better = candidates_of([("", best.shape), *others], named, inside, known)[0]
            if better.shape is best.shape:
                break
            best = better
    return found


def _fits(candidates: Sequence[Candidate], named: list[Named]) -> bool:
    """Tell whether the best candidate has every feature on its side and no gap."""
    return bool(candidates) and not faults_of(candidates[0], named) and candidates[0].gap <= SMALL_GAP


def _enclosed_by_one(only: Named, features: Features) -> list[Any]:
    """Return what one feature encloses: a compound with its wall on all sides, a ring road."""
    faces = shapely.get_parts(shapely.polygonize(features.network.edges[only.edges]))
    lands = shapely.get_parts(shapely.unary_union(faces))
    return [shapely.Polygon(land.exterior) for land in (*lands, *faces)]


def _walked(
    named: list[Named], orders: list[list[int]], features: Features, *, every: bool = False
) -> tuple[list[Any], list[tuple[list[int], Broken]]]:
    """Walk along the features in each order: what the walks enclose, and where the first that fails is broken."""
    rings: list[Any] = []
    broken: list[tuple[list[int], Broken]] = []
    for order in orders:
        found, gaps = walk(features.network, [named[number].edges for number in order], every=every)
        rings += [ring.shape for ring in found]
        broken = broken or [(order, each) for each in gaps]
    return rings, broken


def _flooded(named: list[Named], orders: list[list[int]], features: Features) -> list[tuple[str, Any]]:
    """Flood the faces within the features, if they have sides and meet in the first order."""
    box = _meeting_box(named, orders[0]) if orders and named[0].side is not None else None
    return [] if box is None else [("faces", shape) for shape in enclosed(features, _by_side(named), box)]


def _orders(named: list[Named]) -> list[list[int]]:
    """Return likely orders of the features round the land: as walked, or side by side."""
    if named[0].side is None:
        order = [number for number in range(len(named)) if number == 0 or named[number].name != named[number - 1].name]
        if len(order) > 1 and named[order[0]].name == named[order[-1]].name:
            order = order[:-1]
        return [order]
    found = []
    for order in side_by_side(*_round(named)):
        short = [n for at, n in enumerate(order) if named[n].name != named[order[at - 1]].name or len(order) == 1]
        found.append(short)
    return [each for each in found if each]


def _round(named: list[Named]) -> tuple[list[list[int]], NDArray[np.float64]]:
    """Return the features of each side, the sides in order round the land, and the metres between features."""
    by_side: dict[Side, list[int]] = {}
    for number, each in enumerate(named):
        assert each.side is not None  # noqa: S101 -- a text has sides or legs, not both
        by_side.setdefault(each.side, []).append(number)
    turn = sorted(by_side, key=lambda side: np.arctan2(*DIRECTIONS[side][::-1]) % _FULL_TURN)
    shapes = np.array([each.shape for each in named], dtype=object)
    return [by_side[side] for side in turn], shapely.distance(shapes[:, None], shapes[None, :])


def _meeting_box(named: list[Named], order: list[int]) -> tuple[float, ...] | None:
    """Return the box round the places where features that follow each other meet or come nearest."""
    places = []
    for one, two in zip(order, order[1:] + order[:1], strict=True):
        meeting = shapely.intersection(named[one].shape, named[two].shape)
        if meeting.is_empty:
            meeting = shapely.shortest_line(named[one].shape, named[two].shape)
            if meeting.length > MAX_GAP:
                return None
        places.append(meeting)
    if not places:
        return None
    west, south, east, north = shapely.total_bounds(np.array(places, dtype=object)).tolist()
    return (west, south, east, north) if east > west and north > south else None


def _by_side(named: list[Named]) -> dict[Side, NDArray[np.int64]]:
    sides: dict[Side, list[NDArray[np.int64]]] = {}
    for each in named:
        if each.side is not None:
            sides.setdefault(each.side, []).append(each.edges)
    return {side: np.unique(np.concatenate(edges)) for side, edges in sides.items()}


def _all_edges(named: list[Named], features: Features) -> NDArray[Any]:
    edges: NDArray[Any] = features.network.edges[np.unique(np.concatenate([each.edges for each in named]))]
    return edges


def _apart(named: list[Named], broken: list[tuple[list[int], Broken]]) -> list[Trouble]:
    """Blame the feature that meets neither of its neighbours, or both that do not meet."""
    missed: dict[int, list[float]] = {}
    for way, gap in broken:
        for number in (way[gap.one], way[gap.two]):
            missed.setdefault(number, []).append(gap.metres)
    twice = {number for number, metres in missed.items() if len(metres) > 1}
    blamed = twice or set(missed) or set(range(len(named)))
    return [
        Trouble(TroubleKind.APART, named[number].side, named[number].name, max(missed.get(number, [0.0])))
        for number in sorted(blamed)
    ]


def _exempted(solution: Solution, exemption: Exemption, features: Features) -> Solution:
    """Cut out what a text takes out, or join what it expressly counts in."""
    if solution.shape is None:
        return solution
    shapes = []
    troubles = list(solution.troubles)
    if exemption.part is not None:
        inner = solve_part(exemption.part, features)
        troubles += inner.troubles
        shapes = [inner.shape] if inner.shape is not None else []
    for mention in exemption.mentions:
        match = features.find(mention)
        areas = shapely.get_parts(shapely.polygonize(features.network.edges[match.edges]))
        if len(areas):
            shapes.append(shapely.unary_union(areas))
        else:
            troubles.append(Trouble(TroubleKind.NOT_FOUND, None, mention.name, offers=match.offers))
    status = solution.status if len(troubles) == len(solution.troubles) else Status.UNRESOLVED
    other = shapely.unary_union(shapes)
    shape = shapely.difference(solution.shape, other) if exemption.excluded else shapely.union(solution.shape, other)
    return Solution(
        status,
        shape if status is not Status.UNRESOLVED else None,
        solution.features,
        solution.matches,
        solution.best,
        solution.candidates,
        tuple(troubles),
    )
