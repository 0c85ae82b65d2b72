"""The cases of a time as lines of a ledger: each with its grid, its times and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from gridmap.access import Scope
from gridmap.address.masking import mask_numbers
from gridmap.errors import BadInput
from gridmap.model.casework import TAKEN_OVER, DeadlineClass
from gridmap.model.moments import SHANGHAI, in_shanghai, require_year
from gridmap.services.case_history import today as grids_of_today
from gridmap.services.casework_rules import rules as current_rules
from gridmap.storage import case_ledger as store
from gridmap.storage import casework, incidents, land

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from gridmap.model.cases import Assignment
    from gridmap.model.casework import CaseFile
    from gridmap.services.casework_rules import Rules
    from gridmap.storage.case_ledger import LedgerStep
    from gridmap.storage.casework import GridOfPlan
    from gridmap.storage.database import Transaction
    from gridmap.storage.incidents import Case

MOST = 200_000  # cases of one ledger
NOBODY = "未归格"
_WORKED = frozenset({"待核实", "已核实", "已结案", "已评价", "自办结案"})
_SATISFIED = frozenset({"满意", "基本满意"})


@dataclass(frozen=True)
class LedgerCase:
    """A case as it is counted.

    Parameters
    ----------
    title, address, holder, worker, outcome : str
        In full: whoever writes them masks them.
    void : bool
        Merged, withdrawn or handed back: it does not count as reported.
    responded : bool
        Somebody has begun with it.
    worked : bool
        处置完毕: it waits to be verified, or is past that.
    closed : bool
        Nothing is left to do.
    closed_at : datetime or None
        None also where it came in closed and the other system did not say when.
    long_term : bool
        长期推进: it has no date to keep.
    rating : str
        Empty while nobody has rated it.
    grid, grid_name, community, section : str
        Of the day or of today, as the ledger was asked for; `NOBODY` where no grid has it.
    """

    number: str
    title: str
    address: str
    category: str
    source: str
    month: str
    state: str
    level: str
    holder: str
    worker: str
    reported_at: datetime
    deadline: datetime | None
    closed_at: datetime | None
    void: bool
    responded: bool
    worked: bool
    closed: bool
    long_term: bool
    rating: str
    outcome: str
    grid: str
    grid_name: str
    community: str
    section: str

    @property
    def satisfied(self) -> bool:
        """Whether who reported it is content."""
        return self.rating in _SATISFIED

    @property
    def in_time(self) -> bool:
        """Whether it was closed before its deadline; one without a deadline is, once it is closed."""
        return self.closed_at is not None and (self.deadline is None or self.closed_at <= self.deadline)

    def was_due(self, at: datetime) -> bool:
        """Whether it had to be closed by then, or is closed (应结案)."""
        return not self.void and (
            self.closed or (not self.long_term and self.deadline is not None and self.deadline <= at)
        )


@dataclass(frozen=True)
class Period:
    """From a day up to another one, both included, in Asia/Shanghai."""

    first: date
    last: date

    def bounds(self) -> tuple[datetime, datetime]:
        """Return when it begins, and when it is over.

        Raises
        ------
        BadInput
            It ends before it begins, or lies at the ends of the calendar.
        """
        require_year(self.first, "since")
        require_year(self.last, "until")
        if self.last < self.first:
            raise BadInput(f"the period ends {self.last}, before it begins {self.first}", field="until")
        begin = datetime.combine(self.first, time.min, SHANGHAI)
        end = datetime.combine(self.last, time.max, SHANGHAI)
        return begin, end


def ledger_cases(tx: Transaction, scope: Scope, period: Period, *, grids: str = "day") -> list[LedgerCase]:
    """Return the cases that were reported within a period, the earliest first.

    Parameters
    ----------
    grids : {"day", "today"}
        By the grid that each had on its day, or that it would have by the plans in force now.

    Raises
    ------
    BadInput
        The period ends before it begins, holds more cases than a ledger can, or `grids` is neither.
    """
    if grids not in {"day", "today"}:
        raise BadInput(f"grids is day or today, not {grids!r}", field="grids")
    begin, end = period.bounds()
    found = incidents.find(tx, scope, incidents.Filter(since=begin, until=end), limit=MOST + 1)
    if len(found) > MOST:
        raise BadInput(f"more than {MOST:,} cases: ask for a shorter period", field="since")
    ids = [case.incident.id for case in found]
    rules = current_rules(tx)
    verdicts = {case.incident.id: case.assignment for case in found}
    if grids == "today":
        verdicts |= grids_of_today(tx, ids)
    pairs = {(each.plan_id, each.grid_id) for each in verdicts.values() if each and each.grid_id}
    named = casework.grids_of_plans(tx, scope, pairs)
    sections = {each.id: each.section for each in land.communities(tx, Scope.everything(scope.actor))}
    files, steps = casework.files_of(tx, scope, ids), store.steps_of(tx, scope, ids)
    lines = []
    for case in found:
        incident_id = case.incident.id
        grid = _grid(verdicts[incident_id], named)
        lines.append(_line(rules, case, files.get(incident_id), steps.get(incident_id, ()), grid, sections))
    return sorted(lines, key=lambda line: (line.reported_at, line.number))


def _grid(verdict: Assignment | None, named: Mapping[tuple[UUID, UUID], GridOfPlan]) -> GridOfPlan | None:
    return named.get((verdict.plan_id, verdict.grid_id)) if verdict and verdict.grid_id else None


def _line(
    rules: Rules,
    case: Case,
    file: CaseFile | None,
    steps: Sequence[LedgerStep],
    grid: GridOfPlan | None,
    sections: Mapping[UUID, str],
) -> LedgerCase:
    incident = case.incident
    ladder = rules.ladders[file.profile if file else ""]
    state = incident.state or ladder.first[-1]
    closed = ladder.states.get(state, False)
    reported = (incident.reported_at or datetime.fromtimestamp(0, SHANGHAI)).astimezone(SHANGHAI)
    rating = next((str(step.given.get("outcome", "")) for step in reversed(steps) if step.move == "评价"), "")
    category = rules.catalogue.find(incident.category)
    return LedgerCase(
        number=incident.number,
        title=incident.title,
        address=incident.address,
        category=category.name if category else mask_numbers(incident.category) or "未分类",
        source=mask_numbers(incident.source) or "未注明",
        month=f"{reported:%Y-%m}",
        state=state,
        level=file.level if file else "",
        holder=file.holder if file else "",
        worker=file.worker if file else "",
        reported_at=reported,
        deadline=incident.deadline.astimezone(SHANGHAI) if incident.deadline else None,
        closed_at=in_shanghai(incident.closed_at) if closed else None,
        void=state in ladder.void,
        responded=state not in ladder.first or any(step.move != TAKEN_OVER for step in steps),
        worked=state in _WORKED,
        closed=closed,
        long_term=state == "长期推进" or bool(file and file.deadline_class is DeadlineClass.LONG_TERM),
        rating=rating,
        outcome=(file.outcome or "") if file else "",
        grid=grid.code if grid else NOBODY,
        grid_name=(grid.name or grid.code) if grid else NOBODY,
        community=grid.community_name if grid else NOBODY,
        section=(sections.get(grid.community_id) or "未分片") if grid else NOBODY,
    )
