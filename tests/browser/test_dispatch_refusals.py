"""What the server refuses is told on the page in Chinese, made of the evidence, never in the words for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from dispatch_desk import line, move, open_desk, read_file, report, state, wait_for_state
from fresh_databases import filled_file
from office import open_office
from serving import Server

from gridmap import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Visit
    from playwright.sync_api import Page

LATIN = re.compile(r"[A-Za-z]{2,}")
API_ALONE = ("method_not_allowed", "bad_request", "internal")
SAID = "(problem) => gridmap.problems.said(problem)"


@pytest.fixture
def desk(spatialite_template: Path, tmp_path: Path) -> Iterator[str]:
    """The office with its plan in force, served, with one case that was sent to a unit."""
    with filled_file(spatialite_template, tmp_path, open_office) as path, Server(path) as server:
        yield server.address


def sent(desk: str, title: str) -> str:
    number: str = report(desk, title)["number"]
    move(desk, number, "受理")
    move(desk, number, "派单", unit="市政管理所")
    return number


def opened(desk: str, visit: Callable[..., Visit], title: str) -> Page:
    page = open_desk(visit, desk).page
    line(page, title).click()
    read_file(page, title)
    return page


def told(page: Page, selector: str) -> str:
    page.wait_for_selector(f"{selector}:not([hidden])")
    text = page.locator(selector).inner_text()
    assert not LATIN.search(text), text
    return text


def test_a_move_that_cannot_be_made_any_more_says_what_can(desk: str, visit: Callable[..., Visit]) -> None:
    report(desk, "楼上漏水")
    page = opened(desk, visit, "楼上漏水")
    said = page.evaluate(
        """async () => {
          try {
            const body = { move: '派单', role: '受理派单员', unit: '甲' };
            await gridmap.ask('/incidents/' + gridmap.page.chosen + '/moves', body);
          } catch (error) { gridmap.page.say(gridmap.page.talk.why(error), true); return error.problem.detail; }
        }"""
    )
    assert LATIN.search(said), "the words for programs stay as they were"
    text = told(page, "#notice")
    assert text.startswith("“派单”不能在“待受理”时办理；现在可办：受理"), text


def test_a_move_without_what_it_needs_names_it_by_its_chinese_name(desk: str, visit: Callable[..., Visit]) -> None:
    sent(desk, "楼上漏水")
    page = opened(desk, visit, "楼上漏水")
    page.locator("[data-move=改派]").click()
    page.evaluate(
        "() => document.querySelectorAll('.move-form [required]').forEach((each) => { each.required = false; })"
    )
    page.get_by_role("button", name="确认改派").click()
    assert told(page, ".move-form .failed") == "“改派”还缺：理由、承办单位，请补填。"


def test_a_sheet_without_columns_of_orders_is_told_in_chinese(desk: str, visit: Callable[..., Visit]) -> None:
    page = open_desk(visit, desk).page
    said = page.evaluate(
        """async () => {
          const body = new Blob(['甲,乙\\n1,2\\n']);
          const answer = await fetch('/api/v1/intake/files?name=rows.csv', { method: 'POST', body,
            headers: { 'Content-Type': 'application/octet-stream' } });
          const problem = await answer.json();
          gridmap.page.say(gridmap.page.talk.why({ problem }), true);
          return problem.detail;
        }"""
    )
    assert LATIN.search(said)
    assert told(page, "#notice").startswith("没有认出表头：文件里有 甲、乙；请改用模板的列名，例如 工单编号")


def test_when_a_colleague_was_quicker_the_page_says_so_and_shows_the_case_as_it_is(
    desk: str, visit: Callable[..., Visit]
) -> None:
    number = sent(desk, "楼上漏水")
    page = opened(desk, visit, "楼上漏水")
    page.locator("[data-move=改派]").click()
    page.fill(".move-form [name=unit]", "乙单位")
    page.fill(".move-form [name=reason]", "更对口")
    move(desk, number, "改派", unit="甲单位", reason="对口")
    page.get_by_role("button", name="确认改派").click()
    text = told(page, "#notice")
    assert text == "同事（受理派单员）刚刚办理了“改派”，您这一步没有执行；事件已重新读取，请看清后再办。"
    page.wait_for_function("() => document.querySelector('.timeline').textContent.includes('甲单位')")
    page.wait_for_function("() => document.querySelector('.move-form [name=unit]').value === '乙单位'")
    assert page.locator(".move-form [name=reason]").input_value() == "更对口", "what was written is kept"
    assert "乙单位" not in page.locator(".timeline").inner_text()
    page.get_by_role("button", name="确认改派").click()
    page.wait_for_function("() => document.querySelector('.timeline').textContent.includes('乙单位')")
    wait_for_state(page, "待签收")
    assert state(desk, number) == "待签收"


def all_codes(base: type[errors.GridmapError] = errors.GridmapError) -> Iterator[str]:
    for error in base.__subclasses__():
        yield error.code
        yield from all_codes(error)


def test_whatever_the_code_the_sentence_is_chinese(desk: str, visit: Callable[..., Visit]) -> None:
    page = open_desk(visit, desk).page
    english = {"detail": "something is wrong here", "evidence": {"column": "wrong here", "reason": "no such reason"}}
    said: dict[str, Any] = {code: page.evaluate(SAID, english | {"code": code}) for code in [*all_codes(), *API_ALONE]}
    for code, text in said.items():
        assert not LATIN.search(text), (code, text)
        assert text.endswith("。"), (code, text)
    general = page.evaluate(SAID, english | {"code": "never_heard_of"})
    assert general == "操作没有完成（代码 never_heard_of），请告诉系统管理员。"
    assert general[:6] not in "".join(said.values())
    fields = [{"field": "body.deadline", "message": "Input should be a valid datetime"}]
    assert page.evaluate(SAID, english | {"code": "bad_input", "fields": fields}) == "办理时限要晚于现在和受理时间。"
    fields = [{"field": "body.title", "message": "String should have at least 1 character"}]
    assert page.evaluate(SAID, english | {"code": "bad_input", "fields": fields}) == "“标题”填写有误，请核对。"
