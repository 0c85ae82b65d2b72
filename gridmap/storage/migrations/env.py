"""How Alembic runs here: on the connection it is handed, inside the transaction that is already open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from geoalchemy2 import alembic_helpers
from sqlalchemy.types import TypeDecorator

from gridmap.storage.columns import WkbGeometry
from gridmap.storage.every_table import metadata

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext


def ours(item: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:  # noqa: FBT001  # Alembic's
    """Admit only tables of our metadata: GeoAlchemy2's own filter drops KNN, SpatialIndex and data_licenses."""
    if kind == "table":
        return name in metadata.tables
    return bool(alembic_helpers.include_object(item, name, kind, reflected, compare_to))  # type: ignore[no-untyped-call]


def render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as the plain ones under them: a revision must not change when our code does."""
    if kind == "type" and isinstance(item, WkbGeometry):
        autogen.imports.add("from geoalchemy2 import Geometry")
        made = f"geometry_type={item.geometry_type!r}, srid={item.srid}, nullable={item.nullable}"
        return f"Geometry({made}, spatial_index=False)"  # its index is written out as an operation of its own
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


def run() -> None:
    """Run what was asked for."""
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=ours,
        process_revision_directives=alembic_helpers.writer,
        render_item=render,
        render_as_batch=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
