"""Lists of cases (五单). A list is as visible as its sub-district, a case on it as its incident."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from sqlalchemy import and_, func, or_, select

from gridmap.errors import Conflict, NotFound
from gridmap.model.batches import Batch, BatchCase, BatchRating, BatchStep
from gridmap.storage import batch_tables as own
from gridmap.storage import bulk, tables
from gridmap.storage.scoping import within, within_subdistrict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

_T = TypeVar("_T")


def hold_numbers(tx: Transaction, scope: Scope, subdistrict_id: UUID) -> None:
    """Hold a sub-district until the transaction ends, so that two lists opened at once get two numbers."""
    subdistrict = tables.TABLES["subdistricts"]
    query = select(subdistrict.c.id).where(
        subdistrict.c.id == subdistrict_id, within_subdistrict(scope, subdistrict.c.id)
    )
    tx.connection.execute(query.with_for_update(key_share=True) if tx.postgis else query).one()


def last_number(tx: Transaction, scope: Scope, prefix: str) -> str | None:
    """Return the highest number of a list that begins so; None when none does."""
    table = own.batch
    query = select(table.c.number).where(
        table.c.number.startswith(prefix, autoescape=True), within_subdistrict(scope, table.c.subdistrict_id)
    )
    query = query.order_by(func.length(table.c.number).desc(), table.c.number.desc()).limit(1)
    number: str | None = tx.connection.scalar(query)
    return number


def add(tx: Transaction, batch: Batch) -> None:
    """Write a new list."""
    tx.connection.execute(own.batch.insert(), asdict(batch))


def put(tx: Transaction, batch: Batch) -> None:
    """Write stage, meeting and end of a list that is held."""
    table = own.batch
    names = ("stage", "meeting_on", "minutes", "closed_at")
    tx.connection.execute(
        table.update().where(table.c.id == batch.id).values({name: getattr(batch, name) for name in names})
    )


def hold(tx: Transaction, scope: Scope, id_or_number: str) -> Batch:
    """Return a list and hold it until the transaction ends, so that two acts come one after the other.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    query = _named(scope, id_or_number)
    return _one(tx, query.with_for_update() if tx.postgis else query, id_or_number)


