"""100,000 households in and out of either database, and their assignments.

Run: python benchmarks/storage.py [rows]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import psycopg
from postgres_server import postgres_server
from sqlalchemy.engine import make_url

from gridmap.access import Scope
from gridmap.model.cases import Assignment, Reason
from gridmap.model.kinds import kind_named
from gridmap.model.land import Block, Community, Grid, GridKind, Plan, PlanState, SubDistrict, new_id
from gridmap.storage import assignments, imports, land, plans, registers
from gridmap.storage.database import Database, Transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUSEHOLDS = kind_named("households")
SCOPE = Scope.everything()


@contextmanager
def timed(what: str, dialect: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{dialect:10s} {what:44s} {time.perf_counter() - began:7.2f} s   peak {peak} MB", flush=True)


def plan_of_one_grid(tx: Transaction) -> Plan:
    subdistrict = SubDistrict(new_id(), "440304001", "测试街道", 4547)
    land.add_subdistrict(tx, subdistrict)
    community = Community(new_id(), "440304001001", "解放路社区", "", "", "", shapely.box(114, 22, 115, 23))
    land.add_communities(tx, subdistrict.id, [community])
    plan = Plan(new_id(), subdistrict.id, "现行", PlanState.IN_FORCE, date(2026, 1, 1), None)
    grid = Grid(
        new_id(), plan.id, "440304001001001", "第01网格", GridKind.GENERAL, community.id, community.code,
        community.name, "", "", "", shapely.box(114, 22, 115, 23),
    )  # fmt: skip
    plans.add_plan(tx, plan, [grid], [Block(new_id(), grid.id, grid.code, grid.shape)])
    return plan


def households(number: int, community_id: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(1)
    places = shapely.points(rng.uniform([114, 22], [115, 23], (number, 2)))
    return [
        {
            "id": new_id(), "code": f"H{index:07d}", "head": "张三", "phone": "13800001234",
            "address": f"解放路{index}号", "compound": "C1", "building": "B1", "unit": "1", "floor": 3, "room": "301",
            "residents": 3, "surveyed": index % 2 == 0, "accuracy": 5.0, "community_id": community_id, "geom": place,
        }
        for index, place in enumerate(places)
    ]  # fmt: skip


def run(target: str, dialect: str, number: int) -> None:
    with timed("create", dialect):
        database = Database.create(target)
    with database.transaction("bench", write=True) as tx:
        plan = plan_of_one_grid(tx)
        community_id = land.communities(tx, SCOPE)[0].id
    rows = households(number, community_id)
    staging = [imports.StagedRow(index, {"address": row["address"]}, row["geom"]) for index, row in enumerate(rows)]
    run_ = imports.ImportRun(new_id(), "households", "a.csv", "0", "4490", {}, "staging", "bench", tx.now)
    with timed(f"stage {number}", dialect), database.transaction("bench", write=True) as tx:
        imports.add_run(tx, run_)
        imports.stage(tx, run_.id, staging)
    with timed(f"read staged {number}", dialect), database.transaction("bench") as tx:
        assert sum(map(len, imports.staged(tx, SCOPE, run_.id))) == number
    with timed(f"insert {number} households", dialect), database.transaction("bench", write=True) as tx:
        registers.insert_many(tx, HOUSEHOLDS, rows)
    with timed(f"find {number} by key", dialect), database.transaction("bench") as tx:
        assert len(registers.existing_by_key(tx, SCOPE, HOUSEHOLDS, [(row["code"],) for row in rows])) == number
    with timed(f"update {number} households", dialect), database.transaction("bench", write=True) as tx:
        registers.update_many(tx, HOUSEHOLDS, [{"id": r["id"], "residents": 4, "geom": r["geom"]} for r in rows])
    with timed(f"read {number} households", dialect), database.transaction("bench") as tx:
        assert sum(map(len, registers.read_chunks(tx, SCOPE, HOUSEHOLDS))) == number
    with timed(f"points of {number}", dialect), database.transaction("bench") as tx:
        points = registers.points(tx, SCOPE, HOUSEHOLDS, columns=("building", "floor", "accuracy", "manual_grid"))
    verdicts = [
        Assignment("household", id_, plan.id, None, Reason.INSIDE, 10.0, 5.0, None, review=False) for id_ in points.ids
    ]
    for time_ in ("first", "second"):
        with timed(f"replace {number} assignments, {time_} time", dialect), database.transaction("b", write=True) as tx:
            assignments.put(tx, verdicts)
    with timed("put 4,000 assignments", dialect), database.transaction("bench", write=True) as tx:
        assignments.put(tx, verdicts[:4000])
    with timed(f"read {number} assignments", dialect), database.transaction("bench") as tx:
        assert sum(map(len, assignments.of_plan(tx, SCOPE, plan.id, "household"))) == number
    with timed("counts by grid and reason", dialect), database.transaction("bench") as tx:
        assignments.counts(tx, SCOPE, plan.id)
    database.close()


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        run(str(Path(folder) / "bench.db"), "SpatiaLite", number)
    with postgres_server(durable=True) as admin:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        run(make_url(admin).set(database="bench").render_as_string(hide_password=False), "PostGIS", number)


if __name__ == "__main__":
    main()
