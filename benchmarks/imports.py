"""100,000 households from a CSV: imported and assigned, on both databases; seconds and peak memory per step.

    python benchmarks/imports.py [--rows 100000] [--postgis]

SpatiaLite in a temporary folder and, with --postgis, a PostGIS server of its own with durable writes. Each step is the
command that a user runs, in a process of its own; memory is that process's peak.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from sqlalchemy.engine import make_url

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from postgres_server import postgres_server

if TYPE_CHECKING:
    from collections.abc import Iterator

LON, LAT, STEP, SIDE = 113.30, 23.10, 0.0036, 10  # a lattice of 10 x 10 grids of some 370 m
CODE = "440106001"


def write_inputs(folder: Path, rows: int) -> None:
    """Write communities, grids and households: a lattice is as good as a town for counting seconds."""

    def box(column: int, row: int, width: int, height: int) -> dict[str, Any]:
        xs = [LON + STEP * (column + i) for i in range(width + 1)]
        ys = [LAT + STEP * (row + i) for i in range(height + 1)]
        ring = [[x, ys[0]] for x in xs] + [[xs[-1], y] for y in ys[1:]]
        ring += [[x, ys[-1]] for x in xs[-2::-1]] + [[xs[0], y] for y in ys[-2::-1]]
        return {"type": "Polygon", "coordinates": [ring]}

    def write(name: str, features: list[tuple[dict[str, Any], dict[str, str]]]) -> None:
        collection = [{"type": "Feature", "geometry": shape, "properties": values} for shape, values in features]
        (folder / name).write_text(json.dumps({"type": "FeatureCollection", "features": collection}))

    write(
        "communities.geojson",
        [(box(0, n, SIDE, 1), {"code": f"{CODE}{n + 1:03d}", "name": f"第{n + 1}社区"}) for n in range(SIDE)],
    )
    write(
        "grids.geojson",
        [(box(c, r, 1, 1), {"code": f"{CODE}{r + 1:03d}{c + 1:03d}"}) for r in range(SIDE) for c in range(SIDE)],
    )
    rng = np.random.default_rng(1)
    places = rng.uniform([LON, LAT], [LON + STEP * SIDE, LAT + STEP * SIDE], size=(rows, 2))
    with (folder / "households.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["户编号", "户主", "联系电话", "地址", "楼栋", "单元", "室", "居住人数", "已摸排", "经度", "纬度"]
        )
        for number, (lon, lat) in enumerate(places.tolist()):
            address = f"示范路{number % 500}号{number % 30}栋{number % 6}单元{number % 900}室"
            row = [f"H{number:06d}", "张示范", f"1990000{number % 10000:04d}", address, "", number % 6, number % 900]
            writer.writerow([*row, number % 6 + 1, "是" if number % 3 else "否", f"{lon:.9f}", f"{lat:.9f}"])


def _run(arguments: list[str], target: str, pipe: Any) -> None:
    os.environ["GRIDMAP_DATABASE"] = target
    from gridmap.cli.main import run  # noqa: PLC0415 -- its import counts in the time

    code = run(arguments)
    pipe.send((code, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def step(arguments: list[str], target: str) -> tuple[float, float]:
    """Run one command in a process of its own; seconds and peak MB."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    start = time.perf_counter()
    process = context.Process(target=_run, args=(arguments, target, sender))
    process.start()
    code, memory = receiver.recv()
    process.join()
    if code == 2:
        sys.exit(f"gridmap {' '.join(arguments)} failed")
    return time.perf_counter() - start, memory


@contextmanager
def fresh_postgis() -> Iterator[str]:
    """Start a PostGIS server of our own, with an empty database of an ordinary role."""
    with postgres_server(durable=True) as admin:
        inside = make_url(admin).set(database="bench")
        for url, statements in (
            (admin, ("CREATE ROLE gridmap LOGIN", "CREATE DATABASE bench OWNER gridmap")),
            (inside.render_as_string(hide_password=False), ("CREATE EXTENSION postgis",)),
        ):
            with psycopg.connect(url, autocommit=True) as connection:
                for statement in statements:
                    connection.execute(statement.encode())
        yield inside.set(username="gridmap").render_as_string(hide_password=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--postgis", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as servers:
        folder = Path(name)
        write_inputs(folder, options.rows)
        targets = {"SpatiaLite": str(folder / "gridmap.db")}
        if options.postgis:
            targets["PostGIS"] = servers.enter_context(fresh_postgis())
        for title, target in targets.items():
            print(f"\n{title}, {options.rows:,} households")
            for arguments in (
                ["init"],
                ["import", "communities", str(folder / "communities.geojson")],
                ["import", "grids", str(folder / "grids.geojson")],
                ["import", "households", str(folder / "households.csv"), "--crs", "EPSG:4490"],
                ["assign"],
                ["import", "households", str(folder / "households.csv"), "--crs", "EPSG:4490"],
                ["map", "overview", "-o", str(folder / "map.html")],
            ):
                seconds, memory = step(arguments, target)
                print(f"{' '.join(Path(a).name for a in arguments):60} {seconds:7.1f} s {memory:7.0f} MB")


if __name__ == "__main__":
    main()
