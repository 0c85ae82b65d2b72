"""Files into the database: every row accounted for, nothing twice, nothing half written."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from ascii_art import polygons
from office import (
    GRIDS,
    SIZE,
    code,
    load,
    lonlat,
    open_office,
    to_lonlat,
    write_communities,
    write_csv,
    write_geojson,
    write_grids,
    write_households,
)

from gridmap import runner
from gridmap.access import Scope
from gridmap.datum import from_lonlat, parse_crs
from gridmap.errors import CoordinatesRefused, CoverageBroken
from gridmap.model.kinds import kind_named
from gridmap.runner import ImportRequest, run_import
from gridmap.services.assigning import recalculate
from gridmap.services.exports import export_rows
from gridmap.services.plan_land import plans_in_force
from gridmap.services.stats import stats
from gridmap.storage import assignments, audit, imports, registers

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.services.imports import ImportReport
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
HOUSEHOLDS = kind_named("households")


def outcome(report: ImportReport) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, report.refused


def grid_of(database: Database, household: str) -> tuple[str | None, str]:
    """Code of the grid that a household has, and why."""
    with database.transaction("tester") as tx:
        row = registers.existing_by_key(tx, EVERYTHING, HOUSEHOLDS, [(household,)])[(household,)]
        verdict = assignments.of_subject(tx, EVERYTHING, "household", row["id"])[0]
        grids = plans_in_force(tx)[0].grids
        return (grids[verdict.grid_id].code if verdict.grid_id else None), verdict.reason.value


def test_communities_make_their_subdistrict_and_its_plane(database: Database, tmp_path: Path) -> None:
    report = load(database, "communities", write_communities(tmp_path))
    assert outcome(report) == (2, 0, 0, 0)
    assert any("4547" in note for note in report.notes)


def test_importing_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    households = write_households(tmp_path, [(50, 50), (650, 50)])
    load(database, "households", households)
    with database.transaction("tester") as tx:
        plan = plans_in_force(tx)[0].plan
    for kind, path in (
        ("communities", write_communities(tmp_path)),
        ("grids", write_grids(tmp_path)),
        ("households", households),
    ):
        report = load(database, kind, path)
        assert (report.added, report.changed, report.refused) == (0, 0, 0), kind
        assert report.unchanged == report.total > 0
    with database.transaction("tester") as tx:
        assert plans_in_force(tx)[0].plan == plan


def test_grids_with_hairlines_are_aligned_and_stay_unchanged_when_imported_again(
    database: Database, tmp_path: Path
) -> None:
    load(database, "communities", write_communities(tmp_path))
    drawn = polygons(GRIDS, SIZE)
    drawn["A"] = shapely.affinity.translate(drawn["A"], 0.02, 0.0)  # 2 cm over into B, and off the western border
    path = write_geojson(
        tmp_path / "dirty.geojson", [(to_lonlat(shape), {"code": code(letter)}) for letter, shape in drawn.items()]
    )
    first = load(database, "grids", path)
    assert outcome(first) == (5, 0, 0, 0)
    assert outcome(load(database, "grids", path)) == (0, 0, 5, 0)
    with database.transaction("tester") as tx:
        found = plans_in_force(tx)[0]
        shapes = np.array([grid.shape for grid in found.grids.values()], dtype=object)
        assert shapely.coverage_is_valid(found.plane.project_geometries(shapes), gap_width=0.01)


def test_grids_that_overlap_are_refused_whole_and_named(database: Database, tmp_path: Path) -> None:
    load(database, "communities", write_communities(tmp_path))
    drawn = polygons(GRIDS, SIZE)
    drawn["A"] = shapely.box(0, 100, 230, 300)  # 30 m over into B
    path = write_geojson(
        tmp_path / "bad.geojson", [(to_lonlat(shape), {"code": code(letter)}) for letter, shape in drawn.items()]
    )
    with pytest.raises(CoverageBroken, match="gridmap repair") as refused:
        load(database, "grids", path)
    assert code("A") in refused.value.message or code("B") in refused.value.message
    with database.transaction("tester") as tx:
        assert stats(tx, EVERYTHING)["grids"] == {"general": 0, "dedicated": 0}


def test_changed_grids_make_a_new_plan_and_carry_the_others_forward(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(150, 250)]))
    assert grid_of(database, "H00000") == (code("A"), "inside")
    with database.transaction("tester") as tx:
        before = plans_in_force(tx)[0]
    moved = """
        ABBBDDD
        ABBBDEE
        CCCCDEE
    """
    report = load(database, "grids", write_grids(tmp_path, moved, "moved.geojson"))
    assert outcome(report) == (0, 3, 2, 0)  # A, B, and C, whose border got the node where they meet now
    with database.transaction("tester") as tx:
        after = plans_in_force(tx)[0]
        old_ids = {grid.code: grid.id for grid in before.grids.values()}
        assert {grid.code: grid.id for grid in after.grids.values()} == old_ids  # a grid keeps its identity
        assert after.plan.based_on == before.plan.id
        assert len(set(map(shapely.to_wkb, after.land.blocks)) & set(map(shapely.to_wkb, before.land.blocks))) >= 2
    assert grid_of(database, "H00000") == (code("B"), "inside")


def test_a_point_on_a_border_belongs_to_the_lowest_code(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    places = [(200, 150), (200, 100), (400, 50), (50, 300), (800, 50)]
    load(database, "households", write_households(tmp_path, places))
    assert [grid_of(database, f"H{number:05d}") for number in range(5)] == [
        (code("A"), "edge"),  # between A and B
        (code("A"), "edge"),  # where A, B and C meet
        (code("C"), "edge"),  # between two communities
        (code("A"), "inside"),  # on the outer border: nobody else's
        (None, "outside"),
    ]


def test_one_by_one_and_all_at_once_give_the_same_verdicts(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    rng = np.random.default_rng(5)
    places = [(float(x), float(y)) for x, y in rng.uniform([-20, -20], [720, 320], size=(60, 2)).round(0)]
    load(database, "households", write_households(tmp_path, places))
    together = [grid_of(database, f"H{number:05d}") for number in range(60)]
    with database.transaction("tester", write=True) as tx:
        recalculate(tx)
    assert [grid_of(database, f"H{number:05d}") for number in range(60)] == together


def test_the_dry_run_says_what_the_import_does_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    path = write_households(tmp_path, [(50, 50), (650, 50)])
    planned = load(database, "households", path, dry_run=True)
    with database.transaction("tester") as tx:
        assert stats(tx, EVERYTHING)["households"]["total"] == 0
        assert imports.runs(tx, EVERYTHING)[0].kind == "grids"
    done = load(database, "households", path)
    assert outcome(planned) == outcome(done) == (2, 0, 0, 0)


def test_rows_with_mistakes_are_refused_alone_with_row_field_and_remedy(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(50, 50)
    path = write_csv(
        tmp_path / "mixed.csv",
        ["户编号", "户主", "地址", "社区", "人工指定网格", "经度", "纬度"],
        [
            ("H1", "张示范", "示范路1号", "解放路", "", lon, lat),
            ("H2", "张示范", "示范路2号", "没有的社区", "", lon, lat),
            ("H3", "张示范", "", "", "", lon, lat),
            ("H1", "张示范", "示范路3号", "", "", lon, lat),
            ("H5", "张示范", "示范路5号", "", "4.40106E+14", lon, lat),
            ("H6", "张示范", "示范路6号", "", "", "", ""),
        ],
    )
    report = load(database, "households", path, mapping={"manual_grid": "人工指定网格"})
    assert outcome(report) == (2, 0, 0, 4)
    assert [(refusal.row, refusal.field) for refusal in report.refusals] == [
        (3, "community"),
        (4, "address"),
        (5, "code"),
        (6, "manual_grid"),
    ]
    assert "先导入社区" in report.refusals[0].reason
    assert grid_of(database, "H6") == (None, "unlocated")  # no place yet is no mistake


def test_a_manual_decision_wins_and_survives_recalculation(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(50, 50)
    header = ["户编号", "地址", "人工指定", "经度", "纬度"]
    path = write_csv(tmp_path / "manual.csv", header, [("H1", "示范路1号", code("E"), lon, lat)])
    load(database, "households", path, mapping={"manual_grid": "人工指定"})
    assert grid_of(database, "H1") == (code("E"), "manual")
    with database.transaction("tester", write=True) as tx:
        recalculate(tx)
    assert grid_of(database, "H1") == (code("E"), "manual")


def test_a_file_in_another_datum_is_refused_with_the_evidence(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    rng = np.random.default_rng(2)
    places = [(float(x), float(y)) for x, y in rng.uniform([5, 5], [695, 295], size=(60, 2))]
    true = np.array([lonlat(*place) for place in places])
    shifted = from_lonlat(true, parse_crs("gcj02"))
    community = ["解放路社区" if x < 400 else "建设路社区" for x, _ in places]
    rows = [(f"H{n}", "示范路", community[n], *shifted[n].tolist()) for n in range(60)]
    path = write_csv(tmp_path / "shifted.csv", ["户编号", "地址", "社区", "经度", "纬度"], rows)
    with pytest.raises(CoordinatesRefused, match="gcj02") as refused:
        load(database, "households", path)
    assert refused.value.evidence["actual"] == "gcj02"
    assert outcome(load(database, "households", path, crs="gcj02")) == (60, 0, 0, 0)
    assert outcome(load(database, "households", path, crs="wgs84", trust_crs=True))[1] == 60


class _PulledPlug(Exception):
    """Somebody pulled the plug."""


def test_an_interrupted_import_goes_on_where_it_stopped(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_office(database, tmp_path)
    places = [(10.0 + number, 50.0) for number in range(40)]
    request = ImportRequest(HOUSEHOLDS, write_households(tmp_path, places), crs="EPSG:4490")
    monkeypatch.setattr(runner, "CHUNK", 10)

    def pull_the_plug(done: int) -> None:
        if done == 30:
            raise _PulledPlug

    with pytest.raises(_PulledPlug):
        run_import(database, request, "tester", pull_the_plug)
    with database.transaction("tester") as tx:
        assert stats(tx, EVERYTHING)["households"]["total"] == 0  # nothing is half written
    report = run_import(database, request, "tester").report
    assert report.resumed_after == 21  # two chunks of ten rows were kept, below the header
    assert outcome(report) == (40, 0, 0, 0)
    assert outcome(run_import(database, request, "tester").report) == (0, 0, 40, 0)


def test_an_import_that_nobody_goes_on_with_is_given_up_after_a_week(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_office(database, tmp_path)
    monkeypatch.setattr(runner, "CHUNK", 10)

    def pull_the_plug(done: int) -> None:
        if done == 20:
            raise _PulledPlug

    request = ImportRequest(HOUSEHOLDS, write_households(tmp_path, [(10.0 + n, 50.0) for n in range(30)]), crs="4490")
    with pytest.raises(_PulledPlug):
        run_import(database, request, "tester", pull_the_plug)
    with database.transaction("tester") as tx:
        run = imports.runs(tx, EVERYTHING)[0]
        assert sum(len(rows) for rows in imports.staged(tx, EVERYTHING, run.id)) == 10
    with database.transaction("tester", write=True) as tx:
        imports.update_run(tx, replace(run, started_at=run.started_at - timedelta(days=8)))
    report = run_import(database, request, "tester").report
    assert (report.resumed_after, report.added) == (0, 30)
    with database.transaction("tester") as tx:
        assert imports.run_named(tx, EVERYTHING, run.id).state == "failed"
        assert list(imports.staged(tx, EVERYTHING, run.id)) == []


def test_what_is_exported_masked_leaves_the_real_values_when_it_comes_back(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50, 50)]))
    out = tmp_path / "out.csv"
    with database.transaction("tester", write=True) as tx:
        assert export_rows(tx, EVERYTHING, HOUSEHOLDS, out, crs="gcj02") == 1
    text = out.read_text(encoding="utf-8-sig")
    assert "张示范" not in text
    assert "199****0000" in text
    assert outcome(load(database, "households", out, crs="gcj02")) == (0, 0, 1, 0)
    with database.transaction("tester", write=True) as tx:
        export_rows(tx, EVERYTHING, HOUSEHOLDS, out, crs="EPSG:4490", unmask_reason="核对户籍")
        latest = audit.entries(tx, EVERYTHING)[0]
    assert "张示范" in out.read_text(encoding="utf-8-sig")
    assert (latest.verb, latest.detail["reason"]) == ("unmask", "核对户籍")


@pytest.mark.parametrize("suffix", [".geojson", ".shp", ".gpkg", ".kml", ".csv", ".xlsx"])
def test_exported_grids_come_back_equal_to_the_millimetre(database: Database, tmp_path: Path, suffix: str) -> None:
    open_office(database, tmp_path)
    out = tmp_path / f"out{suffix}"
    with database.transaction("tester", write=True) as tx:
        export_rows(tx, EVERYTHING, kind_named("grids"), out, crs="EPSG:4547" if suffix != ".kml" else "EPSG:4326")
    crs = None if suffix in {".shp", ".gpkg", ".geojson", ".kml"} else "EPSG:4547"
    report = load(database, "grids", out, crs=crs)
    assert (report.added, report.changed, report.refused) == (0, 0, 0)
    assert report.unchanged == 5


def test_every_import_leaves_an_audit_row(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    with database.transaction("tester") as tx:
        entries = audit.entries(tx, EVERYTHING)
    assert {("import", "community"), ("import", "grid"), ("activate", "plan")} <= {
        (entry.verb, entry.subject_kind) for entry in entries
    }
    assert all(entry.actor == "tester" for entry in entries)
    assert json.dumps([entry.detail for entry in entries])  # plain values
