"""What a sheet is about: a sub-district, a community or a grid, with its title, its numbers and its four limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.errors import NotFound
from gridmap.model.land import GridKind
from gridmap.services.overview_values import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gridmap.services.overview_values import CommunityOnMap, GridOnMap
    from maps.printing.land import Land

_COMMUNITY_DIGITS, _GRID_DIGITS = 12, 15
_NEXT_DOOR = 3.0  # metres: borders of two offices come from two sources
# Two short lines for the head of a narrow column.
_HEADS = {
    "households": ("居民户", ""),
    "residents": ("居民", ""),
    "shops": ("沿街", "商铺"),
    "organisations": ("驻区", "单位"),
    "social_organisations": ("社会", "组织"),
    "party_organisations": ("党", "组织"),
    "key_places": ("重点", "部位"),
    "incidents": ("在办", "事件"),
}
UNITS = {"households": "户", "residents": "人", "shops": "家", "incidents": "件"}  # 个 for the others


@dataclass(frozen=True)
class Table:
    """Numbers beside the map.

    Parameters
    ----------
    heads : tuple of (str, str)
        Two lines each, for the columns after the first.
    rows : tuple of tuple of str
        The first row holds the totals.
    """

    heading: str
    first: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """What one sheet shows.

    Parameters
    ----------
    focus : tuple of int
        Grids of the land that the sheet is about; the others fade.
    area : Geometry
        Their land, metres of the plane.
    table : Table or None
        None for a single grid, which has facts.
    facts : tuple of (str, str)
        Name and value.
    limits : tuple of (str, str)
        Whose four limits, and the sentence.
    """

    title: str
    focus: tuple[int, ...]
    area: shapely.Geometry
    table: Table | None
    facts: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    grid: GridOnMap | None = None
    community: str = ""


def subject_of(land: Land, code: str | None) -> Subject:
    """Tell what a sheet is about by a code: none for the sub-district, 12 digits a community, 15 a grid.

    Raises
    ------
    NotFound
        There is no such community or grid in the plan, or the community has no grids.
    """
    if code is None:
        return _subdistrict(land)
    focus = tuple(index for index, grid in enumerate(land.grids) if code in {grid.code, grid.community_code})
    if not focus or len(code) not in {_COMMUNITY_DIGITS, _GRID_DIGITS}:
        known = ", ".join(each.code for each in land.data.communities[:3])
        raise NotFound(
            f"no community or grid {code!r} in the plan {land.data.plan}: give 12 digits of a community ({known} …) "
            "or 15 of a grid",
            code=code,
        )
    return _grid(land, focus[0]) if len(code) == _GRID_DIGITS else _community(land, code, focus)


def tail(name: str, community: str) -> str:
    """Leave of a grid's name what is not its community's: 第03网格."""
    return name.removeprefix(community) or name


def community_name(land: Land, code: str) -> str:
    """Name of a community; its code where it is not known."""
    return next((each.name for each in land.data.communities if each.code == code), code)


def number(value: int | None) -> str:
    """Write a count; a dash for what is unknown."""
    return "–" if value is None else f"{value:,}"


def _cells(numbers: Mapping[str, int]) -> tuple[str, ...]:
    return tuple(number(numbers.get(key)) for key, _ in MEASURES)


def _subdistrict(land: Land) -> Subject:
    data = land.data
    owned = [sum(grid.community_code == each.code for grid in land.grids) for each in data.communities]
    rows = [("合计", number(len(land.grids)), *_cells(data.totals))]
    rows += [
        (each.name, number(count), *_cells(each.numbers)) for each, count in zip(data.communities, owned, strict=True)
    ]
    if any(data.unassigned.values()):
        rows.append(("未落网格", "–", *_cells(data.unassigned)))
    return Subject(
        title=f"{data.subdistrict_name}网格区域分布示意图",
        focus=tuple(range(len(land.grids))),
        area=shapely.union_all(land.shapes),
        table=Table("各社区底数", "社区", (("网格", ""), *(_HEADS[key] for key, _ in MEASURES)), tuple(rows)),
        facts=(),
        limits=tuple((each.name, each.four_limits) for each in data.communities),
    )


def _community(land: Land, code: str, focus: tuple[int, ...]) -> Subject:
    data = land.data
    found: CommunityOnMap | None = next((each for each in data.communities if each.code == code), None)
    name = found.name if found else code
    grids = [land.grids[index] for index in focus]
    rows = [("合计", *_cells(found.numbers if found else {}))]
    rows += [(_listed(grid, name), *_cells(grid.numbers)) for grid in grids]
    whole = [(name, found.four_limits)] if found else []
    return Subject(
        title=f"{data.subdistrict_name}{name}网格区域分布示意图",
        focus=focus,
        area=shapely.union_all(land.shapes[list(focus)]),
        table=Table("各网格底数", "网格", tuple(_HEADS[key] for key, _ in MEASURES), tuple(rows)),
        facts=(),
        limits=(*whole, *((_listed(grid, name), grid.four_limits) for grid in grids)),
        community=code,
    )


def _listed(grid: GridOnMap, community: str) -> str:
    rest = tail(grid.name, community)
    return rest if grid.short in rest else f"{grid.short} {rest}"


def _grid(land: Land, index: int) -> Subject:
    grid = land.grids[index]
    shape = land.shapes[index]
    community = community_name(land, grid.community_code)
    counts = tuple(
        (word, f"{number(grid.numbers[key])} {UNITS.get(key, '个')}") for key, word in MEASURES if key in grid.numbers
    )
    hectares = shapely.area(shape) / 1e4
    beside = [land.grids[other] for other in sorted(land.touching[index])]
    names = "、".join(
        tail(each.name, community) if each.community_code == grid.community_code else each.name for each in beside
    )
    next_door = [name for name, area in land.beside if shapely.dwithin(area, shape, _NEXT_DOOR)]
    return Subject(
        title=f"{grid.name}区域分布示意图",
        focus=(index,),
        area=shape,
        table=None,
        facts=(
            ("网格编码", grid.code),
            ("所属社区", community),
            ("网格类型", "专属网格" if grid.kind is GridKind.DEDICATED else "综合网格"),
            ("网格员", grid.worker or "–"),
            ("面积", f"{np.round(hectares, 2):.2f} 公顷"),
            *counts,
        ),
        limits=(("四至", grid.four_limits), ("相邻网格", names), ("相邻街道", "、".join(next_door))),
        grid=grid,
        community=grid.community_code,
    )
