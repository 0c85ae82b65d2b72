"""A plan takes effect: whole, on its day, for everybody whom it concerns and nobody else."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from drawn_plans import EVERYTHING, drawn_plan, grid_ids, in_force
from office import MOVED, code, load, lonlat, open_office, write_csv, write_households

from gridmap import runner
from gridmap.errors import BadInput, Conflict, PlanRefused
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.model.land import PlanState
from gridmap.services import activation, assigning, drafts, incidents, plan_land
from gridmap.services.reports import Report
from gridmap.storage import assignments, audit, lineage, plans, registers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model.land import Plan
    from gridmap.storage.database import Database, Transaction

HOUSEHOLDS = kind_named("households")
PLACES = [(x * 50.0 + 25, y * 50.0 + 25) for x in range(14) for y in range(6)]
# A borders B, and nothing else moves. Points on the drawing's lines lie on edges; the first lies outside.
EDGES = [(150.0, 330.0), (100.0, 250.0), (200.0, 250.0), (100.0, 100.0), (0.0, 250.0), (400.0, 150.0), (300.0, 100.0)]
SHRUNK = """
    AABBDDD
    AABBDDD
    CCCCEEE
"""
SPLIT = """
    AAFBDDD
    AAFBDEE
    CCCCDEE
"""
WITHOUT_B = """
    AAAADDD
    AAAADEE
    CCCCDEE
