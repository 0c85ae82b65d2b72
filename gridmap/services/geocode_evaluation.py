"""Measuring the geocoder: on a file of expected answers, or on noisy addresses made of the gazetteer itself.

A file has the form of geocoder-tester: `query`, any number of `expected_<field>`, and `expected_coordinate` as
`lat,lon,tolerance in metres`.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.address.answer import MATCH_LEVELS, Answer, answer
from gridmap.address.evaluate import Judged, Scores, judge, score
from gridmap.address.gazetteer import LEVELS
from gridmap.address.normalise import normalise
from gridmap.address.numerals import number_value
from gridmap.address.perturb import Half, noisy
from gridmap.errors import BadInput, FileRefused
from gridmap.files.cells import text_of
from gridmap.files.plain import open_plain
from gridmap.model.kinds import kind_named
from gridmap.services.gazetteer import current_index, plane_of
from gridmap.storage import registers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.access import Scope
    from gridmap.address.index import GazetteerIndex
    from gridmap.storage.database import Transaction

_QUERY, _EXPECTED, _COORDINATE = "query", "expected_", "expected_coordinate"
_NUMBERED = frozenset(("number", "subnumber", "building", "unit", "room", "lane"))
FIELDS = frozenset((*LEVELS, "name", "level", "node", "coordinate"))
"""What may be expected: a field `expected_road`, `expected_building`, `expected_level` ..."""
_COMPARED = ("top1", "auto", "auto_precision", "conflicts", "ece", "covered")
_CHUNK = 5000
_WORST = 20
_FIRST = "人民路1号"
_SUBDISTRICTS = kind_named("subdistricts")


@dataclass(frozen=True)
class WorstCase:
    """A query that went wrong, the surest mistakes first."""

    query: str
    expected: str
    found: str
    probability: float
    error: float | None


@dataclass(frozen=True)
class Evaluation:
    """A report: figures, speed, the worst cases, and what changed since an earlier one.

    `by_level` counts answers by match level, with the share of right ones; `per_second` and `p99_ms` are of one
    process on this machine.
    """

    scores: Scores
    by_level: dict[str, tuple[int, float]]
    per_second: float
    p99_ms: float
    worst: list[WorstCase]
    compared: dict[str, tuple[float, float]] = field(default_factory=dict)
    turned_wrong: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)


def evaluate_file(tx: Transaction, scope: Scope, path: Path, compare: Path | None = None) -> Evaluation:
    """Answer the queries of a file and judge the answers.

    Parameters
    ----------
    compare : Path, optional
        A report written earlier (`to_json`): what has changed is added.

    Raises
    ------
    NoGazetteer
        It was not built yet.
    FileRefused, BadInput
        The file has no `query`, expects nothing, or something that cannot be expected.
    """
    index = current_index(tx, scope)
    cases = _cases(path)
    answers, took = _answered(index, [query for query, _ in cases])
    judged = [_judged(index, query, wanted, found) for (query, wanted), found in zip(cases, answers, strict=True)]
    expected = [", ".join(f"{name}={value}" for name, value in wanted.items()) for _, wanted in cases]
    return _report(judged, expected, took, compare)


def evaluate_noise(
    tx: Transaction, scope: Scope, count: int, *, half: Half = "reported", seed: int = 1, compare: Path | None = None
) -> Evaluation:
    """Answer noisy addresses made of one half of the gazetteer's streets and judge the answers.

    Raises
    ------
    NoGazetteer
        It was not built yet.
    """
    index = current_index(tx, scope)
    queries = noisy(index, count, half=half, seed=seed, area=area_of(tx, scope))
    answers, took = _answered(index, [query.text for query in queries])
    judged = [
        judge(index, query.text, query.kinds[0], found, query.node)
        for query, found in zip(queries, answers, strict=True)
    ]
    expected = ["".join(index.name(at) for at in index.path(query.node)) for query in queries]
    return _report(judged, expected, took, compare)


def area_of(tx: Transaction, scope: Scope) -> str:
    """Return what full addresses begin with: district and sub-district; empty before there is one."""
    chunks = registers.read_chunks(tx, scope, _SUBDISTRICTS, columns=["district", "name"])
    rows = [row for chunk in chunks for row in chunk]
    return f"{rows[0]['district'] or ''}{rows[0]['name']}" if rows else ""


def to_json(report: Evaluation) -> dict[str, Any]:
    """Return a report as JSON values, for `compare`."""
    values: dict[str, Any] = json.loads(json.dumps(asdict(report)))
    return values


def _answered(index: GazetteerIndex, texts: list[str]) -> tuple[list[Answer], list[float]]:
    answer(index, _FIRST)  # reads its words
    answers, took = [], []
    for text in texts:
        began = time.perf_counter()
        answers.append(answer(index, text))
        took.append(time.perf_counter() - began)
    return answers, took


def _cases(path: Path) -> list[tuple[str, dict[str, str]]]:
    table = open_plain(path)
    if _QUERY not in table.columns:
        raise BadInput(f"{path.name} has no column `query`: the columns are {', '.join(table.columns)}", file=path.name)
    names = [name for name in table.columns if name.startswith(_EXPECTED)]
    unknown = [name for name in names if name.removeprefix(_EXPECTED) not in FIELDS]
    if unknown or not names:
        known = ", ".join(_EXPECTED + name for name in sorted(FIELDS))
        what = f"{unknown[0]} cannot be expected" if unknown else "nothing is expected"
        raise BadInput(f"{path.name}: {what}; columns that can be are {known}", file=path.name)
    cases = []
    for chunk in table.chunks(_CHUNK):
        for position, reason in chunk.faults.items():
            number = chunk.numbers[position]
            raise FileRefused(f"{path.name}, row {number}: {reason}", file=path.name, row=number)
        for number, row in zip(chunk.numbers, chunk.rows, strict=True):
            values = {name: text_of(cell).strip() for name, cell in zip(table.columns, row, strict=True)}
            if values.get("skip"):
                continue
            wanted = {name.removeprefix(_EXPECTED): values[name] for name in names if values[name]}
            if "coordinate" in wanted:
                _coordinate(wanted["coordinate"], number)
            cases.append((values[_QUERY], wanted))
    return cases


def _coordinate(value: str, row: int | None = None) -> tuple[float, float, float]:
    try:
        lat, lon, tolerance = (float(each) for each in value.split(","))
    except ValueError:
        lat = lon = tolerance = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180 and 0 <= tolerance < math.inf):
        where = "" if row is None else f"row {row}: "
        raise BadInput(f"{where}expected_coordinate takes lat,lon,metres, not {value!r}", value=value, row=row)
    return lat, lon, tolerance


def _judged(index: GazetteerIndex, query: str, wanted: dict[str, str], found: Answer) -> Judged:
    right, error = found.node >= 0 or not wanted, float("nan")
    own = _own(index, found)
    for name, value in wanted.items():
        if name == "coordinate":
            error, within = _distance(index, value, found)
            right = right and within
        elif name == "level":
            right = right and value in {str(found.level), found.level_name}
        elif name == "node":
            right = right and found.node >= 0 and str(index.uuid(found.node)) == value
        elif name == "name":
            right = right and normalise(value).text == found.name
        else:
            text = normalise(value).text
            right = right and own.get(name) == (str(number_value(text)) if name in _NUMBERED else text)
    return Judged(query, found.level_name, found, right, error)


def _own(index: GazetteerIndex, found: Answer) -> dict[str, str]:
    if found.node < 0:
        return {}
    own: dict[str, str] = {}
    sites = [index.site(at) for at in index.path(found.node) if index.site(at) >= 0]
    for at in [*index.path(found.node), *(each for site in sites for each in index.path(site))]:
        level, name = LEVELS[index.level(at)], index.name(at)
        own.setdefault(level, str(number_value(name)) if level in _NUMBERED else name)
    return own


def _distance(index: GazetteerIndex, value: str, found: Answer) -> tuple[float, bool]:
    lat, lon, tolerance = _coordinate(value)
    x, y = plane_of(index).project(np.array([[lon, lat]]))[0].tolist()
    error = float(np.hypot(found.x - x, found.y - y))
    return error, error <= tolerance


def _report(judged: list[Judged], expected: list[str], took: list[float], compare: Path | None) -> Evaluation:
    levels: dict[str, list[bool]] = {}
    for each in judged:
        levels.setdefault(each.answer.level_name, []).append(each.right)
    order = {name: number for number, name in enumerate(MATCH_LEVELS.values())}
    wrong = [(each, what) for each, what in zip(judged, expected, strict=True) if not each.right]
    wrong.sort(key=lambda pair: (-pair[0].answer.probability, pair[0].text))
    scores = score(judged)
    right = [each.text for each in judged if each.right]
    compared, turned = _compared(scores, right, compare)
    return Evaluation(
        scores=scores,
        by_level={
            name: (len(found), round(sum(found) / len(found), 4))
            for name, found in sorted(levels.items(), key=lambda pair: order[pair[0]])
        },
        per_second=round(len(took) / max(sum(took), 1e-9)),
        p99_ms=round(float(np.quantile(took, 0.99)) * 1000, 2) if took else 0.0,
        worst=[
            WorstCase(
                each.text,
                what,
                each.answer.name,
                each.answer.probability,
                None if each.error != each.error else round(each.error, 1),
            )
            for each, what in wrong[:_WORST]
        ],
        compared=compared,
        turned_wrong=turned,
        right=right,
    )


def _compared(
    scores: Scores, right: list[str], compare: Path | None
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    if compare is None:
        return {}, []
    try:
        earlier = json.loads(compare.read_text(encoding="utf-8"))
        before = {name: float(earlier["scores"][name]) for name in _COMPARED}
        was_right = [text for text in earlier["right"] if isinstance(text, str)]
    except (ValueError, KeyError, TypeError):
        raise BadInput(f"{compare.name} is no earlier report: write one with --save", file=compare.name) from None
    now = set(right)
    return {name: (before[name], getattr(scores, name)) for name in _COMPARED}, [
        text for text in was_right if text not in now
    ]
