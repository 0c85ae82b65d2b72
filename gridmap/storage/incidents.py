"""Incidents with the grid that has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from gridmap.errors import NotFound
from gridmap.model.cases import Assignment, Incident, Reason
from gridmap.storage import bulk, tables
from gridmap.storage.assignments import FIELDS, latest
from gridmap.storage.boxes import in_box
from gridmap.storage.scoping import within

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction

_TEXTS = ("number", "source", "category", "title", "description", "address", "reporter", "phone", "state")


@dataclass(frozen=True)
class Case:
    """An incident, the community that it lies in, and its latest assignment: None until it was assigned."""

    incident: Incident
    community_id: UUID | None
    assignment: Assignment | None


@dataclass(frozen=True)
class Filter:
    """What is asked for; a part that is None asks for nothing.

    Parameters
    ----------
    states, categories : tuple of str, optional
        One of these.
    grid_id : UUID, optional
        Those of one grid.
    since, until : datetime, optional
        Reported from then on, and before then.
    box : tuple of float, optional
        West, south, east, north in degrees.
    ids : tuple of UUID, optional
        Of these.
    """

    states: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    grid_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    box: Box | None = None
    ids: tuple[UUID, ...] | None = None


def find(
    tx: Transaction, scope: Scope, wanted: Filter | None = None, *, limit: int = 100, offset: int = 0
) -> list[Case]:
    """Return the incidents asked for, the latest first."""
    table = tables.incident
    query = _cases(scope).where(*_conditions(tx, wanted or Filter()))
    query = query.order_by(table.c.reported_at.desc().nulls_last(), table.c.number).limit(limit).offset(offset)
    return [_case(row) for row in tx.connection.execute(query).mappings()]


def total(tx: Transaction, scope: Scope, wanted: Filter | None = None) -> int:
    """Count the incidents asked for."""
    query = _joined(select(func.count())).where(
        within(scope, tables.incident.c.community_id), *_conditions(tx, wanted or Filter())
    )
    return int(tx.connection.execute(query).scalar_one())


def incident_named(tx: Transaction, scope: Scope, incident_id: UUID) -> Case:
    """Return one incident.

    Raises
    ------
    NotFound
        There is none with that id, or it is out of scope.
    """
    row = tx.connection.execute(_cases(scope).where(tables.incident.c.id == incident_id)).mappings().one_or_none()
    if row is None:
        raise NotFound("there is no such incident", incident=str(incident_id))
    return _case(row)


def last_number(tx: Transaction, scope: Scope, prefix: str) -> str | None:
    """Return the highest incident number that begins so; None when none does."""
    table = tables.incident
    query = select(func.max(table.c.number)).where(
        table.c.number.startswith(prefix, autoescape=True), within(scope, table.c.community_id)
    )
    number: str | None = tx.connection.execute(query).scalar_one()
    return number


def counts(tx: Transaction, scope: Scope) -> dict[tuple[UUID | None, str], int]:
    """Count incidents by grid and state. The grid is None for those that no grid has."""
    state = func.coalesce(tables.incident.c.state, "")
    query = (
        _joined(select(tables.assignment.c.grid_id, state, func.count()))
        .where(within(scope, tables.incident.c.community_id))
        .group_by(tables.assignment.c.grid_id, state)
    )
    return {(grid_id, state): number for grid_id, state, number in tx.connection.execute(query)}


def moments(tx: Transaction, scope: Scope) -> list[tuple[UUID | None, str, datetime | None, datetime | None]]:
    """Return grid, state, time of report and deadline of every visible incident: what tables of numbers are made of."""
    incident = tables.incident
    state = func.coalesce(incident.c.state, "")
    query = _joined(select(tables.assignment.c.grid_id, state, incident.c.reported_at, incident.c.deadline))
    return [tuple(row) for row in tx.connection.execute(query.where(within(scope, incident.c.community_id)))]


def _joined(query: Any) -> Any:
    """Join incidents with the latest assignment of each, where there is one."""
    incident, assignment = tables.incident, tables.assignment
    assigned = and_(assignment.c.subject_kind == "incident", assignment.c.subject_id == incident.c.id, latest())
    return query.select_from(incident.outerjoin(assignment, assigned))


def _cases(scope: Scope) -> Any:
    incident, assignment = tables.incident, tables.assignment
    columns = [
        incident.c[name] for name in (*_TEXTS, "reported_at", "deadline", "closed_at", "accuracy", "community_id", "id")
    ]
    place = [func.ST_X(incident.c.geom).label("lon"), func.ST_Y(incident.c.geom).label("lat")]
    verdict = [assignment.c[name].label(f"assignment_{name}") for name in FIELDS]
    return _joined(select(*columns, *place, *verdict)).where(within(scope, incident.c.community_id))


def _conditions(tx: Transaction, wanted: Filter) -> Iterable[Any]:
    incident = tables.incident
    if wanted.states is not None:
        yield incident.c.state.in_(wanted.states)
    if wanted.categories is not None:
        yield incident.c.category.in_(wanted.categories)
    if wanted.grid_id is not None:
        yield tables.assignment.c.grid_id == wanted.grid_id
    if wanted.since is not None:
        yield incident.c.reported_at >= wanted.since
    if wanted.until is not None:
        yield incident.c.reported_at < wanted.until
    if wanted.box is not None:
        yield in_box(tx, incident, wanted.box)
    if wanted.ids is not None:
        yield bulk.among(tx, incident.c.id, wanted.ids)


def _case(row: Any) -> Case:
    incident = Incident(
        id=row["id"],
        reported_at=row["reported_at"],
        deadline=row["deadline"],
        closed_at=row["closed_at"],
        lon=row["lon"],
        lat=row["lat"],
        accuracy=row["accuracy"] or 0.0,
        **{name: row[name] or "" for name in _TEXTS},
    )
    assignment = None
    if row["assignment_plan_id"] is not None:
        verdict = {name: row[f"assignment_{name}"] for name in FIELDS}
        assignment = Assignment(**(verdict | {"reason": Reason(verdict["reason"])}))
    return Case(incident, row["community_id"], assignment)
