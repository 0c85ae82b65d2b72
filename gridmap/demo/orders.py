"""Half a year of 12345 and 数字城管 as these systems export it, with the truth beside: what `gridmap intake` takes in.

Its own random numbers: the town and its year of incidents stay what they are.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gridmap import datum
from gridmap.config import data_dir
from gridmap.demo import names
from gridmap.demo.cases import working_days_later
from gridmap.demo.place import FULL_NAME
from gridmap.demo.town import on_grid
from gridmap.files.sheets import write_csv, write_xlsx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from gridmap.demo.town import Layer, Truth

FOLDER, TRUE_ORDERS = "待导入", "truth/orders.csv"
_ACCURACIES = (5, 10, 20)  # metres that handsets say
_NOISE = 2.5  # metres, standard deviation along each axis
_OPEN_DAYS = 12  # what came in later is not closed yet
_RECENT = 40  # incidents of the year that may be told once more
_POINTED = {"both", "point", "wrong", "outside"}
_ADDRESSED = {"both", "address", "again", "known"}


@dataclass(frozen=True)
class TrueOrder:
    """A row as it really is.

    Parameters
    ----------
    way : str
        How it comes, as `data/demo/orders.json` names it.
    xy : tuple of float or None
        In the plane; None for what nobody can find.
    grid : str
        Code of the grid that has it; "" outside, and where it cannot be found.
    twin : str
        Number of the row or incident that tells the same matter; "" for none.
    """

    number: str
    way: str
    xy: tuple[float, float] | None
    grid: str
    twin: str
    matter: tuple[str, str, str]
    address: str
    at: datetime
    hours: float


@dataclass(frozen=True)
class _Export:
    """A sheet that is being made: what it is, the town that it tells of, and its random numbers."""

    rng: np.random.Generator
    truth: Truth
    about: Mapping[str, Any]
    end: datetime


@cache
def _content() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((data_dir() / "demo" / "orders.json").read_text(encoding="utf-8"))
    return content


def sheets() -> list[dict[str, Any]]:
    """Read what the two systems export, from `data/demo/orders.json`."""
    read: list[dict[str, Any]] = _content()["sheets"]
    return read


def write_orders(truth: Truth, folder: Path) -> list[TrueOrder]:
    """Write both exports below a folder, and the truth of their rows (`truth/orders.csv`)."""
    end: datetime = max(truth.layers["incidents"].columns["reported_at"])
    written = []
    for number, about in enumerate(sheets()):
        export = _Export(np.random.default_rng((truth.seed, 2, number)), truth, about, end)
        orders = _orders(export)
        _write(folder / FOLDER / str(about["file"]), about, [_row(export, order) for order in orders])
        written += orders
    (folder / TRUE_ORDERS).parent.mkdir(parents=True, exist_ok=True)
    rows_of_truth = [(order.number, order.way, order.grid, order.twin) for order in written]
    write_csv(folder / TRUE_ORDERS, ["number", "way", "grid", "twin"], rows_of_truth)
    return written


def read_true_orders(folder: Path) -> dict[str, dict[str, str]]:
    """Read what `write_orders` wrote of the truth, by number."""
    with (folder / TRUE_ORDERS).open(encoding="utf-8-sig", newline="") as stream:
        return {row["number"]: row for row in csv.DictReader(stream)}


def _orders(export: _Export) -> list[TrueOrder]:
    rng, about = export.rng, export.about
    ways = [way for way, count in about["ways"].items() for _ in range(count) if way not in {"again", "known"}]
    first = [_first(export, ways[i]) for i in rng.permutation(len(ways))]
    first = [_numbered(export, order, i) for i, order in enumerate(sorted(first, key=lambda each: each.at), start=1)]
    placed = [order for order in first if order.xy and order.address]
    told = [replace(placed[i], way="again") for i in rng.permutation(len(placed))[: about["ways"]["again"]]]
    made = list(first)
    for order in [*told, *_known(export)]:
        at = min(order.at + timedelta(hours=float(rng.uniform(0.5, 20.0))), export.end)
        later = replace(order, twin=order.number, at=at)
        if about["handset"] and order.xy:  # who stands there stands somewhere else
            xy = _shifted(rng, order.xy, 3.0)
            later = replace(later, xy=xy, grid=_grid_of(export.truth, xy))
        made.append(_numbered(export, later, len(made) + 1))
    return [made[i] for i in rng.permutation(len(made))]  # exports are in no order


def _numbered(export: _Export, order: TrueOrder, place: int) -> TrueOrder:
    return replace(order, number=f"{export.about['number']}{order.at:%Y%m%d}{place:04d}")


def _first(export: _Export, way: str) -> TrueOrder:
    rng, matters = export.rng, export.about["matters"]
    group, category, words, where, hours = matters[int(rng.integers(0, len(matters)))]
    xy, address = _outside(export) if way == "outside" else _spot(export, where)
    day = export.end - timedelta(days=int(rng.integers(0, _content()["days"])))
    at = min(day.replace(hour=int(rng.integers(8, 19)), minute=int(rng.integers(0, 60))), export.end)
    lost = way == "neither"
    grid = "" if lost else _grid_of(export.truth, xy)
    return TrueOrder("", way, None if lost else xy, grid, "", (group, category, words), address, at, float(hours))


def _known(export: _Export) -> list[TrueOrder]:
    """Tell the latest incidents of the year once more, in their own words."""
    layer = export.truth.layers["incidents"]
    columns = layer.columns
    assert layer.points is not None  # noqa: S101 - incidents are points
    assert layer.grid is not None  # noqa: S101 - and are assigned
    recent = np.flatnonzero(layer.grid != "")[-_RECENT:]  # they are told in the order of their moments
    chosen = export.rng.permutation(recent)[: export.about["ways"]["known"]].tolist()
    words = zip(
        *(columns[name][chosen] for name in ("number", "category", "title", "address", "reported_at")), strict=True
    )
    return [
        TrueOrder(number, "known", (x, y), grid, "", (category, category, title), address, at, 24.0)
        for (number, category, title, address, at), (x, y), grid in zip(
            words, layer.points[chosen].tolist(), layer.grid[chosen], strict=True
        )
    ]


def _spot(export: _Export, where: str) -> tuple[tuple[float, float], str]:
    rng = export.rng
    layer = export.truth.layers[{"home": "households", "shop": "shops", "door": "house_numbers"}[where]]
    index = int(rng.integers(0, len(layer)))
    assert layer.points is not None  # noqa: S101 - all three are points
    x, y = layer.points[index].tolist()
    if where != "door":
        return (x, y), layer.columns["address"][index]
    door = f"{FULL_NAME}{layer.columns['road'][index]}{layer.columns['number'][index]}号"
    return _shifted(rng, (x, y), 4.0), door + str(rng.choice(_content()["words"]))


def _outside(export: _Export) -> tuple[tuple[float, float], str]:
    """Find a place beyond the border of the sub-district, clearly somebody else's."""
    (outline,) = _shapes(export.truth.layers["subdistricts"])
    at = outline.exterior.interpolate(float(export.rng.uniform(0, 1)), normalized=True)
    xy = shapely.get_coordinates(at)[0]
    away = xy - np.array(outline.centroid.coords[0])
    step = away / np.hypot(*away) * 60.0
    xy = xy + 2 * step
    while shapely.distance(outline, shapely.Point(xy)) < 60.0:
        xy = xy + step
    x, y = on_grid(xy).tolist()
    return (x, y), ""


