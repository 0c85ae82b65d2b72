"""Polygon to 四至 text: the features along each side, in order; the text is solved again and the agreement stated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.errors import BadInput
from gridmap.space.limits.outline import ROUND, Stretch, stretches
from gridmap.space.limits.parse import parse
from gridmap.space.limits.solve import solve
from gridmap.space.limits.values import FOUR_SIDES, SIDE_WORDS, Side
from gridmap.space.limits.variants import agreement
from gridmap.space.limits.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.space.limits.features import Features
    from gridmap.space.limits.words import Words

_SHORT = (0.04, 0.015, 0.0)  # of the border: shorter pieces are left out, the boldest first
_GOOD = 0.98  # agreement from which nothing better is sought
_PARTS = "甲乙丙丁戊己庚辛壬癸"
_HOLE = 0.002  # of the land: smaller holes are not told
_ON_HOLE = 1.0  # metres


@dataclass(frozen=True)
class Description:
    """A sentence for a polygon.

    Parameters
    ----------
    text : str
        "" when no feature runs along the border.
    stretches : tuple of Stretch
        All of the border, the land on the left of the walk.
    perimeter, unnamed : float
        Metres of border, and those along no feature.
    status : Status
        Of the sentence, solved again.
    agreement : float
        IoU of the polygon and what its sentence gives (of the best candidate where it is ambiguous); 0 for nothing.
    """

    text: str
    stretches: tuple[Stretch, ...]
    perimeter: float
    unnamed: float
    status: Status
    agreement: float


def describe(shape: Any, features: Features, words: Words, avoid: Sequence[str] = ()) -> Description:
    """Write the four limits of a polygon.

    Parameters
    ----------
    shape : Polygon or MultiPolygon
        In the plane. Parts are told one after the other, holes as what is not included.
    features : Features
        Borders of neighbours (kind boundary) are named only where nothing else runs.
    words : Words
    avoid : sequence of str
        Names not to be used: those of the land itself.
    """
    parts = [part for part in shapely.get_parts(shape) if part.area > 0]
    if not parts:
        raise BadInput("the shape has no land: give a polygon")
    border = [stretches(part, features, frozenset(avoid)) for part in parts]
    excluded = _holes(parts, features, frozenset(avoid))
    best: Description | None = None
    for share in _SHORT:
        told = [_told(each, share) for each in border]
        text = _text(told) + (f"，不含{'、'.join(excluded)}" if excluded else "")
        if best is not None and text == best.text:
            continue
        every = tuple(each for part in told for each in part)
        found = Description(
            text,
            every,
            sum(each.metres for each in every),
            sum(each.metres for each in every if not each.name),
            *_again(text, shape, features, words),
        )
        if best is None or _rank(found) > _rank(best):
            best = found
        if best.agreement >= _GOOD and best.status in {Status.EXACT, Status.GAP_BRIDGED}:
            break
    assert best is not None  # noqa: S101 -- there is a first share
    return best


def _rank(found: Description) -> float:
    sure = found.status in {Status.EXACT, Status.GAP_BRIDGED}
    return found.agreement + (0.01 if sure else 0.0) - 0.0001 * len(found.text)


def _told(border: list[Stretch], share: float) -> list[Stretch]:
    """Leave out short pieces, except the longest of a side."""
    total = sum(each.metres for each in border)
    longest = {
        side: max((each.metres for each in border if each.side is side and each.name), default=0.0) for side in ROUND
    }
    return [
        replace(each, named=bool(each.name) and (each.metres >= share * total or each.metres == longest[each.side]))
        for each in border
    ]


def _text(parts: list[list[Stretch]]) -> str:
    sentences = [_sentence(part) for part in parts]
    if len(sentences) == 1:
        return sentences[0]
    return "；".join(f"{_label(number)}块：{sentence}" for number, sentence in enumerate(sentences))


def _label(number: int) -> str:
    return _PARTS[number] if number < len(_PARTS) else f"第{number + 1}"


def _sentence(part: list[Stretch]) -> str:
    begin = next((n for n, each in enumerate(part) if each.side is not part[n - 1].side), 0)
    turned = part[begin:] + part[:begin]
    clauses = []
    for side in FOUR_SIDES:
        names = [_called(each) for each in turned if each.side is side and each.named]
        if side in {Side.EAST, Side.NORTH}:  # from north to south, from west to east
            names.reverse()
        names = [name for number, name in enumerate(names) if number == 0 or name != names[number - 1]]
        if names:
            clauses.append(f"{SIDE_WORDS[side]}至{'、'.join(names)}")
    return "，".join(clauses)


def _called(stretch: Stretch) -> str:
    """Return what the text calls a stretch: a compound's border is its wall."""
    return stretch.name + "围墙" if stretch.kind == "compound" and not stretch.name.endswith("围墙") else stretch.name


def _holes(parts: list[Any], features: Features, avoid: frozenset[str]) -> list[str]:
    """Name the areas that fill the holes."""
    found = []
    total = sum(part.area for part in parts)
    for part in parts:
        for ring in part.interiors:
            hole = shapely.Polygon(ring)
            if hole.area < _HOLE * total:
                continue
            edges = features.network.tree.query(hole.exterior, predicate="dwithin", distance=_ON_HOLE)
            names = sorted({name for edge in edges for name in features.names_on[int(edge)]} - avoid)
            areas = [(name, _area(features, name)) for name in names]
            fitting = [(agreement(hole, area), name) for name, area in areas if area is not None]
            if fitting and max(fitting)[0] > 0.5:
                found.append(max(fitting)[1])
    return found


def _area(features: Features, name: str) -> Any:
    faces = shapely.get_parts(shapely.polygonize(features.network.edges[features.by_name[name]]))
    return shapely.unary_union(faces) if len(faces) else None


def _again(text: str, shape: Any, features: Features, words: Words) -> tuple[Status, float]:
    """Solve a sentence and return its status and the agreement with the polygon."""
    if not text:
        return Status.UNRESOLVED, 0.0
    try:
        solutions = solve(parse(text, words), features)
    except BadInput:
        return Status.UNRESOLVED, 0.0
    order = list(Status)
    status = max((each.status for each in solutions), key=order.index)
    drawn = [each.shape for each in solutions if each.shape is not None]
    return status, agreement(shapely.unary_union(np.array(drawn, dtype=object)), shape) if drawn else 0.0
