"""Many rows at once: COPY on PostGIS, one prepared statement on SpatiaLite.

Rows are mappings from column name to value, all with the same names; shapes are WKB bytes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, bindparam, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from gridmap.storage.columns import WkbGeometry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Column, ColumnElement, Table

    from gridmap.storage.database import Transaction

FEW = 50  # below this, COPY is not worth its setting up
PARAMETERS = 30_000  # SQLite takes 32,766 in one statement, PostgreSQL 65,535


def insert(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows."""
    if not rows:
        return
    if tx.postgis and len(rows) > FEW:
        _copy(tx, table.name, [table.c[name] for name in rows[0]], rows)
    else:
        tx.connection.execute(table.insert(), list(rows))


def update(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...] = ("id",)) -> None:
    """Change rows, each found by its key; the other columns of a row get its values."""
    if not rows:
        return
    changed = [name for name in rows[0] if name not in key]
    if tx.postgis and len(rows) > FEW:
        _update_from_copy(tx, table, rows, key, changed)
        return
    statement = table.update().values({name: bindparam(f"new_{name}") for name in changed})
    for name in key:
        statement = statement.where(table.c[name] == bindparam(f"old_{name}"))
    named = [{f"old_{name}" if name in key else f"new_{name}": row[name] for name in row} for row in rows]
    tx.connection.execute(statement, named)


def put(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]) -> None:
    """Add rows, or change those that have the same key; the key has a unique constraint.

    The one way that no planner can spoil: deleting 5,000 rows first took 17 s in a transaction that had just written
    100,000, since the statistics did not know of them.
    """
    if not rows:
        return
    changed = [name for name in rows[0] if name not in key]
    if tx.postgis and len(rows) > FEW:
        _put_from_copy(tx, table, rows, key, changed)
        return
    tx.connection.execute(_put_statement(table, tx.postgis, key, tuple(changed)), list(rows))


def add_missing(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...]) -> None:
    """Add the rows whose key is not there yet; the key has a unique constraint."""
    if rows:
        tx.connection.execute(_put_statement(table, tx.postgis, key, ()), list(rows))


@lru_cache(maxsize=64)
def _put_statement(table: Table, postgis: bool, key: tuple[str, ...], changed: tuple[str, ...]) -> Any:  # noqa: FBT001
    """Return an upsert; making one takes 3 ms, ten times as long as running it."""
    statement = (postgresql if postgis else sqlite).insert(table)
    if not changed:
        return statement.on_conflict_do_nothing(index_elements=list(key))
    values = {name: statement.excluded[name] for name in changed}
    return statement.on_conflict_do_update(index_elements=list(key), set_=values)


def among(tx: Transaction, column: Column[Any], values: Sequence[Any]) -> ColumnElement[bool]:
    """Narrow to rows whose column has one of many values; on PostGIS one array, five times faster than parameters."""
    if tx.postgis:
        return column == any_(literal(list(values), postgresql.ARRAY(column.type)))
    return column.in_(values)


def among_given(column: Column[Any], name: str, *, postgis: bool) -> ColumnElement[bool]:
    """Narrow as `among`, to values that a prepared statement gets as its parameter `name`: a list."""
    if postgis:
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


def chunks(keys: Sequence[Any], width: int = 1) -> Iterator[Sequence[Any]]:
    """Cut a list of keys into pieces that one statement can take; `width` is the number of values in a key."""
    size = PARAMETERS // width
    for start in range(0, len(keys), size):
        yield keys[start : start + size]


def _update_from_copy(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...], changed: list[str]
) -> None:
    values = ", ".join(f'"{name}" = incoming."{name}"' for name in changed)
    same = " AND ".join(f'stored."{name}" = incoming."{name}"' for name in key)
    _from_incoming(tx, table, rows, f'UPDATE "{table.name}" AS stored SET {values} FROM incoming WHERE {same}')


def _put_from_copy(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: tuple[str, ...], changed: list[str]
) -> None:
    names = ", ".join(f'"{name}"' for name in rows[0])
    unique = ", ".join(f'"{name}"' for name in key)
    values = ", ".join(f'"{name}" = excluded."{name}"' for name in changed)
    _from_incoming(
        tx,
        table,
        rows,
        f'INSERT INTO "{table.name}" ({names}) SELECT {names} FROM incoming '
        f"ON CONFLICT ({unique}) DO UPDATE SET {values}",
    )


def _from_incoming(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], statement: str) -> None:
    """Copy rows into a table of their own, and run a statement on it."""
    names = ", ".join(f'"{name}"' for name in rows[0])
    run = tx.connection.exec_driver_sql
    run(f'CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {names} FROM "{table.name}" WITH NO DATA')
    _copy(tx, "incoming", [table.c[name] for name in rows[0]], rows)
    run(statement)
    run("DROP TABLE incoming")


def _copy(tx: Transaction, target: str, columns: Sequence[Column[Any]], rows: Sequence[Mapping[str, Any]]) -> None:
    writers = [(column.name, _writer(tx, column)) for column in columns]
    names = ", ".join(f'"{column.name}"' for column in columns)
    driver: Any = tx.connection.connection.driver_connection
    dialect = tx.connection.dialect
    try:
        with driver.cursor() as cursor, cursor.copy(f'COPY "{target}" ({names}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row([row[name] if write is None else write(row[name]) for name, write in writers])
    except dialect.loaded_dbapi.Error as error:  # COPY goes past SQLAlchemy: its errors must look the same
        raise DBAPIError.instance(
            f"COPY {target}", None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error


def _writer(tx: Transaction, column: Column[Any]) -> Callable[[Any], Any] | None:
    """Say how a value becomes what the driver writes; None where it is that already."""
    if isinstance(column.type, WkbGeometry):
        return lambda value: None if value is None else value.hex()
    dialect = tx.connection.dialect
    return column.type.dialect_impl(dialect).bind_processor(dialect)
