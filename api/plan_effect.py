"""Plans compared, checked, put in force, brought back and handed over; the history of a grid."""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from datetime import date  # noqa: TC003 -- FastAPI reads the annotation
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID  # noqa: TC003 -- FastAPI reads the annotation

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import CurrentScope, ReadTx, Text, WriteTx, database
from api.plan_limits import SENTENCE, SentenceOut
from api.plans import PlanOut, Revision, RevisionIn
from api.problems import answers
from gridmap import runner
from gridmap.services import activation, grid_history, handover, plan_diff, plan_rules, plan_schedule
from gridmap.services.approval import NUMBER_SIGNS
from gridmap.services.edit_request import NAME_SIGNS
from gridmap.storage.database import Database  # noqa: TC001 -- FastAPI reads the annotation

router = APIRouter(tags=["plans"])

_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PLAN: dict[str, Any] = {
    "id": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
    "name": "现行划分方案",
    "state": "in_force",
    "valid_from": "2026-01-01",
    "valid_to": None,
    "revision": 0,
}
_DRAFT: dict[str, Any] = _PLAN | {
    "id": "8f0c3a52-9d1b-4a43-a0a5-2f41d2a7c022",
    "name": "2027年调整",
    "state": "draft",
    "valid_from": None,
}
_GRID: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "code": "440106001003003",
    "name": "解放路社区第03网格",
    "kind": "general",
    "community_code": "440106001003",
    "community_name": "解放路社区",
}
_OTHER: dict[str, Any] = _GRID | {
    "id": "77c1f1c2-0a3e-4f57-8e2e-0d3c5a1b9f02",
    "code": "440106001003004",
    "name": "解放路社区第04网格",
}
_NUMBERS: dict[str, Any] = {
    "households": 38,
    "residents": 99,
    "shops": 4,
    "organisations": 0,
    "social_organisations": 0,
    "party_organisations": 1,
    "key_places": 0,
    "incidents": 1,
}
_LIMITS: dict[str, Any] = {"old": _GRID, "new": _OTHER, "area": 20123.5}


class DiffOut(BaseModel):
    """Two plans compared. Areas are m² in the plane; incidents are the open ones; shares are of the old grid."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "old": _PLAN,
                "new": _DRAFT,
                "summary": {"kept": 97, "changed": 2, "recoded": 0, "households": 38},
                "grids": [
                    {
                        "id": _GRID["id"],
                        "old": _GRID,
                        "new": _GRID,
                        "land": "slightly",
                        "overlap": 0.91,
                        "changes": ["land"],
                        "area_old": 152340.25,
                        "area_new": 132216.75,
                        "numbers_old": _NUMBERS | {"households": 438},
                        "numbers_new": _NUMBERS | {"households": 400},
                    }
                ],
                "flows": [_LIMITS | {"area_share": 0.132, "household_share": 0.087, "numbers": _NUMBERS}],
                "moved": [
                    {
                        "block": None,
                        "old": _GRID["id"],
                        "new": _OTHER["id"],
                        "area": 20123.5,
                        "place": [113.3251, 23.1312],
                        "geometry": None,
                    }
                ],
            }
        }
    )

    old: dict[str, Any]
    new: dict[str, Any]
    summary: dict[str, Any]
    grids: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    moved: list[dict[str, Any]]


class CheckOut(BaseModel):
    """What the rules have found, the gravest first; `passed` when nothing keeps the plan from taking effect."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "plan_id": _DRAFT["id"],
                "plan": _DRAFT["name"],
                "base_id": _PLAN["id"],
                "base": _PLAN["name"],
                "passed": True,
                "counts": {"error": 0, "warning": 1, "info": 0},
                "findings": [
                    {
                        "rule": "size_high",
                        "severity": "warning",
                        "title": "规模偏大",
                        "message": "网格 440106001003003 有 538 户，多于城区标准 300–500",
                        "grids": ["440106001003003"],
                        "place": None,
                        "values": {"code": "440106001003003", "amount": 538},
                    }
                ],
            }
        },
    )

    plan_id: str
    plan: str
    base_id: str
    base: str
    passed: bool
    counts: dict[str, int]
    findings: list[dict[str, Any]]


