"""`/batches`: the page on which cases are taken through 五单."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, before_grids, html_answer
from api.problems import answers
from gridmap.codes import is_demonstration
from gridmap.services.plan_reading import list_plans
from maps.batches import batches_page

pages = APIRouter(tags=["pages"])


@pages.get("/batches", operation_id="batches_page", response_class=HTMLResponse, responses=answers())
def get_page(request: Request, tx: ReadTx, scope: CurrentScope) -> HTMLResponse:
    """Show the lists of cases (五单清单): what is on them, the next step of each, the year of the units."""
    plans = list_plans(tx, scope)
    if not plans:
        return before_grids(request, "先导入社区和网格边界，再把事件列入五单。")
    demonstration = any(is_demonstration(each.subdistrict) for each in plans)
    return html_answer(request, batches_page(demonstration=demonstration, nonce=NONCE))
