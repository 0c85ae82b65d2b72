"""Random edits by the million: nothing breaks, nothing is lost, the outer border stays.

    python benchmarks/edits_soak.py [--edits 1000000] [--seed 0] [--each 5000] [--report FILE]

Walks of `--each` edits from seeded layouts of 6 to 60 grids; an edit that is refused is counted apart. After every edit
its own invariants, after every 50 the whole coverage; at the end of a walk everything is undone and must be bit by bit
what it was, and every tenth walk is done again and must have the same hash. Prints a line per walk and the sums. With
`--report` the line of each walk is kept in that file as JSON, and walks that are in it already are not done again, so
that a soak can be stopped and taken up.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from random_edits import Run, layout_of, replay, require_invariants, require_whole, stored, voronoi

from gridmap.space.layout import apply

LOOK = 50  # edits between two looks at everything


def walk(seed: int, edits: int) -> dict[str, Any]:
    began = time.perf_counter()
    run = Run(layout_of(voronoi(seed, 6 + seed * 7 % 55, (0.0, 25.0, 8.0)[seed % 3])), seed)
    drift, attempts = 0.0, 0
    while sum(run.counts.values()) < edits:
        before = run.layout
        edited = run.step()
        attempts += 1
        if edited is not None:
            require_invariants(before, edited)
        if attempts % LOOK == 0:
            drift = max(drift, require_whole(run.layout, run.start))
    drift = max(drift, require_whole(run.layout, run.start))
    if seed % 10 == 0:
        assert replay(run).hash() == run.layout.hash(), f"seed {seed}: done again it is another plan"
    while run.history:
        run.layout = apply(run.layout, run.history.pop().inverse())
    assert stored(run.layout) == stored(run.start), f"seed {seed}: undone it is not what it was"
    milliseconds = 1000 * np.array(run.seconds)
    return {
        "seed": seed,
        "edits": sum(run.counts.values()),
        "refused": sum(run.refused.values()),
        "drift_mm": round(1000 * drift, 3),
        "p50_ms": round(float(np.percentile(milliseconds, 50)), 2),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 2),
        "seconds": round(time.perf_counter() - began, 1),
        "done": dict(run.counts),
        "reasons": dict(run.refused),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--edits", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first walk")
    parser.add_argument("--each", type=int, default=5_000, help="edits of a walk")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    lines = options.report.read_text().splitlines() if options.report and options.report.exists() else []
    known = {entry["seed"]: entry for entry in map(json.loads, lines)}
    total, sums, reasons, worst = 0, Counter[str](), Counter[str](), 0.0
    seed = options.seed
    while total < options.edits:
        entry = known.get(seed) or walk(seed, min(options.each, options.edits - total))
        if options.report and seed not in known:
            with options.report.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        total += entry["edits"]
        sums.update(entry["done"])
        reasons.update(entry["reasons"])
        worst = max(worst, entry["drift_mm"])
        print(
            f"seed {seed:4d}  {entry['edits']:6d} edits  {entry['refused']:6d} refused  outer border "
            f"{entry['drift_mm']:.2f} mm  p50 {entry['p50_ms']:.1f} ms  p95 {entry['p95_ms']:.1f} ms  "
            f"{entry['seconds']} s",
            flush=True,
        )
        seed += 1
    print(f"{total} edits, {sum(reasons.values())} refused, 0 invalid coverages, 0 lost; outer border {worst:.2f} mm")
    print("  done:    " + ", ".join(f"{name} {count}" for name, count in sums.most_common()))
    print("  refused: " + ", ".join(f"{name} {count}" for name, count in reasons.most_common()))


if __name__ == "__main__":
    main()
