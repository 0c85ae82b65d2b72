"""The ladder of incidents: data that is checked, and moves that are guarded."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.casework.ladder import ALWAYS, Ladder, read_ladder, require_move
from gridmap.config import data_dir
from gridmap.errors import BadInput, Conflict, Forbidden
from gridmap.model.cases import CLOSED_STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import DataObject

CONTENT: dict[str, Any] = json.loads((data_dir() / "lookups" / "ladder.json").read_text(encoding="utf-8"))
PROFILES = ["", *CONTENT["profiles"]]
LADDERS = {profile: read_ladder(CONTENT, profile) for profile in PROFILES}
LADDER = LADDERS[""]


def test_closed_states_are_those_that_numbers_count_as_closed() -> None:
    assert {state for state, closed in LADDER.states.items() if closed} == CLOSED_STATES


def test_every_state_can_be_reached_in_some_profile() -> None:
    reached = {move.target for ladder in LADDERS.values() for move in ladder.moves.values()} | set(LADDER.first)
    assert set(LADDER.states) <= reached


@pytest.mark.parametrize("profile", PROFILES)
@given(data=st.data())
def test_any_walk_can_be_brought_to_an_end(profile: str, data: DataObject) -> None:
    ladder = LADDERS[profile]
    state, level = data.draw(st.sampled_from(ladder.first)), ladder.levels[0]
    for _ in range(data.draw(st.integers(0, 12))):
        moves = ladder.open_moves(state, level, CONTENT["roles"])
        move = data.draw(st.sampled_from(moves)) if moves else None
        if move is None:
            break
        given = data.draw(st.sets(st.sampled_from(sorted(move.takes | ALWAYS)))) | move.needs
        assert require_move(ladder, move.name, state=state, level=level, roles=CONTENT["roles"], given=given) == move
        state, level = move.target or state, ladder.level_after(move, level)
    seen, todo = {state}, [state]
    while todo:
        here = todo.pop()
        ways = {move.target for move in ladder.moves.values() if here in move.sources and move.target} - seen
        seen |= ways
        todo += ways
    assert any(ladder.states[each] for each in seen)


@pytest.mark.parametrize(
    ("name", "state", "level", "roles", "given", "error"),
    [
        ("飞单", "待受理", "社区", ["受理派单员"], [], BadInput),
        ("受理", "处置中", "社区", ["受理派单员"], [], Conflict),
        ("受理", "待受理", "社区", ["专职网格员"], [], Forbidden),
        ("自办结案", "处置中", "网格", ["专职网格员"], [], BadInput),
        ("自办结案", "处置中", "社区", ["专职网格员"], ["photo"], Conflict),
        ("受理", "待受理", "社区", ["受理派单员"], ["deadline"], BadInput),
        ("上报", "处置中", "区", ["网格管理员"], ["reason"], Conflict),
        ("退回", "处置中", "网格", ["网格管理员"], ["reason"], Conflict),
    ],
)
def test_moves_that_cannot_be_made_are_refused(
    name: str, state: str, level: str, roles: list[str], given: list[str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        require_move(LADDER, name, state=state, level=level, roles=roles, given=given)


def test_reporting_climbs_and_handing_back_descends() -> None:
    up, down = LADDER.moves["上报"], LADDER.moves["退回"]
    assert LADDER.level_after(up, "社区") == "街道"
    assert LADDER.level_after(down, "街道") == "社区"


def test_what_needs_approval_a_photo_or_stops_the_clock() -> None:
    named: Callable[[Callable[[Any], bool]], set[str]] = lambda wanted: {  # noqa: E731 -- a table of the test
        move.name for move in LADDER.moves.values() if wanted(move)
    }
    assert named(lambda move: bool(move.approval)) == {"申请延期", "挂账", "退单", "转长期推进"}
    assert named(lambda move: "photo" in move.needs) == {"自办结案", "反馈"}
    assert named(lambda move: move.clock == "pause") == {"挂账"}


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    content = copy.deepcopy(CONTENT)
    change(content)
    return content


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda it: it["states"].update(迷失={}) or it["moves"][0].update(to="迷失"), "from 迷失 no closed state"),
        (lambda it: it["moves"][0].update(to="天上"), "unknown state 天上"),
        (lambda it: it["moves"][0].update(roles=["路人"]), "unknown role 路人"),
        (lambda it: it["moves"][0].update(roles=[]), "nobody may make 提交"),
        (lambda it: it["moves"][0].update(needs=["茶"]), "unknown need 茶"),
        (lambda it: it["moves"][0].update(level="天"), "unknown level 天"),
        (lambda it: it["moves"][0].update(clock="back"), "unknown clock back"),
        (lambda it: it["moves"][0].update(effect="magic"), "unknown effect magic"),
        (lambda it: it["moves"].append(it["moves"][0]), "two moves are called 提交"),
    ],
)
def test_a_ladder_with_faults_is_refused(change: Callable[[dict[str, Any]], None], fault: str) -> None:
    with pytest.raises(BadInput, match=fault):
        read_ladder(broken(change))


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(BadInput, match="no profile"):
        read_ladder(CONTENT, "火星")


def test_the_city_management_profile_registers_before_it_dispatches() -> None:
    ladder: Ladder = LADDERS["数字城管"]
    assert "派单" not in ladder.moves
    assert ladder.moves["立案"].target == "已立案"
    assert ladder.moves["派遣"].sources == {"已立案"}
