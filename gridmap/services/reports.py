"""What somebody reports, and the record that is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import shapely

from gridmap import codes
from gridmap.errors import BadInput
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI, require_year
from gridmap.services.case_opening import Order
from gridmap.services.locating import to_position

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.storage.database import Transaction

FIRST_STATE, DRAFT_STATE = "待受理", "暂存"
_LATEST_AHEAD = timedelta(minutes=10)  # clocks differ, reports do not come from the future
_EARLIEST = datetime(1949, 10, 1, tzinfo=SHANGHAI)  # what lies before is a slip of the pen


@dataclass(frozen=True)
class Report:
    """What somebody reports; `lon` and `lat` in the system `crs` names, both or neither.

    `deadline` and `return_until` are those of an order from above: they win over our own. `original` keeps the texts
    that came in where the fields were made from them. `home` is where the caller lives. `holds` is what a person says
    is right where point and address disagree: "point", "address", or "" for nobody yet. A `draft` (暂存) is not handed
    in yet.
    """

    title: str
    description: str = ""
    category: str = ""
    source: str = ""
    address: str = ""
    home: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "EPSG:4490"
    accuracy: float = 0.0
    building: str | None = None
    floor: int | None = None
    reporter: str = ""
    phone: str = ""
    number: str | None = None
    reported_at: datetime | None = None
    deadline: datetime | None = None
    return_until: datetime | None = None
    original: Mapping[str, Any] | None = None
    holds: str = ""
    draft: bool = False


def record_of(tx: Transaction, report: Report) -> dict[str, Any]:
    """Make the row of an incident, not yet assigned.

    Raises
    ------
    BadInput, CodeRefused, CrsRefused, CoordinatesRefused
        As `report_incident`.
    """
    if not report.title.strip():
        raise BadInput("an incident needs a title: say in a few words what is the matter", field="title")
    if (report.lon is None) != (report.lat is None):
        raise BadInput("longitude and latitude go together: give both or neither", field="lon, lat")
    reported_at = _aware(report.reported_at) or tx.now
    if reported_at > tx.now + _LATEST_AHEAD:
        raise BadInput(f"reported_at {reported_at.isoformat()} lies in the future", field="reported_at")
    if reported_at < _EARLIEST:
        raise BadInput(f"reported_at {reported_at.isoformat()} is too long ago", field="reported_at")
    point = None
    if report.lon is not None and report.lat is not None:
        point = shapely.Point(to_position(report.lon, report.lat, report.crs))
    identity = new_id()
    texts = ("title", "description", "category", "source", "address", "reporter", "phone", "floor")
    return {name: getattr(report, name) for name in texts} | {
        "id": identity,
        "number": _code(report.number) or f"R{tx.now.astimezone(SHANGHAI):%Y%m%d}-{identity.hex[:8].upper()}",
        "building": _code(report.building),
        "reported_at": reported_at,
        "state": DRAFT_STATE if report.draft else FIRST_STATE,
        "accuracy": report.accuracy,
        "geom": point,
    }


def order_of(record: dict[str, Any], report: Report) -> Order:
    """Make what a file is opened by.

    Raises
    ------
    BadInput
        A deadline lies before the report, or at the end of the calendar.
    """
    deadline, return_until = _aware(report.deadline), _aware(report.return_until)
    for name, moment in (("deadline", deadline), ("return_until", return_until)):
        if moment is not None:
            require_year(moment, name)
        if moment is not None and moment <= record["reported_at"]:
            raise BadInput(f"{name} {moment.isoformat()} lies before the report", field=name)
    return Order(
        record["id"], report.source, report.category, record["reported_at"], deadline, return_until, report.original
    )


def _aware(moment: datetime | None) -> datetime | None:
    """Read a moment without a time zone as one of Asia/Shanghai."""
    return moment.replace(tzinfo=SHANGHAI) if moment and moment.tzinfo is None else moment


def _code(text: str | None) -> str | None:
    """Read a code as files are read, so that one thing has one code however it came."""
    return codes.clean_text(text) or None if text else None
