"""The records of any kind that has a table of its own: households, shops, roads ...

A row is a dict with `id`, the fields of its kind, `community_id` where the kind lies in a community (instead of the
field `community`), `geom` (a shape, lon/lat EPSG:4490, or None) where it has a shape, and `import_id`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import func, select, tuple_

from gridmap.storage import bulk
from gridmap.storage.boxes import in_box
from gridmap.storage.columns import WkbGeometry
from gridmap.storage.scoping import visible
from gridmap.storage.tables import table_of
from gridmap.storage.wkb import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray
    from sqlalchemy import Column, ColumnElement, Table

    from gridmap.access import Scope
    from gridmap.model.kinds import Kind
    from gridmap.storage.boxes import Box
    from gridmap.storage.database import Transaction

Row = dict[str, Any]


@dataclass(frozen=True)
class Points:
    """The points of a kind as columns of equal length.

    Parameters
    ----------
    ids : list of UUID
    lonlat : float64 (N, 2)
        EPSG:4490; NaN where a record has no place yet.
    columns : dict of str to list
        The fields that were asked for.
    """

    ids: list[UUID]
    lonlat: NDArray[np.float64]
    columns: dict[str, list[Any]]


def insert_many(tx: Transaction, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add records. A field that a row lacks is empty.

    Raises
    ------
    Conflict
        A record with the same key exists.
    """
    table = table_of(kind)
    names = column_names(kind)
    complete = [{name: row.get(name) for name in names} for row in rows]
    bulk.insert(tx, table, _packed(table, complete))


def update_many(tx: Transaction, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Change records, each found by its `id`; all rows carry the same fields, other fields stay as they are."""
    table = table_of(kind)
    bulk.update(tx, table, _packed(table, [dict(row) for row in rows]))


def column_names(kind: Kind) -> tuple[str, ...]:
    """Name what a row of a kind may carry, `id` first."""
    return tuple(column.name for column in table_of(kind).columns if column.name != "fid")


def existing_by_key(tx: Transaction, scope: Scope, kind: Kind, keys: Collection[tuple[Any, ...]]) -> dict[Any, Row]:
    """Return the records that have one of the keys, by key.

    Parameters
    ----------
    keys : collection of tuple
        Values of the fields `kind.key`, in that order.
    """
    table = table_of(kind)
    key = [table.c[name] for name in kind.key]
    found: dict[Any, Row] = {}
    for chunk in bulk.chunks(sorted(set(keys), key=str), width=len(key)):
        query = _select(kind, scope).where(_one_of(tx, key, chunk))
        for row in _rows(tx.connection.execute(query).mappings().all()):
            found[tuple(row[name] for name in kind.key)] = row
    return found


def read_chunks(
    tx: Transaction,
    scope: Scope,
    kind: Kind,
    *,
    size: int = 5000,
    box: Box | None = None,
    columns: Sequence[str] | None = None,
) -> Iterator[list[Row]]:
    """Read the visible records by key, a list at a time; memory holds one list.

    Parameters
    ----------
    size : int
        Rows in a list.
    box : tuple of float, optional
        West, south, east, north in degrees; records that only come near it may be among the answers.
    columns : sequence of str, optional
        Only these.
    """
    table = table_of(kind)
    query = _select(kind, scope, columns).order_by(*(table.c[name] for name in kind.key))
    if box is not None:
        query = query.where(in_box(tx, table, box))
    result = tx.connection.execute(query, execution_options={"yield_per": size})
    for chunk in result.mappings().partitions():
        yield _rows(chunk)


def get(tx: Transaction, scope: Scope, kind: Kind, record_id: UUID) -> Row | None:
    """Return one record; None when there is none, or it is out of scope."""
    query = _select(kind, scope).where(table_of(kind).c.id == record_id)
    rows = _rows(tx.connection.execute(query).mappings().all())
    return rows[0] if rows else None


def count(tx: Transaction, scope: Scope, kind: Kind) -> int:
    """Count the visible records."""
    query = select(func.count()).select_from(table_of(kind)).where(visible(scope, kind))
    return int(tx.connection.execute(query).scalar_one())


def points(
    tx: Transaction,
    scope: Scope,
    kind: Kind,
    *,
    columns: Sequence[str] = (),
    box: Box | None = None,
    ids: Sequence[UUID] | None = None,
) -> Points:
    """Read the points of a kind by key, fast: columns, no objects.

    Parameters
    ----------
    columns : sequence of str
        Fields wanted besides.
    box : tuple of float, optional
        West, south, east, north in degrees; records that only come near it may be among the answers.
    ids : sequence of UUID, optional
        Only these records, at most `bulk.PARAMETERS` of them.
    """
    table = table_of(kind)
    wanted = [table.c[name] for name in columns]
    query = select(table.c.id, func.ST_X(table.c.geom), func.ST_Y(table.c.geom), *wanted).where(visible(scope, kind))
    if box is not None:
        query = query.where(in_box(tx, table, box))
    if ids is not None:
        query = query.where(bulk.among(tx, table.c.id, ids))
    rows = tx.connection.execute(query.order_by(*(table.c[name] for name in kind.key))).all()
    ids, lon, lat, *values = zip(*rows, strict=True) if rows else ((),) * (3 + len(wanted))
    return Points(
        ids=list(ids),
        lonlat=np.array([lon, lat], dtype=np.float64).reshape(2, len(ids)).T.copy(),
        columns={name: list(column) for name, column in zip(columns, values, strict=True)},
    )


def _select(kind: Kind, scope: Scope, columns: Sequence[str] | None = None) -> Any:
    table = table_of(kind)
    return select(*(table.c[name] for name in columns or column_names(kind))).where(visible(scope, kind))


def _one_of(tx: Transaction, key: Sequence[Column[Any]], values: Sequence[tuple[Any, ...]]) -> ColumnElement[bool]:
    if len(key) > 1:
        return tuple_(*key).in_(values)
    return bulk.among(tx, key[0], [value for (value,) in values])


def _packed(table: Table, rows: list[Row]) -> list[Row]:
    """Put WKB in the place of shapes."""
    if rows and "geom" in rows[0]:
        type_ = table.c.geom.type
        assert isinstance(type_, WkbGeometry)  # noqa: S101  # for the type checker: every `geom` is one
        for row, shape in zip(rows, pack([row["geom"] for row in rows], type_.geometry_type), strict=True):
            row["geom"] = shape
    return rows


def _rows(found: Sequence[Mapping[Any, Any]]) -> list[Row]:
    """Put shapes in the place of WKB."""
    rows = [dict(row) for row in found]
    if rows and "geom" in rows[0]:
        for row, shape in zip(rows, unpack([row["geom"] for row in rows]), strict=True):
            row["geom"] = shape
    return rows
