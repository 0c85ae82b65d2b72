"""Files written whole or not at all: beside their place first, then moved into it."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gridmap.errors import FileRefused
from gridmap.files.formats import Format, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITABLE = {
    Format.GEOJSON: ".geojson",
    Format.GEOJSONL: ".geojsonl",
    Format.SHAPEFILE: ".shp",
    Format.GEOPACKAGE: ".gpkg",
    Format.KML: ".kml",
    Format.CSV: ".csv",
    Format.XLSX: ".xlsx",
}
_STALE = (".qix", ".sbn", ".sbx", ".qmd")  # indexes of the shapefile that was there before


def writable_format(path: Path) -> Format:
    """Tell the format to write by the ending of the file.

    Raises
    ------
    FileRefused
        Not one that is written, or the folder does not exist.
    """
    form = format_of(path)
    if form not in WRITABLE or (form is Format.SHAPEFILE and path.suffix.lower() != ".shp"):
        raise FileRefused(
            f"{path.name}: {path.suffix} is not written; use one of {' '.join(WRITABLE.values())}", file=path.name
        )
    if not path.parent.is_dir():
        raise FileRefused(f"{path}: the folder {path.parent} does not exist; make it first", file=path.name)
    return form


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path to write to; what was written there takes its place when nothing went wrong.

    Files beside it with the same stem (the parts of a shapefile) are moved along, the named one last.
    """
    folder = Path(tempfile.mkdtemp(prefix=".gridmap-", dir=path.parent))
    try:
        yield folder / path.name
        for part in sorted(folder.iterdir(), key=lambda part: part.name == path.name):
            part.replace(path.parent / part.name)
        if path.suffix.lower() == ".shp":
            for ending in _STALE:
                path.with_suffix(ending).unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
