"""A year of incidents: where people live and trade, along the roads, some told twice and some with a wrong address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap.demo import names
from gridmap.demo.place import FULL_NAME, Place
from gridmap.demo.town import DISTRICT, ROADS, Layer, Size, column, on_grid, points_of
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAST_DAY = date(2026, 9, 30)  # unless another is asked for
DAYS = 365
SOURCES = {"12345热线": (0.44, "RX"), "数字城管": (0.29, "CG"), "网格员上报": (0.19, "WG"), "说事会": (0.08, "SS")}
_TWICE, _WRONG_ADDRESS, _OUTSIDE, _AT_NODES = 0.05, 0.03, 0.005, 0.006

_WEIGHTS = {"home": 0.13, "shop": 0.09, "road": 0.07}


@dataclass
class _Spots:
    """Where incidents happen, and the addresses that are told."""

    xy: NDArray[np.float64]
    address: NDArray[Any]


def _roadside(rng: np.random.Generator, place: Place, count: int) -> _Spots:
    """Put points on carriageways, beside the centre line, more of them near the centre."""
    net = place.land.blocks.network
    road = np.array([way.kind in ROADS for way in net.ways])[net.way]
    segments, way, lengths = net.segments[road], net.way[road], net.lengths[road]
    middle = segments.mean(axis=1)
    away = np.hypot(*(middle - np.array(place.frame.outline.centroid.coords[0])).T)
    weight = lengths * np.exp(-away / 1300.0)
    which = rng.choice(len(way), count, p=weight / weight.sum())
    begin, end = segments[which, 0], segments[which, 1]
    along = (end - begin) / np.hypot(*(end - begin).T)[:, None]
    aside = np.column_stack((-along[:, 1], along[:, 0])) * rng.choice([-1, 1], count)[:, None]
    xy = begin + (end - begin) * rng.uniform(0.1, 0.9, count)[:, None] + aside * rng.uniform(1.0, 7.0, count)[:, None]
    doors = place.doors
    at = shapely.STRtree(points_of(doors.xy)).nearest(points_of(xy))
    words = names.pick(rng, ("附近", "门口", "对面", "路段"), count)
    address = [f"{FULL_NAME}{doors.address(int(door))}{word}" for door, word in zip(at, words, strict=True)]
    return _Spots(on_grid(xy), column(address))


def _at_layer(rng: np.random.Generator, layer: Layer, count: int) -> _Spots:
    which = rng.integers(0, len(layer), count)
    assert layer.points is not None  # noqa: S101 - households and shops are points
    jitter = rng.normal(0.0, 0.4, (count, 2)).clip(-1, 1)
    return _Spots(on_grid(layer.points[which] + jitter), layer.columns["address"][which])


def _outside(rng: np.random.Generator, place: Place, count: int) -> _Spots:
    ring = place.frame.outline.exterior
    made: list[NDArray[np.float64]] = []
    while len(made) < count:
        point = ring.interpolate(float(rng.uniform(0, ring.length)))
        moved = np.array(point.coords[0]) + rng.normal(0.0, 160.0, 2)
        if shapely.distance(place.frame.outline, shapely.Point(moved)) > 40.0:
            made.append(moved)
    xy = np.array(made).reshape(-1, 2)
    return _Spots(on_grid(xy), column([f"{DISTRICT}邻界街道路口"] * count))


def _nodes(rng: np.random.Generator, place: Place, count: int) -> _Spots:
    """Put points exactly on crossings of grid borders."""
    net = place.land.blocks.network
    grid = np.append(place.land.grids.of_block, -1)
    border = (grid[net.sides[:, 0]] != grid[net.sides[:, 1]]) & (net.sides >= 0).all(axis=1)
    which = rng.choice(np.flatnonzero(border), count, replace=False)
    address = [f"{FULL_NAME}{net.ways[net.way[index]].name}" for index in which]
    return _Spots(net.segments[which, 0], column(address))


def true_grids(place: Place, xy: NDArray[np.float64]) -> NDArray[Any]:
    """Find the grid of every point by its place: the lowest code on an edge, "" outside."""
    grids = place.land.grids
    index, grid = shapely.STRtree(grids.shape).query(points_of(xy), predicate="intersects")
    lowest = np.full(len(xy), len(grids.code))
    np.minimum.at(lowest, index, grid)
    found: NDArray[Any] = column([*grids.code, ""])[lowest]
    return found


def _moments(rng: np.random.Generator, count: int, end: datetime) -> list[datetime]:
    day = rng.integers(0, DAYS, count)
    hour = np.where(rng.uniform(size=count) < 0.55, rng.normal(10.2, 1.6, count), rng.normal(16.5, 2.4, count))
    minutes = (hour.clip(6.5, 22.9) * 60).astype(int)
    first = end - timedelta(days=DAYS)
    return [first + timedelta(days=int(d), minutes=int(m)) for d, m in zip(day, minutes, strict=True)]


def working_days_later(moment: datetime, days: int) -> datetime:
    """Count working days without holidays: the demonstration knows no calendar."""
    while days > 0:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment.replace(hour=18, minute=0)


def _state(rng: np.random.Generator, moment: datetime, deadline: datetime, end: datetime) -> str:
    if deadline < end - timedelta(days=12):
        return "已结案" if rng.uniform() < 0.985 else "处置中"
    if deadline < end:
        return str(rng.choice(["已结案", "已核实", "待核实", "处置中"], p=[0.6, 0.1, 0.1, 0.2]))
    return str(rng.choice(["待受理", "已受理", "待签收", "处置中"])) if moment < end else "待受理"


@dataclass
class _Told:
    """Incidents as they are told: columns of equal length."""

    kind: list[str]
    title: list[str]
    days: list[int]
    spots: _Spots


def _first_told(rng: np.random.Generator, place: Place, homes: Layer, shops: Layer, count: int) -> _Told:
    kinds = list(names.INCIDENTS)
    weights = np.array([_WEIGHTS[names.INCIDENTS[kind][2]] for kind in kinds])
    which = rng.choice(len(kinds), count, p=weights / weights.sum())
    where = np.array([names.INCIDENTS[kinds[index]][2] for index in which])
    spots = _Spots(np.zeros((count, 2)), np.full(count, None, dtype=object))
    for word in ("home", "shop", "road"):
        mine = np.flatnonzero(where == word)
        if word == "road":
            found = _roadside(rng, place, len(mine))
        else:
            found = _at_layer(rng, homes if word == "home" else shops, len(mine))
        spots.xy[mine], spots.address[mine] = found.xy, found.address
    for share, make in ((_OUTSIDE, _outside), (_AT_NODES, _nodes)):
        mine = rng.permutation(count)[: max(1, round(share * count))]
        found = make(rng, place, len(mine))
        spots.xy[mine], spots.address[mine] = found.xy, found.address
    titles, days = [], []
    for index in which:
        words, working_days, _ = names.INCIDENTS[kinds[index]]
        titles.append(words[int(rng.integers(0, len(words)))])
        days.append(working_days)
    return _Told([kinds[index] for index in which], titles, days, spots)


def incidents(rng: np.random.Generator, place: Place, homes: Layer, shops: Layer, size: Size, last: date) -> Layer:
    """Tell the year of incidents that ends with a day; one in twenty again, by another way, a day or two later."""
    again = round(_TWICE * size.incidents)
    first = _first_told(rng, place, homes, shops, size.incidents - again)
    source = rng.permutation(len(first.title))[:again]
    index = np.concatenate((np.arange(len(first.title)), source))
    end = datetime(last.year, last.month, last.day, tzinfo=SHANGHAI) + timedelta(days=1)
    moments = _moments(rng, len(first.title), end)
    latest = end - timedelta(minutes=1)
    moments += [min(moments[i] + timedelta(hours=float(rng.uniform(1, 40))), latest) for i in source]
    xy = first.spots.xy[index].copy()
    xy[len(first.title) :] = on_grid(xy[len(first.title) :] + rng.normal(0.0, 6.0, (again, 2)))
    address = first.spots.address[index].copy()
    wrong = rng.permutation(len(index))[: round(_WRONG_ADDRESS * len(index))]
    address[wrong] = homes.columns["address"][rng.integers(0, len(homes), len(wrong))]
    order = np.array(sorted(range(len(index)), key=lambda i: (moments[i], i)))
    return _layer(rng, first, index[order], [moments[i] for i in order], xy[order], address[order], place, end)


def _layer(
    rng: np.random.Generator,
    first: _Told,
    index: NDArray[np.int64],
    moments: list[datetime],
    xy: NDArray[np.float64],
    address: NDArray[Any],
    place: Place,
    end: datetime,
) -> Layer:
    words = list(SOURCES)
    which = rng.choice(len(words), len(index), p=[share for share, _ in SOURCES.values()])
    deadline = [working_days_later(moment, first.days[i]) for moment, i in zip(moments, index, strict=True)]
    number = [
        f"{SOURCES[words[w]][1]}{moment:%y%m%d}{row:04d}"
        for row, (w, moment) in enumerate(zip(which, moments, strict=True), start=1)
    ]
    title = [first.title[i] for i in index]
    grid = true_grids(place, xy)
    community = np.array([code[:12] or None for code in grid], dtype=object)
    return Layer(
        "incidents",
        {
            "number": column(number),
            "source": column(words[w] for w in which),
            "category": column(first.kind[i] for i in index),
            "title": column(title),
            "description": column(
                f"{a.removeprefix(FULL_NAME)}，{t}，请尽快处理。（示范数据）"
                for a, t in zip(address, title, strict=True)
            ),
            "address": column(address),
            "community": community,
            "reporter": column(names.people(rng, len(index))),
            "phone": column(names.phones(rng, len(index))),
            "reported_at": column(moments),
            "state": column(_state(rng, m, d, end) for m, d in zip(moments, deadline, strict=True)),
            "deadline": column(deadline),
            "accuracy": column(rng.choice([5.0, 10.0, 20.0, 30.0], len(index))),
        },
        points=xy,
        grid=column(grid),
    )
