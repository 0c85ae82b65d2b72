"""`/plans`: drafts and the plans that were put in force; editing a draft."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date  # noqa: TC003 -- FastAPI reads the annotation
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services import drafts, plan_reading
from gridmap.services.edit_request import NAME_SIGNS

if TYPE_CHECKING:
    from gridmap.services.drafts import EditAnswer

router = APIRouter(tags=["plans"])

_PLAN: dict[str, Any] = {
    "id": "8f0c3a52-1b64-4c1e-9a51-6a1d0e7c2b10",
    "name": "2027年调整",
    "state": "draft",
    "word": "草案",
    "subdistrict": "440106001",
    "valid_from": None,
    "valid_to": None,
    "based_on": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
    "revision": 3,
    "undo": "cut",
    "redo": None,
}
_COUNTED: dict[str, Any] = {"households": 438, "residents": 1157, "shops": 52, "organisations": 2, "incidents": 17}
_GRID: dict[str, Any] = {
    "type": "Feature",
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[113.32, 23.13], [113.33, 23.13], [113.33, 23.14], [113.32, 23.13]]],
    },
    "properties": {
        "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
        "code": "440106001003003",
        "name": "解放路社区第03网格",
        "kind": "general",
        "community_code": "440106001003",
        "community_name": "解放路社区",
        "provisional": False,
        "multipart": False,
        "four_limits": "",
        "source_document": "",
        "worker": "李**",
        "numbers": _COUNTED
        | {
            "load": 474.5,
            "area": 152340.25,
            "polsby_popper": 0.71,
            "reock": 0.58,
            "pieces": 1,
            "deviation": 0.0,
        },
    },
}
_NUMBERS: dict[str, Any] = {
    "grids": 97,
    "blocks": 412,
    "target": {"name": "城区", "measure": "households", "low": 300, "high": 500},
    "largest_deviation": {"id": _GRID["id"], "code": "440106001003003", "deviation": 0.24},
    "unassigned": dict.fromkeys(_COUNTED, 0),
    "changed_hands": _COUNTED,
}
_CUT: dict[str, Any] = {
    "op": "cut",
    "grid": "440106001003003",
    "line": [[113.3212, 23.1301], [113.3254, 23.1342]],
    "revision": 3,
}
_STEP: dict[str, Any] = {
    "revision": 4,
    "verb": "edit",
    "op": "cut",
    "edit_id": "6a1d0e7c-1b64-4c1e-9a51-8f0c3a522b10",
    "author": "local",
    "at": "2026-11-22T03:00:00+00:00",
    "grids": [{"id": _GRID["id"], "code": "440106001003003"}],
}


Revision = Annotated[int, Field(ge=0, strict=True)]
"""A revision that a caller saw; true is none."""


class PlanIn(BaseModel):
    """A draft to begin."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "2027年调整"}})

    name: Text = Field(min_length=1, max_length=NAME_SIGNS)
    base: UUID | None = Field(default=None, description="The plan to branch off; the one in force without it.")


class RevisionIn(BaseModel):
    """What the caller saw."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"revision": 4}})

    revision: Revision | None = Field(default=None, description="When the plan has another one by now, 409.")


class EditIn(BaseModel):
    """One edit. Which fields it needs depends on `op`; [the planner's page](../how-to/planner.md#edit) lists them."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"example": _CUT})

    op: Any = Field(description="cut, merge, transfer, reshape, push, new_grid, retire, rename, recode, ...")
    revision: Revision | None = Field(default=None, description="What the caller saw; 409 when it is another by now.")
    line: Any = Field(default=None, description="Points [longitude, latitude] EPSG:4490.")
    grid: Any = Field(default=None, description="Code or id of a grid; so are `to_grid`, `into`, `a` and `b`.")
    grids: Any = Field(default=None, description="List of codes or ids.")
    blocks: Any = Field(default=None, description="List of ids of blocks.")


class PlanOut(BaseModel):
    """A plan. `undo` and `redo` name the operation that would be undone or done again, where one is shown alone."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _PLAN})

    id: str
    name: str
    state: str
    word: str
    subdistrict: str
    valid_from: date | None = None
    valid_to: date | None = None
    based_on: str | None = None
    revision: int
    approval_number: str | None = Field(default=None, description="批准文号 of the document that put it in force.")
    approval_date: date | None = None
    undo: str | None = None
    redo: str | None = None


class PlanNumbersOut(BaseModel):
    """A plan in numbers: what no grid has, and what has another grid than in the plan in force."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _NUMBERS})

    grids: int
    blocks: int
    target: dict[str, Any]
    largest_deviation: dict[str, Any] | None = None
    unassigned: dict[str, int]
    changed_hands: dict[str, int]


class PlanWithGrids(BaseModel):
    """A plan as GeoJSON: its grids with their numbers are the features."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {"type": "FeatureCollection", "plan": _PLAN, "numbers": _NUMBERS, "features": [_GRID]}
        },
    )

    type: str = "FeatureCollection"
    plan: PlanOut
    numbers: PlanNumbersOut
    features: list[dict[str, Any]] = Field(description="By code; `geometry` is null unless it was asked for.")


class EditOut(BaseModel):
    """What a step did: changed grids as GeoJSON with their numbers, and the numbers of the plan."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "revision": 4,
                "edit_id": _STEP["edit_id"],
                "verb": "edit",
                "op": "cut",
                "grids": [_GRID],
                "removed": [],
                "numbers": _NUMBERS,
                "warnings": [],
                "undo": "cut",
                "redo": None,
            }
        },
    )

    revision: int
    edit_id: str
    verb: str
    op: str
    grids: list[dict[str, Any]]
    removed: list[dict[str, str]]
    numbers: PlanNumbersOut
    warnings: list[dict[str, Any]] = Field(description="Buildings and compounds that the edit divides.")
    undo: str | None = None
    redo: str | None = None


