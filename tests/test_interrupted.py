"""Imports whose process is killed, and imports at the same time: no row lost, none twice, nothing half written."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from office import load, open_office, write_csv, write_households
from pulled_plug import Running

from gridmap import runner
from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.services.stats import stats
from gridmap.storage import assignments, imports, registers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
HOUSEHOLDS = kind_named("households")
ROWS, CHUNK = 2000, 300
LONGEST = 120.0  # seconds of staging, on a busy machine

# The command as it is, in chunks that a test can afford, and with the plug pulled where the test says.
PROGRAM = """
import sys
from pulled_plug import after
from gridmap import runner
from gridmap.cli.main import main
from gridmap.services import imports
from gridmap.storage import registers

runner.CHUNK = {chunk}
{plug}
main(sys.argv[1:])
"""
PLUGS = {
    "in the third chunk": "imports.stage = after(imports.stage, 3)",
    "between two chunks": "runner.refuse_if_shifted = after(runner.refuse_if_shifted, 3)",
    "while applying, records written": "registers.insert_many = after(registers.insert_many, 1)",
    "all applied, before the commit": "imports.apply = after(imports.apply, 1)",
}


def run(target: str, plug: str, file: Path) -> Running:
    return start(target, file, plug).wait()


def start(target: str, file: Path, plug: str = "") -> Running:
    words = ["import", "households", str(file), "--crs", "EPSG:4490", "--json"]
    return Running(PROGRAM.format(chunk=CHUNK, plug=plug), words, target, file.parent)


def spread(count: int, seed: int = 1) -> list[tuple[float, float]]:
    places = np.random.default_rng(seed).uniform([5, 5], [695, 295], size=(count, 2))
    return [(float(x), float(y)) for x, y in places]


def counted(database: Database) -> int:
    with database.transaction("tester") as tx:
        return int(stats(tx, EVERYTHING)["households"]["total"])


def assert_whole(database: Database, expected: set[str]) -> None:
    """Every household exactly once, each with one verdict, and nothing left of the way in."""
    with database.transaction("tester") as tx:
        points = registers.points(tx, EVERYTHING, HOUSEHOLDS, columns=["code"])
        assert sorted(points.columns["code"]) == sorted(expected)
        assert np.isfinite(points.lonlat).all()
        (run, *_) = imports.runs(tx, EVERYTHING)
        assert {each.state for each in imports.runs(tx, EVERYTHING)} == {"applied"}
        assert run.finished_at is not None
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM import_row").scalar_one() == 0
        found = assignments.grid_of_each(tx, EVERYTHING, HOUSEHOLDS)
        assert set(found) == set(points.ids)
        assert None not in found.values()


def codes(first: int, last: int) -> set[str]:
    return {f"H{number:05d}" for number in range(first, last)}


def test_a_killed_import_goes_on_where_it_was_and_nothing_is_half_written(
    target: str, database: Database, tmp_path: Path
) -> None:
    """The same command is killed at one moment after the other, and then left alone."""
    open_office(database, tmp_path)
    file = write_households(tmp_path, spread(ROWS))
    staged = [staged_after_kill(target, database, plug, file) for plug in PLUGS.values()]
    assert 0 < staged[0] < staged[1] < staged[2] == staged[3] == ROWS + 1  # numbers of rows, below the header
    done = run(target, "", file)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert (report["total"], report["added"], report["refused"]) == (ROWS, ROWS, 0)
    assert report["resumed_after"] == ROWS + 1
    assert_whole(database, codes(0, ROWS))
    again = load(database, "households", file)
    assert (again.added, again.unchanged, again.resumed_after) == (0, ROWS, 0)


def staged_after_kill(target: str, database: Database, plug: str, file: Path) -> int:
    killed = run(target, plug, file)
    assert killed.code == -signal.SIGKILL, (plug, killed.err)
    assert counted(database) == 0, plug
    with database.transaction("tester") as tx:
        return imports.runs(tx, EVERYTHING)[0].staged


def test_kills_at_any_moment_lose_nothing(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    file = write_households(tmp_path, spread(ROWS))
    for wanted in (2 * CHUNK, ROWS):  # rows staged when the plug is pulled, a little later or earlier
        process = start(target, file)
        wait_until_staged(database, wanted, process)
        process.kill()
        process.wait()
        assert counted(database) in {0, ROWS}
    report = finished(start(target, file))
    assert report["refused"] == 0
    assert_whole(database, codes(0, ROWS))


def wait_until_staged(database: Database, rows: int, process: Running) -> None:
    latest = time.monotonic() + LONGEST
    while not process.ended:
        if time.monotonic() > latest:
            process.kill()
            pytest.fail(f"no {rows} rows were staged within {LONGEST:.0f} s: {process.wait().err}")
        with database.transaction("tester") as tx:
            runs = [run for run in imports.runs(tx, EVERYTHING) if run.kind == "households"]
        if runs and runs[0].staged >= rows:
            return
        time.sleep(0.005)


def finished(process: Running) -> dict[str, Any]:
    assert process.wait().code == 0, process.err
    report: dict[str, Any] = json.loads(process.out)
    return report


def test_imports_at_the_same_time_lose_nothing(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    whole = write_households(tmp_path, spread(900)).read_text(encoding="utf-8").splitlines()
    files = []
    for number, lines in enumerate((whole[1:451], whole[451:])):
        file = tmp_path / f"{number}.csv"
        file.write_text("\n".join([whole[0], *lines]) + "\n", encoding="utf-8")
        files.append(file)
    reports = [finished(process) for process in [start(target, file) for file in files]]
    assert [report["added"] for report in reports] == [450, 450]
    assert_whole(database, codes(0, 900))


def test_one_file_by_two_processes_comes_in_once(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    file = write_households(tmp_path, spread(900))
    processes = [start(target, file) for _ in range(2)]
    for process in processes:
        assert process.wait().code in {0, 2}, process.err
        if process.code == 2:  # the other one was quicker, and this is said
            assert process.err.startswith("conflict: "), process.err
        else:
            report = json.loads(process.out)
            assert (report["total"], report["refused"]) == (900, 0)
    assert 0 in [process.code for process in processes]
    load(database, "households", file)  # whatever was left on the way is taken up
    assert_whole(database, codes(0, 900))


def test_a_corrected_file_begins_anew(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_office(database, tmp_path)
    monkeypatch.setattr(runner, "CHUNK", 10)
    path = write_households(tmp_path, spread(25))

    def pull(done: int) -> None:
        if done >= 20:
            raise InterruptedError

    request = runner.ImportRequest(HOUSEHOLDS, path, crs="EPSG:4490")
    with pytest.raises(InterruptedError):
        runner.run_import(database, request, "tester", pull)
    header, *rows = path.read_text(encoding="utf-8").splitlines()
    changed = [row.replace("示范路3号", "示范路3号甲").split(",") for row in rows[:-1]]
    write_csv(path, header.split(","), changed)
    report = load(database, "households", path)
    assert (report.total, report.added, report.resumed_after) == (24, 24, 0)
    with database.transaction("tester") as tx:
        row = registers.existing_by_key(tx, EVERYTHING, HOUSEHOLDS, [("H00002",)])[("H00002",)]
    assert row["address"] == "示范路3号甲"
