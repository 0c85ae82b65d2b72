"""Rows of other systems into incidents: read, located, assigned; each row is accounted for.

A row is known by its number (工单编号): taking in the same rows again adds nothing, so that an interrupted run is
simply done again. Nothing here commits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gridmap.access import Scope
from gridmap.errors import BadInput, GridmapError, NoPlan
from gridmap.files.vocabulary import fold, intake_words
from gridmap.model.kinds import kind_named
from gridmap.services.assigning import decide, decide_now
from gridmap.services.case_opening import due_at, open_file
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.incidents import FIRST_STATE, Report, order_of, record_of
from gridmap.services.intake_places import Status, doubted, status_of, texts_of, whereabouts
from gridmap.services.intake_steps import entry_step
from gridmap.services.plan_land import plans_in_force
from gridmap.storage import assignments, audit, casework, registers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray
    from shapely import Point

    from gridmap.files import Refusal, Row
    from gridmap.model.cases import Assignment
    from gridmap.model.kinds import Kind
    from gridmap.services.assigning import Located
    from gridmap.services.casework_rules import Rules
    from gridmap.services.intake_places import Geocode, Texts, Whereabouts
    from gridmap.storage.database import Transaction

_INCIDENTS = kind_named("incidents")
_PERSONAL = {"home", "reporter", "phone"}


@dataclass(frozen=True)
class Order:
    """A row on its way in.

    Parameters
    ----------
    row : int
        As the user sees it in the sheet; a position from 1 where there is none.
    home : str
        The caller's address, where a column says it.
    state : str
        As the other system has it; taken over where the ladder knows it.
    closed_at : datetime or None
        When the other system closed it.
    """

    row: int
    report: Report
    home: str = ""
    state: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True)
class Taken:
    """What became of a row.

    Parameters
    ----------
    why : str
        Chinese: what a person has to look at, or why it is refused.
    grid_code, grid_name : str or None
        Also for 边界待核, where a grid has it until a person decides.
    """

    row: int
    number: str
    status: Status
    why: str
    incident_id: UUID | None = None
    grid_code: str | None = None
    grid_name: str | None = None


@dataclass
class IntakeReport:
    """What became of every row: the counts add up to the total."""

    file: str = ""
    profile: str = ""
    total: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {status.value: 0 for status in Status})
    rows: list[Taken] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many rows have become incidents."""
        return self.counts[Status.ASSIGNED] + self.counts[Status.DOUBTFUL] + self.counts[Status.UNLOCATED]

    def add(self, taken: Sequence[Taken]) -> None:
        """Count rows."""
        self.total += len(taken)
        for status, count in Counter(each.status for each in taken).items():
            self.counts[status.value] += count
        self.rows.extend(taken)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        """Count the rows that the reader refused, each once however much is wrong with it."""
        reasons: dict[int, list[str]] = {}
        for refusal in refusals:
            reasons.setdefault(refusal.row, []).append(refusal.reason)
        self.add([Taken(row, "", Status.REFUSED, "；".join(reason)) for row, reason in reasons.items()])
        self.refusals.extend(refusals)


def profile_of_columns(columns: Sequence[str]) -> str:
    """Tell from its columns which system exported a sheet; empty when they speak for none."""
    found = {fold(column) for column in columns}
    scores = {
        name: len(found & {fold(mark) for mark in profile["marks"]})
        for name, profile in intake_words()["profiles"].items()
    }
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] else ""


