"""`/plans/{id}/limits`: the sentences of a plan's grids, as they are and as their land asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services.limits_redline import plan_limits

router = APIRouter(tags=["plans"])

_SIDES: list[dict[str, Any]] = [
    {
        "word": "东至",
        "spans": [{"text": "光明街", "change": "deleted"}, {"text": "建国路", "change": "inserted"}],
    },
    {"word": "南至", "spans": [{"text": "中山大道", "change": "same"}]},
]
_GRID: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "code": "440106001003003",
    "name": "解放路社区第03网格",
    "land_changed": True,
    "before": "东至光明街，南至中山大道，西至人民路，北至金桥路",
    "four_limits": "东至光明街，南至中山大道，西至人民路，北至金桥路",
    "source_document": "街办〔2026〕3号",
    "agrees": False,
    "message": "重合 71.2%；东侧有 310 米不在所述界线上",
    "proposed": "东至建国路，南至中山大道，西至人民路，北至金桥路",
    "status": "exact",
    "word": "完全吻合",
    "agreement": 0.9991,
    "sides": _SIDES,
}
SENTENCE: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "code": "440106001003003",
    "name": "解放路社区第03网格",
    "land_changed": True,
    "before": "东至光明街，南至中山大道，西至人民路，北至金桥路",
    "after": "东至建国路，南至中山大道，西至人民路，北至金桥路",
    "sides": [{"word": "东至", "spans": [{"text": "建国路", "change": "inserted"}]}],
}


class SpanOut(BaseModel):
    """A feature that a sentence names; `change` is same, deleted or inserted."""

    model_config = ConfigDict(json_schema_extra={"example": _SIDES[0]["spans"][0]})

    text: str
    change: str


class SideOut(BaseModel):
    """One side of a red-lined sentence."""

    model_config = ConfigDict(json_schema_extra={"example": _SIDES[0]})

    word: str
    spans: list[SpanOut]


class SentenceOut(BaseModel):
    """What became of the four limits of a grid; "" where it had or has none."""

    model_config = ConfigDict(json_schema_extra={"example": SENTENCE})

    id: str
    code: str
    name: str
    land_changed: bool
    before: str
    after: str
    sides: list[SideOut]


class GridLimitsOut(BaseModel):
    """The sentence of a grid, the one that its land asks for, and the change from one to the other."""

    model_config = ConfigDict(json_schema_extra={"example": _GRID})

    id: str
    code: str
    name: str
    land_changed: bool
    before: str
    four_limits: str
    source_document: str
    agrees: bool | None
    message: str
    proposed: str
    status: str
    word: str
    agreement: float
    sides: list[SideOut]


@router.get("/plans/{plan_id}/limits", operation_id="list_plan_limits", responses=answers(404, 422))
def get_limits(
    tx: ReadTx,
    scope: CurrentScope,
    plan_id: UUID,
    grid: Annotated[list[Text] | None, Query(description="Codes or ids; those whose land changed without any.")] = None,
) -> list[GridLimitsOut]:
    """Write the four limits of grids from their land, red-lined; the edit `describe` takes one over."""
    return [GridLimitsOut(**asdict(each)) for each in plan_limits(tx, scope, plan_id, grid or ())]
