from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from storage_samples import EVERYTHING, HOUSEHOLDS, record_of, settle

from gridmap.errors import Conflict, DatabaseProblem
from gridmap.model.land import new_id
from gridmap.storage import audit, registers
from gridmap.storage.database import Database, Transaction
from gridmap.storage.turns import Turns

if TYPE_CHECKING:
    from pathlib import Path


def number_of_entries(database: Database) -> int:
    with database.transaction("reader") as tx:
        return len(audit.entries(tx, EVERYTHING))


def test_commits_on_success_and_rolls_back_on_error(database: Database) -> None:
    with database.transaction("me", write=True) as tx:
        audit.record(tx, "add", "household")

    def fail() -> None:
        with database.transaction("me", write=True) as tx:
            audit.record(tx, "add", "household")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert number_of_entries(database) == 1


def test_a_transaction_that_only_reads_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseProblem, DBAPIError)), database.transaction("me") as tx:
        audit.record(tx, "add", "household")
    assert number_of_entries(database) == 0
    with database.transaction("me", write=True) as tx:  # nor does its connection stay so
        audit.record(tx, "add", "household")
    assert number_of_entries(database) == 1


def test_a_read_is_a_snapshot(database: Database) -> None:
    with database.transaction("reader") as reading:
        assert audit.entries(reading, EVERYTHING) == []
        with database.transaction("writer", write=True) as tx:
            audit.record(tx, "add", "household")
        assert audit.entries(reading, EVERYTHING) == []
    assert number_of_entries(database) == 1


@pytest.mark.parametrize("number", [1, 200])  # a few rows, and COPY
def test_what_exists_already_is_a_conflict(database: Database, number: int) -> None:
    rows = [record_of(HOUSEHOLDS, number=index) for index in range(number)]
    with database.transaction("me", write=True) as tx:
        registers.insert_many(tx, HOUSEHOLDS, rows)
    again = [row | {"id": new_id()} for row in rows]
    with pytest.raises(Conflict, match="exists already"), database.transaction("me", write=True) as tx:
        registers.insert_many(tx, HOUSEHOLDS, again)


def test_an_error_names_no_person(database: Database) -> None:
    row = record_of(HOUSEHOLDS, head="张三丰", import_id=new_id())  # there is no such import
    with pytest.raises(IntegrityError) as caught, database.transaction("me", write=True) as tx:
        registers.insert_many(tx, HOUSEHOLDS, [row])
    assert "张三丰" not in str(caught.value)


def test_a_transaction_may_end_in_another_thread(database: Database) -> None:
    context = database.transaction("me", write=True)
    audit.record(context.__enter__(), "add", "household")
    other = threading.Thread(target=context.__exit__, args=(None, None, None))
    other.start()
    other.join()
    assert number_of_entries(database) == 1


def test_creating_twice_changes_nothing(target: str) -> None:
    first = Database.create(target)
    with first.transaction("me", write=True) as tx:
        settle(tx)
    first.close()
    database = Database.create(target)
    with database.transaction("me") as tx:
        assert audit.entries(tx, EVERYTHING)
    database.close()


def test_forty_readers_and_writers_at_once(database: Database) -> None:
    def work(number: int) -> None:
        with database.transaction(f"thread {number}", write=number % 2 == 0) as tx:
            audit.entries(tx, EVERYTHING)
            if number % 2 == 0:
                audit.record(tx, "add", "household")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert number_of_entries(database) == 20


def set_revision(target: str, revision: str) -> None:
    database = Database.open(target)
    with database.transaction("me", write=True) as tx:
        tx.connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
    database.close()


def test_another_schema_is_refused_with_the_remedy(target: str) -> None:
    set_revision(target, "9999")
    with pytest.raises(DatabaseProblem, match=r"has schema 9999, this gridmap needs .* run `gridmap init`"):
        Database.open(target)
    with pytest.raises(DatabaseProblem, match="newer gridmap"):
        Database.create(target)


