"""What goes wrong has a code, a remedy, and no traceback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import assert_refused, with_office, write_dirty
from office import lonlat, write_csv, write_households

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Done


@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (["frobnicate"], "bad_input", "frobnicate"),
        (["stats", "--nope"], "bad_input", "--nope"),
        (["locate", "113"], "bad_input", "LAT"),
        (["locate", "113", "north"], "bad_input", "north"),
        (["check", "nowhere.geojson"], "bad_input", "nowhere.geojson"),
        (["import", "households", "nowhere.csv"], "bad_input", "nowhere.csv"),
        (["import", "unicorns", "here.csv"], "bad_input", "households"),
        (["import", "households", "here.csv", "--map", "head"], "bad_input", "field=column"),
        (["import", "households", "here.csv", "--map", "crown=户主"], "file_refused", "crown"),
        (["import", "households", "here.csv", "--map", "head=没有"], "file_refused", "没有"),
        (["import", "households", "here.csv"], "crs_refused", "--crs"),
        (["import", "households", "here.csv", "--crs", "beijing54"], "crs_refused", "CGCS2000"),
        (["import", "households", "here.csv", "--crs", "EPSG:2437"], "crs_refused", "2437"),
        (["import", "households", "empty.csv", "--crs", "4490"], "file_refused", "empty.csv"),
        (["import", "households", "header.csv", "--crs", "4490"], "file_refused", "header.csv"),
        (["import", "households", "here.docx", "--crs", "4490"], "file_refused", "here.docx"),
        (["check", "empty.geojson"], "file_refused", "empty.geojson"),
        (["check", "cut.geojson"], "file_refused", "cut.geojson"),
        (["repair", "cut.geojson", "-o", "out.geojson"], "file_refused", "cut.geojson"),
        (["repair", "dirty.geojson", "-o", "out.geojson", "--accept", "x="], "bad_input", "--accept"),
        (["repair", "dirty.geojson", "-o", "out.geojson", "--accept", "gap-99"], "bad_input", "gap-99"),
        (["export", "grids", "-o", "out.docx"], "file_refused", ".gpkg"),
        (["export", "grids", "-o", "nowhere/out.csv"], "file_refused", "does not exist"),
        (["export", "unicorns", "-o", "out.csv"], "bad_input", "households"),
        (["export", "households", "-o", "out.csv", "--unmask"], "bad_input", "--reason"),
        (["export", "households", "-o", "out.csv", "--reason", "curious"], "bad_input", "--unmask"),
        (["assign", "here.csv"], "bad_input", "-o"),
        (["assign", "here.csv", "-o", "out.csv"], "crs_refused", "--crs"),
        (["locate", "23.1", "113.5"], "coordinates_refused", "axes"),
        (["locate", "113.5", "23.1", "--crs", "mars"], "crs_refused", "mars"),
        (["locate", "113.5", "23.1", "--at", "2000-01-01"], "no_plan", "2000-01-01"),
        (["map", "overview", "-o", "nowhere/map.html"], "file_refused", "nowhere"),
        (["init", "--code", "440106001"], "bad_input", "--lon"),
        (["init", "--code", "4.4E+8", "--name", "示范街道", "--lon", "113"], "code_refused", "exponent"),
        (["serve", "--host", "office.example"], "forbidden", "SSH"),
        (["serve", "--host", "192.168.1.7"], "forbidden", "192.168.1.7"),
        (["serve", "--port", "0"], "bad_input", "--port"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
@pytest.mark.parametrize("shared_office", ["spatialite"], indirect=True)  # the words do not depend on the database
def test_a_mistake_is_named_with_code_and_remedy(
    office: Callable[..., Done], tmp_path: Path, words: list[str], error: str, told: str
) -> None:
    here = write_households(tmp_path, [(50, 50)], "here.csv")
    (tmp_path / "header.csv").write_text(here.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    (tmp_path / "here.docx").write_bytes(b"PK\x03\x04")
    for name in ("empty.csv", "empty.geojson"):
        (tmp_path / name).touch()
    whole = write_dirty(tmp_path).read_text(encoding="utf-8")
    (tmp_path / "cut.geojson").write_text(whole[: len(whole) // 2], encoding="utf-8")
    there = sorted(path.name for path in tmp_path.iterdir())
    assert_refused(office(*words), error, told)
    assert sorted(path.name for path in tmp_path.iterdir()) == there, "something was written"


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("missing.db", "gridmap init"),
        ("nowhere/missing.db", "gridmap init"),
        ("text.db", "no SQLite file"),
        ("mysql://somebody:secret@host/name", "postgresql://"),
        ("postgresql://somebody:secret@127.0.0.1:1/name", "running"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(
    command: Callable[..., Done], tmp_path: Path, target: str, told: str
) -> None:
    (tmp_path / "text.db").write_text("this is no database, and long enough to be one" * 50, encoding="utf-8")
    done = command("stats", database=target)
    assert_refused(done, "database_problem", told)
    assert "secret" not in done.err


def test_a_disk_that_is_full_is_no_traceback(office: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "map.html")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    assert_refused(office("map", "overview", "-o", "map.html"), "file_refused", "No space left", "map.html")


def test_rows_with_damaged_codes_are_told_apart_from_the_rest(
    target: str, command: Callable[..., Done], tmp_path: Path
) -> None:
    with_office(target, tmp_path)
    lon, lat = lonlat(50, 50)
    rows = [("H1", "示范路1号", "", lon, lat), ("H2", "示范路2号", "4.40106E+14", lon, lat)]
    path = write_csv(tmp_path / "户.csv", ["户编号", "地址", "人工指定", "经度", "纬度"], rows)
    words = ("import", "households", path, "--crs", "4490", "--map", "manual_grid=人工指定")
    done = command(*words, database=target)
    assert done.code == 1
    assert "added 1" in done.out
    assert "refused 1" in done.out
    assert "row 3, manual_grid" in done.err
    sheet = (tmp_path / "户.退回.csv").read_text(encoding="utf-8-sig").splitlines()
    assert sheet[0].endswith("原因")
    assert sheet[1].startswith("H2,")
    assert "文本格式" in sheet[1]


@pytest.mark.parametrize("words", [("import", "households"), ("intake",)])
def test_the_file_that_is_read_stays_and_a_dry_run_leaves_nothing(
    target: str, command: Callable[..., Done], tmp_path: Path, words: tuple[str, ...]
) -> None:
    with_office(target, tmp_path)
    lon, lat = lonlat(50, 50)
    rows = [("H1", "示范路1号", "井盖破损", lon, lat), ("", "示范路2号", "井盖破损", "x", "y")]
    path = write_csv(tmp_path / "rows.csv", ["编号", "地址", "标题", "经度", "纬度"], rows)
    fields = ("--map", "code=编号") if words[0] == "import" else ("--map", "number=编号")
    whole, before = (*words, path, "--crs", "4490", *fields), path.read_bytes()
    for more in ((), ("--dry-run",)):
        assert_refused(command(*whole, *more, "--refused", path, database=target), "bad_input", "name another")
    assert path.read_bytes() == before
    names = {each.name for each in tmp_path.iterdir()}
    assert command(*whole, "--dry-run", database=target).code == 1
    assert {each.name for each in tmp_path.iterdir()} == names
    assert command(*whole, "--dry-run", "--refused", tmp_path / "back.csv", database=target).code == 1
    assert (tmp_path / "back.csv").exists()
