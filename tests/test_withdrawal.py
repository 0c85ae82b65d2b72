"""A plan that waits for its day is withdrawn: edited, approved anew, and what takes effect is what was edited."""

from __future__ import annotations

import json
from datetime import timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from drafting import ACROSS_D, begin, cut, forget, require_agreement
from drawn_plans import EVERYTHING, draw, drawn_plan, grid_ids, in_force
from office import MOVED, client_of, code, load, open_office, write_households

from gridmap import runner
from gridmap.access import Scope
from gridmap.cli.main import run
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound, StaleRevision
from gridmap.model.land import PlanState
from gridmap.services import activation, drafts, plan_reading, plan_rules, plan_schedule
from gridmap.services.plan_land import today
from gridmap.storage import audit, land, plans

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from gridmap.storage.database import Database, Transaction

PLACES = [(x * 50.0 + 25, y * 50.0 + 25) for x in range(14) for y in range(6)]
NUMBER = "开府发〔2026〕18号"
APART = """
    AABBDDD
    AABBDEE
    CCCADEE
"""


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    """The drawn office with households."""
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, PLACES))
    return database


def later(tx: Transaction, days: int = 3) -> Any:
    return today(tx) + timedelta(days=days)


def rename(tx: Transaction, plan: UUID, name: str, revision: int | None = None) -> drafts.EditAnswer:
    return drafts.edit(tx, EVERYTHING, plan, {"op": "rename", "grid": code("A"), "name": name}, revision)


def test_what_was_edited_after_a_withdrawal_takes_effect_on_the_day(office: Database) -> None:
    with office.transaction("planner", write=True) as tx:
        plan, day = begin(tx), later(tx)
        drafts.edit(tx, EVERYTHING, plan, cut())
    runner.activate_plan(office, plan, "planner", day, runner.Approval(NUMBER))
    with office.transaction("planner", write=True) as tx:
        done = plan_schedule.withdraw(tx, EVERYTHING, plan)
        assert (done.state, done.word, done.valid_from, done.approval_number) == ("draft", "草案", None, None)
        drafts.edit(tx, EVERYTHING, plan, cut(ACROSS_D, "D"))
        edited = {grid.code for grid in plans.grids_of_plan(tx, EVERYTHING, plan)}
    waits = runner.activate_plan(office, plan, "planner", day)
    assert (waits.state, waits.valid_from, waits.approval_number) == ("approved", day, None)
    with office.transaction("clock", write=True) as tx:
        tx.connection.exec_driver_sql(f"UPDATE plan SET valid_from = '{today(tx)}' WHERE state = 'approved'")
    (outcome,) = runner.activate_due(office, "clock")
    assert outcome.refused is None
    with office.transaction("tester") as tx:
        assert in_force(tx).id == plan
        assert set(grid_ids(tx, plan)) == edited == {code(each) for each in "ABCDE"} | {
            code("C")[:12] + "004", code("D")[:12] + "003"
        }  # fmt: skip
        entries = audit.entries(tx, EVERYTHING, subject_id=plan)
    assert [each.verb for each in entries] == ["activate", "approve", "edit", "withdraw", "approve", "edit", "add"]
    assert entries[3].detail == {"name": "调整", "valid_from": str(day), "document": NUMBER}


