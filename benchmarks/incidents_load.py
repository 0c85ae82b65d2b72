"""Reports and moves in an open loop: p95, errors, lost and doubled, on both databases.

    python benchmarks/incidents_load.py [--seconds 60] [--reports 20] [--moves 5] [--size full] [--only NAME]

The demonstration is made on each database, and served by a process of its own (`gridmap serve`); the generator runs on
the same cores. Requests go out when their time has come, whether the earlier ones are answered or not, and an answer is
timed from the moment that its request was due: a server that falls behind is charged for it. Reports lie where
households and shops do, a number each; moves take reported incidents in turn from 受理 to 派单 with a grid that a
person names. "lost" are reports answered 201 and moves answered 200 that the database does not have at the end,
"doubled" those that it has twice, or has although they were refused. "processor" is what the server took of one for
each request, and "load" the average over the last minute: above 2 other programs had their share of the latencies.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import numpy as np
from imports import fresh_postgis

from gridmap.access import Scope
from gridmap.demo.run import run_demo
from gridmap.model.kinds import kind_named
from gridmap.storage import casework, land, plans, registers
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

EVERYTHING = Scope.everything("bench")
OURS = re.compile(r"[BW]\d{6}")  # numbers that the generator gives; those of the demonstration begin otherwise
API = "/api/v1/incidents"
CATEGORIES = ("暴露垃圾", "漏水", "噪音扰民", "路灯", "邻里纠纷", "店外经营", "消防通道被占", "")
SOURCES = ("12345热线", "网格员上报", "说事会", "微信群")
WARM = 20  # requests before the clock starts


@dataclass
class Tally:
    """What came of one kind of request."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    done: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Ground:
    """Where reports lie, and the codes of grids."""

    places: np.ndarray[Any, Any]
    grids: list[str]


def ground_of(target: str) -> Ground:
    database = Database.open(target)
    with database.transaction("bench") as tx:
        found = [registers.points(tx, EVERYTHING, kind_named(kind)).lonlat for kind in ("households", "shops")]
        district = land.subdistricts(tx, EVERYTHING)[0]
        plan = plans.plan_in_force(tx, EVERYTHING, district.id)
        assert plan is not None
        codes = [grid.code for grid in plans.grids_of_plan(tx, EVERYTHING, plan.id)]
    database.close()
    places = np.concatenate(found)
    return Ground(places[np.isfinite(places).all(axis=1)], codes)


