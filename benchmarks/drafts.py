"""Edits of a draft over HTTP: 10,000 blocks, 100 grids, 30,000 households, every answer with its numbers.

    python benchmarks/drafts.py [--target postgresql://gridmap@localhost/empty] [--edits 300] [--in-process]

A server of its own answers on 127.0.0.1; the land is a lattice with uneven borders. The mix: a third cuts across one
grid, a third blocks that change hands across a border, the rest merges, undo and redo. Times are those of the client,
from the request to the parsed answer; the first request of a process, which reads the plan into memory, stands apart.
With `--in-process` there is no HTTP and times are those of the processor, in two tables: an edit within its
transaction, written and told, and an edit of the plan in memory alone, with the numbers of all that changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2
import numpy as np
import shapely

from gridmap.access import Scope
from gridmap.datum import Plane
from gridmap.errors import Conflict, EditRefused
from gridmap.model.kinds import kind_named
from gridmap.model.land import Block, Community, Grid, GridKind, Plan, PlanState, SubDistrict, new_id
from gridmap.services import drafts
from gridmap.services.edit_request import Reading, read_operation
from gridmap.services.plan_profile import plan_profile
from gridmap.services.plan_session import open_session
from gridmap.services.plan_values import grid_numbers, plan_numbers
from gridmap.space.edits import perform
from gridmap.space.guards import reshaped
from gridmap.space.layout import Change, Layout, apply
from gridmap.storage import land, plans, registers
from gridmap.storage.database import Database

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from drafting import in_memory
from serving import Server

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANE = Plane.from_epsg(4547)
CORNER = np.array([450_000.0, 2_560_000.0])
SIDE, PER_GRID, METRES = 100, 10, 40.0  # blocks along a side, along a side of a grid, metres of a block
HOUSEHOLDS, SHOPS, BUILDINGS = 30_000, 5_000, 4_000
NODES = 4  # more along each edge of a block


def lattice(random: np.random.Generator) -> NDArray[Any]:
    """Draw SIDE x SIDE blocks with uneven borders that fit: every edge is drawn once and used twice."""
    corners = np.stack(np.meshgrid(*[np.arange(SIDE + 1)] * 2, indexing="ij"), axis=-1) * METRES
    corners = corners + random.uniform(-6.0, 6.0, corners.shape)
    share = np.linspace(0, 1, NODES + 2)[1:-1, None]

    def along(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.float64]:
        return start + (end - start) * share + random.uniform(-1.0, 1.0, (NODES, 2))

    east = {(i, j): along(corners[i, j], corners[i + 1, j]) for i in range(SIDE) for j in range(SIDE + 1)}
    north = {(i, j): along(corners[i, j], corners[i, j + 1]) for i in range(SIDE + 1) for j in range(SIDE)}
    blocks = []
    for i in range(SIDE):
        for j in range(SIDE):
            ring = [
                corners[i, j][None],
                east[i, j],
                corners[i + 1, j][None],
                north[i + 1, j],
                corners[i + 1, j + 1][None],
                east[i, j + 1][::-1],
                corners[i, j + 1][None],
                north[i, j][::-1],
            ]
            blocks.append(shapely.Polygon(np.concatenate(ring).round(3) + CORNER))
    return np.array(blocks, dtype=object)


def fill(database: Database) -> None:
    """Write the land, a plan in force, households, shops and buildings."""
    random = np.random.default_rng(4)
    flat = lattice(random)
    lonlat = PLANE.unproject_geometries(flat)
    subdistrict = SubDistrict(new_id(), "440106001", "示范街道", 4547)
    community = Community(new_id(), "440106001001", "解放路社区", "", "", "", None)
    rows, columns = np.divmod(np.arange(SIDE * SIDE), SIDE)
    which = rows // PER_GRID * (SIDE // PER_GRID) + columns // PER_GRID
    ids = [new_id() for _ in range(int(which.max()) + 1)]
    plan = Plan(new_id(), subdistrict.id, "现行", PlanState.IN_FORCE, date(2026, 1, 1), None)
    grids = [
        Grid(
            id=each,
            plan_id=plan.id,
            code=f"{community.code}{number + 1:03d}",
            name=f"第{number + 1}网格",
            kind=GridKind.GENERAL,
            community_id=community.id,
            community_code=community.code,
            community_name=community.name,
            four_limits="",
            source_document="",
            worker="",
            shape=PLANE.unproject_geometries(np.array([shapely.coverage_union_all(flat[which == number])]))[0],
        )
        for number, each in enumerate(ids)
    ]
    blocks = [
        Block(new_id(), ids[number], grids[number].code, shape) for number, shape in zip(which, lonlat, strict=True)
    ]
    with database.transaction("bench", write=True) as tx:
        land.add_subdistrict(tx, subdistrict)
        land.add_communities(tx, subdistrict.id, [community])
        plans.add_plan(tx, plan, grids, blocks)
        for kind, count in (("households", HOUSEHOLDS), ("shops", SHOPS)):
            xy = random.uniform(0, SIDE * METRES, (count, 2)) + CORNER
            places = np.asarray(shapely.points(PLANE.unproject(xy)))
            more = {"address": "示范路1号", "residents": 3} if kind == "households" else {"name": "示范店"}
            registers.insert_many(
                tx,
                kind_named(kind),
                [{"id": new_id(), "code": f"{n}", "geom": place, **more} for n, place in enumerate(places)],
            )
        houses = shapely.buffer(shapely.points(random.uniform(0, SIDE * METRES, (BUILDINGS, 2)) + CORNER), 8.0)
        shapes = PLANE.unproject_geometries(houses)
        rows_of = [{"id": new_id(), "code": f"B{n}", "name": "", "geom": shape} for n, shape in enumerate(shapes)]
        registers.insert_many(tx, kind_named("buildings"), rows_of)


def operation(random: Random, layout: Layout) -> tuple[str, dict[str, Any]]:
    """Choose the next request."""
    kind = random.choices(["cut", "transfer", "merge", "undo", "redo"], [3, 3, 1, 1.5, 1.5])[0]
    if kind in {"undo", "redo"}:
        return kind, {}
    grid = random.choice(sorted(layout.grids))
    shape = layout.shape(grid)
    around = layout.index.near(np.array([shape], dtype=object), layout.blocks, 0.0)
    border = [block for block in around if layout.owner[block] != grid]
    if kind == "cut":
        west, south, east, north = shape.bounds
        x = random.uniform(west + 40, east - 40) if east - west > 80 else (west + east) / 2
        ends = [[x + random.uniform(-15, 15), south - 30], [x + random.uniform(-15, 15), north + 30]]
        return kind, {"op": "cut", "grid": str(grid), "line": PLANE.unproject(ends).tolist()}
    block = random.choice(border)
    if kind == "merge":
        return kind, {"op": "merge", "grids": [str(grid), str(layout.owner[block])]}
    return kind, {"op": "transfer", "blocks": [str(block)], "to_grid": str(grid)}


def layout_now(database: Database, draft: UUID) -> Layout:
    """Return the draft as it is."""
    with database.transaction("bench") as tx:
        return in_memory(tx, draft)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", help="an empty PostGIS database; a SpatiaLite file of its own without it")
    parser.add_argument("--edits", type=int, default=300)
    parser.add_argument("--in-process", action="store_true", help="without HTTP, in processor time")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = given.target or str(Path(folder) / "bench.db")
        database = Database.create(target)
        fill(database)
        if given.in_process:
            measure_in_process(database, given.edits)
            measure_plan(database, given.edits)
            database.close()
            return
        with Server(target) as server, httpx2.Client(base_url=f"{server.address}/api/v1", timeout=120) as client:
            begun = time.perf_counter()
            draft = client.post("/plans", json={"name": "测量"}).json()["id"]
            print(f"new draft: {(time.perf_counter() - begun) * 1e3:.0f} ms")
            begun = time.perf_counter()
            client.get(f"/plans/{draft}")
            print(f"first reading: {(time.perf_counter() - begun) * 1e3:.0f} ms")
            measure(client, database, UUID(draft), given.edits)
        database.close()


def measure_in_process(database: Database, edits: int) -> None:
    """Make the mix by `services.drafts`, each in its transaction, and print the processor time of this process."""
    print("in a transaction:")
    random, scope, refused = Random(4), Scope.everything("bench"), Counter[str]()  # noqa: S311 -- no secret
    with database.transaction("bench", write=True) as tx:
        draft = UUID(drafts.new_draft(tx, scope, "测量").id)
    begun = time.process_time()
    with database.transaction("bench") as tx:
        in_memory(tx, draft)
    print(f"first reading: {(time.process_time() - begun) * 1e3:.0f} ms")
    times: list[tuple[str, float]] = []
    while len(times) < edits:
        kind, body = operation(random, layout_now(database, draft))
        begun = time.process_time()
        try:
            with database.transaction("bench", write=True) as tx:
                if body:
                    drafts.edit(tx, scope, draft, body)
                else:
                    {"undo": drafts.undo, "redo": drafts.redo}[kind](tx, scope, draft)
        except (EditRefused, Conflict):
            refused[kind] += 1
            continue
        times.append((kind, (time.process_time() - begun) * 1e3))
    report(times, refused)


def measure_plan(database: Database, edits: int) -> None:
    """Make the mix on a plan in memory with its numbers, and print the processor time of this process."""
    print("plan and numbers:")
    random, scope, refused = Random(4), Scope.everything("bench"), Counter[str]()  # noqa: S311 -- no secret
    with database.transaction("bench", write=True) as tx:
        draft = UUID(drafts.new_draft(tx, scope, "内存").id)
        session = open_session(tx, plans.plan_named(tx, scope, draft))
    ground, profile = session.ground, plan_profile()
    ways: dict[str, list[Change]] = {"undo": [], "redo": []}
    times: list[tuple[str, float]] = []
    while len(times) < edits:
        layout = session.layout
        kind, body = operation(random, layout)
        if kind in ways and not ways[kind]:
            refused[kind] += 1
            continue
        if body:
            body = read_operation(body, Reading(layout, ground.plane, ground.communities, session.box))
            body = {**body, "new_ids": [new_id() for _ in range(16)]}
        begun = time.process_time()
        try:
            if body:
                edited = perform(layout, body, drafts.guards(session, profile))
                change, after = edited.change, edited.layout
            else:
                change = ways[kind][-1].inverse()
                after = apply(layout, change)
        except EditRefused:
            refused[kind] += 1
            continue
        session = session.after(after, change, new_id())
        for grid in (reshaped(layout, after, change) | change.grids.keys()) & after.grids.keys():
            grid_numbers(session, grid, profile)
        plan_numbers(session, scope, profile)
        times.append((kind, (time.process_time() - begun) * 1e3))
        if body:
            ways["redo"].clear()
        else:
            ways[kind].pop()
        ways["redo" if kind == "undo" else "undo"].append(change)
    report(times, refused)


def measure(client: httpx2.Client, database: Database, draft: UUID, edits: int) -> None:
    """Send the mix and print how long the answers took."""
    random, refused = Random(4), Counter[str]()  # noqa: S311 -- no secret
    times: list[tuple[str, float]] = []
    while len(times) < edits:
        kind, body = operation(random, layout_now(database, draft))
        path = f"/plans/{draft}/{kind if kind in {'undo', 'redo'} else 'edits'}"
        begun = time.perf_counter()
        answer = client.post(path, json=body)
        answer.json()
        took = (time.perf_counter() - begun) * 1e3
        if answer.status_code == httpx2.codes.OK:
            times.append((kind, took))
        elif answer.status_code in {409, 422}:
            refused[kind] += 1
        else:
            sys.exit(answer.text)
    report(times, refused)


def report(times: list[tuple[str, float]], refused: Counter[str]) -> None:
    """Print how long the edits took."""
    for name in ("all", *sorted({kind for kind, _ in times})):
        own = [took for kind, took in times if name in {"all", kind}]
        low, high = np.percentile(own, [50, 95])
        print(f"{name:9} {len(own):4} edits: p50 {low:.1f} ms, p95 {high:.1f} ms, max {max(own):.0f} ms")
    print(f"refused: {dict(refused)}")


if __name__ == "__main__":
    main()
