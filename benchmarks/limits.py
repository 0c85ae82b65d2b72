"""四至: loops of real roads to polygons and back, wrong texts, communities and grids, and the time for one text.

Run as `.venv/bin/python benchmarks/limits.py --data FOLDER [--database FILE] [--tries N] [--loops N]`. FOLDER holds
futian_osm/futian_edges.geojson and shanghai_bund/roads.geojson; FILE is a database with a plan in force.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import shapely

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from limits_cycles import every_loop  # noqa: E402 -- after the path is set
from limits_loops import loops, roads, wrong_texts  # noqa: E402 -- after the path is set

from gridmap.access import Scope  # noqa: E402
from gridmap.services.limits import parse_text, words  # noqa: E402
from gridmap.services.limits_ground import stored_surroundings  # noqa: E402
from gridmap.services.plan_land import plans_in_force  # noqa: E402
from gridmap.space.limits.compare import compare  # noqa: E402
from gridmap.space.limits.describe import describe  # noqa: E402
from gridmap.space.limits.features import Features  # noqa: E402
from gridmap.space.limits.readings import readings  # noqa: E402
from gridmap.space.limits.solve import solve  # noqa: E402
from gridmap.space.limits.variants import agreement  # noqa: E402
from gridmap.storage import land  # noqa: E402
from gridmap.storage.database import Database  # noqa: E402

CITIES = {"futian_osm/futian_edges.geojson": 114.05, "shanghai_bund/roads.geojson": 121.5}
STREETS, BLOCK = 225, 180.0  # a made city of 100,800 road pieces


def on_loops(name: str, lines: Any, names: list[tuple[str, ...]], tries: int, most: int) -> None:
    features = Features.of(lines, names, ["road"] * len(lines)).ready()
    every = every_loop(lines, names)
    print(f"{name}: {len(every)} loops of 4 to 8 roads along near carriageways, by number of roads "
          f"{sorted(Counter(len(each.roads) for each in every).items())}")  # fmt: skip
    some = np.random.default_rng(1).permutation(len(every))[:most].tolist()
    for rule, drawn in (
        ("of these", [every[number] for number in some]),
        ("near carriageways", loops(lines, names, seed=1, wanted=400, tries=tries)),
        ("any carriageways", loops(lines, names, seed=1, wanted=400, tries=tries, between_carriageways="any")),
    ):
        spent, status, found, back, shown = [], [], [], [], []
        for loop in drawn:
            started = time.process_time()
            answer = solve(parse_text(loop.text), features)[0]
            spent.append(time.process_time() - started)
            shown.append(max((agreement(each.shape, loop.shape) for each in readings(answer, features)), default=0.0))
            status.append(answer.status.value)
            found.append(agreement(answer.shape, loop.shape) if answer.shape is not None else 0.0)
            back.append(describe(loop.shape, features, words()).agreement)
        near = np.array(found)
        exact = np.array([each == "exact" for each in status])
        groups: dict[frozenset[str], list[float]] = {}
        for loop, value in zip(drawn, found, strict=True):
            groups.setdefault(frozenset(loop.roads), []).append(value)
        by_set = np.mean([np.mean(np.array(each) >= 0.97) for each in groups.values()])
        print(f"{name}, {rule}: {len(drawn)} loops, {len(groups)} sets of roads")
        print(f"  text -> polygon: IoU >= 0.97 in {np.mean(near >= 0.97):.1%} (by set {by_set:.1%}), {Counter(status)}")
        print(
            f"  exact below 0.8: {int((exact & (near < 0.8)).sum())}, below 0.97: {int((exact & (near < 0.97)).sum())}"
        )
        print(f"  the land itself is among the choices shown: {np.mean(np.array(shown) >= 0.97):.1%}")
        print(f"  polygon -> text -> polygon: IoU >= 0.95 in {np.mean(np.array(back) >= 0.95):.1%}")
        print(f"  {np.percentile(np.array(spent) * 1e3, [50, 95]).round()} ms of processor (median, 95th)")
        if rule == "near carriageways":
            flagged = []
            alone = []
            for loop in drawn:
                for sides, text in wrong_texts(loop, sorted(features.by_name), seed=1):
                    held = compare(parse_text(text), loop.shape, features)
                    flagged.append(not held.agrees and bool(sides & {e.side.value for e in held.troubles if e.side}))
                    alone.append(held.status.value != "exact")
            print(
                f"  {len(flagged)} wrong texts: side named {np.mean(flagged):.1%}, not exact alone {np.mean(alone):.1%}"
            )


def on_plan(file: str) -> None:
    database = Database.open(file)
    with database.transaction("benchmark") as tx:
        scope = Scope.everything("benchmark")
        around = stored_surroundings(tx, scope)
        found = plans_in_force(tx)[0]
        grids = list(found.grids.values())
        shapes = list(found.plane.project_geometries(np.array([grid.shape for grid in grids], dtype=object)))
        areas = [(grid.name, grid.four_limits, shape) for grid, shape in zip(grids, shapes, strict=True)]
        for each in land.communities(tx, scope, subdistrict_id=found.subdistrict.id):
            own = [shape for grid, shape in zip(grids, shapes, strict=True) if grid.community_id == each.id]
            areas.append((each.name, each.four_limits, shapely.unary_union(own)))
    database.close()
    back, spent, given = [], [], []
    for name, text, shape in areas:
        started = time.perf_counter()
        back.append(describe(shape, around.features, words(), avoid=[name]).agreement)
        spent.append(time.perf_counter() - started)
        if text:
            held = compare(parse_text(text), shape, around.features)
            given.append((held.status.value, held.agreement))
    share = np.mean(np.array(back) >= 0.95)
    print(f"{len(areas)} communities and grids: polygon -> text -> polygon IoU >= 0.95 in {share:.1%}, "
          f"{np.percentile(np.array(spent) * 1e3, [50, 95]).round()} ms")  # fmt: skip
    right = sum(value >= 0.95 for _, value in given)
    print(f"  stored texts: IoU >= 0.95 in {right} of {len(given)}, {Counter(each for each, _ in given)}")


def on_city() -> None:
    rng = np.random.default_rng(3)
    steps = np.arange(STREETS) * BLOCK
    places = np.stack(np.meshgrid(steps, steps, indexing="ij"), -1) + rng.uniform(-30, 30, (STREETS, STREETS, 2))
    lines: list[Any] = []
    names: list[tuple[str, ...]] = []
    called = np.empty((2, STREETS, STREETS), dtype=object)
    for way, chains in enumerate((places, places.swapaxes(0, 1))):
        for street, chain in enumerate(chains):
            number = 0
            while number < STREETS - 1:
                stop = min(number + int(rng.integers(8, 40)), STREETS - 1)
                called[way, street, number:stop] = f"{'纵横'[way]}{street}之{number}路"
                number = stop
            lines += list(shapely.linestrings(np.stack([chain[:-1], chain[1:]], axis=1)))
            names += [(name,) for name in called[way, street, : STREETS - 1]]
    started = time.perf_counter()
    features = Features.of(lines, names, ["road"] * len(lines)).ready()
    print(f"a city of {len(lines)} road pieces: prepared once in {time.perf_counter() - started:.1f} s")
    spent: list[float] = []
    status: list[str] = []
    while len(spent) < 40:
        x, y = rng.integers(3, STREETS - 12, 2)
        wide, high = rng.integers(2, 8, 2)
        sides = (called[0, x + wide, y : y + high], called[1, y, x : x + wide], called[0, x, y : y + high],
                 called[1, y + high, x : x + wide])  # fmt: skip
        if all(len(set(side)) == 1 for side in sides):
            text = "，".join(f"{word}至{side[0]}" for word, side in zip("东南西北", sides, strict=True))
            started = time.perf_counter()
            status.append(solve(parse_text(text), features)[0].status.value)
            spent.append(time.perf_counter() - started)
    print(f"  {np.percentile(np.array(spent) * 1e3, [50, 95, 100]).round()} ms (median, 95th, most), {Counter(status)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--database")
    parser.add_argument("--tries", type=int, default=40_000)
    parser.add_argument("--loops", type=int, default=400, help="at most so many of all there are")
    given = parser.parse_args()
    for name, lon in CITIES.items() if given.data else ():
        on_loops(name.split("/")[0], *roads(given.data / name, lon), given.tries, given.loops)
    if given.database:
        on_plan(given.database)
    on_city()


if __name__ == "__main__":
    main()
