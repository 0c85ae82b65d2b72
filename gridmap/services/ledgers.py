"""六定台账 and 销号 as workbooks, and the half-year report whose numbers can be traced to their rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from gridmap.access import Mask, Scope, mask
from gridmap.address.masking import mask_numbers
from gridmap.files.documents import Heading, Paragraph, Table, document_bytes
from gridmap.files.sheets import write_workbook
from gridmap.model.moments import SHANGHAI
from gridmap.services.case_ledger import ledger_cases
from gridmap.services.rates import GROUPS, RATES, group_of, grouped
from gridmap.storage import audit, land

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from gridmap.files.documents import Part
    from gridmap.services.case_ledger import LedgerCase, Period
    from gridmap.services.rates import Group
    from gridmap.storage.database import Transaction

SIX = (
    "序号",
    "工单编号",
    "定目标",
    "定任务",
    "定标准",
    "定时间",
    "定人员",
    "定责任",
    "所属网格",
    "所属社区",
    "片区",
    "办理状态",
)
CLOSED = ("序号", "工单编号", "任务", "责任单位", "责任人", "办理期限", "销号时间", "是否按期", "办理结果", "群众评价")
RATE_HEADER = ("上报数", "应结案数", "结案数", "超期未结数", "结案时间不明", *RATES)
_SHOWN = 6  # groups named in the text; the tables have all
_IN_TEXT = ("community", "category", "source", "month")


def write_ledger(
    tx: Transaction,
    scope: Scope,
    period: Period,
    path: Path,
    *,
    grids: str = "day",
    unmask_reason: str | None = None,
) -> tuple[int, int]:
    """Write the 六定台账, what was struck off (销号), and the rates of a period as one workbook.

    Parameters
    ----------
    unmask_reason : str, optional
        With it names of workers, and numbers of persons in texts, are written in full; it stands in the audit.

    Returns
    -------
    tuple of int
        Lines of the 六定台账, lines struck off.

    Raises
    ------
    BadInput
        As `ledger_cases`.
    """
    masked = unmask_reason is None
    found = [case for case in ledger_cases(tx, scope, period, grids=grids) if not case.void]
    cases = [_shown(case) for case in found] if masked else found
    done = [case for case in cases if case.closed]
    at = tx.now
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[object]]]] = [
        ("六定台账", list(SIX), [_six(number, case) for number, case in enumerate(cases, start=1)]),
        ("销号台账", list(CLOSED), [_struck(number, case) for number, case in enumerate(done, start=1)]),
        *(
            (f"按{GROUPS[by][0]}", [GROUPS[by][0], *RATE_HEADER], [rate_row(each) for each in grouped(cases, by, at)])
            for by in GROUPS
            if by != "all"
        ),
    ]
    write_workbook(path, tables)
    detail = {"file": path.name, "from": str(period.first), "to": str(period.last), "grids": grids}
    detail |= {} if unmask_reason is None else {"reason": unmask_reason}
    audit.record(tx, "export" if masked else "unmask", "incident", count=len(cases), detail=detail)
    return len(cases), len(done)


def _shown(case: LedgerCase) -> LedgerCase:
    """Hide the worker's name, and the numbers of persons in the texts of a case."""
    return replace(
        case,
        title=mask_numbers(case.title),
        address=mask_numbers(case.address),
        holder=mask_numbers(case.holder),
        outcome=mask_numbers(case.outcome),
        worker=mask(case.worker, Mask.NAME),
    )


def _six(number: int, case: LedgerCase) -> tuple[object, ...]:
    when = "长期推进" if case.long_term else f"{case.deadline:%Y-%m-%d %H:%M}前" if case.deadline else "即办"
    return (
        number,
        case.number,
        f"解决“{case.title}”",
        f"{case.address}：{case.title}" if case.address else case.title,
        f"按“{case.category}”办结标准处置到位，经核实后销号",
        when,
        case.worker,
        case.holder,
        case.grid_name,
        case.community,
        case.section,
        case.state,
    )


def _struck(number: int, case: LedgerCase) -> tuple[object, ...]:
    in_time = "结案时间不明" if case.closed_at is None else "按期" if case.in_time else "超期"
    return (
        number,
        case.number,
        case.title,
        case.holder,
        case.worker,
        f"{case.deadline:%Y-%m-%d %H:%M}" if case.deadline else "",
        f"{case.closed_at:%Y-%m-%d %H:%M}" if case.closed_at else "",
        in_time,
        case.outcome or case.state,
        case.rating,
    )


def rate_row(group: Group) -> list[object]:
    """Return a group as a line of a table: counts, then rates in words."""
    counts = (group.reported, group.due, group.closed, group.overdue, group.unknown)
    return [group.name, *map(len, counts), *(rate.words for rate in group.rates)]


