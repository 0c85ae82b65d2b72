"""The demonstration's raw files: they carry the mistakes that are declared, and the truth comes back from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gridmap.datum import Plane
from gridmap.demo.build import build
from gridmap.demo.mistakes import MISTAKES, UNKNOWN_COMMUNITY, with_mistakes
from gridmap.demo.raw import MANIFEST, Manifest, definitions, read_true_grids, recovered, write_raw
from gridmap.errors import RepairRefused
from gridmap.files import Row, open_source
from gridmap.files.layers import read_layer
from gridmap.model.kinds import ASSIGNED_KINDS, kind_named
from gridmap.space.repair import repair

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.demo.raw import Delivery
    from gridmap.demo.town import Truth


@pytest.fixture(scope="module")
def truth() -> Truth:
    return build(1, "small")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("raw")


@pytest.fixture(scope="module")
def manifest(truth: Truth, folder: Path) -> Manifest:
    return write_raw(truth, folder)


def _read(folder: Path, delivery: Delivery) -> list[Row]:
    source = open_source(
        folder / delivery.file, kind=kind_named(delivery.kind), crs=delivery.crs, mapping=delivery.mapping
    )
    return [row for chunk in source.chunks() for row in chunk.rows]


def _refused(row: Row) -> bool:
    return bool(row.refusals) or row.values.get("community") == UNKNOWN_COMMUNITY


def test_every_kind_is_delivered_in_the_order_of_import(truth: Truth, manifest: Manifest) -> None:
    kinds = [delivery.kind for delivery in manifest.deliveries]
    assert set(kinds) == set(truth.layers)
    for earlier, later in (("communities", "grids"), ("grids", "inclusions"), ("buildings", "households")):
        assert kinds.index(earlier) < kinds.index(later)
    crs = {delivery.crs for delivery in manifest.deliveries}
    assert {"EPSG:4490", "EPSG:4326", "EPSG:4547", "gcj02", "bd09", None} == crs


def test_exactly_the_rows_with_a_mistake_are_refused_and_all_others_come_through(
    truth: Truth, manifest: Manifest, folder: Path
) -> None:
    kept: dict[str, list[tuple[object, ...]]] = {}
    for delivery in manifest.deliveries:
        rows = _read(folder, delivery)
        assert sum(map(_refused, rows)) == delivery.expected_refused, delivery.file
        key = kind_named(delivery.kind).key
        kept.setdefault(delivery.kind, []).extend(
            tuple(row.values.get(name) for name in key) for row in rows if not _refused(row)
        )
    for name, keys in kept.items():
        columns = truth.layers[name].columns
        assert sorted(keys) == sorted(zip(*(columns[part] for part in kind_named(name).key), strict=True)), name
    assert sum(delivery.expected_refused for delivery in manifest.deliveries) > 30


def test_points_come_back_from_every_datum(truth: Truth, manifest: Manifest, folder: Path) -> None:
    plane = Plane.from_epsg(truth.plane)
    for delivery in manifest.deliveries:
        layer = truth.layers[delivery.kind]
        if layer.points is None or delivery.kind == "house_numbers":
            continue
        key = kind_named(delivery.kind).key[0]
        place = dict(zip(layer.columns[key], layer.points, strict=True))
        rows = [row for row in _read(folder, delivery) if not _refused(row)]
        found = plane.project(shapely.get_coordinates(np.array([row.geometry for row in rows], dtype=object)))
        away = np.hypot(*(found - np.array([place[row.values[key]] for row in rows])).T)
        assert away.max() < 0.02, delivery.file  # 7 decimals of a degree, and the rounding of BD-09


def test_values_come_back(truth: Truth, manifest: Manifest, folder: Path) -> None:
    homes = truth.layers["households"].columns
    number = {code: row for row, code in enumerate(homes["code"])}
    for delivery in manifest.deliveries:
        if delivery.kind != "households":
            continue
        for row in _read(folder, delivery):
            if not _refused(row):
                true = number[row.values["code"]]
                for field in ("head", "phone", "address", "building", "floor", "room", "residents", "surveyed"):
                    assert row.values[field] == homes[field][true], (delivery.file, row.number, field)


def _drawn_grids(manifest: Manifest, folder: Path) -> tuple[Delivery, np.ndarray]:
    (delivery,) = [delivery for delivery in manifest.deliveries if delivery.repair]
    return delivery, read_layer(folder / delivery.file, delivery.crs).shapes


def test_grids_as_drawn_need_two_decisions(manifest: Manifest, folder: Path) -> None:
    delivery, shapes = _drawn_grids(manifest, folder)
    assert delivery.repair is not None
    assert not shapely.coverage_is_valid(shapes)
    with pytest.raises(RepairRefused, match="2 overlaps or gaps"):
        repair(shapes, **delivery.repair)


def test_repair_gives_the_true_grids_back(truth: Truth, manifest: Manifest, folder: Path) -> None:
    delivery, shapes = _drawn_grids(manifest, folder)
    assert delivery.repair is not None
    result = repair(shapes, **delivery.repair, accept_all=True).polygons
    true = truth.layers["grids"].shapes
    assert true is not None
    assert shapely.coverage_is_valid(result, gap_width=0.01)
    moved = shapely.area(shapely.symmetric_difference(result, true))
    assert (moved < 0.25 * shapely.length(true)).all()  # a border is nowhere off by more than decimetres
    index = np.arange(len(true))
    for kind in ASSIGNED_KINDS:
        layer = truth.layers[kind.name]
        assert layer.points is not None
        lowest = np.full(len(layer), len(index))
        np.minimum.at(lowest, *shapely.STRtree(result).query(shapely.points(layer.points), predicate="intersects"))
        assert (lowest < len(index)).mean() > 0.94


def test_the_truth_is_kept_beside(truth: Truth, manifest: Manifest, folder: Path) -> None:
    listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["deliveries"]
    assert [entry["file"] for entry in listed] == [delivery.file for delivery in manifest.deliveries]
    for kind in ASSIGNED_KINDS:
        layer = truth.layers[kind.name]
        true = read_true_grids(folder, kind.name)
        assert recovered(layer, true).share == 1.0
        assert recovered(layer, {}).right == 0


def test_recovery_counts_what_is_missing_and_what_is_wrong(truth: Truth) -> None:
    layer = truth.layers["organisations"]
    first, second, *rest = layer.columns["code"]
    grids = dict(zip(layer.columns["code"], layer.grid if layer.grid is not None else (), strict=True))
    told = {**{code: grids[code] for code in rest}, first: "990101001999999"}
    found = recovered(layer, told)
    assert second not in told
    assert (found.total, found.found, found.right) == (len(layer), len(layer) - 1, len(layer) - 2)


def test_raw_files_are_the_same_for_the_same_seed(
    truth: Truth, manifest: Manifest, folder: Path, tmp_path: Path
) -> None:
    assert write_raw(truth, tmp_path) == manifest
    for delivery in manifest.deliveries:
        if not delivery.file.endswith((".xlsx", ".gpkg")):  # those carry the time of writing
            assert (tmp_path / delivery.file).read_bytes() == (folder / delivery.file).read_bytes(), delivery.file


def test_every_mistake_is_made_somewhere() -> None:
    turns = [turn for one in definitions() for turn in one.get("per_community", [one])]
    assert {mistake for turn in turns for mistake in turn.get("errors", ())} == set(MISTAKES)


@given(
    st.integers(0, 2**32),
    st.integers(1, 30),
    st.lists(st.sampled_from(["duplicate", "exponent_code", "no_address", "swapped", "abroad"]), max_size=8),
)
def test_mistakes_leave_the_good_rows_as_they_are(seed: int, count: int, wanted: list[str]) -> None:
    rows = [{"code": f"{number:012d}", "address": "x", "lon": 113.7, "lat": 30.2} for number in range(count)]
    mixed = with_mistakes(np.random.default_rng(seed), rows, wanted, "code")
    assert len(mixed) == count + len(wanted)
    remaining = iter(mixed)
    assert all(any(row == other for other in remaining) for row in rows)  # in their order