def order_in(row: Row, profile: str, source: str = "") -> Order:
    """Make an order of a readable row of a sheet.

    Parameters
    ----------
    profile : str
        As `profile_of_columns`.
    source : str
        Said by the caller for rows that name none; else that of the profile.
    """
    values = dict(row.values)
    description, address = str(values.get("description") or ""), str(values.get("address") or "")
    category = str(values.get("category") or values.get("group") or "")
    point = cast("Point | None", row.geometry)  # the kind has points alone
    report = Report(
        title=str(values.get("title") or "") or _title(description or address or category),
        description=description,
        address=address,
        reporter=str(values.get("reporter") or ""),
        phone=str(values.get("phone") or ""),
        category=category,
        source=str(values.get("source") or source or intake_words()["profiles"].get(profile, {}).get("source", "")),
        lon=point.x if point is not None else None,
        lat=point.y if point is not None else None,
        accuracy=_number(values.get("accuracy")),
        building=_maybe(values.get("building")),
        floor=values.get("floor"),  # type: ignore[arg-type] # the reader has made it an integer
        number=str(values["number"]),
        reported_at=values.get("reported_at"),  # type: ignore[arg-type] # and these moments
        deadline=values.get("deadline"),  # type: ignore[arg-type]
        return_until=values.get("return_until"),  # type: ignore[arg-type]
        original={"row": row.number, "columns": _impersonal(row)},
    )
    return Order(
        row.number,
        report,
        home=str(values.get("home") or ""),
        state=str(values.get("state") or ""),
        closed_at=values.get("closed_at"),  # type: ignore[arg-type]
    )


def take_in(
    tx: Transaction, orders: Sequence[Order], geocode: Geocode, *, dry_run: bool = False, file: str = ""
) -> list[Taken]:
    """Locate rows, give each its grid, and write the new ones; what a number is known of is left as it is.

    Parameters
    ----------
    dry_run : bool
        Say what would become of them; nothing is written.
    file : str
        Name of the sheet, for the audit.
    """
    rules = current_rules(tx)
    known = _known(tx, orders)
    taken: dict[int, Taken] = {}
    ready: list[tuple[Order, Whereabouts, dict[str, Any]]] = []
    fresh = [order for order in orders if order.report.number not in known]
    texts = [texts_of(order.report, order.home) for order in fresh]
    places = _geocoded(geocode, texts)
    for order, said in zip(fresh, texts, strict=True):
        try:
            where = whereabouts(order.report, said, places.get(said.matter))
            ready.append((order, where, _record(tx, order, where)))
        except GridmapError as error:
            taken[order.row] = Taken(order.row, order.report.number or "", Status.REFUSED, _chinese(error))
    for order in orders:
        if order.report.number in known:
            taken[order.row] = Taken(order.row, order.report.number or "", Status.KNOWN, "该工单编号已经导入")
    taken.update(_decided(tx, rules, ready, file, dry_run=dry_run))
    return [taken[order.row] for order in orders]


def _known(tx: Transaction, orders: Sequence[Order]) -> set[str]:
    keys = [(order.report.number,) for order in orders if order.report.number]
    found = registers.existing_by_key(tx, Scope.everything(tx.actor), _INCIDENTS, keys)
    return {key[0] for key in found}


def _geocoded(geocode: Geocode, texts: Sequence[Texts]) -> dict[str, Any]:
    asked = sorted({each.matter for each in texts if each.matter})
    return dict(zip(asked, geocode(asked), strict=True)) if asked else {}


def _record(tx: Transaction, order: Order, where: Whereabouts) -> dict[str, Any]:
    """Make the row of an incident, with the place that was found."""
    report = order.report
    lon, lat = where.position or (None, None)
    record = record_of(
        tx,
        replace(
            report, address=where.texts.matter or report.address, lon=lon, lat=lat, crs="EPSG:4490",
            accuracy=where.accuracy,
        ),
    )  # fmt: skip
    if order.closed_at and order.closed_at < record["reported_at"]:
        raise BadInput("办结时间早于受理时间，请核对", field="closed_at")
    order_of(record, report)  # refuses a deadline that cannot be, before anything is written
    return record


