"""Interpolation and answers on real Shanghai addresses; nothing is tuned on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gridmap.access import Scope
from gridmap.address.answer import answer
from gridmap.address.calibrate import shipped
from gridmap.address.evaluate import judge, score
from gridmap.address.fitting import left_out
from gridmap.address.gazetteer import LEVEL
from gridmap.address.interpolate import place_on
from gridmap.address.perturb import noisy
from gridmap.services import gazetteer
from gridmap.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.address.index import GazetteerIndex

AREA = "上海市黄浦区"


@pytest.fixture(scope="module")
def bund(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> GazetteerIndex:
    target = str(tmp_path_factory.mktemp("bund") / "gridmap.db")
    database = Database.create(target)
    scope = Scope.everything("tester")
    files = [
        shared_data / "shanghai_bund" / f"{name}.geojson" for name in ("roads", "house_numbers", "buildings", "places")
    ]
    with database.transaction("tester", write=True) as tx:
        report = gazetteer.build(tx, scope, files)
    assert report.by_level["number"] >= 140
    assert report.tied >= 115
    with database.transaction("tester") as tx:
        index = gazetteer.current_index(tx, scope)
    database.close()
    return index


def missed(bund: GazetteerIndex) -> dict[str, np.ndarray]:
    found: dict[str, list[float]] = {}
    for kind, _, error in left_out(bund):
        if kind.startswith("interpolated"):
            found.setdefault(kind, []).append(error)
    return {kind: np.array(errors) for kind, errors in found.items()}


def nearest_number(bund: GazetteerIndex) -> np.ndarray:
    """Return how far every number is from where the nearest other number of its street is, metres."""
    errors = []
    for road in np.flatnonzero(bund.columns["level"] == LEVEL["road"]).tolist():
        axis, (numbers, measure, offset) = bund.axis(road), bund.numbers_on(road)
        for node in bund.children(road).tolist() if axis is not None else ():
            wanted, (x, y, _) = int(bund.columns["value"][node]), bund.place(node)
            others = np.flatnonzero(numbers != wanted)
            if wanted and x == x and len(others):  # noqa: PLR0124 -- NaN
                near = others[np.argmin(np.abs(numbers[others] - wanted))]
                at = place_on(axis, float(measure[near]), float(offset[near]))
                errors.append(float(np.hypot(at[0] - x, at[1] - y)))
    return np.array(errors)


def test_interpolation_between_known_numbers_beats_the_baseline(bund: GazetteerIndex) -> None:
    errors = missed(bund)["interpolated_between"]
    generator = np.random.default_rng(7)
    draws = generator.choice(errors, (4000, len(errors)))
    medians, tails = np.median(draws, axis=1), np.quantile(draws, 0.9, axis=1)
    low, high = np.quantile(medians, (0.025, 0.975))
    print(f"n={len(errors)}: median {np.median(errors):.1f} m [{low:.1f}, {high:.1f}],", end=" ")  # noqa: T201
    print(f"p90 {np.quantile(errors, 0.9):.1f} m {np.quantile(tails, (0.025, 0.975)).round(1).tolist()}")  # noqa: T201
    assert len(errors) >= 44
    assert round(float(np.median(errors))) <= 21
    assert np.quantile(errors, 0.9) <= 43.0


def test_every_number_with_a_neighbour_is_placed(bund: GazetteerIndex) -> None:
    errors = np.concatenate(list(missed(bund).values()))
    nearest = nearest_number(bund)
    print(f"n={len(errors)}: median {np.median(errors):.1f} m, p90 {np.quantile(errors, 0.9):.1f} m;", end=" ")  # noqa: T201
    print(f"nearest number {np.median(nearest):.1f} m, {np.quantile(nearest, 0.9):.1f} m")  # noqa: T201
    assert len(errors) == len(nearest) >= 108
    assert np.median(errors) <= min(26.0, np.median(nearest) / 2)
    assert np.quantile(errors, 0.9) < np.quantile(nearest, 0.9)  # long: of many streets two numbers are known


def test_the_radius_holds_what_it_promises(bund: GazetteerIndex) -> None:
    """Nodes left out, on the half of the streets that is reported; fitted on the demonstration alone."""
    rows = list(left_out(bund, "reported"))
    held = np.mean([error <= shipped().radius_of(kind, scale) for kind, scale, error in rows])
    print(f"{held:.3f} of {len(rows)}")  # noqa: T201
    assert len(rows) >= 150
    assert 0.88 <= held <= 0.92


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("上海市黄浦区中山东一路18号", "中山东一路18号"),
        ("中山东1路20号", "中山东一路20号"),
        ("和平饭店", "和平饭店"),
        ("ShanghaiWorldFinancialCenter", "ShanghaiWorldFinancialCenter"),  # names in Latin letters are long
        ("上海火浦东新区陆家嘴图书馆", "上海市浦东新区陆家嘴图书馆"),  # a name that holds its region, misspelt
        ("浦东南路1136号", "浦东南路1136号"),  # not the stop 浦东南路(东昌路)
        ("南京东路与四川中路交叉口", "南京东路与四川中路交叉口"),
        ("江西中路汉正路", "江西中路汉口路"),  # a stop; the crossing is called with 与
        ("HuangpuRod53号", "HuangpuRoad53号"),
        ("京民东路190号", "北京东路190号"),
    ],
)
def test_real_addresses(bund: GazetteerIndex, text: str, name: str) -> None:
    assert answer(bund, text).name.endswith(name)


def test_noise_on_streets_that_nothing_was_tuned_on(bund: GazetteerIndex) -> None:
    queries = noisy(bund, 800, half="reported", area=AREA)
    scores = score([judge(bund, each.text, each.kinds[0], answer(bund, each.text), each.node) for each in queries])
    assert scores.top1 >= 0.98
    assert scores.auto >= 0.85
    assert scores.auto_precision >= 0.995
    assert scores.conflicts <= 0.001


@pytest.mark.parametrize("text", ["北京西路31号", "中山东三路18号", "中山东3路18号", "福建南路10号"])
def test_a_street_of_the_same_family_beyond_the_sheet_is_not_answered(bund: GazetteerIndex, text: str) -> None:
    assert answer(bund, text).band != "auto"
