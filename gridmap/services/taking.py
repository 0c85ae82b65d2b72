"""Reports on their way in: located, given a grid and a file. One way for a form, a row and a sheet of rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.errors import NoPlan
from gridmap.model.kinds import kind_named
from gridmap.services.assigning import decide, decide_now
from gridmap.services.case_opening import due_at, open_files
from gridmap.services.intake_places import Status, doubted, status_of, texts_of, whereabouts
from gridmap.services.plan_land import plans_in_force
from gridmap.services.reports import order_of, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile
    from gridmap.services.assigning import Located
    from gridmap.services.casework_rules import Rules
    from gridmap.services.intake_places import Geocode, TextPlace, Whereabouts
    from gridmap.services.reports import Report
    from gridmap.storage.database import Transaction

_INCIDENTS = kind_named("incidents")


@dataclass(frozen=True)
class Ready:
    """A report whose place was looked for, and the row of its incident."""

    report: Report
    where: Whereabouts
    record: dict[str, Any]


@dataclass(frozen=True)
class Placed(Ready):
    """A report with its grid.

    Parameters
    ----------
    verdict : Assignment or None
        None while no plan is in force.
    status : Status
        归格, 边界待核 or 待定位.
    why : str
        Chinese: what a person has to look at; empty when nothing.
    """

    verdict: Assignment | None
    community_id: UUID | None
    status: Status
    why: str


def geocoded(geocode: Geocode, reports: Sequence[Report]) -> dict[str, TextPlace | None]:
    """Find the places of the matters of reports, each text once."""
    asked = sorted({matter for report in reports if (matter := texts_of(report).matter)})
    return dict(zip(asked, geocode(asked), strict=True)) if asked else {}


def ready(tx: Transaction, report: Report, places: Mapping[str, TextPlace | None]) -> Ready:
    """Say where a report is, and make the row of its incident.

    Parameters
    ----------
    places : mapping
        As `geocoded`.

    Raises
    ------
    BadInput, CodeRefused, CrsRefused, CoordinatesRefused
        It cannot be.
    """
    texts = texts_of(report)
    where = whereabouts(report, texts, places.get(texts.matter))
    lon, lat = where.position or (None, None)
    address = report.address if report.address.strip() == texts.matter else texts.matter
    found = replace(report, address=address, lon=lon, lat=lat, crs="EPSG:4490", accuracy=where.accuracy)
    record = record_of(tx, found)
    order_of(record, report)  # refuses a deadline that cannot be, before anything is written
    return Ready(report, where, record)


def placed(tx: Transaction, given: Sequence[Ready], *, held: bool) -> list[Placed]:
    """Give reports their grids.

    Parameters
    ----------
    held : bool
        Hold the plan until the transaction ends: who only reads cannot.
    """
    if not given:
        return []
    records = [each.record for each in given]
    lonlat = np.array([each.where.position or (np.nan, np.nan) for each in given], dtype=np.float64)
    columns = {name: [record[name] for record in records] for name in ("accuracy", "building", "floor")}
    ids = [record["id"] for record in records]
    located = decide_now(tx, _INCIDENTS, ids, lonlat, columns) if held else _decided(tx, ids, lonlat, columns)
    verdicts = located.assignments if located else [None] * len(given)
    communities = located.community_ids if located else [None] * len(given)
    result = []
    for each, verdict, community in zip(given, verdicts, communities, strict=True):
        own = doubted(verdict, each.where) if verdict else None
        result.append(Placed(each.report, each.where, each.record, own, community, *status_of(each.where, verdict)))
    return result


def _decided(
    tx: Transaction, ids: Sequence[UUID], lonlat: NDArray[np.float64], columns: dict[str, list[Any]]
) -> Located | None:
    try:
        return decide(_INCIDENTS, ids, lonlat, columns, plans_in_force(tx))
    except NoPlan:
        return None


def opened(tx: Transaction, rules: Rules, given: Sequence[Placed]) -> list[CaseFile]:
    """Open a file for each report, and complete its row by it; the caller writes both.

    The file keeps what came in: the address as it was, both places and both addresses.
    """
    orders = []
    for each in given:
        place = each.where.told | {"status": each.status.value, "why": each.why}
        original = dict(each.report.original or {}) | {"address": each.report.address, "place": place}
        orders.append((order_of(each.record, replace(each.report, original=original)), each.verdict))
    files = open_files(tx, rules, orders)
    for each, file in zip(given, files, strict=True):
        each.record["community_id"] = each.community_id
        each.record["deadline"] = due_at(rules, file)
    return files
