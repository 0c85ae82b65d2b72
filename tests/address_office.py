"""The drawn office with what addresses need: roads, house numbers, a compound with a building, homes and a shop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from office import load, lonlat, open_office, write_csv, write_geojson

from gridmap.access import Scope
from gridmap.services import gazetteer

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database


def line(*corners: tuple[float, float]) -> shapely.Geometry:
    """A line through points of the drawing."""
    return shapely.LineString([lonlat(x, y) for x, y in corners])


def box(x: float, y: float, size: float) -> shapely.Geometry:
    """A square, by its lower left corner and its side in metres."""
    return shapely.Polygon([lonlat(*each) for each in ((x, y), (x + size, y), (x + size, y + size), (x, y + size))])


def fill(database: Database, folder: Path) -> None:
    """The drawn office with two roads, house numbers, a compound with a building, households and a shop."""
    open_office(database, folder)
    roads = [
        (line((0, 150), (700, 150)), {"道路编号": "D1", "道路名称": "解放路"}),
        (line((350, 0), (350, 300)), {"道路编号": "D2", "道路名称": "建设街"}),
    ]
    load(database, "roads", write_geojson(folder / "roads.geojson", roads))
    plates = [
        ("解放路", str(number), *lonlat(50 + number * 10, 160 if number % 2 else 140))
        for number in range(1, 40)
        if number != 17
    ]
    load(database, "house_numbers", write_csv(folder / "plates.csv", ["道路", "门牌号", "经度", "纬度"], plates))
    compound = (box(120, 170, 60), {"编号": "C1", "名称": "阳光花园", "地址": "解放路11号"})
    load(database, "compounds", write_geojson(folder / "compounds.geojson", [compound]))
    building = (box(130, 180, 20), {"编号": "B3", "名称": "阳光花园3栋", "小区": "C1", "地址": "解放路11号阳光花园3栋"})
    load(database, "buildings", write_geojson(folder / "buildings.geojson", [building]))
    households = [
        (f"B3-1-{room}", f"解放路11号阳光花园3栋1单元{room}室", "C1", "B3", "1", room, *lonlat(140, 190))
        for room in ("101", "102")
    ]
    header = ["户编号", "地址", "小区编号", "楼栋编号", "单元", "室号", "经度", "纬度"]
    load(database, "households", write_csv(folder / "homes.csv", header, households))
    shops = [("S1", "示范如意文具店", "解放路5号附2号", *lonlat(100, 160))]
    load(database, "shops", write_csv(folder / "shops.csv", ["编号", "名称", "地址", "经度", "纬度"], shops))


def build_gazetteer(database: Database) -> None:
    """Bring the office's own records into its gazetteer."""
    with database.transaction("tester", write=True) as tx:
        gazetteer.build(tx, Scope.everything("tester"))
