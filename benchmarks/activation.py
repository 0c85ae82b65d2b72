"""A plan takes effect on a whole demonstration: how long it takes, how long reports wait, and what kill -9 leaves.

Run: python benchmarks/activation.py gridmap-demo/gridmap.db [kills] [spatialite|postgis]

The database is copied, never written. The process of `gridmap plan activate` is killed at random moments, half of
them while it writes; the old plan has to be whole then, or the new one.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from drawn_plans import in_force, which_is_whole
from fresh_databases import execute
from postgres_server import postgres_server
from sqlalchemy import select
from sqlalchemy.engine import make_url

from gridmap.access import Scope
from gridmap.services import activation, drafts, incidents, plan_land
from gridmap.services.reports import Report
from gridmap.storage import bulk, plans
from gridmap.storage.database import Database
from gridmap.storage.every_table import metadata

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.model.land import Plan

SCOPE = Scope.everything("benchmark")
CUTS = 4
SEED = 4


def draft(database: Database) -> Plan:
    """Cut some general grids in two."""
    with database.transaction("benchmark", write=True) as tx:
        made = drafts.new_draft(tx, SCOPE, "压测草案")
        grids = [grid for grid in plans.grids_of_plan(tx, SCOPE, in_force(tx).id) if grid.kind == "general"]
        for grid in grids[:: len(grids) // CUTS][:CUTS]:
            west, south, east, north = grid.shape.bounds
            middle = (west + east) / 2
            line = [[middle, south - 0.001], [middle, north + 0.001]]
            drafts.edit(tx, SCOPE, UUID(made.id), {"op": "cut", "grid": grid.code, "line": line})
    with database.transaction("benchmark") as tx:
        return plans.plan_named(tx, SCOPE, UUID(made.id))


@contextmanager
def spatialite(source: Path) -> Iterator[tuple[str, Plan, Callable[[], None]]]:
    """Yield a copy with a draft, and what makes it as it was."""
    with tempfile.TemporaryDirectory() as folder:
        pristine, work = Path(folder) / "pristine.db", Path(folder) / "work.db"
        shutil.copyfile(source, pristine)
        database = Database.create(str(pristine))
        plan = draft(database)
        database.close()

        def renew() -> None:
            for name in (work, work.with_name("work.db-wal"), work.with_name("work.db-shm")):
                name.unlink(missing_ok=True)
            shutil.copyfile(pristine, work)

        renew()
        yield str(work), plan, renew


@contextmanager
def postgis(source: Path) -> Iterator[tuple[str, Plan, Callable[[], None]]]:
    """Do the same on a server of our own, with its durability on."""
    with postgres_server(durable=True) as admin:
        execute(admin, "CREATE ROLE gridmap LOGIN", "CREATE DATABASE pristine OWNER gridmap")
        inside = make_url(admin).set(database="pristine")
        execute(inside.render_as_string(hide_password=False), "CREATE EXTENSION postgis")
        database = Database.create(inside.set(username="gridmap").render_as_string(hide_password=False))
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "demo.db"
            shutil.copyfile(source, copy)
            given = Database.create(str(copy))
            _pour(given, database)
            given.close()
        plan = draft(database)
        database.close()
        execute(inside.render_as_string(hide_password=False), "VACUUM ANALYZE")

        def renew() -> None:
            execute(
                admin,
                "DROP DATABASE IF EXISTS work WITH (FORCE)",
                "CREATE DATABASE work OWNER gridmap TEMPLATE pristine STRATEGY file_copy",
            )

        renew()
        yield inside.set(username="gridmap", database="work").render_as_string(hide_password=False), plan, renew


def _pour(given: Database, into: Database) -> None:
    """Copy every table, in the order of their references."""
    with given.transaction("benchmark") as source, into.transaction("benchmark", write=True) as tx:
        for table in metadata.sorted_tables:
            columns = [
                column for column in table.c if column.name != "fid" and column is not metadata.tables["audit"].c.number
            ]
            rows = source.connection.execute(select(*columns)).mappings().all()
            bulk.insert(tx, table, [dict(row) for row in rows])


def measured(name: str, target: str, plan: Plan) -> float:
    """Let the plan take effect once, while somebody reports all the time; returns the seconds of the command."""
    database = Database.open(target)
    waits: list[float] = []
    over = threading.Event()

    def reporting() -> None:
        while not over.is_set():
            began = time.perf_counter()
            with database.transaction("reporter", write=True) as tx:
                incidents.report_incident(tx, SCOPE, Report("井盖破损"))
            waits.append(time.perf_counter() - began)
            over.wait(0.02)

    began = time.perf_counter()
    with database.transaction("benchmark") as tx:
        ready = activation.prepare(tx, SCOPE, plan.id, plan_land.today(tx))
    prepared = time.perf_counter() - began
    thread = threading.Thread(target=reporting)
    thread.start()
    time.sleep(0.5)
    began = time.perf_counter()
    with database.transaction("benchmark", write=True) as tx:
        done = activation.take_effect(tx, ready)
    took = time.perf_counter() - began
    over.set()
    thread.join()
    assert which_is_whole(database, plan) == "new"
    database.close()
    print(
        f"{name:10s} prepare {prepared:5.2f} s, take effect {took:5.2f} s, longest report {max(waits):5.2f} s of "
        f"{len(waits)} (median {sorted(waits)[len(waits) // 2]:.3f} s); {done.reassigned} decided again, "
        f"{sum((done.handed_over or {}).values())} handed over",
        flush=True,
    )
    return prepared + took


def killed(name: str, target: str, plan: Plan, renew: Callable[[], None], kills: int) -> None:
    """Kill the command at random moments and look at what it left; every second time while it writes."""
    renew()
    process, began = _command(target, plan), time.perf_counter()
    _until_it_writes(process)
    writing = time.perf_counter() - began
    assert process.wait() == 0
    whole = time.perf_counter() - began
    renew()
    chance = random.Random(SEED)  # noqa: S311 -- seeded, no secret
    left = {"old": 0, "new": 0}
    for number in range(kills):
        process = _command(target, plan)
        if number % 2:
            time.sleep(chance.uniform(0.0, writing))
        else:
            _until_it_writes(process)
            time.sleep(chance.uniform(0.0, 2.0 * (whole - writing)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        database = Database.open(target)
        which = which_is_whole(database, plan)
        database.close()
        left[which] += 1
        if which == "new":
            renew()
    print(
        f"{name:10s} {kills} kills at random moments of {whole:.1f} s, half of them in the last "
        f"{whole - writing:.1f} s: {left['old']} left the old plan whole, {left['new']} the new one, 0 anything else",
        flush=True,
    )


_PROGRAM = """
import sys
from gridmap.cli.main import main
from gridmap.services import activation

take_effect = activation.take_effect

def told(*words):
    print("writing", flush=True)
    return take_effect(*words)

activation.take_effect = told
main(sys.argv[1:])
"""


def _command(target: str, plan: Plan) -> subprocess.Popen[str]:
    """Start the command as it is; it also says when it begins to write."""
    words = [sys.executable, "-c", _PROGRAM, "plan", "activate", str(plan.id)]
    environment = os.environ | {"GRIDMAP_DATABASE": target}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def _until_it_writes(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    source, kills = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for name, opened in (("spatialite", spatialite), ("postgis", postgis)):
        if name in sys.argv[3:] or len(sys.argv) < 4:
            with opened(source) as (target, plan, renew):
                measured(name, target, plan)
                if kills:
                    killed(name, target, plan, renew, kills)


if __name__ == "__main__":
    main()
