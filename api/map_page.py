"""`/map`: the live map, and `/assets`: its scripts and styles under names that change with what is in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import HTMLResponse, Response

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, KeptPage, before_grids, html_answer
from api.problems import answers
from gridmap.errors import NoPlan, NotFound
from gridmap.services.live import land_revision, live_land
from gridmap.services.tiles import KnownStates
from maps import address_review, dispatch, limits_page, live, planner
from maps.live import live_page

if TYPE_CHECKING:
    from maps.base_maps import BaseMap

router = APIRouter(tags=["pages"])

_FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "A file of a page.", "content": {"text/javascript": {}, "text/css": {}}}
}
_A_YEAR = "public, max-age=31536000, immutable"


@dataclass
class LiveCache:
    """The last page that was drawn, and the states of layers that tell whether the land has changed."""

    known: KnownStates = field(default_factory=KnownStates)
    kept: KeptPage = field(default_factory=KeptPage)


def live_cache(request: Request) -> LiveCache:
    """Give the application's cache."""
    cache = request.app.state.live
    assert isinstance(cache, LiveCache)  # noqa: S101 -- create_app puts it there
    return cache


@router.get("/map", operation_id="live_map_page", response_class=HTMLResponse, responses=answers())
def get_map(
    request: Request, tx: ReadTx, scope: CurrentScope, cache: Annotated[LiveCache, Depends(live_cache)]
) -> HTMLResponse:
    """Show the live 一张图, drawn from vector tiles; before any boundaries are imported, say what to do first."""
    backdrop: BaseMap | None = request.app.state.backdrop
    try:
        state = (scope, land_revision(tx, scope, cache.known))
        page = cache.kept.drawn(state, lambda: live_page(live_land(tx, scope), nonce=NONCE, backdrop=backdrop))
    except NoPlan:
        return before_grids(request, "先导入社区和网格边界，一张图就会显示在这里。")
    return html_answer(request, page, images=backdrop.hosts if backdrop else ())


@router.get("/assets/{name}", operation_id="get_asset", response_class=Response, responses=answers(404, 422) | _FILES)
def get_asset(name: Text, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """Give a script or style; it never changes under its name."""
    pages = (live, planner, limits_page, dispatch, address_review)
    found = next((each for page in pages for each in page.PAGE.bundles() if each.name == name), None)
    if found is None:
        raise NotFound(f"there is no asset {name!r}: reload the page, it names the present ones", asset=name)
    headers = {"Cache-Control": _A_YEAR, "Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff"}
    if "gzip" in accept_encoding:
        return Response(found.packed, media_type=found.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(found.content, media_type=found.media_type, headers=headers)
