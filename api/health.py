"""`GET /healthz`: tells whether the server is there and can read its database."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from api.deps import ReadTx  # noqa: TC001 -- FastAPI reads the annotation
from gridmap import __version__

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A sign of life."""

    status: str
    version: str
    database: str


@router.get("/healthz", operation_id="health")
def get_health(tx: ReadTx) -> Health:
    """Answer when a transaction on the database could be opened; 503 otherwise."""
    return Health(status="ok", version=__version__, database="postgis" if tx.postgis else "spatialite")
