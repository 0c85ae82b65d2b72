"""What the API says when something fails: hosts, the database, our own mistakes, a commit that does not come."""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from api_answers import INCIDENTS, problem_of
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from api import grids, incidents
from gridmap import errors
from gridmap.storage import audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient


def test_health_names_the_database(client: TestClient, shared_office: str) -> None:
    health = client.get("/healthz").json()
    assert health["status"] == "ok"
    assert health["database"] == ("postgis" if shared_office.startswith("postgresql") else "spatialite")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "testserver", "localhost@evil", "", "[::1]"]
)
def test_another_host_name_is_refused(client: TestClient, host: str) -> None:
    for path in ("/", "/healthz", INCIDENTS):
        answer = client.get(path, headers={"host": host})
        assert problem_of(answer) == (400, "bad_request")
        assert "解放路" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8000", "localhost:8000", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/healthz", headers={"host": host}).status_code == 200


def test_an_unknown_failure_tells_nothing_but_a_number_that_the_log_has(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ValueError("the password is swordfish")

    monkeypatch.setattr(incidents.verbs, "list_incidents", fail)
    with caplog.at_level(logging.ERROR):
        answer = client.get(INCIDENTS)
    assert problem_of(answer) == (500, "internal")
    assert "swordfish" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.json()["request_id"] in caplog.text
    assert "swordfish" in caplog.text  # where our own people look


def test_a_database_that_is_gone_is_said(client: TestClient) -> None:
    engine = client.app.state.database.engine  # type: ignore[attr-defined]

    def refuse(*_: object) -> None:
        raise OperationalError("BEGIN", None, sqlite3.OperationalError("disk I/O error"))

    event.listen(engine, "begin", refuse)
    try:
        for path in ("/healthz", INCIDENTS, "/"):
            assert problem_of(client.get(path)) == (503, "database_problem")
    finally:
        event.remove(engine, "begin", refuse)
    assert client.get("/healthz").status_code == 200


def test_every_error_class_has_its_status(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def classes(base: type[errors.GridmapError]) -> Iterator[type[errors.GridmapError]]:
        for each in base.__subclasses__():
            yield each
            yield from classes(each)

    for each in classes(errors.GridmapError):
        monkeypatch.setattr(grids.verbs, "list_grids", Mock(side_effect=each("what and why", field="title")))
        answer = client.get("/api/v1/grids")
        status, problem = problem_of(answer)
        assert problem == each.code
        assert answer.json()["evidence"] == {"field": "title"}
        assert (status >= 500) == (each.code in {"database_problem", "setup_missing"})


def test_the_answer_is_sent_after_the_commit(client: TestClient) -> None:
    """A commit that fails must not have been answered 201: FastAPI's own order would do that."""
    before = client.get(INCIDENTS).json()["total"]
    engine = client.app.state.database.engine  # type: ignore[attr-defined]

    def fail(_: object) -> None:
        raise RuntimeError("the disk is full")

    event.listen(engine, "commit", fail)
    try:
        answer = client.post(INCIDENTS, json={"title": "路灯不亮"})
        assert problem_of(answer) == (500, "internal")
    finally:
        event.remove(engine, "commit", fail)
    assert client.get(INCIDENTS).json()["total"] == before


def test_what_a_request_wrote_before_it_failed_is_gone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    before = client.get(INCIDENTS).json()["total"]

    def fail(*_: object, **__: object) -> None:
        raise ValueError("after the insert")

    monkeypatch.setattr(audit, "record", fail)
    assert problem_of(client.post(INCIDENTS, json={"title": "路灯不亮"})) == (500, "internal")
    monkeypatch.undo()
    assert client.get(INCIDENTS).json()["total"] == before
