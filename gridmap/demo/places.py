"""Shops, organisations, social organisations and key places, and which of them a dedicated grid lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.demo import names
from gridmap.demo.buildings import NONE
from gridmap.demo.people import pick_exactly
from gridmap.demo.town import Layer, Size, Use, column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.demo.place import Place

_REACH = 120.0  # metres from a dedicated grid to the fronts that it lists


@dataclass(frozen=True)
class Listing:
    """A building on the inclusion list of a dedicated grid, by floors."""

    grid: int
    building: int
    floor_from: int
    floor_to: int


def listings(rng: np.random.Generator, place: Place) -> list[Listing]:
    """Let markets and office towers list the shop floors of some fronts near them, in the same community."""
    made, land = place.buildings, place.land
    fronts = np.flatnonzero(made.way != NONE)
    taken: set[int] = set()
    found = []
    for grid in np.flatnonzero(land.site_of_grid >= 0).tolist():
        if land.blocks.sites[land.site_of_grid[grid]].kind not in {"商圈市场", "商务楼宇"}:
            continue
        near = shapely.distance(made.shape[fronts], land.grids.shape[grid])
        same = land.communities.of_block[made.block[fronts]] == land.community_of_grid[grid]
        general = land.site_of_grid[land.grids.of_block[made.block[fronts]]] < 0
        wanted = [
            int(b)
            for b in fronts[np.argsort(near, kind="stable")]
            if b not in taken and (near[fronts == b] < _REACH).all() and (same & general)[fronts == b].all()
        ]
        for building in wanted[: int(rng.integers(1, 4))]:
            taken.add(building)
            top = 1 if made.kind[building] == "mixed" else int(made.floors[building])
            found.append(Listing(grid, building, 1, top))
    return found


def _true_grid(
    place: Place, listed: list[Listing], building: NDArray[np.int64], floor: NDArray[np.int64]
) -> NDArray[Any]:
    """Give the grid of subjects in buildings: that which lists their floor, else that of the land."""
    grid = place.grid(place.buildings.block[building])
    for entry in listed:
        mine = (building == entry.building) & (floor >= entry.floor_from) & (floor <= entry.floor_to)
        grid[mine] = place.land.grids.code[entry.grid]
    return column(grid)


def _slots(place: Place, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Find places for shops: along the ground floor of every front, in market halls, and upstairs if it takes that."""
    made = place.buildings
    halls = np.flatnonzero(made.kind == "商圈市场")
    fronts = np.flatnonzero(made.way != NONE)
    for floors in range(1, 6):
        building, floor, u = [], [], []
        for index in np.concatenate((fronts, halls)).tolist():
            top = min(int(made.floors[index]), floors) if made.kind[index] != "mixed" else 1
            count = max(1, int(made.box[index, 3] / 4.3))
            for level in range(1, top + 1):
                building += [index] * count
                floor += [level] * count
                u += ((np.arange(count) + 0.5) / count - 0.5).tolist()
        if len(building) >= 1.03 * wanted:
            break
    return np.array(building), np.array(floor), np.array(u)


def shops(rng: np.random.Generator, place: Place, size: Size, listed: list[Listing]) -> Layer:
    """Open the shops: all, surveyed, with a frontage duty and signed are met exactly."""
    building, floor, u = _slots(place, size.shops)
    chosen = np.sort(rng.permutation(len(building))[: size.shops])
    building, floor, u = building[chosen], floor[chosen], u[chosen]
    count = len(building)
    across = rng.uniform(-0.34, -0.24, count)
    xy = place.within(building, u, across)
    shares = np.array(list(names.SHOP_SHARES.values()))
    kind = rng.choice(len(shares), count, p=shares / shares.sum())
    words = list(names.SHOP_ENDINGS.items())
    what = [words[k][1][int(rng.integers(0, len(words[k][1])))] for k in kind]
    stem = names.pick(rng, names.SHOP_STEMS, count)
    within = np.zeros(count, dtype=np.int64)
    last = -1
    for row, index in enumerate(building.tolist()):
        within[row] = 1 if index != last else within[row - 1] + 1
        last = index
    base = np.array(place.street_addresses(building), dtype=object)
    address = [f"{a}附{n}号" if n > 1 else a for a, n in zip(base, within, strict=True)]
    duty = np.full(count, None, dtype=object)
    ground = np.flatnonzero((floor == 1) & (place.buildings.way[building] != NONE))
    units = rng.permutation(ground)[: size.frontage_units]
    duty[units] = True
    duty[units[size.frontage_signed :]] = False
    grid = _true_grid(place, listed, building, floor)
    return Layer(
        "shops",
        {
            "code": column(f"S{number:05d}" for number in range(1, count + 1)),
            "name": column(f"示范{a}{b}" for a, b in zip(stem, what, strict=True)),
            "category": column(words[k][0] for k in kind),
            "address": column(address),
            "community": column(place.community(place.buildings.block[building])),
            "building": column(place.building_code[building]),
            "floor": column(floor),
            "contact": column(names.people(rng, count)),
            "phone": column(names.phones(rng, count)),
            "surveyed": column(
                pick_exactly(rng, place.land.grids.of_block[place.buildings.block[building]], size.shops_surveyed, 0.6)
            ),
            "signed": duty,
            "accuracy": column(np.full(count, 3.0)),
        },
        points=xy,
        grid=grid,
    )


