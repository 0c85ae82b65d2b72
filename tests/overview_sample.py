"""A made-up sub-district for the tests of pages: blocks between curved streets, grids, buildings, points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import shapely
from shapely import LineString, Polygon, box

from gridmap.model.land import GridKind
from gridmap.services.overview_values import (
    MEASURES,
    BaseLayer,
    CommunityOnMap,
    GridOnMap,
    Overview,
    PointLayer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COLUMNS, ROWS, STEP = 16, 9, 280.0  # cells, and metres between streets
COMMUNITIES = ("解放路", "滨江", "新洲", "钟楼", "东湖", "长青", "和平", "民主", "花园", "工业路", "北站", "南门")
STREETS_ACROSS = (
    "滨江大道",
    "长乐街",
    "和平路",
    "解放路",
    "钟楼西街",
    "新洲街",
    "花园路",
    "民主路",
    "宝岗路",
    "北站路",
)
STREETS_ALONG = (
    "江汉大道",
    "东一巷",
    "工业路",
    "书院街",
    "南门大街",
    "青云路",
    "东湖大道",
    "柳巷",
    "文昌路",
    "学府路",
    "北环路",
    "站前街",
    "迎宾大道",
    "桥东路",
    "水荫路",
    "云景路",
    "江泰路",
)
LEVELS = ("主干路", "支路", "次干路", "支路")
_ORIGIN = (113.262, 23.118)
_METRES = (111_320.0 * np.cos(np.radians(_ORIGIN[1])), 110_760.0)
_SHARES = {
    "households": 0.86,
    "shops": 0.1,
    "organisations": 0.02,
    "social_organisations": 0.006,
    "party_organisations": 0.002,
    "key_places": 0.004,
}


def _warp(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bend the straight streets a little, the same for every layer, and go to degrees."""
    x, y = xy[:, 0], xy[:, 1]
    bent = np.column_stack(
        [x + 95 * np.sin(y / 620) + 40 * np.sin(x / 410), y + 110 * np.sin(x / 830) + 45 * np.cos(y / 530)]
    )
    return np.round(np.asarray(_ORIGIN) + bent / _METRES, 9)


def _place(shapes: Sequence[shapely.Geometry], longest: float = 60.0) -> tuple[shapely.Geometry, ...]:
    return tuple(shapely.transform(shapely.segmentize(np.array(shapes, dtype=object), longest), _warp))


def _cell(column: int, row: int) -> Polygon:
    return box(column * STEP, row * STEP, (column + 1) * STEP, (row + 1) * STEP)


