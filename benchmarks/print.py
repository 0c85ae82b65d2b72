"""The full demonstration on paper: an A0, a community, a grid, and the atlas; processor seconds and megabytes.

    python benchmarks/print.py DATABASE [--atlas]

DATABASE is a demonstration as `gridmap demo` makes it. Reading the database is not counted: drawing and writing are.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.services.overview import overview
from gridmap.storage.database import Database
from maps.printing import print_atlas, print_map

if TYPE_CHECKING:
    from collections.abc import Callable

BUDGET = {"A0 sub-district, PDF": (5.0, 5.0), "atlas, A4": (60.0, None)}  # processor seconds, megabytes


def timed(what: str, path: Path, work: Callable[[], object]) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    work()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    megabytes = path.stat().st_size / 1e6
    seconds, most = BUDGET.get(what, (None, None))
    told = "" if seconds is None else f"   (budget {seconds:g} s{f', {most:g} MB' if most else ''})"
    print(f"{what:24} {processor:6.2f} s processor {wall:6.2f} s wall {megabytes:7.2f} MB{told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("--atlas", action="store_true", help="also one sheet per grid")
    given = parser.parse_args()
    with Database.open(given.database).transaction("benchmark") as tx:
        data = overview(tx, Scope.everything("benchmark"))
    print(f"{len(data.grids)} grids, {sum(len(layer.shapes) for layer in data.base)} shapes of the base map")
    grid = data.grids[0]
    with tempfile.TemporaryDirectory() as folder:
        pdf, png = Path(folder) / "map.pdf", Path(folder) / "map.png"
        timed("A0 sub-district, PDF", pdf, lambda: print_map(data, pdf, paper="A0"))
        timed("A0 sub-district, PNG", png, lambda: print_map(data, png, paper="A0"))
        timed("A3 community, PDF", pdf, lambda: print_map(data, pdf, area=grid.community_code, paper="A3"))
        timed("A4 grid, PDF", pdf, lambda: print_map(data, pdf, area=grid.code, paper="A4"))
        if given.atlas:
            timed("atlas, A4", pdf, lambda: print_atlas(data, pdf))


if __name__ == "__main__":
    main()
