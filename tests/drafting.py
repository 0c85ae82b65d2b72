"""Drafts of the drawn office for tests: a town with people in it, strokes drawn as text, what the tables hold."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import shapely
from ascii_art import line, polygons
from office import SIZE, code, load, lonlat, to_lonlat, write_csv, write_geojson, write_households

from gridmap.access import Scope
from gridmap.services import drafts, plan_session
from gridmap.services.plan_layout import read_layout, subdistrict_of
from gridmap.storage import plans, tables
from gridmap.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gridmap.space.layout import Layout
    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("planner")
HALF = SIZE / 2  # metres of a cell of a stroke's drawing

# A stroke is drawn over the office (14 by 6 half cells) with a frame of one half cell around it. The office below:
#
#     AAAABBBBDDDDDD
#     AAAABBBBDDDDDD
#     AAAABBBBDDEEEE
#     AAAABBBBDDEEEE
#     CCCCCCCCDDEEEE
#     CCCCCCCCDDEEEE
ACROSS_C = """
    ................
    ................
    ................
    ................
    .....1..........
    ................
    ................
    .....2..........
"""
ACROSS_D = """
    ................
    ................
    ........1......2
    ................
    ................
    ................
    ................
    ................
"""
INTO_C = """
    ................
    ................
    ................
    ................
    .....1..........
    ................
    .....2..........
    ................
"""
COMPOUND = """
    .......
    .......
    .PP....
"""


def stroke(art: str) -> list[list[float]]:
    """Points of a drawn line, lon/lat."""
    return [list(lonlat(x - HALF, y - HALF)) for x, y in line(art, HALF).coords]


def people(count: int = 60) -> list[tuple[float, float]]:
    """Places of households all over the office, metres from its lower left corner."""
    random = np.random.default_rng(4)
    places: list[tuple[float, float]] = random.uniform((0, 0), (7 * SIZE, 3 * SIZE), (count, 2)).round(3).tolist()
    return places


def settle(database: Database, folder: Path) -> None:
    """Bring households, shops and one compound into the drawn office."""
    load(database, "households", write_households(folder, people()))
    head = ["商铺编号", "商铺名称", "经度", "纬度"]
    shops = [(f"S{number}", f"示范店{number}", *lonlat(x, y)) for number, (x, y) in enumerate(people(9))]
    load(database, "shops", write_csv(folder / "shops.csv", head, shops))
    compound = to_lonlat(shapely.buffer(polygons(COMPOUND, SIZE)["P"], -10.0))
    load(
        database,
        "compounds",
        write_geojson(folder / "compounds.geojson", [(compound, {"code": "P1", "name": "阳光花园"})]),
    )


def begin(tx: Transaction, name: str = "调整") -> UUID:
    """Begin a draft."""
    return UUID(drafts.new_draft(tx, EVERYTHING, name).id)


def forget() -> None:
    """Forget what the process keeps in memory, as a restart does."""
    plan_session.forget()


@contextmanager
def rolled_back(database: Database, actor: str = "planner") -> Iterator[Transaction]:
    """A transaction that writes, and leaves nothing behind."""
    with database.transaction(actor, write=True) as tx:
        yield tx
        tx.connection.rollback()


def layout_of(tx: Transaction, plan_id: UUID) -> Layout:
    """A plan as the tables have it."""
    plan = plans.plan_named(tx, EVERYTHING, plan_id)
    return read_layout(tx, plan, subdistrict_of(tx, plan))


def in_memory(tx: Transaction, plan_id: UUID) -> Layout:
    """A plan as the service has it in memory."""
    return plan_session.open_session(tx, plans.plan_named(tx, EVERYTHING, plan_id)).layout


def stored(tx: Transaction, plan_id: UUID) -> dict[str, Any]:
    """What the tables hold of a plan, byte by byte, apart from the plan's own row."""
    found = {}
    for table in (tables.plan_grid, tables.plan_row, tables.grid_shape):
        rows = tx.connection.execute(table.select().where(table.c.plan_id == plan_id)).mappings()
        kept = [{name: value for name, value in row.items() if name not in {"fid", "plan_id"}} for row in rows]
        found[table.name] = sorted(kept, key=lambda row: (str(row["grid_id"]), str(row.get("block_id"))))
    return found


def body(**values: Any) -> str:
    """An operation as the command line takes it."""
    return json.dumps(values, ensure_ascii=False)


def cut(art: str = ACROSS_C, grid: str = "C") -> dict[str, Any]:
    """An edit that cuts a grid along a drawn line."""
    return {"op": "cut", "grid": code(grid), "line": stroke(art)}


def require_agreement(tx: Transaction, draft: UUID) -> None:
    """Memory, the layout that the tables give, the shapes and the counts of a draft say the same."""
    plan = plans.plan_named(tx, EVERYTHING, draft)
    session = plan_session.open_session(tx, plan)
    fresh = layout_of(tx, draft)
    assert fresh.hash() == session.layout.hash()
    assert dict(fresh.owner) == dict(session.layout.owner)
    assert dict(fresh.grids) == dict(session.layout.grids)
    assert dict(fresh.origin) == dict(session.layout.origin)
    counted = Tally.of(fresh, session.ground.counted, session.ground.inclusions)
    assert {each: counted.numbers(each) for each in fresh.grids} == {
        each: session.tally.numbers(each) for each in fresh.grids
    }
    assert sum(counted.numbers(each)["households"] for each in fresh.grids) == 60
    rows = stored(tx, draft)
    shapes = shapely.from_wkb([row["geom"] for row in rows["grid_shape"]])
    assert len(shapes) == len(fresh.grids) == len(rows["plan_grid"])
    assert shapely.coverage_is_valid(session.ground.plane.project_geometries(shapes))