def _shapes(layer: Layer) -> NDArray[Any]:
    assert layer.shapes is not None  # noqa: S101 - areas have them
    return layer.shapes


def _grid_of(truth: Truth, xy: tuple[float, float]) -> str:
    layer = truth.layers["grids"]
    index = np.flatnonzero(shapely.intersects(_shapes(layer), shapely.Point(xy)))
    return min(layer.columns["code"][index], default="")


def _shifted(rng: np.random.Generator, xy: tuple[float, float], sigma: float) -> tuple[float, float]:
    x, y = on_grid(np.array(xy) + rng.normal(0.0, sigma, 2).clip(-2 * sigma, 2 * sigma)).tolist()
    return x, y


def _row(export: _Export, order: TrueOrder) -> dict[str, Any]:
    """Write a row as its system does, with what its way leaves out or gets wrong."""
    group, category, words = order.matter
    address, description = _texts(export, order)
    pointed = _POINTED | ({"again", "known"} if export.about["handset"] else set())
    x, y = _position(export, order.xy) if order.xy and order.way in pointed else (None, None)
    deadline = _deadline(order)
    state, closed_at = _state(export, order, deadline)
    moment = export.about["moment"]
    return {
        "number": order.number,
        "group": group,
        "category": category,
        "title": words,
        "description": description,
        "address": address,
        "x": x,
        "y": y,
        "accuracy": None if x is None else int(export.rng.choice(_ACCURACIES)),
        "reporter": names.people(export.rng, 1)[0],
        "phone": names.phones(export.rng, 1)[0],
        "reported_at": order.at.strftime(moment),
        "return_until": working_days_later(order.at, 1).strftime(moment),
        "deadline": deadline.strftime(moment),
        "state": state,
        "closed_at": closed_at.strftime(moment) if closed_at else None,
    }


