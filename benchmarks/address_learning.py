"""What the geocoder learns from a person: a noisy batch twice, with 5 % of its rows checked in between.

    python benchmarks/address_learning.py DATABASE [--rows 20000] [--share 0.05] [--seed 1]

DATABASE is a SpatiaLite file with a gazetteer (`gridmap gazetteer build`); it is copied. Addresses are the reported
half of the streets with every documented kind of noise (`gridmap.address.perturb`); on top of it people have names of
their own, which the gazetteer does not know, for every compound, every other road and some 200 other places, and use
them half of the time. The person who checks is an oracle: he knows the node that every address was made of.
"""

from __future__ import annotations

import argparse
import csv
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from gridmap import address_runner
from gridmap.access import Scope
from gridmap.address.gazetteer import LEVEL
from gridmap.address.perturb import noisy
from gridmap.services import address_queue, address_review
from gridmap.services.gazetteer import current_index
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from gridmap.address.index import GazetteerIndex

ACTOR = "benchmark"
SCOPE = Scope.everything(ACTOR)
_FIRST = "老钢纺织油化铁粮水电百货邮机械药棉丝军区银泰供销师范轻工冶金印染"
_SECOND = "厂局站库校园城楼铺港湾桥坊"
_PLACES, _ROADS = ("家属院", "宿舍", "大院", "公寓", "花苑", "新村"), ("老街", "横街", "直街", "大道")


def people_say(index: GazetteerIndex, seed: int) -> dict[str, str]:
    """Return names that people have for places, by the name in the gazetteer; none of them is known to it."""
    random_ = random.Random(seed)  # noqa: S311 -- a seeded generator, not a secret
    names: dict[str, str] = {}
    used: set[str] = set()
    for level, ends, keep in (("compound", _PLACES, 1.0), ("road", _ROADS, 0.5), ("poi", _PLACES, 0.04)):
        listed = sorted({index.name(int(at)) for at in (index.columns["level"] == LEVEL[level]).nonzero()[0]})  # type: ignore[index]
        for name in listed:
            if len(name) < 3 or random_.random() > keep:
                continue
            while True:
                made = "".join(random_.sample(_FIRST, 2)) + random_.choice(_SECOND) + random_.choice(ends)
                levels = frozenset((LEVEL["compound"], LEVEL["poi"], LEVEL["road"]))
                if made not in used and not index.named(made, levels) and not index.resembling(made, levels):
                    break
            used.add(made)
            names[name] = made
    return names


def batch(index: GazetteerIndex, rows: int, seed: int) -> tuple[list[tuple[str, UUID]], int]:
    """Return addresses with the node each means, and how many of them have a name that is not known."""
    random_ = random.Random(f"{seed}names")  # noqa: S311
    said = sorted(people_say(index, seed).items(), key=lambda pair: -len(pair[0]))
    listed, renamed = [], 0
    for query in noisy(index, rows, half="reported", seed=seed):
        text = query.text
        found = next(((name, other) for name, other in said if name in text), None)
        if found and random_.random() < 0.5:
            text = text.replace(found[0], found[1], 1)
            renamed += 1
        listed.append((text, index.uuid(query.node)))
    return listed, renamed


def run(database: Database, source: Path, truth: list[UUID]) -> tuple[float, float, float]:
    """Answer a file; return the share that needs no person, the share of those that is right, and the seconds."""
    output = source.with_name("answered.csv")
    begun = time.perf_counter()
    report = address_runner.geocode_table(database, source, output, ACTOR, column="address", processes=2)
    seconds = time.perf_counter() - begun
    with database.transaction(ACTOR) as tx:
        found = tx.connection.exec_driver_sql(
            "SELECT r.row_no, json_extract(a.answer, '$.node') FROM geocode_row r "
            "JOIN geocode_answer a ON a.key = r.answer_key WHERE r.band = 'auto' AND r.run_id = "
            "(SELECT id FROM geocode_run ORDER BY started_at DESC LIMIT 1)"
        ).all()
    first = 2  # rows are numbered as a spreadsheet does, under the heading
    right = sum(node == str(truth[number - first]) for number, node in found)
    return report.bands.get("自动采用", 0) / report.rows, right / len(found), seconds


def check(database: Database, truth: list[UUID], most: int) -> tuple[int, int]:
    """Let the oracle decide; return decisions and names learned."""
    decisions = learned = 0
    while decisions < most:
        with database.transaction(ACTOR, write=True) as tx:
            rows = address_queue.queue(tx, SCOPE, limit=1).rows
            if not rows:
                break
            identity = UUID(rows[0].id)
            done = address_review.choose(tx, SCOPE, identity, truth[rows[0].row_no - 2])
        decisions += 1
        learned += len(done.learned)
    return decisions, learned


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(shutil.copy(given.database, folder))
        database = Database.open(str(path))
        with database.transaction(ACTOR) as tx:
            index = current_index(tx, SCOPE)
        listed, renamed = batch(index, given.rows, given.seed)
        truth = [node for _, node in listed]
        source = Path(folder) / "batch.csv"
        with source.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("address",), *((text,) for text, _ in listed)])
        print(f"{len(listed):,} addresses, {renamed:,} with a name that the gazetteer does not know")
        accepted, precision, seconds = run(database, source, truth)
        print(f"first run:  {accepted:.2%} accepted, precision {precision:.3%}, {seconds:.1f} s")
        begun = time.perf_counter()
        decisions, learned = check(database, truth, int(given.share * len(listed)))
        spent = time.perf_counter() - begun
        print(
            f"checked:    {decisions:,} rows ({decisions / len(listed):.1%}), {learned:,} names learned, {spent:.1f} s"
        )
        accepted, precision, seconds = run(database, source, truth)
        print(f"second run: {accepted:.2%} accepted, precision {precision:.3%}, {seconds:.1f} s")
        database.close()


if __name__ == "__main__":
    main()
