"""Narrowing by bounding box: the only spatial question that a database answers here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, column, func, select, table

from gridmap.storage.columns import LONLAT

if TYPE_CHECKING:
    from sqlalchemy import Table

    from gridmap.storage.database import Transaction

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, EPSG:4490."""


def in_box(tx: Transaction, spatial: Table, box: Box) -> ColumnElement[bool]:
    """Narrow to rows whose bounding box meets the given one, by the spatial index.

    Both indexes keep single-precision boxes, rounded outwards: rows that come within a few metres may be among the
    answers, and none that meets the box is ever left out.
    """
    west, south, east, north = box
    if tx.postgis:
        geom: ColumnElement[Any] = spatial.c.geom
        return geom.op("&&", is_comparison=True)(func.ST_MakeEnvelope(west, south, east, north, LONLAT))
    index = table(f"idx_{spatial.name}_geom", *(column(name) for name in ("pkid", "xmin", "xmax", "ymin", "ymax")))
    meeting = select(index.c.pkid).where(
        index.c.xmin <= east, index.c.xmax >= west, index.c.ymin <= north, index.c.ymax >= south
    )
    return spatial.c.fid.in_(meeting)
