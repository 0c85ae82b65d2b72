"""The file of a case: who has to act on it and until when, decided the moment that it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gridmap.access import Scope
from gridmap.casework.calendar import Limit, Unit
from gridmap.casework.clocks import Terms, due, terms_of
from gridmap.casework.duties import Facts, decide_duty
from gridmap.model.casework import CaseFile
from gridmap.model.land import GridKind
from gridmap.storage import casework as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import Pause
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction


@dataclass(frozen=True)
class Order:
    """What is known of an incident when its file is opened.

    Parameters
    ----------
    deadline, return_until : datetime or None
        The order's own deadline and 退单时限: they win.
    original : mapping or None
        The texts that came in, as they were.
    """

    incident_id: UUID
    source: str
    category: str
    begun: datetime
    deadline: datetime | None = None
    return_until: datetime | None = None
    original: Mapping[str, Any] | None = None


def open_file(tx: Transaction, rules: Rules, order: Order, verdict: Assignment | None) -> CaseFile:
    """Make the file of a case by its verdict; the caller writes it."""
    return open_files(tx, rules, [(order, verdict)])[0]


def open_files(tx: Transaction, rules: Rules, given: Sequence[tuple[Order, Assignment | None]]) -> list[CaseFile]:
    """Make the files of cases, with as many statements for a thousand as there are grids among them."""
    pairs = {(verdict.plan_id, verdict.grid_id) for _, verdict in given if verdict and verdict.grid_id}
    grids = store.grids_of_plans(tx, Scope.everything(tx.actor), pairs)
    workers = {pair: workers_of(tx, rules, grid) for pair, grid in grids.items()}
    files = []
    for order, verdict in given:
        pair = (verdict.plan_id, verdict.grid_id) if verdict and verdict.grid_id else None
        grid = grids.get(pair) if pair else None
        files.append(_file(rules, order, grid, *(workers[pair] if grid and pair else ("", ""))))
    return files


def _file(rules: Rules, order: Order, grid: GridOfPlan | None, worker: str, deputy: str) -> CaseFile:
    category = rules.catalogue.find(order.category)
    facts = Facts(
        source=order.source,
        category=category,
        at=order.begun,
        grid=grid.name or grid.code if grid else None,
        grid_kind=GridKind(grid.kind) if grid else None,
        area_codes=(grid.code, grid.community_code) if grid else (),
        worker=worker,
        community=grid.community_name if grid else None,
        street=grid.street if grid else None,
    )
    duty = decide_duty(rules.duties, facts, rules.calendar)
    terms = terms_of(
        rules.clocks,
        rules.calendar,
        begun=order.begun,
        source=order.source,
        category=category,
        fixed=order.deadline,
        return_until=order.return_until,
    )
    return CaseFile(
        incident_id=order.incident_id,
        profile=rules.profile(order.source),
        category_list=category.list if category else "",
        category_code=category.code if category else "",
        level=duty.level,
        holder=duty.holder,
        worker=worker,
        deputy=deputy,
        duty={
            "rule": duty.rule,
            "why": duty.why,
            "kind": duty.kind.value,
            "tried": [{"rule": each.rule, "said": each.said.value, "why": each.why} for each in duty.tried],
        },
        deadline_class=terms.kind,
        begun_at=terms.begun,
        limit_amount=terms.limit.amount if terms.limit else None,
        limit_unit=terms.limit.unit.value if terms.limit else None,
        fixed_deadline=terms.fixed,
        fixed_at=terms.fixed_at,
        return_until=terms.return_until,
        original=order.original,
    )


def terms_in(file: CaseFile) -> Terms:
    """Return the terms that stand in a file."""
    limit = Limit(file.limit_amount, Unit(file.limit_unit)) if file.limit_amount and file.limit_unit else None
    return Terms(file.deadline_class, file.begun_at, limit, file.fixed_deadline, file.fixed_at, file.return_until)


def spans(pauses: Sequence[Pause]) -> list[tuple[datetime, datetime | None]]:
    """Return pauses as the calendar takes them."""
    return [(pause.since, pause.until) for pause in pauses]


def due_at(rules: Rules, file: CaseFile, pauses: Sequence[Pause] = ()) -> datetime | None:
    """Return when a case is due; None without a deadline, and while it is paused."""
    return due(terms_in(file), rules.calendar, spans(pauses))


def grid_of(tx: Transaction, verdict: Assignment | None) -> GridOfPlan | None:
    """Return the grid of a verdict as its plan has it, whoever asks: the rules need it, views hide it."""
    if verdict is None or verdict.grid_id is None:
        return None
    pair = (verdict.plan_id, verdict.grid_id)
    return store.grids_of_plans(tx, Scope.everything(tx.actor), [pair]).get(pair)


def workers_of(tx: Transaction, rules: Rules, grid: GridOfPlan | None) -> tuple[str, str]:
    """Return A角 and B角 of a grid: its worker, or the first post in it that is filled, and the next."""
    if grid is None:
        return "", ""
    order = {title: number for number, title in enumerate(rules.duties.deputies)}
    posted = store.posts_of_grid(tx, Scope.everything(tx.actor), grid.code)
    names = [name for title, name in sorted(posted, key=lambda each: order.get(each[0], len(order))) if title in order]
    worker = grid.worker or next(iter(names), "")
    return worker, next((name for name in names if name != worker), "")


def holder_at(level: str, levels: Sequence[str], grid: GridOfPlan | None) -> str:
    """Name who has a case at a level of the ladder, where no unit is named."""
    named = [grid.name or grid.code, grid.community_name, grid.street] if grid else []
    number = levels.index(level)
    return named[number] if number < len(named) else level
