"""What a grid of the drawn office has: two compounds, some households, shops and incidents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import shapely
from ascii_art import polygons
from office import COMMUNITY_OF, code, load, lonlat, open_office, to_lonlat, write_csv, write_geojson

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.storage.database import Database

HOUSEHOLDS = [  # code, compound, building, unit, room, surveyed, x, y
    ("H1", "C1", "B10", "1", "101", "是", 20, 280),
    ("H2", "C1", "B2", "2", "201", "否", 30, 280),
    ("H3", "C1", "B2", "1", "301", "是", 40, 280),
    ("H4", "C1", "B2", "1", "1001", "否", 40, 280),
    ("H5", "C2", "B3", "1", "101", "是", 60, 280),
    ("H6", "", "", "", "", "否", 80, 280),
    ("H7", "C2", "B3", "1", "102", "是", 350, 50),  # in C
]


def fill_office(database: Database, folder: Path) -> None:
    """Import the drawn boundaries and the records."""
    open_office(database, folder)
    drawn = polygons("XY\n..\n..\n..\n..\n..", 48.0)
    compounds = [(to_lonlat(drawn["X"]), {"code": "C1", "name": "甲苑"})]
    compounds += [(to_lonlat(drawn["Y"]), {"code": "C2", "name": "乙苑"})]
    for shape in compounds:
        shape[1]["community"] = code("A", COMMUNITY_OF)
    load(database, "compounds", write_geojson(folder / "compounds.geojson", compounds))
    buildings = [
        (to_lonlat(shapely.box(x, 270, x + 5, 290)), {"code": number, "name": name, "compound": compound})
        for x, number, name, compound in (
            (20, "B10", "甲苑10栋", "C1"),
            (30, "B2", "甲苑2栋", "C1"),
            (60, "B3", "3栋", "C2"),
        )
    ]
    load(database, "buildings", write_geojson(folder / "buildings.geojson", buildings))
    header = [
        "户编号",
        "户主",
        "联系电话",
        "地址",
        "小区",
        "楼栋",
        "单元",
        "房号",
        "居住人数",
        "已摸排",
        "经度",
        "纬度",
    ]
    rows = [
        (number, "张示范", "19900001234", f"示范街道示范路{number}", compound, building, unit, room, 3, surveyed,
         *(f"{value:.10f}" for value in lonlat(x, y)))
        for number, compound, building, unit, room, surveyed, x, y in HOUSEHOLDS
    ]  # fmt: skip
    load(database, "households", write_csv(folder / "households.csv", header, rows))
    shops = [
        ("S1", "甲店", "餐饮", "示范街道示范路1号", "李例", "19900005678", "是", *lonlat(20, 220)),
        ("S2", "乙店", "零售", "示范街道示范路2号", "", "", "否", *lonlat(25, 220)),
    ]
    header = ["编号", "名称", "类别", "地址", "联系人", "联系电话", "已摸排", "经度", "纬度"]
    load(database, "shops", write_csv(folder / "shops.csv", header, shops))
    now = datetime.now(UTC)
    incidents = [
        ("E1", "已结案", now - timedelta(days=9), *lonlat(10, 210)),
        ("E2", "处置中", now + timedelta(days=9), *lonlat(10, 210)),
        ("E3", "待受理", now - timedelta(days=1), *lonlat(10, 210)),
        ("E4", "待受理", now - timedelta(days=1), *lonlat(350, 50)),
    ]
    header = ["工单号", "标题", "状态", "办理期限", "诉求人", "联系电话", "经度", "纬度"]
    load(database, "incidents", write_csv(folder / "incidents.csv", header, [
        (number, f"事由{number}", state, until.strftime("%Y-%m-%d %H:%M"), "王示", "19900009999", lon, lat)
        for number, state, until, lon, lat in incidents
    ]))  # fmt: skip
