"""响应率、解决率、满意率、结案率、按期结案率、处置率: each with the cases that it was counted from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gridmap.errors import BadInput
from gridmap.services.case_ledger import ledger_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gridmap.access import Scope
    from gridmap.services.case_ledger import LedgerCase, Period
    from gridmap.storage.database import Transaction

_MOST_UNKNOWN = 0.05  # share of closings without a time beyond which a rate of closings in time says nothing
GROUPS: dict[str, tuple[str, Callable[[LedgerCase], str]]] = {
    "all": ("全街道", lambda _: "合计"),
    "grid": ("网格", lambda case: f"{case.grid_name} {case.grid}" if case.grid_name != case.grid else case.grid),
    "community": ("社区", lambda case: case.community),
    "section": ("片区", lambda case: case.section),
    "category": ("类别", lambda case: case.category),
    "source": ("来源", lambda case: case.source),
    "month": ("月份", lambda case: case.month),
}
"""What cases can be grouped by: the Chinese heading, and the group of a case."""


@dataclass(frozen=True)
class Rate:
    """A share of cases, with the numbers of those that count and of those that they are a share of.

    Parameters
    ----------
    told : str
        What is counted, in Chinese.
    """

    name: str
    told: str
    counted: tuple[str, ...]
    of: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there is nothing to be a share of."""
        return len(self.counted) / len(self.of) if self.of else None

    @property
    def words(self) -> str:
        """The share as it is written: 93.7%, or —."""
        return "—" if self.share is None else f"{self.share:.1%}"


RATES: dict[str, tuple[str, Callable[[LedgerCase, datetime], bool], Callable[[LedgerCase, datetime], bool]]] = {
    "响应率": ("已受理或已开始办理的 ÷ 上报数", lambda c, _: c.responded, lambda c, _: not c.void),
    "处置率": ("处置完毕的（待核实及以后） ÷ 上报数", lambda c, _: c.worked, lambda c, _: not c.void),
    "结案率": (
        "已结案的 ÷ 应结案数（已结案，或期限已到且不属长期推进）",
        lambda c, _: c.closed,
        lambda c, at: c.was_due(at),
    ),
    "按期结案率": (
        "期限内结案的 ÷ 应结案数（不含结案时间不明的）",
        lambda c, _: c.in_time,
        lambda c, at: c.was_due(at) and not (c.closed and c.closed_at is None),
    ),
    "解决率": (
        "已结案且未被评为不满意的 ÷ 上报数",
        lambda c, _: c.closed and c.rating != "不满意",
        lambda c, _: not c.void,
    ),
    "满意率": (
        "评价为满意、基本满意的 ÷ 已评价数",
        lambda c, _: c.satisfied,
        lambda c, _: not c.void and bool(c.rating),
    ),
}
"""What each rate counts, and which cases it is a share of. Cases handed back, withdrawn or merged count nowhere."""


@dataclass(frozen=True)
class Group:
    """The numbers of a group of cases.

    Parameters
    ----------
    reported, due, closed, overdue : tuple of str
        Numbers of the cases: 上报数, 应结案数, 结案数, 超期未结数.
    unknown : tuple of str
        Closed, and nobody knows when.
    """

    name: str
    reported: tuple[str, ...]
    due: tuple[str, ...]
    closed: tuple[str, ...]
    overdue: tuple[str, ...]
    unknown: tuple[str, ...]
    rates: tuple[Rate, ...]


def rates_by(
    tx: Transaction, scope: Scope, period: Period, by: str = "community", *, grids: str = "day"
) -> list[Group]:
    """Count the rates of a period by group; the first group is everything.

    Raises
    ------
    BadInput
        No such grouping, or as `ledger_cases`.
    """
    if by not in GROUPS:
        raise BadInput(f"cases are grouped by {', '.join(GROUPS)}, not {by!r}", field="by")
    cases = ledger_cases(tx, scope, period, grids=grids)
    return grouped(cases, by, tx.now)


def grouped(cases: Sequence[LedgerCase], by: str, at: datetime) -> list[Group]:
    """Count the rates of cases by group as of a moment; the first group is everything."""
    key = GROUPS[by][1]
    groups: dict[str, list[LedgerCase]] = {}
    for case in cases:
        groups.setdefault(key(case), []).append(case)
    whole = [group_of("合计", cases, at)]
    return whole if by == "all" else whole + [group_of(name, groups[name], at) for name in sorted(groups)]


def group_of(name: str, cases: Sequence[LedgerCase], at: datetime) -> Group:
    """Count the rates of cases as of a moment.

    Where too many were closed nobody knows when, 按期结案率 is not told: those still open would stand for all.
    """
    valid = [case for case in cases if not case.void]
    due = [case for case in valid if case.was_due(at)]
    unknown = [case for case in due if case.closed and case.closed_at is None]
    rates = {rate: _rate(rate, valid, at) for rate in RATES}
    if len(unknown) > _MOST_UNKNOWN * len(due):
        rates["按期结案率"] = replace(rates["按期结案率"], told="结案时间不明的过多，不作统计", counted=(), of=())
    return Group(
        name=name,
        reported=_numbers(valid),
        due=_numbers(due),
        closed=_numbers(case for case in valid if case.closed),
        overdue=_numbers(
            case
            for case in valid
            if not case.closed and not case.long_term and case.deadline is not None and case.deadline <= at
        ),
        unknown=_numbers(unknown),
        rates=tuple(rates.values()),
    )


def _rate(name: str, cases: Sequence[LedgerCase], at: datetime) -> Rate:
    told, counts, among = RATES[name]
    of = [case for case in cases if among(case, at)]
    return Rate(name, told, _numbers(case for case in of if counts(case, at)), _numbers(of))


def _numbers(cases: Iterable[LedgerCase]) -> tuple[str, ...]:
    return tuple(case.number for case in cases)
