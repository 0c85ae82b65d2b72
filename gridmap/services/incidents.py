"""Reporting incidents and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely

from gridmap import codes
from gridmap.access import Mask, Scope, mask
from gridmap.errors import BadInput, NotFound
from gridmap.model.kinds import kind_named
from gridmap.model.land import new_id
from gridmap.services.assigning import decide_now
from gridmap.services.locating import to_position
from gridmap.services.plan_land import SHANGHAI
from gridmap.storage import assignments, audit, plans, registers
from gridmap.storage import incidents as store

if TYPE_CHECKING:
    from gridmap.model.cases import Assignment, Incident
    from gridmap.model.land import Grid
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

_INCIDENTS = kind_named("incidents")
FIRST_STATE = "待受理"
_LATEST_AHEAD = timedelta(minutes=10)  # clocks differ, reports do not come from the future
_EARLIEST = datetime(1949, 10, 1, tzinfo=SHANGHAI)  # what lies before is a slip of the pen


@dataclass(frozen=True)
class Report:
    """What somebody reports; `lon` and `lat` in the system `crs` names, both or neither."""

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


@dataclass(frozen=True)
class AssignedTo:
    """Which grid has an incident, by the plan of its day, and why."""

    reason: str
    grid_id: str | None
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    distance: float | None
    nearest_code: str | None
    nearest_name: str | None
    review: bool
    plan_id: str
    plan_name: str


@dataclass(frozen=True)
class IncidentView:
    """An incident as it may be shown: reporter and telephone masked."""

    id: str
    number: str
    title: str
    description: str
    category: str
    source: str
    address: str
    reporter: str
    phone: str
    reported_at: datetime | None
    state: str
    deadline: datetime | None
    lon: float | None
    lat: float | None
    accuracy: float
    assignment: AssignedTo | None


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
    record = _record(tx, report)
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
    registers.insert_many(tx, _INCIDENTS, [record])
    if located:
        assignments.put(tx, located.assignments)
    audit.record(tx, "report", "incident", record["id"], detail={"number": record["number"]})
    if located and not scope.unlimited and located.community_ids[0] not in scope.communities:
        scope = Scope.everything(scope.actor)  # whoever reports may see what became of the report
    return get_incident(tx, scope, str(record["id"]))


def _record(tx: Transaction, report: Report) -> dict[str, Any]:
    if not report.title.strip():
        raise BadInput("an incident needs a title: say in a few words what is the matter", field="title")
    if (report.lon is None) != (report.lat is None):
        raise BadInput("longitude and latitude go together: give both or neither", field="lon, lat")
    reported_at = report.reported_at or tx.now
    if reported_at.tzinfo is None:
        reported_at = reported_at.replace(tzinfo=SHANGHAI)
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
        "state": FIRST_STATE,
        "accuracy": report.accuracy,
        "geom": point,
    }


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
    return IncidentPage(store.total(tx, scope, wanted), _views(tx, cases))


def get_incident(tx: Transaction, scope: Scope, id_or_number: str) -> IncidentView:
    """Show one incident by id or by number.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    found = registers.existing_by_key(tx, scope, _INCIDENTS, [(id_or_number,)]).get((id_or_number,))
    if found:
        incident_id = found["id"]
    else:
        try:
            incident_id = UUID(id_or_number)
        except ValueError:
            raise NotFound(f"there is no incident {id_or_number!r}", incident=id_or_number) from None
    return _views(tx, [store.incident_named(tx, scope, incident_id)])[0]


def _views(tx: Transaction, cases: list[Case]) -> list[IncidentView]:
    everything = Scope.everything(tx.actor)
    names: dict[UUID, tuple[str, dict[UUID, Grid]]] = {}
    for case in cases:
        if case.assignment and case.assignment.plan_id not in names:
            plan = plans.plan_named(tx, everything, case.assignment.plan_id)
            names[plan.id] = (plan.name, {grid.id: grid for grid in plans.grids_of_plan(tx, everything, plan.id)})
    return [_view(case.incident, _assigned(case.assignment, names)) for case in cases]


def _assigned(verdict: Assignment | None, names: dict[UUID, tuple[str, dict[UUID, Grid]]]) -> AssignedTo | None:
    if verdict is None:
        return None
    plan_name, grids = names[verdict.plan_id]
    grid = grids.get(verdict.grid_id) if verdict.grid_id else None
    nearest = grids.get(verdict.nearest_id) if verdict.nearest_id else None
    return AssignedTo(
        reason=verdict.reason.value,
        grid_id=str(grid.id) if grid else None,
        grid_code=grid.code if grid else None,
        grid_name=grid.name if grid else None,
        community_code=grid.community_code if grid else None,
        community_name=grid.community_name if grid else None,
        worker=mask(grid.worker, Mask.NAME) if grid else "",
        distance=verdict.distance,
        nearest_code=nearest.code if nearest else None,
        nearest_name=nearest.name if nearest else None,
        review=verdict.review,
        plan_id=str(verdict.plan_id),
        plan_name=plan_name,
    )


def _view(incident: Incident, assigned: AssignedTo | None) -> IncidentView:
    return IncidentView(
        id=str(incident.id),
        number=incident.number,
        title=incident.title,
        description=incident.description,
        category=incident.category,
        source=incident.source,
        address=incident.address,
        reporter=mask(incident.reporter, Mask.NAME),
        phone=mask(incident.phone, Mask.PHONE),
        reported_at=incident.reported_at.astimezone(SHANGHAI) if incident.reported_at else None,
        state=incident.state,
        deadline=incident.deadline.astimezone(SHANGHAI) if incident.deadline else None,
        lon=incident.lon,
        lat=incident.lat,
        accuracy=incident.accuracy,
        assignment=assigned,
    )
