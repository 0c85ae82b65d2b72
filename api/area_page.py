"""`/grids/{code}`: the area map of one grid, and the lists that it asks for."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, before_grids, html_answer
from api.problems import answers
from gridmap.errors import NoPlan, NotFound
from gridmap.services.area import area_map, area_records
from gridmap.services.overview import revision
from maps.area import area_page
from maps.notices import HOME, notice_page

if TYPE_CHECKING:
    from gridmap.access import Scope
    from gridmap.storage.database import Transaction

pages = APIRouter(tags=["pages"])
router = APIRouter(tags=["grids"])

_At = Annotated[date | None, Query(description="By the plan in force on that date; today without it.")]
_RECORD: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "title": "201室",
    "note": "3人",
    "contact": "张**",
    "phone": "199****1234",
    "state": "未摸排",
    "pending": True,
    "place": ["金色名苑", "3栋", "1单元"],
    "lon": 113.325,
    "lat": 23.135,
}


class AreaRecordOut(BaseModel):
    """One line of a list; names and telephones are masked. `place` is compound, building and stairwell."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _RECORD})

    id: str
    title: str
    note: str
    contact: str
    phone: str
    state: str
    pending: bool
    place: tuple[str, str, str]
    lon: float | None
    lat: float | None


class AreaRecordsOut(BaseModel):
    """The records of one kind, what is still to be done first; `pending` counts those."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"example": {"kind": "households", "total": 1, "pending": 1, "records": [_RECORD]}},
    )

    kind: str
    total: int
    pending: int
    records: list[AreaRecordOut]


@dataclass
class AreaPages:
    """The pages that were asked for last, kept until something in the database changes."""

    most: int = 32
    kept: OrderedDict[tuple[Scope, str, date | None, str], str] = field(default_factory=OrderedDict)
    guard: Lock = field(default_factory=Lock)

    def page(self, tx: Transaction, scope: Scope, code: str, at: date | None) -> str:
        """Give the page of a grid, drawn anew where it may have changed."""
        key = (scope, code, at, revision(tx, scope))
        with self.guard:
            if key in self.kept:
                self.kept.move_to_end(key)
                return self.kept[key]
        made = area_page(area_map(tx, scope, code, at), nonce=NONCE)
        with self.guard:
            self.kept[key] = made
            while len(self.kept) > self.most:
                self.kept.popitem(last=False)
        return made


def area_pages(request: Request) -> AreaPages:
    """Give the application's cache."""
    cache = request.app.state.areas
    assert isinstance(cache, AreaPages)  # noqa: S101 -- create_app puts it there
    return cache


@pages.get("/grids/{code}", operation_id="area_page", response_class=HTMLResponse, responses=answers(422, pages=(404,)))
def get_area_page(
    request: Request,
    tx: ReadTx,
    scope: CurrentScope,
    cache: Annotated[AreaPages, Depends(area_pages)],
    code: Text,
    at: _At = None,
) -> HTMLResponse:
    """Show the area map of a grid; where there is none, say so and where to look."""
    try:
        return html_answer(request, cache.page(tx, scope, code, at))
    except NotFound:
        text = "现行方案里没有这个编码的网格，或不在您可以查看的范围内。请在一张图上查找网格，核对15位编码。"
        page = notice_page("没有这个网格", text, links=HOME, nonce=NONCE)
    except NoPlan:
        return before_grids(request, "先导入社区和网格边界，网格地图就会显示在这里。", 404)
    return html_answer(request, page, 404)


@router.get("/grids/{code}/records", operation_id="list_grid_records", responses=answers(404, 422))
def get_area_records(
    response: Response,
    tx: ReadTx,
    scope: CurrentScope,
    code: Text,
    kind: Annotated[Text, Query(description="households, shops, organisations, ... or incidents: the open ones.")],
    at: _At = None,
) -> AreaRecordsOut:
    """List the records of one kind that a grid has: those not surveyed yet, or past their deadline, first."""
    response.headers["Cache-Control"] = "no-store"
    return AreaRecordsOut.model_validate(area_records(tx, scope, code, kind, at))
