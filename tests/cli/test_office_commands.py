"""Commands on an office, on both databases: from nothing to a map, places, exports, numbers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from command_line import assert_refused, with_office
from office import code, lonlat, write_communities, write_csv, write_grids, write_households

from gridmap.access import Scope
from gridmap.storage import audit
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from command_line import Done


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
    "party_organisations": int,
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
