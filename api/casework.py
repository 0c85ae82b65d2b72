"""`/incidents/{id}/…`: moves, approvals, history, duplicates, photos; and the rules of casework as data."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import asdict
from datetime import datetime  # noqa: TC003 -- FastAPI reads the annotation
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.incidents import INCIDENT, VERDICT, IncidentOut, Verdict
from api.problems import answers
from gridmap.errors import BadInput
from gridmap.services import case_history, casework, duplicates
from gridmap.services.case_given import Ask
from gridmap.services.casework_rules import rules

if TYPE_CHECKING:
    from gridmap.casework.ladder import Ladder, Move

router = APIRouter(tags=["casework"])

_STEP: dict[str, Any] = {
    "number": 2,
    "at": "2026-03-01T10:05:00+08:00",
    "actor": "local",
    "role": "受理派单员",
    "move": "派单",
    "state_before": "已受理",
    "state_after": "待签收",
    "level_before": "网格",
    "level_after": "网格",
    "reason": "",
    "given": {"unit": "市政管理所"},
    "approval_id": None,
}
_APPROVAL: dict[str, Any] = {
    "id": "5b0f2a52-51b7-4a4e-9d0e-2f9f5c1f8a10",
    "move": "申请延期",
    "given": {"reason": "等配件", "deadline": "2026-03-10T17:30:00+08:00"},
    "state": "pending",
    "asked_at": "2026-03-02T09:00:00+08:00",
    "asked_by": "wang",
    "asked_role": "承办单位联络员",
    "decided_at": None,
    "decided_by": None,
    "decided_role": None,
    "note": None,
}
_NEAR: dict[str, Any] = {
    "id": "7b0f2a52-51b7-4a4e-9d0e-2f9f5c1f8a10",
    "number": "RX2603010007",
    "title": "垃圾桶满溢",
    "category": "市容环境",
    "address": "解放路12号门口",
    "state": "处置中",
    "reported_at": "2026-03-01T09:30:00+08:00",
    "metres": 8.2,
    "days": 0.4,
    "likeness": 0.8,
}


DUPLICATES: dict[str, Any] = {"metres": 50, "days": 7, "items": [_NEAR]}
_HISTORY: dict[str, Any] = {
    "incident": INCIDENT,
    "today": VERDICT,
    "duty": {
        "rule": "网格先办",
        "why": "小事不出网格：由所在网格的网格员首接负责",
        "kind": "worker",
        "tried": [{"rule": "部件先属主", "said": "other", "why": "大类是民生诉求，规则要求部件"}],
    },
    "merged_into": None,
    "merged": ["RX2603020011"],
    "original": None,
    "outcome": None,
    "moves": [
        {
            "name": "签收",
            "target": "处置中",
            "roles": ["专职网格员", "承办单位联络员"],
            "needs": [],
            "takes": [],
            "approval": [],
        }
    ],
    "step": 2,
    "steps": [_STEP],
    "approvals": [_APPROVAL],
    "whistles": [
        {
            "kind": "community",
            "unit": "市政管理所",
            "blown_at": "2026-03-01T11:00:00+08:00",
            "blown_by": "wang",
            "answered_at": "2026-03-01T11:20:00+08:00",
            "arrived_at": None,
        }
    ],
    "pauses": [["2026-03-03T08:00:00+08:00", "2026-03-05T18:00:00+08:00"]],
}


class MoveIn(BaseModel):
    """A move. `GET /lookups/ladder` says what it needs. Until there are accounts the caller says who he is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"move": "派单", "role": "受理派单员", "unit": "市政管理所", "step": 2}},
    )

    move: Text = Field(min_length=1, max_length=20)
    role: Text = Field(min_length=1, max_length=40)
    actor: Text = Field(default="", max_length=100)
    reason: Text = Field(default="", max_length=2000, description="理由。")
    unit: Text = Field(default="", max_length=100, description="承办单位。")
    grid: Text = Field(default="", max_length=40, description="Code of a grid: a person decides on it (人工指定).")
    incident: Text = Field(default="", max_length=100, description="Id or number of the incident to merge into.")
    deadline: datetime | None = None
    whistle: Text = Field(default="", max_length=20, description="residents 居民吹哨, or community 社区吹哨.")
    outcome: Text = Field(default="", max_length=100)
    photos: list[Text] = Field(default=[], max_length=9, description="JPEG or PNG as base64, at most 4 MiB each.")
    step: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="`step` of the history that the caller has seen: 409 `stale_case` when somebody was quicker.",
    )


