"""`/batches`: 五单, the lists on which cases go from the grids to the units and back to the residents."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import date, datetime  # noqa: TC003 -- pydantic reads the annotations
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotations
from api.problems import answers
from gridmap.services import batch_sheets, batch_views, batches
from gridmap.services.casework_rules import rules

router = APIRouter(tags=["batches"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BRIEF: dict[str, Any] = {
    "id": "0c8f6a6e-6d0c-4c55-9f0e-4f6f2f8a3b10",
    "number": "2026-003",
    "name": "2026年第3批",
    "stage": "大工委审单",
    "ended": False,
    "opened_at": "2026-03-02T09:00:00+08:00",
    "opened_by": "local",
    "closed_at": None,
    "meeting_on": "2026-03-06",
    "cases": 24,
    "settled": 20,
    "claimed": 0,
    "rated": 0,
    "gone": 2,
}
_LINE: dict[str, Any] = {
    "incident_id": "7b0f2a52-51b7-4a4e-9d0e-2f9f5c1f8a10",
    "number": "RX2603010007",
    "title": "楼道堆物",
    "address": "解放路12号阳光花园3栋",
    "category": "楼道堆物",
    "state": "处置中",
    "grid_code": "440106001003003",
    "grid_name": "解放路社区第03网格",
    "community_name": "解放路社区",
    "unit": "区城管局",
    "mark": "同意",
    "reason": "",
    "claimed_by": None,
    "claimed_at": None,
    "ratings": {},
    "left_at": None,
    "left_by": None,
}
_STEP: dict[str, Any] = {
    "number": 31,
    "at": "2026-03-06T15:10:00+08:00",
    "actor": "wang",
    "role": "受理派单员",
    "act": "同意",
    "stage": "大工委审单",
    "incident": "RX2603010007",
    "reason": "",
    "given": {"unit": "区城管局"},
}
_RESULT: dict[str, Any] = {
    "unit": "区城管局",
    "claimed": 12,
    "rated": 11,
    "ratings": {"满意": 18, "基本满意": 3, "不满意": 1},
    "satisfied": 0.955,
    "grade": "好",
}


class BatchOpenIn(BaseModel):
    """A list to open. Until there are accounts the caller says who he is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"role": "受理派单员", "name": "2026年第3批"}}
    )

    role: Text = Field(min_length=1, max_length=40)
    actor: Text = Field(default="", max_length=100)
    name: Text = Field(default="", max_length=100, description="Year and running number without one.")
    subdistrict: Text = Field(default="", max_length=100, description="Code or name, where there are several.")


class BatchActIn(BaseModel):
    """Something to do with cases; `GET /lookups/batches` says what each act needs. All of them or none."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"act": "分单", "role": "受理派单员", "incidents": ["RX2603010007"], "unit": "区城管局"}
        },
    )

    act: Text = Field(min_length=1, max_length=20)
    role: Text = Field(min_length=1, max_length=40)
    incidents: list[Text] = Field(min_length=1, max_length=batches.MOST, description="Ids or numbers.")
    actor: Text = Field(default="", max_length=100)
    reason: Text = Field(default="", max_length=2000)
    unit: Text = Field(default="", max_length=100, description="Who is to claim the cases, or claims them.")
    rating: Text = Field(default="", max_length=20, description="满意, 基本满意 or 不满意.")


class OnwardIn(BaseModel):
    """Taking a list to its next stage, with what the stage needs that it leaves."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"role": "受理派单员", "meeting": "2026-03-06", "minutes": "街道大工委第3次会议纪要：同意22件。"}
        },
    )

    role: Text = Field(min_length=1, max_length=40)
    actor: Text = Field(default="", max_length=100)
    reason: Text = Field(default="", max_length=2000)
    meeting: date | None = Field(default=None, description="Day of the meeting, where the stage needs one.")
    minutes: Text = Field(default="", max_length=batches.MINUTES)