def batch_named(tx: Transaction, scope: Scope, id_or_number: str) -> Batch:
    """Return a list by id or by number.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    return _one(tx, _named(scope, id_or_number), id_or_number)


def batches(tx: Transaction, scope: Scope, *, closed: bool | None = None) -> list[Batch]:
    """Return the visible lists, the latest first; only those that go on, or that have ended, when that is asked."""
    table = own.batch
    query = select(*table.c).where(within_subdistrict(scope, table.c.subdistrict_id))
    if closed is not None:
        query = query.where(table.c.closed_at.is_not(None) if closed else table.c.closed_at.is_(None))
    query = query.order_by(table.c.opened_at.desc(), table.c.number.desc())
    return [_made(Batch, row) for row in tx.connection.execute(query).mappings()]


def cases_of(tx: Transaction, scope: Scope, batch_ids: Sequence[UUID]) -> list[BatchCase]:
    """Return the visible cases that are or were on lists, in the order in which they were put there."""
    return _cases(tx, scope, own.batch_case.c.batch_id, batch_ids)


def cases_of_incidents(tx: Transaction, scope: Scope, incident_ids: Sequence[UUID]) -> list[BatchCase]:
    """Return everything that lists have, or had, of incidents."""
    return _cases(tx, scope, own.batch_case.c.incident_id, incident_ids)


def of_other_subdistricts(
    tx: Transaction, scope: Scope, subdistrict_id: UUID, incident_ids: Sequence[UUID]
) -> list[str]:
    """Return the numbers of those visible incidents that lie in another sub-district."""
    incident, community = tables.incident, tables.community
    query = (
        select(incident.c.number)
        .join_from(incident, community, community.c.id == incident.c.community_id)
        .where(
            bulk.among(tx, incident.c.id, incident_ids),
            community.c.subdistrict_id != subdistrict_id,
            within(scope, incident.c.community_id),
        )
        .order_by(incident.c.number)
    )
    return list(tx.connection.scalars(query))


def add_cases(tx: Transaction, cases: Sequence[BatchCase]) -> None:
    """Put cases on lists.

    Raises
    ------
    Conflict
        One is on a list already; raised by the database when the transaction runs.
    """
    bulk.insert(tx, own.batch_case, [asdict(each) for each in cases])


def put_cases(tx: Transaction, cases: Sequence[BatchCase]) -> None:
    """Write unit, mark and end of cases of a list that is held; who has claimed them stays."""
    names = ("id", "unit", "mark", "reason", "left_at", "left_by")
    bulk.update(tx, own.batch_case, [{name: getattr(each, name) for name in names} for each in cases])


def claim(tx: Transaction, case: BatchCase) -> None:
    """Write that a unit has claimed a case.

    Raises
    ------
    Conflict
        One has claimed it before.
    """
    table = own.batch_case
    done = tx.connection.execute(
        table.update()
        .where(table.c.id == case.id, table.c.claimed_by.is_(None), table.c.left_at.is_(None))
        .values(claimed_by=case.claimed_by, claimed_at=case.claimed_at, mark=case.mark, reason=case.reason)
    )
    if done.rowcount == 0:
        raise Conflict("the case was claimed already: read the list again", incident=str(case.incident_id))


def claims(tx: Transaction, scope: Scope, since: datetime, until: datetime) -> list[BatchCase]:
    """Return the visible cases that were claimed from then on, and before then, the earliest first."""
    table, incident = own.batch_case, tables.incident
    query = (
        select(*table.c)
        .join_from(table, incident, incident.c.id == table.c.incident_id)
        .where(table.c.claimed_at >= since, table.c.claimed_at < until, within(scope, incident.c.community_id))
        .order_by(table.c.claimed_at, table.c.id)
    )
    return [_made(BatchCase, row) for row in tx.connection.execute(query).mappings()]


def add_ratings(tx: Transaction, ratings: Sequence[BatchRating]) -> None:
    """Write how cases were rated."""
    bulk.insert(tx, own.batch_rating, [asdict(each) for each in ratings])


def ratings_of(tx: Transaction, scope: Scope, case_ids: Sequence[UUID]) -> dict[UUID, list[BatchRating]]:
    """Return the ratings of visible cases of lists, the earliest first; those without one are not among the keys."""
    table, case, incident = own.batch_rating, own.batch_case, tables.incident
    found: dict[UUID, list[BatchRating]] = {}
    for chunk in bulk.chunks(list(case_ids)):
        query = (
            select(*table.c)
            .join_from(table, case, case.c.id == table.c.batch_case_id)
            .join(incident, incident.c.id == case.c.incident_id)
            .where(bulk.among(tx, table.c.batch_case_id, chunk), within(scope, incident.c.community_id))
            .order_by(table.c.at, table.c.id)
        )
        for row in tx.connection.execute(query).mappings():
            found.setdefault(row["batch_case_id"], []).append(_made(BatchRating, row))
    return found


def add_steps(tx: Transaction, steps: Sequence[BatchStep]) -> None:
    """Write steps."""
    bulk.insert(tx, own.batch_step, [asdict(each) for each in steps])


def next_step(tx: Transaction, scope: Scope, batch_id: UUID) -> int:
    """Return the number of the step that comes next."""
    table, batch = own.batch_step, own.batch
    query = (
        select(func.max(table.c.number))
        .join_from(table, batch, batch.c.id == table.c.batch_id)
        .where(table.c.batch_id == batch_id, within_subdistrict(scope, batch.c.subdistrict_id))
    )
    return int(tx.connection.execute(query).scalar_one() or 0) + 1


def steps_of(tx: Transaction, scope: Scope, batch_id: UUID) -> list[BatchStep]:
    """Return the steps of a list in their order; those with a case only where it is visible."""
    table, batch, incident = own.batch_step, own.batch, tables.incident
    query = (
        select(*table.c)
        .join_from(table, batch, batch.c.id == table.c.batch_id)
        .outerjoin(incident, incident.c.id == table.c.incident_id)
        .where(
            table.c.batch_id == batch_id,
            within_subdistrict(scope, batch.c.subdistrict_id),
            or_(table.c.incident_id.is_(None), within(scope, incident.c.community_id)),
        )
        .order_by(table.c.number)
    )
    return [_made(BatchStep, row) for row in tx.connection.execute(query).mappings()]


def _cases(tx: Transaction, scope: Scope, column: Any, ids: Sequence[UUID]) -> list[BatchCase]:
    table, batch, incident = own.batch_case, own.batch, tables.incident
    found: list[BatchCase] = []
    for chunk in bulk.chunks(list(ids)):
        query = (
            select(*table.c)
            .join_from(table, batch, batch.c.id == table.c.batch_id)
            .join(incident, incident.c.id == table.c.incident_id)
            .where(
                bulk.among(tx, column, chunk),
                and_(within_subdistrict(scope, batch.c.subdistrict_id), within(scope, incident.c.community_id)),
            )
            .order_by(table.c.put_at, incident.c.number, table.c.id)
        )
        found += [_made(BatchCase, row) for row in tx.connection.execute(query).mappings()]
    return found


def _named(scope: Scope, id_or_number: str) -> Any:
    table = own.batch
    try:
        same = or_(table.c.number == id_or_number, table.c.id == UUID(id_or_number))
    except ValueError:
        same = table.c.number == id_or_number
    return select(*table.c).where(same, within_subdistrict(scope, table.c.subdistrict_id))


def _one(tx: Transaction, query: Any, id_or_number: str) -> Batch:
    row = tx.connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no list {id_or_number!r}: `gridmap batch list` names them", batch=id_or_number)
    return _made(Batch, row)


def _made(made: type[_T], row: Any) -> _T:
    return made(**{each.name: row[each.name] for each in fields(made)})  # type: ignore[arg-type]
