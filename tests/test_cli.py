"""The command line: exit codes, words for mistakes, JSON, every command once. On both databases where one is used."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from ascii_art import polygons
from office import (
    SIZE,
    code,
    lonlat,
    open_office,
    to_lonlat,
    write_communities,
    write_csv,
    write_geojson,
    write_grids,
    write_households,
)

from gridmap import __version__
from gridmap.access import Scope
from gridmap.cli.main import cli, run
from gridmap.storage import audit
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import click


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Done]:
    """Run a command in a folder of its own, on the database of `GRIDMAP_DATABASE`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER", "tester")
    monkeypatch.delenv("SUDO_USER", raising=False)

    def runner(*words: object, database: str | None = None) -> Done:
        if database is not None:
            monkeypatch.setenv("GRIDMAP_DATABASE", database)
        capsys.readouterr()
        status = run([str(word) for word in words])
        return Done(status, *capsys.readouterr())

    return runner


@pytest.fixture
def office(command: Callable[..., Done], shared_office: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run commands on the drawn office, boundaries and nothing else."""
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)
    return command


# --- what goes wrong has a code, a remedy, and no traceback -------------------------------------------------------


def assert_refused(done: Done, error: str, *words: str) -> None:
    assert done.code == 2, done
    last = done.err.strip().splitlines()[-1]
    assert re.match(r"[a-z_]+: \S", last), done.err
    assert last.partition(":")[0] == error, done.err
    assert "Traceback" not in done.err
    for word in words:
        assert word in done.err, done.err


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


# --- help ---------------------------------------------------------------------------------------------------------


def commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    import click

    found = [path]
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            sub = group.get_command(context, name)
            assert sub is not None
            found += commands(sub, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_help_shows_examples(command: Callable[..., Done], path: tuple[str, ...]) -> None:
    done = command(*path, "--help", database="missing.db")  # help needs no database
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: gridmap")
    if path != ("map",):
        assert "gridmap " + " ".join(path) in done.out.partition("Examples:")[2]


def test_the_version_is_told(command: Callable[..., Done]) -> None:
    assert command("--version").out == f"gridmap, version {__version__}\n"


def test_the_installed_command_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    program = os.path.join(os.path.dirname(sys.executable), "gridmap")  # noqa: PTH118, PTH120 -- not resolved
    done = subprocess.run([program, "stats"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "database_problem: there is no database gridmap.db: run `gridmap init`\n"


# --- files alone --------------------------------------------------------------------------------------------------


DIRTY = """
    AAAABBBBDDDDDD
    AAAABBBBDDDDDD
    AAAABBB.DDEEEE
    AAAABBBBDDEEEE
    CCCCCCCCDDEEEE
    CCCCCCCCDDEEEE
"""


def write_dirty(folder: Path) -> Path:
    """Write grids with half a cell of nobody's, and A 30 m over into B."""
    drawn = polygons(DIRTY, SIZE / 2)
    drawn["A"] = drawn["A"].union(shapely.box(200, 100, 230, 300))
    return write_geojson(
        folder / "dirty.geojson", [(to_lonlat(shape), {"code": code(letter)}) for letter, shape in drawn.items()]
    )


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


# --- the database -------------------------------------------------------------------------------------------------


def with_office(target: str, folder: Path) -> None:
    database = Database.open(target)
    open_office(database, folder)
    database.close()


def verbs(target: str) -> list[tuple[str, str, str]]:
    """Who did what, the latest first."""
    database = Database.open(target)
    with database.transaction("tester") as tx:
        found = [(each.actor, each.verb, each.subject_kind) for each in audit.entries(tx, Scope.everything("tester"))]
    database.close()
    return found


def test_from_nothing_to_a_map(target: str, command: Callable[..., Done], tmp_path: Path) -> None:
    """What a newcomer types, one after the other."""
    assert command("init", database=target).code == 0
    for kind, path in (("communities", write_communities(tmp_path)), ("grids", write_grids(tmp_path))):
        planned = command("import", kind, path, "--dry-run", "--json")
        done = command("import", kind, path, "--json")
        assert (planned.code, done.code) == (0, 0)
        assert planned.json["added"] == done.json["added"] > 0
    households = write_households(tmp_path, [(50, 50), (650, 50), (200, 150), (800, 50)])
    assert "added 4" in command("import", "households", households, "--crs", "EPSG:4490").out
    assert "unchanged 4" in command("import", "households", households, "--crs", "EPSG:4490").out
    assert command("check").out.endswith("5 grids, 无缝隙、全覆盖\n")
    everything = command("assign", "--json")
    assert everything.code == 1  # one lies outside
    assert everything.json["by_kind"]["households"] == {"inside": 2, "edge": 1, "outside": 1}
    counts = command("stats", "--json").json
    assert counts["households"] == {"total": 4, "surveyed": 4}
    assert counts["unassigned"]["households"] == 1
    assert command("map", "overview", "-o", tmp_path / "map.html").code == 0
    assert ("tester", "export", "map") in verbs(target)
    assert {verb for _, verb, _ in verbs(target)} >= {"import", "activate", "assign", "export"}
    assert {actor for actor, _, _ in verbs(target)} == {"tester"}


def test_init_twice_changes_nothing(target: str, command: Callable[..., Done]) -> None:
    name = ("--code", "440106001", "--name", "示范街道", "--lon", "113.3")
    first = command("init", *name, database=target)
    assert first.code == 0
    assert "EPSG:4547" in first.out
    assert command("init").code == 0
    assert_refused(command("init", *name), "conflict")


def test_locate_answers_in_words_and_in_json(office: Callable[..., Done]) -> None:
    lon, lat = lonlat(100, 30)
    words = office("locate", lon, lat)
    assert words.code == 0
    assert f"解放路社区第03网格 {code('C')} (解放路社区) 范围内，距边界 30.0 米" in words.out
    metres = office("locate", 450_100, 2_560_030, "--crs", "EPSG:4547", "--json")
    assert (metres.code, metres.json["grid_code"], metres.json["reason"]) == (0, code("C"), "inside")
    outside = office("locate", *lonlat(800, 50))
    assert outside.code == 1
    assert f"范围外：最近的是 建设路社区第02网格 {code('E')}，相距 100.0 米" in outside.out
    assert office("locate", *lonlat(800, 50), "--json").json["nearest_code"] == code("E")


def test_locate_takes_negative_numbers(office: Callable[..., Done]) -> None:
    far = office("locate", "-73.9", "40.7", "--crs", "wgs84", "--json")
    assert (far.code, far.json["reason"]) == (1, "outside")


def test_a_table_of_ones_own_gets_its_grids_and_stays_outside(office: Callable[..., Done], tmp_path: Path) -> None:
    places = [lonlat(50, 250), lonlat(200, 150), lonlat(800, 50), ("", "")]
    rows = [(f"N{number}", "诉求", *place) for number, place in enumerate(places)]
    path = write_csv(tmp_path / "hotline.csv", ["工单", "内容", "经度", "纬度"], rows)
    done = office("assign", path, "--crs", "EPSG:4490", "-o", tmp_path / "out.csv", "--json")
    assert done.code == 1
    assert (done.json["rows"], done.json["by_reason"]) == (4, {"inside": 1, "edge": 1, "outside": 1, "unlocated": 1})
    header, *written = (tmp_path / "out.csv").read_text(encoding="utf-8-sig").splitlines()
    assert header == "工单,内容,经度,纬度,网格编码,网格名称,所属社区,判定,距边界米"
    assert [line.split(",")[0] for line in written] == ["N0", "N1", "N2", "N3"]
    assert written[0].endswith(f"{code('A')},解放路社区第01网格,解放路社区,范围内,50.0")
    assert written[1].endswith(f"{code('A')},解放路社区第01网格,解放路社区,界线上,0.0")
    assert written[2].endswith(",,,范围外,100.0")
    assert written[3].endswith(",,,,待定位,")
    assert office("stats", "--json").json["incidents"] == 0


@pytest.mark.parametrize("suffix", ["geojson", "geojsonl", "shp", "gpkg", "kml", "csv", "xlsx"])
def test_export_says_how_many_it_wrote(office: Callable[..., Done], tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"grids.{suffix}"
    done = office("export", "grids", "-o", out, "--json")
    assert (done.code, done.err) == (0, "")
    assert (done.json["rows"], done.json["masked"]) == (5, True)
    assert out.stat().st_size > 0
    assert "5 grids" in office("export", "网格", "-o", out).out.replace("网格", "grids")


def test_export_masks_unless_it_is_told_why(target: str, command: Callable[..., Done], tmp_path: Path) -> None:
    with_office(target, tmp_path)
    path = write_households(tmp_path, [(50, 50)])
    command("import", "households", path, "--crs", "4490", database=target)
    out = tmp_path / "out.csv"
    assert command("export", "households", "-o", out).code == 0
    assert "张示范" not in out.read_text(encoding="utf-8-sig")
    assert verbs(target)[0] == ("tester", "export", "household")
    assert command("export", "households", "-o", out, "--unmask", "--reason", "年检").code == 0
    assert "张示范" in out.read_text(encoding="utf-8-sig")
    assert verbs(target)[0] == ("tester", "unmask", "household")


STATS = {
    "communities": int,
    "grids": {"general": int, "dedicated": int},
    "compounds": int,
    "households": {"total": int, "surveyed": int},
    "residents": int,
    "shops": {"total": int, "surveyed": int},
    "organisations": int,
    "social_organisations": {"total": int, "surveyed": int},
    "key_places": int,
    "staff": int,
    "incidents": int,
    "unassigned": dict,
}


def test_stats_have_the_agreed_shape(office: Callable[..., Done]) -> None:
    counts = office("stats", "--json").json
    for name, shape in STATS.items():
        if isinstance(shape, dict):
            assert {key: type(value) for key, value in counts[name].items()} == shape, name
        else:
            assert isinstance(counts[name], shape), name
    assert (counts["communities"], counts["grids"]) == (2, {"general": 5, "dedicated": 0})
    assert "general 5, dedicated 0" in office("stats").out


def test_an_empty_database_has_stats_and_no_plan(target: str, command: Callable[..., Done]) -> None:
    assert command("stats", "--json", database=target).json["grids"] == {"general": 0, "dedicated": 0}
    for words in (
        ("check",),
        ("assign",),
        ("map", "overview", "-o", "map.html"),
        ("export", "grids", "-o", "grids.csv"),
    ):
        assert_refused(command(*words), "no_plan", "import communities and grids")


def test_the_plan_is_checked_too(office: Callable[..., Done]) -> None:
    done = office("check", "--json")
    assert done.code == 0
    assert done.json["is_coverage"]
    (plan,) = done.json["plans"]
    assert (plan["grids"], plan["is_coverage"]) == (5, True)


class Requests(HTMLParser):
    """Collects what a browser would load of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"src", "href", "srcset", "data", "poster", "action", "background"}
        self.found += [f"{tag} {value}" for name, value in attrs if name in names and value]


def test_the_map_loads_nothing(office: Callable[..., Done], tmp_path: Path) -> None:
    done = office("map", "overview", "-o", tmp_path / "map.html")
    assert "5 grids" in done.out
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    loaded = [each for each in Requests(page).found if not each.split(" ", 1)[1].startswith(("data:", "#"))]
    assert loaded == []
    assert not re.search(r"url\(\s*['\"]?https?:|@import", page)
    assert "default-src 'none'" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["map.html"]


# --- the server and the demonstration -----------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("shared_office", ["spatialite"], indirect=True)
def test_the_server_answers_this_machine_and_ends_when_it_is_told(shared_office: str) -> None:
    port = free_port()
    words = [sys.executable, "-m", "gridmap.cli.main", "serve", "--port", str(port)]
    environment = os.environ | {"GRIDMAP_DATABASE": shared_office}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            assert f"http://127.0.0.1:{port}" in server.stdout.readline()
            health = answered(f"http://127.0.0.1:{port}/healthz")
            assert json.loads(health)["status"] == "ok"
            second = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=30)
            assert (second.returncode, second.stdout) == (2, "")
            assert second.stderr.startswith(f"conflict: port {port} ")
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(timeout=15) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


def answered(url: str) -> str:
    """Ask until the server listens."""
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- our own server
                return str(answer.read().decode("utf-8"))
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def test_the_demonstration_tells_the_truth_about_its_database(command: Callable[..., Done], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = command("demo", "--dir", folder, "--size", "small", "--json", database="elsewhere.db")
    assert done.code == 0, done.err
    told = done.json
    counted = command("stats", "--json", database=str(folder / "gridmap.db")).json
    assert {name: told[name] for name in counted} == counted
    assert told["is_coverage"] is True
    assert min(told["recovered"].values()) >= 0.97
    assert set(told["recovered"]) == set(counted["unassigned"])
    assert command("check").code == 0
    assert (folder / "overview.html").stat().st_size > 100_000
    assert not (tmp_path / "elsewhere.db").exists()
    before = (folder / "gridmap.db").read_bytes()
    assert_refused(command("demo", "--dir", folder, "--size", "small"), "conflict", "--force")
    assert (folder / "gridmap.db").read_bytes() == before