class BatchOut(BaseModel):
    """A list in one line. `cases` are on it, or came to its end; `gone` were taken off, sent back or put off."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _BRIEF})

    id: str
    number: str
    name: str
    stage: str
    ended: bool
    opened_at: datetime
    opened_by: str
    closed_at: datetime | None = None
    meeting_on: date | None = None
    cases: int
    settled: int = Field(description="Cases that have what the stage needs.")
    claimed: int
    rated: int
    gone: int


class BatchLineOut(BaseModel):
    """A case on a list."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _LINE})

    incident_id: str
    number: str
    title: str
    address: str
    category: str
    state: str
    grid_code: str | None = None
    grid_name: str | None = None
    community_name: str | None = None
    unit: str = Field(description="拟领单位.")
    mark: str = Field(description="What was last done about it at this stage.")
    reason: str
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    ratings: dict[str, int] = Field(description="How often it was rated so.")
    left_at: datetime | None = None
    left_by: str | None = Field(default=None, description="By which act it left; null while it is on the list.")


class BatchStepOut(BaseModel):
    """One thing that was done; `incident` is null where it was done with the list."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _STEP})

    number: int
    at: datetime
    actor: str
    role: str
    act: str
    stage: str
    incident: str | None = None
    reason: str
    given: dict[str, Any]


_ACT: dict[str, Any] = {
    "name": "同意",
    "roles": ["受理派单员"],
    "needs": [],
    "takes": ["unit"],
    "effect": "assign",
}


class BatchActOut(BaseModel):
    """What may be done with cases now, by whom, and what it needs."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _ACT})

    name: str
    roles: list[str]
    needs: list[str]
    takes: list[str]
    effect: str


class BatchDetailsOut(BaseModel):
    """A list with its cases, those that have left it, what can be done now, and everything that was done."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "batch": _BRIEF,
                "minutes": None,
                "next_stage": "单位领单",
                "needs": ["meeting", "minutes"],
                "acts": [_ACT],
                "cases": [_LINE],
                "gone": [],
                "steps": [_STEP],
            }
        },
    )

    batch: BatchOut
    minutes: str | None = None
    next_stage: str | None = None
    needs: list[str] = Field(description="What has to be given when it goes on: meeting, minutes.")
    acts: list[BatchActOut]
    cases: list[BatchLineOut]
    gone: list[BatchLineOut]
    steps: list[BatchStepOut]


class OnBatchOut(BaseModel):
    """A list that a case is or was on."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "number": "2026-003",
                "name": "2026年第3批",
                "stage": "单位领单",
                "ended": False,
                "unit": "区城管局",
                "claimed_by": "区城管局",
                "put_at": "2026-03-02T09:30:00+08:00",
                "left_at": None,
                "left_by": None,
            }
        },
    )

    number: str
    name: str
    stage: str
    ended: bool
    unit: str
    claimed_by: str | None = None
    put_at: datetime
    left_at: datetime | None = None
    left_by: str | None = None


class UnitResultOut(BaseModel):
    """What a unit claimed within a year, and how that was rated; `satisfied` from 0 to 1, null without a rating."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _RESULT})

    unit: str
    claimed: int
    rated: int
    ratings: dict[str, int]
    satisfied: float | None = None
    grade: str


Year = Annotated[int, Query(ge=2000, le=9998, description="Of the claims, in Asia/Shanghai.")]


@router.post("/batches", operation_id="open_batch", status_code=201, responses=answers(403, 404, 422))
def open_batch(tx: WriteTx, scope: CurrentScope, body: BatchOpenIn) -> BatchDetailsOut:
    """Open a list (网格收单), empty."""
    return _details(tx, scope, batches.open_batch(tx, scope, batches.Opening(**body.model_dump())).number)


@router.get("/batches", operation_id="list_batches", responses=answers(422))
def list_batches(
    tx: ReadTx,
    scope: CurrentScope,
    ended: Annotated[bool | None, Query(description="Only those that have ended, or that have not.")] = None,
) -> list[BatchOut]:
    """List the lists, the latest first."""
    return [BatchOut.model_validate(each) for each in batch_views.list_batches(tx, scope, closed=ended)]


@router.get("/batches/results", operation_id="list_unit_results", responses=answers(422))
def unit_results(tx: ReadTx, scope: CurrentScope, year: Year) -> list[UnitResultOut]:
    """Add up a year of every unit: what it claimed, how residents rated it, and the grade."""
    return [UnitResultOut.model_validate(each) for each in batch_views.year_of_units(tx, scope, year)]


@router.get(
    "/batches/results.xlsx",
    operation_id="get_unit_results_sheet",
    response_class=Response,
    responses=answers(422) | {200: {"content": {_XLSX: {}}}},
)
def unit_results_sheet(tx: WriteTx, scope: CurrentScope, year: Year) -> Response:
    """Give the year of the units as a workbook; audited as an export."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.xlsx"
        batch_sheets.write_year(tx, scope, year, path)
        return _workbook(path.read_bytes(), f"units-{year}.xlsx")


