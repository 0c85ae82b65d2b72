"""`/plans/{id}/rebalance` and `/plans/{id}/proposal`: balanced grids, proposed or made one edit of a draft."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, database
from api.plans import EditOut, Revision  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services import balancing
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from gridmap.access import Scope

router = APIRouter(tags=["plans"])

_Barrier = Literal["waters", "railways", "roads"]
_Database = Annotated[Database, Depends(database)]
_BLOCK = "2b6d1c40-6f2e-5d8e-9a53-0c7b8e4f1a22"
_COUNTED: dict[str, Any] = {"households": 138, "residents": 361, "shops": 12, "organisations": 0, "incidents": 5}
_GRID: dict[str, Any] = _COUNTED | {
    "load": 147.0,
    "area": 152340.25,
    "polsby_popper": 0.71,
    "reock": 0.58,
    "pieces": 1,
    "deviation": 0.0,
}
_ANSWER: dict[str, Any] = {
    "measure": "households",
    "reached": True,
    "operation": {"op": "rearrange", "shares": [{"grid": "440106001003003", "blocks": [_BLOCK]}]},
    "moves": [{"grid": "440106001003003", "from": ["440106001003002"], "blocks": [_BLOCK]}],
    "moved": _COUNTED,
    "total": _COUNTED | {"households": 42000},
    "grids": [
        {
            "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
            "code": "440106001003003",
            "name": "解放路社区第03网格",
            "low": 360.0,
            "high": 440.0,
            "before": _GRID | {"households": 250},
            "after": _GRID | {"households": 388},
            "outside": False,
            "reason": None,
        }
    ],
    "border_before": 18250.4,
    "border_after": 18411.7,
    "revision": 4,
    "applied": None,
}


class _Applying(BaseModel):
    barriers: tuple[_Barrier, ...] = Field(default=(), description="No grid reaches across; of roads the main ones.")
    seed: int = Field(default=0, ge=0, description="The same seed gives the same answer.")
    apply: bool = Field(default=False, description="Make what was found one edit of the draft.")
    revision: Revision | None = Field(default=None, description="What the caller saw; 409 when it is another by now.")


class RebalanceIn(_Applying):
    """What a rebalance is to reach and to leave alone. All fields may be left out."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"grids": ["440106001003003"], "tolerance": 0.1}}
    )

    grids: tuple[Text, ...] = Field(
        default=(), description="Mend these (codes or ids) and as few neighbours as can be."
    )
    target: float | None = Field(
        default=None, gt=0, le=balancing.MOST, description="Of a grid; the average of its community without it."
    )
    tolerance: float = Field(default=balancing.TOLERANCE, gt=0, lt=1, description="Share of the target.")
    profile_target: bool = Field(default=False, description="The bounds of the plan profile instead.")
    locked: tuple[Text, ...] = Field(default=(), description="Grids that stay as they are.")
    moved: float = Field(
        default=balancing.Wishes.moved, ge=0, le=balancing.MOST, description="Weight of what changes hands."
    )
    border: float = Field(
        default=balancing.Wishes.border, ge=0, le=balancing.MOST, description="Weight of long borders."
    )
    floor: float = Field(default=balancing.Wishes.floor, ge=0, le=1, description="Least compactness (Polsby-Popper).")


class ProposalIn(_Applying):
    """Into how many grids a community is to be divided."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"community": "440106001003", "count": 9, "tolerance": 0.1}}
    )

    community: Text = Field(description="Code or id.")
    count: int = Field(ge=1, le=999)
    tolerance: float = Field(default=balancing.TOLERANCE, gt=0, lt=1, description="Share of the average.")


class BalanceOut(BaseModel):
    """What was found. `operation` is the body of an edit that does it; null when nothing is to be moved.

    `reached` says whether every grid that may change is inside its bounds; where arithmetic alone says why one cannot
    be, it has a `reason`.
    """

    model_config = ConfigDict(json_schema_extra={"example": _ANSWER})

    measure: str
    reached: bool
    operation: dict[str, Any] | None = None
    moves: list[dict[str, Any]]
    moved: dict[str, int]
    total: dict[str, int]
    grids: list[dict[str, Any]] = Field(description="Grids that change or stay outside, with numbers before and after.")
    border_before: float = Field(description="Metres between grids.")
    border_after: float
    revision: int = Field(description="Of the plan that was looked at.")
    applied: EditOut | None = None


@router.post("/plans/{plan_id}/rebalance", operation_id="rebalance_plan", responses=answers(403, 404, 409, 422))
def rebalance(tx: ReadTx, opened: _Database, scope: CurrentScope, plan_id: UUID, body: RebalanceIn) -> BalanceOut:
    """Find the moves that bring every grid to its size while as few households as possible change hands."""
    said = body.model_dump(exclude={"apply", "revision"})
    found = balancing.rebalance_plan(tx, scope, plan_id, balancing.Wishes(**said))
    return _told(opened, scope, plan_id, found, body)


@router.post("/plans/{plan_id}/proposal", operation_id="propose_grids", responses=answers(403, 404, 409, 422))
def proposal(tx: ReadTx, opened: _Database, scope: CurrentScope, plan_id: UUID, body: ProposalIn) -> BalanceOut:
    """Divide a community anew into so many grids of equal size, along main roads where it can be."""
    found = balancing.propose_grids(
        tx,
        scope,
        plan_id,
        body.community,
        body.count,
        tolerance=body.tolerance,
        barriers=body.barriers,
        seed=body.seed,
    )
    return _told(opened, scope, plan_id, found, body)


def _told(opened: Database, scope: Scope, plan_id: UUID, found: balancing.BalanceAnswer, body: _Applying) -> BalanceOut:
    """Apply what was found where that is wanted. The search has read; only the edit holds the writer's turn."""
    if body.apply:
        with opened.transaction("local", write=True) as tx:
            found = balancing.apply_balance(tx, scope, plan_id, found, body.revision)
    return BalanceOut.model_validate(asdict(found))
