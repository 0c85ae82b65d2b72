"""Laws of the whole: what must hold whatever comes in, in whatever order, under whatever plan. On both databases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from office import MOVED, client_of, code, load, lonlat, open_office, write_csv, write_grids, write_households

from gridmap.access import Scope
from gridmap.errors import Conflict
from gridmap.files import open_source
from gridmap.model.kinds import kind_named
from gridmap.services import imports
from gridmap.services.assign_table import assign_table
from gridmap.services.assigning import recalculate
from gridmap.services.exports import export_rows
from gridmap.services.incidents import IncidentView, get_incident, report_incident
from gridmap.services.overview import overview
from gridmap.services.plan_land import plans_in_force
from gridmap.services.reports import Report
from gridmap.services.stats import stats
from gridmap.storage import assignments, audit, registers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.model.cases import Assignment
    from gridmap.storage.database import Database, Transaction

EVERYTHING = Scope.everything("tester")
HOUSEHOLDS = kind_named("households")


def verdicts(tx: Transaction) -> dict[str, Assignment]:
    """The latest verdict of each household."""
    points = registers.points(tx, EVERYTHING, HOUSEHOLDS, columns=["code"])
    return {
        household: assignments.of_subject(tx, EVERYTHING, "household", identity)[0]
        for household, identity in zip(points.columns["code"], points.ids, strict=True)
    }


def reported(database: Database, x: float, y: float, **more: Any) -> IncidentView:
    lon, lat = lonlat(x, y)
    with database.transaction("tester", write=True) as tx:
        made = report_incident(tx, EVERYTHING, Report("路灯不亮", lon=lon, lat=lat, **more))
        return get_incident(tx, EVERYTHING, made.id)


def shown(database: Database, incident: IncidentView) -> IncidentView:
    with database.transaction("tester") as tx:
        return get_incident(tx, EVERYTHING, incident.id)


def grid_of(incident: IncidentView) -> str | None:
    assert incident.assignment is not None
    return incident.assignment.grid_code


# --- order and repetition -----------------------------------------------------------------------------------------


def test_the_order_of_rows_does_not_matter(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    rng = np.random.default_rng(3)
    places = rng.integers(-1, 16, size=(40, 2)) * 50.0  # half of them on edges and nodes
    found = []
    for number in range(3):
        order = rng.permutation(len(places))
        rows = [(f"{number}-{row:02d}", "示范路", *lonlat(*places[row].tolist())) for row in order]
        load(database, "households", write_csv(tmp_path / f"{number}.csv", ["户编号", "地址", "经度", "纬度"], rows))
    with database.transaction("tester") as tx:
        all_of_them = verdicts(tx)
    for number in range(3):
        own = sorted((key[2:], each) for key, each in all_of_them.items() if key.startswith(f"{number}-"))
        found.append([(row, each.grid_id, each.reason, each.distance, each.review) for row, each in own])
    assert found[0] == found[1] == found[2]
    assert len({reason for _, _, reason, _, _ in found[0]}) == 3


def test_deciding_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    rng = np.random.default_rng(4)
    places = [(float(x), float(y)) for x, y in rng.integers(-2, 32, size=(30, 2)) * 25]
    load(database, "households", write_households(tmp_path, places))
    with database.transaction("tester") as tx:
        first = verdicts(tx)
    for _ in range(2):
        with database.transaction("tester", write=True) as tx:
            recalculate(tx)
        with database.transaction("tester") as tx:
            assert verdicts(tx) == first


def test_every_record_has_exactly_one_verdict_under_the_plan_in_force(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50 + 10 * number, 50) for number in range(60)]))
    load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with database.transaction("tester") as tx:
        plan = plans_in_force(tx)[0].plan
        subjects = [
            each.subject_id for chunk in assignments.of_plan(tx, EVERYTHING, plan.id, "household") for each in chunk
        ]
    assert len(subjects) == len(set(subjects)) == 60


def test_an_import_is_applied_once_however_often_it_is_tried(database: Database, tmp_path: Path) -> None:
    """Two processes may go on with one interrupted import: the second must not call it empty."""
    open_office(database, tmp_path)
    source = open_source(write_households(tmp_path, [(50, 50), (60, 50)]), kind=HOUSEHOLDS, crs="EPSG:4490")
    with database.transaction("tester", write=True) as tx:
        run = imports.begin(tx, source, {})
    for chunk in source.chunks(100):
        with database.transaction("tester", write=True) as tx:
            run = imports.stage(tx, run, source, chunk)
    with database.transaction("tester", write=True) as tx:
        assert imports.apply(tx, run, []).added == 2
    with pytest.raises(Conflict, match="again"), database.transaction("tester", write=True) as tx:
        imports.apply(tx, run, [])
    with database.transaction("tester") as tx:
        assert imports.store.run_named(tx, EVERYTHING, run.id).added == 2
        assert stats(tx, EVERYTHING)["households"]["total"] == 2


# --- incidents and the plan of their day --------------------------------------------------------------------------


def test_incidents_keep_the_grid_of_their_day(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(150, 250)]))
    before, outside = reported(database, 150, 250), reported(database, 800, 50)
    waiting = reported_without_a_place(database)
    assert (grid_of(before), grid_of(outside), grid_of(waiting)) == (code("A"), None, None)
    wider = MOVED.replace("DEE", "DEEEE").replace("DDD", "DDDDD")
    load(database, "communities", write_wider_communities(tmp_path))
    load(database, "grids", write_grids(tmp_path, wider, "wider.geojson"))
    after = reported(database, 150, 250)
    assert grid_of(after) == code("B")
    assert shown(database, before) == before  # plan, worker and all
    assert grid_of(shown(database, outside)) == code("E")  # nobody had it: now somebody has
    assert grid_of(shown(database, waiting)) is None
    with database.transaction("tester", write=True) as tx:
        recalculate(tx)
    assert shown(database, before) == before
    with database.transaction("tester") as tx:
        (household,) = verdicts(tx).values()
        grids = plans_in_force(tx)[0].grids
        assert household.grid_id is not None
        assert grids[household.grid_id].code == code("B")  # a household moves with its land


def reported_without_a_place(database: Database) -> IncidentView:
    with database.transaction("tester", write=True) as tx:
        return report_incident(tx, EVERYTHING, Report("电话反映", address="不详"))


def write_wider_communities(folder: Path) -> Path:
    from office import write_communities

    return write_communities(folder, "AAAABBBBB\nAAAABBBBB\nAAAABBBBB")


def test_the_map_shows_open_incidents_where_the_numbers_count_them(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    for place in ((150, 250), (50, 250), (600, 50)):
        reported(database, *place)
    load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with database.transaction("tester") as tx:
        data = overview(tx, EVERYTHING)
    (layer,) = [layer for layer in data.points if layer.kind == "incidents"]
    on_map = {grid.code: int((layer.grid == number).sum()) for number, grid in enumerate(data.grids)}
    assert on_map == {grid.code: grid.numbers["incidents"] for grid in data.grids}
    assert sum(on_map.values()) == 3


def test_what_was_decided_last_holds_though_it_began_first(database: Database, tmp_path: Path) -> None:
    """On PostGIS a change of plan may begin before a report that it waits for; the plan is still the later word."""
    open_office(database, tmp_path)
    wider = MOVED.replace("DEE", "DEEEE").replace("DDD", "DDDDD")
    load(database, "communities", write_wider_communities(tmp_path))
    source = open_source(write_grids(tmp_path, wider, "wider.geojson"), kind=kind_named("grids"), crs="EPSG:4490")
    with database.transaction("tester", write=True) as tx:
        run = imports.begin(tx, source, {})
        for chunk in source.chunks(100):
            run = imports.stage(tx, run, source, chunk)
        began = tx.now
    outside = reported(database, 800, 50)
    with database.transaction("tester", write=True) as tx:
        imports.apply(replace(tx, now=began), run, [])  # as a transaction that began before the report
    assert grid_of(shown(database, outside)) == code("E")


# --- audit --------------------------------------------------------------------------------------------------------


def test_every_verb_that_writes_leaves_its_line(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    households = write_households(tmp_path, [(50, 50), (60, 50)])
    table = write_csv(tmp_path / "table.csv", ["名称", "经度", "纬度"], [("x", *lonlat(50, 50))])

    def latest() -> tuple[str, str, int]:
        with database.transaction("tester") as tx:
            entry = audit.entries(tx, EVERYTHING)[0]
        assert entry.actor == "tester"
        return entry.verb, entry.subject_kind, entry.count

    def exported(reason: str | None = None) -> None:
        with database.transaction("tester", write=True) as tx:
            export_rows(tx, EVERYTHING, HOUSEHOLDS, tmp_path / "out.csv", crs="EPSG:4490", unmask_reason=reason)

    load(database, "households", households)
    assert latest() == ("import", "household", 2)
    load(database, "households", households)
    assert latest() == ("import", "household", 0)
    exported()
    assert latest() == ("export", "household", 2)
    exported("年检")
    assert latest() == ("unmask", "household", 2)
    reported(database, 50, 50)
    assert latest() == ("report", "incident", 1)
    with database.transaction("tester", write=True) as tx:
        recalculate(tx)
    assert latest() == ("assign", "plan", 2)
    with database.transaction("tester", write=True) as tx:
        assign_table(tx, EVERYTHING, table, tmp_path / "o.csv", crs="EPSG:4490", layer=None, encoding=None)
    assert latest() == ("assign", "table", 1)
    load(database, "grids", write_grids(tmp_path, MOVED, "moved.geojson"))
    with database.transaction("tester") as tx:
        verbs = [(entry.verb, entry.subject_kind) for entry in audit.entries(tx, EVERYTHING, limit=3)]
    assert verbs == [("import", "grid"), ("assign", "plan"), ("activate", "plan")]


def test_reading_leaves_none(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50, 50)]), dry_run=True)
    with database.transaction("tester") as tx:
        before = len(audit.entries(tx, EVERYTHING))
    with client_of(target) as client:
        for path in ("/", "/healthz", "/api/v1/incidents", "/api/v1/grids"):
            assert client.get(path).status_code == 200
    with database.transaction("tester") as tx:
        assert len(audit.entries(tx, EVERYTHING)) == before
