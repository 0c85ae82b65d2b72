"""The schema of a database: which revision it has, and bringing it up to date with Alembic.

The migrations are found by package path, so they run from an installed wheel; there is no `alembic.ini`. A new
revision is written with `alembic.command.revision(configuration(connection), "words", autogenerate=True)`.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from gridmap.errors import DatabaseProblem
from gridmap.storage.columns import LONLAT
from gridmap.storage.engines import WRITE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.config import Config
    from sqlalchemy import Connection, Engine

WGS84 = 4326  # not for our columns: other programs bring layers in it
FOREIGN_TABLES = frozenset({"spatial_ref_sys"})  # PostGIS brings it; SpatiaLite's come when we begin


def revision(connection: Connection) -> str | None:
    """Return the revision of our schema in this database; None when the database is not ours."""
    names = set(inspect(connection).get_table_names())
    if not {"alembic_version", "plan_row"} <= names:
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def configuration(connection: Connection) -> Config:
    """Make Alembic's configuration for one connection."""
    from alembic.config import Config  # noqa: PLC0415  # a fifth of a second that only `gridmap init` needs

    config = Config()
    config.set_main_option("script_location", "gridmap.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, target: str = "head") -> None:
    """Bring a database up to date, in one transaction.

    Raises
    ------
    DatabaseProblem
        A newer gridmap made it, or PostGIS is missing and may not be installed by this role.
    """
    from alembic import command  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    with migrating(engine) as connection:
        _add_spatial_functions(connection)
        try:
            command.upgrade(configuration(connection), target)
        except CommandError as error:
            raise DatabaseProblem(
                f"the database cannot be brought up to date: {error}; was it made by a newer gridmap?"
            ) from error


@contextmanager
def migrating(engine: Engine) -> Iterator[Connection]:
    """Open the one transaction of a migration: exclusive, impatient, and checked for dangling references."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            with _without_foreign_keys(connection), connection.execution_options(**{WRITE: True}).begin():
                yield connection
                _check_references(connection)
        else:
            with connection.begin():
                connection.execute(text("SET LOCAL lock_timeout = '10s'"))
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('gridmap migration'))"))
                yield connection


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Tables are rebuilt while migrating, so references dangle for a moment. The switch works between transactions."""
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA query_only = OFF")
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: Connection) -> None:
    dangling = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if dangling:
        raise DatabaseProblem(
            f"the migration would leave {len(dangling)} rows of {dangling[0][0]} pointing at nothing; nothing was "
            "changed",
            table=dangling[0][0],
            rows=len(dangling),
        )


def _add_spatial_functions(connection: Connection) -> None:
    """Give a new database its spatial tables: on SpatiaLite without the 5,000 coordinate systems nobody asked for."""
    if connection.dialect.name == "sqlite":
        if "geometry_columns" not in inspect(connection).get_table_names():
            connection.execute(text("SELECT InitSpatialMetaData(0, 'EMPTY')"))
            for srid in (LONLAT, WGS84):
                connection.execute(text("SELECT InsertEpsgSrid(:srid)"), {"srid": srid})
        return
    try:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS postgis"))
    except DBAPIError as error:
        raise DatabaseProblem(
            "this database has no PostGIS: install the package (Debian: postgresql-15-postgis-3) and let an "
            "administrator run CREATE EXTENSION postgis in it",
        ) from error
