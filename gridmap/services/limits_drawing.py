"""A 四至 sentence drawn for a page, each side by itself; and one that a person accepts for a community."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput, Conflict
from gridmap.services.limits import parse_text
from gridmap.services.limits_ground import stored_surroundings
from gridmap.services.limits_words import STATUS, reading_words, side_word, trouble_words
from gridmap.space.limits.evidence import ON_FEATURE, Border
from gridmap.space.limits.flood import DIRECTIONS
from gridmap.space.limits.readings import MOST, readings
from gridmap.space.limits.solve import solve
from gridmap.space.limits.verdict import Status
from gridmap.space.measure import array_of
from gridmap.storage import audit, land

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.services.limits import Surroundings
    from gridmap.space.limits.evidence import Named
    from gridmap.space.limits.features import Features, Match
    from gridmap.space.limits.readings import Reading
    from gridmap.space.limits.solve import Solution
    from gridmap.space.limits.values import Parse
    from gridmap.space.limits.verdict import Trouble
    from gridmap.storage.database import Transaction

_AROUND = 0.6  # of the land's size: how far a feature is drawn beyond it
_FINE = 0.5  # metres by which a drawn line may be simplified
_LONGEST = 200  # characters of a document's title


@dataclass(frozen=True)
class FeatureDrawn:
    """A feature that the sentence names.

    Parameters
    ----------
    side, word : str
        east, 东至; "" and 沿 in a walk.
    name : str
    found, offers : tuple of str
        The names under which it was found; near spellings where it was not.
    how : str
        exact, alias, or "" when it was not found.
    lines : dict or None
        Its course near the land, GeoJSON in lon/lat EPSG:4490; None when it was not found.
    """

    side: str
    word: str
    name: str
    found: tuple[str, ...]
    offers: tuple[str, ...]
    how: str
    lines: dict[str, Any] | None


@dataclass(frozen=True)
class CandidateDrawn:
    """A polygon that the sentence may mean.

    Parameters
    ----------
    geometry : dict
        GeoJSON in lon/lat EPSG:4490.
    hectares, perimeter, gap : float
        Gap: metres of border on no feature of the sentence.
    ways : tuple of str
        ring, faces, far: which of them found it.
    says : str
        What tells it from the first, in words; "" for one that stands alone.
    metres : tuple of float
        On each feature of the sentence.
    borders : list of dict
        The border in pieces: side ("" on no feature) and GeoJSON lines.
    """

    geometry: dict[str, Any]
    hectares: float
    perimeter: float
    gap: float
    ways: tuple[str, ...]
    says: str
    metres: tuple[float, ...]
    borders: list[dict[str, Any]]


@dataclass(frozen=True)
class PartDrawn:
    """A part of the sentence; no candidates where it is unresolved: no border is ever invented."""

    label: str
    status: str
    word: str
    features: tuple[FeatureDrawn, ...]
    candidates: tuple[CandidateDrawn, ...]
    troubles: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Drawing:
    """A sentence as it is drawn; `leftovers` are pieces that were not understood."""

    text: str
    status: str
    word: str
    parts: tuple[PartDrawn, ...]
    leftovers: tuple[str, ...]


@dataclass(frozen=True)
class CommunityLimits:
    """The sentence of a community."""

    code: str
    name: str
    four_limits: str
    source_document: str


def draw_sentence(tx: Transaction, scope: Scope, text: str) -> Drawing:
    """Draw a sentence on the features that are stored.

    Raises
    ------
    BadInput
        It names no side and is no walk.
    NoPlan, NotFound
        No plan is in force, or nothing with a name is stored.
    """
    around = stored_surroundings(tx, scope)
    parsed = parse_text(text)
    solutions = solve(parsed, around.features)
    status = max((each.status for each in solutions), key=list(Status).index)
    return Drawing(
        text=text,
        status=status.value,
        word=STATUS[status],
        parts=tuple(
            _part(part.label, each, parsed, around) for part, each in zip(parsed.parts, solutions, strict=True)
        ),
        leftovers=tuple(each.text for each in parsed.leftovers),
    )


def community_limits(tx: Transaction, scope: Scope) -> list[CommunityLimits]:
    """List the visible communities with their sentences, by code."""
    return [
        CommunityLimits(each.code, each.name, each.four_limits, each.source_document)
        for each in land.communities(tx, scope)
    ]


def accept_for_community(
    tx: Transaction,
    scope: Scope,
    code: str,
    text: str,
    source_document: str,
    chosen: Sequence[int] = (),
    *,
    outline: bool = True,
) -> CommunityLimits:
    """Write a sentence as that of a community, and its polygon as the outline to compare with. No grid changes.

    Parameters
    ----------
    code : str
        Code or name of the community.
    chosen : sequence of int
        Of each part which candidate, as `draw_sentence` lists them; the first without it.
    outline : bool
        Keep the polygon, too.

    Raises
    ------
    NotFound
        There is no such community, or it is out of scope.
    BadInput
        The sentence cannot be read, or a candidate is named that there is not.
    Conflict
        The sentence gives no polygon.
    """
    community = land.community_named(tx, scope, code)
    text, source_document = text.strip(), source_document.strip()
    if len(source_document) > _LONGEST:
        raise BadInput(f"the title of the document is longer than {_LONGEST} characters", field="source_document")
    around = stored_surroundings(tx, scope)
    parsed = parse_text(text)
    lands = []
    for number, solution in enumerate(solve(parsed, around.features)):
        offered = _offered(solution, parsed, around.features)
        if not offered:
            raise Conflict(f"the sentence gives no polygon: {_why(solution)}", status=solution.status.value)
        pick = chosen[number] if number < len(chosen) else 0
        if not 0 <= pick < len(offered):
            raise BadInput(f"part {number} has {len(offered)} candidates, not {pick + 1}", field="chosen")
        lands.append(offered[pick].shape)
    shape = around.lonlat(shapely.unary_union(array_of(lands))) if outline else community.outline
    written = replace(community, four_limits=text, source_document=source_document, outline=shape)
    land.update_communities(tx, [written])
    audit.record(
        tx,
        "describe",
        "community",
        community.id,
        detail={
            "four_limits": text,
            "source_document": source_document,
            "before": community.four_limits,
            "outline": outline,
        },
    )
    return CommunityLimits(written.code, written.name, text, source_document)


def _why(solution: Solution) -> str:
    return "；".join(trouble_words(each) for each in solution.troubles) or STATUS[solution.status]


def _offered(solution: Solution, parsed: Parse, features: Features) -> list[Reading]:
    """Return the polygons to choose from; what the sentence takes out is taken out of the answer only."""
    return readings(solution, features, most=1 if parsed.exemptions else MOST)


def _part(label: str, solution: Solution, parsed: Parse, around: Surroundings) -> PartDrawn:
    offered = _offered(solution, parsed, around.features)
    box = _box(offered[0].shape) if offered else None
    return PartDrawn(
        label=label,
        status=solution.status.value,
        word=STATUS[solution.status],
        features=tuple(
            _feature(named, match, box, around)
            for named, match in zip(solution.features, solution.matches, strict=True)
        ),
        candidates=tuple(
            _candidate(each, says, solution.features, around)
            for each, says in zip(offered, reading_words(offered), strict=True)
        ),
        troubles=tuple(_trouble(each) for each in solution.troubles),
    )


def _trouble(trouble: Trouble) -> dict[str, Any]:
    return {
        "kind": trouble.kind.value,
        "side": trouble.side.value if trouble.side else "",
        "name": trouble.name,
        "metres": round(trouble.metres, 1),
        "message": trouble_words(trouble),
    }


def _box(shape: Any) -> Any:
    west, south, east, north = shape.bounds
    margin = _AROUND * max(east - west, north - south)
    return shapely.box(west - margin, south - margin, east + margin, north + margin)


def _feature(named: Named, match: Match, box: Any, around: Surroundings) -> FeatureDrawn:
    course = named.shape if box is None else shapely.intersection(named.shape, box)
    lines = shapely.simplify(shapely.line_merge(course), _FINE)
    return FeatureDrawn(
        side=named.side.value if named.side else "",
        word=f"{side_word(named.side)}至" if named.side else "沿",
        name=named.name,
        found=match.names,
        offers=match.offers,
        how=match.how,
        lines=None if lines.is_empty else _geojson(lines, around),
    )


def _candidate(reading: Reading, says: str, named: Sequence[Named], around: Surroundings) -> CandidateDrawn:
    candidate = reading.candidate
    return CandidateDrawn(
        geometry=_geojson(reading.shape, around),
        hectares=round(reading.shape.area / 1e4, 3),
        perimeter=round(candidate.evidence.perimeter, 1),
        gap=round(candidate.gap, 1),
        ways=candidate.ways,
        says=says,
        metres=tuple(round(each.metres, 1) for each in candidate.evidence.features),
        borders=[
            {"side": side, "lines": _geojson(lines, around)}
            for side, lines in _borders(candidate.shape, named).items()
            if not lines.is_empty
        ],
    )


def _borders(shape: Any, named: Sequence[Named]) -> dict[str, Any]:
    """Divide the border of a polygon by the side whose features it lies on; "" lies on none, "along" in a walk.

    Where features of several sides share a piece of border, it is of the side to which it looks most.
    """
    border = Border.of(shape)
    points = np.asarray(shapely.points(border.middle), dtype=object)
    looks = np.full((len(named), len(points)), -np.inf)
    for number, each in enumerate(named):
        on = shapely.dwithin(points, each.shape, ON_FEATURE)
        wanted = np.array((0.0, 0.0) if each.side is None else DIRECTIONS[each.side])
        looks[number] = np.where(on, border.outward @ wanted, -np.inf)
    sides = np.array([each.side.value if each.side else "along" for each in named], dtype=object)
    best = sides[np.argmax(looks, axis=0)]
    best[np.isneginf(looks.max(axis=0))] = ""
    ends = np.stack([border.middle - border.along / 2, border.middle + border.along / 2], axis=1)
    return {str(side): _joined(ends[best == side]) for side in dict.fromkeys(best.tolist())}


def _joined(ends: NDArray[np.float64]) -> Any:
    """Join segments (S, 2, 2) into lines."""
    rounded = shapely.set_precision(np.asarray(shapely.linestrings(ends), dtype=object), 0.001)
    return shapely.simplify(shapely.line_merge(shapely.union_all(rounded)), _FINE)


def _geojson(shape: Any, around: Surroundings) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(shapely.to_geojson(around.lonlat(shape)))
    return value