def _decided(
    tx: Transaction,
    rules: Rules,
    ready: Sequence[tuple[Order, Whereabouts, dict[str, Any]]],
    file: str,
    *,
    dry_run: bool,
) -> dict[int, Taken]:
    if not ready:
        return {}
    records = [record for _, _, record in ready]
    lonlat = np.array([where.position or (np.nan, np.nan) for _, where, _ in ready], dtype=np.float64)
    columns = {name: [record[name] for record in records] for name in ("accuracy", "building", "floor")}
    give = _decided_unheld if dry_run else decide_now
    located = give(tx, _INCIDENTS, [record["id"] for record in records], lonlat, columns)
    verdicts: list[Assignment | None] = (
        [doubted(each, where) for each, (_, where, _) in zip(located.assignments, ready, strict=True)]
        if located
        else [None] * len(ready)
    )
    grids = _grids(tx) if located else {}
    taken = {}
    for (order, where, record), verdict in zip(ready, verdicts, strict=True):
        status, why = status_of(where, verdict)
        grid = grids.get(verdict.grid_id) if verdict and verdict.grid_id else None
        code, name = grid or (None, None)
        taken[order.row] = Taken(order.row, record["number"], status, why, record["id"], code, name)
    if not dry_run:
        communities = located.community_ids if located else [None] * len(ready)
        _write(tx, rules, ready, verdicts, communities, taken, file)
    return taken


def _decided_unheld(
    tx: Transaction, kind: Kind, ids: Sequence[UUID], lonlat: NDArray[np.float64], columns: dict[str, list[Any]]
) -> Located | None:
    """Decide without holding the plan: a transaction that only reads cannot."""
    try:
        return decide(kind, ids, lonlat, columns, plans_in_force(tx))
    except NoPlan:
        return None


def _grids(tx: Transaction) -> dict[UUID, tuple[str, str]]:
    return {grid.id: (grid.code, grid.name) for plan in plans_in_force(tx) for grid in plan.grids.values()}


def _write(
    tx: Transaction,
    rules: Rules,
    ready: Sequence[tuple[Order, Whereabouts, dict[str, Any]]],
    verdicts: Sequence[Assignment | None],
    communities: Sequence[UUID | None],
    taken: Mapping[int, Taken],
    file: str,
) -> None:
    files, steps = [], []
    for (order, where, record), verdict, community in zip(ready, verdicts, communities, strict=True):
        outcome = taken[order.row]
        place = where.told | {"status": outcome.status.value, "why": outcome.why}
        original = dict(order.report.original or {}) | {"address": order.report.address, "place": place}
        opened = open_file(tx, rules, order_of(record, replace(order.report, original=original)), verdict)
        record["community_id"] = community
        record["deadline"] = due_at(rules, opened)
        ladder = rules.ladders[opened.profile]
        record["state"] = order.state if order.state in ladder.states else FIRST_STATE
        files.append(opened)
        if record["state"] != FIRST_STATE:
            steps.append(entry_step(tx, record, order, opened.level))
    registers.insert_many(tx, _INCIDENTS, [record for _, _, record in ready])
    assignments.put(tx, [verdict for verdict in verdicts if verdict])
    for opened in files:
        casework.put_file(tx, opened)
    for step in steps:
        casework.add_step(tx, step)
    for order, _, record in ready:
        detail = {"number": record["number"], "status": taken[order.row].status.value, "row": order.row, "file": file}
        audit.record(tx, "intake", "incident", record["id"], detail=detail)


def _title(text: str) -> str:
    limit = int(intake_words()["untitled"])
    words = text.strip()
    return words if len(words) <= limit else words[:limit] + "…"


def _number(value: object) -> float:
    return max(float(value), 0.0) if isinstance(value, (int, float)) else 0.0


def _maybe(value: object) -> str | None:
    return str(value) if value else None


def _impersonal(row: Row) -> dict[str, str]:
    """Keep the cells as they came, but for those that stand in the incident already and are personal."""
    personal = {str(row.values[name]) for name in _PERSONAL if row.values.get(name)}
    return {column: text for column, text in row.original.items() if text and text.strip() not in personal}


def _chinese(error: GridmapError) -> str:
    """Say in Chinese what is wrong with a row."""
    said = {
        "title": "没有标题、内容和地址，无法登记，请补填",
        "reported_at": "受理时间在将来或太久以前，请核对",
        "deadline": "办结时限早于受理时间，请核对",
        "return_until": "退单时限早于受理时间，请核对",
    }
    return said.get(str(error.evidence.get("field", "")), error.message)
