"""Duty rules and categories: data that is checked, decisions that explain themselves."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.casework.calendar import read_calendar
from gridmap.casework.categories import read_catalogue, read_list
from gridmap.casework.duties import Facts, Holder, Said, decide_duty, read_duties
from gridmap.config import data_dir
from gridmap.errors import BadInput
from gridmap.model.casework import DeadlineClass
from gridmap.model.land import GridKind
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKUPS = data_dir() / "lookups"


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((LOOKUPS / name).read_text(encoding="utf-8"))
    return content


CALENDAR = read_calendar(read("calendar.json"))
LISTS = [read(f"categories/{path.name}") for path in sorted((LOOKUPS / "categories").glob("*.json"))]
CATALOGUE = read_catalogue(LISTS)
LEVELS = read("ladder.json")["levels"]
CONTENT = read("duties.json")
DUTIES = read_duties(CONTENT, LEVELS, CATALOGUE)
NOON = datetime(2026, 3, 2, 10, tzinfo=SHANGHAI)
HERE = Facts(
    source="12345热线",
    category=None,
    at=NOON,
    grid="解放路社区第01网格",
    grid_kind=GridKind.GENERAL,
    area_codes=("440106001001001", "440106001001"),
    worker="李示范",
    community="解放路社区",
    street="示范街道",
)


def facts(category: str = "", **more: Any) -> Facts:
    found = CATALOGUE.find(category) if category else None
    assert bool(found) == bool(category)
    return replace(HERE, category=found, **more)


@pytest.mark.parametrize(
    ("given_facts", "rule", "holder", "level"),
    [
        (facts("路灯"), "部件先属主", "路灯管理所", "街道"),
        (facts("无主井盖"), "部件后属地", "解放路社区第01网格", "网格"),
        (facts("店外经营"), "事件先属地", "解放路社区第01网格", "网格"),
        (facts("店外经营", worker=""), "事件后属主", "综合行政执法队", "街道"),
        (facts("邻里纠纷"), "纠纷到社区", "解放路社区", "社区"),
        (facts("漏水", source="信访"), "信访到街道", "示范街道", "街道"),
        (facts("漏水", grid_kind=GridKind.DEDICATED), "专属网格", "解放路社区第01网格", "网格"),
        (facts("漏水"), "网格先办", "解放路社区第01网格", "网格"),
        (facts("漏水", worker=""), "社区兜底", "解放路社区", "社区"),
        (facts("高空坠物"), "网格先办", "解放路社区第01网格", "网格"),
        (facts("高空坠物", at=NOON.replace(hour=23)), "夜间险情", "街道值班室", "街道"),
        (facts("高空坠物", at=NOON.replace(day=1)), "夜间险情", "街道值班室", "街道"),
        (Facts("说事会", None, NOON), "派单员首接", "受理派单员", "街道"),
    ],
)
def test_who_has_to_act(given_facts: Facts, rule: str, holder: str, level: str) -> None:
    duty = decide_duty(DUTIES, given_facts, CALENDAR)
    assert (duty.rule, duty.holder, duty.level) == (rule, holder, level)


def test_a_rule_that_fails_is_shown_and_not_passed_over() -> None:
    duty = decide_duty(DUTIES, facts("无主井盖", worker=""), CALENDAR)
    said = {each.rule: (each.said, each.why) for each in duty.tried}
    assert said["部件先属主"] == (Said.FAILED, "没有登记属主")
    assert said["部件后属地"] == (Said.FAILED, "所在网格没有网格员，或尚未归格")
    assert said["事件先属地"] == (Said.OTHER, "大类是部件，规则要求事件")
    unknown = decide_duty(DUTIES, facts(), CALENDAR)
    assert unknown.tried[0].said is Said.UNKNOWN
    assert duty.rule == "社区兜底"


@given(
    st.sampled_from([None, *(each for found in CATALOGUE.lists.values() for each in found.categories.values())]),
    st.sampled_from(["12345热线", "信访", "数字城管", ""]),
    st.sampled_from([None, *GridKind]),
    st.sampled_from(["", "李示范"]),
    st.sampled_from([HERE, Facts("", None, NOON)]),
    st.integers(0, 8760),
)
def test_nothing_is_left_without_a_holder_and_every_rule_before_it_said_something(
    category: Any, source: str, kind: GridKind | None, worker: str, known: Facts, hours: int
) -> None:
    at = NOON + timedelta(hours=hours)
    asked = replace(known, source=source, category=category, at=at, grid_kind=kind, worker=worker)
    duty = decide_duty(DUTIES, asked, CALENDAR)
    assert duty.holder
    assert [each.rule for each in duty.tried] == [each.name for each in DUTIES.rules[: len(duty.tried)]]
    assert [each.said for each in duty.tried].count(Said.DECIDED) == 1
    assert all(each.why for each in duty.tried)


def rules_with(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    change(content["rules"][0])
    return content


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda it: it["when"].update(weather=["rain"]), "condition weather"),
        (lambda it: it["when"].update(family=["ghosts"]), "family ghosts"),
        (lambda it: it["when"].update(time=["teatime"]), "time teatime"),
        (lambda it: it["when"].update(category=["鬼"]), "category 鬼"),
        (lambda it: it["when"].update(area=[]), "area without a word"),
        (lambda it: it.update(level="天"), "level 天"),
        (lambda it: it.update(holder="nobody"), "holder is one of"),
        (lambda it: it.pop("unit"), "no unit"),
        (lambda it: it.pop("why"), "lacks 'why'"),
    ],
)
def test_rules_with_faults_are_refused_and_never_left_out(change: Callable[[dict[str, Any]], Any], fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        read_duties(rules_with(change), LEVELS, CATALOGUE)


def test_rules_that_could_leave_something_without_a_holder_are_refused() -> None:
    with pytest.raises(BadInput, match="last duty rule"):
        read_duties(CONTENT | {"rules": CONTENT["rules"][:-1]}, LEVELS, CATALOGUE)


@pytest.mark.parametrize(
    ("when", "fits", "not_fits"),
    [
        ({"category": ["市容环境"]}, facts("暴露垃圾"), facts("店外经营")),
        ({"category": ["城管事件（甲地）/0102"]}, facts("暴露垃圾"), facts("私搭乱建")),
        ({"area": ["440106001001"]}, facts(), facts(area_codes=("440106001002001",))),
        ({"time": ["working"]}, facts(), facts(at=NOON.replace(hour=12, minute=30))),
        ({"source": ["说事会", "信访"]}, facts(source="说事会"), facts()),
    ],
)
def test_conditions_ask_for_what_they_say(when: dict[str, Any], fits: Facts, not_fits: Facts) -> None:
    first = {"name": "试", "when": when, "holder": "unit", "unit": "某单位", "level": "街道", "why": "试"}
    duties = read_duties(CONTENT | {"rules": [first, CONTENT["rules"][-1]]}, LEVELS, CATALOGUE)
    assert decide_duty(duties, fits, CALENDAR).kind is Holder.UNIT
    assert decide_duty(duties, not_fits, CALENDAR).kind is Holder.DESK


# --- categories ---------------------------------------------------------------------------------------------------


def test_one_code_means_different_things_in_two_places() -> None:
    a, b = (CATALOGUE.lists[f"城管事件（{place}）"].categories for place in ("甲地", "乙地"))
    assert (a["0105"].name, b["0105"].name) == ("绿地保洁", "水域不洁")
    assert (a["02"].name, b["02"].name) == ("宣传广告", "街面秩序")
    assert a["0102"].limit != b["0102"].limit
    assert CATALOGUE.find("城管事件（乙地）/0105") is b["0105"]
    assert CATALOGUE.find("水域不洁") is None  # its list is not active
    assert CATALOGUE.find("暴露垃圾") is a["0102"]


def test_every_kind_of_the_demonstration_is_a_category() -> None:
    names = json.loads((data_dir() / "demo" / "names.json").read_text(encoding="utf-8"))["incidents"]
    assert not [name for name in names if CATALOGUE.find(name) is None]


def test_mediation_has_its_outcomes_and_old_troubles_no_date() -> None:
    disputes = CATALOGUE.lists["矛盾纠纷"]
    assert "调解成功" in disputes.outcomes
    assert disputes.categories["07"].deadline_class is DeadlineClass.LONG_TERM
    assert {each.deadline_class for found in CATALOGUE.lists.values() for each in found.categories.values()} == set(
        DeadlineClass
    )


ROW = {"code": "1", "name": "甲"}
SOUND = {
    "name": "试",
    "family": "appeal",
    "default": {"class": "by_date", "limit": [1, "working_days"], "duplicates": [1, 1]},
    "categories": [ROW],
}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ({"family": "ghosts"}, "unknown family"),
        ({"categories": [ROW, ROW]}, "code 1 stands twice"),
        ({"categories": [ROW, ROW | {"code": "2"}]}, "word 甲 stands twice"),
        ({"categories": [ROW | {"parent": "9"}]}, "9, which is not there"),
        ({"categories": [ROW | {"limit": [1, "weeks"]}]}, "limit is"),
        ({"categories": [ROW | {"limit": [0, "working_days"]}]}, "more than 0"),
        ({"categories": [ROW | {"duplicates": [1]}]}, "duplicates"),
        ({"categories": [{"code": "1"}]}, "lacks 'name'"),
        ({"categories": [ROW | {"name": " "}]}, "without a code or a name"),
    ],
)
def test_lists_with_faults_are_refused(content: dict[str, Any], fault: str) -> None:
    read_list(SOUND)
    with pytest.raises(BadInput, match=fault):
        read_list(SOUND | content)


def test_two_active_lists_cannot_have_one_word() -> None:
    other = SOUND | {"name": "又"}
    with pytest.raises(BadInput, match="甲 is a category of"):
        read_catalogue([SOUND, other])
    with pytest.raises(BadInput, match="two lists"):
        read_catalogue([SOUND, SOUND])
    assert read_catalogue([SOUND, other | {"active": False}]).words["甲"].list == "试"
