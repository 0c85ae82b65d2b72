"""Checking addresses (地址核对): the queue of what the geocoder was not sure of, decisions, and taking them back."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.errors import BadInput
from gridmap.services import address_queue, address_review

router = APIRouter(prefix="/address-review", tags=["addresses"])

_ID, _NODE = "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11", "2f9f5c1f-51b7-4a4e-9d0e-8a107b0f2a52"
_OPTION: dict[str, Any] = {
    "node_id": _NODE,
    "level": 10,
    "level_name": "楼栋",
    "name": "解放路12号阳光花园3栋",
    "lon": 113.325,
    "lat": 23.135,
    "score": 9.5,
}


class OptionOut(BaseModel):
    """A place that may be meant, lon/lat EPSG:4490."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _OPTION})

    node_id: str
    level: int
    level_name: str
    name: str
    lon: float | None = None
    lat: float | None = None
    score: float


class WaitingOut(BaseModel):
    """A row that waits for a person."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    row_no: int
    address: str = Field(description="Normalised; telephone and identity numbers are masked.")
    unknown: str = Field(description="The name that the gazetteer does not have; empty for none.")
    alike: int = Field(description="Open rows, this one included, that a decision would close or ask for again.")
    probability: float
    radius: float | None = None
    reasons: list[str]
    options: list[OptionOut]


class QueueOut(BaseModel):
    """What waits, the rows whose decision settles most first."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "waiting": 1,
                "done": 12,
                "rows": [
                    {
                        "id": _ID,
                        "row_no": 7,
                        "address": "解放路12号老钢厂宿舍3栋",
                        "unknown": "老钢厂宿舍",
                        "alike": 4,
                        "probability": 0.47,
                        "radius": 25.0,
                        "reasons": ["老钢厂宿舍没有用上"],
                        "options": [_OPTION],
                    }
                ],
            }
        },
    )

    waiting: int
    done: int
    rows: list[WaitingOut]


class ReviewDecisionIn(BaseModel):
    """What a person decided about a row."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"kind": "choose", "node_id": _NODE}})

    kind: Literal["choose", "pin", "add", "unknown"] = Field(
        description="choose a place; pin the address to a point; add a place that is missing; nobody can tell."
    )
    node_id: UUID | None = Field(default=None, description="With choose.")
    lon: float | None = Field(default=None, ge=-180, le=180, description="With pin and add; EPSG:4490.")
    lat: float | None = Field(default=None, ge=-90, le=90)
    name: Text = Field(default="", max_length=60, description="With add.")
    level: Literal["compound", "poi"] = Field(default="compound", description="With add: 小区, or a place.")


class DecisionOut(BaseModel):
    """What a decision did."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "id": _ID,
                "kind": "choose",
                "node_id": _NODE,
                "learned": [["老钢厂宿舍", "阳光花园"]],
                "closed": [_ID],
                "waiting": 11,
            }
        },
    )

    id: str
    kind: str
    node_id: str | None = None
    learned: list[tuple[str, str]] = Field(description="Other names that the gazetteer now knows, with their places.")
    closed: list[str] = Field(description="Rows that no longer wait, the decided one first.")
    waiting: int


class UndoIn(BaseModel):
    """Which decision to take back."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"decision_id": _ID}})

    decision_id: UUID | None = Field(default=None, description="The caller's last one without it.")


class UndoOut(BaseModel):
    """Rows that wait again."""

    model_config = ConfigDict(json_schema_extra={"example": {"reopened": [_ID]}})

    reopened: list[str]


@router.get("", operation_id="list_review", responses=answers(422))
def get_queue(tx: ReadTx, scope: CurrentScope, limit: Annotated[int, Query(ge=1, le=1000)] = 200) -> QueueOut:
    """List the addresses that wait for a person."""
    return QueueOut.model_validate(address_queue.queue(tx, scope, limit))


@router.get("/places", operation_id="find_places", responses=answers(404, 422))
def find_places(
    tx: ReadTx, scope: CurrentScope, text: Annotated[Text, Query(min_length=1, max_length=200)]
) -> list[OptionOut]:
    """Find places by name or address, the best first."""
    return [OptionOut.model_validate(each) for each in address_queue.search(tx, scope, text)]


@router.post("/{review_id}/decision", operation_id="decide_address", responses=answers(404, 409, 422))
def decide(tx: WriteTx, scope: CurrentScope, review_id: UUID, body: ReviewDecisionIn) -> DecisionOut:
    """Decide what an address means; what says the same is settled with it, and an unknown name is learned."""
    if body.kind == "unknown":
        return DecisionOut.model_validate(address_review.leave_unknown(tx, scope, review_id))
    if body.kind == "choose":
        if body.node_id is None:
            raise BadInput("to choose a place, name its node_id", field="node_id")
        return DecisionOut.model_validate(address_review.choose(tx, scope, review_id, body.node_id))
    if body.lon is None or body.lat is None:
        raise BadInput("a pin and a new place need lon and lat", field="lon")
    point = body.lon, body.lat
    if body.kind == "pin":
        return DecisionOut.model_validate(address_review.pin(tx, scope, review_id, point))
    return DecisionOut.model_validate(address_review.add(tx, scope, review_id, body.name, body.level, point))


@router.post("/undo", operation_id="undo_decision", responses=answers(404, 409, 422))
def undo(tx: WriteTx, scope: CurrentScope, body: UndoIn) -> UndoOut:
    """Take back a decision with the names that it taught, the place that it added and the rows that it closed."""
    return UndoOut(reopened=address_review.undo(tx, scope, body.decision_id))