def test_a_plan_that_is_withdrawn_is_not_put_in_force(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        before, day = in_force(tx), later(tx)
    runner.activate_plan(office, plan.id, "planner", day)
    with office.transaction("clock", write=True) as tx:
        tx.connection.exec_driver_sql(f"UPDATE plan SET valid_from = '{today(tx)}' WHERE state = 'approved'")
    look = plan_schedule.due_plans

    def withdrawn_at_this_moment(tx: Transaction, scope: Scope) -> Any:
        found = look(tx, scope)
        tx.connection.rollback()  # the look is over: its snapshot holds nobody up
        with office.transaction("planner", write=True) as other:
            plan_schedule.withdraw(other, EVERYTHING, plan.id)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(plan_schedule, "due_plans", withdrawn_at_this_moment)
        (outcome,) = runner.activate_due(office, "clock")
    assert isinstance(outcome.refused, StaleRevision)
    assert runner.activate_due(office, "clock") == []
    with office.transaction("tester") as tx:
        assert in_force(tx) == before
        assert plans.plan_named(tx, EVERYTHING, plan.id).state is PlanState.DRAFT


def act(tx: Transaction, verb: str, draft: UUID, number: int) -> None:
    if verb == "edit":
        rename(tx, draft, f"示范{number}")
    elif verb == "undo":
        drafts.undo(tx, EVERYTHING, draft)
    elif verb == "schedule":
        plan_schedule.schedule(tx, EVERYTHING, draft, later(tx, number + 1))
    elif verb == "withdraw":
        plan_schedule.withdraw(tx, EVERYTHING, draft)
    else:
        forget()
        plan_reading.get_plan(tx, EVERYTHING, draft)


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_edits_are_made_of_drafts_alone_and_nothing_is_lost(desk: Transaction, seed: int) -> None:
    random, draft, waits, made = Random(seed), begin(desk), False, 1  # noqa: S311 -- no secret
    drafts.edit(desk, EVERYTHING, draft, cut())
    for number in range(12):
        verb = random.choice(["edit", "undo", "schedule", "withdraw", "restart"])
        before = plans.plan_named(desk, EVERYTHING, draft)
        if (verb in {"edit", "undo"} and waits) or (verb == "undo" and not made) or (verb == "withdraw" and not waits):
            with pytest.raises(Conflict):
                act(desk, verb, draft, number)
            assert plans.plan_named(desk, EVERYTHING, draft) == before
            continue
        act(desk, verb, draft, number)
        made += {"edit": 1, "undo": -1}.get(verb, 0)
        waits = {"schedule": True, "withdraw": False}.get(verb, waits)
        after = plans.plan_named(desk, EVERYTHING, draft)
        assert after.revision > before.revision or (verb == "restart" and after == before)
        assert (after.state is PlanState.APPROVED) == (after.valid_from is not None) == waits
        require_agreement(desk, draft)


def test_what_cannot_be_withdrawn_is_told_what_can_be_done(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        first = in_force(tx).id
    for wanted, told in ((plan.id, "is a draft"), (first, "`gridmap plan restore`")):
        with pytest.raises(Conflict, match=told), office.transaction("planner", write=True) as tx:
            plan_schedule.withdraw(tx, EVERYTHING, wanted)
    runner.activate_plan(office, plan.id, "planner")
    with pytest.raises(Conflict, match="has ended"), office.transaction("planner", write=True) as tx:
        plan_schedule.withdraw(tx, EVERYTHING, first)
    with pytest.raises(Conflict, match="is in force"), office.transaction("planner", write=True) as tx:
        plan_schedule.withdraw(tx, EVERYTHING, plan.id)


def test_every_remedy_that_is_named_works(desk: Transaction) -> None:
    draft = begin(desk)
    plan_schedule.schedule(desk, EVERYTHING, draft, later(desk))
    with pytest.raises(Conflict, match=f"`gridmap plan withdraw {draft}`"):
        rename(desk, draft, "新名")
    with pytest.raises(Conflict, match=f"never in force.*`gridmap plan withdraw {draft}`"):
        drafts.new_draft(desk, EVERYTHING, "另一份", draft)
    with pytest.raises(Conflict, match="another name"):  # else two drafts had it after a withdrawal
        begin(desk)
    plan_schedule.withdraw(desk, EVERYTHING, draft)
    assert rename(desk, draft, "新名").op == "rename"


def test_who_saw_a_plan_before_its_state_changed_is_told_so(desk: Transaction) -> None:
    draft = begin(desk)
    rename(desk, draft, "一")
    for days in (3, 4):
        plan_schedule.schedule(desk, EVERYTHING, draft, later(desk, days))
    plan = plans.plan_named(desk, EVERYTHING, draft)
    for seen, told in ((1, "the plan was approved since"), (0, "the plan was changed 1 times and approved since")):
        with pytest.raises(StaleRevision, match=told) as stale:
            drafts.require_revision(desk, EVERYTHING, plan, seen)
        assert (stale.value.evidence["state"], len(stale.value.evidence["newer"])) == ("approved", 1 - seen)
    for act_on in (lambda: plan_schedule.withdraw(desk, EVERYTHING, draft, 1), lambda: rename(desk, draft, "二", 1)):
        with pytest.raises(StaleRevision, match="was approved since"):
            act_on()
    plan_schedule.withdraw(desk, EVERYTHING, draft, plan.revision)
    with pytest.raises(StaleRevision, match="approved and withdrawn"):
        rename(desk, draft, "二", plan.revision)


def test_a_day_beyond_all_plans_is_a_slip(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        days = (later(tx, 365 * 19), later(tx, 365 * 21))
    with pytest.raises(BadInput, match="more than 20 years"):
        runner.activate_plan(office, plan.id, "planner", days[1])
    assert runner.activate_plan(office, plan.id, "planner", days[0]).state == "approved"


def test_nobody_decides_about_the_land_of_others(office: Database) -> None:
    def scoped(tx: Transaction, last: str) -> Scope:
        return Scope("one", frozenset(each.id for each in land.communities(tx, EVERYTHING) if each.code[-3:] == last))

    plan = drawn_plan(office, MOVED)  # of community 001 alone
    with office.transaction("tester") as tx:
        own, other, day = scoped(tx, "001"), scoped(tx, "002"), later(tx)
    for first in (None, day):
        with pytest.raises(Forbidden):
            runner.activate_plan(office, plan.id, "planner", first, scope=other)
    with pytest.raises(NotFound):
        runner.activate_plan(office, plan.id, "planner", day, scope=Scope("nobody"))
    assert runner.activate_plan(office, plan.id, "planner", day, scope=own).state == "approved"
    with pytest.raises(Forbidden), office.transaction("planner", write=True) as tx:
        plan_schedule.withdraw(tx, other, plan.id)
    with office.transaction("planner", write=True) as tx:
        assert plan_schedule.withdraw(tx, own, plan.id).state == "draft"
    assert runner.activate_plan(office, plan.id, "planner", scope=own).state == "in_force"


def test_an_answer_that_fails_leaves_no_plan_in_force(office: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = drawn_plan(office, MOVED)

    def failing(*_: object) -> Any:
        raise NotFound("gone")

    with office.transaction("tester") as tx:
        before, day = in_force(tx), later(tx)
    monkeypatch.setattr(runner, "changed_sentences", failing)
    for first in (None, day):
        with pytest.raises(NotFound):
            runner.activate_plan(office, plan.id, "planner", first)
    with office.transaction("tester") as tx:
        assert in_force(tx) == before
        assert plans.plan_named(tx, EVERYTHING, plan.id) == plan


# --- bringing a plan of the past back ---------------------------------------------------------------------------------


def test_a_restored_draft_keeps_the_rules_of_drafts(office: Database) -> None:
    with office.transaction("tester") as tx:
        first = in_force(tx).id
    apart = drawn_plan(office, APART)
    runner.activate_plan(office, apart.id, "planner")
    with office.transaction("planner", write=True) as tx:
        named = plans.plan_named(tx, EVERYTHING, apart.id)
    runner.activate_plan(office, drawn_plan(office, MOVED).id, "planner")
    for name in ("", " \n ", "  ", "\u200b", "a\nb", "长" * 101):
        with pytest.raises(BadInput, match="name"), office.transaction("planner", write=True) as tx:
            activation.restore(tx, EVERYTHING, apart.id, name)
    with office.transaction("planner", write=True) as tx:
        made = activation.restore(tx, EVERYTHING, apart.id)
        assert made.name == f"恢复：{named.name}"
        found = {each.rule for each in plan_rules.check(tx, EVERYTHING, made.id).findings}
        grid = next(each for each in plan_reading.get_plan(tx, EVERYTHING, made.id).grids
                    if each["properties"]["code"] == code("A"))["properties"]  # fmt: skip
    assert "multipart" not in found
    assert (grid["multipart"], grid["numbers"]["pieces"]) == (True, 2)
    for name in (None, made.name, f" {made.name} "):
        with pytest.raises(Conflict, match="another name"), office.transaction("planner", write=True) as tx:
            activation.restore(tx, EVERYTHING, apart.id, name)
    with office.transaction("planner", write=True) as tx:
        assert activation.restore(tx, EVERYTHING, first, " 原方案 ").name == "原方案"


# --- over HTTP and on the command line --------------------------------------------------------------------------------


def test_a_withdrawal_over_http(office: Database, target: str) -> None:
    with office.transaction("planner", write=True) as tx:
        plan, day = draw(tx, MOVED), later(tx).isoformat()
    with client_of(target) as client:
        path = f"/api/v1/plans/{plan.id}"
        approved = client.post(f"{path}/activation", json={"valid_from": day})
        assert approved.json()["state"] == "approved"
        seen = client.get(path).json()["plan"]["revision"]
        stale = client.post(f"{path}/withdrawal", json={"revision": seen - 1})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_revision")
        for wrong in (True, 1.5, "1"):
            assert client.post(f"{path}/withdrawal", json={"revision": wrong}).status_code == 422
        done = client.post(f"{path}/withdrawal", json={"revision": seen})
        assert (done.status_code, done.json()["state"], done.json()["revision"]) == (200, "draft", seen + 1)
        again = client.post(f"{path}/withdrawal", json={})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        far = client.post(f"{path}/activation", json={"valid_from": "9999-12-31"})
        assert (far.status_code, far.json()["code"]) == (422, "bad_input")
        assert client.post(f"{path}/activation", json={}).json()["state"] == "in_force"


def test_a_withdrawal_on_the_command_line(
    office: Database, target: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRIDMAP_DATABASE", target)
    with office.transaction("planner", write=True) as tx:
        plan, day = draw(tx, MOVED, "新方案"), later(tx).isoformat()
    assert run(["plan", "withdraw", "新方案"]) == 2
    assert run(["plan", "activate", "新方案", "--from", day]) == 0
    assert run(["plan", "withdraw", "新方案", "--revision", "0"]) == 2
    assert "was approved since revision 0" in capsys.readouterr().err
    assert run(["plan", "withdraw", "新方案"]) == 0
    assert f"草案 新方案 {plan.id}" in capsys.readouterr().out
    assert run(["plan", "activate", "新方案", "--from", day]) == 0
    capsys.readouterr()
    assert run(["plan", "withdraw", str(plan.id), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "draft"
