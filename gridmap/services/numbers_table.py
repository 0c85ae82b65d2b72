"""数据总览: the numbers of every grid, community, section and the whole sub-district in one table.

The rows add up: a community is the sum of its grids, and the sub-district of its communities and of what no grid has.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from gridmap.model.cases import CLOSED_STATES
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.model.moments import SHANGHAI
from gridmap.services.numbers import numbers_by_grid
from gridmap.services.overview_values import BASE_KINDS
from gridmap.services.plan_land import plans_in_force, today
from gridmap.storage import audit, incidents, land, registers
from gridmap.storage.totals import total

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from gridmap.access import Scope
    from gridmap.services.plan_land import PlanInForce
    from gridmap.storage.database import Transaction

MONTHS = 12
MEASURES = (
    "households",
    "surveyed",
    "residents",
    "shops",
    "organisations",
    "social_organisations",
    "party_organisations",
    "key_places",
    "incidents",
    "overdue",
    "reported",
)
"""`incidents` are the open ones, `overdue` those among them past their deadline, `reported` all that are stored."""


@dataclass(frozen=True)
class AreaNumbers:
    """One row of the table.

    Parameters
    ----------
    level : str
        "subdistrict", "section", "community", "grid" or "unassigned" (what no grid has).
    code : str
        Of the area; a section has none and goes by its name.
    parent : str
        Code of the area above; empty for the sub-district.
    numbers : dict of str to int
        By the names in `MEASURES`.
    months : tuple of int
        Incidents reported in each of the last twelve months, this one last.
    """

    level: str
    code: str
    name: str
    parent: str
    numbers: dict[str, int]
    months: tuple[int, ...]


@dataclass(frozen=True)
class NumbersTable:
    """The table of the first sub-district.

    Parameters
    ----------
    months : tuple of str
        "2026-01" and so on, the last twelve.
    rows : tuple of AreaNumbers
        Every area after the one above it.
    layers : dict of str to int
        How many roads, waters, railways, compounds and buildings the base map has.
    """

    plan: str
    as_of: date
    months: tuple[str, ...]
    rows: tuple[AreaNumbers, ...]
    layers: dict[str, int]


@dataclass(frozen=True)
class _Share:
    numbers: Counter[str]
    months: tuple[int, ...]

    def __add__(self, other: _Share) -> _Share:
        return _Share(
            self.numbers + other.numbers, tuple(a + b for a, b in zip(self.months, other.months, strict=True))
        )


_NOTHING = _Share(Counter(), (0,) * MONTHS)


def table_revision(tx: Transaction, scope: Scope) -> str:
    """Return what changes whenever a number may have changed: with every write, and with the day."""
    return f"{audit.count(tx, scope)}-{today(tx)}"


def numbers_table(tx: Transaction, scope: Scope) -> NumbersTable:
    """Count everything by grid, and add it up.

    Raises
    ------
    NoPlan
        No plan is in force.
    """
    found = plans_in_force(tx)[0]
    months = _months(today(tx))
    shares = _shares(tx, scope, found, months)
    grids = [grid for grid in found.grids.values() if scope.unlimited or grid.community_id in scope.communities]
    rows: list[AreaNumbers] = []
    top = found.subdistrict.code
    whole = shares.get(None, _NOTHING)
    for section, communities in _by_section(tx, scope, found).items():
        below: list[AreaNumbers] = []
        sum_of_section = _NOTHING
        for code, name, community_id in communities:
            own = [grid for grid in grids if grid.community_id == community_id]
            share = sum((shares.get(grid.id, _NOTHING) for grid in own), _NOTHING)
            below.append(_row("community", code, name, section or top, share))
            below += [_row("grid", grid.code, grid.name, code, shares.get(grid.id, _NOTHING)) for grid in own]
            sum_of_section += share
        rows += [_row("section", section, section, top, sum_of_section)] if section else []
        rows += below
        whole += sum_of_section
    first = _row("subdistrict", top, found.subdistrict.name, "", whole)
    rest = _row("unassigned", "", "未定网格", top, shares.get(None, _NOTHING))
    layers = {name: registers.count(tx, scope, kind_named(name)) for name in BASE_KINDS}
    return NumbersTable(found.plan.name, today(tx), months, (first, *rows, rest), layers)


def _row(level: str, code: str, name: str, parent: str, share: _Share) -> AreaNumbers:
    return AreaNumbers(level, code, name, parent, {key: share.numbers[key] for key in MEASURES}, share.months)


def _by_section(tx: Transaction, scope: Scope, found: PlanInForce) -> dict[str, list[tuple[str, str, UUID]]]:
    sections: dict[str, list[tuple[str, str, UUID]]] = {}
    for each in land.communities(tx, scope, subdistrict_id=found.subdistrict.id):
        sections.setdefault(each.section, []).append((each.code, each.name, each.id))
    return sections


def _months(day: date) -> tuple[str, ...]:
    last = day.year * 12 + day.month - 1
    return tuple(f"{number // 12}-{number % 12 + 1:02d}" for number in range(last - MONTHS + 1, last + 1))


def _shares(tx: Transaction, scope: Scope, found: PlanInForce, months: tuple[str, ...]) -> dict[UUID | None, _Share]:
    """Count what each grid has; under None what is stored besides."""
    counted: dict[UUID | None, Counter[str]] = {
        grid_id: Counter(asdict(numbers)) for grid_id, numbers in numbers_by_grid(tx, scope, found).items()
    }
    by_month: dict[UUID | None, list[int]] = {}
    for grid_id, state, reported_at, deadline in incidents.moments(tx, scope):
        grid = grid_id if grid_id in counted else None
        numbers = counted.setdefault(grid, Counter())
        numbers["reported"] += 1
        numbers["overdue"] += _overdue(state, deadline, tx.now)
        numbers["incidents"] += state not in CLOSED_STATES and grid is None  # those of grids are counted already
        month = _month(reported_at)
        if month in months:
            by_month.setdefault(grid, [0] * MONTHS)[months.index(month)] += 1
    counted[None] = counted.get(None, Counter()) + _besides(tx, scope, counted)
    return {grid: _Share(numbers, tuple(by_month.get(grid, _NOTHING.months))) for grid, numbers in counted.items()}


def _overdue(state: str, deadline: datetime | None, now: datetime) -> bool:
    return state not in CLOSED_STATES and deadline is not None and deadline < now


def _month(moment: datetime | None) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m}" if moment else ""


def _besides(tx: Transaction, scope: Scope, counted: dict[UUID | None, Counter[str]]) -> Counter[str]:
    """Count what is stored and in no grid: the whole table less what the grids have."""
    rest: Counter[str] = Counter()
    for kind in ASSIGNED_KINDS:
        if kind.name == "incidents":
            continue
        whole = total(tx, scope, kind)
        rest[kind.name] = whole.records
        if kind.name == "households":
            rest["residents"], rest["surveyed"] = whole.residents, whole.surveyed
    for grid, numbers in counted.items():
        if grid is not None:
            rest.subtract({key: numbers[key] for key in rest})
    return rest
