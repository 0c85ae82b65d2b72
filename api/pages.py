"""The pages: `/` is the live overview map."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, KeptPage, before_grids, html_answer
from api.problems import answers
from gridmap.errors import NoPlan
from gridmap.services.overview import overview, revision
from maps.overview import overview_page

router = APIRouter(tags=["pages"])


def page_cache(request: Request) -> KeptPage:
    """Give the application's cache."""
    cache = request.app.state.pages
    assert isinstance(cache, KeptPage)  # noqa: S101 -- create_app puts it there
    return cache


@router.get("/", operation_id="overview_page", response_class=HTMLResponse, responses=answers())
def get_overview(
    request: Request, tx: ReadTx, scope: CurrentScope, cache: Annotated[KeptPage, Depends(page_cache)]
) -> HTMLResponse:
    """Show the live 一张图; before any boundaries are imported, say what to do first."""
    try:
        state = (scope, revision(tx, scope))
        page = cache.drawn(state, lambda: overview_page(overview(tx, scope), nonce=NONCE))
    except NoPlan:
        return before_grids(request, "先导入社区和网格边界，一张图就会显示在这里。")
    return html_answer(request, page)
