"""The CRS of a file: what the caller declares against what the file states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gridmap import datum
from gridmap.errors import CoordinatesRefused, CrsRefused

if TYPE_CHECKING:
    from pathlib import Path

    from gridmap.files.feed import Feed

_PROBES = ((0.1, 0.1), (0.5, 0.5), (0.9, 0.4))  # of the width and height of an area
_CHINA = (73.0, 18.0, 135.0, 54.0)


def settle_crs(path: Path, declared: str | None, feed: Feed, notes: list[str]) -> datum.Crs:
    """Settle the CRS of a file.

    Raises
    ------
    CrsRefused
        Neither declared nor stated, or the two differ; the message names both.
    """
    said = None if declared is None else datum.parse_crs(declared)
    if feed.carried is None:
        if said is None:
            raise CrsRefused(
                f"{path.name} does not say in which coordinate system it is; name it with --crs, for example "
                "--crs EPSG:4490, --crs EPSG:4547, --crs gcj02",
                file=path.name,
            )
        return said
    if feed.implied and said is not None:
        return said
    stated = datum.parse_crs(feed.carried)
    if said is None:
        if feed.implied:
            notes.append("文件未写明坐标系，按该格式的规定视为 WGS84；如为 gcj02、bd09 等请用 --crs 声明")
        return stated
    if same_crs(said, stated):
        return said
    if _hides_in(said, stated):
        notes.append(f"文件写明 {stated.name}，按声明的 {said.name} 读取：该坐标系没有标准代码，文件无法写明")
        return said
    raise CrsRefused(
        f"{path.name} states {stated.name}, but {said.name} was declared; leave --crs out, or correct "
        "what the file states (for a shapefile its .prj)",
        file=path.name,
        stated=stated.name,
        declared=said.name,
    )


def same_crs(one: datum.Crs, other: datum.Crs) -> bool:
    """Tell whether two systems give the same numbers to the same places, however they are named."""
    if one.name == other.name:
        return True
    if one.datum is not other.datum or one.is_lonlat != other.is_lonlat:
        return False
    if one.is_lonlat:
        return True  # EPSG:4326 and EPSG:4490 are one to us
    west, south, east, north = one.area or other.area or _CHINA
    places = np.array([(west + x * (east - west), south + y * (north - south)) for x, y in _PROBES])
    try:
        difference = datum.from_lonlat(places, one) - datum.from_lonlat(places, other)
    except CoordinatesRefused:
        return False
    return bool(np.abs(difference).max() < 0.001)


def _hides_in(said: datum.Crs, stated: datum.Crs) -> bool:
    """GCJ-02 and BD-09 have no codes: programs that draw on such maps label their files WGS84 or web Mercator."""
    if said.datum is datum.Datum.WGS84:
        return False
    return (said.is_lonlat and stated.is_lonlat) or (not said.is_lonlat and stated.epsg == 3857)
