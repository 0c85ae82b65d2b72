"""Party organisations: a committee in each community, a branch in every grid, groups in the larger ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from gridmap.demo import names
from gridmap.demo.town import Layer, column, on_grid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gridmap.demo.place import Place
    from gridmap.demo.places import Listing

_MOST_GROUPS = 3
_HOMES_OF_A_GROUP = 220  # households for whom a branch has a group of its own
_JOINT = {"商圈市场", "商务楼宇", "企业园区"}  # of many small employers: they share a branch


def organisations(rng: np.random.Generator, place: Place, listed: list[Listing]) -> Layer:
    """Settle the party organisations: 党委 of the communities, 党支部 and 联合党支部 of the grids, 党小组 below them.

    Every grid has one at least. They meet in buildings; where a grid has none, on its land.
    """
    land, made = place.land, place.buildings
    taken = {entry.building for entry in listed}  # these are divided between two grids by floors
    of_building = land.grids.of_block[made.block]
    free = np.array([index not in taken for index in range(len(made))])
    rows: list[tuple[int, str, str]] = []
    for community, name in enumerate(land.communities.name):
        grids = np.flatnonzero(land.community_of_grid == community)
        general = grids[land.site_of_grid[grids] < 0]
        rows.append((int(general[0]), f"{name}党委", "党委"))
        rows += [row for grid in grids.tolist() for row in _of_grid(place, grid, of_building)]
    grid = np.array([row[0] for row in rows])
    building = [_meeting_place(rng, np.flatnonzero(free & (of_building == each))) for each in grid]
    where = [_beneath(rng, place, each, index) for each, index in zip(grid.tolist(), building, strict=True)]
    count = len(rows)
    community_code = np.array(land.communities.code, dtype=object)[land.community_of_grid[grid]]
    return Layer(
        "party_organisations",
        {
            "code": column(f"DZ{number:04d}" for number in range(1, count + 1)),
            "name": column(name for _, name, _ in rows),
            "category": column(category for _, _, category in rows),
            "address": column(None if index is None else place.addresses([index])[0] for index in building),
            "community": column(community_code),
            "building": column(None if index is None else place.building_code[index] for index in building),
            "floor": column(None if index is None else 1 for index in building),
            "contact": column(names.people(rng, count)),
            "phone": column(names.phones(rng, count)),
            "members": column(_members(rng, [category for _, _, category in rows])),
            "accuracy": column(np.full(count, 5.0)),
        },
        points=np.concatenate(where),
        grid=column(np.array(land.grids.code, dtype=object)[grid]),
    )


def _of_grid(place: Place, grid: int, of_building: NDArray[np.int64]) -> list[tuple[int, str, str]]:
    """Name the branch of a grid, and its groups."""
    land = place.land
    if land.site_of_grid[grid] >= 0:
        site = land.blocks.sites[land.site_of_grid[grid]]
        kind = "联合党支部" if site.kind in _JOINT else "党支部"
        return [(grid, f"{site.name}{kind}", kind)]
    name = f"{land.grids.name[grid]}党支部"
    homes = int(place.buildings.homes[of_building == grid].sum())
    groups = min(_MOST_GROUPS, homes // _HOMES_OF_A_GROUP)
    numbered = [names.chinese_number(number) for number in range(1, groups + 1)]
    return [(grid, name, "党支部"), *((grid, f"{name}第{number}党小组", "党小组") for number in numbered)]


def _meeting_place(rng: np.random.Generator, buildings: NDArray[np.int64]) -> int | None:
    return int(rng.choice(buildings)) if len(buildings) else None


def _beneath(rng: np.random.Generator, place: Place, grid: int, building: int | None) -> NDArray[np.float64]:
    """Give the point (1, 2) of an organisation: in its building, or in the middle of its grid."""
    if building is None:
        return on_grid(shapely.get_coordinates(shapely.point_on_surface(place.land.grids.shape[grid])))
    across = rng.uniform(-0.3, 0.3, (2, 1))
    return place.within(np.array([building]), across[0], across[1])


def _members(rng: np.random.Generator, categories: list[str]) -> list[int]:
    """Draw how many members each has; a committee is told by its nine seats, a branch by three people at least."""
    ranges = {"党委": (7, 10), "党支部": (12, 51), "联合党支部": (5, 31), "党小组": (3, 12)}
    return [int(rng.integers(*ranges[category])) for category in categories]
