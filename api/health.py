"""`GET /healthz`: tells whether the server is there and can read its database."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from api.deps import ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from api.problems import answers
from gridmap import __version__

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A sign of life."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"status": "ok", "version": __version__, "database": "spatialite"}}
    )

    status: str
    version: str
    database: str


@router.get("/healthz", operation_id="health", responses=answers())
def get_health(tx: ReadTx) -> Health:
    """Answer when a transaction on the database could be opened; 503 otherwise."""
    return Health(status="ok", version=__version__, database="postgis" if tx.postgis else "spatialite")
