"""Households, and the people who work for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gridmap.demo import names
from gridmap.demo.buildings import NONE
from gridmap.demo.town import Layer, Size, column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gridmap.demo.place import Place

_SIZES = np.array([0.17, 0.31, 0.27, 0.14, 0.08, 0.03])  # households of one to six


@dataclass(frozen=True)
class Homes:
    """Where households live: building, stairwell, floor, room on the floor; (H,) each."""

    building: NDArray[np.int64]
    unit: NDArray[np.int64]
    floor: NDArray[np.int64]
    room: NDArray[np.int64]


def _homes(rng: np.random.Generator, place: Place, count: int) -> Homes:
    """Choose homes among all that there are; the others stand empty."""
    made = place.buildings
    total = made.homes
    building = np.repeat(np.arange(len(made)), total)
    within = np.arange(total.sum()) - np.repeat(np.cumsum(total) - total, total)
    chosen = np.sort(rng.permutation(len(building))[:count])
    building, within = building[chosen], within[chosen]
    per_floor = (made.units * made.rooms)[building]
    rooms = made.rooms[building]
    floor = made.homes_from[building] + within // per_floor
    return Homes(building, within % per_floor // rooms + 1, floor, within % rooms + 1)


def _residents(rng: np.random.Generator, count: int, total: int) -> NDArray[np.int64]:
    """Draw sizes of households that add up to the number of residents."""
    sizes = rng.choice(np.arange(1, 7), count, p=_SIZES)
    while (missing := total - int(sizes.sum())) != 0:
        step = 1 if missing > 0 else -1
        fits = np.flatnonzero((sizes < 6) if step > 0 else (sizes > 1))
        sizes[rng.permutation(fits)[: abs(missing)]] += step
    return sizes


def pick_exactly(rng: np.random.Generator, group: NDArray[np.int64], count: int, spread: float) -> NDArray[np.bool_]:
    """Choose exactly `count` members, whole groups rather more or less than others."""
    leaning = rng.normal(0.0, spread, int(group.max()) + 2)[group]
    rank = np.argsort(leaning + rng.normal(0.0, 0.5, len(group)), kind="stable")
    chosen = np.zeros(len(group), dtype=bool)
    chosen[rank[:count]] = True
    return chosen


def households(rng: np.random.Generator, place: Place, size: Size) -> Layer:
    """Fill the homes with households: the number of residents and of those surveyed are met exactly."""
    homes = _homes(rng, place, size.households)
    made, which = place.buildings, homes.building
    count = len(which)
    units, rooms = made.units[which], made.rooms[which]
    u = (homes.unit - 0.5 + (homes.room - (rooms + 1) / 2) * 0.4 / np.maximum(rooms - 1, 1)) / units - 0.5
    xy = place.within(which, u + rng.uniform(-0.06, 0.06, count) / units, rng.uniform(-0.3, 0.3, count))
    door = homes.floor * 100 + homes.room
    house = made.kind[which] == "house"
    base = np.array(place.addresses(np.arange(len(made))), dtype=object)[which]
    tail = [
        "" if alone else f"{unit}单元{number}室" for alone, unit, number in zip(house, homes.unit, door, strict=True)
    ]
    code = [
        f"{building}-{unit}-{number}"
        for building, unit, number in zip(place.building_code[which], homes.unit, door, strict=True)
    ]
    compound = made.compound[which]
    surveyed = pick_exactly(rng, place.land.grids.of_block[made.block[which]], size.surveyed, 0.8)
    known = column([*place.compound_code, None])
    return Layer(
        "households",
        {
            "code": column(code),
            "head": column(names.people(rng, count)),
            "phone": column(names.phones(rng, count)),
            "address": column(base + np.array(tail, dtype=object)),
            "community": column(place.community(made.block[which])),
            "compound": column(known[compound]),
            "building": column(place.building_code[which]),
            "unit": column(None if alone else str(unit) for alone, unit in zip(house, homes.unit, strict=True)),
            "floor": column(homes.floor),
            "room": column(None if alone else str(number) for alone, number in zip(house, door, strict=True)),
            "residents": column(_residents(rng, count, size.residents)),
            "surveyed": column(surveyed),
            "accuracy": column(np.full(count, 3.0)),
        },
        points=xy,
        grid=column(place.grid(made.block[which])),
    )


def workers_of_grids(place: Place, size: Size, home_load: NDArray[np.int64]) -> NDArray[np.int64]:
    """Share the grids of each community among its five full-time workers, evenly by households.

    Returns
    -------
    (G,) int64
        Number of the worker, `5 * community + 0..4`.
    """
    worker = np.empty(len(home_load), dtype=np.int64)
    for community in range(size.communities):
        mine = np.flatnonzero(place.land.community_of_grid == community)
        load = np.zeros(5)
        for grid in mine[np.argsort(-home_load[mine], kind="stable")]:
            least = int(np.argmin(load))
            load[least] += home_load[grid] + 60
            worker[grid] = 5 * community + least
    return worker


_Rows = dict[str, list[Any]]


def _add(rows: _Rows, **values: Any) -> None:
    for key, value in values.items():
        rows.setdefault(key, []).append(value)


def staff(
    rng: np.random.Generator, place: Place, size: Size, worker: NDArray[np.int64]
) -> tuple[Layer, Layer, Mapping[int, str]]:
    """Staff every community 1+3+5+N: secretary, three heads of grids, five workers; heads of buildings, volunteers.

    Returns
    -------
    posts, persons : Layer
    names : mapping of int to str
        The name of each full-time worker.
    """
    posts: _Rows = {}
    persons: _Rows = {}
    grids = place.land.grids
    full_time: dict[int, str] = {}
    for community, code in enumerate(place.land.communities.code):
        titles = ["社区书记（主任）", *["网格长"] * 3, *["专职网格员"] * 5]
        for number, (title, name) in enumerate(zip(titles, names.people(rng, 9), strict=True), start=1):
            own = None
            if title == "专职网格员":
                full_time[5 * community + number - 5] = name
                duty = np.flatnonzero(worker == 5 * community + number - 5)
                own = grids.code[int(duty[0])] if len(duty) else None
            post = f"{code}P{number:02d}"
            _add(posts, code=post, title=title, community=code, grid=own)
            _person(rng, persons, name, post=post, role=title, team=None, community=code)
        party = [
            grid
            for grid in np.flatnonzero(place.land.community_of_grid == community)
            if place.land.site_of_grid[grid] < 0
        ]
        for number, grid in enumerate(party, start=10):
            _add(posts, code=f"{code}P{number:02d}", title="网格党支部书记", community=code, grid=grids.code[grid])
    _heads(rng, place, persons)
    _volunteers(rng, place, size, persons)
    return _as_layer("posts", posts), _as_layer("persons", persons), full_time


def _as_layer(kind: str, rows: _Rows) -> Layer:
    return Layer(kind, {key: column(values) for key, values in rows.items()})


def _person(rng: np.random.Generator, rows: _Rows, name: str, **values: str | None) -> None:
    number = len(rows.get("code", [])) + 1
    _add(rows, code=f"R{number:05d}", name=name, phone=f"1990000{rng.integers(0, 10_000):04d}", **values)


def _heads(rng: np.random.Generator, place: Place, rows: _Rows) -> None:
    """Give every building of a compound a head, and every stairwell of the larger ones."""
    made = place.buildings
    lived = np.flatnonzero((made.compound != NONE) & (made.homes > 0))
    codes = place.community(made.block[lived])
    for index, community in zip(lived.tolist(), codes, strict=True):
        name = str(names.people(rng, 1)[0])
        _person(rng, rows, name, post=None, role="楼栋长", team=str(place.building_name[index]), community=community)
        for unit in range(1, int(made.units[index]) + 1 if made.units[index] > 2 else 0):
            name = str(names.people(rng, 1)[0])
            team = f"{place.building_name[index]}{unit}单元"
            _person(rng, rows, name, post=None, role="单元长", team=team, community=community)


def _volunteers(rng: np.random.Generator, place: Place, size: Size, rows: _Rows) -> None:
    codes = place.land.communities.code
    for number in range(size.volunteers):
        name = str(names.people(rng, 1)[0])
        team = f"{names.VOLUNTEER_TEAMS[number % size.teams]}志愿服务队"
        _person(rng, rows, name, post=None, role="志愿者", team=team, community=codes[number % len(codes)])