class DecisionIn(BaseModel):
    """What another person decides about a request."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"decision": "approve", "role": "审批领导", "actor": "chen"}}
    )

    decision: Literal["approve", "refuse"]
    role: Text = Field(min_length=1, max_length=40)
    actor: Text = Field(default="", max_length=100)
    note: Text = Field(default="", max_length=2000, description="Needed when it is refused.")


class StepOut(BaseModel):
    """A step that was made."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _STEP})

    number: int
    at: datetime
    actor: str
    role: str
    move: str
    state_before: str
    state_after: str
    level_before: str
    level_after: str
    reason: str
    given: dict[str, Any]
    approval_id: str | None = None


class ApprovalOut(BaseModel):
    """A request, and what was decided."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _APPROVAL})

    id: str
    move: str
    given: dict[str, Any]
    state: str
    asked_at: datetime
    asked_by: str
    asked_role: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_role: str | None = None
    note: str | None = None


class WhistleOut(BaseModel):
    """A 吹哨 with its 应哨 and 报到."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    unit: str
    blown_at: datetime
    blown_by: str
    answered_at: datetime | None = None
    arrived_at: datetime | None = None


class OpenMoveOut(BaseModel):
    """A move that may be made now."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    target: str | None = None
    roles: list[str]
    needs: list[str]
    takes: list[str]
    approval: list[str]


class MovedOut(BaseModel):
    """What became of a move: a step, or a request that waits for another person."""

    model_config = ConfigDict(
        from_attributes=True, json_schema_extra={"example": {"state": "待签收", "step": _STEP, "approval": None}}
    )

    state: str
    step: StepOut | None = None
    approval: ApprovalOut | None = None


class CaseHistoryOut(BaseModel):
    """Everything about a case: `incident.assignment` is the grid of its day, `today` the one it would have now."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _HISTORY})

    incident: IncidentOut
    today: Verdict | None = None
    duty: dict[str, Any]
    merged_into: str | None = None
    merged: list[str]
    original: dict[str, Any] | None = None
    outcome: str | None = None
    moves: list[OpenMoveOut]
    step: int = Field(description="Steps and requests so far: send it with a move.")
    steps: list[StepOut]
    approvals: list[ApprovalOut]
    whistles: list[WhistleOut]
    pauses: list[tuple[datetime, datetime | None]]


class NearReportOut(BaseModel):
    """A report that may be the same matter."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _NEAR})

    id: str
    number: str
    title: str
    category: str
    address: str
    state: str
    reported_at: datetime
    metres: float | None = None
    days: float
    likeness: float


class DuplicatesOut(BaseModel):
    """Reports near by, the likeliest first, and how near they were looked for."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": DUPLICATES})

    metres: float
    days: float
    items: list[NearReportOut]


@router.post("/incidents/{incident_id}/moves", operation_id="move_incident", responses=answers(403, 404, 409, 422))
def move(tx: WriteTx, scope: CurrentScope, incident_id: Text, body: MoveIn) -> MovedOut:
    """Move a case along the ladder; where another person has to approve, the answer is the request."""
    given = body.model_dump(exclude={"photos"})
    moved = casework.move_case(tx, scope, incident_id, Ask(**given, photos=tuple(map(_picture, body.photos))))
    return _moved(moved)