def _community_of(column: int, row: int) -> int:
    return (row * 3 // ROWS) * 4 + column * 4 // COLUMNS


def _land() -> tuple[list[Polygon], list[GridKind], list[int]]:
    """Grids of one to three cells; some have a dedicated grid as a hole."""
    shapes: list[Polygon] = []
    kinds: list[GridKind] = []
    owners: list[int] = []
    free = {(column, row) for row in range(ROWS) for column in range(COLUMNS)}
    for row in range(ROWS):
        for column in range(COLUMNS):
            if (column, row) not in free:
                continue
            turn = (5 * row + 3 * column + row * column) % 7
            wanted = [(0, 0), (1, 0)] if turn in {0, 3} else [(0, 0), (0, 1)] if turn == 5 else [(0, 0)]
            cells = [(column + x, row + y) for x, y in wanted]
            owner = _community_of(column, row)
            cells = [cell for cell in cells if cell in free and _community_of(*cell) == owner]
            free -= set(cells)
            whole = shapely.union_all([_cell(*cell) for cell in cells])
            owners.append(owner)
            kinds.append(GridKind.GENERAL)
            if turn in {2, 3}:
                west, south, _, _ = _cell(column, row).bounds
                inner = box(west + 90, south + 80, west + 190, south + 195)
                shapes += [whole.difference(inner), inner]
                owners.append(owner)
                kinds.append(GridKind.DEDICATED)
            else:
                shapes.append(whole)
    return shapes, kinds, owners


def _buildings() -> list[Polygon]:
    return [
        box(x, y, x + 52, y + 14)
        for row in range(ROWS)
        for column in range(COLUMNS)
        for x in column * STEP + np.array([36.0, 104.0, 172.0])
        for y in row * STEP + np.arange(45.0, STEP - 50, 34.0)
    ]


def _roads() -> tuple[list[LineString], list[str], list[str]]:
    across = [LineString([(-150, row * STEP), (COLUMNS * STEP + 150, row * STEP)]) for row in range(ROWS + 1)]
    along = [LineString([(column * STEP, -150), (column * STEP, ROWS * STEP + 150)]) for column in range(COLUMNS + 1)]
    lanes = [
        LineString([(column * STEP, (row + 0.5) * STEP), ((column + 1) * STEP, (row + 0.5) * STEP)])
        for row in range(ROWS)
        for column in range(COLUMNS)
        if (row + column) % 3 == 0
    ]
    names = [*STREETS_ACROSS, *STREETS_ALONG, *("" for _ in lanes)]
    levels = [LEVELS[index % 4] for index in range(len(across))] + [LEVELS[index % 4] for index in range(len(along))]
    return [*across, *along, *lanes], names, [*levels, *("巷" for _ in lanes)]


def _base() -> tuple[BaseLayer, ...]:
    roads, names, levels = _roads()
    river = box(-400, -330, COLUMNS * STEP + 400, -60)
    pond = Polygon([(1500, 1460), (1640, 1420), (1690, 1530), (1560, 1620), (1480, 1560)])
    railway = LineString([(-300, ROWS * STEP + 70), (COLUMNS * STEP + 300, ROWS * STEP + 70)])
    compounds = [
        box(column * STEP + 22, row * STEP + 22, (column + 1) * STEP - 22, (row + 1) * STEP - 22)
        for row in range(ROWS)
        for column in range(COLUMNS)
        if (row + column) % 2
    ]
    buildings = _buildings()
    return (
        BaseLayer("roads", tuple(names), _place(roads), tuple(levels)),
        BaseLayer("waters", ("珠江支流", "东湖"), _place([river, pond])),
        BaseLayer("railways", ("",), _place([railway])),
        BaseLayer(
            "compounds", tuple(f"{COMMUNITIES[i % 12]}花园{i}期" for i in range(len(compounds))), _place(compounds)
        ),
        BaseLayer("buildings", tuple("" for _ in buildings), _place(buildings)),
    )


def _points(count: int, shapes: NDArray[np.object_], seed: int) -> tuple[PointLayer, ...]:
    """Points stacked at buildings, as households are, and the grid that each lies in."""
    rng = np.random.default_rng(seed)
    doors = shapely.get_coordinates(shapely.centroid(np.array(_buildings(), dtype=object)))
    weights = rng.gamma(0.8, size=len(doors))
    tree = shapely.STRtree(shapes)
    layers = []
    wanted = {kind: int(count * share) for kind, share in _SHARES.items()} | {"incidents": max(count // 150, 1)}
    for kind, number in wanted.items():
        chosen = rng.choice(len(doors), size=number, p=weights / weights.sum())
        entrance = rng.integers(0, 3, size=number) * 17.0 - 17.0
        spread = 0.0 if kind == "households" else 9.0
        xy = doors[chosen] + np.column_stack([entrance, np.zeros(number)]) + rng.normal(scale=spread, size=(number, 2))
        lonlat = _warp(np.clip(xy, 1, (COLUMNS * STEP - 1, ROWS * STEP - 1)))
        grid = np.full(number, -1, dtype=np.int64)
        point, polygon = tree.query(shapely.points(lonlat), predicate="intersects")
        grid[point] = polygon
        labels = None if kind == "households" else tuple(f"第{index}号" for index in range(number))
        layers.append(PointLayer(kind, lonlat, grid, labels))
    return tuple(layers)


def sample_overview(points: int = 20_000, seed: int = 7) -> Overview:
    """Make up about a hundred grids in twelve communities, and so many points."""
    cells, kinds, owners = _land()
    shapes = np.array(_place(cells), dtype=object)
    layers = _points(points, shapes, seed)
    numbers = [
        {layer.kind: int((layer.grid == index).sum()) for layer in layers}
        | {"residents": int((layers[0].grid == index).sum() * 2.6)}
        for index in range(len(shapes))
    ]
    grids = []
    used: dict[tuple[int, GridKind], int] = {}
    for index, (kind, owner) in enumerate(zip(kinds, owners, strict=True)):
        place = used[owner, kind] = used.get((owner, kind), 0) + 1
        short = f"{place:02d}" if kind is GridKind.GENERAL else f"专{place}"
        grids.append(
            GridOnMap(
                id=UUID(int=index + 1),
                code=f"440106001{owner + 1:03d}{place + (500 if kind is GridKind.DEDICATED else 0):03d}",
                name=f"{COMMUNITIES[owner]}社区第{place:02d}网格"
                if kind is GridKind.GENERAL
                else f"{COMMUNITIES[owner]}社区专属网格{place}",
                short=short,
                kind=kind,
                community_code=f"440106001{owner + 1:03d}",
                worker="张**",
                four_limits="东至江汉大道，南至滨江大道，西至书院街，北至和平路",
                shape=shapes[index],
                numbers=numbers[index],
            )
        )
    communities = tuple(
        CommunityOnMap(
            code=f"440106001{owner + 1:03d}",
            name=f"{name}社区",
            section=f"第{owner // 4 + 1}片区",
            four_limits="东至东湖大道，南至滨江大道，西至江汉大道，北至北站路",
            shape=None,
            numbers={
                key: sum(numbers[i].get(key, 0) for i in range(len(owners)) if owners[i] == owner)
                for key, _ in MEASURES
            },
        )
        for owner, name in enumerate(COMMUNITIES)
    )
    return Overview(
        title="示范街道一张图",
        subdistrict_code="440106001",
        subdistrict_name="示范街道",
        plan="2025年网格划分方案",
        as_of=date(2025, 6, 30),
        made_on=date(2025, 7, 1),
        maker="示范街道办事处",
        communities=communities,
        grids=tuple(grids),
        base=_base(),
        points=layers,
        totals={key: sum(one.get(key, 0) for one in numbers) for key, _ in MEASURES},
        unassigned={"households": 12, "incidents": 3},
        demonstration=True,
    )


# Each runs code or stops the page in some sink of a plain Folium map; `window.__ran` tells.
PAYLOADS = (
    "<img src=x onerror=window.__ran=1>",
    "<svg/onload=window.__ran=1>",
    "${window.__ran=1}",
    "`+(window.__ran=1)+`",
    "\\`+(window.__ran=1)+\\`",
    "</script><script>window.__ran=1</script>",
    "<!--<script>window.__ran=1",
    "</title></style></textarea><script>window.__ran=1</script>",
    "C:\\path\\2019\\u0041",
    "'\"><b onmouseover=window.__ran=1>",
    "{{ 7*7 }}{% raw %}{# x #}",
    "行一\u2028行二\u2029\r\n行三",
    "\u202e网格倒写\u202c",
    "javascript:window.__ran=1",
    "&lt;img src=x onerror=window.__ran=1&gt;",
    "\u0000\ufffe\u200b零宽",
    "😀网格" * 12,
)


def hostile_overview(points: int = 3_000) -> Overview:
    """The sample with hostile text in every field that holds text."""
    data = sample_overview(points)
    evil = (PAYLOADS * 20).__getitem__
    return replace(
        data,
        title=evil(0) + evil(2),
        subdistrict_name=evil(1),
        plan=evil(2) + evil(3),
        maker=evil(5) + evil(7),
        communities=tuple(
            replace(each, name=evil(i), section=evil(i + 1), four_limits=evil(i + 2))
            for i, each in enumerate(data.communities)
        ),
        grids=tuple(
            replace(each, name=evil(i), short=evil(i + 3), worker=evil(i + 1), four_limits=evil(i + 2))
            for i, each in enumerate(data.grids)
        ),
        base=tuple(replace(layer, names=tuple(evil(i % 200) for i in range(len(layer.names)))) for layer in data.base),
        points=tuple(
            replace(layer, labels=layer.labels and tuple(evil(i % 200) for i in range(len(layer.labels))))
            for layer in data.points
        ),
    )