class ActivationIn(BaseModel):
    """When a plan takes effect, by which document, and which revision of it was checked."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "valid_from": "2027-01-01",
                "approval_number": "开府发〔2026〕18号",
                "approval_date": "2026-11-20",
                "revision": 4,
            }
        },
    )

    valid_from: date | None = Field(
        default=None, description="First day, from 00:00 in China, within 20 years; today without it."
    )
    approval_number: Text | None = Field(
        default=None, max_length=NUMBER_SIGNS, description="批准文号; without it the one named before stays."
    )
    approval_date: date | None = Field(default=None, description="Day of that document.")
    revision: Revision | None = Field(default=None, description="When the plan has another one by now, 409.")


class ActivationOut(BaseModel):
    """What happened. With a day to come the state is `approved`: the plan waits, and cannot be edited."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "plan_id": _DRAFT["id"],
                "plan": _DRAFT["name"],
                "state": "in_force",
                "valid_from": "2026-11-22",
                "old_plan_id": _PLAN["id"],
                "old_plan": _PLAN["name"],
                "changed_grids": 3,
                "reassigned": 1311,
                "review": 2,
                "handed_over": {"household": 38, "shop": 4, "incident": 1},
                "codes": ["440106001003017"],
                "approval_number": "开府发〔2026〕18号",
                "approval_date": "2026-11-20",
                "limits": [SENTENCE],
            }
        },
    )

    plan_id: str
    plan: str
    state: str
    valid_from: date
    old_plan_id: str
    old_plan: str
    changed_grids: int
    reassigned: int
    review: int
    handed_over: dict[str, int]
    codes: list[str]
    approval_number: str | None = None
    approval_date: date | None = None
    limits: list[SentenceOut] = Field(default=[], description="Grids whose land or four limits are other ones.")


class RestoreIn(BaseModel):
    """The name of the new plan."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "恢复：现行划分方案"}})

    name: Text | None = Field(default=None, min_length=1, max_length=NAME_SIGNS)


class RestoredOut(BaseModel):
    """The draft that has the land of a plan of the past."""

    model_config = ConfigDict(json_schema_extra={"example": {"id": _DRAFT["id"], "name": "恢复：现行划分方案"}})

    id: str
    name: str


class HandoverOut(BaseModel):
    """What changes hands (交接): transfers from the largest, records by kind with personal values masked.

    `recounts` are the totals counted again from points in the land that changed hands; `agrees` says that they do.
    """

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "plan": _DRAFT,
                "old_plan": _PLAN,
                "agrees": True,
                "transfers": [
                    _LIMITS
                    | {
                        "numbers": _NUMBERS,
                        "recounts": [
                            {
                                "kind": "households",
                                "listed": 38,
                                "by_hand": 0,
                                "inside": 38,
                                "on_edge": 0,
                                "agrees": True,
                            }
                        ],
                    }
                ],
                "rows": {
                    "households": [
                        {
                            "old_code": "440106001003003",
                            "new_code": "440106001003004",
                            "code": "H00017",
                            "head": "张**",
                            "phone": "138****1234",
                        }
                    ]
                },
            }
        },
    )

    plan: dict[str, Any]
    old_plan: dict[str, Any]
    agrees: bool
    transfers: list[dict[str, Any]]
    rows: dict[str, list[dict[str, Any]]]


class HistoryOut(BaseModel):
    """A grid through all plans that changed it, the first one first (网格沿革)."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "grid_id": _GRID["id"],
                "code": _GRID["code"],
                "name": _GRID["name"],
                "in_force": True,
                "chapters": [
                    {
                        "plan_id": _PLAN["id"],
                        "plan": _PLAN["name"],
                        "state": "in_force",
                        "valid_from": "2026-01-01",
                        "valid_to": None,
                        "code": _GRID["code"],
                        "name": _GRID["name"],
                        "kind": "general",
                        "community": "解放路社区",
                        "area": 152340.25,
                        "changes": ["new"],
                        "gained": [],
                        "given": [],
                    }
                ],
            }
        },
    )

    grid_id: str
    code: str
    name: str
    in_force: bool
    chapters: list[dict[str, Any]]


