"""The dispatcher's board (事件办理): what is to be done, with counts for every filter, and reports that look alike.

Everything visible is read once and kept until somebody writes; how the clocks stand is worked out for every answer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.access import Mask, Scope, mask
from gridmap.address.masking import mask_numbers
from gridmap.casework.clocks import Clock, Terms, clock, terms_of
from gridmap.casework.duplicates import Register, Told, near_in, register
from gridmap.datum import Plane
from gridmap.model.cases import CLOSED_STATES, Reason
from gridmap.model.moments import in_shanghai
from gridmap.services.case_opening import holder_at, spans, terms_in
from gridmap.services.casework_rules import rules as current_rules
from gridmap.storage import audit, batches, casework, incidents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile, Pause
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

MOST = 200_000  # cases of an office; more than any sub-district has in a decade
PLACES = 5_000  # places that a map can show apart
FACETS = ("state", "clock", "level", "category", "community", "place", "month")


@dataclass(frozen=True)
class BoardRow:
    """A case as a line of the board; nothing personal in it.

    Parameters
    ----------
    place : str
        How sure its grid is: manual, listed, inside, review (边界待核), edge, outside or unlocated.
    clock : str
        正常, 临期 or 超期; empty when it is closed and nobody knows since when.
    near : int
        How many reports may be the same matter; 0 for a case that is closed.
    """

    id: str
    number: str
    title: str
    state: str
    closed: bool
    clock: str
    paused: bool
    deadline: datetime | None
    closed_at: datetime | None
    reported_at: datetime | None
    level: str
    holder: str
    place: str
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    category: str
    source: str
    address: str
    lon: float | None
    lat: float | None
    batch: str | None = None
    near: int = 0


@dataclass(frozen=True)
class Wanted:
    """What of the board is asked for; an empty part asks for nothing. `stage` is open, closed or all.

    Parameters
    ----------
    free : bool
        Only cases that are on no list of 五单.
    """

    stage: str = "open"
    text: str = ""
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    order: str = "newest"
    limit: int = 50
    offset: int = 0
    free: bool = False


@dataclass(frozen=True)
class Board:
    """A part of the board.

    Parameters
    ----------
    registered : int
        All visible cases, whatever is asked for: it grows by one with every report.
    counts : mapping of str to mapping of str to int
        For every facet, how many cases each of its values would show, the other filters as they are.
    places : list of (id, lon, lat, clock, number)
        Where the cases asked for are, at most `PLACES`, the first ones of the order.
    """

    registered: int
    total: int
    stages: dict[str, int]
    counts: dict[str, dict[str, int]]
    items: list[BoardRow]
    places: list[tuple[str, float, float, str, str]]


@dataclass(frozen=True)
class Known:
    """A case that was read: its line without a clock, and what its clock is made of. `until` is when it was ended."""

    row: dict[str, Any]
    id: UUID
    terms: Terms | None
    deadline: datetime | None
    pauses: list[tuple[datetime, datetime | None]]
    until: datetime | None
    told: Told | None
    words: str


@dataclass(frozen=True, eq=False)
class KnownCases:
    """Every visible case, the latest first, where they lie in the plane (nan: nowhere), and among which to look."""

    plane: Plane | None
    cases: list[Known]
    xy: NDArray[np.float64]
    among: Register


@dataclass
class BoardCache:
    """What was read last, kept by the caller for one database."""

    key: tuple[Scope, int, int] | None = None
    known: KnownCases | None = None
    guard: Lock = field(default_factory=Lock)


def board(tx: Transaction, scope: Scope, cache: BoardCache, wanted: Wanted) -> Board:
    """Return the cases asked for, with counts for every filter."""
    rules = current_rules(tx)
    known = known_cases(tx, scope, cache)
    text = wanted.text.strip().casefold()
    found = [i for i, each in enumerate(known.cases) if text in each.words]
    if wanted.free:
        found = [i for i in found if known.cases[i].row["batch"] is None]
    stages = {"open": sum(not known.cases[i].row["closed"] for i in found), "all": len(found)}
    stages["closed"] = stages["all"] - stages["open"]
    if wanted.stage != "all":
        found = [i for i in found if known.cases[i].row["closed"] == (wanted.stage == "closed")]
    rows = {i: known.cases[i].row | {"clock": _clock(rules, known.cases[i], tx.now)} for i in found}
    counts = {facet: _counted(rows, _kept(rows, found, wanted, facet), facet) for facet in FACETS}
    kept = sorted(_kept(rows, found, wanted, ""), key=_order(rows, wanted.order))
    page = kept[wanted.offset : wanted.offset + wanted.limit]
    return Board(
        registered=len(known.cases),
        total=len(kept),
        stages=stages,
        counts=counts,
        items=[BoardRow(**rows[i], near=_near(known, i)) for i in page],
        places=[
            (rows[i]["id"], rows[i]["lon"], rows[i]["lat"], rows[i]["clock"], rows[i]["number"])
            for i in kept
            if rows[i]["lon"] is not None
        ][:PLACES],
    )


def known_cases(tx: Transaction, scope: Scope, cache: BoardCache) -> KnownCases:
    """Return every visible case; read again only after somebody wrote, or the rules changed."""
    rules = current_rules(tx)
    key = (scope, audit.count(tx, Scope.everything(scope.actor)), id(rules))  # others write too
    with cache.guard:
        if cache.known is None or cache.key != key:
            cache.known, cache.key = _read(tx, scope, rules), key
        return cache.known


def _read(tx: Transaction, scope: Scope, rules: Rules) -> KnownCases:
    cases = incidents.find(tx, scope, limit=MOST)
    ids = [case.incident.id for case in cases]
    files, pauses = casework.files_of(tx, scope, ids), casework.pauses_of(tx, scope, ids)
    listed = _listed(tx)
    verdicts = [case.assignment for case in cases if case.assignment]
    grids = casework.grids_of_plans(tx, scope, {(each.plan_id, each.grid_id) for each in verdicts if each.grid_id})
    lonlat = np.array([[np.nan if v is None else v for v in (case.incident.lon, case.incident.lat)] for case in cases])
    lonlat = lonlat.reshape(-1, 2)
    placed = np.isfinite(lonlat).all(axis=1)
    plane = Plane.near(lonlat[placed]) if placed.any() else None
    xy = np.full(lonlat.shape, np.nan)
    if plane is not None:
        xy[placed] = plane.project(lonlat[placed])
    known = []
    for case, at in zip(cases, xy.tolist(), strict=True):
        incident, verdict = case.incident, case.assignment
        file = files.get(incident.id)
        grid = grids.get((verdict.plan_id, verdict.grid_id)) if verdict and verdict.grid_id else None
        seen = scope.unlimited or case.community_id in scope.communities
        row = _row(rules, case, file, grid, pauses.get(incident.id, ()), seen=seen)
        words = "\n".join(str(row[name] or "") for name in ("number", "title", "address", "grid_name", "grid_code"))
        known.append(
            Known(
                row=row | {"batch": listed.get(incident.id)},
                id=incident.id,
                terms=_terms(rules, case, file),
                deadline=incident.deadline,
                pauses=spans(pauses.get(incident.id, ())),
                until=incident.closed_at,
                told=_told(rules, case, (at[0], at[1]) if np.isfinite(at).all() else None),
                words=words.casefold(),
            )
        )
    return KnownCases(plane, known, xy, register([each.told for each in known if each.told]))


def _listed(tx: Transaction) -> dict[UUID, str]:
    """Return on which list of 五单 each case is, by number: on one at most."""
    everything = Scope.everything(tx.actor)
    numbers = {each.id: each.number for each in batches.batches(tx, everything, closed=False)}
    here = batches.cases_of(tx, everything, list(numbers))
    return {each.incident_id: numbers[each.batch_id] for each in here if each.left_at is None}


def _row(
    rules: Rules, case: Case, file: CaseFile | None, grid: GridOfPlan | None, pauses: Sequence[Pause], *, seen: bool
) -> dict[str, Any]:
    incident, levels = case.incident, rules.ladders[file.profile if file else ""].levels
    level = file.level if file else levels[0]
    holder = file.holder if file else holder_at(level, levels, grid) if grid else ""
    worker = file.worker if file else grid.worker if grid else ""
    category = rules.catalogue.find(incident.category)
    return {
        "id": str(incident.id),
        "number": incident.number,
        "title": mask_numbers(incident.title),
        "state": incident.state or rules.ladders[""].first[-1],
        "closed": incident.state in CLOSED_STATES,
        "paused": bool(pauses and pauses[-1].until is None),
        "deadline": in_shanghai(incident.deadline),
        "closed_at": in_shanghai(incident.closed_at),
        "reported_at": in_shanghai(incident.reported_at),
        "level": level,
        "holder": mask_numbers(holder) if seen else "",
        "place": place_of(case.assignment),
        "grid_code": grid.code if grid else None,
        "grid_name": grid.name if grid else None,
        "community_code": grid.community_code if grid else None,
        "community_name": grid.community_name if grid else None,
        "worker": mask(worker, Mask.NAME) if seen else "",
        "category": category.name if category else mask_numbers(incident.category),
        "source": mask_numbers(incident.source),
        "address": mask_numbers(incident.address),
        "lon": incident.lon,
        "lat": incident.lat,
    }


def place_of(verdict: Assignment | None) -> str:
    """Name how sure the grid of a case is: its reason, or review where the position reaches over a border."""
    if verdict is None:
        return Reason.UNLOCATED.value
    if verdict.reason is Reason.INSIDE and verdict.review:
        return "review"
    return verdict.reason.value


def _terms(rules: Rules, case: Case, file: CaseFile | None) -> Terms | None:
    incident = case.incident
    if file:
        return terms_in(file)
    if incident.reported_at is None:
        return None
    return terms_of(  # a record that was imported without a file
        rules.clocks,
        rules.calendar,
        begun=incident.reported_at,
        source=incident.source,
        category=rules.catalogue.find(incident.category),
        fixed=incident.deadline,
    )


def _told(rules: Rules, case: Case, xy: tuple[float, float] | None) -> Told | None:
    incident = case.incident
    if incident.reported_at is None or incident.state in rules.ladders[""].void:
        return None
    category = rules.catalogue.find(incident.category)
    return Told(incident.id, xy, incident.reported_at, category, incident.category, incident.address.strip())


def _clock(rules: Rules, case: Known, now: datetime) -> str:
    if case.row["closed"] and case.until is None:
        return ""
    if case.terms is None:
        return Clock.NORMAL.value
    return clock(case.terms, case.deadline, case.until or now, rules.clocks.soon, case.pauses).value


def _near(known: KnownCases, index: int) -> int:
    """Count the reports that may be the same matter, by the rule of the case's category."""
    own = known.cases[index]
    if own.told is None or own.row["closed"]:
        return 0
    return near_in(known.among, own.told, 0)[0]


