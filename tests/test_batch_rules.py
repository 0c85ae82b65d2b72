"""五单 as data: stages that every case can get through, acts that are guarded, years that add up."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.casework.batches import NEEDS, Stages, read_stages, require_act, require_onward, unit_results
from gridmap.config import data_dir
from gridmap.errors import BadInput, Conflict, Forbidden

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DataObject

LOOKUPS = data_dir() / "lookups"
CONTENT: dict[str, Any] = json.loads((LOOKUPS / "batches.json").read_text(encoding="utf-8"))
LADDER: dict[str, Any] = json.loads((LOOKUPS / "ladder.json").read_text(encoding="utf-8"))
STAGES = read_stages(CONTENT, LADDER["roles"], LADDER["ratings"])
NAMES = [stage.name for stage in STAGES.stages]
STAYING = {"assign", "claim", "rate"}


def test_the_stages_are_those_of_the_office() -> None:
    assert NAMES == ["网格收单", "街道分单", "大工委审单", "单位领单", "群众评单"]
    assert [STAGES.after(name) for name in NAMES] == [*STAGES.stages[1:], None]
    assert STAGES.named("大工委审单").needs == {"meeting", "minutes"}
    assert set(STAGES.satisfied) < set(STAGES.ratings) == set(LADDER["ratings"])


@given(data=st.data())
def test_a_case_that_is_settled_as_each_stage_asks_comes_to_the_end(data: DataObject) -> None:
    """Whatever is chosen, a case either leaves by an act that says so, or gets through claimed and rated."""
    done = []
    stage = STAGES.first
    while True:
        acts = [STAGES.acts[name] for name in sorted(stage.settled_by)]
        mark = data.draw(st.sampled_from(acts)) if acts else None
        if mark:
            role = data.draw(st.sampled_from(sorted(mark.roles)))
            assert require_act(STAGES, mark.name, stage=stage.name, role=role, given=mark.needs) is mark
            done.append(mark.effect)
        marks = {"1": mark.name if mark else ""}
        role = data.draw(st.sampled_from(sorted(stage.roles)))
        require_onward(STAGES, stage.name, role=role, given=stage.needs, marks=marks)
        after = STAGES.after(stage.name)
        if after is None or (mark and mark.effect == "release"):
            break
        stage = after
    assert (done[-1:] == ["release"]) != (done[-2:] == ["claim", "rate"])


@pytest.mark.parametrize("name", list(STAGES.acts))
def test_an_act_is_guarded(name: str) -> None:
    act = STAGES.acts[name]
    here, role = min(act.stages), min(act.roles)
    for stage in set(NAMES) - act.stages:
        with pytest.raises(Conflict, match="what can be done there"):
            require_act(STAGES, name, stage=stage, role=role, given=act.needs)
    for other in set(LADDER["roles"]) - act.roles:
        with pytest.raises(Forbidden, match=role):
            require_act(STAGES, name, stage=here, role=other, given=act.needs)
    for need in act.needs:
        with pytest.raises(BadInput, match=need):
            require_act(STAGES, name, stage=here, role=role, given=act.needs - {need})
    for unread in NEEDS - act.needs - act.takes - {"reason"}:
        with pytest.raises(BadInput, match="leave it out"):
            require_act(STAGES, name, stage=here, role=role, given=act.needs | {unread})


def test_going_on_is_guarded() -> None:
    def onward(**more: Any) -> None:
        asked: dict[str, Any] = {"role": "受理派单员", "given": {"meeting", "minutes"}, "marks": {"1": "同意"}}
        require_onward(STAGES, "大工委审单", **(asked | more))

    onward()
    onward(marks={}, given=set())  # nothing is left to decide: no meeting has to be held for that
    for marks in ({"1": ""}, {"1": "同意", "2": "分单"}):
        with pytest.raises(Conflict, match="1 cases are not settled"):
            onward(marks=marks)
    with pytest.raises(BadInput, match="minutes"):
        onward(given={"meeting"})
    with pytest.raises(Forbidden):
        onward(role="专职网格员")
    with pytest.raises(BadInput, match="takes no minutes"):
        require_onward(STAGES, "网格收单", role="受理派单员", given={"minutes"}, marks={"1": ""})
    with pytest.raises(BadInput, match="there is no act"):
        require_act(STAGES, "派单", stage="街道分单", role="受理派单员", given=())


def _set(*path: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for step in path[:-1]:
            content = content[step]
        content[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (_set("stages", 1, "settled_by", to=["退回社区"]), "no case gets on from 街道分单"),
        (_set("stages", 3, "settled_by", to=["领单", "同意"]), "群众评单 comes before every case is claimed"),
        (_set("stages", 3, "settled_by", to=["领单", "缓议"]), "单位领单 names the unknown act 缓议"),
        (_set("acts", 0, "stages", to=["网格收单", "街道分单"]), "put on a list at its first stage alone"),
        (_set("acts", 5, "effect", to="assign"), "0 acts claim, not one"),
        (_set("acts", 5, "effect", to="take"), "领单 names the unknown effect take"),
        (_set("acts", 1, "roles", to=["局长"]), "移出 names the unknown role 局长"),
        (_set("acts", 1, "roles", to=[]), "nobody may do 移出"),
        (_set("stages", 0, "roles", to=[]), "nobody may do 网格收单"),
        (_set("acts", 1, "needs", to=["photo"]), "移出 names the unknown need photo"),
        (_set("acts", 1, "stages", to=["收单"]), "移出 names the unknown stage 收单"),
        (_set("stages", 2, "needs", to=["vote"]), "大工委审单 names the unknown need vote"),
        (_set("acts", 1, "name", to="列入"), "two things are called 列入"),
        (_set("satisfied", to=["好评"]), "satisfied names the unknown rating 好评"),
        (_set("grades", 0, "least", to=0.1), "grades fall"),
        (_set("grades", 3, "least", to=0.2), "grades fall"),
    ],
)
def test_stages_with_a_fault_are_refused(change: Callable[[dict[str, Any]], None], fault: str) -> None:
    content = copy.deepcopy(CONTENT)
    change(content)
    with pytest.raises(BadInput, match=fault):
        read_stages(content, LADDER["roles"], LADDER["ratings"])


CLAIMS = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.lists(st.sampled_from(STAGES.ratings), max_size=4)))


@given(claims=CLAIMS)
def test_a_year_adds_up(claims: list[tuple[str, list[str]]]) -> None:
    found = unit_results(STAGES, claims)
    assert sum(each.claimed for each in found) == len(claims)
    assert sum(each.rated for each in found) == sum(1 for _, ratings in claims if ratings)
    assert sum(sum(each.ratings.values()) for each in found) == sum(len(ratings) for _, ratings in claims)
    assert [each.claimed for each in found] == sorted((each.claimed for each in found), reverse=True)
    assert {each.unit for each in found} == {unit for unit, _ in claims}
    assert found == unit_results(STAGES, claims[::-1])
    for each in found:
        assert list(each.ratings) == list(STAGES.ratings)
        assert (each.satisfied is None) == (each.grade == "") == (each.rated == 0)


@given(good=st.integers(0, 40), bad=st.integers(0, 40))
def test_a_better_year_has_no_worse_grade(good: int, bad: int) -> None:
    def grade(good: int, bad: int, stages: Stages = STAGES) -> int:
        (found,) = unit_results(stages, [("甲", ["满意"] * good + ["不满意"] * bad)])
        return [each.name for each in stages.grades].index(found.grade)

    if good + bad:
        assert grade(good + 1, bad) <= grade(good, bad) <= grade(good, bad + 1)
    assert [grade(9, 1), grade(8, 2), grade(6, 4), grade(5, 5)] == [0, 1, 2, 3]
