"""What every test may use. A storage test runs on both databases: `database` and `tx` are parametrised."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from address_office import build_gazetteer, fill
from drafting import rolled_back, settle
from fresh_databases import copied_database, copied_file, execute
from hypothesis import HealthCheck, settings
from office import client_of, open_office
from postgres_server import postgres_server
from sqlalchemy.engine import make_url

from gridmap.storage.database import Database, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

DIALECTS = ("spatialite", "postgis")

# A busy machine is no failure, neither of a test nor of what draws its values; speed lives in benchmarks.
settings.register_profile("new", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# scripts/test: a verdict on the change, not on luck
settings.register_profile("same", settings.get_profile("new"), derandomize=True)
settings.load_profile("new")


@pytest.fixture(scope="session")
def postgis_admin() -> Iterator[str]:
    """The URL of a running PostGIS server's administrator. No server is a failure, not a skip."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgis_template(postgis_admin: str) -> str:
    """The name of a migrated database to copy. Its owner is no superuser: neither is an office's."""
    execute(postgis_admin, "CREATE ROLE gridmap LOGIN", "CREATE DATABASE template_gridmap OWNER gridmap")
    in_template = make_url(postgis_admin).set(database="template_gridmap")
    execute(in_template.render_as_string(hide_password=False), "CREATE EXTENSION postgis")
    Database.create(in_template.set(username="gridmap").render_as_string(hide_password=False)).close()
    return "template_gridmap"


@pytest.fixture(scope="session")
def spatialite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    Database.create(str(path)).close()
    return path


@contextmanager
def _fresh(request: pytest.FixtureRequest, dialect: str, folder: Path) -> Iterator[str]:
    if dialect == "spatialite":
        with copied_file(request.getfixturevalue("spatialite_template"), folder) as path:
            yield path
    else:
        template = request.getfixturevalue("postgis_template")
        with copied_database(request.getfixturevalue("postgis_admin"), template) as url:
            yield url


@pytest.fixture(params=DIALECTS)
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What GRIDMAP_DATABASE names: a fresh, migrated, empty database on either system."""
    with _fresh(request, request.param, tmp_path) as name:
        yield name


@pytest.fixture(scope="module", params=DIALECTS)
def module_target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """As `target`, one for all tests of a module."""
    with _fresh(request, request.param, tmp_path_factory.mktemp("module")) as name:
        yield name


@pytest.fixture
def database(target: str) -> Iterator[Database]:
    """An open database on either system, migrated and empty."""
    opened = Database.open(target)
    yield opened
    opened.close()


@pytest.fixture
def address_office(database: Database, tmp_path: Path) -> Database:
    """The drawn office with its addresses and their gazetteer."""
    fill(database, tmp_path)
    build_gazetteer(database)
    return database


@pytest.fixture(scope="session", params=DIALECTS)
def shared_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all tests that leave nothing behind: making one for each would double their time."""
    with _fresh(request, request.param, tmp_path_factory.mktemp("shared")) as name:
        opened = Database.open(name)
        yield opened
        opened.close()


@pytest.fixture(scope="module", params=DIALECTS)
def shared_office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The drawn office on either system, one for all tests of a module that leave its boundaries alone."""
    folder = tmp_path_factory.mktemp("office")
    with _fresh(request, request.param, folder) as name:
        opened = Database.open(name)
        open_office(opened, folder)
        opened.close()
        yield name


@pytest.fixture(scope="module")
def client(shared_office: str) -> Iterator[TestClient]:
    """A client of the office's API."""
    with client_of(shared_office) as opened:
        yield opened


@pytest.fixture(scope="module")
def town(shared_office: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The drawn office with people in it; a module that needs another town has its own."""
    opened = Database.open(shared_office)
    settle(opened, tmp_path_factory.mktemp("town"))
    yield opened
    opened.close()


@pytest.fixture
def desk(town: Database) -> Iterator[Transaction]:
    """A transaction in the town that leaves nothing behind."""
    with rolled_back(town) as tx:
        yield tx


class _RolledBack(Exception):
    """Ends a test's transaction."""


@pytest.fixture
def tx(shared_database: Database) -> Iterator[Transaction]:
    """A transaction that writes to an empty database, and is rolled back after the test."""
    with suppress(_RolledBack), shared_database.transaction("tester", write=True) as transaction:
        yield transaction
        raise _RolledBack


@pytest.fixture
def audited(database: Database) -> Callable[[], int]:
    """Return a function that says how many audit rows there are: a verb that writes must add one."""

    def count() -> int:
        with database.transaction("tester") as transaction:
            return int(transaction.connection.exec_driver_sql("SELECT count(*) FROM audit").scalar_one())

    return count