@router.get("/batches/{batch}", operation_id="get_batch", responses=answers(404, 422))
def get_batch(tx: ReadTx, scope: CurrentScope, batch: Text) -> BatchDetailsOut:
    """Show a list by number or id: its cases, what can be done, what was done."""
    return _details(tx, scope, batch)


@router.get(
    "/batches/{batch}/list.xlsx",
    operation_id="get_batch_sheet",
    response_class=Response,
    responses=answers(404, 422) | {200: {"content": {_XLSX: {}}}},
)
def batch_sheet(tx: WriteTx, scope: CurrentScope, batch: Text) -> Response:
    """Give a list as a workbook: cases, steps, minutes; audited as an export."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        found = batch_sheets.write_batch(tx, scope, batch, path)
        return _workbook(path.read_bytes(), f"batch-{found.batch.number}.xlsx")


@router.post("/batches/{batch}/acts", operation_id="act_on_batch", responses=answers(403, 404, 409, 422))
def act(tx: WriteTx, scope: CurrentScope, batch: Text, body: BatchActIn) -> BatchDetailsOut:
    """Do something with cases of a list: put them on it, sort, decide, claim, rate; all of them or none."""
    ask = batches.BatchAsk(**(body.model_dump() | {"incidents": tuple(body.incidents)}))
    return _details(tx, scope, batches.act_on_cases(tx, scope, batch, ask).number)


@router.post("/batches/{batch}/stage", operation_id="take_batch_onward", responses=answers(403, 404, 409, 422))
def onward(tx: WriteTx, scope: CurrentScope, batch: Text, body: OnwardIn) -> BatchDetailsOut:
    """Take a list to its next stage; after the last one, or when nothing is left on it, it ends."""
    return _details(tx, scope, batches.take_onward(tx, scope, batch, batches.Onward(**body.model_dump())).number)


@router.get("/incidents/{incident_id}/batches", operation_id="list_batches_of_incident", responses=answers(404, 422))
def batches_of_case(tx: ReadTx, scope: CurrentScope, incident_id: Text) -> list[OnBatchOut]:
    """List the lists that a case is or was on, the latest first."""
    return [OnBatchOut.model_validate(each) for each in batch_views.batches_of_case(tx, scope, incident_id)]


@router.get("/lookups/batches", operation_id="get_batch_stages", responses=answers())
def stages(tx: ReadTx) -> dict[str, Any]:
    """Give the stages of 五单 in their order, what may be done at each and by whom, ratings and grades."""
    found = rules(tx).stages
    return {
        "stages": [_sorted(asdict(each)) for each in found.stages],
        "acts": [_sorted(asdict(each)) for each in found.acts.values()],
        "onward": found.onward,
        "ended": found.ended,
        "ratings": list(found.ratings),
        "satisfied": list(found.satisfied),
        "grades": [asdict(each) for each in found.grades],
    }


def _details(tx: ReadTx, scope: CurrentScope, number: str) -> BatchDetailsOut:
    return BatchDetailsOut.model_validate(batch_views.get_batch(tx, scope, number))


def _sorted(values: dict[str, Any]) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


def _workbook(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f"attachment; filename={name}", "Cache-Control": "no-store"}
    return Response(content, media_type=_XLSX, headers=headers)