def _texts(export: _Export, order: TrueOrder) -> tuple[str, str]:
    """Return the address and the description of a row."""
    words = f"{order.matter[2]}，请尽快处理。（示范数据）"
    if order.way == "text":
        home = _spot(export, "home")[1].removeprefix(FULL_NAME)
        return "", f"市民来电：我住在{home}，反映{order.address.removeprefix(FULL_NAME)}{words}"
    if order.way == "wrong" and order.xy:
        return _elsewhere(export, order.xy), words
    return (order.address if order.way in _ADDRESSED else ""), words


def _elsewhere(export: _Export, xy: tuple[float, float]) -> str:
    """Return the address of a home far away: a slip of the pen, or the caller's."""
    while True:
        there, address = _spot(export, "home")
        if np.hypot(there[0] - xy[0], there[1] - xy[1]) > 300.0:
            return address


def _position(export: _Export, xy: tuple[float, float]) -> tuple[float, float]:
    plane = datum.Plane.from_epsg(export.truth.plane)
    lonlat = plane.unproject(np.array([_shifted(export.rng, xy, _NOISE)]))
    declared = datum.from_lonlat(lonlat, datum.parse_crs(export.about["crs"]))
    x, y = np.round(declared, export.about["decimals"])[0].tolist()
    return x, y


def _deadline(order: TrueOrder) -> datetime:
    if order.hours < 8:
        return order.at + timedelta(hours=order.hours)
    return working_days_later(order.at, round(order.hours / 8))


def _state(export: _Export, order: TrueOrder, deadline: datetime) -> tuple[str, datetime | None]:
    rng = export.rng
    if order.at > export.end - timedelta(days=_OPEN_DAYS):
        return str(rng.choice(["待受理", "已受理", "待签收", "处置中"], p=[0.4, 0.2, 0.2, 0.2])), None
    late = rng.uniform() < 0.08
    taken = (deadline - order.at) * float(rng.uniform(1.05, 1.6) if late else rng.uniform(0.1, 0.98))
    return "已结案", min(order.at + taken, export.end)


def _write(path: Path, about: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels, fields = list(about["columns"]), list(about["columns"].values())
    table = ([row[name] for name in fields] for row in rows)
    if path.suffix == ".xlsx":
        write_xlsx(path, labels, table)
        return
    with path.open("w", encoding=about["encoding"], newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(labels)
        writer.writerows(table)
