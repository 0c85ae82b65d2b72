"""Cases through time and through redraws: clocks that stop, grids of the day, scopes, imported categories."""

from __future__ import annotations

import copy
import json
import shutil
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from casework_walks import LADDERS
from office import MOVED, SUBDISTRICT, code, load, lonlat, open_office, write_csv, write_grids
from pictures import picture

from api.app import create_app
from gridmap.access import Scope
from gridmap.config import Settings, data_dir
from gridmap.errors import BadInput, NotFound, SetupMissing
from gridmap.model.moments import SHANGHAI
from gridmap.services import casework_rules
from gridmap.services.case_given import Ask
from gridmap.services.case_history import History, history
from gridmap.services.casework import Verdict, decide_approval, move_case
from gridmap.services.casework_rules import import_categories, rules
from gridmap.services.incidents import get_incident, list_incidents, report_incident
from gridmap.services.reports import Report
from gridmap.storage import audit, land
from gridmap.storage.database import Database, Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVERYTHING = Scope.everything("tester")
LON, LAT = lonlat(150, 250)  # in A by the drawing, in B after the move


class _RolledBack(Exception):
    """Ends a test's transaction."""


@pytest.fixture
def office_tx(shared_office: str) -> Iterator[Transaction]:
    """A transaction on the drawn office that is rolled back."""
    database = Database.open(shared_office)
    with suppress(_RolledBack), database.transaction("tester", write=True) as tx:
        yield tx
        raise _RolledBack
    database.close()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


class Office:
    """A case that is moved at moments of one's own."""

    def __init__(self, tx: Transaction, begun: str, **said: Any) -> None:
        self.tx = tx
        now = replace(tx, now=at(begun))
        self.number = report_incident(now, EVERYTHING, Report("漏水", category="漏水", lon=LON, lat=LAT, **said)).number

    def move(self, when: str, name: str, **said: Any) -> History:
        """Make a move, approved at once by somebody else where that is needed."""
        now = replace(self.tx, now=at(when))
        move = LADDERS[""].moves[name]
        values = {"reason": "a", "unit": "市政所", "photos": (picture(),), "outcome": "满意"}
        needs = {"photos" if need == "photo" else need for need in move.needs}
        ask = Ask(name, min(move.roles), "wang", **({name: values[name] for name in needs if name in values} | said))
        moved = move_case(now, EVERYTHING, self.number, ask)
        if moved.approval:
            verdict = Verdict(True, min(move.approval), "chen")
            decide_approval(now, EVERYTHING, self.number, moved.approval.id, verdict)
        return history(now, EVERYTHING, self.number)


def due(found: History) -> str:
    return found.incident.deadline.strftime("%Y-%m-%d %H:%M") if found.incident.deadline else ""


def test_a_case_that_is_paused_is_due_later_by_what_the_pause_took(office_tx: Transaction) -> None:
    case = Office(office_tx, "2026-03-02 10:00")
    for name in ("受理", "派单", "签收"):
        found = case.move("2026-03-02 11:00", name)
    assert due(found) == "2026-03-05 17:30"
    paused = case.move("2026-03-03 08:00", "挂账")
    assert (due(paused), paused.incident.state, paused.incident.case.paused) == ("", "挂账", True)  # type: ignore[union-attr]
    resumed = case.move("2026-03-05 18:00", "恢复办理")
    assert due(resumed) == "2026-03-10 17:30"
    assert resumed.pauses == [(at("2026-03-03 08:00"), at("2026-03-05 18:00"))]
    granted = case.move("2026-03-10 09:00", "申请延期", deadline=at("2026-03-20 12:00"))
    assert due(granted) == "2026-03-20 12:00"
    assert granted.incident.case.clock == "正常"  # type: ignore[union-attr]
    later = case.move("2026-03-20 13:00", "督办")
    assert later.incident.case.clock == "超期"  # type: ignore[union-attr]
    long_term = case.move("2026-03-21 10:00", "转长期推进")
    assert (due(long_term), long_term.incident.case.deadline_class) == ("", "long_term")  # type: ignore[union-attr]


def test_what_was_ended_in_time_stays_in_time_and_what_is_opened_again_begins_anew(office_tx: Transaction) -> None:
    case = Office(office_tx, "2026-03-02 10:00", deadline=at("2026-03-03 12:00"))
    case.move("2026-03-02 11:00", "自办结案")
    rated = case.move("2026-05-02 11:00", "评价")
    assert rated.incident.case.clock == "正常"  # type: ignore[union-attr]
    again = case.move("2026-05-06 10:00", "重新办理")
    assert due(again) == "2026-05-09 17:30"  # the Saturday after the holiday is worked
    with pytest.raises(BadInput, match="over already"):
        case.move("2026-05-07 10:00", "申请延期", deadline=at("2026-05-01 10:00"))


def test_a_case_handed_back_to_the_grid_is_held_by_it(office_tx: Transaction) -> None:
    case = Office(office_tx, "2026-03-02 10:00")
    levels = [
        (case.move("2026-03-02 11:00", name).incident.case) for name in ("上报", "上报", "上报", "退回", "退回", "退回")
    ]
    assert [each.level for each in levels if each] == ["社区", "街道", "区", "街道", "社区", "网格"]
    assert [each.holder for each in levels if each][2] == "区"
    assert [each.holder for each in levels if each][-1] == "解放路社区第01网格"


