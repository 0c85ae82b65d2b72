"""Many addresses at once: answered by several processes, kept by the hash of what was asked, and reported.

A chunk is one transaction. What was answered is kept under the hash of the address, the index and the plan in force,
so that the same call after an interruption, or another file with the same addresses, asks nothing twice.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import signal
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.address.answer import MATCH_LEVELS, Answer, answer
from gridmap.assign import Subjects, assign
from gridmap.errors import SetupMissing
from gridmap.files.cells import text_of
from gridmap.model.land import new_id
from gridmap.services.gazetteer import current_index, plane_of
from gridmap.services.geocoding import BANDS, VERDICTS, GridShare, grids_of, plans_or_none
from gridmap.storage import audit
from gridmap.storage import geocoding as store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.address.index import GazetteerIndex
    from gridmap.files.plain import PlainChunk, PlainTable
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

COLUMNS = (
    "匹配级别",
    "匹配地址",
    "经度",
    "纬度",
    "误差半径米",
    "置信度",
    "处理",
    "原因",
    "其他候选",
    "网格编码",
    "网格名称",
    "网格占比",
    "网格判定",
)
"""What a batch adds to every row."""
_WORST, _LISTED = 20, 30
_PIECE = 250  # addresses that a process takes at a time
_STREET_ROWS = 5

_worker: list[tuple[GazetteerIndex, list[PlanInForce], Scope]] = []

Found = dict[str, Any]


@dataclass
class BatchReport:
    """The quality of a run.

    Parameters
    ----------
    levels, bands, verdicts : dict of str to int
        Rows by match level, by what is done with them, by where their disc lies.
    mean_probability : float
    worst_streets : list of (street, rows, share to review)
    unknown_names : list of (name, rows)
        Names and numbers in addresses that the gazetteer does not have, the commonest first.
    kept : int
        Rows whose answer was kept from before.
    """

    rows: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    bands: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    mean_probability: float = 0.0
    worst_streets: list[tuple[str, int, float]] = field(default_factory=list)
    unknown_names: list[tuple[str, int]] = field(default_factory=list)
    kept: int = 0


@dataclass
class Tally:
    """Counts of a run on its way."""

    levels: Counter[str] = field(default_factory=Counter)
    bands: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    streets: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    probability: float = 0.0
    kept: int = 0

    def add(self, found: Found) -> None:
        """Count a row."""
        self.levels[MATCH_LEVELS[found["level"]]] += 1
        self.bands[BANDS[found["band"]]] += 1
        self.verdicts[VERDICTS.get(found["verdict"], "")] += 1
        self.unknown.update(found["unknown"])
        self.probability += found["probability"]
        if found["street"]:
            street = self.streets[found["street"]]
            street[0] += 1
            street[1] += found["band"] != "auto"

    def report(self) -> BatchReport:
        """Sum up."""
        rows = sum(self.bands.values())
        streets = [
            (name, count, round(bad / count, 3)) for name, (count, bad) in self.streets.items() if count >= _STREET_ROWS
        ]
        streets.sort(key=lambda each: (-each[2] * each[1], each[0]))
        order = list(MATCH_LEVELS.values())
        return BatchReport(
            rows=rows,
            levels=dict(sorted(self.levels.items(), key=lambda pair: order.index(pair[0]))),
            bands=dict(sorted(self.bands.items())),
            verdicts={name: count for name, count in sorted(self.verdicts.items()) if name},
            mean_probability=round(self.probability / max(rows, 1), 4),
            worst_streets=[each for each in streets[:_WORST] if each[2] > 0],
            unknown_names=sorted(self.unknown.items(), key=lambda pair: (-pair[1], pair[0]))[:_LISTED],
            kept=self.kept,
        )


EDITION = 3
"""Raised when the same gazetteer is to give other answers: those kept before are not given again."""


@dataclass(frozen=True)
class BatchRun:
    """A run that has begun: its id, the index and plans that answer, and the version of both and of the geocoder."""

    id: UUID
    version: str
    index: GazetteerIndex
    plans: list[PlanInForce]
    resumed: bool


def begin(tx: Transaction, scope: Scope, table: PlainTable, column: int) -> BatchRun:
    """Begin a run, or go on with the one of the same file that was interrupted.

    Raises
    ------
    NoGazetteer
        It was not built yet.
    """
    index = current_index(tx, scope)
    plans = plans_or_none(tx)
    version = f"{index.version}.{EDITION}" + "".join(f"-{each.plan.id.hex[:8]}.{each.plan.revision}" for each in plans)
    options = {"column": table.columns[column]}
    known = store.unfinished_run(tx, scope, table.sha256, version, options)
    run = BatchRun(known or new_id(), version, index, plans, known is not None)
    if known is None:
        store.forget_answers(tx, version)
        row = {"file_name": table.path.name, "sha256": table.sha256, "index_version": version, "options": options}
        more = {"state": "running", "total": 0, "report": None, "actor": tx.actor, "started_at": tx.now}
        store.begin_run(tx, {"id": run.id, **row, **more, "finished_at": None})
        audit.record(tx, "geocode", "geocode_run", run.id, detail={"file": table.path.name})
    return run


@dataclass(frozen=True)
class Asked:
    """Rows on their way: the answers kept of them, and those to come, by the hash of what was asked."""

    numbers: Sequence[int]
    texts: Sequence[str]
    keys: list[str]
    known: dict[str, Found]
    fresh: list[str]
    answers: Iterator[Found]


def ask_chunk(
    tx: Transaction,
    scope: Scope,
    run: BatchRun,
    numbers: Sequence[int],
    texts: Sequence[str],
    ask: Callable[[Sequence[str]], Iterator[Found]],
) -> Asked:
    """Ask for some rows, without waiting for the answers.

    Parameters
    ----------
    ask : callable
        Answers addresses that are new; see `asking`.
    """
    keys = [answer_key(run.version, text) for text in texts]
    known = store.kept_answers(tx, scope, keys)
    fresh = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    return Asked(numbers, texts, keys, known, list(fresh), ask(list(fresh.values())))


def store_chunk(tx: Transaction, run: BatchRun, asked: Asked, answers: Sequence[Found], tally: Tally) -> list[Found]:
    """Store the answers to rows, those to `asked.fresh` given; return them all in the order of the rows."""
    answered = dict(zip(asked.fresh, answers, strict=True))
    store.keep_answers(
        tx, [{"key": key, "index_version": run.version, "answer": found} for key, found in answered.items()]
    )
    found = [asked.known.get(key) or answered[key] for key in asked.keys]
    rows = [
        {"run_id": run.id, "row_no": number, "address": text, "answer_key": key, "band": each["band"]}
        for number, text, key, each in zip(asked.numbers, asked.texts, asked.keys, found, strict=True)
    ]
    store.put_rows(tx, rows)
    tally.kept += sum(key in asked.known for key in asked.keys)
    for each in found:
        tally.add(each)
    return found


def finish(tx: Transaction, run: BatchRun, tally: Tally) -> BatchReport:
    """Store the report of a run."""
    report = tally.report()
    store.finish_run(tx, run.id, report.rows, json.loads(json.dumps(report.__dict__)))
    return report


def texts_of(chunk: PlainChunk, column: int) -> list[str]:
    """Return the addresses of rows; a row that does not fit the header has none that could be relied on."""
    return [
        "" if position in chunk.faults else text_of(row[column]).replace("\0", "")
        for position, row in enumerate(chunk.rows)
    ]


def own_columns(columns: Sequence[str]) -> int:
    """Return how many columns of a table are its own: one that was answered before is answered anew."""
    added = len(COLUMNS)
    return len(columns) - added if tuple(columns[-added:]) == COLUMNS else len(columns)


def added_columns(found: Found, fault: str = "") -> list[object]:
    """Return what a row gets, in the order of `COLUMNS`; `fault` is what is wrong with the row itself."""
    return [
        MATCH_LEVELS[found["level"]],
        found["name"],
        found["lon"],
        found["lat"],
        found["radius"],
        found["probability"],
        BANDS[found["band"]],
        fault or "；".join(found["reasons"]),
        "；".join(found["others"]),
        found["grid_code"],
        found["grid_name"],
        found["share"],
        VERDICTS.get(found["verdict"], ""),
    ]


def answer_key(version: str, text: str) -> str:
    """Return the hash under which the answer to an address is kept: of all that is read, marks and spaces included."""
    return blake2b(f"{version}\n{text}".encode(), digest_size=16).hexdigest()


@contextmanager
def asking(run: BatchRun, scope: Scope, processes: int) -> Iterator[Callable[[Sequence[str]], Iterator[Found]]]:
    """Yield a function that answers addresses, in as many processes as wanted; they share one index.

    Several processes begin at once, whether or not their answers are waited for.
    """
    _worker[:] = [(run.index, run.plans, scope)]
    try:
        if processes <= 1:
            yield lambda texts: iter(_answered(texts))
            return
        pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork"), _begin_work)

        def ask(texts: Sequence[str]) -> Iterator[Found]:
            with _a_killed_process_told():
                return _joined(pool.map(_answered, _pieces(texts)))

        try:
            yield ask
        finally:
            pool.shutdown(cancel_futures=True)
    finally:
        _worker.clear()


def _begin_work() -> None:
    gc.freeze()  # the collector need not look through the tables that all share: a twentieth of the time
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is interrupted, and ends the work


def _pieces(texts: Sequence[str]) -> list[Sequence[str]]:
    return [texts[start : start + _PIECE] for start in range(0, len(texts), _PIECE)]


def _joined(pieces: Iterator[list[Found]]) -> Iterator[Found]:
    with _a_killed_process_told():
        yield from chain.from_iterable(pieces)


@contextmanager
def _a_killed_process_told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:
        raise SetupMissing(
            "a process that answered addresses was ended from outside, most likely for want of memory; what was "
            "finished is kept: run the same command again, with fewer --processes"
        ) from error


def _answered(texts: Sequence[str]) -> list[Found]:
    index, plans, scope = _worker[0]
    answers = [answer(index, text) for text in texts]
    grids = _grids(answers, index, plans, scope)
    lonlat = np.array([(each.x, each.y) for each in answers], dtype=np.float64).reshape(-1, 2)
    placed = ~np.isnan(lonlat[:, 0])
    if placed.any():
        lonlat[placed] = plane_of(index).unproject(lonlat[placed])
    rows = zip(answers, lonlat.tolist(), grids, strict=True)
    return [_row(each, index, lon, lat, verdict, shares) for each, (lon, lat), (verdict, shares) in rows]


def _grids(
    answers: Sequence[Answer], index: GazetteerIndex, plans: list[PlanInForce], scope: Scope
) -> list[tuple[str, list[GridShare]]]:
    """Return verdict and shares of each answer; a disc that touches no border need not be cut."""
    if len(plans) != 1 or plans[0].subdistrict.plane != index.plane:
        return [grids_of(each, index, plans, scope) for each in answers]
    plan = plans[0]
    xy = np.array([(each.x, each.y) for each in answers], dtype=np.float64).reshape(-1, 2)
    verdicts = assign(Subjects(xy=xy), plan.land)
    found = []
    for each, number, distance in zip(answers, verdicts.grid.tolist(), verdicts.distance.tolist(), strict=True):
        grid = plan.grid(number)
        if grid is not None and distance > each.radius and (scope.unlimited or grid.community_id in scope.communities):
            found.append(("inside", [GridShare(str(grid.id), grid.code, grid.name, 1.0)]))
        else:
            found.append(grids_of(each, index, plans, scope))
    return found


def _row(found: Answer, index: GazetteerIndex, lon: float, lat: float, verdict: str, shares: list[GridShare]) -> Found:
    placed = lon == lon  # noqa: PLR0124 -- NaN
    best = shares[0] if shares else None
    street = next((each.text for each in found.fields if each.label == "road"), "")
    return {
        "node": str(index.uuid(found.node)) if found.node >= 0 else None,
        "level": found.level,
        "name": found.name,
        "lon": round(lon, 9) if placed else None,
        "lat": round(lat, 9) if placed else None,
        "radius": found.radius if placed else None,
        "probability": found.probability,
        "band": found.band,
        "reasons": list(found.reasons),
        "others": [option.name for option in found.options[1:] if option.name != found.name],
        "options": [str(index.uuid(option.node)) for option in found.options] if found.band != "auto" else [],
        "street": street,
        "unknown": list(found.missing),
        "verdict": verdict,
        "grid_code": best.grid_code if best else None,
        "grid_name": best.grid_name if best else None,
        "share": best.share if best else None,
    }
