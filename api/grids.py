"""`/grids`: the grids of the plan in force."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from gridmap.services import grids as verbs

router = APIRouter(tags=["grids"])

_At = Annotated[date | None, Query(description="By the plan in force on that date; today without it.")]


class GridOut(BaseModel):
    """A grid with its numbers; areas are square metres in the plane of the sub-district."""

    model_config = ConfigDict(from_attributes=True)

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

    geometry: dict[str, Any]


@router.get("/grids", operation_id="list_grids", responses={404: {}})
def listing(
    tx: ReadTx,
    scope: CurrentScope,
    community: Annotated[str | None, Query(description="Code of a community.")] = None,
    at: _At = None,
) -> list[GridOut]:
    """List the grids in the order of their codes."""
    return [GridOut.model_validate(grid) for grid in verbs.list_grids(tx, scope, community=community, at=at)]


@router.get("/grids/{grid_id}", operation_id="get_grid", responses={404: {}})
def single(tx: ReadTx, scope: CurrentScope, grid_id: str, at: _At = None) -> GridWithShape:
    """Show one grid by id or by code, with its border."""
    return GridWithShape.model_validate(verbs.get_grid(tx, scope, grid_id, at=at))
