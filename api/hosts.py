"""Which names of this machine the server answers to.

Without accounts it answers this machine alone. Refusing other names keeps a web page elsewhere from reaching it
through a name that resolves to 127.0.0.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from api.problems import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class LocalHostsOnly:
    """Answers 400 to a request that names another host."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host", "").partition(":")[0].lower()
            if host not in LOCAL_HOSTS:
                refusal = problem(400, "bad_request", "this server answers to 127.0.0.1 and localhost alone")
                await refusal(scope, receive, send)
                return
        await self.app(scope, receive, send)
