"""The dispatcher's story on the full demonstration: 260 + 59 rows against the truth, three cases, a redraw.

    python benchmarks/incident_story.py [--demo gridmap-demo] [--size full] [--seed 1]

The demonstration is made anew in a folder that is thrown away, or `--demo` names one that is there: its database is
copied. Prints how many rows are 归格, 边界待核 and 待定位, which of the first are in another grid than the true one,
what the same files add again, and what became of the three cases and of the statement. The same functions are a test
on the small demonstration (tests/test_incident_story.py).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from casework_walks import PNG
from incident_story import (
    build_gazetteer,
    climb,
    history_of,
    make,
    place_of,
    redraw,
    return_with_proof,
    take_one,
    take_orders,
    without_a_file,
)
from office import client_of

from gridmap.demo.run import run_demo
from gridmap.storage.database import Database


def tell(database: Database, raw: Path) -> None:
    """Tell the story and print what comes of it."""
    begun = time.perf_counter()
    build_gazetteer(database)
    print(f"gazetteer: {time.perf_counter() - begun:.1f} s", flush=True)
    begun = time.perf_counter()
    found = take_orders(database, raw)
    total, counts = sum(found.counts.values()), ", ".join(f"{name} {count}" for name, count in found.counts.items())
    print(f"{total} rows, twice in {time.perf_counter() - begun:.1f} s: {counts}; again {found.again} added")
    print(f"归格 in the true grid: {found.share:.2%}")
    for row, true in found.wrong:
        print(f"  wrong: {row.number} is in {row.grid_code}, truly in {true or 'none'} ({row.address})")
    print(f"told twice: {found.told_twice}, not suggested: {len(found.missed)} {found.missed}")
    print(f"incidents without holder or deadline: {without_a_file(database)}", flush=True)
    with client_of(database.name) as client:
        taken = take_one(client, "GD-FAR", **place_of(database, inside=False))
        statement = return_with_proof(client, "GD-FAR")
        told = history_of(client, "GD-FAR")
        until, at = told["incident"]["case"]["return_until"], told["steps"][-1]["at"]
        print(f"returned: {taken['status']}, {at} before {until}, {statement['code']}: {statement['text']}")
        place = place_of(database, inside=True)
        for number in ("GD-SELF", "GD-CLIMB"):
            take_one(client, number, **place)
        make(client, "GD-SELF", "自办结案", "专职网格员", photos=[PNG])
        print(f"on the spot: {history_of(client, 'GD-SELF')['incident']['state']}")
        climb(client, "GD-CLIMB")
        told = history_of(client, "GD-CLIMB")
        way = " → ".join(f"{step['move']}（{step['level_after']}）" for step in told["steps"])
        print(f"climbed: {way}; {told['incident']['state']}")
        old = client.post("/api/v1/statements", json=place).json()
        other = redraw(client, old["grid_code"])
        now = client.get(f"/api/v1/statements/{old['code']}").json()
        intact = "intact" if now["intact"] else "changed"
        print(f"redrawn: {old['grid_code']} joined {other}; {old['code']} is {intact}, says {now['grid_code']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--demo", type=Path, help="folder of a demonstration that is there")
    parser.add_argument("--size", default="full", choices=["small", "full"])
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "story.db"
        if asked.demo:
            shutil.copy(asked.demo / "gridmap.db", target)
            database, raw = Database.open(str(target)), asked.demo / "raw"
        else:
            database, raw = Database.create(str(target)), Path(folder) / "raw"
            run_demo(database, Path(folder), seed=asked.seed, size=asked.size, say=lambda _: None)
        try:
            tell(database, raw)
        finally:
            database.close()


if __name__ == "__main__":
    main()
