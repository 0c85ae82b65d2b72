"""What every test may use. A storage test runs on both databases: `database` and `tx` are parametrised."""

from __future__ import annotations

import itertools
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from postgres_server import postgres_server
from sqlalchemy.engine import make_url

from gridmap.storage.database import Database, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DIALECTS = ("spatialite", "postgis")
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgis_admin() -> Iterator[str]:
    """The URL of a running PostGIS server's administrator. No server is a failure, not a skip."""
    with postgres_server() as url:
        yield url


def _execute(admin: str, *statements: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@pytest.fixture(scope="session")
def postgis_template(postgis_admin: str) -> str:
    """The name of a migrated database to copy. Its owner is no superuser: neither is an office's."""
    _execute(postgis_admin, "CREATE ROLE gridmap LOGIN", "CREATE DATABASE template_gridmap OWNER gridmap")
    in_template = make_url(postgis_admin).set(database="template_gridmap")
    _execute(in_template.render_as_string(hide_password=False), "CREATE EXTENSION postgis")
    Database.create(in_template.set(username="gridmap").render_as_string(hide_password=False)).close()
    return "template_gridmap"


@pytest.fixture(scope="session")
def spatialite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    Database.create(str(path)).close()
    return path


@contextmanager
def copied_file(template: Path, folder: Path) -> Iterator[str]:
    """Copy the template file; yields its path."""
    path = folder / "gridmap.db"
    shutil.copyfile(template, path)
    yield str(path)


@contextmanager
def copied_database(admin: str, template: str | None) -> Iterator[str]:
    """Make a database of the ordinary role, a copy of the template or empty; yields its URL."""
    name = f"test_{next(_numbers)}"
    copying = f"TEMPLATE {template} STRATEGY file_copy" if template else ""
    _execute(admin, f"CREATE DATABASE {name} OWNER gridmap {copying}")
    try:
        yield make_url(admin).set(username="gridmap", database=name).render_as_string(hide_password=False)
    finally:
        _execute(admin, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=DIALECTS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What GRIDMAP_DATABASE names: a fresh, migrated, empty database on either system."""
    if request.param == "spatialite":
        with copied_file(request.getfixturevalue("spatialite_template"), tmp_path) as path:
            yield path
    else:
        template = request.getfixturevalue("postgis_template")
        with copied_database(request.getfixturevalue("postgis_admin"), template) as url:
            yield url


@pytest.fixture
def database(target: str) -> Iterator[Database]:
    """An open database on either system, migrated and empty."""
    opened = Database.open(target)
    yield opened
    opened.close()


@pytest.fixture
def tx(database: Database) -> Iterator[Transaction]:
    """A transaction that writes."""
    with database.transaction("tester", write=True) as transaction:
        yield transaction


@pytest.fixture
def audited(database: Database) -> Callable[[], int]:
    """Return a function that says how many audit rows there are: a verb that writes must add one."""

    def count() -> int:
        with database.transaction("tester") as transaction:
            return int(transaction.connection.exec_driver_sql("SELECT count(*) FROM audit").scalar_one())

    return count
