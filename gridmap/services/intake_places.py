"""Where a report is: its point, its address, or both, and whether the two agree.

Addresses become points through a function that is handed in (`Geocode`), so that taking in rows works before there
is a gazetteer, and can be tested without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.address.answer import MATCH_LEVELS
from gridmap.address.free_text import find_addresses
from gridmap.address.normalise import normalise
from gridmap.datum import Plane
from gridmap.errors import BadInput
from gridmap.files.vocabulary import intake_words
from gridmap.model.cases import Reason
from gridmap.services.geocoding import locate_text
from gridmap.services.locating import to_position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.model.cases import Assignment
    from gridmap.services.reports import Report
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class TextPlace:
    """Where a text says that something is.

    Parameters
    ----------
    lon, lat : float
        EPSG:4490.
    radius : float
        Metres within which it is.
    words : str
        How well it was found, such as 定位到楼栋.
    sure : bool
        False: a person has to look at it.
    """

    lon: float
    lat: float
    radius: float
    words: str = ""
    sure: bool = True


Geocode = Callable[[Sequence[str]], Sequence[TextPlace | None]]
"""Texts to places, one for each; None where a text leads to none."""


def from_gazetteer(tx: Transaction) -> Geocode:
    """Find texts by the gazetteer of the database; without one nothing is found."""
    sure = float(intake_words()["sure"])

    def find(texts: Sequence[str]) -> list[TextPlace | None]:
        found = [locate_text(tx, Scope.everything(tx.actor), text) for text in texts]
        return [
            TextPlace(*each.lonlat, each.accuracy, f"定位到{MATCH_LEVELS[each.level]}", each.probability >= sure)
            if each
            else None
            for each in found
        ]

    return find


class Status(StrEnum):
    """What became of a row, in the words of the office. The first three are incidents."""

    ASSIGNED = "归格"
    DOUBTFUL = "边界待核"
    UNLOCATED = "待定位"
    KNOWN = "已有"
    REFUSED = "退回"


@dataclass(frozen=True)
class Texts:
    """The places that a report names: where the matter is, where the caller lives."""

    matter: str
    home: str


def texts_of(report: Report) -> Texts:
    """Read which place a report is about and which is the caller's home; both are kept.

    The address that was given goes first, unless the text says of that very address that the caller lives there and
    names another one for the matter.
    """
    given = report.address.strip()
    told = find_addresses(report.description) if report.description else []
    by_role = {each.role: report.description[slice(*each.span)] for each in told if each.role != "other"}
    lives, matter = report.home.strip() or by_role.get("home", ""), by_role.get("matter", "")
    if not given:
        return Texts(matter, lives)
    if matter and lives and _same(given, lives) and not _same(matter, lives):
        return Texts(matter, lives)
    return Texts(given, lives)


def _same(one: str, other: str) -> bool:
    """Tell whether one of two addresses is the end of the other: offices write the regions first, callers do not."""
    first, second = normalise(one).text, normalise(other).text
    return first.endswith(second) or second.endswith(first)


@dataclass(frozen=True)
class Whereabouts:
    """Where a report is taken to be, and what speaks against it.

    Parameters
    ----------
    position : tuple of float or None
        Lon/lat EPSG:4490; None: it is known from neither.
    accuracy : float
        Metres.
    doubt : str
        Chinese: what a person has to look at; empty when nothing.
    told : mapping
        What stands in the file of the case: both places, and how far they are from each other.
    """

    texts: Texts
    position: tuple[float, float] | None
    accuracy: float
    doubt: str
    told: dict[str, Any]


def whereabouts(report: Report, texts: Texts, found: TextPlace | None) -> Whereabouts:
    """Say where a report is: at its point, else at the point of its address; where the two disagree, it says so.

    What a person says is right (`Report.holds`) is taken, and nothing is asked any more.

    Raises
    ------
    BadInput
        One of longitude and latitude is missing, or an address holds that was not found.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    """
    if (report.lon is None) != (report.lat is None):
        raise BadInput("longitude and latitude go together: give both or neither", field="lon, lat")
    told: dict[str, Any] = {"matter": texts.matter, "home": texts.home}
    if found:
        found = replace(found, radius=found.radius + _beside(texts.matter))
        told["address"] = {"lon": found.lon, "lat": found.lat, "radius": found.radius, "words": found.words}
    point = (
        to_position(report.lon, report.lat, report.crs) if report.lon is not None and report.lat is not None else None
    )
    if point:
        told["point"] = {"lon": point[0], "lat": point[1], "accuracy": report.accuracy}
    if point and found:
        told["apart"] = round(metres_between(point, (found.lon, found.lat)), 1)
    if report.holds:
        told["holds"] = report.holds
    if point and report.holds != "address":
        doubt = "" if report.holds else _disagreement(texts, told, found)
        return Whereabouts(texts, point, report.accuracy, doubt, told)
    if found is None:
        if report.holds == "address":
            raise BadInput(
                "the address was not found, so that it cannot hold: correct it or keep the point", field="holds"
            )
        why = f"地址“{texts.matter}”未能定位，请人工定位" if texts.matter else "没有坐标，也没有地址，请人工定位"
        return Whereabouts(texts, None, 0.0, why, told)
    doubt = "" if found.sure or report.holds else f"地址“{texts.matter}”定位可信度低（{found.words}），请核实"
    return Whereabouts(texts, (found.lon, found.lat), found.radius, doubt, told)


def _disagreement(texts: Texts, told: Mapping[str, Any], found: TextPlace | None) -> str:
    """Say in Chinese that point and address are farther apart than both may be off; empty when they are not."""
    if found is None or not found.sure:
        return ""
    apart = told["apart"]
    allowed = (told["point"]["accuracy"] or float(intake_words()["accuracy"])) + found.radius
    if apart <= allowed:
        return ""
    return f"坐标与地址“{texts.matter}”相距 {apart:.0f} 米，超过两者误差之和 {allowed:.0f} 米，请核实以哪一个为准"


def _beside(text: str) -> float:
    """Return how far from the address that it names a text may mean: 附近 is farther than 门口."""
    metres: dict[str, float] = intake_words()["beside"]
    return max((away for word, away in metres.items() if word in text), default=0.0)


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Measure between two positions in lon/lat EPSG:4490, in the Gauss-Kruger plane of the first."""
    xy = Plane.at(one[0]).project(np.array([one, other]))
    return float(np.hypot(*(xy[1] - xy[0])))


def status_of(where: Whereabouts, verdict: Assignment | None) -> tuple[Status, str]:
    """Say what becomes of a row, and in Chinese why, where a person has to look."""
    if where.position is None:
        return Status.UNLOCATED, where.doubt
    if verdict is None:
        return Status.DOUBTFUL, "还没有现行方案，暂不能归格"
    reasons = [where.doubt] if where.doubt else []
    if verdict.reason is Reason.OUTSIDE:
        reasons.append("位置在各网格范围之外，请核实属地")
    elif verdict.review and verdict.distance is not None:
        reasons.append(f"距网格边界 {verdict.distance:.0f} 米，位置误差约 {verdict.accuracy:.0f} 米，请核实属于哪一侧")
    elif verdict.review:
        reasons.append("请核实所属网格")
    return (Status.DOUBTFUL, "；".join(reasons)) if reasons else (Status.ASSIGNED, "")


def doubted(verdict: Assignment, where: Whereabouts) -> Assignment:
    """Mark a verdict for a person to look at, where the places disagree."""
    return replace(verdict, review=True) if where.doubt else verdict
