"""HTML answers under a strict content-security-policy, compressed where the browser takes it."""

from __future__ import annotations

import gzip
import secrets
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse

if TYPE_CHECKING:
    from fastapi import Request

NONCE = "nonce-of-this-answer"  # stands in a page until it is answered: a page may be kept, a nonce may not


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
