"""`/addresses`: the page on which addresses are checked (地址核对)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, before_grids, html_answer
from api.problems import answers
from gridmap.errors import NoPlan
from gridmap.services.live import live_land
from maps.address_review import address_review_page

pages = APIRouter(tags=["pages"])


@pages.get(
    "/addresses", operation_id="address_review_page", response_class=HTMLResponse, responses=answers(pages=(404,))
)
def get_page(request: Request, tx: ReadTx, scope: CurrentScope) -> HTMLResponse:
    """Show the addresses that wait for a person, with their candidates on the map; the keyboard alone is enough."""
    try:
        land = live_land(tx, scope)
    except NoPlan:
        return before_grids(request, "核对地址要在图上看位置，请先导入社区和网格：", 404)
    return html_answer(request, address_review_page(land, nonce=NONCE))
