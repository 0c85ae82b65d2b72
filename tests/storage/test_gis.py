"""What a desktop GIS sees: GDAL reads the file, as QGIS does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyogrio
import pytest
import shapely
from storage_samples import populate, settle

from gridmap.storage.database import Database

if TYPE_CHECKING:
    from pathlib import Path

    from storage_samples import Place


@pytest.fixture
def layers(spatialite_template: Path, tmp_path: Path) -> tuple[Path, Place]:
    path = tmp_path / "gridmap.db"
    path.write_bytes(spatialite_template.read_bytes())
    database = Database.open(str(path))
    with database.transaction("me", write=True) as tx:
        place = settle(tx)
        populate(tx, place)
    database.close()
    return path, place


@pytest.mark.parametrize(
    ("layer", "geometry_type", "number"),
    [
        ("grid_shape", "MultiPolygon", 4),
        ("block", "Polygon", 4),
        ("community", "MultiPolygon", 2),
        ("household", "Point", 2),
        ("road", "MultiLineString", 2),
        ("water", "Unknown", 2),
    ],
)
def test_tables_open_as_layers(layers: tuple[Path, Place], layer: str, geometry_type: str, number: int) -> None:
    information = pyogrio.read_info(layers[0], layer=layer)
    assert information["crs"] == "EPSG:4490"
    assert information["geometry_type"] == geometry_type
    assert information["features"] == number
    assert information["fid_column"] == "fid"


def test_lon_comes_first_and_shapes_are_whole(layers: tuple[Path, Place]) -> None:
    path, place = layers
    frame = pyogrio.read_dataframe(path, layer="grid_shape")
    assert shapely.union_all(frame.geometry).bounds == pytest.approx((114.05, 22.54, 114.056, 22.544))
    grids = {grid.id.hex: grid.shape for grid in place.grids.values()}
    assert all(shape.equals(grids[grid_id]) for grid_id, shape in zip(frame.grid_id, frame.geometry, strict=True))


def test_the_index_survives_a_vacuum(layers: tuple[Path, Place]) -> None:
    """SpatiaLite's index points at row numbers, which VACUUM renumbers in tables that have none of their own."""
    from storage_samples import EVERYTHING, HOUSEHOLDS, record_of

    from gridmap.storage import registers

    database = Database.open(str(layers[0]))
    far = shapely.Point(120, 30)
    with database.transaction("me", write=True) as tx:
        registers.insert_many(tx, HOUSEHOLDS, [record_of(HOUSEHOLDS, number=9, geom=far)])
        tx.connection.exec_driver_sql("DELETE FROM household WHERE code < '000009'")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.connection.driver_connection.execute("PRAGMA query_only = OFF")
        connection.connection.driver_connection.execute("VACUUM")
    with database.transaction("me") as tx:
        chunks = registers.read_chunks(tx, EVERYTHING, HOUSEHOLDS, box=(119, 29, 121, 31))
        assert [row["code"] for chunk in chunks for row in chunk] == ["000009"]
    database.close()
