"""Pages of other sites, which a browser lets send forms to 127.0.0.1, change nothing; our own pages and programs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from api_answers import INCIDENTS, problem_of
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from api.app import create_app
from api.hosts import SAFE_METHODS
from gridmap.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

OWN = "http://127.0.0.1"
FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "http://127.0.0.1.evil.example"},
    {"Origin": "http://evil.example:80"},
    {"Origin": "http://127.0.0.1:9000"},  # another server of this machine
    {"Origin": "https://127.0.0.1"},
    {"Origin": "http://localhost"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://["},
    {"Origin": "file://"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Origin": OWN, "Sec-Fetch-Site": "cross-site"},
]


def writes(client: TestClient) -> Iterator[tuple[str, str]]:
    """Every request of the API that is not only to read."""
    for path, operations in client.get("/api/v1/openapi.json").json()["paths"].items():
        for method in operations:
            if method.upper() not in SAFE_METHODS:
                yield method.upper(), path


def test_no_route_changes_anything_for_another_site(client: TestClient) -> None:
    asked = list(writes(client))
    assert len(asked) > 20
    for method, path in asked:
        for headers in FOREIGN:
            answer = client.request(method, path, headers=headers, json={})
            assert problem_of(answer) == (403, "forbidden"), (method, path, headers)


def test_a_form_of_another_site_stores_nothing(client: TestClient) -> None:
    """A text/plain body needs no preflight: the browser sends it and asks afterwards."""
    before = client.get(INCIDENTS).json()["total"]
    sheet = "工单编号,标题\nRX1,积水\n".encode()
    headers = {"Origin": "https://evil.example", "Content-Type": "text/plain"}
    answer = client.post("/api/v1/intake/files", params={"name": "x.csv"}, content=sheet, headers=headers)
    assert problem_of(answer) == (403, "forbidden")
    assert answer.json()["evidence"] == {"origin": "https://evil.example"}
    assert client.get(INCIDENTS).json()["total"] == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": OWN},
        {"Origin": "HTTP://127.0.0.1:80", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:8000", "Host": "127.0.0.1:8000"},
        {"Origin": "http://localhost:8000", "Host": "LOCALHOST:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_own_pages_and_programs_may(client: TestClient, headers: dict[str, str]) -> None:
    answer = client.post(INCIDENTS, json={"title": "路灯不亮"}, headers=headers)
    assert answer.status_code == 201, answer.text


def test_reading_is_not_asked_where_it_comes_from(client: TestClient) -> None:
    """A link on another page leads here; what it reads, that page cannot see."""
    for headers in FOREIGN:
        assert client.get(INCIDENTS, headers=headers).status_code == 200
        assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "public", ["https://gridmap.example", "https://gridmap.example/office", "https://gridmap.example:443"]
)
def test_behind_a_proxy_the_public_address_is_ours(shared_office: str, public: str) -> None:
    app = create_app(Settings(database=shared_office, public_url=public))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        for origin, status in (
            ("https://gridmap.example", 201),
            ("http://gridmap.example", 403),
            ("https://a.example", 403),
        ):
            answer = client.post(INCIDENTS, json={"title": "路灯不亮"}, headers={"Origin": origin})
            assert answer.status_code == status, origin


@given(origin=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=30))
def test_no_origin_breaks_the_check(client: TestClient, origin: str) -> None:
    answer = client.post(INCIDENTS, json={}, headers={b"Origin": origin.encode("latin-1")})
    assert problem_of(answer) == (403, "forbidden")
