"""Whom a plan is counted with: households, shops, organisations, and the incidents of 12 months, in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Scope
from gridmap.assign import Inclusion, Subjects
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.services.assigning import LISTED_KINDS, wanted_columns
from gridmap.storage import registers
from gridmap.tally import Counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.datum import Plane
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction

_EXTRA = {"households": ("residents",), "incidents": ("reported_at", "state")}
KINDS = ("households", "shops", "organisations", "incidents")
_DAYS = 365  # incidents of 12 months
OPEN_INCIDENTS = "open_incidents"
"""The measure of incidents that are not closed, however old."""


def counted_subjects(tx: Transaction, plane: Plane, grids: Mapping[str, UUID], today: date) -> list[Counted]:
    """Read everybody whom the numbers of a plan count, one `Counted` per kind in the order of `KINDS`.

    Parameters
    ----------
    grids : mapping of str to UUID
        The grids that a person may have decided on, by every code that was ever in force.
    today : date
        Incidents count for twelve months before it.
    """
    return [_counted(tx, kind_named(name), plane, grids, today) for name in KINDS]


def inclusion_lists(tx: Transaction, grids: Mapping[str, UUID]) -> tuple[Inclusion, ...]:
    """Read the inclusion lists (纳入清单), their grids by every code that was ever in force."""
    everything = Scope.everything(tx.actor)
    rows = [row for chunk in registers.read_chunks(tx, everything, kind_named("inclusions")) for row in chunk]
    return tuple(
        Inclusion(grids.get(row["grid"]), row["subject_kind"], row["subject"], row["floor_from"], row["floor_to"])
        for row in rows
    )


def _counted(tx: Transaction, kind: Kind, plane: Plane, grids: Mapping[str, UUID], today: date) -> Counted:
    names = [*wanted_columns(kind), *_EXTRA.get(kind.name, ())]
    found = registers.points(tx, Scope.everything(tx.actor), kind, columns=names)
    columns, lonlat = found.columns, found.lonlat
    if kind.name == "incidents":
        recent = np.array([_is_recent(moment, today) for moment in columns["reported_at"]], dtype=np.bool_)
        still_open = np.array([state not in CLOSED_STATES for state in columns["state"]], dtype=np.bool_)
        rows = np.flatnonzero(recent | still_open)
        lonlat = lonlat[rows]
        columns = {name: [column[row] for row in rows] for name, column in columns.items()}
        amounts = {"incidents": recent[rows].astype(np.int64), OPEN_INCIDENTS: still_open[rows].astype(np.int64)}
    else:
        amounts = {kind.name: np.ones(len(lonlat), dtype=np.int64)}
    if kind.name == "households":
        amounts["residents"] = np.array([each or 0 for each in columns["residents"]], dtype=np.int64)
    return Counted(_subjects(kind, lonlat, columns, plane, grids), amounts)


def _is_recent(moment: Any, today: date) -> bool:
    return moment is not None and 0 <= (today - moment.astimezone(SHANGHAI).date()).days < _DAYS


def _subjects(
    kind: Kind,
    lonlat: NDArray[np.float64],
    columns: Mapping[str, list[Any]],
    plane: Plane,
    grids: Mapping[str, UUID],
) -> Subjects:
    xy = np.full((len(lonlat), 2), np.nan)
    placed = np.isfinite(lonlat).all(axis=1)
    if placed.any():
        xy[placed] = plane.project(lonlat[placed])
    manual = [grids.get(code) if code else None for code in columns["manual_grid"]]
    return Subjects(
        xy=xy,
        buildings=columns.get("building"),
        floors=columns.get("floor"),
        own_kind=LISTED_KINDS.get(kind.name),
        own_codes=columns.get("code") if kind.name in LISTED_KINDS else None,
        manual=manual if any(manual) else None,
    )
