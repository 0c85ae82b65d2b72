"""`/ledgers`, `/rates`, `/reports`: what was done in a time, as workbook, numbers and text."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services.case_ledger import Period
from gridmap.services.ledgers import report_document, write_ledger
from gridmap.services.rates import rates_by

router = APIRouter(tags=["ledgers"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_Since = Annotated[date, Query(description="First day of the reports that are counted.")]
_Until = Annotated[date, Query(description="Last day, included.")]
_Grids = Annotated[Literal["day", "today"], Query(description="By the grids of the day of each case, or of today.")]
_By = Annotated[
    Literal["all", "grid", "community", "section", "category", "source", "month"],
    Query(description="How cases are grouped."),
]


class RateOut(BaseModel):
    """A share from 0 to 1, null where there is nothing to be a share of."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    told: str
    counted: int
    of: int
    share: float | None


class GroupOut(BaseModel):
    """The numbers of one group."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "解放路社区",
                "reported": 120,
                "due": 110,
                "closed": 104,
                "overdue": 6,
                "unknown": 0,
                "rates": [{"name": "结案率", "told": "已结案的 ÷ 应结案数", "counted": 104, "of": 110, "share": 0.945}],
            }
        }
    )

    name: str
    reported: int
    due: int
    closed: int
    overdue: int
    unknown: int
    rates: list[RateOut]


@router.get("/rates", operation_id="list_rates", responses=answers(404, 422))
def rates(
    tx: ReadTx, scope: CurrentScope, since: _Since, until: _Until, by: _By = "community", grids: _Grids = "day"
) -> list[GroupOut]:
    """Count 响应率、处置率、结案率、按期结案率、解决率、满意率 by group; the first group is everything."""
    return [
        GroupOut(
            name=each.name,
            reported=len(each.reported),
            due=len(each.due),
            closed=len(each.closed),
            overdue=len(each.overdue),
            unknown=len(each.unknown),
            rates=[
                RateOut(name=rate.name, told=rate.told, counted=len(rate.counted), of=len(rate.of), share=rate.share)
                for rate in each.rates
            ],
        )
        for each in rates_by(tx, scope, Period(since, until), by, grids=grids)
    ]


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@router.get(
    "/ledgers.xlsx",
    operation_id="get_ledger",
    response_class=Response,
    responses=answers(404, 422) | {200: {"content": {_XLSX: {}}}},
)
def ledger(tx: WriteTx, scope: CurrentScope, since: _Since, until: _Until, grids: _Grids = "day") -> Response:
    """Give 六定台账, 销号台账 and the rates of a time as a workbook, masked; it is audited."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.xlsx"
        write_ledger(tx, scope, Period(since, until), path, grids=grids)
        return _file(path.read_bytes(), _XLSX, f"ledger-{since}-{until}.xlsx")


@router.get(
    "/reports.docx",
    operation_id="get_report",
    response_class=Response,
    responses=answers(404, 422) | {200: {"content": {_DOCX: {}}}},
)
def report(tx: WriteTx, scope: CurrentScope, since: _Since, until: _Until, grids: _Grids = "day") -> Response:
    """Give the report of a time as a Word document; its annex names the rows of every number."""
    return _file(report_document(tx, scope, Period(since, until), grids=grids), _DOCX, f"report-{since}-{until}.docx")
