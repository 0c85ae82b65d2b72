"""Files alone, without a database: what is wrong in them and where, and how it is repaired."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from ascii_art import polygons
from command_line import assert_refused, write_dirty
from office import SIZE, code, lonlat, to_lonlat, write_geojson, write_grids

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Done


def test_check_names_what_is_wrong_in_a_file_and_where(command: Callable[..., Done], tmp_path: Path) -> None:
    path = write_dirty(tmp_path)
    done = command("check", path, database="missing.db")  # a file needs no database
    assert done.code == 1
    assert re.search(rf"重叠 {code('A')}, {code('B')} @ 113\.\d+,23\.\d+: ", done.out), done.out
    assert re.search(rf"空白 {code('B')}, {code('D')} @ 113\.\d+,23\.\d+: ", done.out), done.out
    found = command("check", path, "--json")
    assert found.code == 1
    assert not found.json["is_coverage"]
    kinds = {problem["kind"]: problem for problem in found.json["problems"]}
    assert {"overlap", "gap"} <= set(kinds)
    overlap, gap = kinds["overlap"], kinds["gap"]
    assert gap["area"] == pytest.approx(50 * 50, rel=0.001)
    assert (gap["lon"], gap["lat"]) == pytest.approx(lonlat(375, 175), abs=2e-4)
    assert overlap["features"] == [code("A"), code("B")]
    assert overlap["area"] == pytest.approx(30 * 200, rel=0.001)
    assert (overlap["lon"], overlap["lat"]) == pytest.approx(lonlat(215, 200), abs=2e-3)


def test_check_passes_what_is_right(command: Callable[..., Done], tmp_path: Path) -> None:
    path = write_grids(tmp_path)
    done = command("check", path, database="missing.db")
    assert (done.code, done.err) == (0, "")
    assert "无重叠、无空白、边界一致" in done.out
    found = command("check", path, "--json")
    assert (found.code, found.json["is_coverage"], found.json["problems"]) == (0, True, [])


def test_a_hole_is_a_gap_unless_it_is_meant(command: Callable[..., Done], tmp_path: Path) -> None:
    drawn = polygons("AAA\nA.A\nAAA", SIZE)
    path = write_geojson(tmp_path / "lake.geojson", [(to_lonlat(drawn["A"]), {"code": code("A")})])
    assert command("check", path).code == 1
    assert command("check", path, "--holes").code == 0


def test_repair_asks_a_person_about_what_is_large(command: Callable[..., Done], tmp_path: Path) -> None:
    path, out = write_dirty(tmp_path), tmp_path / "fixed.geojson"
    words = ("repair", path, "-o", out, "--gap", 60, *(word for each in "ABD" for word in ("--allow", code(each))))
    done = command(*words, database="missing.db")
    assert_refused(done, "repair_refused", "overlap-1", "113.")
    assert not out.exists()
    fixed = command(*words, "--accept", "all", "--json")
    assert fixed.code == 0, fixed
    assert all(not proposal["needs_decision"] or proposal["decided"] for proposal in fixed.json["proposals"])
    again = command("check", out, "--json")
    assert (again.code, again.json["is_coverage"]) == (0, True)
    assert fixed.json["after"]["features"] == again.json["delivered"]["features"] == 5
