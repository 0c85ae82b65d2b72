"""Which names of this machine the server answers to, and whose pages may change anything.

Without accounts it answers this machine alone. Refusing other names keeps a web page elsewhere from reaching it
through a name that resolves to 127.0.0.1. A page elsewhere can send a form to 127.0.0.1 itself, too, without asking
anybody: a browser says where it comes from, and what comes from another site changes nothing. Programs say nothing of
the kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from api.problems import problem

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class LocalHostsOnly:
    """Answers 400 to a request that names another host, and 403 to a change that another site's page asks for.

    Parameters
    ----------
    public_url : str
        Where people reach the server through a proxy: its pages are ours.
    """

    app: ASGIApp
    public_url: str = ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        asked = headers.get("host", "")
        if asked.partition(":")[0].lower() not in LOCAL_HOSTS:
            return problem(400, "bad_request", "this server answers to 127.0.0.1 and localhost alone")
        if scope["method"] in SAFE_METHODS:
            return None
        own = {_origin(f"{scope['scheme']}://{asked}"), _origin(self.public_url)} - {None}
        foreign = [each for each in headers.getlist("origin") if _origin(each) not in own]
        if foreign or "cross-site" in headers.getlist("sec-fetch-site"):
            evidence = {"origin": foreign[0]} if foreign else {}
            detail = "a page of another site cannot change anything here: open gridmap's own page and do it there"
            return problem(403, "forbidden", detail, evidence=evidence)
        return None


def _origin(url: str) -> tuple[str, str, int] | None:
    """Read scheme, host and port of an address; None of what has none, as the `null` of a page without an origin."""
    try:
        parts = urlsplit(url.strip())
        port = _PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname and port else None
