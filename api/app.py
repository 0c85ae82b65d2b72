"""The web application: its parts, put together once."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from api import (
    address_review,
    address_review_page,
    addresses,
    area_page,
    batches,
    batches_page,
    casework,
    details,
    due_plans,
    grids,
    health,
    incidents,
    incidents_page,
    intake,
    jurisdiction,
    ledgers,
    limits,
    limits_page,
    locating,
    map_page,
    pages,
    plan_balance,
    plan_effect,
    plan_limits,
    plan_page,
    plans,
    problems,
    reporting,
    tiles,
)
from api.hosts import LocalHostsOnly
from api.html import KeptPage
from gridmap import __version__
from gridmap.services.casework_rules import rules
from gridmap.services.dispatch import BoardCache
from gridmap.storage.database import Database
from maps.base_maps import base_map

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from gridmap.config import Settings


_PAGES = (
    health.router,
    pages.router,
    tiles.router,
    map_page.router,
    area_page.pages,
    plan_page.pages,
    incidents_page.pages,
    batches_page.pages,
    limits_page.pages,
    jurisdiction.pages,
    address_review_page.pages,
)
_API = (
    addresses,
    address_review,
    incidents_page,  # /incidents/board, before /incidents/{id}
    incidents,
    reporting,
    casework,
    batches,
    intake,
    jurisdiction,
    ledgers,
    grids,
    area_page,
    locating,
    limits,
    limits_page,
    details,
    plans,
    plan_balance,
    plan_effect,
    plan_limits,
    plan_page,
)


def create_app(settings: Settings) -> FastAPI:
    """Make the application for the database that the settings name.

    Raises
    ------
    DatabaseProblem
        The database is missing or of another version.
    SetupMissing
        The settings name a base map that is none, or the rules of casework have faults.
    """
    backdrop = base_map(settings)
    with ExitStack() as undone:
        database = Database.open(settings.database)
        undone.callback(database.close)
        with database.transaction("local") as tx:
            rules(tx)  # a ladder with a dead end keeps the server from starting, not a case from ending
        undone.pop_all()

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        with due_plans.watching_the_calendar(database):
            yield
        database.close()

    app = FastAPI(
        title="gridmap",
        version=__version__,
        summary="Communities, grids and incidents of a sub-district",
        docs_url=None,  # the interactive page loads scripts from public hosts
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=closing,
    )
    app.state.database = database
    app.state.backdrop = backdrop
    app.state.pages = KeptPage()
    app.state.tiles = tiles.TileCache()
    app.state.areas = area_page.AreaPages()
    app.state.live = map_page.LiveCache()
    app.state.numbers = details.NumbersCache()
    app.state.board = BoardCache()
    app.add_middleware(GZipMiddleware, minimum_size=1500, compresslevel=5)  # tiles and assets come compressed
    app.add_middleware(LocalHostsOnly, public_url=settings.public_url)
    problems.register(app)
    for router in _PAGES:
        app.include_router(router)
    for module in _API:
        app.include_router(module.router, prefix="/api/v1")
    return app
