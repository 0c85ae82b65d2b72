"""The database: open it, create it, and transactions."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from gridmap.errors import Conflict, DatabaseProblem
from gridmap.storage import schema
from gridmap.storage.declaring import SCHEMA_REVISION
from gridmap.storage.engines import WRITE, file_of, make_engine, parse_target
from gridmap.storage.turns import turns_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, RootTransaction
    from sqlalchemy.engine import URL

_UNIQUE_VIOLATION = "23505"  # PostgreSQL's code; pysqlite3 has one code for all constraints, so its words must do


@dataclass(frozen=True)
class Transaction:
    """What storage functions work in. It commits when its block ends, and rolls back on any error.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        For storage modules alone.
    actor : str
        Who is acting, for the audit.
    now : datetime
        The one moment of everything that is written here.
    """

    connection: Connection
    actor: str
    now: datetime

    @property
    def postgis(self) -> bool:
        """Whether this is PostGIS rather than SpatiaLite."""
        return self.connection.dialect.name == "postgresql"


@dataclass(frozen=True)
class Database:
    """An open database. Make one with `Database.open` or `Database.create`, and close it."""

    url: URL
    engine: Engine

    @staticmethod
    def open(target: str) -> Database:
        """Open a database that `gridmap init` has made.

        Parameters
        ----------
        target : str
            A file, `sqlite:///file` or `postgresql://user@host/name`.

        Raises
        ------
        DatabaseProblem
            It is missing, cannot be reached, is not ours, or has another schema.
        SetupMissing
            SpatiaLite is not installed.
        """
        with _connectable(target, must_exist=True) as database:
            found = database.revision()
            if found != SCHEMA_REVISION:
                raise DatabaseProblem(_remedy(database.name, found), found=found, needed=SCHEMA_REVISION)
        return database

    @staticmethod
    def create(target: str) -> Database:
        """Make a database, or bring an older one of ours up to date; one that is up to date stays as it is.

        Raises
        ------
        DatabaseProblem
            The place cannot be written, or holds something else.
        SetupMissing
            SpatiaLite is not installed.
        """
        with _connectable(target, must_exist=False) as database, _explained(database.name):
            if database.revision() is None and database.holds_something():
                raise DatabaseProblem(
                    f"{database.name} holds other tables: name a new file or an empty database", target=database.name
                )
            schema.upgrade(database.engine)
        return database

    @property
    def name(self) -> str:
        """The target as it may be shown: without its password."""
        path = file_of(self.url)
        return str(path) if path else self.url.render_as_string(hide_password=True)

    def revision(self) -> str | None:
        """Return the revision of our schema, None when it is not there.

        Raises
        ------
        DatabaseProblem
            The database cannot be reached or read.
        """
        with _explained(self.name), self.engine.connect() as connection:
            return schema.revision(connection)

    def holds_something(self) -> bool:
        """Whether there are tables of somebody in it (PostGIS's own do not count)."""
        with _explained(self.name), self.engine.connect() as connection:
            return bool(set(inspect(connection).get_table_names()) - schema.FOREIGN_TABLES)

    @contextmanager
    def transaction(self, actor: str, *, write: bool = False) -> Iterator[Transaction]:
        """Run a block as one transaction: a snapshot to read, or with `write` one that changes things.

        Writers on SpatiaLite come one at a time, in the order in which they asked.

        Parameters
        ----------
        actor : str
            Who acts.
        write : bool
            A transaction without it cannot write.

        Raises
        ------
        DatabaseProblem
            The database is locked, cannot be reached, or is full.
        Conflict
            What is written exists already.
        """
        path = file_of(self.url)
        turn = turns_for(path).turn() if path and write else nullcontext()
        with turn, _explained(self.name), self.engine.connect() as connection, _begin(connection, write=write):
            yield Transaction(connection, actor, datetime.now(UTC))

    def close(self) -> None:
        """Close every connection; a SpatiaLite file is then whole in itself."""
        self.engine.dispose()


def _begin(connection: Connection, *, write: bool) -> RootTransaction:
    if connection.dialect.name == "sqlite":
        options: dict[str, Any] = {WRITE: write}
    elif write:  # read committed: after waiting for a lock one sees what the other wrote
        options = {"isolation_level": "READ COMMITTED"}
    else:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return connection.execution_options(**options).begin()


@contextmanager
def _connectable(target: str, *, must_exist: bool) -> Iterator[Database]:
    """Yield a database that may yet turn out to be unusable: then it is closed again."""
    url = parse_target(target)
    path = file_of(url)
    if path and must_exist and not path.is_file():
        raise DatabaseProblem(f"there is no database {path}: run `gridmap init`", target=str(path))
    if path and not path.parent.is_dir():
        raise DatabaseProblem(f"the folder {path.parent} does not exist: make it first", target=str(path))
    database = Database(url, make_engine(url))
    try:
        yield database
    except BaseException:
        database.close()
        raise


def _remedy(name: str, found: str | None) -> str:
    if found is None:
        return f"{name} is no gridmap database: run `gridmap init` with a new file or an empty database"
    return f"{name} has schema {found}, this gridmap needs {SCHEMA_REVISION}: run `gridmap init` to bring it up to date"


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Say in our own words what the driver reports: a database that cannot be used, a row that exists."""
    try:
        yield
    except IntegrityError as error:
        if _code(error) == _UNIQUE_VIOLATION or _first_line(error).startswith("UNIQUE constraint failed"):
            raise Conflict("the record exists already, or somebody else has just written it: read it again") from error
        raise
    except OperationalError as error:
        raise DatabaseProblem(
            f"the database {name} cannot be used: {_first_line(error)}; check that it is there, running and not "
            "locked by another program",
            target=name,
        ) from error
    except DBAPIError as error:
        if _code(error) == "SQLITE_NOTADB":
            raise DatabaseProblem(f"{name} is no SQLite file: name another", target=name) from error
        raise


def _code(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().partition("\n")[0]
