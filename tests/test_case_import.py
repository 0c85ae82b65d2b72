"""Incidents that come as records of a file have files, holders and clocks like those that come any other way."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from office import load, lonlat, open_office, write_csv

from gridmap.access import Scope
from gridmap.services.case_given import Ask
from gridmap.services.case_history import history
from gridmap.services.case_ledger import Period, ledger_cases
from gridmap.services.casework import move_case
from gridmap.services.incidents import list_incidents, report_incident
from gridmap.services.reports import Report

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.services.case_history import History
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
HEADER = ["编号", "来源", "类别", "标题", "上报时间", "状态", "办理期限", "经度", "纬度"]
DAY = "2026-03-02 09:30"


def rows() -> list[list[object]]:
    lon, lat = lonlat(50, 250)
    return [
        ["E1", "12345热线", "漏水", "漏水", DAY, "", "", lon, lat],
        ["E2", "12345热线", "漏水", "漏水", DAY, "处置中", "2026-03-20 18:00", lon, lat],
        ["E3", "12345热线", "邻里纠纷", "争吵", DAY, "已结案", "", lon, lat],
        ["E4", "12345热线", "漏水", "漏水", DAY, "", "", "", ""],
    ]


def shown(database: Database, number: str) -> History:
    with database.transaction("tester") as tx:
        return history(tx, EVERYTHING, number)


def stored(database: Database) -> dict[str, Any]:
    query = (
        "SELECT i.number, i.state, i.deadline, f.holder FROM incident i LEFT JOIN case_file f ON f.incident_id = i.id"
    )
    with database.transaction("tester") as tx:
        return {row[0]: tuple(row[1:]) for row in tx.connection.exec_driver_sql(query)}


def test_an_imported_incident_has_what_a_reported_one_has(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    path = write_csv(tmp_path / "incidents.csv", HEADER, rows())
    assert load(database, "incidents", path).added == 4
    lon, lat = lonlat(50, 250)
    at = shown(database, "E1").incident.reported_at
    with database.transaction("tester", write=True) as tx:
        report = Report("漏水", source="12345热线", category="漏水", lon=lon, lat=lat, number="R1", reported_at=at)
        report_incident(tx, EVERYTHING, report)
    imported, reported = shown(database, "E1"), shown(database, "R1")
    assert imported.incident.case == reported.incident.case
    assert imported.incident.deadline == reported.incident.deadline
    assert imported.duty == reported.duty
    assert imported.incident.state == reported.incident.state == "待受理"
    assert imported.steps == []
    own = shown(database, "E2")
    assert own.incident.deadline is not None
    assert own.incident.deadline.isoformat() == "2026-03-20T18:00:00+08:00"  # what the record says wins
    assert [(step.move, step.state_after) for step in own.steps] == [("导入", "处置中")]
    assert shown(database, "E3").incident.case.level == "社区"  # type: ignore[union-attr]
    assert shown(database, "E4").incident.case.holder == "受理派单员"  # type: ignore[union-attr]
    with database.transaction("tester") as tx:
        assert all(each.case for each in list_incidents(tx, EVERYTHING).items)


def test_importing_again_changes_nothing_that_casework_filled_in(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    path = write_csv(tmp_path / "incidents.csv", HEADER, rows())
    load(database, "incidents", path)
    before = stored(database)
    assert all(deadline for _, deadline, _ in before.values())
    again = load(database, "incidents", path)
    assert (again.added, again.changed, again.unchanged) == (0, 0, 4)
    assert stored(database) == before


def again(database: Database, tmp_path: Path, *changes: tuple[int, int, object], header: list[str] = HEADER) -> Any:
    """Import the rows once more, with some cells (row, column, value) changed by the other system."""
    told = [[*row, *[""] * (len(header) - len(HEADER))] for row in rows()]
    for row, column, value in changes:
        told[row][column] = value
    return load(database, "incidents", write_csv(tmp_path / "again.csv", header, told))


def move(database: Database, number: str, name: str, **given: Any) -> None:
    with database.transaction("tester", write=True) as tx:
        move_case(tx, EVERYTHING, number, Ask(move=name, role="受理派单员", **given))


def told(database: Database, number: str) -> list[tuple[str, str, str, str]]:
    return [(each.move, each.state_before, each.state_after, each.reason) for each in shown(database, number).steps]


def test_what_the_other_system_changed_comes_in_and_is_told(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "incidents", write_csv(tmp_path / "incidents.csv", HEADER, rows()))
    before = shown(database, "E1")
    report = again(
        database, tmp_path, (0, 2, "邻里纠纷"), (0, 6, "2026-03-25 18:00"), (1, 5, "待核实"), (3, 3, "门口漏水")
    )
    assert (report.changed, report.unchanged) == (3, 1)
    after = shown(database, "E1")
    assert before.incident.case
    assert after.incident.case
    assert (before.incident.case.level, after.incident.case.level) == ("网格", "社区"), "the new category decides"
    assert str(after.incident.deadline) == "2026-03-25 18:00:00+08:00"
    reason = "来源系统更新；事件类别由“漏水”改为“邻里纠纷”；办理期限改为2026-03-25 18:00"
    assert told(database, "E1") == [("导入", "待受理", "待受理", reason)]
    assert told(database, "E2")[1:] == [("导入", "处置中", "待核实", "来源系统更新")]
    assert told(database, "E4") == [("导入", "待受理", "待受理", "来源系统更新；标题由“漏水”改为“门口漏水”")]
    assert told(database, "E3") == [("导入", "", "已结案", "")]


def test_what_the_office_did_stays_where_the_other_system_repeats_itself(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    first = (0, 5, "待受理")
    again(database, tmp_path, first)
    move(database, "E1", "受理")
    held = shown(database, "E1").incident
    assert again(database, tmp_path, first).changed == 0
    assert again(database, tmp_path, first, (0, 3, "卫生间漏水")).changed == 1
    now = shown(database, "E1").incident
    assert (now.title, now.state, now.deadline, now.case) == ("卫生间漏水", "已受理", held.deadline, held.case)
    again(database, tmp_path, (0, 5, "没有这种状态"))
    assert shown(database, "E1").incident.state == "已受理"
    again(database, tmp_path, (0, 5, "已结案"))
    ended = shown(database, "E1").incident
    assert (ended.state, ended.closed_at) == ("已结案", None), "nobody said when"


def test_a_closing_time_is_that_of_the_other_system_or_unknown(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    header = [*HEADER, "办结时间"]
    again(database, tmp_path, (1, 9, "2026-03-04 10:00"), header=header)  # of an open case: it says nothing
    assert [shown(database, number).incident.closed_at for number in ("E2", "E3")] == [None, None]
    assert again(database, tmp_path, (2, 9, "2026-03-04 10:00"), header=header).changed == 1
    closed = shown(database, "E3").incident
    assert str(closed.closed_at) == "2026-03-04 10:00:00+08:00"
    assert closed.case
    assert closed.case.clock
    assert again(database, tmp_path, (2, 9, "2026-03-04 10:00"), header=header).changed == 0
    with database.transaction("tester") as tx:
        found = {
            each.number: each for each in ledger_cases(tx, EVERYTHING, Period(date(2026, 3, 1), date(2026, 3, 31)))
        }
    assert str(found["E3"].closed_at) == "2026-03-04 10:00:00+08:00"


def test_closing_and_opening_again_here_sets_and_clears_the_time(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    again(database, tmp_path)
    move(database, "E3", "重新办理", reason="回访不满意")
    assert shown(database, "E3").incident.closed_at is None
    assert again(database, tmp_path).changed == 0
    assert shown(database, "E3").incident.state != "已结案"
    move(database, "E4", "作废", reason="误报")
    ended = shown(database, "E4")
    assert ended.incident.closed_at == ended.steps[-1].at
