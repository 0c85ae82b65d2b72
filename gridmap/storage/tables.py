"""The tables of land, registers, plans, assignments and imports, as data.

The registers are built from their kinds.

Tables carry the singular names of their nouns. Rows have an `id` made by the domain. Spatial tables also have an
integer `fid`: SpatiaLite's index points at row numbers, which VACUUM renumbers unless they are a column, and
desktop GIS want one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
    false,
)

from gridmap.model.cases import Reason
from gridmap.model.kinds import KINDS, Field, FieldType, Kind, Shape, kind_named
from gridmap.model.land import GridKind, PlanState
from gridmap.storage.columns import NUMBER, TEXT, JsonText, KeyInteger, Moment, geometry_column
from gridmap.storage.declaring import fid_and_id, id_column, metadata, one_of, reference, text

_TYPES: dict[FieldType, Any] = {
    FieldType.TEXT: TEXT,
    FieldType.CODE: TEXT,
    FieldType.INTEGER: BigInteger(),
    FieldType.NUMBER: NUMBER,
    FieldType.BOOLEAN: Boolean(),
    FieldType.DATE: Date(),
    FieldType.DATETIME: Moment(),
}

IMPORT_STATES = ("staging", "applying", "applied", "failed")
PARENT_KINDS = ("piece", "gain", "heal", "same_land")


def _field_column(kind: Kind, field: Field) -> Column[Any]:
    in_key = field.name in kind.key
    type_ = KeyInteger() if in_key and field.type is FieldType.INTEGER else _TYPES[field.type]
    return Column(field.name, type_, nullable=not (in_key or field.required))


def _kind_table(kind: Kind, *extra: Column[Any]) -> Table:
    """Build the table of a kind: its fields, its shape, and which import wrote the row last."""
    columns = [*fid_and_id(), *extra]
    columns += [
        _field_column(kind, field) for field in kind.fields if not (kind.within_community and field.name == "community")
    ]
    if kind.within_community:
        columns.append(reference("community_id", "community.id", nullable=True, index=True))
    if kind.shape is not Shape.NONE:
        columns.append(geometry_column(kind.shape))
    columns.append(reference("import_id", "import_run.id", nullable=True))
    return Table(kind.singular, metadata, *columns, UniqueConstraint(*kind.key))


import_run = Table(
    "import_run",
    metadata,
    id_column(),
    text("kind"),
    text("file_name"),
    text("sha256"),
    text("crs"),
    Column("options", JsonText, nullable=False),
    text("state"),
    *(
        Column(name, Integer, nullable=False, default=0)
        for name in ("total", "staged", "added", "changed", "unchanged", "refused")
    ),
    text("actor"),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    one_of("state", IMPORT_STATES),
    Index(None, "sha256"),
)

import_row = Table(
    "import_row",
    metadata,
    reference("import_id", "import_run.id"),
    Column("row_no", Integer, nullable=False),
    Column("record", JsonText),
    Column("geom_wkb", LargeBinary),
    Column("reason", TEXT),
    Column("original", JsonText),
    PrimaryKeyConstraint("import_id", "row_no"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),  # the order of writing
    Column("at", Moment, nullable=False, index=True),
    text("actor"),
    text("verb"),
    text("subject_kind"),
    Column("subject_id", Uuid(), index=True),
    Column("count", Integer, nullable=False),
    Column("detail", JsonText, nullable=False),
)

subdistrict = _kind_table(kind_named("subdistricts"), Column("plane", Integer, nullable=False))
community = _kind_table(kind_named("communities"), reference("subdistrict_id", "subdistrict.id", index=True))

grid = Table("grid", metadata, id_column(), Column("first_seen", Moment, nullable=False))

plan = Table(
    "plan",
    metadata,
    id_column(),
    reference("subdistrict_id", "subdistrict.id", index=True),
    text("name"),
    text("state"),
    Column("valid_from", Date),
    Column("valid_to", Date),
    reference("based_on", "plan.id", nullable=True),
    Column("revision", Integer, nullable=False),
    Column("document_number", TEXT),
    Column("document_date", Date),
    Column("created_at", Moment, nullable=False),
    text("created_by"),
    one_of("state", PlanState),
    CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name="dates"),
)

plan_grid = Table(
    "plan_grid",
    metadata,
    reference("plan_id", "plan.id"),
    reference("grid_id", "grid.id", index=True),
    Column("code", TEXT, nullable=False, index=True),
    text("name"),
    text("kind"),
    reference("community_id", "community.id", index=True),
    text("four_limits"),
    text("source_document"),
    text("worker"),
    Column("multipart", Boolean, nullable=False, server_default=false()),  # lies apart, and is meant to
    Column("provisional", Boolean, nullable=False, server_default=false()),  # a draft gave it a code never in force
    Column("delivered", TEXT),  # hash of the border as a file delivered it, before it was aligned with its neighbours
    PrimaryKeyConstraint("plan_id", "grid_id"),
    UniqueConstraint("plan_id", "code"),
    one_of("kind", GridKind),
)

block = Table(
    "block",
    metadata,
    *fid_and_id(),
    geometry_column(Shape.POLYGON, geometry_type="POLYGON", nullable=False),
)

block_parent = Table(
    "block_parent",
    metadata,
    reference("child_id", "block.id"),
    reference("parent_id", "block.id", index=True),
    text("kind"),
    PrimaryKeyConstraint("child_id", "parent_id"),
    one_of("kind", PARENT_KINDS),
)

plan_row = Table(
    "plan_row",
    metadata,
    reference("plan_id", "plan.id"),
    reference("block_id", "block.id", index=True),
    reference("grid_id", "grid.id"),
    PrimaryKeyConstraint("plan_id", "block_id"),
    Index(None, "plan_id", "grid_id"),
)

grid_shape = Table(
    "grid_shape",
    metadata,
    Column("fid", Integer, primary_key=True),
    reference("plan_id", "plan.id"),
    reference("grid_id", "grid.id"),
    text("hash"),
    geometry_column(Shape.POLYGON, nullable=False),
    UniqueConstraint("plan_id", "grid_id"),
)

assignment = Table(
    "assignment",
    metadata,
    reference("plan_id", "plan.id"),
    text("subject_kind"),
    Column("subject_id", Uuid(), nullable=False),
    reference("grid_id", "grid.id", nullable=True),
    text("reason"),
    Column("distance", NUMBER),
    Column("accuracy", NUMBER, nullable=False),
    reference("nearest_id", "grid.id", nullable=True),
    Column("review", Boolean, nullable=False),
    Column("assigned_at", Moment, nullable=False),
    PrimaryKeyConstraint("plan_id", "subject_kind", "subject_id"),
    Index(None, "subject_id"),
    Index(None, "grid_id", "subject_kind"),
    one_of("reason", Reason),
)

TABLES: dict[str, Table] = {
    "subdistricts": subdistrict,
    "communities": community,
    **{kind.name: _kind_table(kind) for kind in KINDS if kind.name not in {"subdistricts", "communities", "grids"}},
}
"""The table of each kind, by its plural name. Grids have none of their own: they belong to a plan."""

incident = TABLES["incidents"]


def table_of(kind: Kind) -> Table:
    """Return the table that holds a kind; KeyError for grids, which `plans` reads and writes."""
    return TABLES[kind.name]