def _sited(place: Place, building: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    count = len(building)
    return place.within(building, rng.uniform(-0.3, 0.3, count), rng.uniform(-0.3, 0.3, count))


def _bodies(
    rng: np.random.Generator,
    place: Place,
    listed: list[Listing],
    building: NDArray[np.int64],
    *,
    kind: str,
    letter: str,
    kinds: Mapping[str, tuple[str, ...]],
) -> Layer:
    """Make organisations or social organisations in the given buildings, on any of their floors."""
    count = len(building)
    words = list(kinds.items())
    which = rng.integers(0, len(words), count)
    floor = rng.integers(1, np.maximum(place.buildings.floors[building], 1) + 1)
    stem = names.pick(rng, names.SHOP_STEMS, count)
    ending = [words[k][1][int(rng.integers(0, len(words[k][1])))] for k in which]
    return Layer(
        kind,
        {
            "code": column(f"{letter}{number:04d}" for number in range(1, count + 1)),
            "name": column(f"示范{one}{word}" for one, word in zip(stem, ending, strict=True)),
            "category": column(words[k][0] for k in which),
            "address": column(place.addresses(building)),
            "community": column(place.community(place.buildings.block[building])),
            "building": column(place.building_code[building]),
            "floor": column(floor),
            "contact": column(names.people(rng, count)),
            "phone": column(names.phones(rng, count)),
            "accuracy": column(np.full(count, 5.0)),
        },
        points=_sited(place, building, rng),
        grid=_true_grid(place, listed, building, floor),
    )


def organisations(rng: np.random.Generator, place: Place, size: Size, listed: list[Listing]) -> Layer:
    """Settle the organisations in office towers, factories and commercial buildings."""
    kind = place.buildings.kind
    offices = np.flatnonzero(np.isin(kind, (Use.COMMERCIAL, Use.INDUSTRY, "商务楼宇", "企业园区", "医院")))
    building = np.sort(rng.choice(offices, size.organisations, replace=len(offices) < size.organisations))
    return _bodies(rng, place, listed, building, kind="organisations", letter="G", kinds=names.ORGANISATIONS)


def social_organisations(rng: np.random.Generator, place: Place, size: Size, listed: list[Listing]) -> Layer:
    """Settle the social organisations in flats and shop fronts."""
    homes = np.flatnonzero(np.isin(place.buildings.kind, ("flats", "mixed", "shops")))
    building = np.sort(rng.choice(homes, size.social_organisations, replace=False))
    layer = _bodies(
        rng, place, listed, building, kind="social_organisations", letter="H", kinds=names.SOCIAL_ORGANISATIONS
    )
    grids = place.land.grids.of_block[place.buildings.block[building]]
    surveyed = pick_exactly(rng, grids, size.social_surveyed, 0.4)
    return Layer(layer.kind, {**layer.columns, "surveyed": column(surveyed)}, points=layer.points, grid=layer.grid)


def _key_buildings(rng: np.random.Generator, place: Place, category: str, count: int) -> list[tuple[int, str]]:
    """Choose the buildings of the key places of one category, and name them."""
    made, blocks = place.buildings, place.land.blocks
    if category in {"学校", "市场"}:
        wanted = "学校" if category == "学校" else "商圈市场"
        grids = [
            g
            for g in np.flatnonzero(place.land.site_of_grid >= 0)
            if blocks.sites[place.land.site_of_grid[g]].kind == wanted
        ]
        found = []
        for grid in grids[:count]:
            inside = np.flatnonzero(place.land.grids.of_block[made.block] == grid)
            found.append((int(inside[0]), blocks.sites[place.land.site_of_grid[grid]].name))
        return found
    pools = {"加油站": ("shops",), "企业": (Use.INDUSTRY, "企业园区"), "商超娱乐": (Use.COMMERCIAL, "shops")}
    words = {
        "加油站": ("加油站",),
        "企业": ("机械厂", "纺织厂", "食品厂", "建材厂", "化工公司", "仓储公司", "电子厂", "印刷厂"),
        "商超娱乐": ("超市", "影城", "商场", "歌城", "健身馆"),
    }[category]
    chosen = rng.choice(np.flatnonzero(np.isin(made.kind, pools[category])), count, replace=False)
    return [
        (int(b), f"示范{names.SHOP_STEMS[int(rng.integers(0, len(names.SHOP_STEMS)))]}{words[i % len(words)]}")
        for i, b in enumerate(np.sort(chosen))
    ]


def key_places(rng: np.random.Generator, place: Place, size: Size, listed: list[Listing]) -> Layer:
    """Mark the key places: filling stations, schools, markets, factories and companies, shops, compounds."""
    found: list[tuple[int, str, str]] = []
    for category, count in size.key_places.items():
        if category == "小区":
            largest = np.argsort(-np.bincount(place.buildings.compound + 1, place.buildings.homes)[1:], kind="stable")
            for compound in np.sort(largest[:count]).tolist():
                mine = np.flatnonzero((place.buildings.compound == compound) & (place.buildings.homes > 0))
                found.append((int(mine[0]), str(place.compound_name[compound]), category))
            continue
        found += [(building, name, category) for building, name in _key_buildings(rng, place, category, count)]
    building = np.array([index for index, _, _ in found])
    floor = np.ones(len(found), dtype=np.int64)
    return Layer(
        "key_places",
        {
            "code": column(f"K{number:04d}" for number in range(1, len(found) + 1)),
            "name": column(name for _, name, _ in found),
            "category": column(category for _, _, category in found),
            "address": column(place.addresses(building)),
            "community": column(place.community(place.buildings.block[building])),
            "building": column(place.building_code[building]),
            "floor": column(floor),
            "contact": column(names.people(rng, len(found))),
            "phone": column(names.phones(rng, len(found))),
            "accuracy": column(np.full(len(found), 5.0)),
        },
        points=_sited(place, building, rng),
        grid=_true_grid(place, listed, building, floor),
    )
