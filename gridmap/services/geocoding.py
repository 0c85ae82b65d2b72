"""From the text of an address to a point, a grid and an honest probability."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.address.answer import MATCH_LEVELS, NONE, ROAD, Answer, answer
from gridmap.address.shares import Verdict, disc_shares, verdict_of
from gridmap.errors import NoGazetteer, NoPlan
from gridmap.services.gazetteer import current_index, plane_of
from gridmap.services.plan_land import PlanInForce, plans_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.address.index import GazetteerIndex
    from gridmap.storage.database import Transaction

VERDICTS: dict[Verdict, str] = {
    "inside": "范围内",
    "near_border": "近界",
    "ambiguous": "界线不明",
    "outside": "范围外",
    "unlocated": "待定位",
}
BANDS = {"auto": "自动采用", "review": "待核", "none": "未匹配"}


@dataclass(frozen=True)
class GridShare:
    """Which part of the uncertainty of a position lies in a grid."""

    grid_id: str
    grid_code: str
    grid_name: str
    share: float


@dataclass(frozen=True)
class OptionView:
    """A node that may be meant, lon/lat EPSG:4490."""

    node_id: str
    level: int
    level_name: str
    name: str
    lon: float | None
    lat: float | None
    score: float


@dataclass(frozen=True)
class FieldView:
    """A part of the address as it was read: [start, end) in the original text."""

    label: str
    start: int
    end: int
    value: str


@dataclass(frozen=True)
class Geocoded:
    """The answer to one address.

    Parameters
    ----------
    node_id : str or None
        The node of the gazetteer.
    level, level_name : int, str
        Match level: 12 户室, 11 单元, 10 楼栋, 9 门牌, 8 门牌插值, 7 子区, 6 小区单位, 5 路口, 4 道路, 3 社区, 2 街镇,
        1 区县, 0 未匹配.
    lon, lat : float or None
        EPSG:4490.
    radius : float or None
        Metres around the point that hold the truth in 90 % of cases.
    probability : float
        That the node is right.
    band : str
        auto (needs no person), review, none.
    verdict : str
        inside, near_border, ambiguous, outside or unlocated, by the share of the disc of that radius in each grid;
        empty when no plan is in force.
    """

    text: str
    node_id: str | None
    level: int
    level_name: str
    name: str
    lon: float | None
    lat: float | None
    radius: float | None
    probability: float
    band: str
    reasons: list[str]
    options: list[OptionView]
    fields: list[FieldView]
    verdict: str
    grids: list[GridShare]


@dataclass(frozen=True)
class Located:
    """Where an address is, for whoever needs a point.

    `lonlat` is EPSG:4490, `accuracy` the radius in metres that holds the truth in 90 % of cases.
    """

    lonlat: tuple[float, float]
    accuracy: float
    level: int
    probability: float
    reasons: tuple[str, ...]
    node: UUID


def geocode(tx: Transaction, scope: Scope, text: str) -> Geocoded:
    """Answer one address.

    Raises
    ------
    NoGazetteer
        It was not built yet.
    """
    index = current_index(tx, scope)
    return viewed([answer(index, text)], [text], index, plans_or_none(tx), scope)[0]


def locate_text(tx: Transaction, scope: Scope, text: str) -> Located | None:
    """Turn the text of an address or of a report into a point.

    Returns
    -------
    Located or None
        None when there is no gazetteer, nothing was found, or nothing finer than a road.
    """
    try:
        index = current_index(tx, scope)
    except NoGazetteer:
        return None
    found = answer(index, text)
    if found.level < ROAD or math.isnan(found.x):
        return None
    lon, lat = plane_of(index).unproject(np.array([[found.x, found.y]]))[0].tolist()
    return Located((lon, lat), found.radius, found.level, found.probability, found.reasons, index.uuid(found.node))


def viewed(
    answers: Sequence[Answer],
    texts: Sequence[str],
    index: GazetteerIndex,
    plans: list[PlanInForce],
    scope: Scope,
) -> list[Geocoded]:
    """Put answers into the form in which they leave: lon/lat, ids, and the grids of their discs."""
    points = [(each.x, each.y) for each in answers]
    points += [(option.x, option.y) for each in answers for option in each.options]
    lonlat = _to_lonlat(index, np.array(points, dtype=np.float64).reshape(-1, 2))
    at = len(answers)
    views = []
    for number, (found, text) in enumerate(zip(answers, texts, strict=True)):
        options = lonlat[at : at + len(found.options)]
        at += len(found.options)
        verdict, shares = grids_of(found, index, plans, scope)
        views.append(_view(found, text, index, lonlat[number], options, verdict, shares))
    return views


def _view(
    found: Answer,
    text: str,
    index: GazetteerIndex,
    position: tuple[float | None, float | None],
    options: list[tuple[float | None, float | None]],
    verdict: str,
    shares: list[GridShare],
) -> Geocoded:
    return Geocoded(
        text=text,
        node_id=str(index.uuid(found.node)) if found.node >= 0 else None,
        level=found.level,
        level_name=MATCH_LEVELS[found.level],
        name=found.name,
        lon=position[0],
        lat=position[1],
        radius=None if math.isnan(found.radius) else found.radius,
        probability=found.probability,
        band=found.band,
        reasons=list(found.reasons),
        options=[
            OptionView(str(index.uuid(each.node)), each.level, MATCH_LEVELS[each.level], each.name, *place, each.score)
            for each, place in zip(found.options, options, strict=True)
        ],
        fields=[FieldView(each.label, each.start, each.end, str(each.value)) for each in found.fields],
        verdict=verdict,
        grids=shares,
    )


def _to_lonlat(index: GazetteerIndex, xy: NDArray[np.float64]) -> list[tuple[float | None, float | None]]:
    placed = ~np.isnan(xy).any(axis=1)
    lonlat: list[tuple[float | None, float | None]] = [(None, None)] * len(xy)
    if placed.any():
        found = plane_of(index).unproject(xy[placed]).tolist()
        for at, (lon, lat) in zip(np.flatnonzero(placed).tolist(), found, strict=True):
            lonlat[at] = (lon, lat)
    return lonlat


def plans_or_none(tx: Transaction) -> list[PlanInForce]:
    """Return the plans in force; none of them before boundaries were imported."""
    try:
        return plans_in_force(tx)
    except NoPlan:
        return []


def grids_of(
    found: Answer, index: GazetteerIndex, plans: list[PlanInForce], scope: Scope
) -> tuple[str, list[GridShare]]:
    """Return the verdict about an answer's disc, and the visible grids with their shares."""
    if not plans:
        return "", []
    if found.level == NONE or math.isnan(found.x):
        return "unlocated", []
    best: tuple[dict[int, float], PlanInForce] | None = None
    for plan in plans:
        xy: Any = np.array([[found.x, found.y]])
        if plan.subdistrict.plane != index.plane:
            xy = plan.plane.project(plane_of(index).unproject(xy))
        shares = disc_shares(plan.land.blocks, plan.land.block_grid, xy[0, 0], xy[0, 1], found.radius)
        if best is None or sum(shares.values()) > sum(best[0].values()):
            best = shares, plan
    assert best is not None  # noqa: S101 -- there is at least one plan
    shares, plan = best
    grids = [(plan.grid(at), share) for at, share in shares.items()]
    shown = [
        GridShare(str(grid.id), grid.code, grid.name, share)
        for grid, share in grids
        if grid is not None and (scope.unlimited or grid.community_id in scope.communities)
    ]
    return verdict_of(shares), shown
