"""Errors as RFC 9457 problem+json: one table from class to status."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.html import NONCE, html_answer
from gridmap import errors
from maps.notices import HOME, notice_page

if TYPE_CHECKING:
    from fastapi import FastAPI, Request

_log = logging.getLogger("gridmap.api")

STATUS: dict[type[errors.GridmapError], int] = {
    errors.NotFound: 404,
    errors.NoPlan: 404,
    errors.NoGazetteer: 404,
    errors.Conflict: 409,
    errors.Forbidden: 403,
    errors.CoverageBroken: 422,
    errors.RepairRefused: 422,
    errors.PlanRefused: 422,
    errors.EditRefused: 422,
    errors.BadInput: 422,
    errors.CodesExhausted: 409,
    errors.DatabaseProblem: 503,
    errors.SetupMissing: 503,
    errors.GridmapError: 500,
}


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable, `detail` is for people; `evidence` and `fields` say what and where.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "evidence": {"type": "object"},
        "fields": {"type": "array", "items": {"type": "object"}},
        "request_id": {"type": "string"},
    },
    "required": ["type", "title", "status", "detail", "code"],
}
ANYWHERE = (400, 500, 503)  # another host's name or an unreadable body; our mistake; the database


def answers(*statuses: int, pages: tuple[int, ...] = ()) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route answers with, for OpenAPI; those of every route are among them.

    `pages` are the statuses that a page answers with a notice for people instead.
    """
    as_problem: dict[str, Any] = {"application/problem+json": {"schema": _SCHEMA}}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {"text/html": {"schema": {"type": "string"}}} if status in pages else as_problem,
        }
        for status in sorted({*statuses, *pages, *ANYWHERE})
    }


class _Problem(JSONResponse):
    """Says what is wrong, also of what no UTF-8 can write: a request may hold half of a character."""

    media_type = "application/problem+json"

    def render(self, content: Any) -> bytes:
        """Write JSON."""
        return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode(
            "utf-8", "replace"
        )


def problem(status: int, code: str, detail: str, **more: Any) -> JSONResponse:
    """Build a problem+json answer; `code` is the stable name that clients may rely on."""
    body = {"type": f"urn:gridmap:error:{code}", "title": code, "status": status, "detail": detail, "code": code}
    return _Problem(body | more, status_code=status)


def status_of(error: errors.GridmapError) -> int:
    """Find the status of the nearest class in the table."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


_NOT_PAGES = ("/api/", "/tiles/", "/assets/")
_NOTICES = {
    404: ("没有这个页面", "网址有误，或页面已经移走。请核对网址，或从一张图重新进入。"),
    422: ("网址有误", "网址里的编号或日期不完整，请核对，或从一张图重新进入。"),
    500: ("系统出错了", "请稍后再试；仍不行请告诉系统管理员，错误编号："),
}


def _for_people(request: Request, status: int, more: str = "") -> Response | None:
    """Answer somebody who opened an address in a browser: a page; None where a program asks."""
    if status not in _NOTICES or request.method != "GET" or request.url.path.startswith(_NOT_PAGES):
        return None
    if "text/html" not in request.headers.get("accept", ""):
        return None
    title, text = _NOTICES[status]
    return html_answer(request, notice_page(title, text + more, links=HOME, nonce=NONCE), status)


def _gridmap_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.GridmapError)  # noqa: S101 -- registered for this class alone
    evidence = {name: value for name, value in error.evidence.items() if isinstance(value, (str, int, float, list))}
    return problem(status_of(error), error.code, error.message, **({"evidence": evidence} if evidence else {}))


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for this class alone
    fields = [{"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors()]
    detail = "; ".join(f"{field['field']}: {field['message']}" for field in fields)
    return _for_people(request, 422) or problem(422, "bad_input", detail, fields=fields)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for this class alone
    if notice := _for_people(request, error.status_code):
        return notice
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "bad_request")
    answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer.headers["Allow"] = ", ".join(_methods(request))
    return answer


def _methods(request: Request) -> list[str]:
    """Return the methods of all routes of a path; the router names only those of the first."""
    return [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]


def _unknown(request: Request, error: Exception) -> Response:
    request_id = uuid4().hex
    _log.error("request %s failed", request_id, exc_info=error)
    notice = _for_people(request, 500, request_id)
    return notice or problem(
        500, "internal", "something went wrong on our side; the log has the details", request_id=request_id
    )


def register(app: FastAPI) -> None:
    """Answer every error of this application as problem+json, and a browser that looks for a page with a page."""
    app.add_exception_handler(errors.GridmapError, _gridmap_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unknown)