def _value(row: Mapping[str, Any], facet: str) -> str:
    if facet == "community":
        return row["community_name"] or ""
    if facet == "month":
        return f"{row['reported_at']:%Y-%m}" if row["reported_at"] else ""
    return str(row[facet] or "")


def _kept(rows: Mapping[int, Mapping[str, Any]], found: Sequence[int], wanted: Wanted, but: str) -> list[int]:
    asked = [(facet, set(words)) for facet, words in wanted.chosen.items() if words and facet != but]
    return [i for i in found if all(_value(rows[i], facet) in words for facet, words in asked)]


def _counted(rows: Mapping[int, Mapping[str, Any]], found: Sequence[int], facet: str) -> dict[str, int]:
    counted = Counter(_value(rows[i], facet) for i in found)
    return dict(sorted(counted.items(), key=lambda each: (-each[1], each[0])))


def _order(rows: Mapping[int, Mapping[str, Any]], order: str) -> Callable[[int], Any]:
    if order == "newest":  # as they were read
        return lambda i: i
    late = {Clock.OVERDUE.value: 0, Clock.SOON.value: 1}
    return lambda i: (
        late.get(rows[i]["clock"], 2),
        rows[i]["deadline"] is None,
        rows[i]["deadline"].timestamp() if rows[i]["deadline"] else 0.0,
        i,
    )
