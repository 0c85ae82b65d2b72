"""五单 over HTTP, on both databases: from the grids to the residents, refusals, races, workbooks."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
from api_answers import problem_of
from casework_walks import report
from test_batch_rules import NAMES, STAGES
from test_batches import DESK, WEST, YESTERDAY

if TYPE_CHECKING:
    from starlette.testclient import TestClient

URL = "/api/v1/batches"


def call(client: TestClient, number: str, act: str, *incidents: str, status: int = 200, **more: Any) -> dict[str, Any]:
    body = {"act": act, "role": DESK, "incidents": list(incidents)} | more
    answer = client.post(f"{URL}/{number}/acts", json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def onward(client: TestClient, number: str, status: int = 200, **more: Any) -> dict[str, Any]:
    answer = client.post(f"{URL}/{number}/stage", json={"role": DESK} | more)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def opened(client: TestClient, *incidents: str, **more: Any) -> str:
    answer = client.post(URL, json={"role": DESK} | more)
    assert answer.status_code == 201, answer.text
    number: str = answer.json()["batch"]["number"]
    if incidents:
        call(client, number, "列入", *incidents)
    return number


def taken_to(client: TestClient, number: str, stage: str, *incidents: str) -> None:
    """Take a list with these cases from its first stage to another one."""
    said: dict[str, tuple[str, dict[str, Any]]] = {
        "街道分单": ("分单", {"unit": "区城管局"}),
        "大工委审单": ("同意", {}),
        "单位领单": ("领单", {}),
        "群众评单": ("评价", {"rating": "满意"}),
    }
    for here in NAMES[: NAMES.index(stage)]:
        if here in said:
            act, more = said[here]
            call(client, number, act, *incidents, **more)
        onward(client, number, **({"meeting": str(YESTERDAY), "minutes": "纪要"} if here == "大工委审单" else {}))


def fresh(client: TestClient, count: int) -> list[str]:
    """Report cases; their numbers in the order in which a list has what is put on it at once."""
    return sorted(report(client, **WEST)["number"] for _ in range(count))


def test_five_lists_from_the_grids_to_the_residents(client: TestClient) -> None:
    kept, claimed, put_off, back, off = fresh(client, 5)
    number = opened(client, kept, claimed, put_off, back, off, name="三月民生事项")
    call(client, number, "移出", off, reason="重复")
    onward(client, number)
    call(client, number, "分单", kept, claimed, put_off, unit=" 区 城管局 ")
    problem = onward(client, number, 409)
    assert back in problem["detail"]
    call(client, number, "退回社区", back, reason="属社区自治事项")
    found = onward(client, number)
    assert [line["number"] for line in found["gone"]] == sorted([back, off])
    assert found["next_stage"] == "单位领单"
    assert found["needs"] == ["meeting", "minutes"]
    call(client, number, "同意", kept, unit="水务集团", role="审批领导", actor="陈主任")
    call(client, number, "同意", claimed)
    call(client, number, "缓议", put_off, reason="下次再议")
    assert "minutes" in onward(client, number, 422, meeting=str(YESTERDAY))["detail"]
    tomorrow = str((datetime.now(UTC) + timedelta(days=2)).date())
    assert "has not been held" in onward(client, number, 422, meeting=tomorrow, minutes="纪要")["detail"]
    found = onward(client, number, meeting=str(YESTERDAY), minutes="同意2件，缓议1件。")
    assert (found["batch"]["meeting_on"], found["minutes"]) == (str(YESTERDAY), "同意2件，缓议1件。")
    call(client, number, "领单", kept, role="承办单位联络员")
    assert "with a reason" in call(client, number, "领单", claimed, status=422, unit="某公司")["detail"]
    call(client, number, "领单", claimed, unit="某公司", reason="愿意承担")
    onward(client, number)
    call(client, number, "评价", kept, claimed, rating="满意")
    call(client, number, "评价", kept, rating="不满意", reason="又漏了")
    assert call(client, number, "评价", kept, rating="很好", status=422)["code"] == "bad_input"
    found = onward(client, number)
    assert found["batch"]["ended"]
    assert [(line["number"], line["unit"], line["claimed_by"], line["ratings"]) for line in found["cases"]] == [
        (kept, "水务集团", "水务集团", {"满意": 1, "不满意": 1}),
        (claimed, "区 城管局", "某公司", {"满意": 1}),
    ]
    assert {line["number"]: line["left_by"] for line in found["gone"]} == {
        put_off: "缓议",
        back: "退回社区",
        off: "移出",
    }
    assert [(step["act"], step["incident"]) for step in found["steps"][-4:]] == [
        ("评价", kept),
        ("评价", claimed),
        ("评价", kept),
        ("办结", None),
    ]
    year = {each["unit"]: each for each in client.get(f"{URL}/results", params={"year": YESTERDAY.year}).json()}
    assert year["水务集团"]["ratings"] == {"满意": 1, "基本满意": 0, "不满意": 1}
    assert (year["水务集团"]["satisfied"], year["水务集团"]["grade"], year["某公司"]["grade"]) == (0.5, "较差", "好")
    (was,) = client.get(f"/api/v1/incidents/{put_off}/batches").json()
    assert (was["number"], was["left_by"]) == (number, "缓议")
    again = opened(client, put_off, kept)  # both have left: they can be put on another list
    assert [each["number"] for each in client.get(f"/api/v1/incidents/{kept}/batches").json()] == [again, number]


def test_a_refusal_names_the_list_that_a_case_is_on(client: TestClient) -> None:
    first, second = fresh(client, 2)
    one, other = opened(client, first), opened(client)
    problem = call(client, other, "列入", second, first, status=409)
    assert one in problem["detail"]
    assert problem["evidence"] == {"incident": first, "batch": one}
    assert client.get(f"{URL}/{other}").json()["cases"] == []  # all of them or none
    assert one in call(client, one, "列入", first, status=409)["detail"]
    call(client, one, "移出", first, reason="换单")
    assert len(call(client, other, "列入", second, first, second)["cases"]) == 2


def test_only_what_is_open_goes_on_a_list(client: TestClient) -> None:
    (case,) = fresh(client, 1)
    body = {"move": "作废", "role": DESK, "reason": "误报"}
    assert client.post(f"/api/v1/incidents/{case}/moves", json=body).status_code == 200
    assert "作废" in call(client, opened(client), "列入", case, status=409)["detail"]


def test_an_empty_list_ends_when_it_is_taken_on(client: TestClient) -> None:
    (case,) = fresh(client, 1)
    assert onward(client, opened(client))["batch"]["ended"]
    number = opened(client, case)
    onward(client, number)
    call(client, number, "退回社区", case, reason="属社区")
    found = onward(client, number)
    assert found["batch"]["ended"]
    assert (found["acts"], found["needs"], found["next_stage"]) == ([], [], None)
    assert "has ended" in onward(client, number, 409)["detail"]
    assert "has ended" in call(client, number, "列入", case, status=409)["detail"]


def test_what_cannot_be_is_refused(client: TestClient) -> None:
    (case,) = fresh(client, 1)
    number = opened(client, case)
    for status, code, body in (
        (422, "bad_input", {"role": "局长"}),
        (403, "forbidden", {"role": "承办单位联络员"}),
        (404, "not_found", {"role": DESK, "subdistrict": "110101999"}),
    ):
        assert problem_of(client.post(URL, json=body)) == (status, code)
    assert call(client, number, "领单", case, status=409)["code"] == "conflict"
    assert call(client, number, "派单", case, status=422)["code"] == "bad_input"
    assert call(client, number, "移出", case, status=422)["code"] == "bad_input"
    assert call(client, number, "移出", "没有", reason="误", status=404)["code"] == "not_found"
    assert "is not on the list" in call(client, opened(client), "移出", case, reason="误", status=409)["detail"]
    assert onward(client, number, 403, role="专职网格员")["code"] == "forbidden"
    assert problem_of(client.get(f"{URL}/1999-001")) == (404, "not_found")
    assert problem_of(client.get(f"{URL}/results", params={"year": 2400})) == (422, "bad_input")


def test_two_at_once_cannot_put_a_case_on_two_lists(client: TestClient) -> None:
    for _ in range(4):
        (case,) = fresh(client, 1)
        body = {"act": "列入", "role": DESK, "incidents": [case]}
        with ThreadPoolExecutor(4) as pool:
            lists = list(pool.map(lambda _: opened(client), range(4)))
            assert len(set(lists)) == 4  # four numbers for four lists
            sent = [pool.submit(client.post, f"{URL}/{each}/acts", json=body) for each in lists]
            answers = [each.result() for each in sent]
        assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
        (on,) = client.get(f"/api/v1/incidents/{case}/batches").json()
        for each in answers:
            assert each.status_code == 200 or on["number"] in each.json()["detail"]


def test_two_at_once_cannot_claim_a_case(client: TestClient) -> None:
    cases = fresh(client, 3)
    number = opened(client, *cases)
    taken_to(client, number, "单位领单", *cases)
    for case in cases:
        bodies = [
            {"act": "领单", "role": DESK, "incidents": [case], "unit": unit, "reason": "愿意承担"}
            for unit in "甲乙丙丁"
        ]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda body: client.post(f"{URL}/{number}/acts", json=body), bodies))
        assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
        won = next(body["unit"] for body, each in zip(bodies, answers, strict=True) if each.status_code == 200)
        lines = client.get(f"{URL}/{number}").json()["cases"]
        assert next(line["claimed_by"] for line in lines if line["number"] == case) == won


def test_the_workbooks_say_what_the_lists_say(client: TestClient) -> None:
    one, two = fresh(client, 2)
    number = opened(client, one, two, name="=HYPERLINK(1)")
    taken_to(client, number, "单位领单", one, two)
    call(client, number, "领单", one)
    answer = client.get(f"{URL}/{number}/list.xlsx")
    assert answer.headers["content-disposition"] == f"attachment; filename=batch-{number}.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["五单清单", "经过", "说明"]
    header, *rows = book["五单清单"].iter_rows(values_only=True)
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    assert [(line["工单编号"], line["拟领单位"], line["审议意见"], line["领单单位"]) for line in lines] == [
        (one, "区城管局", "同意", "区城管局"),
        (two, "区城管局", "同意", None),
    ]
    assert {line["所属社区"] for line in lines} == {"解放路社区"}
    assert book["经过"].max_row - 1 == len(client.get(f"{URL}/{number}").json()["steps"])
    facts = dict(book["说明"].iter_rows(values_only=True, min_row=2))
    assert (facts["会议纪要"], facts["会议日期"], facts["环节"]) == ("纪要", str(YESTERDAY), "单位领单")
    assert book["说明"]["B3"].data_type == "s"
    year = client.get(f"{URL}/results.xlsx", params={"year": YESTERDAY.year})
    sheet = openpyxl.load_workbook(io.BytesIO(year.content)).active
    assert sheet is not None
    told = {row[0]: row[1] for row in sheet.iter_rows(values_only=True, min_row=2)}
    listed = client.get(f"{URL}/results", params={"year": YESTERDAY.year}).json()
    assert told == {each["unit"]: each["claimed"] for each in listed}


def test_the_rules_are_told(client: TestClient) -> None:
    found = client.get("/api/v1/lookups/batches").json()
    assert [each["name"] for each in found["stages"]] == NAMES
    assert {each["name"] for each in found["acts"]} == set(STAGES.acts)
    assert found["ratings"] == list(STAGES.ratings)


def test_what_is_on_a_list_is_not_offered_to_another(client: TestClient) -> None:
    board = "/api/v1/incidents/board?limit=200"
    free, listed = fresh(client, 2)
    number = opened(client, listed)
    shown = {each["number"]: each["batch"] for each in client.get(board).json()["items"]}
    assert (shown[free], shown[listed]) == (None, number)
    offered = client.get(f"{board}&batch=none").json()
    assert listed not in {each["number"] for each in offered["items"]}
    assert free in {each["number"] for each in offered["items"]}
    assert offered["stages"]["open"] == len(offered["items"]) == sum(word is None for word in shown.values())
    call(client, number, "移出", listed, reason="重复")
    assert listed in {each["number"] for each in client.get(f"{board}&batch=none").json()["items"]}
