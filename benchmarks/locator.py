"""How fast `Locator` is, its build counted in, against `geopandas.sjoin` in the same run.

    python benchmarks/locator.py [--quick] [--piece 10]

Seeded: Voronoi cells of uniform points in a square of 3.7 km (13.7 km2, a sub-district), some 6 corners each, and with
edges cut into pieces of at most `--piece` metres as many as a surveyed border has (10 m: 150 for a cell of the 100, 25
for one of the 5,000). Uniform points in the square. Both sides get their points ready-made: an array here, a GeoSeries
there. Each time is the median of five, the two taking turns; each round starts with fresh polygons and a fresh index.
Every answer is compared. Memory is what the peak of a fresh process grows by while it locates: answers included,
points and polygons not.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import shapely

from gridmap.space.locator import Locator
from gridmap.space.raster import Edges, build

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 3700.0  # metres


def land(count: int, piece: float) -> NDArray[np.object_]:
    seeds = shapely.multipoints(np.random.default_rng(count).uniform(0, SIDE, (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds))
    cells = shapely.intersection(cells, shapely.box(0, 0, SIDE, SIDE))
    return shapely.segmentize(cells, piece) if piece else cells


def points(count: int) -> NDArray[np.float64]:
    return np.random.default_rng(20240601).uniform(0, SIDE, (count, 2))


def fresh(polygons: NDArray[np.object_]) -> NDArray[np.object_]:
    """Copy, so that nothing prepared in an earlier round helps."""
    return shapely.from_wkb(shapely.to_wkb(polygons))


def lowest(pairs: geopandas.GeoDataFrame, count: int) -> NDArray[np.int64]:
    """Reduce a join to the lowest polygon of each point, as the locator answers."""
    found = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(found, pairs.index.to_numpy(), pairs["index_right"].to_numpy())
    found[found == np.iinfo(np.int64).max] = -1
    return found


def measure(polygon_count: int, point_count: int, piece: float, rounds: int) -> None:
    polygons, xy = land(polygon_count, piece), points(point_count)
    frame = geopandas.GeoDataFrame(geometry=geopandas.GeoSeries(shapely.points(xy)))
    ours, theirs, builds = [], [], []
    for _ in range(rounds):
        cells = fresh(polygons)
        start = time.perf_counter()
        locator = Locator(cells)
        found = locator.locate(xy)
        ours.append(time.perf_counter() - start)

        bits = locator._raster.bits if locator._raster else 0  # noqa: SLF001 - the benchmark names what was chosen
        if bits:
            start = time.perf_counter()
            build(locator.polygons, Edges.of(locator.polygons), bits)
            builds.append(time.perf_counter() - start)

        right = geopandas.GeoDataFrame(geometry=fresh(polygons))
        start = time.perf_counter()
        pairs = geopandas.sjoin(frame, right, predicate="intersects")
        theirs.append(time.perf_counter() - start)
        assert np.array_equal(found, lowest(pairs, point_count)), "the two disagree"
    mine, other = median(ours), median(theirs)
    print(
        f"{point_count:>11,} {polygon_count:>9,} {mine:>9.3f} {point_count / mine / 1e6:>9.1f} {other:>9.3f} "
        f"{point_count / other / 1e6:>9.2f} {other / mine:>6.1f} {median(builds) if builds else 0:>8.3f} "
        f"{2**bits:>7,} {memory(polygon_count, point_count, piece):>7.0f}",
        flush=True,
    )


def memory(polygon_count: int, point_count: int, piece: float) -> float:
    """Let a fresh process locate and tell by how many MB its peak grew."""
    answer = subprocess.run(
        [sys.executable, __file__, "--memory", str(polygon_count), str(point_count), "--piece", str(piece)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(answer.stdout))


def grow(polygon_count: int, point_count: int, piece: float) -> float:
    polygons, xy = land(polygon_count, piece), points(point_count)
    before = peak()
    Locator(polygons).locate(xy)
    return peak() - before


def peak() -> float:
    """Read the largest resident size so far, in MB; getrusage would tell that of the parent."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a hundred thousand and a million points, three rounds")
    parser.add_argument("--piece", type=float, default=0.0, help="longest edge in metres; 0 leaves the cells plain")
    parser.add_argument("--memory", nargs=2, type=int, metavar=("POLYGONS", "POINTS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory:
        print(json.dumps(grow(*args.memory, args.piece)))
        return
    print("                         Locator with build    geopandas.sjoin")
    print("     points  polygons   seconds   M pts/s   seconds   M pts/s  ratio  build s  raster      MB")
    for point_count in (100_000, 1_000_000) if args.quick else (1_000_000, 10_000_000):
        for polygon_count in (100, 5_000):
            measure(polygon_count, point_count, args.piece, 3 if args.quick else 5)


if __name__ == "__main__":
    main()
