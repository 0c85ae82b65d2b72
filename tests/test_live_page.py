"""The page at `/`: its own code alone, no personal value, and nothing that is out of date. On both databases."""

from __future__ import annotations

import base64
import zlib
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from api_answers import INCIDENTS, problem_of
from office import client_of, load, lonlat, open_office, write_households

from gridmap.access import Scope
from gridmap.services import overview
from gridmap.storage import audit
from maps.menu import PAGES

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from gridmap.storage.database import Database


class Code(HTMLParser):
    """Collects what runs or styles on a page, its data blocks, and attributes that a strict policy forbids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.nonces: list[str | None] = []
        self.blocks: dict[str, str] = {}
        self.loose: list[str] = []
        self._block: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._block = given.get("id") if tag == "script" else None
        if tag in {"script", "style"} and not self._block:
            self.nonces.append(given.get("nonce"))
        self.loose += [name for name in given if name == "style" or name.startswith("on")]
        targets = [given.get(name) or "#" for name in ("src", "href", "action")]
        ways = {path for path, _ in PAGES} if tag == "a" else set()
        self.loose += [target for target in targets if not target.startswith(("data:", "#")) and target not in ways]

    def handle_data(self, data: str) -> None:
        if self._block:
            self.blocks[self._block] = self.blocks.get(self._block, "") + data

    def handle_endtag(self, _: str) -> None:
        self._block = None


def carried(page: str) -> str:
    """All text of a page, that in its packed blocks too."""
    packed = [block for name, block in Code(page).blocks.items() if name != "gridmap-data"]
    assert packed
    unpacked = [zlib.decompress(base64.b64decode(block), wbits=-zlib.MAX_WBITS) for block in packed]
    return "\n".join([page, *(content.decode("utf-8", "replace") for content in unpacked)])


def policy_of(answer: Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";"))
    return {name: sources for name, _, sources in parts}


def assert_strict(answer: Response) -> str:
    """Check policy and nonce of a page; give the nonce."""
    policy = policy_of(answer)
    assert policy["default-src"] == "'none'"
    assert "unsafe" not in str(policy)
    assert {policy[name] for name in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    nonce = policy["script-src"].removeprefix("'nonce-").removesuffix("'")
    assert len(nonce) >= 20
    code_of_page = Code(answer.text)
    assert set(code_of_page.nonces) == {nonce}
    assert code_of_page.loose == []
    assert answer.headers["x-content-type-options"] == "nosniff"
    return nonce


def test_the_live_page_runs_its_own_code_alone(client: TestClient) -> None:
    answers = [client.get("/") for _ in range(2)]
    nonces = [assert_strict(answer) for answer in answers]
    assert nonces[0] != nonces[1]
    assert "解放路社区" in answers[0].text


def test_the_live_page_has_no_personal_value(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50, 50), (600, 50)]))
    lon, lat = lonlat(50, 250)
    with client_of(target) as client:
        body = {"title": "井盖缺失", "category": "市政", "reporter": "欧阳示范", "phone": "19912345678"}
        assert client.post(INCIDENTS, json=body | {"lon": lon, "lat": lat, "address": "解放路99号"}).status_code == 201
        text = carried(client.get("/").text)
    assert "市政" in text
    for secret in ("张示范", "1990000", "李示范", "欧阳", "19912345678", "解放路99号", "示范路1号"):
        assert secret not in text, secret


def test_the_live_page_follows_what_happens(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(50, 250)
    with client_of(target) as client:
        before = carried(client.get("/").text)
        client.post(INCIDENTS, json={"title": "井盖缺失", "category": "市政设施", "lon": lon, "lat": lat})
        after = carried(client.get("/").text)
    assert "市政设施" not in before
    assert "市政设施" in after


def test_the_page_changes_with_a_write_that_began_earlier_and_ended_later(database: Database) -> None:
    """Writers on PostGIS overlap: whoever commits last need not have the latest time or number in the audit."""
    if not database.url.get_backend_name().startswith("postgresql"):
        return  # on SpatiaLite writers come one at a time
    everything = Scope.everything("tester")
    with database.transaction("slow", write=True) as slow:
        audit.record(slow, "report", "incident")
        with database.transaction("quick", write=True) as quick:
            audit.record(quick, "report", "incident")
        with database.transaction("reader") as reader:
            between = overview.revision(reader, everything)
    with database.transaction("reader") as reader:
        assert overview.revision(reader, everything) != between


def test_without_boundaries_the_page_says_what_to_do_first(target: str) -> None:
    with client_of(target) as client:
        answer = client.get("/")
        assert answer.status_code == 200
        assert policy_of(answer)["default-src"] == "'none'"
        assert set(Code(answer.text).nonces) == {
            policy_of(answer)["style-src"].removeprefix("'nonce-").removesuffix("'")
        }
        assert "gridmap import communities" in answer.text
        assert client.get(INCIDENTS).json() == {"total": 0, "items": []}
        assert problem_of(client.get("/api/v1/grids")) == (404, "no_plan")