@router.post(
    "/incidents/{incident_id}/approvals/{approval_id}",
    operation_id="decide_approval",
    responses=answers(403, 404, 409, 422),
)
def decide(tx: WriteTx, scope: CurrentScope, incident_id: Text, approval_id: UUID, body: DecisionIn) -> MovedOut:
    """Approve or refuse a request. Who asked cannot decide; what is approved is carried out at once."""
    verdict = casework.Verdict(body.decision == "approve", body.role, body.actor, body.note)
    return _moved(casework.decide_approval(tx, scope, incident_id, approval_id, verdict))


@router.get("/incidents/{incident_id}/history", operation_id="get_incident_history", responses=answers(404, 422))
def history(
    tx: ReadTx,
    scope: CurrentScope,
    incident_id: Text,
    role: Annotated[list[Text] | None, Query(description="Whose moves are wanted; everybody's without it.")] = None,
) -> CaseHistoryOut:
    """Tell everything about a case: who has it and why, what was done, what can be done now."""
    return CaseHistoryOut.model_validate(case_history.history(tx, scope, incident_id, role or ()))


@router.get("/incidents/{incident_id}/duplicates", operation_id="list_duplicates", responses=answers(404, 422))
def near_by(tx: ReadTx, scope: CurrentScope, incident_id: Text) -> DuplicatesOut:
    """List reports that may be the same matter, by radius and window of its category. Nothing is merged by itself."""
    return DuplicatesOut.model_validate(duplicates.duplicates_of(tx, scope, incident_id))


@router.get(
    "/incidents/{incident_id}/photos/{sha256}",
    operation_id="get_incident_photo",
    response_class=Response,
    responses=answers(404, 422)
    | {200: {"description": "The picture.", "content": {"image/jpeg": {}, "image/png": {}}}},
)
def picture(tx: ReadTx, scope: CurrentScope, incident_id: Text, sha256: Text) -> Response:
    """Give a picture of a case."""
    found = case_history.photo(tx, scope, incident_id, sha256)
    headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(found.content, media_type=found.media_type, headers=headers)


@router.get("/lookups/ladder", operation_id="get_ladder", responses=answers())
def ladder(tx: ReadTx) -> dict[str, Any]:
    """Give the states and moves of every profile: who may make a move, what it needs, who has to approve it."""
    return {"profiles": {name or "default": _ladder(each) for name, each in rules(tx).ladders.items()}}


@router.get("/lookups/categories", operation_id="list_categories", responses=answers())
def categories(tx: ReadTx) -> dict[str, Any]:
    """Give the lists of categories; the words of the active ones are looked up when an incident comes in."""
    lists = rules(tx).catalogue.lists.values()
    return {"lists": [asdict(each) | {"categories": list(map(asdict, each.categories.values()))} for each in lists]}


@router.get("/lookups/duties", operation_id="list_duties", responses=answers())
def duties(tx: ReadTx) -> dict[str, Any]:
    """Give the duty rules in the order in which they are asked."""
    found = rules(tx).duties
    return {
        "deputies": list(found.deputies),
        "rules": [
            asdict(each) | {"conditions": {name: sorted(words) for name, words in each.conditions.items()}}
            for each in found.rules
        ],
    }


def _moved(moved: casework.Moved) -> MovedOut:
    step = case_history.step_view(moved.step) if moved.step else None
    approval = case_history.approval_view(moved.approval) if moved.approval else None
    return MovedOut(
        state=moved.state,
        step=StepOut.model_validate(step) if step else None,
        approval=ApprovalOut.model_validate(approval) if approval else None,
    )


def _picture(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"a photo is sent as base64: {error}", field="photos") from error


def _ladder(found: Ladder) -> dict[str, Any]:
    return {
        "levels": list(found.levels),
        "roles": sorted(found.roles),
        "states": [
            {"name": name, "closed": closed, "void": name in found.void} for name, closed in found.states.items()
        ],
        "first": list(found.first),
        "ratings": list(found.ratings),
        "moves": [_move(each) for each in found.moves.values()],
    }


def _move(found: Move) -> dict[str, Any]:
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in asdict(found).items()}
