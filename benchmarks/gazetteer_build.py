"""Building the gazetteer from registers of many households: seconds, memory, and how they grow.

Run: python benchmarks/gazetteer_build.py DEMONSTRATION.db [--records 100000 300000]

The demonstration's compounds, buildings and households are repeated under other names until there are so many
records; one household in twenty has lost the code of its building, so that its address tells it. Each size is built
in a process of its own, twice: anew, and again with nothing changed.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.services import gazetteer
from gridmap.storage import registers
from gridmap.storage.database import Database, Transaction

SCOPE = Scope.everything("bench")
NAMES = (
    "安宝昌长春翠达德东丰福富光桂海和恒红华怀惠吉佳建金锦景康乐丽隆茂明宁平清庆秋泉荣瑞盛天通万文溪祥新兴雅阳永园月云泽"
)
LOST = 20  # one household in so many


def rows_of(tx: Transaction, kind: str) -> list[dict[str, Any]]:
    return [row for rows in registers.read_chunks(tx, SCOPE, kind_named(kind)) for row in rows]


def repeated(row: dict[str, Any], prefix: str, compounds: dict[str, str]) -> dict[str, Any]:
    """Return a record under another name, in the compound of the same copy."""
    made = row | {"id": uuid.uuid4(), "code": f"{row['code']}{prefix}"}
    name = compounds.get(row.get("compound") or row["code"])
    for field in ("name", "address"):
        if name and made.get(field):
            made[field] = made[field].replace(name, prefix + name)
    for field in ("compound", "building"):
        if made.get(field):
            made[field] += prefix
    return made


def fill(target: str, records: int) -> int:
    """Repeat what a database has until it holds so many households; return how many records it has."""
    database = Database.open(target)
    with database.transaction("bench", write=True) as tx:
        kinds = {kind: rows_of(tx, kind) for kind in ("compounds", "buildings", "households")}
        compounds = {row["code"]: row["name"] for row in kinds["compounds"]}
        total = sum(map(len, kinds.values()))
        for first, second in itertools.product(NAMES, NAMES):
            if total >= records:
                break
            for kind, rows in kinds.items():
                copies = [repeated(row, first + second, compounds) for row in rows[: records - total]]
                for copy in copies[::LOST] if kind == "households" else ():
                    copy["building"] = None
                registers.insert_many(tx, kind_named(kind), copies)
                total += len(copies)
    database.close()
    return total


def build(target: str) -> None:
    database = Database.open(target)
    for what in ("anew", "again"):
        began, busy = time.perf_counter(), time.process_time()
        with database.transaction("bench", write=True) as tx:
            report = gazetteer.build(tx, SCOPE)
        print(
            f"  {what}: {report.nodes:,} nodes in {time.process_time() - busy:.1f} s of processor"
            f" ({time.perf_counter() - began:.1f} s), {report.unread} unread; peak"
            f" {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB",
            flush=True,
        )
    database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database", type=Path)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 300_000])
    parser.add_argument("--build", action="store_true", help="only build the gazetteer of this database")
    given = parser.parse_args()
    if given.build:
        build(str(given.database))
        return
    for records in given.records:
        with tempfile.TemporaryDirectory() as folder:
            target = str(Path(folder) / "gridmap.db")
            shutil.copy(given.database, target)
            print(f"{fill(target, records):,} records", flush=True)
            subprocess.run([sys.executable, __file__, target, "--build"], check=True)


if __name__ == "__main__":
    main()
