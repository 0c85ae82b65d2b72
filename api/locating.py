"""`GET /locate` tells which grid has a point."""

from __future__ import annotations

from datetime import date  # noqa: TC003 -- FastAPI reads the annotation
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from api.deps import CurrentScope, ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap.services.locating import Place, locate

router = APIRouter(tags=["locate"])


class PlaceOut(BaseModel):
    """The verdict for one point."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "example": {
                "lon": 113.325,
                "lat": 23.135,
                "plan_id": "5f4a0c5e-3c0e-4a39-8a41-0f6a4d2f7a11",
                "plan_name": "现行划分方案",
                "reason": "inside",
                "grid_id": "0d1f7f34-94f1-4c77-9d8a-7f4f8a0f2c11",
                "grid_code": "440106001003003",
                "grid_name": "解放路社区第03网格",
                "community_code": "440106001003",
                "community_name": "解放路社区",
                "worker": "张**",
                "distance": 12.4,
                "nearest_code": None,
                "nearest_name": None,
                "review": False,
            }
        },
    )

    lon: float
    lat: float
    plan_id: str
    plan_name: str
    reason: str
    grid_id: str | None
    grid_code: str | None
    grid_name: str | None
    community_code: str | None
    community_name: str | None
    worker: str
    distance: float | None
    nearest_code: str | None = None
    nearest_name: str | None = None
    review: bool

    @staticmethod
    def of(place: Place) -> PlaceOut:
        """Copy the value that the service gives."""
        return PlaceOut.model_validate(place)


@router.get("/locate", operation_id="locate", responses=answers(404, 422))
def get_place(
    tx: ReadTx,
    scope: CurrentScope,
    lon: Annotated[float, Query(description="Longitude, or easting in metres.", examples=[113.325])],
    lat: Annotated[float, Query(description="Latitude, or northing in metres.", examples=[23.135])],
    crs: Annotated[str, Query(description="EPSG code, cgcs2000, wgs84, gcj02, bd09 or bd09mc.")] = "EPSG:4490",
    at: Annotated[date | None, Query(description="By the plan in force on that date; today without it.")] = None,
) -> PlaceOut:
    """Name the grid of a point, the reason, and the metres to the grid's border."""
    return PlaceOut.of(locate(tx, scope, lon, lat, crs, at))
