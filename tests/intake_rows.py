"""Mixed rows of a hotline for the drawn office: every way in which a row can come."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from office import lonlat, write_csv

from gridmap.services.intake_places import TextPlace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = ["工单编号", "诉求标题", "诉求内容", "事发地址", "来电号码", "来电时间", "经度", "纬度", "误差"]
WAYS = ("point", "address", "both", "neither", "disagree", "repeated", "bad")
WIDTH, HEIGHT = 700, 300  # metres of the drawing
DOORS = 70  # doors of 人民路, every ten metres of the middle line


def door(number: int) -> tuple[float, float]:
    """Where a door of the only road is, metres of the drawing."""
    return 5.0 + 10.0 * (number - 1), 150.0


def gazetteer(texts: Sequence[str]) -> list[TextPlace | None]:
    """Find doors of 人民路 and nothing else."""
    found: list[TextPlace | None] = []
    for text in texts:
        number = text.partition("人民路")[2].partition("号")[0]
        place = None
        if number.isdigit() and 1 <= int(number) <= DOORS:
            place = TextPlace(*lonlat(*door(int(number))), radius=3.0, words="定位到楼栋")
        found.append(place)
    return found


@dataclass(frozen=True)
class Mixed:
    """A sheet, and how many rows of each way are in it."""

    path: Path
    counts: dict[str, int]
    numbers: list[str]


def write_mixed(path: Path, count: int, seed: int = 7) -> Mixed:
    """Write rows of every way, in a random order."""
    rng = random.Random(seed)  # noqa: S311 -- the same rows each time
    counts = dict.fromkeys(WAYS, 0)
    rows: list[list[object]] = []
    numbers: list[str] = []
    for index in range(count):
        way = rng.choices(WAYS, (30, 30, 20, 8, 6, 3, 3))[0] if numbers else "point"
        counts[way] += 1
        rows.append(_row(rng, way, f"RX{index:06d}", numbers))
    return Mixed(write_csv(path, HEADER, rows), counts, numbers)


def _row(rng: random.Random, way: str, number: str, numbers: list[str]) -> list[object]:
    at = rng.randint(1, DOORS)
    x, y = door(at)
    if way == "point":
        x, y = rng.uniform(0, WIDTH), rng.uniform(0, HEIGHT)
    elif way == "disagree":
        y += 100
    address = f"人民路{at}号" if way in {"address", "both", "disagree"} else ""
    place: list[object] = ["", ""]
    if way in {"point", "both", "disagree", "repeated"}:
        place = [f"{value:.10f}" for value in lonlat(x, y)]
    if way == "bad":
        place = ["东边", "北边"]
    if way == "repeated":
        number = rng.choice(numbers)
    elif way != "bad":
        numbers.append(number)
    text = f"来电人住解放路9号，反映人民路{at}号门口积水" if way == "address" else "门口积水"
    return [number, "积水", text, address, "19900001234", "2026-03-02 09:30", *place, 5]
