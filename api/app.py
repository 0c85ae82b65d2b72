"""The web application: its parts, put together once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware

from api import grids, health, incidents, locating, pages, problems
from gridmap import __version__
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from gridmap.config import Settings

# Without accounts the server answers this machine alone. The host check keeps a web page elsewhere from reaching it
# through a name that resolves to 127.0.0.1.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "testserver")


def create_app(settings: Settings) -> FastAPI:
    """Make the application for the database that the settings name.

    Raises
    ------
    DatabaseProblem
        The database is missing or of another version.
    """
    app = FastAPI(
        title="gridmap",
        version=__version__,
        summary="Communities, grids and incidents of a sub-district",
        docs_url=None,  # the interactive page loads scripts from public hosts
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.database = Database.open(settings.database)
    app.state.pages = pages.PageCache()
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(LOCAL_HOSTS))
    problems.register(app)
    app.include_router(health.router)
    app.include_router(pages.router)
    for module in (incidents, grids, locating):
        app.include_router(module.router, prefix="/api/v1")
    return app
