"""Files of cases, their steps, approvals, whistles, pauses and photos. Each is as visible as its incident."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import false, func, select, true

from gridmap.errors import Conflict, NotFound
from gridmap.model.casework import (
    Approval,
    CaseFile,
    DeadlineClass,
    Decision,
    Pause,
    Photo,
    Step,
    Whistle,
    WhistleKind,
)
from gridmap.model.land import new_id
from gridmap.storage import bulk, tables
from gridmap.storage import casework_tables as own
from gridmap.storage.boxes import in_box
from gridmap.storage.scoping import within

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Table

    from gridmap.access import Scope
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction

_T = TypeVar("_T")


def hold(tx: Transaction, scope: Scope, incident_id: UUID) -> None:
    """Hold an incident until the transaction ends, so that two moves of one case come one after the other.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    incident = tables.incident
    query = select(incident.c.id).where(incident.c.id == incident_id, within(scope, incident.c.community_id))
    if tx.postgis:
        query = query.with_for_update()
    if tx.connection.execute(query).one_or_none() is None:
        raise NotFound("there is no such incident", incident=str(incident_id))


def set_state(
    tx: Transaction, incident_id: UUID, state: str, deadline: datetime | None, closed_at: datetime | None
) -> None:
    """Change state and deadline of an incident, and when it was closed."""
    table = tables.incident
    values = {"state": state, "deadline": deadline, "closed_at": closed_at}
    tx.connection.execute(table.update().where(table.c.id == incident_id).values(values))


def add_files(tx: Transaction, files: Sequence[CaseFile]) -> None:
    """Write the files of cases that have none yet."""
    bulk.insert(tx, own.case_file, [_row(file) for file in files])


def put_file(tx: Transaction, file: CaseFile) -> None:
    """Write the file of a case that is held, in the place of the one that it has."""
    table, row = own.case_file, _row(file)
    if tx.connection.execute(table.update().where(table.c.incident_id == file.incident_id), row).rowcount == 0:
        tx.connection.execute(table.insert(), row)


def files_of(tx: Transaction, scope: Scope, incident_ids: Sequence[UUID]) -> dict[UUID, CaseFile]:
    """Return the files of incidents, by incident; one that was never moved may have none."""
    table = own.case_file
    found: dict[UUID, CaseFile] = {}
    for chunk in bulk.chunks(list(incident_ids)):
        query = _visible(scope, table).where(bulk.among(tx, table.c.incident_id, chunk))
        for row in tx.connection.execute(query).mappings():
            found[row["incident_id"]] = _made(CaseFile, row, deadline_class=DeadlineClass)
    return found


def add_step(tx: Transaction, step: Step) -> None:
    """Write a step.

    Raises
    ------
    Conflict
        Somebody else has just made one; raised by the database when the transaction runs.
    """
    tx.connection.execute(own.case_step.insert(), _row(step))


def add_steps(tx: Transaction, steps: Sequence[Step]) -> None:
    """Write the first steps of cases that have just come in."""
    bulk.insert(tx, own.case_step, [_row(step) for step in steps])


def steps_of(tx: Transaction, scope: Scope, incident_id: UUID) -> list[Step]:
    """Return the steps of a case in their order."""
    query = _visible(scope, own.case_step).where(own.case_step.c.incident_id == incident_id)
    return [_made(Step, row) for row in tx.connection.execute(query.order_by(own.case_step.c.number)).mappings()]


def next_step(tx: Transaction, scope: Scope, incident_id: UUID) -> int:
    """Return the number of the step that comes next."""
    table, incident = own.case_step, tables.incident
    query = (
        select(func.max(table.c.number))
        .join_from(table, incident, incident.c.id == table.c.incident_id)
        .where(table.c.incident_id == incident_id, within(scope, incident.c.community_id))
    )
    return int(tx.connection.execute(query).scalar_one() or 0) + 1


def add_approval(tx: Transaction, approval: Approval) -> None:
    """Write that somebody asks for a move."""
    tx.connection.execute(own.case_approval.insert(), _row(approval))


def approvals_of(tx: Transaction, scope: Scope, incident_id: UUID) -> list[Approval]:
    """Return the requests of a case, the earliest first."""
    table = own.case_approval
    query = _visible(scope, table).where(table.c.incident_id == incident_id).order_by(table.c.asked_at, table.c.id)
    return [_made(Approval, row, state=Decision) for row in tx.connection.execute(query).mappings()]


