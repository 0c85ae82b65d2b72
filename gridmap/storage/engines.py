"""How to talk to either database: driver, extension, pool, and how a transaction begins."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gridmap.errors import DatabaseProblem, SetupMissing

if TYPE_CHECKING:
    from types import ModuleType

    from sqlalchemy import Connection

POOL = 40  # as many as the server has worker threads: none of them ever waits for a connection
BUSY_SECONDS = 30  # how long a write waits for another process; the driver's default of 5 s failed reports
_NO_SPATIALITE = (
    "SpatiaLite cannot be loaded: install the system package libsqlite3-mod-spatialite "
    "(apt-get install libsqlite3-mod-spatialite)"
)
CHECKPOINT = 4000  # pages of 4 KB, 16 MB; after the default of 1000 every tenth edit of a draft waited for one
WRITE = "gridmap_write"  # the execution option that says that a transaction is going to write


def parse_target(target: str) -> URL:
    """Read a database target: a path, `sqlite:///path` or `postgresql://user@host/name`.

    Raises
    ------
    DatabaseProblem
        It names another kind of database, or none.
    """
    if "://" not in target:
        return URL.create("sqlite", database=target)
    try:
        url = make_url(target)
    except ArgumentError as error:
        raise DatabaseProblem(
            "GRIDMAP_DATABASE cannot be read: write a file name or postgresql://user@host/name"
        ) from error
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database:
        return url.set(drivername="sqlite")
    if backend in {"postgresql", "postgres"} and url.database:
        return url.set(drivername="postgresql+psycopg")
    raise DatabaseProblem(
        f"{url.render_as_string()} is no database for gridmap: write a file name or postgresql://user@host/name"
    )


def make_engine(url: URL) -> Engine:
    """Make the engine for a parsed target. Nothing is connected yet."""
    if url.get_backend_name() == "sqlite":
        return _spatialite_engine(url)
    return create_engine(url, pool_size=POOL, max_overflow=10, pool_pre_ping=True, hide_parameters=True)


def file_of(url: URL) -> Path | None:
    """Return the file of a SpatiaLite target; None for a server."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


@cache
def _driver() -> ModuleType:
    """Find an SQLite driver with SpatiaLite in it: CPython's own often cannot load extensions.

    SQLite loads an extension with RTLD_GLOBAL. The system's PROJ and GEOS that come with SpatiaLite would then
    answer for the newer ones inside pyproj, shapely and GDAL (seen: pyproj computing with another PROJ, crashes at
    exit). Here the library is loaded with its symbols kept to itself, and SQLite is told to start it.
    """
    if sys.platform != "linux":
        return importlib.import_module("sqlite3.dbapi2")
    driver = importlib.import_module("pysqlite3.dbapi2")
    native = importlib.import_module("pysqlite3._sqlite3")
    try:
        spatialite = ctypes.CDLL("mod_spatialite.so", mode=os.RTLD_NOW | os.RTLD_LOCAL)
        ctypes.CDLL(native.__file__).sqlite3_auto_extension(spatialite.sqlite3_modspatialite_init)
    except (OSError, AttributeError) as error:
        raise SetupMissing(_NO_SPATIALITE, reason=str(error)) from error
    return driver


def _load_spatialite(connection: Any) -> None:
    """Load the extension where the driver did not bring it (macOS and Windows keep libraries apart themselves)."""
    if sys.platform == "linux":
        return
    try:
        connection.enable_load_extension(True)
        connection.load_extension("mod_spatialite")
        connection.enable_load_extension(False)
    except Exception as error:
        raise SetupMissing(_NO_SPATIALITE, reason=str(error)) from error


def _spatialite_engine(url: URL) -> Engine:
    engine = create_engine(
        url,
        module=_driver(),
        pool_size=POOL,
        max_overflow=10,
        hide_parameters=True,  # an error that is logged names no person
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: object) -> None:
        del record
        connection.isolation_level = None  # the driver begins no transactions behind our back; `begin` below does
        _load_spatialite(connection)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT}")
        connection.execute("PRAGMA cache_size = -65536")  # 64 MB: indexes of 100,000 rows, instead of the default 2 MB

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get(WRITE, False)
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if write else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
