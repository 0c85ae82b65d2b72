"""A small gazetteer, drawn: two roads that cross, house numbers on both sides, compounds behind them."""

from __future__ import annotations

import numpy as np
from ascii_art import polygons
from shapely import LineString

from gridmap.address.gazetteer import LEVEL, Nodes
from gridmap.address.index import GazetteerIndex, index_of
from gridmap.address.names import other_names
from gridmap.services.gazetteer_sources import add_crossings, key_of_name

AREA = "示范市示范区示范街道"
SIZE = 20.0  # metres of a cell
# R: 解放路, J: 建设街 (they cross at X); A: 阳光花园, B: 碧水苑, C: 梅园新村.
DRAWN = """
    AAAA.J.BBBB
    AAAA.J.BBBB
    RRRRRXRRRRR
    .....J.....
    CCCC.J.....
"""
ROOM_COUNT = 13 * 2 * 4


def sample_nodes() -> Nodes:
    """The nodes of the drawing."""
    shapes = polygons(DRAWN, SIZE)
    west, south, east, north = (shapes["R"] | shapes["X"]).bounds
    middle = (south + north) / 2
    nodes = Nodes()
    district = nodes.add("district", "示范区", "示范")
    town = nodes.add("town", "示范街道", "示范", district, xy=(110.0, 50.0), radius=150.0)
    community = nodes.add("community", "东门社区", "东门社区", town, xy=(110.0, 50.0), radius=150.0)
    jie, xia, _, shang = shapes["J"].bounds
    axes = {
        "解放路": LineString([(west, middle), (east, middle)]),
        "建设街": LineString([(jie + 10, xia), (jie + 10, shang)]),
    }
    roads = {}
    for name, axis in axes.items():
        centre = axis.interpolate(0.5, normalized=True)
        roads[name] = nodes.add("road", name, name, xy=(centre.x, centre.y), radius=axis.length / 2)
        nodes.shapes[roads[name]] = axis
    doors = {}
    for number in (2, 4, 6, 8, 12, 14, 16, 18, 3, 5, 9, 11, 15, 17):
        side = 12.0 if number % 2 == 0 else -12.0
        xy = (west + 10.0 * number, middle + side)
        doors[number] = nodes.add("number", f"{number}号", str(number), roads["解放路"], xy=xy, radius=12.0)
    for number in (1, 2, 3, 4, 5, 6):
        xy = (jie + 10 + (12.0 if number % 2 else -12.0), xia + 12.0 * number)
        nodes.add("number", f"{number}号", str(number), roads["建设街"], xy=xy, radius=12.0)
    _compound(nodes, "阳光花园", shapes["A"], community, doors[14], range(1, 14))
    bamboo = _compound(nodes, "碧水苑", shapes["B"], community, doors[18], ())
    for part in ("一期", "二期"):
        below = nodes.add("part", part, key_of_name("part", part), bamboo, xy=(180.0, 80.0), radius=20.0)
        nodes.add("building", "2栋", "2", below, xy=(180.0, 80.0), radius=10.0)
    _compound(nodes, "梅园新村", shapes["C"], community, doors[3], range(1, 4))
    for name, door in (("三味快餐店", 12), ("如意文具店", 5), ("示范职业学校", 16)):
        nodes.add("poi", name, name, doors[door], xy=(nodes.x[doors[door]], nodes.y[doors[door]]), site=doors[door])
    add_crossings(nodes)
    for at, level in enumerate(nodes.level):
        if level in {LEVEL["community"], LEVEL["compound"], LEVEL["poi"]}:
            nodes.aliases.extend((at, other) for other in other_names(level, nodes.names[at], frozenset(("示范",))))
    return nodes


def _compound(
    nodes: Nodes, name: str, shape: object, community: int, door: int, houses: range | tuple[int, ...]
) -> int:
    bounds = np.array(shape.bounds).reshape(2, 2)  # type: ignore[attr-defined]
    middle = tuple(bounds.mean(axis=0).tolist())
    compound = nodes.add("compound", name, name, community, xy=middle, radius=45.0, site=door)
    for house in houses:
        xy = (middle[0] + 2.0 * house - 10, middle[1] + house % 3 * 5)
        building = nodes.add("building", f"{house}栋", str(house), compound, xy=xy, radius=8.0)
        for stair in (1, 2):
            unit = nodes.add("unit", f"{stair}单元", str(stair), building, xy=xy, radius=6.0)
            for room in ("101", "102", "201", "202"):
                nodes.add("room", f"{room}室", room, unit, xy=xy, radius=6.0)
    return compound


def sample_index() -> GazetteerIndex:
    """The drawing, ready for looking up."""
    return index_of(sample_nodes(), 4547)
