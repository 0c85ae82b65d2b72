"""Reporting incidents and reading them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers, mask_within
from gridmap.errors import NotFound
from gridmap.model.kinds import kind_named
from gridmap.services import taking
from gridmap.services.case_given import resolve
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.duplicates import NearReports, near_reports
from gridmap.services.incident_views import IncidentView, assigned_to, brief_of, incident_view, incident_views
from gridmap.services.intake_places import from_gazetteer
from gridmap.storage import assignments, audit, casework, plans, registers
from gridmap.storage import incidents as store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.services.described import AssignedTo
    from gridmap.services.reports import Report
    from gridmap.services.taking import Placed
    from gridmap.storage.database import Transaction

_INCIDENTS = kind_named("incidents")
_UNTITLED = "未填写标题"  # of a report that is looked at before it is handed in


@dataclass(frozen=True)
class Checked:
    """What would become of a report.

    Parameters
    ----------
    status : str
        归格, 边界待核 or 待定位.
    why : str
        Chinese: what a person has to look at; empty when nothing.
    place : mapping
        What is known of the place: `matter` and `home` as addresses; where they were found, `point` and `address` with
        their circles, and how far they are `apart`, in metres.
    duplicates : NearReports
        Reports that may be the same matter. They are only suggested.
    """

    status: str
    why: str
    address: str
    lon: float | None
    lat: float | None
    accuracy: float
    place: Mapping[str, Any]
    assignment: AssignedTo | None
    duplicates: NearReports


@dataclass(frozen=True)
class Reported(IncidentView):
    """An incident that has just come in, with what `Checked` says of it."""

    status: str
    why: str
    place: Mapping[str, Any]
    duplicates: NearReports


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents, and how many there are in all."""

    total: int
    items: list[IncidentView]


def report_incident(tx: Transaction, scope: Scope, report: Report) -> Reported:
    """Store an incident, give it its grid at once, and say who has it.

    Its place is its point, or that of its address, by the way that a sheet of rows takes. Where neither is known, or no
    plan is in force, it waits as 待定位.

    Raises
    ------
    BadInput
        The title is blank, one of longitude and latitude is missing, the time cannot be, or an address holds that was
        not found.
    CodeRefused
        A spreadsheet has damaged the number or the code of the building.
    CrsRefused, CoordinatesRefused
        The point cannot be what was declared.
    Conflict
        An incident with that number exists.
    """
    placed = _placed(tx, report, held=True)
    rules = current_rules(tx)
    (file,) = taking.opened(tx, rules, [placed])
    record = placed.record
    registers.insert_many(tx, _INCIDENTS, [record])
    assignments.put(tx, [placed.verdict] if placed.verdict else [])
    casework.add_files(tx, [file])
    audit.record(tx, "report", "incident", record["id"], detail={"number": record["number"]})
    # Whoever reports may see the report, wherever it lies; the grid stays hidden when it is out of scope.
    case = store.incident_named(tx, Scope.everything(scope.actor), record["id"])
    view = incident_view(tx, scope, case, brief_of(scope, rules, case, file, (), tx.now))
    return Reported(
        **vars(view),
        status=placed.status.value,
        why=mask_numbers(placed.why),
        place=mask_within(placed.where.told),
        duplicates=_near(tx, scope, placed),
    )


def check_report(tx: Transaction, scope: Scope, report: Report) -> Checked:
    """Say what would become of a report, which may have no title yet; nothing is written.

    Raises
    ------
    BadInput, CodeRefused, CrsRefused, CoordinatesRefused
        As `report_incident`.
    """
    placed = _placed(tx, replace(report, title=report.title.strip() or _UNTITLED), held=False)
    lon, lat = placed.where.position or (None, None)
    return Checked(
        status=placed.status.value,
        why=mask_numbers(placed.why),
        address=mask_numbers(placed.record["address"]),
        lon=lon,
        lat=lat,
        accuracy=placed.where.accuracy,
        place=mask_within(placed.where.told),
        assignment=assigned_to(tx, scope, placed.verdict),
        duplicates=_near(tx, scope, placed),
    )


def _placed(tx: Transaction, report: Report, *, held: bool) -> Placed:
    places = taking.geocoded(from_gazetteer(tx), [report])
    return taking.placed(tx, [taking.ready(tx, report, places)], held=held)[0]


def _near(tx: Transaction, scope: Scope, placed: Placed) -> NearReports:
    record = placed.record
    return near_reports(
        tx,
        scope,
        lonlat=placed.where.position,
        category=record["category"],
        address=record["address"],
        at=record["reported_at"],
        own_id=record["id"],
    )


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
