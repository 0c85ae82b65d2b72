"""五单 as workbooks: a list with all that was done about it, and the year of the units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gridmap.files.output import replacing
from gridmap.files.sheets import write_workbook
from gridmap.services.batch_views import get_batch, year_of_units
from gridmap.services.casework_rules import rules as current_rules
from gridmap.storage import audit
from gridmap.storage.batches import batch_named

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.access import Scope
    from gridmap.casework.batches import Stages, UnitResult
    from gridmap.services.batch_views import BatchDetails, BatchLine
    from gridmap.storage.database import Transaction

_CASES = (
    "序号",
    "工单编号",
    "事项",
    "地址",
    "类别",
    "所属网格",
    "所属社区",
    "办理状态",
    "拟领单位",
    "审议意见",
    "领单单位",
    "领单时间",
    "群众评价",
    "去向",
)
_STEPS = ("序号", "时间", "环节", "操作", "工单编号", "单位", "评价", "理由", "岗位", "经办人")
_RESULTS = ("单位", "领单数", "已评数")


def write_batch(tx: Transaction, scope: Scope, id_or_number: str, path: Path) -> BatchDetails:
    """Write a list as a workbook: its cases, those that have left it, everything that was done, the minutes.

    Raises
    ------
    NotFound
        There is none, or it is out of scope.
    """
    found = get_batch(tx, scope, id_or_number)
    stages, brief = current_rules(tx).stages, found.batch
    lines = [_row(i, line, found, stages) for i, line in enumerate((*found.cases, *found.gone), start=1)]
    facts = [
        ("清单编号", brief.number),
        ("名称", brief.name),
        ("环节", brief.stage + ("（已办结）" if brief.ended else "")),
        ("会议日期", brief.meeting_on.isoformat() if brief.meeting_on else ""),
        ("会议纪要", found.minutes or ""),
    ]
    steps = [
        (
            *(step.number, f"{step.at:%Y-%m-%d %H:%M}", step.stage, step.act, step.incident or ""),
            *(step.given.get("unit", ""), step.given.get("rating", ""), step.reason, step.role, step.actor),
        )
        for step in found.steps
    ]
    with replacing(path) as target:
        write_workbook(
            target, [("五单清单", _CASES, lines), ("经过", _STEPS, steps), ("说明", ("项目", "内容"), facts)]
        )
    detail = {"file": path.name, "number": brief.number}
    audit.record(tx, "export", "batch", batch_named(tx, scope, id_or_number).id, count=len(lines), detail=detail)
    return found


def write_year(tx: Transaction, scope: Scope, year: int, path: Path) -> list[UnitResult]:
    """Write the yearly results of units as a workbook.

    Raises
    ------
    BadInput
        No such year.
    """
    found, ratings = year_of_units(tx, scope, year), current_rules(tx).stages.ratings
    header = (*_RESULTS, *ratings, "满意率", "年度结果")
    rows = [
        (each.unit, each.claimed, each.rated, *(each.ratings[word] for word in ratings), percent(each), each.grade)
        for each in found
    ]
    with replacing(path) as target:
        write_workbook(target, [(f"{year}年单位领单评价", header, rows)])
    audit.record(tx, "export", "batch", count=len(found), detail={"file": path.name, "year": year})
    return found


def percent(result: UnitResult) -> str:
    """Write 满意率 as the office does; empty without a rating."""
    return "" if result.satisfied is None else f"{result.satisfied:.1%}"


def _row(number: int, line: BatchLine, found: BatchDetails, stages: Stages) -> tuple[object, ...]:
    met = {stage.name for stage in stages.stages if "minutes" in stage.needs}
    decided = [step for step in found.steps if step.incident == line.number and step.stage in met]
    opinion = "：".join(filter(None, (decided[-1].act, decided[-1].reason))) if decided else ""
    said = "、".join(f"{word}{line.ratings[word]}" for word in stages.ratings if word in line.ratings)
    claimed = f"{line.claimed_at:%Y-%m-%d %H:%M}" if line.claimed_at else ""
    case = (line.number, line.title, line.address, line.category, line.grid_name or "", line.community_name or "")
    done = (line.state, line.unit, opinion, line.claimed_by or "", claimed, said, line.left_by or "在单")
    return (number, *case, *done)