def decide_approval(tx: Transaction, approval: Approval) -> None:
    """Write what was decided about a request.

    Raises
    ------
    Conflict
        It was decided before.
    """
    table = own.case_approval
    done = tx.connection.execute(
        table.update()
        .where(table.c.id == approval.id, table.c.state == Decision.PENDING.value)
        .values(
            state=approval.state.value,
            decided_at=approval.decided_at,
            decided_by=approval.decided_by,
            decided_role=approval.decided_role,
            note=approval.note,
        )
    )
    if done.rowcount == 0:
        raise Conflict(
            "the request was decided already: read the case again", reason="decided", approval=str(approval.id)
        )


def put_whistle(tx: Transaction, whistle: Whistle) -> None:
    """Write a whistle, in the place of what is known of it."""
    bulk.put(tx, own.case_whistle, [_row(whistle)], ("id",))


def whistles_of(tx: Transaction, scope: Scope, incident_id: UUID) -> list[Whistle]:
    """Return the whistles of a case, the earliest first."""
    table = own.case_whistle
    query = _visible(scope, table).where(table.c.incident_id == incident_id).order_by(table.c.blown_at, table.c.id)
    return [_made(Whistle, row, kind=WhistleKind) for row in tx.connection.execute(query).mappings()]


def put_pause(tx: Transaction, pause: Pause) -> None:
    """Write a pause, in the place of what is known of it."""
    bulk.put(tx, own.case_pause, [_row(pause)], ("id",))


def pauses_of(tx: Transaction, scope: Scope, incident_ids: Sequence[UUID]) -> dict[UUID, list[Pause]]:
    """Return the pauses of incidents in their order, by incident; those without one are not among the keys."""
    table = own.case_pause
    found: dict[UUID, list[Pause]] = {}
    for chunk in bulk.chunks(list(incident_ids)):
        query = _visible(scope, table).where(bulk.among(tx, table.c.incident_id, chunk)).order_by(table.c.since)
        for row in tx.connection.execute(query).mappings():
            found.setdefault(row["incident_id"], []).append(_made(Pause, row))
    return found


def add_photo(tx: Transaction, photo: Photo) -> None:
    """Keep a picture; the same one again is kept once."""
    table = own.case_photo
    query = select(table.c.id).where(table.c.incident_id == photo.incident_id, table.c.sha256 == photo.sha256)
    if tx.connection.execute(query).one_or_none() is None:
        tx.connection.execute(table.insert(), _row(photo))


def photo_named(tx: Transaction, scope: Scope, incident_id: UUID, sha256: str) -> Photo:
    """Return a picture.

    Raises
    ------
    NotFound
        The case has no such picture, or is out of scope.
    """
    table = own.case_photo
    query = _visible(scope, table).where(table.c.incident_id == incident_id, table.c.sha256 == sha256)
    row = tx.connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound("the case has no such photo", incident=str(incident_id), photo=sha256)
    return _made(Photo, row)


def merged_into(tx: Transaction, scope: Scope, incident_id: UUID) -> list[tuple[UUID, str]]:
    """Return id and number of the incidents that were merged into one (已并案)."""
    incident, file = tables.incident, own.case_file
    query = (
        select(incident.c.id, incident.c.number)
        .join_from(file, incident, incident.c.id == file.c.incident_id)
        .where(file.c.merged_into == incident_id, within(scope, incident.c.community_id))
        .order_by(incident.c.number)
    )
    return [(row.id, row.number) for row in tx.connection.execute(query)]


