"""The pages: `/` is the live overview map."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, html_answer
from api.problems import answers
from gridmap.access import Scope  # noqa: TC001 -- the cache's fields are typed with it
from gridmap.errors import NoPlan
from gridmap.services.overview import overview, revision
from maps.notices import notice_page
from maps.overview import overview_page

router = APIRouter(tags=["pages"])


@dataclass
class PageCache:
    """The last overview that was drawn, kept until something in the database changes."""

    key: tuple[Scope, str] | None = None
    page: str = ""
    guard: Lock = field(default_factory=Lock)


def page_cache(request: Request) -> PageCache:
    """Give the application's cache."""
    cache = request.app.state.pages
    assert isinstance(cache, PageCache)  # noqa: S101 -- create_app puts it there
    return cache


@router.get("/", operation_id="overview_page", response_class=HTMLResponse, responses=answers())
def get_overview(
    request: Request, tx: ReadTx, scope: CurrentScope, cache: Annotated[PageCache, Depends(page_cache)]
) -> HTMLResponse:
    """Show the live 一张图; before any boundaries are imported, say what to do first."""
    try:
        key = (scope, revision(tx, scope))
        with cache.guard:
            if cache.key != key:
                cache.page, cache.key = overview_page(overview(tx, scope), nonce=NONCE), key
            page = cache.page
    except NoPlan:
        page = notice_page(
            "还没有网格",
            "先导入社区和网格边界，一张图就会显示在这里。",
            ["gridmap import communities 社区.geojson", "gridmap import grids 网格.geojson"],
            nonce=NONCE,
        )
    return html_answer(request, page)
