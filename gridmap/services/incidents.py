"""Reporting incidents and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Scope
from gridmap.errors import BadInput, NotFound
from gridmap.model.kinds import kind_named
from gridmap.model.land import new_id
from gridmap.model.moments import SHANGHAI
from gridmap.services.assigning import decide_now
from gridmap.services.case_given import resolve
from gridmap.services.case_opening import Order, due_at, open_file
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.incident_views import IncidentView, brief_of, incident_view, incident_views
from gridmap.services.locating import to_position
from gridmap.storage import assignments, audit, casework, plans, registers
from gridmap.storage import incidents as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.storage.database import Transaction

_INCIDENTS = kind_named("incidents")
FIRST_STATE, DRAFT_STATE = "待受理", "暂存"
_LATEST_AHEAD = timedelta(minutes=10)  # clocks differ, reports do not come from the future
_EARLIEST = datetime(1949, 10, 1, tzinfo=SHANGHAI)  # what lies before is a slip of the pen


@dataclass(frozen=True)
class Report:
    """What somebody reports; `lon` and `lat` in the system `crs` names, both or neither.

    `deadline` and `return_until` are those of an order from above: they win over our own. `original` keeps the texts
    that came in where the fields were made from them. A `draft` (暂存) is not handed in yet.
    """

    title: str
    description: str = ""
    category: str = ""
    source: str = ""
    address: str = ""
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
    draft: bool = False


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents, and how many there are in all."""

    total: int
    items: list[IncidentView]


def report_incident(tx: Transaction, scope: Scope, report: Report) -> IncidentView:
    """Store an incident, give it its grid at once, and say who has it.

    Without a point, or while no plan is in force, it waits as 待定位.

    Raises
    ------
    BadInput
        The title is blank, one of longitude and latitude is missing, or the time cannot be.
    CodeRefused
        A spreadsheet has damaged the number or the code of the building.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    Conflict
        An incident with that number exists.
    """
    record = record_of(tx, report)
    shape = record["geom"]
    lonlat = np.array([[shape.x, shape.y]]) if shape is not None else np.full((1, 2), np.nan)
    columns: dict[str, list[Any]] = {
        "accuracy": [report.accuracy],
        "building": [record["building"]],
        "floor": [report.floor],
    }
    located = decide_now(tx, _INCIDENTS, [record["id"]], lonlat, columns)
    if located:
        record["community_id"] = located.community_ids[0]
    rules = current_rules(tx)
    file = open_file(tx, rules, order_of(record, report), located.assignments[0] if located else None)
    record["deadline"] = due_at(rules, file)
    registers.insert_many(tx, _INCIDENTS, [record])
    if located:
        assignments.put(tx, located.assignments)
    casework.add_file(tx, file)
    audit.record(tx, "report", "incident", record["id"], detail={"number": record["number"]})
    # Whoever reports may see the report, wherever it lies; the grid stays hidden when it is out of scope.
    case = store.incident_named(tx, Scope.everything(scope.actor), record["id"])
    return incident_view(tx, scope, case, brief_of(scope, rules, case, file, (), tx.now))


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
        A deadline lies before the report.
    """
    deadline, return_until = _aware(report.deadline), _aware(report.return_until)
    for name, moment in (("deadline", deadline), ("return_until", return_until)):
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


def list_incidents(
    tx: Transaction,
    scope: Scope,
    *,
    grid_code: str | None = None,
    state: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> IncidentPage:
    """List incidents, newest first.

    Raises
    ------
    NotFound
        No plan ever gave a grid that code.
    """
    grid_id = None
    if grid_code is not None:
        known = plans.codes_ever_in_force(tx, scope, grid_code)
        if grid_code not in known:
            raise NotFound(f"there is no grid {grid_code}", grid=grid_code)
        grid_id = known[grid_code]
    wanted = store.Filter(states=(state,) if state else None, grid_id=grid_id)
    cases = store.find(tx, scope, wanted, limit=limit, offset=offset)
    return IncidentPage(store.total(tx, scope, wanted), incident_views(tx, scope, cases))


def get_incident(tx: Transaction, scope: Scope, id_or_number: str) -> IncidentView:
    """Show one incident by id or by number.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    return incident_views(tx, scope, [store.incident_named(tx, scope, resolve(tx, scope, id_or_number))])[0]
