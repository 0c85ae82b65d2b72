from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from storage_samples import EVERYTHING, HOUSEHOLDS, REGISTER_KINDS, populate, settle

from gridmap.errors import DatabaseProblem
from gridmap.storage import registers, schema
from gridmap.storage.database import Database
from gridmap.storage.tables import SCHEMA_REVISION, metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = {*metadata.tables, "alembic_version"}
DROPPED = re.compile(r'DROP TABLE (?:IF EXISTS )?"?(\w+)"?', re.IGNORECASE)


@pytest.fixture
def dropped(database: Database) -> Iterator[set[str]]:
    """The tables that statements have dropped."""
    names: set[str] = set()

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, cursor, rest
        names.update(DROPPED.findall(statement))

    event.listen(database.engine, "before_cursor_execute", note)
    yield names
    event.remove(database.engine, "before_cursor_execute", note)


def downgrade(database: Database) -> None:
    with schema.migrating(database.engine) as connection:
        command.downgrade(schema.configuration(connection), "base")


def check(database: Database) -> None:
    """Alembic's own check: no difference between the tables and the database."""
    with schema.migrating(database.engine) as connection:
        command.check(schema.configuration(connection))


def table_names(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_there_and_back_on_a_filled_database(
    database: Database, dropped: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction("me", write=True) as tx:
        populate(tx, settle(tx))
    before = table_names(database)
    check(database)
    assert "No new upgrade operations detected" in capsys.readouterr().out
    downgrade(database)
    left = table_names(database)
    assert not (left & set(metadata.tables))
    assert before - left == set(metadata.tables) | {name for name in before if name.startswith("idx_")}
    strangers = {name for name in dropped if name not in OURS and not name.startswith("idx_")}
    assert not strangers
    schema.upgrade(database.engine)
    check(database)
    with database.transaction("me", write=True) as tx:
        populate(tx, settle(tx))
        assert registers.count(tx, EVERYTHING, HOUSEHOLDS) == 2


def test_a_comparison_without_our_filter_would_drop_what_is_not_ours(database: Database) -> None:
    """The trap is real: plain autogenerate, and GeoAlchemy2's own filter on SpatiaLite, drop tables of others."""
    with database.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), metadata)
    removed = {difference[1].name for difference in differences if difference[0] == "remove_table"}
    assert "spatial_ref_sys" in removed


def test_every_geometry_is_registered_and_indexed(database: Database) -> None:
    spatial = {table.name for table in metadata.sorted_tables if "geom" in table.c}
    assert {"block", "grid_shape", "community", "household"} <= spatial
    with database.transaction("me") as tx:
        if tx.postgis:
            registered = "SELECT f_table_name, srid FROM geometry_columns WHERE f_table_schema = 'public'"
            indexed = "SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%USING gist (geom)%'"
        else:
            registered = "SELECT f_table_name, srid FROM geometry_columns"
            indexed = "SELECT f_table_name FROM geometry_columns WHERE spatial_index_enabled = 1"
        assert dict(tx.connection.execute(text(registered)).all()) == dict.fromkeys(spatial, 4490)
        assert sorted(tx.connection.scalars(text(indexed))) == sorted(spatial)


def test_only_the_coordinate_systems_that_are_needed(spatialite_template: Path) -> None:
    database = Database.open(str(spatialite_template))
    with database.transaction("me") as tx:
        assert set(tx.connection.scalars(text("SELECT srid FROM spatial_ref_sys WHERE srid > 0"))) == {4490, 4326}
    database.close()


def test_the_code_knows_the_head(database: Database) -> None:
    with schema.migrating(database.engine) as connection:
        scripts = ScriptDirectory.from_config(schema.configuration(connection))
    assert scripts.get_current_head() == SCHEMA_REVISION
    assert database.revision() == SCHEMA_REVISION


def test_every_kind_has_a_table(database: Database) -> None:
    assert {kind.singular for kind in REGISTER_KINDS} <= table_names(database)


def test_creating_needs_no_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Database.create("gridmap.db").close()
    assert os.listdir() == ["gridmap.db"]  # the write-ahead log is folded in, and nothing else lies about


def test_a_migration_that_leaves_rows_pointing_at_nothing_changes_nothing(tmp_path: Path) -> None:
    database = Database.create(str(tmp_path / "gridmap.db"))

    def migrate() -> None:
        with schema.migrating(database.engine) as connection:
            connection.execute(text("INSERT INTO plan_row VALUES ('1', '2', '3')"))

    with pytest.raises(DatabaseProblem, match="pointing at nothing"):
        migrate()
    with database.transaction("me") as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM plan_row")).scalar_one() == 0
    database.close()


def test_postgis_is_asked_for_by_name(postgis_admin: str, postgis_template: str) -> None:
    """An ordinary role may not install PostGIS: the message says who may."""
    del postgis_template  # it makes the role
    from conftest import copied_database

    with copied_database(postgis_admin, None) as url, pytest.raises(DatabaseProblem, match="CREATE EXTENSION postgis"):
        Database.create(url)
