"""Records out of the database: every format, masks, audit, and nothing half written. On both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
import pyogrio.raw
import pytest
from office import SUBDISTRICT, client_of, code, load, lonlat, open_office, write_csv, write_households
from openpyxl import load_workbook

from gridmap.access import Scope
from gridmap.errors import CrsRefused, FileRefused, NoPlan
from gridmap.model.kinds import KINDS, kind_named
from gridmap.services.exports import export_rows
from gridmap.storage import audit

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.audit import Entry
    from gridmap.storage.database import Database

EVERYTHING = Scope.everything("tester")
SUFFIXES = (".geojson", ".geojsonl", ".shp", ".gpkg", ".kml", ".csv", ".xlsx")


def export(database: Database, kind: str, path: Path, crs: str = "EPSG:4490", reason: str | None = None) -> int:
    with database.transaction("tester", write=True) as tx:
        return export_rows(tx, EVERYTHING, kind_named(kind), path, crs=crs, unmask_reason=reason)


def trail(database: Database) -> list[Entry]:
    with database.transaction("tester") as tx:
        return audit.entries(tx, EVERYTHING)


def rows_in(path: Path) -> int:
    """Count the records of a written file by another reader than ours."""
    if path.suffix == ".csv":
        return len(path.read_text(encoding="utf-8-sig").splitlines()) - 1
    if path.suffix == ".xlsx":
        return int(load_workbook(path).active.max_row) - 1
    return int(pyogrio.read_info(path, force_feature_count=True)["features"])


def system_of(suffix: str) -> str:
    """Name a system that a format can state."""
    return "EPSG:4326" if suffix in {".kml", ".geojsonl"} else "EPSG:4547"


def test_every_format_has_every_record(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50 + 10 * number, 50) for number in range(12)]))
    for suffix in SUFFIXES:
        for kind, count in (("households", 12), ("grids", 5), ("communities", 2)):
            path = tmp_path / f"{kind}-out{suffix}"
            assert export(database, kind, path, system_of(suffix)) == count
            assert rows_in(path) == count
            if suffix in {".shp", ".gpkg"}:
                assert pyogrio.read_info(path)["crs"] == "EPSG:4547"


def test_a_kind_without_records_makes_a_file_that_says_so(database: Database, tmp_path: Path) -> None:
    for kind in KINDS:
        path = tmp_path / f"{kind.name}.csv"
        if kind.name == "grids":
            with pytest.raises(NoPlan):
                export(database, kind.name, path)
            assert not path.exists()
        else:
            assert export(database, kind.name, path) == 0
            assert rows_in(path) == 0


def test_personal_values_are_masked_in_every_format_unless_there_is_a_reason(
    database: Database, tmp_path: Path
) -> None:
    open_office(database, tmp_path)
    load(database, "households", write_households(tmp_path, [(50, 50)]))
    for suffix in SUFFIXES:
        hidden, shown = tmp_path / f"hidden{suffix}", tmp_path / f"shown{suffix}"
        export(database, "households", hidden, system_of(suffix))
        export(database, "households", shown, system_of(suffix), reason="核对户籍")
        assert personal(hidden) == ("张**", "199****0000")
        assert personal(shown) == ("张示范", "19900000000")
        latest, before = trail(database)[:2]
        assert (latest.verb, latest.subject_kind, latest.count) == ("unmask", "household", 1)
        assert latest.detail["reason"] == "核对户籍"
        assert (before.verb, before.count, before.detail["file"]) == ("export", 1, hidden.name)


def personal(path: Path) -> tuple[str, str]:
    """Head and telephone of the one household in a file."""
    if path.suffix == ".csv":
        _, cells = (line.split(",") for line in path.read_text(encoding="utf-8-sig").splitlines())
        return cells[1], cells[2]
    if path.suffix == ".xlsx":
        row = list(load_workbook(path).active.iter_rows(values_only=True))[1]
        return str(row[1]), str(row[2])
    meta, _, _, columns = pyogrio.raw.read(path, columns=["head", "phone"], read_geometry=False)
    row = {name: str(column[0]) for name, column in zip(meta["fields"], columns, strict=True)}
    return row["head"], row["phone"]


def test_workers_of_grids_are_masked_too(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    path = tmp_path / "grids.csv"
    export(database, "grids", path)
    assert "李**" in path.read_text(encoding="utf-8-sig")
    assert "李示范" not in path.read_text(encoding="utf-8-sig")


def test_reported_incidents_are_exported_masked(target: str, database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    lon, lat = lonlat(50, 250)
    with client_of(target) as client:
        body = {"title": "井盖缺失", "reporter": "欧阳示范", "phone": "19912345678", "lon": lon, "lat": lat}
        client.post("/api/v1/incidents", json=body)
    path = tmp_path / "incidents.csv"
    assert export(database, "incidents", path) == 1
    text = path.read_text(encoding="utf-8-sig")
    assert "井盖缺失" in text
    assert "欧阳" not in text
    assert "19912345678" not in text


def test_what_cannot_be_written_is_refused_before_anything_is(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    before, there = len(trail(database)), sorted(tmp_path.iterdir())
    for name, crs, error in (
        ("out.docx", "EPSG:4490", FileRefused),
        ("out", "EPSG:4490", FileRefused),
        ("nowhere/out.csv", "EPSG:4490", FileRefused),
        ("out.csv", "EPSG:2437", CrsRefused),  # Beijing 1954 needs local parameters
        ("out.csv", "nonsense", CrsRefused),
        ("out.kml", "EPSG:4547", CrsRefused),
    ):
        with pytest.raises(error):
            export(database, "grids", tmp_path / name, crs)
    assert len(trail(database)) == before
    assert sorted(tmp_path.iterdir()) == there


def test_a_file_that_was_there_stays_when_the_export_fails(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_office(database, tmp_path)
    path = tmp_path / "grids.csv"
    export(database, "grids", path)
    good = path.read_bytes()
    monkeypatch.setattr("gridmap.services.exports.masked_record", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(database, "grids", path)
    assert path.read_bytes() == good
    assert not list(tmp_path.glob(".gridmap-*"))


def test_formulas_of_strangers_stay_text(database: Database, tmp_path: Path) -> None:
    """A cell that begins with an equals sign must not run in somebody's spreadsheet."""
    open_office(database, tmp_path)
    name = '=HYPERLINK("http://evil.example","点我")'
    lon, lat = lonlat(50, 50)
    path = write_csv(tmp_path / "shops.csv", ["编号", "名称", "经度", "纬度"], [("S1", name, lon, lat)])
    assert load(database, "shops", path).added == 1
    for suffix in (".xlsx", ".csv"):
        out = tmp_path / f"out{suffix}"
        export(database, "shops", out)
        report = load(database, "shops", out)
        assert (report.changed, report.unchanged) == (0, 1)  # and comes back as it was
    cell = load_workbook(tmp_path / "out.xlsx").active["B2"]
    assert cell.data_type == "s"
    assert ',"=HYPERLINK' not in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_codes_stay_text_in_a_workbook(database: Database, tmp_path: Path) -> None:
    open_office(database, tmp_path)
    export(database, "grids", tmp_path / "grids.xlsx")
    cell = load_workbook(tmp_path / "grids.xlsx").active["A2"]
    assert (cell.value, cell.data_type) == (code("A"), "s")
    assert cell.value.startswith(SUBDISTRICT)
