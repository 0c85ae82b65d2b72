"""Incidents as they may be shown: whose they are and why, who has to act and in which time, nothing personal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from gridmap.access import Mask, Scope, mask
from gridmap.address.masking import mask_numbers
from gridmap.casework.clocks import clock
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.moments import in_shanghai
from gridmap.services.case_opening import spans, terms_in
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.described import AssignedTo, described
from gridmap.storage import casework, plans

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridmap.model.cases import Assignment, Incident
    from gridmap.model.casework import CaseFile, Pause
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case


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
        正常, 临期 or 超期; empty where it was closed and nobody knows when.
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
    """An incident as it may be shown: reporter, telephone and the numbers of persons in its texts masked."""

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
    closed_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy: float
    assignment: AssignedTo | None
    case: CaseBrief | None


def incident_view(tx: Transaction, scope: Scope, case: Case, brief: CaseBrief | None) -> IncidentView:
    """Show one incident, masked, its grid only where the caller may see it."""
    return _view(case, assigned_to(tx, scope, case.assignment), brief)


def assigned_to(tx: Transaction, scope: Scope, verdict: Assignment | None) -> AssignedTo | None:
    """Put a verdict into words and codes; what lies outside the caller's scope is named by nothing but its border."""
    return _assigned(verdict, *_names(tx, scope, [verdict])) if verdict else None


def brief_of(
    scope: Scope, rules: Rules, case: Case, file: CaseFile, pauses: Sequence[Pause], until: datetime | None
) -> CaseBrief:
    """Say who has to act on a case and in which time; holder and workers only where the caller may see its grid.

    Parameters
    ----------
    until : datetime or None
        When its clock stands (`clock_moment`).
    """
    incident, terms = case.incident, terms_in(file)
    seen = scope.unlimited or case.community_id in scope.communities
    stands = clock(terms, incident.deadline, until, rules.clocks.soon, spans(pauses)).value if until else ""
    return CaseBrief(
        level=file.level,
        holder=mask_numbers(file.holder) if seen else "",
        worker=mask(file.worker, Mask.NAME) if seen else "",
        deputy=mask(file.deputy, Mask.NAME) if seen else "",
        rule=(file.duty or {}).get("rule", ""),
        why=mask_numbers((file.duty or {}).get("why", "")),
        category=f"{file.category_list}/{file.category_code}" if file.category_code else "",
        deadline_class=file.deadline_class.value,
        return_until=in_shanghai(file.return_until),
        clock=stands,
        paused=bool(pauses and pauses[-1].until is None),
    )


def clock_moment(tx: Transaction, incident: Incident) -> datetime | None:
    """Return the moment that the clock of a case shows: now, or when it was closed.

    None for what another system had closed already, without saying when: its clock does not run.
    """
    return incident.closed_at if incident.state in CLOSED_STATES else tx.now


def incident_views(tx: Transaction, scope: Scope, cases: Sequence[Case]) -> list[IncidentView]:
    """Show incidents, with as many statements for one as for a thousand."""
    verdicts = [case.assignment for case in cases if case.assignment]
    plan_names, grids = _names(tx, scope, verdicts)
    rules, ids = current_rules(tx), [case.incident.id for case in cases]
    files, pauses = casework.files_of(tx, scope, ids), casework.pauses_of(tx, scope, ids)
    found = []
    for case in cases:
        file, until = files.get(case.incident.id), clock_moment(tx, case.incident)
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
    return described(verdict, plan_names[verdict.plan_id], grid, nearest)


def _view(case: Case, assigned: AssignedTo | None, brief: CaseBrief | None) -> IncidentView:
    incident = case.incident
    return IncidentView(
        id=str(incident.id),
        number=incident.number,
        title=mask_numbers(incident.title),
        description=mask_numbers(incident.description),
        category=mask_numbers(incident.category),
        source=mask_numbers(incident.source),
        address=mask_numbers(incident.address),
        reporter=mask(incident.reporter, Mask.NAME),
        phone=mask(incident.phone, Mask.PHONE),
        reported_at=in_shanghai(incident.reported_at),
        state=incident.state,
        deadline=in_shanghai(incident.deadline),
        closed_at=in_shanghai(incident.closed_at),
        lon=incident.lon,
        lat=incident.lat,
        accuracy=incident.accuracy,
        assignment=assigned,
        case=brief,
    )
