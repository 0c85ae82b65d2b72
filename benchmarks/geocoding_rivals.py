"""Reading addresses beside jionlp and cpca, on the same rows, in one run.

Run: python benchmarks/geocoding_rivals.py [--rivals PYTHON]

PYTHON is an interpreter of another environment that has both (`pip install jionlp cpca 'setuptools<80'`); neither is
needed by gridmap. The rows are the hand-labelled addresses of the tests that nothing was tuned on, of all provinces.
Both rivals stop at the village or earlier: of each level it is counted how many of the rows that name it are read
right. Names are compared without 省, 市, 区 and the like, for the rivals complete them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from address_samples import samples

from gridmap.address.parse import parse_labels
from gridmap.address.words import core_name

LEVELS = ("prov", "city", "district", "town", "community", "road", "roadno", "houseno", "roomno")
SETS = ("held_out", "second_held_out")
TIMES = 3
RIVALS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
name, rows, target = sys.argv[1:]
texts = json.load(open(rows, encoding="utf-8"))
if name == "jionlp":
    import jionlp
    names = {"prov": "province", "city": "city", "district": "county", "town": "town", "community": "village"}
    def read(texts):
        found = [jionlp.parse_location(text, town_village=True) for text in texts]
        return [{level: each.get(key) for level, key in names.items()} for each in found]
else:
    import cpca
    names = {"prov": "省", "city": "市", "district": "区"}
    def read(texts):
        found = cpca.transform(texts).to_dict("records")
        return [{level: each.get(key) for level, key in names.items()} for each in found]
read(texts[:3])
began, busy = time.perf_counter(), time.process_time()
found = read(texts)
json.dump([found, time.perf_counter() - began, time.process_time() - busy], open(target, "w", encoding="utf-8"))
"""


def ours(texts: list[str]) -> tuple[list[dict[str, str]], float, float]:
    """Read addresses with gridmap; the fastest of three runs."""
    best = (float("inf"), float("inf"))
    for text in texts[:3]:
        parse_labels(text)
    for _ in range(TIMES):
        began, busy = time.perf_counter(), time.process_time()
        found = [parse_labels(text) for text in texts]
        best = min(best, (time.perf_counter() - began, time.process_time() - busy))
    named = [
        {label: text[start:end] for start, end, label in reversed(spans)}
        for text, spans in zip(texts, found, strict=True)
    ]
    return named, *best


def theirs(python: str, name: str, texts: list[str]) -> tuple[list[dict[str, str]], float, float]:
    """Read addresses with a rival, in its own interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        rows, target = Path(folder, "rows.json"), Path(folder, "found.json")
        rows.write_text(json.dumps(texts), encoding="utf-8")
        subprocess.run([python, "-c", RIVALS, name, str(rows), str(target)], check=True, stdout=subprocess.DEVNULL)
        found, seconds, busy = json.loads(target.read_text(encoding="utf-8"))
    return [{level: name for level, name in each.items() if isinstance(name, str)} for each in found], seconds, busy


def same(one: str, other: str) -> bool:
    return bool(one) and core_name(one) == core_name(other)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rivals", metavar="PYTHON")
    given = parser.parse_args()
    labelled = [row for name in SETS for row in samples(name)]
    texts = [text for text, _ in labelled]
    wanted = [{label: text[start:end] for start, end, label in reversed(spans)} for text, spans in labelled]
    readers = {"gridmap": ours(texts)}
    for name in ("jionlp", "cpca") if given.rivals else ():
        readers[name] = theirs(given.rivals, name, texts)
    print(f"{len(texts)} addresses; right of those that name the level")
    print(f"{'':10} {'rows/s':>8} {'of processor':>12} " + " ".join(f"{level:>9}" for level in LEVELS))
    print(f"{'':32}" + " ".join(f"{sum(level in each for each in wanted):9}" for level in LEVELS))
    for name, (found, seconds, busy) in readers.items():
        right = []
        for level in LEVELS:
            pairs = [
                (each[level], got.get(level, "")) for each, got in zip(wanted, found, strict=True) if level in each
            ]
            right.append(sum(same(got, truth) for truth, got in pairs) / len(pairs))
        figures = " ".join(f"{share:9.1%}" if share else f"{'-':>9}" for share in right)
        print(f"{name:10} {len(texts) / seconds:8,.0f} {len(texts) / busy:12,.0f} {figures}")


if __name__ == "__main__":
    main()