def test_a_case_keeps_the_grid_of_its_day_and_can_be_read_by_today_s(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    with database.transaction("tester", write=True) as tx:
        number = report_incident(tx, EVERYTHING, Report("漏水", lon=LON, lat=LAT)).number
    load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with database.transaction("tester") as tx:
        found = history(tx, EVERYTHING, number)
    assert found.incident.assignment is not None
    assert found.today is not None
    assert (found.incident.assignment.grid_code, found.today.grid_code) == (code("A"), code("B"))
    assert found.incident.assignment.plan_id != found.today.plan_id


def test_what_lies_outside_the_scope_is_hidden_by_one_rule(office_tx: Transaction) -> None:
    from gridmap.services.locating import locate

    subdistrict = land.subdistricts(office_tx, EVERYTHING)[0]
    assert subdistrict.code == SUBDISTRICT
    own = {each.name: each.id for each in land.communities(office_tx, EVERYTHING)}
    scope = Scope("tester", frozenset({own["建设路社区"]}))
    reported = report_incident(office_tx, scope, Report("漏水", lon=LON, lat=LAT))
    located = locate(office_tx, scope, LON, LAT, "EPSG:4490")
    assert reported.assignment is not None
    assert reported.case is not None
    told = [reported.assignment.grid_code, reported.assignment.community_name, reported.assignment.worker]
    assert told == [located.grid_code, located.community_name, located.worker] == [None, None, ""]
    assert (reported.case.holder, reported.case.worker) == ("", "")
    with pytest.raises(NotFound):
        get_incident(office_tx, scope, reported.number)
    with pytest.raises(NotFound):
        move_case(office_tx, scope, reported.number, Ask("受理", "受理派单员"))
    with pytest.raises(NotFound):
        history(office_tx, scope, reported.number)
    assert reported.number not in {each.number for each in list_incidents(office_tx, scope).items}
    mine = report_incident(office_tx, scope, Report("漏水", **dict(zip(("lon", "lat"), lonlat(600, 50), strict=True))))
    assert mine.case is not None
    assert mine.case.holder == "建设路社区第02网格"
    assert move_case(office_tx, scope, mine.number, Ask("受理", "受理派单员")).state == "已受理"


def test_what_came_in_closed_has_no_running_clock(database: Database, tmp_path: Path) -> None:
    """Nobody said when it was closed: it is neither late nor in time, also after it was rated."""
    open_office(database, tmp_path)
    columns = ["number", "title", "category", "state", "reported_at", "deadline", "lon", "lat"]
    rows = [
        (number, "漏水", "漏水", state, "2026-03-02 10:00", "2026-03-05 17:30", LON, LAT)
        for number, state in (("E1", "已结案"), ("E2", "处置中"))
    ]
    load(database, "incidents", write_csv(tmp_path / "incidents.csv", columns, rows))
    with database.transaction("tester", write=True) as tx:
        clocks = [found.case.clock for n in ("E1", "E2") if (found := history(tx, EVERYTHING, n).incident).case]
        assert clocks == ["", "超期"]
        rate = LADDERS[""].moves["评价"]
        move_case(tx, EVERYTHING, "E1", Ask("评价", min(rate.roles), "wang", outcome="满意"))
        assert history(tx, EVERYTHING, "E1").incident.case.clock == ""  # type: ignore[union-attr]
        listed = {each.number: each.case for each in list_incidents(tx, EVERYTHING).items}
        assert listed["E1"] is not None
        assert listed["E1"].clock == ""


def own_list(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    path = data_dir() / "lookups" / "categories" / "appeals.json"
    content: dict[str, Any] = copy.deepcopy(json.loads(path.read_text(encoding="utf-8")))
    change(content)
    return content


def test_an_office_brings_its_own_categories(office_tx: Transaction) -> None:
    quick = own_list(lambda it: it["categories"][2].update(limit=[2, "natural_hours"]))
    assert quick["categories"][2]["name"] == "漏水"
    assert import_categories(office_tx, quick) == len(quick["categories"])
    assert audit.entries(office_tx, EVERYTHING, limit=1)[0].subject_kind == "category_list"
    case = Office(office_tx, "2026-03-02 10:00")
    now = replace(office_tx, now=at("2026-03-02 10:00"))
    assert due(history(now, EVERYTHING, case.number)) == "2026-03-02 12:00"
    assert rules(office_tx).catalogue.find("漏水").limit.amount == 2  # type: ignore[union-attr]
    for change, fault in (
        (lambda it: it.update(name="又一张表"), "is a category of"),
        (lambda it: it.update(name=" "), "needs a name"),
        (lambda it: it["categories"][0].update(limit=[1, "years"]), "limit is"),
    ):
        with pytest.raises(BadInput, match=fault):
            import_categories(office_tx, own_list(change))


def test_a_draft_waits_until_it_is_handed_in(office_tx: Transaction) -> None:
    case = Office(office_tx, "2026-03-02 10:00", draft=True)
    now = replace(office_tx, now=at("2026-03-02 10:00") + timedelta(hours=1))
    assert history(now, EVERYTHING, case.number).incident.state == "暂存"
    assert case.move("2026-03-02 12:00", "提交").incident.state == "待受理"


def test_a_ladder_with_a_dead_end_keeps_the_server_from_starting(
    database: Database, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(data_dir() / "lookups", tmp_path / "lookups")
    path = tmp_path / "lookups" / "ladder.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"to": "待核实"', '"to": "长期推进"'), encoding="utf-8")
    monkeypatch.setattr(casework_rules, "data_dir", lambda: tmp_path)
    with pytest.raises(SetupMissing, match="no closed state"):
        create_app(Settings(database=target))
    path.unlink()
    monkeypatch.setattr(casework_rules, "_seen", {})
    with database.transaction("tester") as tx, pytest.raises(SetupMissing, match="missing"):
        rules(tx)