def told_near(
    tx: Transaction, scope: Scope, *, box: Box | None, addresses: Collection[str], since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Return id, number, lon, lat, reported_at, category, address, state and title of incidents near by.

    Parameters
    ----------
    box : tuple of float or None
        Those that meet it, and those that tell one of the addresses.
    since, until : datetime
        Reported within, both included.
    """
    incident = tables.incident
    names = ("id", "number", "reported_at", "category", "address", "state", "title")
    place = (func.ST_X(incident.c.geom).label("lon"), func.ST_Y(incident.c.geom).label("lat"))
    query = select(*(incident.c[name] for name in names), *place).where(
        incident.c.reported_at.between(since, until), within(scope, incident.c.community_id)
    )
    wheres = [in_box(tx, incident, box)] if box else []
    wheres += [bulk.among(tx, incident.c.address, chunk) for chunk in bulk.chunks(sorted(addresses))]
    found = {row["id"]: dict(row) for where in wheres for row in tx.connection.execute(query.where(where)).mappings()}
    return list(found.values())


@dataclass(frozen=True)
class GridOfPlan:
    """A grid as a plan has it, without its shape: what a case is told about it."""

    id: UUID
    plan_id: UUID
    code: str
    name: str
    kind: str
    worker: str
    community_id: UUID
    community_code: str
    community_name: str
    street: str


def grids_of_plans(
    tx: Transaction, scope: Scope, pairs: Collection[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], GridOfPlan]:
    """Return grids by plan and id; those that are out of scope are not among them."""
    grids, community, street = tables.plan_grid, tables.community, tables.TABLES["subdistricts"]
    columns = [grids.c[name] for name in ("plan_id", "code", "name", "kind", "worker", "community_id")]
    query = (
        select(
            *columns,
            grids.c.grid_id.label("id"),
            community.c.code.label("community_code"),
            community.c.name.label("community_name"),
            street.c.name.label("street"),
        )
        .join_from(grids, community, community.c.id == grids.c.community_id)
        .join(street, street.c.id == community.c.subdistrict_id)
        .where(within(scope, grids.c.community_id))
    )
    found: dict[tuple[UUID, UUID], GridOfPlan] = {}
    for plan_id in {plan_id for plan_id, _ in pairs}:
        ids = [grid_id for of, grid_id in pairs if of == plan_id]
        for chunk in bulk.chunks(ids):
            wanted = query.where(grids.c.plan_id == plan_id, bulk.among(tx, grids.c.grid_id, chunk))
            for row in tx.connection.execute(wanted).mappings():
                found[plan_id, row["id"]] = _made(GridOfPlan, row)
    return found


def posts_of_grid(tx: Transaction, scope: Scope, grid_code: str) -> list[tuple[str, str]]:
    """Return title and name of everybody whose post is in a grid, by title and code of the post."""
    post, person = tables.TABLES["posts"], tables.TABLES["persons"]
    query = (
        select(post.c.title, person.c.name)
        .join_from(post, person, person.c.post == post.c.code)
        .where(post.c.grid == grid_code, within(scope, post.c.community_id))
        .order_by(post.c.title, post.c.code, person.c.code)
    )
    return [(row.title, row.name) for row in tx.connection.execute(query)]


def category_lists(tx: Transaction, scope: Scope) -> dict[str, Mapping[str, Any]]:
    """Return the imported lists of categories by name. They are for whoever may see anything."""
    table = own.category_list
    query = select(table.c.name, table.c.content).where(_for_all(scope)).order_by(table.c.name)
    return {row.name: row.content for row in tx.connection.execute(query)}


def category_marks(tx: Transaction, scope: Scope) -> tuple[tuple[str, datetime], ...]:
    """Return name and moment of the imported lists: when they are as before, the lists are."""
    table = own.category_list
    query = select(table.c.name, table.c.imported_at).where(_for_all(scope)).order_by(table.c.name)
    return tuple((row.name, row.imported_at) for row in tx.connection.execute(query))


def put_category_list(tx: Transaction, name: str, content: Mapping[str, Any]) -> None:
    """Keep a list of categories, in the place of the one of that name."""
    row = {"id": new_id(), "name": name, "content": content, "imported_at": tx.now, "imported_by": tx.actor}
    bulk.put(tx, own.category_list, [row], ("name",))


def _for_all(scope: Scope) -> ColumnElement[bool]:
    return true() if scope.unlimited or scope.communities else false()


def _visible(scope: Scope, table: Table) -> Any:
    incident = tables.incident
    query = select(*table.columns)
    if scope.unlimited:
        return query
    return query.join(incident, incident.c.id == table.c.incident_id).where(within(scope, incident.c.community_id))


def _row(record: Any) -> dict[str, Any]:
    return {name: getattr(value, "value", value) for name, value in asdict(record).items()}


def _made(made: type[_T], row: Mapping[Any, Any], /, **words: Any) -> _T:
    names = [each.name for each in fields(made)]  # type: ignore[arg-type]
    return made(**{name: words[name](row[name]) if name in words else row[name] for name in names})
