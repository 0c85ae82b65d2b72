"""Every transition of the ladder, made through the API on both databases; nothing is written without an audit row."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from casework_walks import LADDERS, PNG, SOURCE, UNIT, URL, body_of, make, pairs, report, way_to
from office import code, lonlat
from sqlalchemy import event

from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from gridmap.casework.ladder import Ladder, Move

LON, LAT = lonlat(50, 250)
PLACE = {"lon": LON, "lat": LAT}
LADDER = LADDERS[""]
LONG = 12  # steps of a case; one that goes on for ever is asked for its whole history after each
_WRITES = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)


@pytest.fixture(scope="module", autouse=True)
def audited(client: TestClient) -> Iterator[None]:
    """No transaction of this module changes a table without an audit row."""
    engine = client.app.state.database.engine  # type: ignore[attr-defined]
    written: dict[int, set[str]] = {}
    silent: list[set[str]] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del cursor, rest
        found = _WRITES.match(statement)
        if found:
            written.setdefault(id(connection), set()).add(found.group(2).lower())

    def end(connection: Any) -> None:
        tables = written.pop(id(connection), set())
        if tables and "audit" not in tables:
            silent.append(tables)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", end)
    event.listen(engine, "rollback", lambda connection: written.pop(id(connection), None))
    yield
    assert not silent


def history(client: TestClient, number: str, **params: Any) -> dict[str, Any]:
    answer = client.get(f"{URL}/{number}/history", params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(client: TestClient, number: str, status: int, **body: Any) -> str:
    answer = client.post(f"{URL}/{number}/moves", json=body)
    assert answer.status_code == status, answer.text
    detail: str = answer.json()["detail"]
    return detail


@pytest.mark.parametrize("profile", LADDERS)
def test_every_move_can_be_made_from_every_state_that_it_starts_from(client: TestClient, profile: str) -> None:
    """One case after another walks to the next move that nobody has made from there, until all are made."""
    ladder = LADDERS[profile]
    left = pairs(ladder)
    while left:
        first = next(each for each in ladder.first if way_to(ladder, left, each, ladder.levels[0]))
        number = report(client, source=SOURCE[profile], draft=first == "暂存", **PLACE)["number"]
        seen = history(client, number)
        while len(seen["steps"]) < LONG and (path := way_to(ladder, left, *place(seen))):
            for move in path:
                left.discard((move.name, place(seen)[0]))
                seen = moved(client, ladder, number, move, seen)


def place(seen: dict[str, Any]) -> tuple[str, str]:
    incident = seen["incident"]
    return incident["state"], incident["case"]["level"]


def moved(client: TestClient, ladder: Ladder, number: str, move: Move, before: dict[str, Any]) -> dict[str, Any]:
    """Make a move and look at everything that it has to change; returns the history after it."""
    state = before["incident"]["state"]
    assert move.name in {each["name"] for each in before["moves"]}, (move.name, state)
    answer = make(client, number, move)
    after = history(client, number)
    target = move.target or state if move.effect not in {"answer", "arrive"} else "处置中"
    assert answer["state"] == after["incident"]["state"] == target, (move.name, state)
    step = after["steps"][-1]
    assert (step["move"], step["state_before"], step["state_after"]) == (move.name, state, target)
    assert [each["number"] for each in after["steps"]] == list(range(1, len(after["steps"]) + 1))
    assert step["level_after"] == after["incident"]["case"]["level"] == ladder.level_after(move, step["level_before"])
    assert bool(step["approval_id"]) == bool(move.approval)
    named = {"photos" if need == "photo" else need for need in move.needs - {"reason"}}
    assert named <= set(step["given"])
    closed = ladder.states[target]
    assert not closed or not history(client, number, role="专职网格员")["moves"]
    return after


def test_whoever_reports_learns_at_once_who_has_to_act_and_until_when(client: TestClient) -> None:
    incident = report(client, reported_at="2026-03-02T10:00:00+08:00", source="12345热线", **PLACE)
    case = incident["case"]
    assert (case["holder"], case["level"], case["rule"]) == ("解放路社区第01网格", "网格", "网格先办")
    assert (case["worker"], case["category"], case["deadline_class"]) == ("李**", "民生诉求/02", "by_date")
    assert incident["deadline"] == "2026-03-05T17:30:00+08:00"  # three working days, from Monday
    assert case["return_until"] == "2026-03-03T17:30:00+08:00"
    assert case["clock"] == "超期"
    duty = history(client, incident["number"])["duty"]
    assert duty["tried"][-1]["said"] == "decided"
    assert {each["said"] for each in duty["tried"][:-1]} <= {"other", "unknown", "failed"}


def test_the_order_s_own_deadline_wins(client: TestClient) -> None:
    own = {"deadline": "2026-03-02T12:00:00+08:00", "return_until": "2026-03-02T11:00:00+08:00"}
    incident = report(client, reported_at="2026-03-02T10:00:00+08:00", source="12345热线", **own)
    assert (incident["deadline"], incident["case"]["return_until"]) == (own["deadline"], own["return_until"])
    answer = client.post(URL, json={"title": "a", "deadline": "2020-01-01T00:00:00+08:00"})
    assert answer.status_code == 422


def test_a_report_without_a_grid_goes_to_the_desk(client: TestClient) -> None:
    case = report(client)["case"]
    assert (case["holder"], case["rule"], case["worker"]) == ("受理派单员", "派单员首接", "")


def test_one_case_climbs_from_the_grid_to_the_street_and_a_department_reports_in(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    holders = []
    for name in ("受理", "上报", "上报", "签收"):
        make(client, number, LADDER.moves[name])
        holders.append(history(client, number)["incident"]["case"]["holder"])
    assert holders[:2] == ["解放路社区第01网格", "解放路社区"]
    assert holders[2] == holders[3] != holders[1]
    for name in ("吹哨", "应哨", "报到"):
        make_one(client, number, name)
    whistle = history(client, number)["whistles"][0]
    assert (whistle["kind"], whistle["unit"]) == ("community", UNIT)
    assert whistle["blown_at"] <= whistle["answered_at"] <= whistle["arrived_at"]
    for name in ("反馈", "核实通过", "结案", "评价"):
        make(client, number, LADDER.moves[name])
    done = history(client, number)
    assert (done["incident"]["state"], done["incident"]["case"]["clock"]) == ("已评价", "正常")
    assert [step["level_after"] for step in done["steps"][:3]] == ["网格", "社区", "街道"]


def make_one(client: TestClient, number: str, name: str, **more: Any) -> None:
    """Make a move alone: for whistles, which `make` blows first."""
    answer = client.post(f"{URL}/{number}/moves", json=body_of(client, LADDER.moves[name], **more))
    assert answer.status_code == 200, answer.text


def test_residents_whistle_and_only_a_unit_that_was_called_can_answer(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    make_one(client, number, "吹哨", whistle="residents", unit="包片干部")
    assert history(client, number)["whistles"][0]["kind"] == "residents"
    answering = body_of(client, LADDER.moves["应哨"])
    assert "not called" in refused(client, number, 409, **answering)
    make_one(client, number, "报到", unit="包片干部")  # came at once: that answers, too
    whistle = history(client, number)["whistles"][0]
    assert whistle["answered_at"] == whistle["arrived_at"]
    refused(client, number, 409, **(answering | {"unit": "包片干部"}))


def test_solved_on_the_spot_needs_one_photo_and_keeps_it(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    body = {"move": "自办结案", "role": "专职网格员", "actor": "li"}
    assert "photo" in refused(client, number, 422, **body)
    assert "JPEG" in refused(client, number, 422, **body, photos=["aGVsbG8="])
    assert "base64" in refused(client, number, 422, **body, photos=["*"])
    script = b64encode(b"\xff\xd8\xff<script>alert(1)</script>").decode()
    assert "begins as a JPEG" in refused(client, number, 422, **body, photos=[script])
    done = client.post(f"{URL}/{number}/moves", json=body | {"photos": [PNG, PNG]}).json()
    assert done["state"] == "自办结案"
    picture = client.get(f"{URL}/{number}/photos/{done['step']['given']['photos'][0]}")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert picture.content == b64decode(PNG)
    assert client.get(f"{URL}/{number}/photos/abc").status_code == 404


def test_a_role_that_may_not_and_values_that_cannot_be_are_refused_and_nothing_is_written(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    refused(client, number, 403, move="受理", role="专职网格员")
    refused(client, number, 422, move="受理", role="路人")
    refused(client, number, 422, move="飞单", role="受理派单员")
    refused(client, number, 409, move="签收", role="网格长")
    refused(client, number, 422, move="受理", role="受理派单员", unit=UNIT)
    refused(client, number, 422, move="受理", role="受理派单员", deadline="2020-01-01T00:00:00Z")
    make(client, number, LADDER.moves["受理"])
    send = {"move": "派单", "role": "受理派单员", "unit": UNIT}
    refused(client, number, 422, **send, grid="440106001001999")
    refused(client, number, 422, **send, deadline="2020-01-01T00:00:00Z")
    refused(client, number, 422, move="吹哨", role="网格长", unit=UNIT, reason="a", whistle="dogs")
    assert len(history(client, number)["steps"]) == 1
    assert client.post(f"{URL}/nothing/moves", json=send).status_code == 404


def test_who_asks_cannot_approve_and_a_refusal_says_why(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    body = body_of(client, LADDER.moves["退单"])
    asked = client.post(f"{URL}/{number}/moves", json=body).json()
    assert (asked["state"], asked["step"]) == ("待受理", None)
    refused(client, number, 409, **body)  # it waits already
    url = f"{URL}/{number}/approvals/{asked['approval']['id']}"
    decided = {"decision": "approve", "role": "审批领导", "actor": "wang"}
    assert client.post(url, json=decided).status_code == 403
    assert client.post(url, json=decided | {"actor": "chen", "role": "网格长"}).status_code == 403
    assert client.post(url, json=decided | {"actor": "chen", "decision": "refuse"}).status_code == 422
    answer = client.post(url, json=decided | {"actor": "chen", "decision": "refuse", "note": "属本辖区"})
    assert (answer.status_code, answer.json()["state"], answer.json()["step"]) == (200, "待受理", None)
    assert client.post(url, json=decided | {"actor": "chen"}).status_code == 409
    assert client.post(f"{url[:-1]}x", json=decided).status_code == 422
    found = history(client, number)
    assert [(each["state"], each["note"]) for each in found["approvals"]] == [("refused", "属本辖区")]
    assert found["steps"] == []


def test_a_request_that_came_too_late_cannot_be_carried_out(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    asked = client.post(f"{URL}/{number}/moves", json=body_of(client, LADDER.moves["退单"])).json()
    make(client, number, LADDER.moves["自办结案"])
    url = f"{URL}/{number}/approvals/{asked['approval']['id']}"
    body = {"decision": "approve", "role": "审批领导", "actor": "chen", "note": "已办结"}
    assert client.post(url, json=body).status_code == 409
    assert history(client, number)["approvals"][0]["state"] == "pending"
    assert client.post(url, json=body | {"decision": "refuse"}).status_code == 200


def test_merged_by_a_person_and_undone_by_a_person(client: TestClient) -> None:
    main, other, third = (report(client, **PLACE)["number"] for _ in range(3))
    merge = {"move": "并案", "role": "受理派单员"}
    refused(client, main, 422, **merge, incident=main)
    refused(client, main, 404, **merge, incident="nothing")
    make(client, other, LADDER.moves["并案"], incident=main)
    assert history(client, other)["merged_into"] == main
    assert history(client, main)["merged"] == [other]
    refused(client, third, 409, **merge, incident=other)
    refused(client, main, 409, **merge, incident=other)
    make(client, other, LADDER.moves["撤销并案"])
    assert (history(client, other)["merged_into"], history(client, main)["merged"]) == (None, [])
    assert history(client, other)["incident"]["state"] == "已受理"


def test_a_person_s_grid_takes_the_case_with_it(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    make(client, number, LADDER.moves["受理"])
    make(client, number, LADDER.moves["派单"], grid=code("E"))
    found = history(client, number)
    verdict = found["incident"]["assignment"]
    assert (verdict["grid_code"], verdict["reason"]) == (code("E"), "manual")
    assert (found["today"]["grid_code"], found["incident"]["case"]["holder"]) == (code("E"), UNIT)


def test_of_two_who_move_at_once_one_is_told_that_it_has_moved(client: TestClient) -> None:
    for _ in range(5):
        number = report(client, **PLACE)["number"]
        body = body_of(client, LADDER.moves["受理"])
        with ThreadPoolExecutor(4) as pool:
            sent = [pool.submit(client.post, f"{URL}/{number}/moves", json=body) for _ in range(4)]
            answers = [each.result() for each in sent]
        assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
        assert len(history(client, number)["steps"]) == 1


def send(client: TestClient, number: str, **body: Any) -> Any:
    return client.post(f"{URL}/{number}/moves", json={"role": "受理派单员"} | body)


def sent_at_once(client: TestClient, number: str, bodies: list[dict[str, Any]]) -> list[Any]:
    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(lambda body: send(client, number, **body), bodies))


TWO_AT_ONCE = {
    "steps": [{"move": "改派", "unit": "甲", "reason": "对口"}, {"move": "改派", "unit": "乙", "reason": "对口"}],
    "a step and a request": [
        {"move": "改派", "unit": "甲", "reason": "对口"},
        {"move": "退单", "reason": "不属本街道"},
    ],
}


@pytest.mark.parametrize("bodies", TWO_AT_ONCE.values(), ids=TWO_AT_ONCE)
def test_of_two_who_saw_the_same_case_one_is_told_that_the_other_was_quicker(
    client: TestClient, bodies: list[dict[str, Any]]
) -> None:
    for _ in range(5):
        number = report(client, **PLACE)["number"]
        for body in ({"move": "受理"}, {"move": "派单", "unit": UNIT}):
            assert send(client, number, step=history(client, number)["step"], **body).status_code == 200
        step = history(client, number)["step"]
        answers = sent_at_once(client, number, [body | {"step": step, "actor": "wang"} for body in bodies])
        assert sorted(each.status_code for each in answers) == [200, 409], [each.text for each in answers]
        made, late = (next(each for each in answers if each.status_code == status).json() for status in (200, 409))
        done = (made["step"] or made["approval"])["move"]
        assert (late["code"], late["evidence"]["step"]) == ("stale_case", step + 1)
        assert [(each["move"], each["actor"]) for each in late["evidence"]["newer"]] == [(done, "wang")]
        assert history(client, number)["step"] == step + 1


def test_who_does_not_say_what_was_seen_is_taken_as_before(client: TestClient) -> None:
    number = report(client, **PLACE)["number"]
    for body in ({"move": "受理"}, {"move": "派单", "unit": UNIT}):
        assert send(client, number, **body).status_code == 200
    answers = sent_at_once(client, number, TWO_AT_ONCE["steps"])
    assert [each.status_code for each in answers] == [200, 200]
    assert send(client, number, move="改派", unit="丙", reason="对口", step=9).json()["code"] == "stale_case"


def test_two_cases_cannot_be_merged_into_each_other(client: TestClient) -> None:
    for _ in range(5):
        two = [report(client, **PLACE)["number"] for _ in range(2)]
        bodies = [
            body_of(client, LADDER.moves["作废"]) | {"move": "并案", "incident": other} for other in reversed(two)
        ]
        for body in bodies:
            del body["reason"]
        with ThreadPoolExecutor(2) as pool:
            answers = list(
                pool.map(
                    lambda each: client.post(f"{URL}/{each[0]}/moves", json=each[1]), zip(two, bodies, strict=True)
                )
            )
        assert sorted(each.status_code for each in answers) == [200, 409]


def test_lookups_say_what_the_rules_are(client: TestClient) -> None:
    ladder = client.get("/api/v1/lookups/ladder").json()["profiles"]
    assert set(ladder) == {"default", "数字城管"}
    assert {each["name"] for each in ladder["default"]["moves"]} == set(LADDER.moves)
    lists = {each["name"]: each for each in client.get("/api/v1/lookups/categories").json()["lists"]}
    assert {each["family"] for each in lists.values()} == {"component", "event", "dispute", "appeal", "hazard"}
    assert client.get("/api/v1/lookups/duties").json()["rules"][-1]["conditions"] == {}


def test_an_imported_incident_gets_its_file_with_its_first_move(client: TestClient, shared_office: str) -> None:
    from gridmap.model.kinds import kind_named
    from gridmap.model.land import new_id
    from gridmap.storage import audit, registers

    number = f"IMP-{new_id().hex[:8]}"
    database = Database.open(shared_office)
    with database.transaction("tester", write=True) as tx:
        row = {"id": new_id(), "number": number, "title": "旧案", "source": "12345热线", "geom": None}
        registers.insert_many(tx, kind_named("incidents"), [row])
        audit.record(tx, "import", "incident")
    database.close()
    assert client.get(f"{URL}/{number}").json()["case"] is None
    make(client, number, LADDER.moves["受理"])
    assert client.get(f"{URL}/{number}").json()["case"]["holder"] == "受理派单员"