class Traced:
    """Numbers of a text, each with a mark that leads to its rows in the annex."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, tuple[str, ...]]] = []

    def number(self, told: str, rows: Iterable[str], shown: str | None = None) -> str:
        """Write how many rows there are, or what was made of them, with a mark."""
        numbers = tuple(rows)
        self.notes.append((f"[{len(self.notes) + 1}]", told, numbers))
        return f"{len(numbers) if shown is None else shown}{self.notes[-1][0]}"


def report_document(tx: Transaction, scope: Scope, period: Period, *, grids: str = "day") -> bytes:
    """Write the report of a period as .docx: a text, tables, and an annex that names the rows of every number.

    Raises
    ------
    BadInput
        As `ledger_cases`.
    """
    cases = ledger_cases(tx, scope, period, grids=grids)
    name = "、".join(each.name for each in land.subdistricts(tx, Scope.everything(scope.actor)))
    traced = Traced()
    parts = report_parts(cases, tx.now, period, f"{name}网格事件办理情况报告", grids, traced)
    audit.record(tx, "export", "incident", count=len(cases), detail={"report": f"{period.first} {period.last}"})
    return document_bytes(parts, title=f"{name}网格事件办理情况报告", author=name, made_at=tx.now)


def report_parts(
    cases: Sequence[LedgerCase], at: datetime, period: Period, title: str, grids: str, traced: Traced
) -> list[Part]:
    """Make the parts of a report: text, tables, annex."""
    whole = group_of("合计", cases, at)
    way = "事件发生时的网格" if grids == "day" else "现行方案的网格"
    parts: list[Part] = [
        Heading(title, 0),
        Paragraph(
            f"统计时段：{period.first}至{period.last}；口径：按{way}；"
            f"办理情况截至{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}。"
            "方括号内的编号对应附件，附件列出每个数字所依据的工单编号。",
            note=True,
        ),
        Heading("一、总体情况"),
        Paragraph(_overall(cases, whole, traced)),
        Heading("二、办理效率"),
        Paragraph(_efficiency(whole, traced)),
        Heading("三、分布情况"),
        *(Paragraph(_spread(cases, by, traced)) for by in _IN_TEXT),
    ]
    for number, by in enumerate(_IN_TEXT, start=1):
        rows = [[str(cell) for cell in rate_row(each)] for each in grouped(cases, by, at)]
        parts += [
            Paragraph(f"表{number}　按{GROUPS[by][0]}统计", note=True),
            Table([GROUPS[by][0], *RATE_HEADER], rows),
        ]
    parts += [Heading("附件：数字与工单编号对照")]
    rows = [[mark, told, str(len(numbers)), "、".join(numbers) or "无"] for mark, told, numbers in traced.notes]
    return [*parts, Table(("编号", "统计内容", "件数", "工单编号"), rows, (14, 40, 14, 90))]


def _overall(cases: Sequence[LedgerCase], whole: Group, traced: Traced) -> str:
    void = [case.number for case in cases if case.void]
    placed = [case.number for case in cases if not case.void and case.grid != "未归格"]
    return (
        f"本期共上报事件{traced.number('上报数（不含退单、撤回、作废、并案）', whole.reported)}件，"
        f"另有退单、撤回、作废、并案{traced.number('退单、撤回、作废、并案', void)}件。"
        f"已归格{traced.number('已归格', placed)}件，应结案{traced.number('应结案数', whole.due)}件，"
        f"结案{traced.number('结案数', whole.closed)}件，"
        f"超期未结{traced.number('超期未结数', whole.overdue)}件。"
    )


def _efficiency(whole: Group, traced: Traced) -> str:
    said = [
        f"{rate.name}{rate.words}（{traced.number(f'{rate.name}分子', rate.counted)}件"
        f"／{traced.number(f'{rate.name}分母：{rate.told}', rate.of)}件）"
        for rate in whole.rates
    ]
    unknown = f"其中{traced.number('已结案而结案时间不明', whole.unknown)}件结案时间不明，不计入按期结案率。"
    return "；".join(said) + "。" + unknown


def _spread(cases: Sequence[LedgerCase], by: str, traced: Traced) -> str:
    name, key = GROUPS[by]
    valid = [case for case in cases if not case.void]
    counts = Counter(key(case) for case in valid)
    most = sorted(counts, key=lambda each: (-counts[each], each))[:_SHOWN]
    if by == "month":
        most = sorted(counts)
    said = "、".join(
        f"{each}（{traced.number(f'{name}：{each}', (case.number for case in valid if key(case) == each))}件）"
        for each in most
    )
    return f"按{name}看，{'居前的是' if len(counts) > len(most) else ''}{said or '没有事件'}。"
