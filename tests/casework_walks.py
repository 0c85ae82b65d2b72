"""Walking cases along the ladder in tests: the shortest way to a state, and every move with all that it needs."""

from __future__ import annotations

import base64
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gridmap.casework.ladder import read_ladder
from gridmap.config import data_dir

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from gridmap.casework.ladder import Ladder, Move

import json

from pictures import picture

CONTENT: dict[str, Any] = json.loads((data_dir() / "lookups" / "ladder.json").read_text(encoding="utf-8"))
LADDERS: dict[str, Ladder] = {name: read_ladder(CONTENT, name) for name in ("", *CONTENT["profiles"])}
SOURCE = {"": "12345热线", "数字城管": "数字城管"}
PNG = base64.b64encode(picture("PNG")).decode()
URL = "/api/v1/incidents"
UNIT = "市政管理所"


def pairs(ladder: Ladder) -> set[tuple[str, str]]:
    """Return every move with every state that it starts from, by their names."""
    return {(move.name, state) for move in ladder.moves.values() for state in move.sources}


def way_to(ladder: Ladder, wanted: set[tuple[str, str]], state: str, level: str) -> list[Move]:
    """Return the shortest moves from a state and level whose last one is wanted; none where no way leads to one."""
    todo: deque[tuple[str, str, tuple[Move, ...]]] = deque([(state, level, ())])
    seen = set()
    while todo:
        here, level, path = todo.popleft()
        if (here, level) in seen:
            continue
        seen.add((here, level))
        for each in ladder.open_moves(here, level, ladder.roles):
            if (each.name, here) in wanted:
                return [*path, each]
            todo.append((each.target or here, ladder.level_after(each, level), (*path, each)))
    return []


def report(client: TestClient, **body: Any) -> dict[str, Any]:
    """Report an incident."""
    answer = client.post(URL, json={"title": "楼上漏水", "category": "漏水"} | body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def body_of(client: TestClient, move: Move, **more: Any) -> dict[str, Any]:
    """Return a body with all that a move needs."""
    later = datetime.now(UTC) + timedelta(days=30)
    values: dict[str, Any] = {
        "reason": "情况属实",
        "photo": [PNG],
        "unit": UNIT,
        "deadline": later.isoformat(),
        "outcome": "满意",
        "whistle": "community",
    }
    body = {"move": move.name, "role": min(move.roles), "actor": "wang"}
    for need in move.needs:
        if need == "incident":
            body["incident"] = report(client)["number"]
        else:
            body["photos" if need == "photo" else need] = values[need]
    return body | more


def make(client: TestClient, number: str, move: Move, **more: Any) -> dict[str, Any]:
    """Make a move; where another person has to approve it, that person does."""
    if move.effect in {"answer", "arrive"}:
        blown = client.post(f"{URL}/{number}/moves", json=body_of(client, LADDERS[""].moves["吹哨"]))
        assert blown.status_code == 200, blown.text
    answer = client.post(f"{URL}/{number}/moves", json=body_of(client, move, **more))
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()
    assert (moved["approval"] is not None) == bool(move.approval)
    if move.approval:
        body = {"decision": "approve", "role": min(move.approval), "actor": "chen"}
        answer = client.post(f"{URL}/{number}/approvals/{moved['approval']['id']}", json=body)
        assert answer.status_code == 200, answer.text
        moved = answer.json()
    return moved
