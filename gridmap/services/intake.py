"""Rows of other systems into incidents: read, located, assigned; each row is accounted for.

A row is known by its number (工单编号): taking in the same rows again adds nothing, so that an interrupted run is
simply done again. Nothing here commits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers
from gridmap.errors import BadInput, CoordinatesRefused, GridmapError, NoPlan
from gridmap.files.vocabulary import fold, intake_words
from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import kind_named
from gridmap.services import taking
from gridmap.services.casework_rules import rules as current_rules
from gridmap.services.intake_places import Status
from gridmap.services.intake_steps import entry_step
from gridmap.services.plan_land import plans_in_force
from gridmap.services.reports import FIRST_STATE, Report
from gridmap.storage import assignments, audit, casework, registers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from shapely import Point

    from gridmap.files import Refusal, Row
    from gridmap.services.intake_places import Geocode, TextPlace
    from gridmap.services.intake_twins import Twin
    from gridmap.services.taking import Placed, Ready
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
    state : str
        As the other system has it; taken over where the ladder knows it.
    closed_at : datetime or None
        When the other system closed it.
    """

    row: int
    report: Report
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
    lon, lat : float or None
        Where it was taken to be, EPSG:4490.
    title, category, address, state, reported_at
        Of the incident.
    alike : int
        How many reports may be the same matter (疑似重复): rows of this sheet, and incidents that were there. A person
        decides.
    duplicates : list of Twin
        The likeliest of them.
    """

    row: int
    number: str
    status: Status
    why: str
    incident_id: UUID | None = None
    grid_code: str | None = None
    grid_name: str | None = None
    lon: float | None = None
    lat: float | None = None
    title: str = ""
    category: str = ""
    address: str = ""
    state: str = ""
    reported_at: datetime | None = None
    alike: int = 0
    duplicates: list[Twin] = field(default_factory=list)


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
    def alike(self) -> int:
        """How many of the new rows may be the same matter as another report."""
        return sum(each.alike > 0 for each in self.rows)

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
        home=str(values.get("home") or ""),
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
    known = _known(tx, orders)
    taken: dict[int, Taken] = {}
    ready: list[Ready] = []
    rows: list[Order] = []
    fresh = [order for order in orders if order.report.number not in known]
    places = taking.geocoded(geocode, [order.report for order in fresh])
    for order in fresh:
        try:
            ready.append(_ready(tx, order, places))
            rows.append(order)
        except GridmapError as error:
            taken[order.row] = Taken(order.row, order.report.number or "", Status.REFUSED, _chinese(error))
    for order in orders:
        if order.report.number in known:
            taken[order.row] = Taken(order.row, order.report.number or "", Status.KNOWN, "该工单编号已经导入")
    placed = taking.placed(tx, ready, held=not dry_run)
    _set_states(tx, rows, placed)
    grids = _grids(tx) if placed else {}
    for order, each in zip(rows, placed, strict=True):
        taken[order.row] = _taken(order, each, grids)
    if placed and not dry_run:
        _write(tx, rows, placed, file)
    return [taken[order.row] for order in orders]


def _known(tx: Transaction, orders: Sequence[Order]) -> set[str]:
    keys = [(order.report.number,) for order in orders if order.report.number]
    found = registers.existing_by_key(tx, Scope.everything(tx.actor), _INCIDENTS, keys)
    return {key[0] for key in found}


def _ready(tx: Transaction, order: Order, places: Mapping[str, TextPlace | None]) -> Ready:
    made = taking.ready(tx, order.report, places)
    if order.closed_at and order.closed_at < made.record["reported_at"]:
        raise BadInput("the order was closed before it was reported: correct one of the two", field="closed_at")
    return made


def _set_states(tx: Transaction, rows: Sequence[Order], placed: Sequence[Placed]) -> None:
    """Take over the state that another system has, where the ladder knows it."""
    rules = current_rules(tx)
    for order, each in zip(rows, placed, strict=True):
        ladder = rules.ladders[rules.profile(each.record["source"])]
        each.record["state"] = order.state if order.state in ladder.states else FIRST_STATE
        each.record["closed_at"] = order.closed_at if each.record["state"] in CLOSED_STATES else None


def _taken(order: Order, placed: Placed, grids: Mapping[UUID, tuple[str, str]]) -> Taken:
    verdict, record = placed.verdict, placed.record
    code, name = grids.get(verdict.grid_id, (None, None)) if verdict and verdict.grid_id else (None, None)
    words = ("title", "category", "address", "state", "reported_at")
    return Taken(
        order.row,
        record["number"],
        placed.status,
        placed.why,
        record["id"],
        code,
        name,
        *(placed.where.position or (None, None)),
        **{word: record[word] for word in words},
    )


def _grids(tx: Transaction) -> dict[UUID, tuple[str, str]]:
    try:
        return {grid.id: (grid.code, grid.name) for plan in plans_in_force(tx) for grid in plan.grids.values()}
    except NoPlan:
        return {}


def _write(tx: Transaction, rows: Sequence[Order], placed: Sequence[Placed], file: str) -> None:
    files = taking.opened(tx, current_rules(tx), placed)
    steps = [
        entry_step(tx, each.record, opened.level, order.closed_at)
        for order, each, opened in zip(rows, placed, files, strict=True)
        if each.record["state"] != FIRST_STATE
    ]
    registers.insert_many(tx, _INCIDENTS, [each.record for each in placed])
    assignments.put(tx, [each.verdict for each in placed if each.verdict])
    casework.add_files(tx, files)
    casework.add_steps(tx, steps)
    for order, each in zip(rows, placed, strict=True):
        detail = {"number": each.record["number"], "status": each.status.value, "row": order.row, "file": file}
        audit.record(tx, "intake", "incident", each.record["id"], detail=detail)


def _title(text: str) -> str:
    limit = int(intake_words()["untitled"])
    words = mask_numbers(text.strip())  # half of a number would not be known for one
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
        "lon, lat": "经度和纬度须同时填写",
        "closed_at": "办结时间早于受理时间，请核对",
    }
    if isinstance(error, CoordinatesRefused):
        return "位置不在可用的范围内，请核对经度、纬度和坐标系"
    return said.get(str(error.evidence.get("field", "")), f"这一行不能登记（{error.code}），请核对")
