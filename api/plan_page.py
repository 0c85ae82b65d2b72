"""`/plans` and `/plans/{id}`: the list of plans, the planner's page, and the blocks that it draws."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, html_answer
from api.plans import EditOut, Revision, told
from api.problems import answers
from gridmap.codes import is_demonstration
from gridmap.errors import NoPlan
from gridmap.services.block_making import refine_draft
from gridmap.services.live import live_land
from gridmap.services.plan_blocks import plan_blocks
from gridmap.services.plan_changes import plan_changes
from gridmap.services.plan_land import today
from gridmap.services.plan_reading import list_plans
from maps.notices import notice_page
from maps.plan_list import plan_list_page
from maps.planner import PlanOnPage, planner_page

pages = APIRouter(tags=["pages"])
router = APIRouter(tags=["plans"])

_BLOCK: dict[str, Any] = {
    "type": "Feature",
    "id": "2f9f5c1f-51b7-4a4e-9d0e-8a107b0f2a52",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[113.32, 23.13], [113.33, 23.13], [113.33, 23.14], [113.32, 23.13]]],
    },
    "properties": {"grid": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11"},
}
_HANDING: dict[str, Any] = {
    "old": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "old_name": "解放路社区第03网格",
    "new": "2f9f5c1f-51b7-4a4e-9d0e-8a107b0f2a52",
    "new_name": "解放路社区第04网格",
    "numbers": {"households": 128, "residents": 340, "shops": 6, "organisations": 0, "open_incidents": 2},
}


class BlocksOut(BaseModel):
    """Blocks (基本单元) as GeoJSON, for display; edits name them by id."""

    model_config = ConfigDict(json_schema_extra={"example": {"type": "FeatureCollection", "features": [_BLOCK]}})

    type: str = "FeatureCollection"
    features: list[dict[str, Any]] = Field(description="`properties.grid` is the id of the grid that has it.")


@router.get("/plans/{plan_id}/blocks", operation_id="list_blocks", responses=answers(404, 422))
def blocks(
    tx: ReadTx,
    scope: CurrentScope,
    plan_id: UUID,
    grid: Annotated[list[UUID] | None, Query(description="Only those of these grids, by id.")] = None,
) -> BlocksOut:
    """List the blocks of a plan: the smallest pieces of land, which brushes and strokes move from grid to grid."""
    return BlocksOut(features=plan_blocks(tx, scope, plan_id, grid))


class HandingOut(BaseModel):
    """What one grid gives to another; null where nobody had or will have it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _HANDING})

    old: str | None = None
    old_name: str | None = None
    new: str | None = None
    new_name: str | None = None
    numbers: dict[str, int]


class ChangesOut(BaseModel):
    """What changes hands against the plan in force (变动清单), and the grids that are not the same."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "revision": 4,
                "grids": ["0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11"],
                "handed": [_HANDING],
                "total": _HANDING["numbers"],
            }
        },
    )

    revision: int
    grids: list[str]
    handed: list[HandingOut]
    total: dict[str, int]


@router.get("/plans/{plan_id}/changes", operation_id="list_changes", responses=answers(404, 422))
def changes(tx: ReadTx, scope: CurrentScope, plan_id: UUID) -> ChangesOut:
    """List what changes hands, from live numbers, in milliseconds; `/diff` compares any two plans in full."""
    return ChangesOut.model_validate(plan_changes(tx, scope, plan_id))


class RefineIn(BaseModel):
    """Which blocks to make finer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"communities": ["440106001003"]}})

    communities: list[Text] = Field(default=[], max_length=1000, description="Codes or names; all when empty.")
    revision: Revision | None = Field(default=None, description="What the caller saw; 409 when it is another by now.")


@router.post("/plans/{plan_id}/blocks", operation_id="refine_blocks", responses=answers(403, 404, 409, 422))
def refine(tx: WriteTx, scope: CurrentScope, plan_id: UUID, body: RefineIn) -> EditOut:
    """Divide the blocks of a draft along roads, waters and railways, compounds kept whole; no border moves."""
    _, answer = refine_draft(tx, scope, plan_id, body.communities, revision=body.revision)
    return told(answer)


@pages.get("/plans", operation_id="plan_list_page", response_class=HTMLResponse, responses=answers())
def get_list(request: Request, tx: ReadTx, scope: CurrentScope) -> HTMLResponse:
    """Show the plans, drafts first, and begin a draft (网格划分)."""
    plans = list_plans(tx, scope)
    demonstration = any(is_demonstration(each.subdistrict) for each in plans)
    page = plan_list_page(plans, demonstration=demonstration, nonce=NONCE)
    return html_answer(request, page)


@pages.get(
    "/plans/{plan_id}", operation_id="planner_page", response_class=HTMLResponse, responses=answers(422, pages=(404,))
)
def get_planner(request: Request, tx: ReadTx, scope: CurrentScope, plan_id: UUID) -> HTMLResponse:
    """Show a plan on the planner's page (网格划分): tools, live numbers, what changes hands, problems, 启用."""
    plan = next((each for each in list_plans(tx, scope) if each.id == str(plan_id)), None)
    try:
        land = live_land(tx, scope)
    except NoPlan:
        land = None
    if plan is None or land is None:
        text = "方案不存在，或已经撤销。请从方案列表打开，或在那里新建草案。"
        missing = notice_page("没有这个方案", text, links=[("/plans", "打开方案列表")], nonce=NONCE)
        return html_answer(request, missing, 404)
    page = planner_page(PlanOnPage(land, plan, land.overview.plan, today(tx)), nonce=NONCE)
    return html_answer(request, page)
