"""Registers narrowed by box, assignments, incidents, imports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from storage_samples import EVERYTHING, HOUSEHOLDS, INCIDENTS, populate, record_of, settle, verdict

from gridmap.errors import NotFound
from gridmap.model.cases import Reason
from gridmap.model.kinds import KINDS, kind_named
from gridmap.model.land import Plan, PlanState, new_id
from gridmap.storage import assignments, audit, imports, incidents, plans, registers
from gridmap.storage.assignments import Count

if TYPE_CHECKING:
    from gridmap.storage.database import Database, Transaction

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=8)))


def test_records_are_narrowed_by_a_box(tx: Transaction) -> None:
    rows = [
        record_of(HOUSEHOLDS, number=number, geom=shapely.Point(114 + number / 10, 22.5) if number else None)
        for number in range(5)
    ]
    registers.insert_many(tx, HOUSEHOLDS, rows)
    box = (114.15, 22.4, 114.35, 22.6)
    found = [row["code"] for chunk in registers.read_chunks(tx, EVERYTHING, HOUSEHOLDS, box=box) for row in chunk]
    assert found == ["000002", "000003"]
    assert registers.points(tx, EVERYTHING, HOUSEHOLDS, box=box).ids == [rows[2]["id"], rows[3]["id"]]


def test_a_record_without_a_place_has_no_coordinates(tx: Transaction) -> None:
    row = record_of(HOUSEHOLDS, geom=None)
    registers.insert_many(tx, HOUSEHOLDS, [row])
    points = registers.points(tx, EVERYTHING, HOUSEHOLDS)
    assert points.lonlat.shape == (1, 2)
    assert str(points.lonlat.tolist()) == "[[nan, nan]]"
    assert registers.get(tx, EVERYTHING, HOUSEHOLDS, row["id"]) == row


def test_an_empty_register_has_no_points(tx: Transaction) -> None:
    points = registers.points(tx, EVERYTHING, HOUSEHOLDS, columns=("code",))
    assert (points.ids, points.lonlat.shape, points.columns) == ([], (0, 2), {"code": []})
    assert list(registers.read_chunks(tx, EVERYTHING, HOUSEHOLDS)) == []
    assert registers.existing_by_key(tx, EVERYTHING, HOUSEHOLDS, []) == {}
    registers.insert_many(tx, HOUSEHOLDS, [])
    registers.update_many(tx, HOUSEHOLDS, [])


def test_assignments_replace_each_other(tx: Transaction) -> None:
    place = settle(tx)
    rows = [record_of(HOUSEHOLDS, place.communities[0].id, number) for number in range(120)]
    registers.insert_many(tx, HOUSEHOLDS, rows)
    first = [verdict(place, HOUSEHOLDS, row["id"], "A") for row in rows]
    assignments.put(tx, first)
    shop = verdict(place, kind_named("shops"), new_id(), "B")
    assignments.put(tx, [shop])
    changed = [replace(each, reason=Reason.EDGE, distance=0.0) for each in first[:3]]
    assignments.put(tx, changed)

    def stored() -> dict[Any, Any]:
        chunks = assignments.of_plan(tx, EVERYTHING, place.plan.id, "household", size=50)
        return {each.subject_id: each for chunk in chunks for each in chunk}

    assert stored() == {each.subject_id: each for each in [*changed, *first[3:]]}
    assignments.put(tx, [])
    assert len(stored()) == 120
    assert assignments.of_subject(tx, EVERYTHING, "shop", shop.subject_id) == [shop]


def test_counts_agree_with_the_records(tx: Transaction) -> None:
    place = settle(tx)
    rows = [
        record_of(HOUSEHOLDS, place.communities[0].id, number, residents=residents, surveyed=surveyed)
        for number, (residents, surveyed) in enumerate([(3, True), (2, False), (None, None), (5, True)])
    ]
    registers.insert_many(tx, HOUSEHOLDS, rows)
    letters = ["A", "A", "A", None]
    verdicts = [verdict(place, HOUSEHOLDS, row["id"], letter) for row, letter in zip(rows, letters, strict=True)]
    assignments.put(tx, verdicts)
    found = assignments.counts(tx, EVERYTHING, place.plan.id)
    assert sorted(found, key=lambda count: count.reason) == [
        Count("household", place.grids["A"].id, Reason.INSIDE, subjects=3, review=0, residents=5, surveyed=1),
        Count("household", None, Reason.OUTSIDE, subjects=1, review=1, residents=5, surveyed=1),
    ]


def test_counts_cover_every_kind_that_gets_a_grid(tx: Transaction) -> None:
    place = settle(tx)
    populate(tx, place)
    found = assignments.counts(tx, EVERYTHING, place.plan.id)
    kinds = {kind.singular for kind in KINDS if kind.assigned}
    assert sum(count.subjects for count in found) == 2 * len(kinds)
    assert {count.subject_kind for count in found} == kinds


def incident(number: str, state: str, hours: int, **values: Any) -> dict[str, Any]:
    return (
        record_of(INCIDENTS) | {"number": number, "state": state, "reported_at": NOON + timedelta(hours=hours)} | values
    )


def test_incidents_are_found(tx: Transaction) -> None:
    place = settle(tx)
    rows = [
        incident("S1", "处置中", 0, category="0101"),
        incident("S2", "已结案", 1, geom=None, accuracy=None, deadline=None),
        incident("S3", "处置中", 2, description=None),
    ]
    registers.insert_many(tx, INCIDENTS, rows)
    assignments.put(tx, [verdict(place, INCIDENTS, row["id"], letter) for row, letter in zip(rows, "AB", strict=False)])

    def numbers(**wanted: Any) -> list[str]:
        asked = incidents.Filter(**wanted)
        cases = incidents.find(tx, EVERYTHING, asked)
        assert incidents.total(tx, EVERYTHING, asked) == len(cases)
        return [case.incident.number for case in cases]

    assert numbers() == ["S3", "S2", "S1"]
    assert numbers(states=("处置中",)) == ["S3", "S1"]
    assert numbers(categories=("0101",)) == ["S1"]
    assert numbers(grid_id=place.grids["B"].id) == ["S2"]
    assert numbers(since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2)) == ["S2"]
    assert numbers(box=(114, 22, 115, 23)) == ["S3", "S1"]
    assert [case.incident.number for case in incidents.find(tx, EVERYTHING, limit=1, offset=1)] == ["S2"]
    assert incidents.counts(tx, EVERYTHING) == {
        (place.grids["A"].id, "处置中"): 1,
        (place.grids["B"].id, "已结案"): 1,
        (None, "处置中"): 1,
    }
    assert incidents.last_number(tx, EVERYTHING, "S") == "S3"
    assert incidents.last_number(tx, EVERYTHING, "T") is None


def test_an_incident_comes_with_place_and_grid(tx: Transaction) -> None:
    place = settle(tx)
    row = incident("S1", "处置中", 0)
    registers.insert_many(tx, INCIDENTS, [row])
    assert incidents.incident_named(tx, EVERYTHING, row["id"]).assignment is None
    decided = verdict(place, INCIDENTS, row["id"], "C")
    assignments.put(tx, [decided])
    case = incidents.incident_named(tx, EVERYTHING, row["id"])
    assert case.assignment == decided
    assert (case.incident.lon, case.incident.lat) == (row["geom"].x, row["geom"].y)
    assert case.incident.reported_at == NOON
    with pytest.raises(NotFound, match="no such incident"):
        incidents.incident_named(tx, EVERYTHING, new_id())


def test_the_latest_assignment_counts(database: Database) -> None:
    row = incident("S1", "处置中", 0)
    with database.transaction("me", write=True) as tx:
        place = settle(tx)
        registers.insert_many(tx, INCIDENTS, [row])
        assignments.put(tx, [verdict(place, INCIDENTS, row["id"], "A")])
    with database.transaction("me", write=True) as tx:
        plan = Plan(new_id(), place.subdistrict.id, "草案", PlanState.DRAFT, None, None)
        plans.add_plan(tx, plan, [], [])
        assignments.put(tx, [verdict(place, INCIDENTS, row["id"], "B", plan_id=plan.id)])
        case = incidents.incident_named(tx, EVERYTHING, row["id"])
        assert case.assignment is not None
        assert case.assignment.grid_id == place.grids["B"].id
        assert incidents.total(tx, EVERYTHING) == 1
        assert [each.plan_id for each in assignments.of_subject(tx, EVERYTHING, "incident", row["id"])] == [
            plan.id,
            place.plan.id,
        ]


def a_run(**values: Any) -> imports.ImportRun:
    given = {"id": new_id(), "kind": "incidents", "file_name": "工单.xlsx", "sha256": "ab", "crs": "EPSG:4490"}
    given |= {"options": {"map": {"number": "编号"}}, "state": "staging", "actor": "tester", "started_at": NOON}
    return imports.ImportRun(**(given | values))


def test_an_interrupted_import_is_found_again(tx: Transaction) -> None:
    run = a_run()
    imports.add_run(tx, run)
    imports.add_run(tx, a_run(state="applied"))
    imports.add_run(tx, a_run(options={}))
    assert imports.unfinished(tx, EVERYTHING, "incidents", "ab", "EPSG:4490", run.options) == run
    assert imports.unfinished(tx, EVERYTHING, "incidents", "ab", "gcj02", run.options) is None
    assert imports.unfinished(tx, EVERYTHING, "incidents", "cd", "EPSG:4490", run.options) is None
    done = replace(run, state="applied", staged=3, added=2, refused=1, finished_at=NOON)
    imports.update_run(tx, done)
    assert imports.run_named(tx, EVERYTHING, run.id) == done
    assert imports.unfinished(tx, EVERYTHING, "incidents", "ab", "EPSG:4490", run.options) is None
    assert len(imports.runs(tx, EVERYTHING)) == 3
    with pytest.raises(NotFound, match="no such import"):
        imports.run_named(tx, EVERYTHING, new_id())


def test_staged_rows_come_back(tx: Transaction) -> None:
    run = a_run()
    imports.add_run(tx, run)
    record = {
        "number": "001",
        "reported_at": NOON,
        "floor": -1,
        "accuracy": 0.1,
        "community_id": new_id(),
        "title": None,
    }
    rows = [
        imports.StagedRow(number, record, shapely.Point(114.1, 22.1), None, {"编号": "001"}) for number in range(2, 90)
    ]
    rows += [imports.StagedRow(90, None, None, "经度不是数字", {"编号": "002", "经度": "东"})]
    imports.stage(tx, run.id, rows)
    found = list(imports.staged(tx, EVERYTHING, run.id, size=50))
    assert [len(chunk) for chunk in found] == [50, 39]
    assert [row for chunk in found for row in chunk] == rows
    assert list(imports.staged(tx, EVERYTHING, run.id, refused=True)) == [rows[-1:]]
    assert list(imports.staged(tx, EVERYTHING, run.id, refused=False, size=100)) == [rows[:-1]]
    imports.clear(tx, run.id)
    assert list(imports.staged(tx, EVERYTHING, run.id)) == []


def test_staged_dates_come_back(tx: Transaction) -> None:
    run = a_run(kind="expected_numbers")
    imports.add_run(tx, run)
    row = imports.StagedRow(2, {"area": "440304001001", "as_of": date(2026, 2, 28), "value": 1.5})
    imports.stage(tx, run.id, [row])
    assert list(imports.staged(tx, EVERYTHING, run.id)) == [[row]]


def test_the_audit_is_kept_in_order(tx: Transaction) -> None:
    subject = new_id()
    audit.record(tx, "import", "household", count=100_000, detail={"文件": "户.csv"})
    audit.record(tx, "change", "household", subject)
    first, second = audit.entries(tx, EVERYTHING)
    assert (first.verb, first.subject_id, first.count) == ("change", subject, 1)
    assert (second.verb, second.count, second.detail) == ("import", 100_000, {"文件": "户.csv"})
    assert second.actor == "tester"
    assert second.at == tx.now.astimezone(UTC)
    assert [entry.verb for entry in audit.entries(tx, EVERYTHING, subject_id=subject)] == ["change"]
    assert len(audit.entries(tx, EVERYTHING, limit=1)) == 1
