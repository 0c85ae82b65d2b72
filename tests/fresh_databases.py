"""Fresh databases by copying a template: migrating one for every test would take a quarter of a second each."""

from __future__ import annotations

import itertools
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.engine import make_url

from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_numbers = itertools.count(1)


def execute(admin: str, *statements: str) -> None:
    """Run statements as the administrator, each for itself."""
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def copied_file(template: Path, folder: Path) -> Iterator[str]:
    """Copy the template file; yields its path."""
    path = folder / "gridmap.db"
    shutil.copyfile(template, path)
    yield str(path)


@contextmanager
def filled_file(template: Path, folder: Path, fill: Callable[[Database, Path], object]) -> Iterator[str]:
    """Copy the template file and fill it; yields its path. Files on the way in are written to the same folder."""
    with copied_file(template, folder) as path:
        database = Database.open(path)
        fill(database, folder)
        database.close()
        yield path


@contextmanager
def copied_database(admin: str, template: str | None) -> Iterator[str]:
    """Make a database of the ordinary role, a copy of the template or empty; yields its URL."""
    name = f"test_{next(_numbers)}"
    copying = f"TEMPLATE {template} STRATEGY file_copy" if template else ""
    execute(admin, f"CREATE DATABASE {name} OWNER gridmap {copying}")
    try:
        yield make_url(admin).set(username="gridmap", database=name).render_as_string(hide_password=False)
    finally:
        execute(admin, f"DROP DATABASE {name} WITH (FORCE)")