"""
FAR = (250.0, 250.0)  # in B, and in A once B has gone


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Database:
    """The drawn office, with households everywhere."""
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [*PLACES, *EDGES]))
    return database


def report(database: Database, at: tuple[float, float], **more: Any) -> str:
    with database.transaction("reporter", write=True) as tx:
        lon, lat = lonlat(*at)
        return incidents.report_incident(tx, EVERYTHING, Report("井盖破损", lon=lon, lat=lat, **more)).id


def verdicts(tx: Transaction, plan: Plan) -> dict[Any, Any]:
    """Everything that a plan has decided, without the moment of deciding."""
    return {
        (each.subject_kind, each.subject_id): each
        for kind in ASSIGNED_KINDS
        for chunk in assignments.of_plan(tx, EVERYTHING, plan.id, kind.singular)
        for each in chunk
    }


def recalculated(database: Database, plan: Plan) -> dict[Any, Any]:
    """What the rule says about everybody once more."""
    with database.transaction("tester", write=True) as tx:
        assigning.recalculate(tx)
        return verdicts(tx, plan)


@pytest.mark.parametrize("art", [MOVED, SHRUNK, SPLIT, WITHOUT_B], ids=["moved", "shrunk", "split", "merged"])
def test_what_is_carried_forward_is_what_the_rule_says(office: Database, art: str) -> None:
    plan = drawn_plan(office, art)
    done = runner.activate_plan(office, plan.id, "planner")
    with office.transaction("tester") as tx:
        after = verdicts(tx, plan)
        assert in_force(tx).id == plan.id
    assert 0 < done.reassigned < len(after)
    assert after == recalculated(office, plan)


def test_the_old_plan_is_closed_and_answers_for_its_days(office: Database) -> None:
    with office.transaction("tester") as tx:
        old = in_force(tx)
        before = verdicts(tx, old)
    plan = drawn_plan(office, MOVED, "新方案")
    done = runner.activate_plan(office, plan.id, "planner")
    with office.transaction("tester") as tx:
        closed = plans.plan_named(tx, EVERYTHING, old.id)
        opened = plans.plan_named(tx, EVERYTHING, plan.id)
        assert verdicts(tx, old) == before
        day = plan_land.today(tx)
    assert (closed.state, closed.valid_to) == (PlanState.SUPERSEDED, day)
    assert (opened.state, opened.valid_from, opened.valid_to) == (PlanState.IN_FORCE, day, None)
    assert (done.state, done.valid_from, done.old_plan_id) == ("in_force", day, str(old.id))


def test_lineage_and_handover_say_who_gave_what_to_whom(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    done = runner.activate_plan(office, plan.id, "planner")
    with office.transaction("tester") as tx:
        known = grid_ids(tx, plan.id)
        a, b = known[code("A")].id, known[code("B")].id
        descents = {(each.old_grid_id, each.new_grid_id): each for each in lineage.of_plan(tx, EVERYTHING, plan.id)}
        handed = lineage.handed_over(tx, EVERYTHING, plan.id, HOUSEHOLDS)
    given = descents[a, b]
    assert given.area == pytest.approx(20_000, abs=0.01)
    assert given.area_share == pytest.approx(0.5)
    assert given.households == len(handed) == done.handed_over["household"] == 9  # eight in it, one on its new edge
    assert sum(each.household_share for pair, each in descents.items() if pair[0] == a) == pytest.approx(1.0)
    assert {(each.old_grid_id, each.new_grid_id) for each in handed} == {(a, b)}


def test_a_new_grid_gets_its_code_for_good(office: Database) -> None:
    plan = drawn_plan(office, SPLIT)
    with office.transaction("tester", write=True) as tx:
        tx.connection.exec_driver_sql(f"UPDATE plan_grid SET provisional = true WHERE code = '{code('F', NEW)}'")
    assert runner.activate_plan(office, plan.id, "planner").codes == (code("F", NEW),)
    with office.transaction("tester") as tx:
        assert code("F", NEW) in plans.codes_ever_in_force(tx, EVERYTHING, code("F", NEW)[:12])
        assert not tx.connection.exec_driver_sql("SELECT count(*) FROM plan_grid WHERE provisional").scalar_one()


NEW = {"F": "001004"}


def test_incidents_keep_the_grid_of_their_day(office: Database) -> None:
    moved = (150.0, 250.0)
    number = report(office, moved)
    plan = drawn_plan(office, MOVED, "新方案")
    done = runner.activate_plan(office, plan.id, "planner")
    later = report(office, moved)
    with office.transaction("tester") as tx:
        before, after = (incidents.get_incident(tx, EVERYTHING, each).assignment for each in (number, later))
        told = lineage.handed_over(tx, EVERYTHING, plan.id, kind_named("incidents"))
    assert before is not None
    assert after is not None
    assert (before.grid_code, after.grid_code) == (code("A"), code("B"))
    assert (before.plan_name, after.plan_name) != ("新方案", before.plan_name)
    assert [str(each.subject_id) for each in told] == [number]
    assert done.handed_over["incident"] == 1


def test_a_decision_of_a_person_survives_a_new_code_and_is_reviewed_when_its_grid_is_gone(
    office: Database, tmp_path: Path
) -> None:
    rows = [("H00000", "示范路1号", code("B"))]
    load(office, "households", write_csv(tmp_path / "manual.csv", ["户编号", "地址", "人工指定网格"], rows), crs=None,
         mapping={"manual_grid": "人工指定网格"})  # fmt: skip
    recoded = drawn_plan(office, MOVED, codes={"B": code("F", NEW)})
    runner.activate_plan(office, recoded.id, "planner")
    assert _household(office, recoded, "H00000") == ("manual", code("F", NEW), False)
    gone = drawn_plan(office, WITHOUT_B)
    runner.activate_plan(office, gone.id, "planner")
    assert _household(office, gone, "H00000") == ("inside", code("C"), True)
    with office.transaction("planner", write=True) as tx:
        back = activation.restore(tx, EVERYTHING, recoded.id)
    runner.activate_plan(office, back.id, "planner")
    assert _household(office, back, "H00000") == ("manual", code("F", NEW), False)


def _household(database: Database, plan: Plan, number: str) -> tuple[str, str, bool]:
    with database.transaction("tester") as tx:
        record = registers.existing_by_key(tx, EVERYTHING, HOUSEHOLDS, [(number,)])[number,]
        verdict = verdicts(tx, plan)["household", record["id"]]
        return verdict.reason.value, plans.grid_of_plan(tx, EVERYTHING, plan.id, verdict.grid_id).code, verdict.review


def test_a_plan_waits_for_its_day_and_is_not_edited_meanwhile(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        old, day = in_force(tx), plan_land.today(tx)
    waiting = runner.activate_plan(office, plan.id, "planner", day + timedelta(days=3))
    assert (waiting.state, waiting.valid_from) == ("approved", day + timedelta(days=3))
    assert runner.activate_due(office, "clock") == []
    with pytest.raises(Conflict, match="is approved"), office.transaction("planner", write=True) as tx:
        drafts.edit(tx, EVERYTHING, plan.id, {"op": "rename", "grid": code("A"), "name": "新名"})
    with office.transaction("tester", write=True) as tx:
        assert in_force(tx).id == old.id
        tx.connection.exec_driver_sql(f"UPDATE plan SET valid_from = '{day}' WHERE state = 'approved'")
    (outcome,) = runner.activate_due(office, "clock")
    assert outcome.activation is not None
    assert outcome.activation.valid_from == day
    assert runner.activate_due(office, "clock") == []
    with office.transaction("tester") as tx:
        assert in_force(tx).id == plan.id
        assert plans.plan_in_force(tx, EVERYTHING, plan.subdistrict_id, at=day).id == plan.id


def test_a_late_clock_gives_the_new_plan_what_was_reported_on_its_days(office: Database) -> None:
    """The day is what counts: due yesterday, run today, and yesterday's incidents are the new plan's."""
    now = datetime.now(UTC)
    early = report(office, (150.0, 250.0), reported_at=now - timedelta(days=3))
    late = report(office, (150.0, 250.0), reported_at=now - timedelta(hours=1))
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        day = plan_land.today(tx)
    runner.activate_plan(office, plan.id, "planner", day + timedelta(days=1))
    with office.transaction("tester", write=True) as tx:
        for state, first in (("approved", day - timedelta(days=1)), ("in_force", day - timedelta(days=9))):
            tx.connection.exec_driver_sql(f"UPDATE plan SET valid_from = '{first}' WHERE state = '{state}'")
    (outcome,) = runner.activate_due(office, "clock")
    assert outcome.refused is None
    with office.transaction("tester") as tx:
        codes = [incidents.get_incident(tx, EVERYTHING, each).assignment.grid_code for each in (early, late)]
        assert plans.plan_in_force(tx, EVERYTHING, plan.subdistrict_id, at=day - timedelta(days=1)).id == plan.id
        assert plans.plan_in_force(tx, EVERYTHING, plan.subdistrict_id, at=day - timedelta(days=2)).id != plan.id
    assert codes == [code("A"), code("B")]


def test_the_past_is_refused(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("tester") as tx:
        yesterday = plan_land.today(tx) - timedelta(days=1)
    with pytest.raises(BadInput, match="in the past"):
        runner.activate_plan(office, plan.id, "planner", yesterday)


def test_a_plan_takes_effect_once(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    runner.activate_plan(office, plan.id, "planner")
    with pytest.raises(Conflict, match="in_force and cannot take effect"):
        runner.activate_plan(office, plan.id, "planner")


def test_a_draft_of_a_plan_that_is_gone_is_refused_with_what_to_do(office: Database) -> None:
    late = drawn_plan(office, SPLIT, "晚来的草案")
    runner.activate_plan(office, drawn_plan(office, MOVED).id, "planner")
    with pytest.raises(Conflict, match=r"gridmap plan diff .* `gridmap plan new`"):
        runner.activate_plan(office, late.id, "planner")


def test_a_draft_follows_a_plan_that_is_equal_to_its_base(office: Database) -> None:
    with office.transaction("tester") as tx:
        first = in_force(tx)
    draft = drawn_plan(office, SPLIT, "草案")
    runner.activate_plan(office, drawn_plan(office, MOVED).id, "planner")
    with office.transaction("planner", write=True) as tx:
        back = activation.restore(tx, EVERYTHING, first.id)
    runner.activate_plan(office, back.id, "planner")
    assert runner.activate_plan(office, draft.id, "planner").state == "in_force"


def test_the_previous_plan_comes_back_as_a_new_one(office: Database) -> None:
    with office.transaction("tester") as tx:
        first = in_force(tx)
        before, land = verdicts(tx, first), lineage.labels(tx, EVERYTHING, first.id)
    runner.activate_plan(office, drawn_plan(office, SPLIT).id, "planner")
    with office.transaction("planner", write=True) as tx:
        assert activation.previous_plan(tx, EVERYTHING).id == first.id
        back = activation.restore(tx, EVERYTHING, first.id)
    runner.activate_plan(office, back.id, "planner")
    with office.transaction("tester") as tx:
        assert back.id != first.id
        assert lineage.labels(tx, EVERYTHING, back.id) == land
        grids = {key: each.grid_id for key, each in verdicts(tx, back).items()}
    assert grids == {key: each.grid_id for key, each in before.items()}


def test_a_plan_with_a_hole_is_refused_and_nothing_is_written(office: Database) -> None:
    with office.transaction("tester") as tx:
        written = audit.count(tx, EVERYTHING)
    plan = drawn_plan(office, "AABBDDD\n AABBDEE\n CC..DEE")
    with pytest.raises(PlanRefused, match="未划入任何网格") as refused:
        runner.activate_plan(office, plan.id, "planner")
    assert {each["rule"] for each in refused.value.evidence["problems"]} == {"lost_land", "lost_people"}
    with office.transaction("tester") as tx:
        assert audit.count(tx, EVERYTHING) == written + 1
        assert in_force(tx).id != plan.id


def test_reports_during_an_activation_are_neither_lost_nor_left_behind(office: Database) -> None:
    plan = drawn_plan(office, MOVED, "新方案")
    stop, numbers, failed = threading.Event(), [], []

    def reporting() -> None:
        while not stop.is_set():
            try:
                numbers.append(report(office, (150.0, 250.0)))
            except Exception as error:  # noqa: BLE001 -- shown by the assertion below
                failed.append(error)

    threads = [threading.Thread(target=reporting) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        while len(numbers) < 5:
            stop.wait(0.01)
        begun = len(numbers)
        runner.activate_plan(office, plan.id, "planner")
        ended = len(numbers)
        while len(numbers) < ended + 6:
            stop.wait(0.01)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed
    with office.transaction("tester") as tx:
        started = next(each.at for each in audit.entries(tx, EVERYTHING) if each.verb == "activate")
        seen = [incidents.get_incident(tx, EVERYTHING, number) for number in numbers]
    assert len({each.number for each in seen}) == len(numbers)
    assert all(each.assignment for each in seen)
    assert [each.assignment.plan_name for each in seen if each.reported_at >= started] == ["新方案"] * len(
        [each for each in seen if each.reported_at >= started]
    )
    assert {each.assignment.plan_name for each in seen[ended + 3 :]} == {"新方案"}
    assert {each.assignment.plan_name for each in seen[: max(begun - 3, 0)]} != {"新方案"}


def test_households_imported_while_a_plan_is_prepared_follow_it(office: Database, tmp_path: Path) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("planner") as tx:
        ready = activation.prepare(tx, EVERYTHING, plan.id, plan_land.today(tx))
    load(office, "households", write_households(tmp_path, [*PLACES, *EDGES, (150.0, 275.0), (50.0, 275.0)], "more.csv"))
    number = report(office, (150.0, 250.0))
    with office.transaction("planner", write=True) as tx:
        activation.take_effect(tx, ready)
        after = verdicts(tx, plan)
    with office.transaction("tester") as tx:
        assert incidents.get_incident(tx, EVERYTHING, number).assignment.grid_code == code("B")
        count = registers.count(tx, EVERYTHING, HOUSEHOLDS)
    assert len(after) == count + 1
    assert after == recalculated(office, plan)


def test_a_plan_that_changed_since_it_was_prepared_is_refused(office: Database) -> None:
    plan = drawn_plan(office, MOVED)
    with office.transaction("planner") as tx:
        ready = activation.prepare(tx, EVERYTHING, plan.id, plan_land.today(tx))
    with office.transaction("planner", write=True) as tx:
        tx.connection.exec_driver_sql("UPDATE plan SET revision = revision + 1 WHERE state = 'draft'")
    with pytest.raises(Conflict, match="just changed"), office.transaction("planner", write=True) as tx:
        activation.take_effect(tx, ready)


def test_of_two_plans_at_once_one_takes_effect(office: Database) -> None:
    drafts = [drawn_plan(office, art) for art in (MOVED, SPLIT)]
    with office.transaction("planner") as tx:
        ready = [activation.prepare(tx, EVERYTHING, plan.id, plan_land.today(tx)) for plan in drafts]
    with office.transaction("planner", write=True) as tx:
        activation.take_effect(tx, ready[0])
    with pytest.raises(Conflict, match="another plan"), office.transaction("planner", write=True) as tx:
        activation.take_effect(tx, ready[1])
    with office.transaction("tester") as tx:
        assert in_force(tx).id == drafts[0].id
