"""The geocoder at the size of a city district: a million nodes, made from a seed.

Run: python benchmarks/geocoding.py [--nodes 1000000] [--rows 30000] [--processes 2]
Fit the shipped calibration: python benchmarks/geocoding.py --fit DATABASE [DATABASE ...]
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap import address_runner
from gridmap.access import Scope
from gridmap.address.answer import answer
from gridmap.address.fitting import fit, judged, left_out
from gridmap.address.gazetteer import LEVEL, Nodes
from gridmap.address.index import GazetteerIndex, index_of
from gridmap.address.perturb import noisy
from gridmap.config import data_dir
from gridmap.services.gazetteer import current_index
from gridmap.storage import gazetteer as store
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

CHARACTERS = (
    "安宝滨昌长春翠达德东丰福富高光桂海和恒红华怀黄惠吉佳建江金锦景康乐丽龙隆茂民明"
    "南宁平清庆秋泉仁荣瑞山尚盛石双水松泰天通万文西溪祥新兴学雅阳永玉园月云泽正中竹紫"
)
ROAD_ENDS, COMPOUND_ENDS = ("路", "街", "大道"), ("花园", "家园", "新村", "小区", "名苑", "公寓", "嘉园")
ROOMS = [f"{floor}{door:02d}" for floor in range(1, 7) for door in (1, 2)]
COLD = """
import time; began = time.perf_counter()
from gridmap.access import Scope
from gridmap.storage.database import Database
from gridmap.services.geocoding import geocode
with Database.open({target!r}).transaction("bench") as tx:
    geocode(tx, Scope.everything("bench"), {text!r})