@router.get("/plans/{plan_id}/diff", operation_id="diff_plans", responses=answers(404, 409, 422))
def diff(
    tx: ReadTx,
    scope: CurrentScope,
    plan_id: UUID,
    base: Annotated[UUID | None, Query(description="Compare with this plan, not with the one drawn from.")] = None,
    geometry: Annotated[bool, Query(description="Give the moved land as GeoJSON, lon/lat EPSG:4490.")] = False,  # noqa: FBT002
) -> DiffOut:
    """Compare a plan with another: changed grids, what each gives to which, land that moves."""
    old = base or plan_diff.base_of(tx, scope, plan_id)
    return DiffOut(**plan_diff.as_json(plan_diff.diff_plans(tx, scope, old, plan_id, geometry=geometry)))


@router.get("/plans/{plan_id}/check", operation_id="check_plan", responses=answers(404, 422))
def check(tx: ReadTx, scope: CurrentScope, plan_id: UUID) -> CheckOut:
    """Ask every rule about a plan."""
    return CheckOut(**asdict(plan_rules.check(tx, scope, plan_id)))


@router.post("/plans/{plan_id}/activation", operation_id="activate_plan", responses=answers(403, 404, 409, 422))
def activate(
    opened: Annotated[Database, Depends(database)], scope: CurrentScope, plan_id: UUID, wanted: ActivationIn
) -> ActivationOut:
    """Put a plan in force, whole, or let it wait for its day. Committed before the answer."""
    by = runner.Approval(wanted.approval_number, wanted.approval_date, wanted.revision)
    done = runner.activate_plan(opened, plan_id, scope.actor, wanted.valid_from, by, scope=scope)
    return ActivationOut(**asdict(done))


@router.post("/plans/{plan_id}/withdrawal", operation_id="withdraw_plan", responses=answers(403, 404, 409, 422))
def withdraw(tx: WriteTx, scope: CurrentScope, plan_id: UUID, seen: RevisionIn) -> PlanOut:
    """Make a plan that waits for its day a draft again (撤回): it can be edited, and approved anew."""
    return PlanOut.model_validate(plan_schedule.withdraw(tx, scope, plan_id, seen.revision))


@router.post(
    "/plans/{plan_id}/restoration", operation_id="restore_plan", status_code=201, responses=answers(404, 409, 422)
)
def restore(tx: WriteTx, scope: CurrentScope, plan_id: UUID, wanted: RestoreIn) -> RestoredOut:
    """Make a draft that has the land of a plan of the past (恢复原方案); activate it as any other."""
    made = activation.restore(tx, scope, plan_id, wanted.name)
    return RestoredOut(id=str(made.id), name=made.name)


@router.get("/plans/{plan_id}/handover", operation_id="get_handover", responses=answers(404, 409, 422))
def hand_over(tx: ReadTx, scope: CurrentScope, plan_id: UUID) -> HandoverOut:
    """List what changes hands under a plan, record by record."""
    return HandoverOut(**asdict(handover.hand_over(tx, scope, plan_id)))


@router.get(
    "/plans/{plan_id}/handover.xlsx",
    operation_id="get_handover_sheet",
    response_class=Response,
    responses=answers(404, 409, 422) | {200: {"content": {_WORKBOOK: {}}}},
)
def hand_over_sheet(tx: WriteTx, scope: CurrentScope, plan_id: UUID) -> Response:
    """Give the hand-over list as a workbook (交接单), personal values masked; audited as an export."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "handover.xlsx"
        handover.write_handover(tx, scope, plan_id, path)
        content = path.read_bytes()
    headers = {"Content-Disposition": 'attachment; filename="handover.xlsx"'}
    return Response(content, media_type=_WORKBOOK, headers=headers)


@router.get("/grids/{grid_id}/history", operation_id="get_grid_history", tags=["grids"], responses=answers(404, 422))
def history(tx: ReadTx, scope: CurrentScope, grid_id: Text) -> HistoryOut:
    """Tell what became of a grid; by its id, or any code that it has or ever had."""
    return HistoryOut(**asdict(grid_history.grid_history(tx, scope, grid_id)))
