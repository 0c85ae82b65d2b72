"""Whatever happens to a file on its way, reading it works or says what is wrong: nothing else, and never half."""

from __future__ import annotations

import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from file_samples import read_all, records_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.errors import GridmapError
from gridmap.files import write_rows
from gridmap.model.kinds import kind_named

GRIDS = kind_named("grids")
if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".geojson", ".geojsonl", ".shp", ".dbf", ".shx", ".gpkg", ".kml", ".kmz", ".zip", ".csv", ".xlsx")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    for ending in (".geojson", ".geojsonl", ".shp", ".gpkg", ".kml", ".csv", ".xlsx"):
        write_rows(folder / f"a{ending}", GRIDS, records_of(GRIDS))
    for archive, members in ((".kmz", (".kml",)), (".zip", (".shp", ".shx", ".dbf", ".prj"))):
        with zipfile.ZipFile(folder / f"a{archive}", "w", zipfile.ZIP_DEFLATED) as packed:
            for member in members:
                packed.write(folder / f"a{member}", f"图{member}")
    return folder


@pytest.mark.parametrize("ending", ENDINGS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damage_is_refused_or_harmless(folder: Path, tmp_path: Path, ending: str, data: st.DataObject) -> None:
    whole = folder / f"a{ending}"
    damaged = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        length = data.draw(st.integers(0, 20))
        damaged[position : position + length] = data.draw(st.binary(max_size=20))
    for part in folder.glob("a.*"):
        if part.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}:
            (tmp_path / part.name).write_bytes(part.read_bytes())
    (tmp_path / whole.name).write_bytes(bytes(damaged))
    path = tmp_path / ("a.shp" if ending in {".dbf", ".shx"} else whole.name)
    with suppress(GridmapError):  # and no other error
        rows = read_all(path, "grids", crs="EPSG:4490")
        assert all(row.refusals or row.values["code"] for row in rows)
