"""Incidents that come as records of a file have files, holders and clocks like those that come any other way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from office import load, lonlat, open_office, write_csv

from gridmap.access import Scope
from gridmap.services.case_history import history
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