def test_a_database_of_somebody_else_is_refused(target: str) -> None:
    database = Database.open(target)
    with database.transaction("me", write=True) as tx:
        tx.connection.execute(text("DROP TABLE alembic_version"))
    database.close()
    with pytest.raises(DatabaseProblem, match="is no gridmap database: run `gridmap init`"):
        Database.open(target)
    with pytest.raises(DatabaseProblem, match="holds other tables"):
        Database.create(target)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseProblem, match=r"there is no database .*gridmap\.db: run `gridmap init`"):
        Database.open(str(tmp_path / "gridmap.db"))
    assert not list(tmp_path.iterdir())
    with pytest.raises(DatabaseProblem, match=r"folder .* does not exist"):
        Database.create(str(tmp_path / "none" / "gridmap.db"))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "gridmap.db"
    path.write_text("社区,网格\n" * 100)
    with pytest.raises(DatabaseProblem, match="is no SQLite file"):
        Database.open(str(path))
    assert path.read_text().startswith("社区")


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(DatabaseProblem) as caught:
        Database.open("postgresql://gridmap:secret@127.0.0.1:1/gridmap")
    assert "127.0.0.1:1" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("target", ["mysql://a/b", "postgresql://", "sqlite://", "http://127.0.0.1/x", "://"])
def test_other_targets_are_refused(target: str) -> None:
    with pytest.raises(DatabaseProblem, match="file name or postgresql"):
        Database.open(target)


def test_sqlite_urls_name_files(spatialite_template: Path) -> None:
    Database.open(f"sqlite:///{spatialite_template}").close()


def test_writers_come_in_the_order_of_asking() -> None:
    turns, order = Turns(), []

    def write(number: int) -> None:
        with turns.turn():
            order.append(number)
            time.sleep(0.002)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(10)]
    with turns.turn():
        for thread in threads:
            thread.start()
            time.sleep(0.005)  # let it take its place in the queue
    for thread in threads:
        thread.join()
    assert order == list(range(10))


def test_who_is_interrupted_while_waiting_leaves_no_hole(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with turns.turn(), monkeypatch.context() as patch:
        patch.setattr(threading.Event, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt), turns.turn():
            pass
    with turns.turn():
        pass


def test_a_writer_does_not_wait_for_ever() -> None:
    turns = Turns(patience=0.01)
    with turns.turn(), pytest.raises(DatabaseProblem, match="busy with another write"), turns.turn():
        pass
    with turns.turn():  # who gave up left no hole in the queue
        pass


def run_python(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


HOLD = """
import sys, time
from gridmap.storage import audit
from gridmap.storage.database import Database
with Database.open(sys.argv[1]).transaction("other", write=True) as tx:
    audit.record(tx, "add", "household")
    print("holding", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def test_a_report_waits_for_a_write_of_another_process(target: str) -> None:
    other = run_python(HOLD, target, "1.0")
    assert other.stdout is not None
    assert other.stdout.readline() == "holding\n"
    database = Database.open(target)
    with database.transaction("me", write=True) as tx:
        audit.record(tx, "add", "household")
    other.communicate()
    assert other.returncode == 0
    assert number_of_entries(database) == 2
    database.close()


def test_a_process_killed_in_a_write_leaves_nothing_half_done(target: str) -> None:
    other = run_python(HOLD, target, "60")
    assert other.stdout is not None
    assert other.stdout.readline() == "holding\n"
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    database = Database.open(target)
    assert number_of_entries(database) == 0
    with database.transaction("me", write=True) as tx:
        settle(tx)
    database.close()


def test_spatialite_keeps_its_proj_and_geos_to_itself(spatialite_template: Path) -> None:
    """SQLite's own way of loading made pyproj compute with the system's PROJ, and crash at exit."""
    program = """
import sys
from gridmap.storage.database import Database
database = Database.open(sys.argv[1])
with database.transaction("me") as tx:
    tx.connection.exec_driver_sql("SELECT ST_AsText(ST_Buffer(MakePoint(1, 2, 4490), 1)), proj_version()").all()
import pyproj, pyogrio, shapely
assert pyproj.proj_version_str == pyproj.__proj_compiled_version__, pyproj.proj_version_str
pyproj.Transformer.from_crs(4490, 4547).transform(22, 114)
shapely.box(0, 0, 1, 1).buffer(1)
database.close()
pyogrio.read_info(sys.argv[1], layer="household")
"""
    other = run_python(program, str(spatialite_template))
    assert other.communicate()[1] == ""
    assert other.returncode == 0


def test_transactions_know_who_and_when(tx: Transaction) -> None:
    assert tx.actor == "tester"
    assert tx.now.utcoffset() is not None


def test_two_processes_create_one_database(tmp_path: Path) -> None:
    create = "import sys; from gridmap.storage.database import Database; Database.create(sys.argv[1]).close()"
    both = [run_python(create, str(tmp_path / "gridmap.db")) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == ["", ""]
    Database.open(str(tmp_path / "gridmap.db")).close()