@contextmanager
def served(target: str) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    gridmap = Path(sys.executable).with_name("gridmap")
    server = subprocess.Popen(
        [gridmap, "serve", "--port", str(port)],
        env=os.environ | {"GRIDMAP_DATABASE": target},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        assert "serving" in server.stdout.readline()
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        server.terminate()
        server.wait(30)


async def open_loop(rate: float, seconds: float, ask: Callable[[int], Awaitable[tuple[int, str]]]) -> Tally:
    """Send requests at a rate; each is timed from when it was due."""
    tally = Tally()
    begun = time.perf_counter() + 0.1

    async def one(number: int) -> None:
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            status, name = await ask(number)
        except httpx2.HTTPError as error:
            tally.errors[type(error).__name__] += 1
            return
        tally.times.append(time.perf_counter() - due)
        if status in {200, 201}:
            tally.done.append(name)
        else:
            tally.errors[str(status)] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(round(rate * seconds)):
            group.create_task(one(number))
    return tally


def body_of(ground: Ground, rng: np.random.Generator, number: str) -> dict[str, Any]:
    lon, lat = ground.places[rng.integers(len(ground.places))].tolist()
    return {
        "number": number,
        "title": "压力测试",
        "category": str(rng.choice(CATEGORIES)),
        "source": str(rng.choice(SOURCES)),
        "lon": lon,
        "lat": lat,
        "accuracy": 10.0,
        "phone": "19900001234",
    }


def processor(pid: int) -> float:
    """Return the seconds of a processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def load(address: str, pid: int, ground: Ground, options: argparse.Namespace) -> tuple[Tally, Tally, float]:
    rng = np.random.default_rng(7)
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
    async with httpx2.AsyncClient(base_url=address, limits=limits, timeout=60, trust_env=False) as client:
        waiting: list[tuple[str, str]] = []  # numbers and the move that comes next
        for index in range(WARM + round(options.moves * 2)):
            number = f"W{index:06d}"
            answer = await client.post(API, json=body_of(ground, rng, number))
            assert answer.status_code == 201, answer.text
            waiting.append((number, "受理"))

        async def report(index: int) -> tuple[int, str]:
            number = f"B{index:06d}"
            answer = await client.post(API, json=body_of(ground, rng, number))
            if answer.status_code == 201:
                waiting.append((number, "受理"))
            return answer.status_code, number

        async def move(_: int) -> tuple[int, str]:
            number, name = waiting.pop(0)
            body: dict[str, Any] = {"move": name, "role": "受理派单员"}
            if name == "派单":
                body |= {"unit": "市政管理所", "grid": str(rng.choice(ground.grids))}
            answer = await client.post(f"{API}/{number}/moves", json=body)
            if answer.status_code == 200 and name == "受理":
                waiting.append((number, "派单"))
                waiting.sort(key=lambda each: each[1] != "派单")
            return answer.status_code, f"{number} {name}"

        before = processor(pid)
        reports, moves = await asyncio.gather(
            open_loop(options.reports, options.seconds, report), open_loop(options.moves, options.seconds, move)
        )
        return reports, moves, processor(pid) - before


def found_after(target: str, reports: Tally, moves: Tally) -> tuple[int, int]:
    """Count what was answered and is not there, and what is there twice or was not answered."""
    kind = kind_named("incidents")
    database = Database.open(target)
    with database.transaction("bench") as tx:
        rows = [row for chunk in registers.read_chunks(tx, EVERYTHING, kind, columns=("id", "number")) for row in chunk]
        rows = [row for row in rows if OURS.fullmatch(row["number"])]
        stored = Counter(row["number"] for row in rows if row["number"].startswith("B"))
        made: Counter[str] = Counter()
        for row in rows:
            made.update(f"{row['number']} {step.move}" for step in casework.steps_of(tx, EVERYTHING, row["id"]))
    database.close()
    wanted = Counter(reports.done) + Counter(moves.done)
    return (wanted - (stored + made)).total(), ((stored + made) - wanted).total()


def told(name: str, tally: Tally) -> str:
    middle, late, latest = (np.percentile(tally.times, share) * 1000 for share in (50, 95, 100))
    errors = ", ".join(f"{count} × {what}" for what, count in tally.errors.items()) or "0"
    return f"| {name} | {len(tally.done):,} | {middle:.0f} | {late:.0f} | {latest:.0f} | {errors} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--reports", type=float, default=20, help="a second")
    parser.add_argument("--moves", type=float, default=5, help="a second")
    parser.add_argument("--size", default="full", help="of the demonstration")
    parser.add_argument("--only", choices=["spatialite", "postgis"])
    options = parser.parse_args()
    print("| | done | median ms | p95 ms | worst ms | errors |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        targets = {}
        if options.only != "postgis":
            targets["SpatiaLite"] = str(Path(name) / "gridmap.db")
        if options.only != "spatialite":
            targets["PostGIS"] = servers.enter_context(fresh_postgis())
        for title, target in targets.items():
            database = Database.create(target)
            run_demo(database, Path(name) / title, seed=7, size=options.size, say=lambda _: None)
            database.close()
            ground = ground_of(target)
            with served(target) as (address, pid):
                reports, moves, busy = asyncio.run(load(address, pid, ground, options))
            lost, doubled = found_after(target, reports, moves)
            print(told(f"{title}, reports", reports))
            print(told(f"{title}, moves", moves))
            each = busy / (options.seconds * (options.reports + options.moves)) * 1000
            print(f"{title}: lost {lost}, doubled {doubled}, processor {each:.1f} ms, load {os.getloadavg()[0]:.1f}")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
