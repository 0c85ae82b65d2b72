"""The figures of official layers as delivered (own units, gap 0), and what the millimetre grid would find."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
import real_layers

from gridmap.space.coverage import ProblemKind, find_problems, judge
from gridmap.space.polygons import round_coordinates

if TYPE_CHECKING:
    from pathlib import Path


def test_taipei_base_is_a_valid_coverage_of_11490(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "taipei base")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.valid, verdict.features, verdict.overlaps, verdict.holes) == (True, 11_490, 0, 0)
    assert find_problems(layer.polygons, gap_width=0.0, to_metres=layer.to_metres) == []


def test_taipei_base_stays_one_on_the_grid(shared_data: Path) -> None:
    plane = round_coordinates(real_layers.read(shared_data, "taipei base").in_a_plane())
    verdict = judge(plane, 0.01)
    assert (verdict.valid, verdict.holes) == (True, 0)


def test_taipei_level_2_fails_on_hairlines_of_no_area(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "taipei code2")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.valid, verdict.features) == (False, 907)
    assert (verdict.bad_edge_features, verdict.bad_edge_parts) == (894, 3761)
    assert (verdict.wide_overlaps, verdict.wide_overlap_area) == (0, 0.0)
    assert verdict.overlap_area == pytest.approx(6.1, abs=0.05)  # 1,332 hairlines
    assert verdict.hole_area == pytest.approx(5.9, abs=0.05)
    assert verdict.wide_holes == 0
    assert verdict.holes == pytest.approx(2351, rel=0.01)  # in degrees; arithmetic decides about the thinnest


def test_the_published_number_of_hairline_holes_is_that_of_the_utm_zone(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "taipei code2")
    problems = find_problems(layer.projected("EPSG:32651"), gap_width=0.0)
    holes = [problem for problem in problems if problem.kind is ProblemKind.GAP]
    assert len(holes) == pytest.approx(2351, abs=10)
    assert sum(hole.area for hole in holes) == pytest.approx(5.9, abs=0.05)


def test_denver_has_one_overlap_that_is_no_hairline(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "denver 2020")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.bad_edge_features, verdict.wide_overlaps, verdict.holes) == (35, 1, 32)
    overlap = find_problems(layer.polygons, gap_width=0.0, to_metres=layer.to_metres)[0]
    assert overlap.kind is ProblemKind.OVERLAP
    assert overlap.area == pytest.approx(12.97, abs=0.01)
    assert overlap.detail == "overlap up to 0.19 m wide"


def test_denver_repaired_by_hand_is_valid_as_delivered_and_not_on_the_grid(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "denver repaired")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.valid, verdict.holes, verdict.wide_holes) == (True, 10, 10)
    grid = round_coordinates(layer.to_metres(layer.polygons))
    on_grid = judge(grid)
    assert (on_grid.valid, on_grid.invalid, on_grid.bad_edge_features, on_grid.wide_holes) == (False, 3, 4, 10)
    assert judge(grid, 0.01).bad_edge_features == 9  # with slits up to a centimetre


def test_the_colorado_region_has_overlaps_of_hectares_and_gaps_of_square_kilometres(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "colorado gaps")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert verdict.features == 15
    assert verdict.wide_overlap_area == pytest.approx(7.9e4, rel=0.01)
    assert verdict.wide_hole_area == pytest.approx(3.2e6, rel=0.01)


def test_new_york_has_240_features_that_do_not_match_over_3_square_metres(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "new york")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.features, verdict.bad_edge_features) == (263, 240)
    assert verdict.overlap_area == pytest.approx(3.3, abs=0.05)
    assert verdict.hole_area == pytest.approx(3.2, abs=0.05)
    assert (verdict.wide_overlaps, verdict.wide_holes) == (0, 0)


def test_hong_kong_2019_is_a_layer_of_hairlines_too(shared_data: Path) -> None:
    layer = real_layers.read(shared_data, "hong kong 2019")
    verdict = judge(layer.polygons, 0.0, layer.to_metres)
    assert (verdict.features, verdict.bad_edge_features, verdict.bad_edge_parts) == (452, 380, 4220)
    assert (verdict.wide_overlaps, verdict.wide_holes) == (3, 5)
    assert verdict.overlap_area == pytest.approx(3.95, abs=0.01)
    assert verdict.hole_area == pytest.approx(1.37, abs=0.01)
    counts = Counter(problem.kind for problem in find_problems(layer.polygons, gap_width=0.0))
    assert counts[ProblemKind.OVERLAP] == verdict.overlaps
    assert counts[ProblemKind.GAP] == verdict.holes
