"""Generated requests to every operation that the API describes: none fails on our side, none is answered otherwise.

Half of them name records that are there, since a request for nothing does not get far.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from api_answers import INCIDENTS
from hypothesis import HealthCheck, Phase, given, settings
from office import code
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

if TYPE_CHECKING:
    from starlette.testclient import TestClient

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REQUESTS = 8  # to each operation

known: dict[str, str] = {}
turn = count()


@pytest.fixture(scope="module")
def described(client: TestClient) -> Any:
    """The description of an office that has an incident, a draft and a statement."""
    told = client.post(
        INCIDENTS, json={"title": "漏水", "source": "12345热线", "lon": 112.52, "lat": 23.13, "category": "民生诉求"}
    ).json()
    draft = client.post("/api/v1/plans", json={"name": "2027年调整"}).json()
    known.update(incident_id=told["id"], plan_id=draft["id"], code=code("A"), grid_id=code("B"))
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", client.app, headers={"Host": "127.0.0.1"})


@schemathesis.hook
def map_path_parameters(_: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Let every other request name what is there."""
    if path_parameters and next(turn) % 2:
        return path_parameters | {name: known[name] for name in path_parameters if name in known}
    return path_parameters


def test_every_operation_answers_as_described(described: Any) -> None:
    parted = []
    for found in described.get_all_operations():
        operation = found.ok()
        try:
            _ask(operation)
        except FailureGroup as wrong:
            parted += [f"{operation.label}: {each}" for each in wrong.exceptions]
    assert not parted, "\n\n".join(parted)


def _ask(operation: Any) -> None:
    """Send the examples of the description, then what is generated from it."""
    generated = operation.as_strategy()
    for strategy in (*operation.get_strategies_from_examples(), generated):

        @settings(
            max_examples=REQUESTS if strategy is generated else 2,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
            database=None,
        )
        @given(strategy)
        def ask(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(base_url="http://127.0.0.1", checks=CHECKS)

        ask()
