"""`/incidents`: list them, show one."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 -- FastAPI reads the annotation
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services import incidents as verbs

router = APIRouter(tags=["incidents"])


VERDICT: dict[str, Any] = {
    "reason": "inside",
    "grid_id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "grid_code": "440106001003003",
    "grid_name": "解放路社区第03网格",
    "community_code": "440106001003",
    "community_name": "解放路社区",
    "worker": "李**",
    "distance": 12.4,
    "nearest_code": None,
    "nearest_name": None,
    "review": True,
    "plan_id": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
    "plan_name": "现行划分方案",
}
_CASE: dict[str, Any] = {
    "level": "网格",
    "holder": "解放路社区第03网格",
    "worker": "李**",
    "deputy": "王**",
    "rule": "网格先办",
    "why": "小事不出网格：由所在网格的网格员首接负责",
    "category": "民生诉求/02",
    "deadline_class": "by_date",
    "return_until": "2026-03-02T17:30:00+08:00",
    "clock": "正常",
    "paused": False,
}
INCIDENT: dict[str, Any] = {
    "id": "7b0f2a52-51b7-4a4e-9d0e-2f9f5c1f8a10",
    "number": "R20260301-7B0F2A52",
    "title": "楼上漏水",
    "description": "",
    "category": "民生诉求",
    "source": "12345热线",
    "address": "解放路12号阳光花园3栋2单元501",
    "reporter": "张**",
    "phone": "199****1234",
    "reported_at": "2026-03-01T09:30:00+08:00",
    "state": "待受理",
    "deadline": "2026-03-04T17:30:00+08:00",
    "lon": 113.325,
    "lat": 23.135,
    "accuracy": 15,
    "assignment": VERDICT,
    "case": _CASE,
}


class Verdict(BaseModel):
    """Which grid has it, and why."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": VERDICT})

    reason: str
    grid_id: str | None
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    distance: float | None
    nearest_code: str | None = None
    nearest_name: str | None = None
    review: bool
    plan_id: str
    plan_name: str


class CaseOut(BaseModel):
    """Who has to act, by which rule, and in which time."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _CASE})

    level: str
    holder: str
    worker: str
    deputy: str
    rule: str
    why: str
    category: str
    deadline_class: str
    return_until: datetime | None
    clock: str
    paused: bool


class IncidentOut(BaseModel):
    """An incident; the reporter's name and telephone, and such numbers in any text, are masked."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": INCIDENT})

    id: str
    number: str
    title: str
    description: str
    category: str
    source: str
    address: str
    reporter: str
    phone: str
    reported_at: datetime | None
    state: str
    deadline: datetime | None = None
    closed_at: datetime | None = Field(
        default=None, description="None while it is open, and where nobody knows when it was closed (未记录)."
    )
    lon: float | None
    lat: float | None
    accuracy: float
    assignment: Verdict | None
    case: CaseOut | None


class IncidentList(BaseModel):
    """A page of incidents, newest first."""

    model_config = ConfigDict(json_schema_extra={"example": {"total": 1, "items": [INCIDENT]}})

    total: int
    items: list[IncidentOut]


@router.get("/incidents", operation_id="list_incidents", responses=answers(404, 422))
def listing(
    tx: ReadTx,
    scope: CurrentScope,
    grid: Annotated[Text | None, Query(description="Grid code.")] = None,
    state: Annotated[Text | None, Query(description="State, such as 待受理.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> IncidentList:
    """List incidents, newest first."""
    found = verbs.list_incidents(tx, scope, grid_code=grid, state=state, limit=limit, offset=offset)
    return IncidentList(total=found.total, items=[IncidentOut.model_validate(item) for item in found.items])


@router.get("/incidents/{incident_id}", operation_id="get_incident", responses=answers(404, 422))
def single(tx: ReadTx, scope: CurrentScope, incident_id: Text) -> IncidentOut:
    """Show one incident by id or number."""
    return IncidentOut.model_validate(verbs.get_incident(tx, scope, incident_id))
