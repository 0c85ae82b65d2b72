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
from gridmap.casework.clocks import clock
from gridmap.errors import BadInput, NotFound
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import kind_named
from gridmap.model.land import new_id
from gridmap.services.assigning import decide_now
from gridmap.services.case_opening import Order, due_at, open_file, spans, terms_in
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.locating import to_position
from gridmap.services.plan_land import SHANGHAI
from gridmap.storage import assignments, audit, casework, plans, registers
from gridmap.storage import incidents as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile, Pause
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

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
class CaseBrief:
    """Who has to act on an incident, and in which time.

    Parameters
    ----------
    holder : str
        A grid, an office or a unit; empty when it lies outside the caller's scope.
    worker, deputy : str
        A角 and B角, masked.
    rule, why : str
        The duty rule that decided at the beginning.
    clock : str
        正常, 临期 or 超期.
    paused : bool
        挂账.
    """

    level: str
    holder: str
    worker: str
    deputy: str
    rule: str
    why: str
    category: str
    deadline_class: str
    return_until: datetime | None
    clock: str
    paused: bool


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
    case: CaseBrief | None


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
    return IncidentPage(store.total(tx, scope, wanted), _views(tx, scope, cases))


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
    return _views(tx, scope, [store.incident_named(tx, scope, incident_id)])[0]


def incident_view(tx: Transaction, scope: Scope, case: Case, brief: CaseBrief | None) -> IncidentView:
    """Show one incident: reporter and telephone masked, its grid only where the caller may see it."""
    return _view(case, assigned_to(tx, scope, case.assignment), brief)


def assigned_to(tx: Transaction, scope: Scope, verdict: Assignment | None) -> AssignedTo | None:
    """Put a verdict into words and codes; what lies outside the caller's scope is named by nothing but its border."""
    return _assigned(verdict, *_names(tx, scope, [verdict])) if verdict else None


def brief_of(
    scope: Scope, rules: Rules, case: Case, file: CaseFile, pauses: Sequence[Pause], until: datetime
) -> CaseBrief:
    """Say who has to act on a case and in which time; holder and workers only where the caller may see its grid.

    Parameters
    ----------
    until : datetime
        When it was ended, or now.
    """
    incident, terms = case.incident, terms_in(file)
    seen = scope.unlimited or case.community_id in scope.communities
    stands = clock(terms, incident.deadline, until, rules.clocks.soon, spans(pauses))
    return CaseBrief(
        level=file.level,
        holder=file.holder if seen else "",
        worker=mask(file.worker, Mask.NAME) if seen else "",
        deputy=mask(file.deputy, Mask.NAME) if seen else "",
        rule=(file.duty or {}).get("rule", ""),
        why=(file.duty or {}).get("why", ""),
        category=f"{file.category_list}/{file.category_code}" if file.category_code else "",
        deadline_class=file.deadline_class.value,
        return_until=_local(file.return_until),
        clock=stands.value,
        paused=bool(pauses and pauses[-1].until is None),
    )


def _views(tx: Transaction, scope: Scope, cases: list[Case]) -> list[IncidentView]:
    verdicts = [case.assignment for case in cases if case.assignment]
    plan_names, grids = _names(tx, scope, verdicts)
    rules, ids = current_rules(tx), [case.incident.id for case in cases]
    files, pauses = casework.files_of(tx, scope, ids), casework.pauses_of(tx, scope, ids)
    ended = casework.closed_at(
        tx, scope, [case.incident.id for case in cases if case.incident.state in CLOSED_STATES], CLOSED_STATES
    )
    found = []
    for case in cases:
        file, until = files.get(case.incident.id), ended.get(case.incident.id, tx.now)
        brief = brief_of(scope, rules, case, file, pauses.get(case.incident.id, ()), until) if file else None
        assigned = _assigned(case.assignment, plan_names, grids) if case.assignment else None
        found.append(_view(case, assigned, brief))
    return found


Grids = dict[tuple[UUID, UUID], "GridOfPlan"]


def _names(tx: Transaction, scope: Scope, verdicts: Sequence[Assignment]) -> tuple[dict[UUID, str], Grids]:
    """Return the names of plans, and the grids of verdicts that the caller may see."""
    everything = Scope.everything(tx.actor)
    names = {plan_id: plans.plan_named(tx, everything, plan_id).name for plan_id in {each.plan_id for each in verdicts}}
    pairs = {(each.plan_id, grid_id) for each in verdicts for grid_id in (each.grid_id, each.nearest_id) if grid_id}
    return names, casework.grids_of_plans(tx, scope, pairs)


def _assigned(verdict: Assignment, plan_names: dict[UUID, str], grids: Grids) -> AssignedTo:
    grid = grids.get((verdict.plan_id, verdict.grid_id)) if verdict.grid_id else None
    nearest = grids.get((verdict.plan_id, verdict.nearest_id)) if verdict.nearest_id else None
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
        plan_name=plan_names[verdict.plan_id],
    )


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(SHANGHAI) if moment else None


def _view(case: Case, assigned: AssignedTo | None, brief: CaseBrief | None) -> IncidentView:
    incident = case.incident
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
        reported_at=_local(incident.reported_at),
        state=incident.state,
        deadline=_local(incident.deadline),
        lon=incident.lon,
        lat=incident.lat,
        accuracy=incident.accuracy,
        assignment=assigned,
        case=brief,
    )
