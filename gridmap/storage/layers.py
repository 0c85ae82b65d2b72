"""Revisions of map layers: what changes whenever the data of a kind may have changed, cheap enough for every request.

Every write leaves an audit row and none is ever taken away, so the number of rows that concern a kind is a revision:
a later state has more of them. A number alone would not do, since two databases served from one address may have
equally many: the moment of the latest row tells them apart. What is written past this program (with a desktop GIS,
say) leaves no row and is seen with the next write or restart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gridmap.storage import tables
from gridmap.storage.scoping import own

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.access import Scope
    from gridmap.storage.database import Transaction


@dataclass
class KnownStates:
    """What the audit said when it was last read whole, and when that was. One for each database and scope."""

    last: tuple[str, Mapping[str, str]] = field(default=("", {}))  # one value: threads must not see half of a change


def kind_states(tx: Transaction, scope: Scope, known: KnownStates) -> Mapping[str, str]:
    """Return for each kind of subject (singular) what changes whenever one was added, changed or removed.

    The audit is read only when something was written since it was last read: in it, 100,000 rows take 30 ms.

    Parameters
    ----------
    tx : Transaction
        One that reads only: what it wrote itself might be rolled back.
    scope : Scope
        A limited caller sees only what he did himself, which is no revision of a layer.
    known : KnownStates
        Brought up to date here.
    """
    moment = _moment(tx)
    before, states = known.last
    if before == moment:
        return states
    table = tables.audit
    query = (
        select(table.c.subject_kind, func.count(), func.max(table.c.at))
        .where(table.c.verb.not_in(("export", "unmask")), own(scope, table.c.actor))
        .group_by(table.c.subject_kind)
    )
    states = {kind: f"{number} {last}" for kind, number, last in tx.connection.execute(query)}
    known.last = (moment, states)
    return states


def _moment(tx: Transaction) -> str:
    """Name the state of the database that the transaction sees.

    On SpatiaLite writers come one at a time, and the last audit row tells. On PostGIS rows are numbered before they
    are committed, so a lower number may come later; there the snapshot itself has a name.
    """
    if tx.postgis:
        return str(tx.connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one())
    return str(tx.connection.execute(select(func.max(tables.audit.c.number))).scalar_one())
