"""Answers of the API for tests: problems, and what its own description says of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from httpx2 import Response
    from starlette.testclient import TestClient

INCIDENTS = "/api/v1/incidents"
PROBLEM = "application/problem+json"


def problem_of(answer: Response) -> tuple[int, str]:
    """Status and code of an answer that must be a whole problem."""
    assert answer.headers["content-type"] == PROBLEM, answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:gridmap:error:{problem['code']}"
    assert problem["detail"]
    return answer.status_code, problem["code"]


def operation_of(client: TestClient, method: str, path: str) -> dict[str, Any] | None:
    """Find the description of a request."""
    for template, operations in client.get("/api/v1/openapi.json").json()["paths"].items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = operations.get(method)
            return found
    return None
