"""Pages lead to one another, and an address that leads nowhere says so to whoever opened it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from api_answers import problem_of

from maps.menu import PAGES
from maps.notices import notice_page

if TYPE_CHECKING:
    from starlette.testclient import TestClient

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/", "/batches", *(path for path, _ in PAGES)])
def test_every_page_leads_to_the_others_and_says_where_one_is(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    found = re.search(r'<nav class="menu".*?</nav>', answer.text)
    assert found
    assert re.findall(r'href="([^"]+)"', found.group()) == [each for each, _ in PAGES]
    assert found.group().count("aria-current") == 1


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere", 404, "没有这个页面"),
        ("/plans/abc", 422, "网址有误"),
        (f"/plans/{UUID(int=0)}", 404, "没有这个方案"),
        ("/grids/1", 404, "没有这个网格"),
        ("/grids/1?at=yesterday", 422, "网址有误"),
        ("/verify/AAAA-BBBB-CCCC-DDDD", 404, "查无此单"),
    ],
)
def test_a_browser_is_told_in_a_page(client: TestClient, path: str, status: int, words: str) -> None:
    answer = client.get(path, headers=BROWSER)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert f"<h1>{words}</h1>" in answer.text
    assert "gridmap " not in answer.text, "a command is of no use to who looks at a page"


def test_a_program_is_told_as_ever(client: TestClient) -> None:
    assert problem_of(client.get("/nowhere")) == (404, "not_found")
    assert problem_of(client.get("/plans/abc")) == (422, "bad_input")
    assert problem_of(client.get("/api/v1/nowhere", headers=BROWSER)) == (404, "not_found")
    assert problem_of(client.post("/plans", headers=BROWSER)) == (405, "method_not_allowed")


def test_a_notice_holds_text_as_text() -> None:
    page = notice_page("<b>", "a&b", commands=["<x>"], links=[('/"', "<i>")], nonce="n")
    assert "<b>" not in page
    assert "<x>" not in page
    assert '"/&quot;"' in page
