"""`/limits`: the page on which a 四至 sentence becomes a polygon, and what it asks for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, before_grids, html_answer
from api.limits import Sentence, TextIn  # noqa: TC001 -- pydantic reads the annotation
from api.problems import answers
from gridmap.errors import NoPlan
from gridmap.services.limits_drawing import accept_for_community, community_limits, draw_sentence
from gridmap.services.live import live_land
from maps.limits_page import limits_page

pages = APIRouter(tags=["pages"])
router = APIRouter(tags=["limits"])

_TEXT = "东至解放路，南至示范河，西至文昌路，北至中山大道"
_COMMUNITY: dict[str, Any] = {
    "code": "440106001003",
    "name": "解放路社区",
    "four_limits": _TEXT,
    "source_document": "街办〔2026〕3号",
}
_LINE: dict[str, Any] = {"type": "LineString", "coordinates": [[113.33, 23.13], [113.33, 23.14]]}
_PART: dict[str, Any] = {
    "label": "",
    "status": "exact",
    "word": "完全吻合",
    "features": [
        {
            "side": "east",
            "word": "东至",
            "name": "解放路",
            "found": ["解放路"],
            "offers": [],
            "how": "exact",
            "lines": _LINE,
        }
    ],
    "candidates": [
        {
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[113.32, 23.13], [113.33, 23.13], [113.33, 23.14], [113.32, 23.13]]],
            },
            "hectares": 42.5,
            "perimeter": 2710.4,
            "gap": 0.0,
            "ways": ["ring", "faces"],
            "says": "",
            "metres": [708.2],
            "borders": [{"side": "east", "lines": _LINE}],
        }
    ],
    "troubles": [],
}


class DrawingOut(BaseModel):
    """A sentence as it is drawn: for each part its features, candidates and troubles, in lon/lat EPSG:4490."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"text": _TEXT, "status": "exact", "word": "完全吻合", "parts": [_PART], "leftovers": []}
        }
    )

    text: str
    status: str = Field(description="exact, gap_bridged, ambiguous or unresolved; the worst of the parts.")
    word: str
    parts: list[dict[str, Any]]
    leftovers: list[str] = Field(description="Pieces of the sentence that were not understood.")


class CommunityLimitsOut(BaseModel):
    """The sentence of a community, and from which document it is."""

    model_config = ConfigDict(json_schema_extra={"example": _COMMUNITY})

    code: str
    name: str
    four_limits: str
    source_document: str


class AcceptIn(BaseModel):
    """A sentence to be that of a community."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"text": _TEXT, "source_document": "街办〔2026〕3号", "chosen": [0]}},
    )

    text: Sentence
    source_document: Text = Field(default="", max_length=200)
    chosen: list[Annotated[int, Field(ge=0, le=100)]] = Field(
        default=[], max_length=100, description="Of each part which candidate; the first without it."
    )
    outline: bool = Field(default=True, description="Keep the polygon as the outline to compare with, too.")


@router.post("/limits/drawing", operation_id="drawLimits", responses=answers(404, 422))
def drawing(body: TextIn, tx: ReadTx, scope: CurrentScope) -> DrawingOut:
    """Draw a sentence with every side by itself: where its features run, and which of the border lies on them."""
    return DrawingOut(**asdict(draw_sentence(tx, scope, body.text)))


@router.get("/communities/limits", operation_id="listCommunityLimits", responses=answers())
def communities(tx: ReadTx, scope: CurrentScope) -> list[CommunityLimitsOut]:
    """List the communities with their sentences."""
    return [CommunityLimitsOut(**asdict(each)) for each in community_limits(tx, scope)]


@router.put("/communities/{code}/limits", operation_id="acceptLimits", responses=answers(404, 409, 422))
def accept(code: Text, body: AcceptIn, tx: WriteTx, scope: CurrentScope) -> CommunityLimitsOut:
    """Write a sentence as that of a community, and its polygon as the outline to compare with; audited."""
    done = accept_for_community(tx, scope, code, body.text, body.source_document, body.chosen, outline=body.outline)
    return CommunityLimitsOut(**asdict(done))


@pages.get("/limits", operation_id="limits_page", response_class=HTMLResponse, responses=answers())
def get_page(request: Request, tx: ReadTx, scope: CurrentScope) -> HTMLResponse:
    """Show the page that draws a sentence (四至范围)."""
    try:
        return html_answer(request, limits_page(live_land(tx, scope), nonce=NONCE))
    except NoPlan:
        return before_grids(request, "先导入社区和网格边界，再来这里画四至。")
