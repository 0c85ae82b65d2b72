"""`/statements`: 属地核实单 made, fetched as papers, and checked."""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 -- FastAPI reads the annotation
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.html import NONCE, html_answer
from api.problems import answers
from gridmap.errors import NotFound
from gridmap.services.jurisdiction import Question, Statement, get_statement, make_statement
from maps.notices import notice_page
from maps.statement import paper_of, statement_page

router = APIRouter(tags=["statements"])
pages = APIRouter(tags=["pages"])

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_MEDIA = {"docx": _DOCX, "pdf": "application/pdf"}


class StatementIn(BaseModel):
    """What a statement is asked for: a point, or an incident whose place it takes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"lon": 113.325, "lat": 23.135, "subject": "人民路38号"}},
    )

    lon: float | None = None
    lat: float | None = None
    crs: Text = "EPSG:4490"
    at: date | None = Field(default=None, description="By the plan in force on that day, today or earlier.")
    accuracy: float = Field(default=0, ge=0, le=100_000)
    subject: Text = Field(default="", max_length=400, description="What is there: an address, or the matter.")
    incident: Text = Field(default="", max_length=100, description="Id or number of an incident.")


class StatementOut(BaseModel):
    """A statement. `page` shows and checks it; `docx` and `pdf` are its papers."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "code": "7K3Q-M2ZD-XHAP-WTLC",
                "day": "2026-03-01",
                "made_at": "2026-03-01T09:30:00+08:00",
                "text": "经核实，人民路38号位于人民路以东38米。……",
                "reason": "inside",
                "grid_code": "440106001003003",
                "grid_name": "解放路社区第03网格",
                "community_name": "解放路社区",
                "point_grid_code": None,
                "point_grid_name": None,
                "plan_name": "现行划分方案",
                "document": "",
                "distance": 12.4,
                "side": "人民路以东38米",
                "doubtful": False,
                "intact": True,
                "unchanged": True,
                "page": "/verify/7K3Q-M2ZD-XHAP-WTLC",
                "docx": "/api/v1/statements/7K3Q-M2ZD-XHAP-WTLC.docx",
                "pdf": "/api/v1/statements/7K3Q-M2ZD-XHAP-WTLC.pdf",
            }
        }
    )

    code: str
    day: date
    made_at: datetime
    text: str
    reason: str = Field(description="manual, listed, inside, edge or outside.")
    grid_code: str | None = Field(default=None, description="Whose it is: of an incident the grid that it has.")
    grid_name: str | None = None
    community_name: str | None = None
    point_grid_code: str | None = Field(
        default=None, description="The grid that the point lies in, where a person or a list gave the case to another."
    )
    point_grid_name: str | None = None
    plan_name: str
    document: str
    distance: float | None = None
    side: str
    doubtful: bool
    intact: bool
    unchanged: bool = Field(description="Today's plan gives the point or the case to the same grid.")
    page: str
    docx: str
    pdf: str

    @staticmethod
    def of(statement: Statement) -> StatementOut:
        """Copy what the service says."""
        said: Any = statement.content
        point = said.get("point", {}).get("grid", {})  # a statement of an earlier version has none
        elsewhere = point if point.get("id") != said["grid"].get("id") else {}
        papers = f"/api/v1/statements/{statement.code}"
        return StatementOut(
            code=statement.code,
            day=statement.day,
            made_at=statement.made_at,
            text=said["text"],
            reason=said["reason"],
            grid_code=said["grid"].get("code"),
            grid_name=said["grid"].get("name"),
            community_name=said["grid"].get("community_name"),
            point_grid_code=elsewhere.get("code"),
            point_grid_name=elsewhere.get("name"),
            plan_name=said["plan"]["name"],
            document=said["plan"]["document"],
            distance=said["distance"],
            side=said["side"].get("words", ""),
            doubtful=said["doubtful"],
            intact=statement.intact,
            unchanged=statement.unchanged,
            page=f"/verify/{statement.code}",
            docx=f"{papers}.docx",
            pdf=f"{papers}.pdf",
        )


@router.post("/statements", operation_id="make_statement", status_code=201, responses=answers(404, 422))
def make(tx: WriteTx, scope: CurrentScope, body: StatementIn, response: Response) -> StatementOut:
    """State whose land a point is, so that it can be cited; the statement is kept under its check code.

    Of an incident it names the grid that the incident has, why, and where its point lies if that is another grid.
    """
    made = make_statement(tx, scope, Question(**body.model_dump()))
    response.headers["Location"] = f"/api/v1/statements/{made.code}"
    return StatementOut.of(made)


@router.get(
    "/statements/{code}.{form}",
    operation_id="get_statement_paper",
    response_class=Response,
    responses=answers(404, 422) | {200: {"content": {kind: {} for kind in _MEDIA.values()}}},
)
def paper(request: Request, tx: ReadTx, scope: CurrentScope, code: Text, form: Literal["docx", "pdf"]) -> Response:
    """Give a statement as a Word document or as PDF."""
    statement = get_statement(tx, scope, code)
    content = paper_of(statement, form, str(request.base_url).rstrip("/"))
    name = f"attachment; filename=statement-{statement.code}.{form}"
    return Response(
        content, media_type=_MEDIA[form], headers={"Content-Disposition": name, "Cache-Control": "no-store"}
    )


@router.get("/statements/{code}", operation_id="get_statement", responses=answers(404, 422))
def single(tx: ReadTx, scope: CurrentScope, code: Annotated[Text, Field(max_length=40)]) -> StatementOut:
    """Show a statement as it was made, also after a redraw."""
    return StatementOut.of(get_statement(tx, scope, code))


@pages.get(
    "/verify/{code}", operation_id="verify_page", response_class=HTMLResponse, responses=answers(422, pages=(404,))
)
def verify(request: Request, tx: ReadTx, scope: CurrentScope, code: Text) -> HTMLResponse:
    """Show what was stated under a check code, whether it is intact, and what is true today."""
    try:
        return html_answer(request, statement_page(get_statement(tx, scope, code), nonce=NONCE))
    except NotFound:
        text = "没有这个校验码的属地核实单，或不在您可以查看的范围内。请对照纸面核对网址末尾的16位校验码。"
        page = notice_page("查无此单", text, nonce=NONCE)
    return html_answer(request, page, 404)
