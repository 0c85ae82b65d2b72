"""10,000 mixed rows of a hotline taken in, the process killed on the way, then again: counts, seconds, nothing twice.

    python benchmarks/intake.py [--rows 10000] [--kills 3] [--postgis]

Rows have a point, an address, both, neither, both and far apart, a number that came before, or no number for a place.
The gazetteer of the benchmark knows one road; what is measured is the way in, not the finding of addresses.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.engine import make_url

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from intake_rows import Mixed, gazetteer, write_mixed
from office import open_office
from postgres_server import postgres_server

from gridmap import runner
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


def _take(target: str, path: Path) -> dict[str, Any]:
    database = Database.open(target)
    try:
        report = runner.run_intake(database, path, "benchmark", crs="EPSG:4490", geocoder=lambda _: gazetteer).report
    finally:
        database.close()
    return {"total": report.total, "added": report.added, "counts": report.counts}


def _stored(target: str) -> list[str]:
    database = Database.open(target)
    try:
        with database.transaction("benchmark") as tx:
            query = "SELECT i.number FROM incident i JOIN case_file f ON f.incident_id = i.id"
            return sorted(tx.connection.exec_driver_sql(query).scalars())
    finally:
        database.close()


def measure(name: str, target: str, mixed: Mixed, kills: int) -> None:
    """Take the rows in, killed some times, then whole, then once more."""
    rng = random.Random(1)  # noqa: S311 -- the same moments each time
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, __file__, "--take", target, str(mixed.path)])
        kept = len(_stored(target))
        while len(_stored(target)) == kept and process.poll() is None:
            time.sleep(0.2)
        time.sleep(rng.uniform(0.1, 6.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"{name}: killed with {len(_stored(target)):,} rows in", flush=True)
    before, start = len(_stored(target)), time.perf_counter()
    report = _take(target, mixed.path)
    seconds = time.perf_counter() - start
    stored = _stored(target)
    assert report["total"] == sum(report["counts"].values()) == sum(mixed.counts.values())
    assert report["counts"]["已有"] == before
    assert report["counts"]["退回"] == mixed.counts["repeated"] + mixed.counts["bad"]
    assert stored == sorted(mixed.numbers), "a row is lost or doubled"
    again = _take(target, mixed.path)
    assert again["added"] == 0
    rate = report["added"] / seconds
    print(f"{name}: {json.dumps(report, ensure_ascii=False)}; {seconds:.1f} s, {rate:,.0f} rows/s; again: 0 added")


@contextmanager
def _postgis() -> Iterator[str]:
    with postgres_server() as admin:
        url = make_url(admin)
        with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
            connection.execute("CREATE DATABASE intake")
        target = url.set(database="intake").render_as_string(hide_password=False)
        with psycopg.connect(target) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        yield target


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--postgis", action="store_true")
    parser.add_argument("--take", nargs=2, help=argparse.SUPPRESS)  # the process that is killed
    given = parser.parse_args()
    if given.take:
        _take(given.take[0], Path(given.take[1]))
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        mixed = write_mixed(folder / "mixed.csv", given.rows)
        print(f"{given.rows:,} rows: {mixed.counts}")
        target = stack.enter_context(_postgis()) if given.postgis else str(folder / "intake.db")
        database = Database.create(target)
        open_office(database, folder)
        database.close()
        measure("PostGIS" if given.postgis else "SpatiaLite", target, mixed, given.kills)


if __name__ == "__main__":
    main()
