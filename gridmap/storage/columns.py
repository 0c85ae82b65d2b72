"""Column types that give back equal values from both databases."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Column, DateTime, Float, Text, func
from sqlalchemy.types import TypeDecorator

from gridmap.model.kinds import Shape

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.elements import BindParameter, ColumnElement

LONLAT = 4490  # CGCS2000: the one coordinate system that is stored
NO_NUMBER = -9999  # no floor has this number; see KeyInteger

# PostgreSQL sorts by the collation of the server, SQLite by code point: "C" makes both agree.
TEXT = Text().with_variant(Text(collation="C"), "postgresql")
NUMBER = Float(53)  # a double on both

GEOMETRY_TYPES = {
    Shape.POINT: "POINT",
    Shape.LINE: "MULTILINESTRING",
    Shape.POLYGON: "MULTIPOLYGON",
    Shape.ANY: "GEOMETRY",
}


class WkbGeometry(Geometry):
    """A registered spatial column whose values go in and out as WKB bytes.

    GeoAlchemy2 goes through WKT on SpatiaLite: three to four times slower, and text rounds where bytes cannot.
    """

    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[bytes]) -> ColumnElement[Any]:
        """Wrap a bound value: both databases read WKB."""
        return func.ST_GeomFromWKB(bindvalue, self.srid, type_=self)

    def bind_processor(self, dialect: Dialect) -> None:
        """Bytes need no processing."""
        del dialect

    def column_expression(self, col: ColumnElement[Any]) -> ColumnElement[Any]:
        """Wrap a selected column: both databases write WKB."""
        return func.ST_AsBinary(col, type_=self)

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Bytes need no processing."""
        del dialect, coltype


class Moment(TypeDecorator[datetime]):
    """A moment with a time zone, kept in UTC: SQLite has no time zones of its own."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; a naive one is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"{value} has no time zone"
            raise ValueError(msg)
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """A value kept as JSON text, readable in any tool."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write JSON; NaN is no JSON and is refused."""
        del dialect
        return None if value is None else json.dumps(value, ensure_ascii=False, allow_nan=False)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read JSON."""
        del dialect
        return None if value is None else json.loads(value)


class KeyInteger(TypeDecorator[int]):
    """An optional number within a key: None is stored as -9999, since a unique constraint lets NULLs repeat."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int:
        """None becomes the number that no floor has."""
        del dialect
        return NO_NUMBER if value is None else value

    def process_result_value(self, value: int | None, dialect: Dialect) -> int | None:
        """Give back None for it."""
        del dialect
        return None if value == NO_NUMBER else value


def geometry_column(shape: Shape, *, geometry_type: str | None = None, nullable: bool = True) -> Column[Any]:
    """Make the column `geom`: registered, indexed, lon/lat EPSG:4490."""
    kind = geometry_type or GEOMETRY_TYPES[shape]
    return Column("geom", WkbGeometry(geometry_type=kind, srid=LONLAT, nullable=nullable), nullable=nullable)
