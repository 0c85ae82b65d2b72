"""`/incidents`: the dispatcher's page (事件办理), its board and its heat map."""

from __future__ import annotations

import hashlib
from datetime import datetime  # noqa: TC003 -- FastAPI reads the annotation
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text
from api.html import NONCE, before_grids, html_answer
from api.problems import answers
from gridmap.errors import NoPlan
from gridmap.services import dispatch, dispatch_heat
from gridmap.services.live import live_land
from maps.dispatch import dispatch_page

pages = APIRouter(tags=["pages"])
router = APIRouter(tags=["incidents"])

_ROW: dict[str, Any] = {
    "id": "7b0f2a52-51b7-4a4e-9d0e-2f9f5c1f8a10",
    "number": "R20260301-7B0F2A52",
    "title": "楼上漏水",
    "state": "待受理",
    "closed": False,
    "clock": "临期",
    "paused": False,
    "deadline": "2026-03-04T17:30:00+08:00",
    "closed_at": None,
    "reported_at": "2026-03-01T09:30:00+08:00",
    "level": "网格",
    "holder": "解放路社区第03网格",
    "place": "inside",
    "grid_code": "440106001003003",
    "grid_name": "解放路社区第03网格",
    "community_code": "440106001003",
    "community_name": "解放路社区",
    "worker": "李**",
    "category": "漏水",
    "source": "12345热线",
    "address": "解放路12号阳光花园3栋2单元501",
    "lon": 113.325,
    "lat": 23.135,
    "batch": None,
    "near": 1,
}
_CELL: dict[str, Any] = {
    "ring": [[113.32, 23.13], [113.322, 23.13], [113.322, 23.132], [113.32, 23.132]],
    "count": 12,
    "grid_name": "解放路社区第03网格",
    "category": "漏水",
}
Words = Annotated[list[Text] | None, Query(max_length=100)]


def board_cache(request: Request) -> dispatch.BoardCache:
    """Give the application's cache."""
    cache = request.app.state.board
    assert isinstance(cache, dispatch.BoardCache)  # noqa: S101 -- create_app puts it there
    return cache


Cache = Annotated[dispatch.BoardCache, Depends(board_cache)]


class BoardRowOut(BaseModel):
    """A case as a line of the board; nothing personal in it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _ROW})

    id: str
    number: str
    title: str
    state: str
    closed: bool
    clock: str = Field(description="正常, 临期 or 超期; empty when it is closed and nobody knows since when.")
    paused: bool
    deadline: datetime | None
    closed_at: datetime | None = Field(
        default=None, description="None while it is open, and where nobody knows when it was closed (未记录)."
    )
    reported_at: datetime | None
    level: str
    holder: str
    place: str = Field(description="manual, listed, inside, review (边界待核), edge, outside or unlocated.")
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    category: str
    source: str
    address: str
    lon: float | None
    lat: float | None
    batch: str | None = Field(default=None, description="Number of the list of 五单 that it is on.")
    near: int = Field(description="How many reports may be the same matter.")


class BoardOut(BaseModel):
    """A part of the board; `registered` counts all visible cases and grows by one with every report."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "registered": 319,
                "total": 1,
                "stages": {"open": 1, "closed": 318, "all": 319},
                "counts": {"state": {"待受理": 1}, "clock": {"临期": 1}},
                "items": [_ROW],
                "places": [[_ROW["id"], 113.325, 23.135, "临期", _ROW["number"]]],
            }
        },
    )

    registered: int
    total: int
    stages: dict[str, int]
    counts: dict[str, dict[str, int]]
    items: list[BoardRowOut]
    places: list[tuple[str, float, float, str, str]] = Field(description="id, lon, lat, clock, number.")


class HeatCellOut(BaseModel):
    """A square and how many reports lie in it."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _CELL})

    ring: list[tuple[float, float]]
    count: int
    grid_name: str
    category: str


class HeatOut(BaseModel):
    """Cells with at least `least` reports, the fullest first; the first `hot` of them are the hot spots."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "size": 200,
                "least": 5,
                "hidden": True,
                "categories": ["漏水"],
                "months": ["2026-03"],
                "cells": [_CELL],
                "hot": 1,
            }
        },
    )

    size: int
    least: int
    hidden: bool
    categories: list[str]
    months: list[str]
    cells: list[HeatCellOut]
    hot: int


@router.get(
    "/incidents/board",
    operation_id="get_board",
    response_model=BoardOut,
    responses=answers(422) | {304: {"description": "The board is what it was."}},
)
def get_board(
    tx: ReadTx,
    scope: CurrentScope,
    cache: Cache,
    stage: Literal["open", "closed", "all"] = "open",
    q: Annotated[Text, Query(max_length=200, description="In number, title, address or grid.")] = "",
    state: Words = None,
    clock: Words = None,
    level: Words = None,
    category: Words = None,
    community: Words = None,
    place: Words = None,
    month: Annotated[list[Text] | None, Query(max_length=100, description="Of the report, YYYY-MM.")] = None,
    order: Literal["newest", "urgent"] = "newest",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    batch: Annotated[Literal["any", "none"], Query(description="none: only cases on no list of 五单.")] = "any",
    if_none_match: Annotated[Text, Header(description="ETag of the board that the caller has.")] = "",
) -> Response:
    """Show the cases asked for with counts for every filter; the ETag lets a page ask again for nothing."""
    given = (state, clock, level, category, community, place, month)
    chosen = {facet: tuple(words or ()) for facet, words in zip(dispatch.FACETS, given, strict=True)}
    wanted = dispatch.Wanted(stage, q, chosen, order, limit, offset, free=batch == "none")
    found = BoardOut.model_validate(dispatch.board(tx, scope, cache, wanted)).model_dump_json().encode()
    tag = f'W/"{hashlib.sha256(found).hexdigest()[:20]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in [each.strip() for each in if_none_match.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(found, media_type="application/json", headers=headers)


@router.get("/incidents/heat", operation_id="get_heat", responses=answers(422))
def get_heat(
    tx: ReadTx,
    scope: CurrentScope,
    cache: Cache,
    category: Annotated[Text, Query(max_length=100)] = "",
    month: Annotated[Text, Query(max_length=7, description="YYYY-MM.")] = "",
    size: Annotated[Literal["100", "200", "400"], Query(description="Side of a cell in metres.")] = "200",
) -> HeatOut:
    """Count reports per cell of the plane, by category and month; cells with few reports are left out."""
    found = dispatch_heat.heat(tx, scope, cache, category=category.strip(), month=month.strip(), size=int(size))
    return HeatOut.model_validate(found)


@pages.get("/incidents", operation_id="incidents_page", response_class=HTMLResponse, responses=answers())
def get_incidents_page(request: Request, tx: ReadTx, scope: CurrentScope) -> HTMLResponse:
    """Show the dispatcher's page (事件办理): cases as a list and on the map, what can be done with each."""
    try:
        page = dispatch_page(live_land(tx, scope), nonce=NONCE)
    except NoPlan:
        return before_grids(request, "先导入社区和网格边界，才能按网格派单。")
    return html_answer(request, page, images=("'self'",))  # pictures of cases
