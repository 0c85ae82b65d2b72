"""Checking and repairing a file: every place in lon/lat and as in the file, every verdict twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pytest
import shapely
from layers import array, drawn
from shapely import box

from gridmap import datum
from gridmap.errors import BadInput, CoordinatesRefused, GeometryRefused, RepairRefused
from gridmap.files.layers import Layer, read_layer, write_layer
from gridmap.services.boundaries import check_layer, repair_layer
from gridmap.services.ground import ground_of

if TYPE_CHECKING:
    from pathlib import Path

HERE = np.array([113.325, 23.125])
ZONE = datum.Plane.at(113.325)
CORNER = ZONE.project(HERE[None])[0]


class Lay(Protocol):
    def __call__(self, shapes: np.ndarray, crs: str = "EPSG:4490") -> Layer: ...


@pytest.fixture
def laid(tmp_path: Path) -> Lay:
    """Lay a drawing down in Guangzhou and write it as GeoJSON in a CRS; returns the layer that is read back."""

    def lay(shapes: np.ndarray, crs: str = "EPSG:4490") -> Layer:
        ground = shapely.transform(shapes, lambda xy: np.round(xy + CORNER, 3))
        system = datum.parse_crs(crs)
        own = datum.geometries_from_lonlat(ZONE.unproject_geometries(ground), system)
        features = [
            {
                "type": "Feature",
                "properties": {"code": f"44010600100100{row + 1}"},
                "geometry": shapely.geometry.mapping(shape),
            }
            for row, shape in enumerate(own)
        ]
        path = tmp_path / "grids.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
        return read_layer(path, crs)

    return lay


def test_a_sound_file_is_a_coverage_twice(laid: Lay) -> None:
    check = check_layer(laid(drawn("AAB\nCCB", 100.0)))
    assert check.is_coverage
    assert check.on_grid.valid
    assert (check.problems, check.grid_problems) == ((), ())
    assert check.plane == "EPSG:4547"
    json.dumps(check.as_json())


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "gcj02", "bd09", "EPSG:3857"])
def test_an_overlap_is_named_placed_and_measured_in_any_system(laid: Lay, crs: str) -> None:
    check = check_layer(laid(array(box(0, 0, 200, 100), box(190, 0, 400, 100)), crs))
    overlap = check.problems[0]
    assert (overlap.kind, overlap.features, overlap.rows) == ("overlap", ("440106001001001", "440106001001002"), (1, 2))
    assert overlap.area == pytest.approx(1000, rel=0.005)  # the maps of GCJ-02 and BD-09 stretch by that much
    x, y = ZONE.project([[overlap.lon, overlap.lat]])[0] - CORNER
    assert 190 < x < 200
    assert 0 < y < 100
    back = datum.to_lonlat([[overlap.x, overlap.y]], datum.parse_crs(crs))
    assert back[0] == pytest.approx([overlap.lon, overlap.lat])
    assert not check.is_coverage
    assert check.on_grid.overlap_area == pytest.approx(1000, rel=0.001)
    assert check.grid_problems[0].rows == (1, 2)


def test_web_mercator_is_no_plane_and_feet_are_made_metres() -> None:
    def at(lon: float, lat: float, crs: str) -> np.ndarray:
        (x, y) = datum.from_lonlat([[lon, lat]], datum.parse_crs(crs))[0]
        return array(box(x, y, x + 1, y + 1))

    assert ground_of(datum.parse_crs("EPSG:3857"), at(113.3, 23.1, "EPSG:3857")).plane == datum.Plane.from_epsg(4547)
    hong_kong = ground_of(datum.parse_crs("EPSG:3857"), at(114.17, 22.28, "EPSG:3857"))
    assert hong_kong.plane == datum.Plane.local(114.17, 22.28)
    assert hong_kong.to_metres(at(114.17, 22.28, "EPSG:3857"))[0].area == pytest.approx(0.855, abs=0.01)
    feet = ground_of(datum.parse_crs("EPSG:2263"), at(-73.97, 40.78, "EPSG:2263"))
    assert feet.plane is None
    assert feet.project(at(-73.97, 40.78, "EPSG:2263"))[0].area == pytest.approx(0.0929, rel=0.001)


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4547", "gcj02"])
def test_a_repaired_file_is_written_read_and_found_to_be_a_coverage(
    laid: Lay,
    tmp_path: Path,
    crs: str,
) -> None:
    layer = laid(array(box(0, 0, 200, 100), box(199.96, 0, 400, 100), box(0, 100.03, 400, 200)), crs)
    done = repair_layer(layer)
    assert not done.before.valid
    assert done.after.valid
    json.dumps(done.as_json())
    target = tmp_path / "fixed.geojson"
    write_layer(target, layer, done.shapes)
    again = check_layer(read_layer(target, crs))
    assert again.on_grid.valid
    assert again.is_coverage
    assert again.delivered.features == 3


def test_decisions_are_made_by_name_and_missing_ones_refuse_with_places_on_the_map(laid: Lay) -> None:
    layer = laid(array(box(0, 0, 210, 100), box(200, 0, 500, 100)))
    with pytest.raises(RepairRefused, match="overlap-1 of 1,000 m²") as refused:
        repair_layer(layer)
    lon, lat = refused.value.evidence["proposals"][0]["place"]
    assert (round(lon, 2), round(lat, 2)) == (113.33, 23.13)
    by_name = repair_layer(layer, decisions={"overlap-1": "440106001001002"})
    by_row = repair_layer(layer, decisions={"overlap-1": "#2"})
    assert by_name.repair.proposals[0].owner == by_row.repair.proposals[0].owner == 1
    (told,) = by_name.as_json()["proposals"]
    assert (told["owner"], told["rows"], told["decided"]) == ("440106001001002", [1, 2], True)
    assert (told["lon"], told["lat"]) == pytest.approx((lon, lat))
    assert repair_layer(layer, accepted={"overlap-1"}).repair.proposals[0].owner == 0
    with pytest.raises(BadInput, match="the file has no feature nobody"):
        repair_layer(layer, decisions={"overlap-1": "nobody"})


def test_rows_that_are_no_land_are_named(laid: Lay, tmp_path: Path) -> None:
    layer = laid(drawn("AB", 100.0))
    broken = Layer(
        tmp_path / "grids.geojson", layer.format, layer.crs, array(layer.shapes[0], None), layer.names, layer.attributes
    )
    with pytest.raises(GeometryRefused, match=r"grids\.geojson: 1 of 2 boundaries .* number 2") as refused:
        check_layer(broken)
    assert refused.value.evidence["rows"] == {2: "has no geometry"}


def test_metres_that_are_called_degrees_are_refused(laid: Lay) -> None:
    layer = laid(drawn("AB", 100.0))
    lying = Layer(
        layer.path, layer.format, layer.crs, ZONE.project_geometries(layer.shapes), layer.names, layer.attributes
    )
    with pytest.raises(CoordinatesRefused):
        check_layer(lying)
