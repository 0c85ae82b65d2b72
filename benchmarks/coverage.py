"""How long a layer takes to be judged and repaired, and a check of a file against a bare script.

    python benchmarks/coverage.py [FILE ...]

Lattices of bent cells, one node every 8 m: judged as they are, with all problems listed, and repaired after every
polygon got an error of 10 cm of its own at every node. Then, for each FILE (without one, the 11,490 areas of Taipei
where the shared data lies beside the project), two whole processes taking turns, median of five: pyogrio.read_dataframe
with shapely.coverage_is_valid, and gridmap's reader with its check, which judges twice and lists problems.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.space.coverage import find_problems, judge
from gridmap.space.repair import repair

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TAIPEI = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "taipei" / "base_taipei.geojson"
BARE = """
import sys, pyogrio, shapely
frame = pyogrio.read_dataframe(sys.argv[1])
shapely.coverage_is_valid(frame.geometry.values)
"""
CHECK = """
import sys
from pathlib import Path
from gridmap.files.layers import read_layer
from gridmap.services.boundaries import check_layer
check_layer(read_layer(Path(sys.argv[1])))
"""


def lattice(side: int, cell: float = 100.0) -> NDArray[Any]:
    """Return side x side bent cells on the grid; every inner border is shared node by node."""
    column, row = np.meshgrid(np.arange(side), np.arange(side))
    west, south = column.ravel() * cell, row.ravel() * cell
    cells = shapely.segmentize(shapely.box(west, south, west + cell, south + cell), 8.0)

    def bend(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.round(xy + 12 * np.column_stack([np.sin(xy[:, 1] / 40), np.cos(xy[:, 0] / 55)]), 3)

    return np.asarray(shapely.transform(cells, bend))


def redrawn(layer: NDArray[Any], sigma: float) -> NDArray[Any]:
    random = np.random.default_rng(1)
    rings = []
    for ring in map(shapely.get_coordinates, layer):
        error = random.normal(0, sigma, ring.shape)
        error[-1] = error[0]
        rings.append(shapely.Polygon(ring + error))
    return np.array(rings, dtype=object)


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(code: str, file: Path) -> float:
    return seconds(lambda: subprocess.run([sys.executable, "-W", "ignore", "-c", code, str(file)], check=True))


def main(files: list[Path]) -> None:
    print("polygons     nodes   judge   list   judge dirty   repair (s)")
    for side in (10, 20, 50):
        layer = lattice(side)
        dirty = redrawn(layer, 0.1)
        times = (
            seconds(lambda layer=layer: judge(layer, 0.01)),
            seconds(lambda layer=layer: find_problems(layer)),
            seconds(lambda dirty=dirty: judge(dirty, 0.01)),
            seconds(lambda dirty=dirty: repair(dirty, snapping=0.3, gap_width=0.6, accept_all=True)),
        )
        nodes = int(shapely.get_num_coordinates(layer).sum())
        print(f"{len(layer):8,} {nodes:9,} {times[0]:7.3f} {times[1]:6.3f} {times[2]:13.2f} {times[3]:12.2f}")
    for file in files:
        rounds = [(process(BARE, file), process(CHECK, file)) for _ in range(5)]
        bare, check = (median(column) for column in zip(*rounds, strict=True))
        print(f"{file.name}: bare {bare:.2f} s, check {check:.2f} s, {check / bare:.2f} times")


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]] or [TAIPEI] * TAIPEI.is_file())