print(time.perf_counter() - began)
"""


def district(count: int) -> Nodes:
    """Make roads with house numbers, and at each tenth number a compound of buildings, units and rooms."""
    random_ = random.Random(5)  # noqa: S311 -- a seeded generator, not a secret
    nodes = Nodes()
    names = random_.sample([a + b + c for a in CHARACTERS for b in CHARACTERS for c in CHARACTERS[::9]], 9000)
    road_number = 0
    while len(nodes) < count:
        name = names[road_number] + random_.choice(ROAD_ENDS)
        west, y = random_.uniform(0, 20_000), random_.uniform(0, 20_000)
        road = nodes.add("road", name, name, xy=(west + 400, y), radius=400.0, source="roads")
        nodes.shapes[road] = shapely.LineString([(west, y), (west + 800, y)])
        for number in range(1, 81):
            x, aside = west + number * 10, y + (15 if number % 2 else -15)
            door = nodes.add("number", f"{number}号", str(number), road, xy=(x, aside), radius=12.0)
            if number % 10 == 0:
                compound(nodes, names[-1 - road_number] + random_.choice(COMPOUND_ENDS), door, (x, aside), number)
        road_number += 1
    return nodes


def compound(nodes: Nodes, name: str, door: int, at: tuple[float, float], number: int) -> None:
    name = f"{name[:-2]}{CHARACTERS[number // 10 + 30]}{name[-2:]}"
    whole = nodes.add("compound", name, name, xy=at, radius=80.0, site=door)
    for house in range(1, 11):
        building = nodes.add("building", f"{house}栋", str(house), whole, xy=(at[0] + house, at[1]), radius=15.0)
        for stair in (1, 2):
            unit = nodes.add(
                "unit", f"{stair}单元", str(stair), building, xy=(at[0] + house, at[1] + stair), radius=8.0
            )
            for room in ROOMS:
                nodes.add("room", f"{room}室", room, unit, xy=(at[0] + house, at[1] + stair), radius=6.0)


def addresses(index: GazetteerIndex, count: int) -> list[str]:
    """Full addresses of rooms, one in ten with noise."""
    random_ = random.Random(6)  # noqa: S311 -- as above
    rooms = np.flatnonzero(index.columns["level"] == LEVEL["room"])
    texts = []
    for room in random_.sample(rooms.tolist(), count):
        path = index.path(room)
        texts.append("".join(index.name(at) for at in [*index.path(index.site(path[0])), *path]))
    queries = noisy(index, count // 10, half="reported")
    for number, query in enumerate(queries):
        texts[number * 10] = query.text
    return texts


def timed(label: str, work: Callable[[], object]) -> object:
    began, cpu = time.perf_counter(), time.process_time()
    result = work()
    print(f"{label}: {time.perf_counter() - began:.2f} s ({time.process_time() - cpu:.2f} s of processor)", flush=True)
    return result


def scale(count: int, rows: int, processes: int) -> None:
    nodes = timed("make nodes", lambda: district(count))
    assert isinstance(nodes, Nodes)
    index = timed(f"build the index of {len(nodes):,} nodes", partial(index_of, nodes, 4547))
    assert isinstance(index, GazetteerIndex)
    content = index.to_bytes()
    print(f"index {len(content) / 1e6:.1f} MB; building peaked at {peak():.0f} MB")
    texts = addresses(index, rows)
    del nodes
    with tempfile.TemporaryDirectory() as folder:
        target = str(Path(folder) / "gridmap.db")
        database = Database.create(target)
        with database.transaction("bench", write=True) as tx:
            store.put_index(tx, index.version, content)
        database.close()
        cold = COLD.format(target=target, text=texts[1])
        print(
            "cold start:", subprocess.run([sys.executable, "-c", cold], check=True, capture_output=True).stdout.decode()
        )
        alone = [sys.executable, __file__, "--measure", target, str(rows), str(processes)]
        Path(folder, "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        subprocess.run(alone, check=True)


def measure(target: str, processes: int) -> None:
    """Measure single queries and a batch in a process that has built nothing."""
    folder = Path(target).parent
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    database = Database.open(target)
    with database.transaction("bench") as tx:
        index = current_index(tx, Scope.everything("bench"))
    answer(index, texts[0])
    took = []
    for text in texts[:3000]:
        began = time.perf_counter()
        answer(index, text)
        took.append(time.perf_counter() - began)
    print(f"one query: median {np.median(took) * 1e3:.2f} ms, p99 {np.quantile(took, 0.99) * 1e3:.2f} ms")
    with (folder / "in.csv").open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("地址",), *((text,) for text in texts)])
    began, busy = time.perf_counter(), processor()
    report = address_runner.geocode_table(database, folder / "in.csv", folder / "out.csv", "bench", processes=processes)
    seconds = time.perf_counter() - began
    busy = processor() - busy
    print(
        f"batch: {report.rows / seconds:,.0f} addresses/s with {processes} processes, {busy:.1f} s of processor in all"
    )
    print(f"  {report.levels} {report.bands}")
    address_runner.geocode_table(database, folder / "in.csv", folder / "again.csv", "bench", processes=processes)
    print("second run identical:", (folder / "out.csv").read_bytes() == (folder / "again.csv").read_bytes())
    print(f"memory: {peak():.0f} MB; the other processes share the index")
    database.close()


def processor() -> float:
    """Seconds of processor used so far, with those of processes that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak() -> float:
    """Return the most memory that this process ever had, in MB; getrusage counts what it was forked from."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def fit_shipped(targets: list[str], count: int) -> None:
    """Fit on the tuned half of the first database's streets, with queries of the others', and write the calibration."""
    found, missed = [], []
    for number, target in enumerate(targets):
        database = Database.open(target)
        with database.transaction("bench") as tx:
            index = current_index(tx, Scope.everything("bench"))
        found += judged(index, noisy(index, count if number == 0 else count // 5, half="tuned"))
        missed += left_out(index, "tuned") if number == 0 else []
        database.close()
    path = data_dir() / "lookups" / "address_calibration.json"
    path.write_text(json.dumps(fit(found, missed).to_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(path.read_text(encoding="utf-8"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, default=1_000_000)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--fit", nargs="+", metavar="DATABASE")
    parser.add_argument("--measure", nargs=3)
    given = parser.parse_args()
    if given.fit:
        fit_shipped(given.fit, given.rows)
    elif given.measure:
        measure(given.measure[0], int(given.measure[2]))
    else:
        scale(given.nodes, given.rows, given.processes)


if __name__ == "__main__":
    main()
