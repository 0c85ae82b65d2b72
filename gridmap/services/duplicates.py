"""Reports near by that may be the same matter. Only suggested: a person merges (并案), and a person undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.address.masking import mask_numbers
from gridmap.casework.duplicates import Near, Told, measures, near
from gridmap.datum import Plane
from gridmap.model.moments import SHANGHAI
from gridmap.services.case_given import resolve
from gridmap.services.casework_rules import rules as current_rules
from gridmap.storage import casework as store
from gridmap.storage import incidents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.access import Scope
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class NearBy:
    """A report that may be the same matter. `metres` is None where only the address agrees."""

    id: str
    number: str
    title: str
    category: str
    address: str
    state: str
    reported_at: datetime
    metres: float | None
    days: float
    likeness: float


@dataclass(frozen=True)
class NearReports:
    """The reports near by, the likeliest first, and the measures by which they were looked for."""

    metres: float
    days: float
    items: list[NearBy]


def duplicates_of(tx: Transaction, scope: Scope, id_or_number: str) -> NearReports:
    """Look for reports that may be the same matter as one that is there.

    Raises
    ------
    NotFound
        There is no such incident, or it is out of scope.
    """
    case = incidents.incident_named(tx, scope, resolve(tx, scope, id_or_number)).incident
    return near_reports(
        tx,
        scope,
        lonlat=(case.lon, case.lat) if case.lon is not None and case.lat is not None else None,
        category=case.category,
        address=case.address,
        at=case.reported_at or tx.now,
        own_id=case.id,
    )


def near_reports(
    tx: Transaction,
    scope: Scope,
    *,
    lonlat: tuple[float, float] | None,
    category: str,
    address: str,
    at: datetime,
    own_id: UUID,
) -> NearReports:
    """Look for reports that may be the same matter as one that need not be stored yet.

    Those that were merged, withdrawn or handed back are not among them.

    Parameters
    ----------
    lonlat : tuple of float or None
        EPSG:4490; None while it has no place.
    """
    rules = current_rules(tx)
    kind = rules.catalogue.find(category)
    metres, days = measures(kind)
    window = timedelta(days=days)
    plane = Plane.near(np.array([lonlat])) if lonlat else None
    rows = store.told_near(
        tx,
        scope,
        box=box_around(plane, np.array([lonlat]), metres) if plane else None,
        addresses={address.strip()} - {""},
        since=at - window,
        until=at + window,
    )
    void = rules.ladders[""].void
    listed = {row["id"]: row for row in rows if row["state"] not in void}
    own = {"id": own_id, "reported_at": at, "category": category, "address": address}
    own |= dict(zip(("lon", "lat"), lonlat or (None, None), strict=True))
    told, *others = told_of(rules, [own, *listed.values()], plane)
    return NearReports(metres, days, [_near_by(listed[each.id], each) for each in near(told, others)])


def box_around(plane: Plane, lonlat: NDArray[np.float64], metres: float) -> Box:
    """Return a box in degrees that holds the circles around points, (N, 2) lon/lat EPSG:4490."""
    xy = plane.project(lonlat)
    low, high = xy.min(axis=0) - metres, xy.max(axis=0) + metres
    corners = plane.unproject(np.array([[x, y] for x in (low[0], high[0]) for y in (low[1], high[1])]))
    west, south = corners.min(axis=0).tolist()
    east, north = corners.max(axis=0).tolist()
    return west, south, east, north


def told_of(rules: Rules, rows: Sequence[Mapping[str, Any]], plane: Plane | None) -> list[Told]:
    """Take reports as they can be compared.

    Parameters
    ----------
    rows : sequence of mapping
        id, lon, lat, reported_at, category and address.
    """
    lonlat = np.array([[np.nan if row[name] is None else row[name] for name in ("lon", "lat")] for row in rows])
    placed = np.isfinite(lonlat).all(axis=1) if len(rows) else np.zeros(0, dtype=bool)
    xy = np.full(lonlat.shape, np.nan)
    if plane and placed.any():
        xy[placed] = plane.project(lonlat[placed])
    return [
        Told(
            row["id"],
            (at[0], at[1]) if plane and known else None,
            row["reported_at"],
            rules.catalogue.find(row["category"] or ""),
            row["category"] or "",
            (row["address"] or "").strip(),
        )
        for row, at, known in zip(rows, xy.tolist(), placed.tolist(), strict=True)
    ]


def _near_by(row: dict[str, Any], found: Near) -> NearBy:
    return NearBy(
        str(row["id"]),
        row["number"],
        mask_numbers(row["title"]),
        mask_numbers(row["category"] or ""),
        mask_numbers(row["address"] or ""),
        row["state"] or "",
        row["reported_at"].astimezone(SHANGHAI),
        found.metres,
        found.days,
        found.likeness,
    )
