"""HTML answers under a strict content-security-policy, compressed where the browser takes it."""

from __future__ import annotations

import gzip
import secrets
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse

from maps.notices import notice_page

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from fastapi import Request

NONCE = "nonce-of-this-answer"  # stands in a page until it is answered: a page may be kept, a nonce may not


@dataclass
class KeptPage:
    """The last page that was drawn, kept until what it shows changes."""

    key: Hashable = None
    page: str = ""
    guard: Lock = field(default_factory=Lock)

    def drawn(self, key: Hashable, draw: Callable[[], str]) -> str:
        """Return the page of a state, drawn once for it."""
        with self.guard:
            if self.key != key:
                self.page, self.key = draw(), key
            return self.page


def html_answer(request: Request, page: str, status: int = 200, *, images: tuple[str, ...] = ()) -> HTMLResponse:
    """Answer a page whose scripts and styles carry `NONCE`; `images` are origins that pictures may come from."""
    nonce = secrets.token_urlsafe(16)
    content = page.replace(NONCE, nonce).encode("utf-8")
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"img-src {' '.join(('data:', *images))}; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept-Encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = gzip.compress(content, compresslevel=5)
        headers["Content-Encoding"] = "gzip"
    return HTMLResponse(content, status_code=status, headers=headers)


def before_grids(request: Request, text: str, status: int = 200) -> HTMLResponse:
    """Answer instead of a page that has nothing to show before boundaries are imported: what to do first."""
    commands = ["gridmap import communities 社区.geojson", "gridmap import grids 网格.geojson"]
    return html_answer(request, notice_page("还没有网格", text, commands=commands, nonce=NONCE), status)
