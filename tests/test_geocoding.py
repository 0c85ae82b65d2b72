"""The gazetteer of an office, one address, a table of them, and back from a point: on both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import shapely
from address_office import box, fill, line
from click.testing import CliRunner
from office import client_of, load, lonlat, write_csv, write_geojson

from gridmap.access import Scope
from gridmap.cli.main import cli
from gridmap.errors import BadInput, NoGazetteer
from gridmap.services import gazetteer, geocode_evaluation
from gridmap.services.geocoding import geocode, locate_text
from gridmap.services.reverse_geocoding import reverse
from gridmap.storage import gazetteer as store
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path

EVERYTHING = Scope.everything("tester")


def test_one_address_leads_to_point_grid_and_reasons(address_office: Database) -> None:
    with address_office.transaction("tester") as tx:
        found = geocode(tx, EVERYTHING, "解放路11号阳光花园3栋1单元101")
        assert (found.level_name, found.name, found.band) == ("户室", "解放路11号阳光花园3栋1单元101室", "auto")
        assert (found.lon, found.lat) == pytest.approx(lonlat(140, 190), abs=1e-7)
        assert (found.verdict, found.grids[0].share) == ("inside", 1.0)
        road = geocode(tx, EVERYTHING, "建设街")
        assert road.verdict == "ambiguous"
        assert 0.9 < sum(each.share for each in road.grids) <= 1.001
        crossing = geocode(tx, EVERYTHING, "解放路与建设街交叉口")
        assert (crossing.lon, crossing.lat) == pytest.approx(lonlat(350, 150), abs=1e-7)


def test_a_missing_house_number_is_interpolated_on_its_side(address_office: Database) -> None:
    with address_office.transaction("tester") as tx:
        found = geocode(tx, EVERYTHING, "解放路17号")
    assert found.level_name == "门牌插值"
    assert (found.lon, found.lat) == pytest.approx(lonlat(220, 160), abs=1e-6)


def test_others_get_a_point_or_nothing(address_office: Database) -> None:
    with address_office.transaction("tester") as tx:
        located = locate_text(tx, EVERYTHING, "市民反映，解放路5号附2号门口占道经营，请处理。")
        assert located is not None
        assert located.lonlat == pytest.approx(lonlat(100, 160), abs=1e-6)
        assert locate_text(tx, EVERYTHING, "楼上太吵") is None


def test_without_a_gazetteer_nothing_is_located(database: Database) -> None:
    with database.transaction("tester") as tx:
        assert locate_text(tx, EVERYTHING, "解放路5号") is None
        with pytest.raises(NoGazetteer, match="gazetteer build"):
            geocode(tx, EVERYTHING, "解放路5号")
    with database.transaction("tester", write=True) as tx, pytest.raises(BadInput, match="import communities"):
        gazetteer.build(tx, EVERYTHING)


def test_a_caller_without_areas_sees_no_addresses(address_office: Database) -> None:
    with address_office.transaction("nobody") as tx, pytest.raises(NoGazetteer):
        geocode(tx, Scope("nobody"), "解放路5号")


def test_building_again_changes_nothing_and_a_renamed_compound_is_found_by_both_names(
    address_office: Database, tmp_path: Path
) -> None:
    with address_office.transaction("tester") as tx:
        version = store.index_version(tx, EVERYTHING)
    with address_office.transaction("tester", write=True) as tx:
        again = gazetteer.build(tx, EVERYTHING)
    assert (again.version, again.added, again.retired) == (version, 0, 0)
    renamed = (box(120, 170, 60), {"编号": "C1", "名称": "金色家园", "地址": "解放路11号"})
    load(address_office, "compounds", write_geojson(tmp_path / "renamed.geojson", [renamed]))
    with address_office.transaction("tester", write=True) as tx:
        report = gazetteer.build(tx, EVERYTHING)
    assert report.redirected >= 1
    with address_office.transaction("tester") as tx:
        now, before = (geocode(tx, EVERYTHING, name) for name in ("金色家园", "阳光花园"))
        assert now.node_id == before.node_id
        old = next(node for node in store.nodes(tx, EVERYTHING) if node.name == "阳光花园")
        assert str(old.redirect_id) == now.node_id
        assert old.valid_to is not None


def test_files_in_the_style_of_openstreetmap(database: Database, tmp_path: Path) -> None:
    streets = [
        (line((0, 0), (500, 0)), {"name": "外滩路", "highway": "residential"}),
        (line((0, 9), (500, 9)), {"name": "2号线", "railway": "subway"}),
    ]
    places = [
        (
            shapely.Point(lonlat(100, 10)),
            {"id": 1, "name": "和平饭店", "addr:street": "外滩路", "addr:housenumber": "20"},
        ),
        (shapely.Point(lonlat(300, 10)), {"id": 2, "addr:street": "外滩路", "addr:housenumber": "30号"}),
        (shapely.Point(lonlat(130, 20)).buffer(1e-5), {"id": 3, "name": "和平饭店"}),  # drawn a second time
        (shapely.Point(lonlat(900, 20)), {"id": 4, "name": "和平饭店"}),  # another
        (shapely.Point(lonlat(200, 20)), {"id": 5, "name": "1"}),
    ]
    files = [write_geojson(tmp_path / "streets.geojson", streets), write_geojson(tmp_path / "places.geojson", places)]
    with database.transaction("tester", write=True) as tx:
        report = gazetteer.build(tx, EVERYTHING, files, crs="EPSG:4490")
    assert (report.by_level["road"], report.by_level["number"], report.tied) == (1, 2, 2)
    assert report.by_level["poi"] == 2  # what is called 1 is not found by that
    with database.transaction("tester", write=True) as tx:
        assert gazetteer.build(tx, EVERYTHING).version == report.version  # what files brought stays
    with database.transaction("tester") as tx:
        assert geocode(tx, EVERYTHING, "外滩路20号和平饭店").name == "外滩路20号和平饭店"
        assert geocode(tx, EVERYTHING, "外滩路24号").level_name == "门牌插值"


def test_a_point_in_words(address_office: Database) -> None:
    with address_office.transaction("tester") as tx:
        at_door = reverse(tx, EVERYTHING, *lonlat(61, 161))
        assert at_door.words == "解放路1号"
        assert at_door.place is not None
        assert at_door.crossing is not None
        far = reverse(tx, EVERYTHING, *lonlat(540, 260))
        assert far.words == "解放路39号东北约140米"


def test_the_api_answers_and_refuses(address_office: Database, target: str) -> None:
    del address_office
    with client_of(target) as client:
        answered = client.post("/api/v1/addresses/geocode", json={"addresses": ["解放路11号", "没有"]})
        assert answered.status_code == 200
        assert [each["level_name"] for each in answered.json()] == ["门牌", "未匹配"]
        assert client.post("/api/v1/addresses/geocode", json={"addresses": []}).status_code == 422
        lon, lat = lonlat(61, 161)
        words = client.get("/api/v1/addresses/reverse", params={"lon": lon, "lat": lat}).json()
        assert words["words"] == "解放路1号"


def test_the_commands(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database.open(target)
    fill(database, tmp_path)
    database.close()
    monkeypatch.setenv("GRIDMAP_DATABASE", target)

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        assert result.exception is None, result.exception
        return result.return_value or 0, result.output

    assert "house numbers tied" in run("gazetteer", "build")[1]
    assert run("address", "geocode", "解放路11号")[0] == 0
    code, output = run("address", "geocode", "--json", "解放路11号阳光花园9栋")
    assert json.loads(output)["level_name"] == "小区单位"
    assert "解放路1号" in run("address", "reverse", *(f"{value:.9f}" for value in lonlat(61, 161)))[1]
    lon, lat = lonlat(160, 160)
    rows = [("解放路11号", "解放路", "11", f"{lat},{lon},15"), ("解放路12号", "解放路", "13", "")]
    cases = write_csv(
        tmp_path / "cases.csv", ["query", "expected_road", "expected_number", "expected_coordinate"], rows
    )
    assert "50.00% right" in run("address", "evaluate", str(cases), "--save", str(tmp_path / "r.json"))[1]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    report["right"].append("解放路12号")
    (tmp_path / "r.json").write_text(json.dumps(report), encoding="utf-8")
    code, output = run("address", "evaluate", str(cases), "--compare", str(tmp_path / "r.json"))
    assert code == 1
    assert "was right before: 解放路12号" in output
    assert "queries" in run("address", "evaluate", "--noise", "30")[1]
    assert (
        run("address", "batch", str(cases), "-o", str(tmp_path / "o.csv"), "--column", "query", "--processes", "1")[0]
        == 0
    )


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cases.csv", 'query,expected_coordinate\n解放路11号,"23.1,112.5,10"\n解放路12号,"23.1;112.5"\n', "row 3"),
        ("cases.csv", 'query,expected_coordinate\n解放路11号,"nan,112.5,10"\n', "row 2"),
        ("cases.csv", "query,expected_road\n解放路11号,解放路,x\n", "row 2"),
        ("report.json", '{"right": "abc", "scores": 3}', "--save"),
        ("report.json", '{"right": [], "scores": {"top1": 1}}', "--save"),
    ],
)
def test_what_cannot_be_evaluated_is_named(
    address_office: Database, tmp_path: Path, name: str, content: str, told: str
) -> None:
    write_csv(tmp_path / "cases.csv", ["query", "expected_road"], [("解放路11号", "解放路")])
    (tmp_path / name).write_text(content, encoding="utf-8")
    compare = tmp_path / name if name == "report.json" else None
    with address_office.transaction("tester") as tx, pytest.raises(BadInput, match=told):
        geocode_evaluation.evaluate_file(tx, EVERYTHING, tmp_path / "cases.csv", compare)
