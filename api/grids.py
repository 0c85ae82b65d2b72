"""`/grids`: the grids of the plan in force."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx, Text  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services import grids as verbs

router = APIRouter(tags=["grids"])

_At = Annotated[date | None, Query(description="By the plan in force on that date; today without it.")]


_EXAMPLE: dict[str, Any] = {
    "id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
    "code": "440106001003003",
    "name": "解放路社区第03网格",
    "kind": "general",
    "community_code": "440106001003",
    "community_name": "解放路社区",
    "worker": "李**",
    "four_limits": "东至建设路，南至示范河，西至解放路，北至铁路",
    "source_document": "示范街道办〔2026〕1号",
    "plan_id": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
    "plan_name": "现行划分方案",
    "area": 152340.25,
    "numbers": {"households": 438, "residents": 1157, "shops": 52, "incidents": 3},
}
_BORDER: dict[str, Any] = {
    "type": "Polygon",
    "coordinates": [[[113.32, 23.13], [113.33, 23.13], [113.33, 23.14], [113.32, 23.13]]],
}


class GridOut(BaseModel):
    """A grid with its numbers; areas are square metres in the plane of the sub-district."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"example": _EXAMPLE})

    id: str
    code: str
    name: str
    kind: str
    community_code: str
    community_name: str
    worker: str
    four_limits: str
    source_document: str
    plan_id: str
    plan_name: str
    area: float
    numbers: dict[str, int]


class GridWithShape(GridOut):
    """A grid with its border as GeoJSON, lon/lat EPSG:4490."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE | {"geometry": _BORDER}})

    geometry: dict[str, Any]


@router.get("/grids", operation_id="list_grids", responses=answers(404, 422))
def listing(
    tx: ReadTx,
    scope: CurrentScope,
    community: Annotated[Text | None, Query(description="Code of a community.")] = None,
    at: _At = None,
) -> list[GridOut]:
    """List the grids in the order of their codes."""
    return [GridOut.model_validate(grid) for grid in verbs.list_grids(tx, scope, community=community, at=at)]


@router.get("/grids/{grid_id}", operation_id="get_grid", responses=answers(404, 422))
def single(tx: ReadTx, scope: CurrentScope, grid_id: Text, at: _At = None) -> GridWithShape:
    """Show one grid by id or by code, with its border."""
    return GridWithShape.model_validate(verbs.get_grid(tx, scope, grid_id, at=at))
