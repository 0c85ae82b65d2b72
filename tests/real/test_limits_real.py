"""四至 on real texts and real roads: what was promised, on a part of the loops (all of them: benchmarks/limits.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from limits_cycles import every_loop
from limits_loops import Loop, loops, roads, wrong_texts

from gridmap.services.limits import parse_text, words
from gridmap.space.limits.compare import compare
from gridmap.space.limits.describe import describe
from gridmap.space.limits.features import Features
from gridmap.space.limits.readings import readings
from gridmap.space.limits.solve import Solution, solve
from gridmap.space.limits.variants import agreement
from gridmap.space.limits.verdict import Status

if TYPE_CHECKING:
    from pathlib import Path

WANTED = 40


@pytest.fixture(scope="module", params=["futian_osm/futian_edges.geojson", "shanghai_bund/roads.geojson"])
def city(request: pytest.FixtureRequest, shared_data: Path) -> tuple[Features, list[Loop]]:
    path = shared_data / request.param
    lines, names = roads(path, 114.05 if "futian" in request.param else 121.5)
    features = Features.of(lines, names, ["road"] * len(lines))
    drawn = loops(lines, names, seed=5, wanted=WANTED, tries=4000)
    assert len(drawn) >= WANTED // 2
    return features, drawn


@pytest.fixture(scope="module")
def answers(city: tuple[Features, list[Loop]]) -> list[tuple[Loop, Solution]]:
    features, drawn = city
    return [(each, solve(parse_text(each.text), features)[0]) for each in drawn]


def test_every_real_text_is_read(shared_data: Path) -> None:
    lines = (shared_data / "four_limits" / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    for text in (json.loads(line)["text"] for line in lines):
        parsed = parse_text(text)
        assert not parsed.leftovers, text
        part = parsed.parts[0]
        assert len(part.limits) == 4 or len(part.legs) == 4, text
        mentions = [each for limit in part.limits for each in limit.mentions] + [leg.along for leg in part.legs]
        assert all(each.kind in {"road", "water", "boundary"} for each in mentions), text


def test_loops_of_named_roads_come_back(answers: list[tuple[Loop, Solution]]) -> None:
    found = [agreement(each.shape, loop.shape) if each.shape is not None else 0.0 for loop, each in answers]
    assert np.mean(np.array(found) >= 0.97) >= 0.9
    sure = [value for value, (_, each) in zip(found, answers, strict=True) if each.status is Status.EXACT]
    assert min(sure) >= 0.8


def test_any_loop_of_up_to_six_roads_comes_back_or_is_among_the_choices(shared_data: Path) -> None:
    lines, names = roads(shared_data / "futian_osm/futian_edges.geojson", 114.05)
    every = every_loop(lines, names, runs=6)
    assert len(every) >= 300
    features = Features.of(lines, names, ["road"] * len(lines))
    chosen = np.random.default_rng(5).choice(len(every), WANTED, replace=False)
    met, shown = [], []
    for loop in (every[number] for number in chosen):
        answer = solve(parse_text(loop.text), features)[0]
        met.append(agreement(answer.shape, loop.shape) if answer.shape is not None else 0.0)
        shown.append(max((agreement(each.shape, loop.shape) for each in readings(answer, features)), default=0.0))
        assert answer.status is not Status.EXACT or met[-1] >= 0.8, loop.text
    assert np.mean(np.array(met) >= 0.97) >= 0.9
    assert np.mean(np.array(shown) >= 0.97) >= 0.95


def test_loops_come_back_from_the_sentence_that_is_written_for_them(city: tuple[Features, list[Loop]]) -> None:
    features, drawn = city
    said = [describe(loop.shape, features, words()) for loop in drawn[: WANTED // 2]]
    assert np.mean([each.agreement >= 0.95 for each in said]) >= 0.95


def test_wrong_texts_are_flagged_on_the_side_that_is_wrong(city: tuple[Features, list[Loop]]) -> None:
    features, drawn = city
    told = []
    for loop in drawn:
        for sides, text in wrong_texts(loop, sorted(features.by_name), seed=1):
            held = compare(parse_text(text), loop.shape, features)
            told.append(not held.agrees and bool(sides & {each.side.value for each in held.troubles if each.side}))
    assert np.mean(told) >= 0.99
