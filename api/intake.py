"""`/intake`: rows of other systems, one by one or as the sheet that they export."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, Text, WriteTx, database
from api.problems import answers
from api.report_fields import ReportFields
from gridmap import runner
from gridmap.errors import BadInput
from gridmap.files import write_refusals
from gridmap.services.intake import IntakeReport, Order, take_in
from gridmap.services.intake_places import from_gazetteer
from gridmap.services.intake_twins import with_twins
from gridmap.services.reports import Report
from gridmap.storage.database import Database  # noqa: TC001 -- FastAPI reads the annotation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gridmap.services.intake import Taken

router = APIRouter(tags=["intake"])

_MOST_BYTES = 32 << 20
_MOST_ROWS = 500
_SUFFIXES = (".csv", ".xlsx")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class OrderIn(ReportFields):
    """A row of another system: a point, an address, both or neither."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "number": "RX2603020001",
                "source": "12345热线",
                "title": "门口积水",
                "description": "我住在解放路9号，反映人民路38号门口积水",
                "address": "人民路38号",
                "reported_at": "2026-03-02T09:30:00+08:00",
            }
        },
    )

    number: Text = Field(min_length=1, max_length=100, description="工单编号: the same number comes in once.")
    title: Text = Field(min_length=1, max_length=200)

    def order(self, row: int) -> Order:
        """Make the order that the service takes."""
        return Order(row, Report(**self.model_dump(), original={"row": row}))


class OrdersIn(BaseModel):
    """Rows of another system."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"rows": [{"number": "RX2603020001", "title": "门口积水", "address": "人民路38号"}]}
        },
    )

    rows: list[OrderIn] = Field(min_length=1, max_length=_MOST_ROWS)


class TwinOut(BaseModel):
    """A report that may be the same matter: a row of the same sheet (`row`), or an incident that was there before."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    title: str
    state: str
    row: int | None = None
    metres: float | None = None
    days: float
    likeness: float


class TakenOut(BaseModel):
    """What became of a row. `status` is 归格, 边界待核, 待定位, 已有 or 退回; `why` is for the person who looks.

    `alike` counts the reports that may be the same matter, `duplicates` names the likeliest. A person merges.
    """

    model_config = ConfigDict(from_attributes=True)

    row: int
    number: str
    status: str
    why: str
    grid_code: str | None = None
    grid_name: str | None = None
    alike: int
    duplicates: list[TwinOut]


class IntakeOut(BaseModel):
    """What became of all rows: the counts add up to the total. `alike` of the new ones may be told twice (疑似重复)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "total": 1,
                "added": 1,
                "alike": 1,
                "counts": {"归格": 0, "边界待核": 1, "待定位": 0, "已有": 0, "退回": 0},
                "notes": [],
                "rows": [
                    {
                        "row": 1,
                        "number": "RX2603020001",
                        "status": "边界待核",
                        "why": "坐标与地址“人民路38号”相距 120 米，超过两者误差之和 33 米，请核实以哪一个为准",
                        "grid_code": "440106001003003",
                        "grid_name": "解放路社区第03网格",
                        "alike": 1,
                        "duplicates": [
                            {
                                "number": "RX2603010007",
                                "title": "门口积水",
                                "state": "处置中",
                                "row": None,
                                "metres": 8.2,
                                "days": 0.4,
                                "likeness": 0.8,
                            }
                        ],
                    }
                ],
            }
        }
    )

    total: int
    added: int
    alike: int
    counts: dict[str, int]
    notes: list[str]
    rows: list[TakenOut]

    @staticmethod
    def of(report: IntakeReport) -> IntakeOut:
        """Copy what the service says."""
        rows = [TakenOut.model_validate(each) for each in report.rows]
        return IntakeOut(
            total=report.total,
            added=report.added,
            alike=report.alike,
            counts=report.counts,
            notes=report.notes,
            rows=rows,
        )


@router.post("/intake", operation_id="take_in", responses=answers(404, 409, 422))
def rows(tx: WriteTx, scope: CurrentScope, body: OrdersIn, response: Response) -> IntakeOut:
    """Take rows in at once: each becomes an incident, or is known already by its number, or is refused."""
    orders = [each.order(number) for number, each in enumerate(body.rows, start=1)]
    report = IntakeReport()
    report.add(with_twins(tx, scope, _once(tx, orders)))
    response.headers["Cache-Control"] = "no-store"
    return IntakeOut.of(report)


def _once(tx: Any, orders: Sequence[Order]) -> list[Taken]:
    numbers = [order.report.number for order in orders]
    twice = sorted({number for number in numbers if number and numbers.count(number) > 1})
    if twice:
        raise BadInput(f"these numbers come twice: {'、'.join(twice)}; send each once", field="number")
    return take_in(tx, orders, from_gazetteer(tx))


@router.post(
    "/intake/files",
    operation_id="take_in_file",
    response_model=IntakeOut,
    responses=answers(404, 409, 422) | {200: {"content": {_XLSX: {}}}},
)
def sheet(
    opened: Annotated[Database, Depends(database)],
    content: Annotated[bytes, Body(media_type="application/octet-stream", description="The sheet: .xlsx or .csv.")],
    name: Annotated[Text, Query(max_length=200, description="Name of the file; its ending tells the format.")],
    crs: Annotated[Text | None, Query(max_length=40, description="Coordinate system of the positions.")] = None,
    source: Annotated[Text, Query(max_length=100, description="来源 of rows that name none.")] = "",
    dry_run: Annotated[bool, Query(description="Say what would become of every row; write nothing.")] = False,  # noqa: FBT002 -- a query
    answer: Annotated[Literal["report", "refused"], Query(description="The report, or the refused rows.")] = "report",
) -> Any:
    """Take in the sheet that 12345 or 数字城管 exports; the same sheet again adds nothing.

    Each few hundred rows are kept at once: after an interruption the same request goes on.
    """
    suffix = Path(name).suffix.lower()
    if suffix not in _SUFFIXES:
        raise BadInput(f"{name}: send a sheet that ends in {' or '.join(_SUFFIXES)}", field="name")
    if len(content) > _MOST_BYTES:
        raise BadInput(f"the sheet has more than {_MOST_BYTES >> 20} MiB: cut it into parts", field="content")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{Path(name).stem[:60] or 'sheet'}{suffix}"
        path.write_bytes(content)
        outcome = runner.run_intake(opened, path, "local", crs=crs, source_name=source, dry_run=dry_run)
        if answer == "report":
            return IntakeOut.of(outcome.report)
        back = Path(folder) / "refused.xlsx"
        write_refusals(back, outcome.source, outcome.report.refusals)
        headers = {"Content-Disposition": "attachment; filename=refused.xlsx", "Cache-Control": "no-store"}
        return Response(back.read_bytes(), media_type=_XLSX, headers=headers)
