"""A real redistricting: Hong Kong's constituencies of 2015 and of 2019, as two plans whose areas are known by name.

Every figure stands in the README of the data, found by other means than this program.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pyogrio.raw
import pytest
import shapely
from office import load

from gridmap import runner
from gridmap.access import Scope
from gridmap.model.kinds import kind_named
from gridmap.model.land import Community, new_id
from gridmap.services.areas import add_subdistrict
from gridmap.services.plan_diff import Land, PlanDiff, diff_plans
from gridmap.services.plan_rules import check
from gridmap.storage import land, plans
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVERYTHING = Scope.everything("tester")
SUBDISTRICT = "810000001"  # stands for the whole territory; a district is a community, a constituency a grid


def coded(constituency: str) -> str:
    """A01 -> community 001, grid 001; the districts are lettered without I and O."""
    return f"{SUBDISTRICT}{ord(constituency[0]) - 64:03d}{int(constituency[1:]):03d}"


def written(path: Path, source: Path, layer: str | None = None) -> Path:
    """Give a file codes of our form; names and coordinates stay as they were delivered."""
    meta, _, shapes, fields = pyogrio.raw.read(source, layer=layer)
    values = {name: fields[place] for place, name in enumerate(meta["fields"])}
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(shapely.to_geojson(shape)),
            "properties": {"code": coded(code), "name": name},
        }
        for code, name, shape in zip(values["CACODE"], values["ENAME"], shapely.from_wkb(shapes), strict=True)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8")
    return path


@pytest.fixture(scope="module")
def territory(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """2015 in force, 2019 as a draft that knows its areas by name."""
    folder = tmp_path_factory.mktemp("hongkong")
    database = Database.create(str(folder / "hongkong.db"))
    first = written(folder / "2015.geojson", shared_data / "hongkong" / "dcca_2015.geojson")
    second = written(folder / "2019.geojson", shared_data / "hongkong" / "DCCA_2019.shp")
    with database.transaction("tester", write=True) as tx:
        owner = add_subdistrict(tx, SUBDISTRICT, "香港", 114.1)
        letters = sorted(_letters(first) | _letters(second))
        communities = [Community(new_id(), code, f"选区{code}", "", "", "", None) for code in letters]
        land.add_communities(tx, owner.id, communities)
    assert load(database, "grids", first, crs="EPSG:4326").added == 431
    request = runner.ImportRequest(kind_named("grids"), second, crs="EPSG:2326")
    made = runner.import_as_plan(database, request, "tester", "2019", "name")
    assert (made.grids, made.kept, made.new, made.retired, made.recoded) == (452, 421, 31, 10, 235)
    yield database
    database.close()


def _letters(path: Path) -> set[str]:
    return {each["properties"]["code"][:12] for each in json.loads(path.read_text("utf-8"))["features"]}


@pytest.fixture(scope="module")
def diff(territory: Database) -> PlanDiff:
    with territory.transaction("tester") as tx:
        draft, current = plans.plans_of(tx, EVERYTHING, land.subdistricts(tx, EVERYTHING)[0].id)
        return diff_plans(tx, EVERYTHING, current.id, draft.id)


def test_same_named_areas_are_told_apart_by_what_became_of_their_land(diff: PlanDiff) -> None:
    kept = [each for each in diff.grids if each.old and each.new]
    assert len(kept) == diff.summary["kept"] == 421
    found = Counter(each.land for each in kept)
    assert found[Land.SAME] + found[Land.UNCHANGED] == 180
    assert (found[Land.SLIGHTLY], found[Land.MUCH], found[Land.MOVED]) == (183, 41, 17)
    assert diff.summary["grids"]["new"] == 31
    assert diff.summary["grids"]["retired"] == 10


def test_235_change_their_code_and_stay_who_they_are(diff: PlanDiff) -> None:
    recoded = [each for each in diff.grids if each.old and each.new and each.old.code != each.new.code]
    assert len(recoded) == diff.summary["recoded"] == 235
    assert all(each.old.name == each.new.name for each in recoded if each.old and each.new)
    assert all("code" in each.changes for each in recoded)


def test_what_the_flows_take_and_give_adds_up(diff: PlanDiff) -> None:
    """Land of a grid is what it kept and what others gave: the areas of the file, to the square metre."""
    for side in ("old", "new"):
        gone: Counter[str] = Counter()
        for flow in diff.flows:
            if ref := getattr(flow, side):
                gone[ref.id] += flow.area
        for each in diff.grids:
            area = each.area_old if side == "old" else each.area_new
            if getattr(each, side) and each.land not in {Land.NEW, Land.RETIRED}:
                kept = (each.area_old + each.area_new) * each.overlap / (1 + each.overlap)
                assert kept + gone[each.id] == pytest.approx(area, abs=max(50.0, area * 1e-4)), each.id


def test_an_old_code_of_another_area_keeps_the_plan_from_taking_effect(territory: Database) -> None:
    with territory.transaction("tester") as tx:
        draft = plans.plans_of(tx, EVERYTHING, land.subdistricts(tx, EVERYTHING)[0].id)[0]
        report = check(tx, EVERYTHING, draft.id)
    assert not report.passed
    assert Counter(each.rule for each in report.findings)["code_taken"] > 235