class LoggedEditOut(BaseModel):
    """An edit of the log. One that was undone stays there, not `applied`."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": _STEP["edit_id"],
                "number": 4,
                "op": "cut",
                "word": "拆分",
                "author": "local",
                "at": _STEP["at"],
                "operation": _CUT | {"new_ids": ["1c9a0e7c-1b64-4c1e-9a51-8f0c3a522b10"]},
                "applied": True,
            }
        },
    )

    id: str
    number: int
    op: str
    word: str
    author: str
    at: str
    operation: dict[str, Any]
    applied: bool


class LogOut(BaseModel):
    """Every edit in the order of making, and every step over them."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"example": {"revision": 4, "edits": [], "steps": [_STEP]}}
    )

    revision: int
    edits: list[LoggedEditOut]
    steps: list[dict[str, Any]]


@router.get("/plans", operation_id="list_plans", responses=answers(422))
def listing(
    tx: ReadTx,
    scope: CurrentScope,
    at: Annotated[date | None, Query(description="Only those in force on that date.")] = None,
) -> list[PlanOut]:
    """List the plans, drafts first, then the latest."""
    return [PlanOut.model_validate(each) for each in plan_reading.list_plans(tx, scope, at=at)]


@router.post("/plans", operation_id="new_draft", status_code=201, responses=answers(404, 409, 422))
def begin(tx: WriteTx, scope: CurrentScope, body: PlanIn, response: Response) -> PlanOut:
    """Branch a draft off the plan in force, or off another that was."""
    made = drafts.new_draft(tx, scope, body.name, body.base)
    response.headers["Location"] = f"/api/v1/plans/{made.id}"
    return PlanOut.model_validate(made)


@router.get("/plans/{plan_id}", operation_id="get_plan", responses=answers(404, 422))
def single(
    tx: ReadTx,
    scope: CurrentScope,
    plan_id: UUID,
    geojson: Annotated[Text | None, Query(description="With the shapes of the grids: `?geojson`.")] = None,
) -> PlanWithGrids:
    """Show a plan with its numbers, and its grids with theirs."""
    wanted = geojson is not None and geojson.lower() not in {"0", "false", "no"}
    found = plan_reading.get_plan(tx, scope, plan_id, geojson=wanted)
    return PlanWithGrids(
        plan=PlanOut.model_validate(found.plan),
        numbers=PlanNumbersOut.model_validate(found.numbers),
        features=found.grids,
    )


@router.post("/plans/{plan_id}/edits", operation_id="edit_plan", responses=answers(403, 404, 409, 422))
def edit(tx: WriteTx, scope: CurrentScope, plan_id: UUID, body: EditIn) -> EditOut:
    """Make one edit of a draft: a gesture (blocks or one line), never a resulting shape.

    409 `stale_revision` lists what others did since `revision`; 422 `edit_refused` says why, where and by how many
    metres.
    """
    said = {name: value for name, value in body.model_dump().items() if name != "revision" and value is not None}
    return told(drafts.edit(tx, scope, plan_id, said, body.revision))


@router.post("/plans/{plan_id}/undo", operation_id="undo_edit", responses=answers(403, 404, 409, 422))
def undo(tx: WriteTx, scope: CurrentScope, plan_id: UUID, body: RevisionIn) -> EditOut:
    """Take back the last edit; as often as there are edits, also after a restart."""
    return told(drafts.undo(tx, scope, plan_id, body.revision))


@router.post("/plans/{plan_id}/redo", operation_id="redo_edit", responses=answers(403, 404, 409, 422))
def redo(tx: WriteTx, scope: CurrentScope, plan_id: UUID, body: RevisionIn) -> EditOut:
    """Make the edit again that was taken back last, unless a newer one took its place."""
    return told(drafts.redo(tx, scope, plan_id, body.revision))


@router.get("/plans/{plan_id}/edits", operation_id="list_edits", responses=answers(404, 422))
def log(tx: ReadTx, scope: CurrentScope, plan_id: UUID) -> LogOut:
    """Tell who edited what in a draft, and when: nothing is ever taken out of it."""
    return LogOut.model_validate(plan_reading.plan_log(tx, scope, plan_id))


def told(answer: EditAnswer) -> EditOut:
    """Put the answer of a step into words for a client."""
    return EditOut(**(vars(answer) | {"numbers": PlanNumbersOut(**asdict(answer.numbers))}))
