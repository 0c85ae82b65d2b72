"""Checking and repairing official files from end to end, by gridmap's own reader."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from real_layers import FILES

from gridmap.errors import RepairRefused
from gridmap.files.layers import read_layer, write_layer
from gridmap.services.boundaries import LayerCheck, check_layer, repair_layer

if TYPE_CHECKING:
    from pathlib import Path


def checked(folder: Path, name: str) -> LayerCheck:
    return check_layer(read_layer(folder / FILES[name]))


def test_taipei_base_is_a_coverage_as_delivered_and_on_the_grid(shared_data: Path) -> None:
    check = checked(shared_data, "taipei base")
    assert check.is_coverage
    assert check.on_grid.valid
    assert not check.problems
    assert check.delivered.features == 11490


@pytest.mark.parametrize(
    ("name", "bad_features", "wide_overlaps"),
    [("taipei code2", 894, 0), ("new york", 240, 0), ("denver 2020", 35, 1), ("hong kong 2019", 380, 3)],
)
def test_check_names_the_figures_as_delivered(
    shared_data: Path, name: str, bad_features: int, wide_overlaps: int
) -> None:
    check = checked(shared_data, name)
    assert (check.delivered.bad_edge_features, check.delivered.wide_overlaps) == (bad_features, wide_overlaps)
    assert not check.is_coverage
    counts = Counter(problem.kind for problem in check.problems)
    assert (counts["overlap"], counts["gap"]) == (check.delivered.overlaps, check.delivered.holes)
    assert check.grid_problems
    json.dumps(check.as_json())


def test_denver_repaired_by_hand_is_told_apart_as_delivered_and_on_the_grid(shared_data: Path) -> None:
    check = checked(shared_data, "denver repaired")
    assert check.is_coverage
    assert check.plane == "EPSG:2232 in metres"
    assert (check.rounded.invalid, check.rounded.bad_edge_features) == (3, 4)
    assert not check.on_grid.valid
    kinds = Counter(problem.kind for problem in check.problems)
    assert kinds == {"gap": 10, "multipart": 2}
    assert {"invalid", "mismatched_edge"} <= {problem.kind for problem in check.grid_problems}
    lake = check.problems[0]
    assert lake.area == pytest.approx(1_472_920, rel=1e-4)  # without the precinct that lies in it as an island
    assert -105.2 < lake.lon < -104.5
    assert 39.5 < lake.lat < 40


@pytest.mark.parametrize("name", ["taipei code2", "new york", "hong kong 2019", "denver 2020", "denver repaired"])
def test_a_repaired_file_passes_the_check_that_it_failed(shared_data: Path, tmp_path: Path, name: str) -> None:
    layer = read_layer(shared_data / FILES[name])
    done = repair_layer(layer)
    assert not done.before.valid
    assert abs(done.repair.area_after - done.repair.area_before) < 0.001 * done.repair.area_before
    target = tmp_path / "fixed.gpkg"
    write_layer(target, layer, done.shapes)
    again = check_layer(read_layer(target))
    assert again.delivered.features == len(layer.shapes)
    assert again.is_coverage
    assert again.on_grid.valid


def test_the_colorado_region_is_refused_with_names_and_places(shared_data: Path) -> None:
    layer = read_layer(shared_data / FILES["colorado gaps"])
    with pytest.raises(RepairRefused, match="need a decision") as refused:
        repair_layer(layer)
    for proposal in refused.value.evidence["proposals"]:
        lon, lat = proposal["place"]
        assert (-106 < lon < -104, 38 < lat < 41) == (True, True)
        assert set(proposal["features"]) <= set(layer.names)
    owners = {proposal["id"]: proposal["owner"] for proposal in refused.value.evidence["proposals"]}
    assert repair_layer(layer, decisions=owners).after.valid
