"""the first schema."""
# GeoAlchemy2 adds its operations at run time:
# mypy: disable-error-code="attr-defined"
# ruff: noqa: PLR0915

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject_id"), ["subject_id"], unique=False)

    op.create_geospatial_table(
        "block",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "geom", Geometry(geometry_type="POLYGON", srid=4490, nullable=False, spatial_index=False), nullable=False
        ),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_block")),
        sa.UniqueConstraint("id", name=op.f("uq_block_id")),
    )
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_block_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_table(
        "grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_seen", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("crs", TEXT, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("staged", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('staging', 'applying', 'applied', 'failed')", name=op.f("ck_import_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
    )
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_import_run_sha256"), ["sha256"], unique=False)

    op.create_table(
        "block_parent",
        sa.Column("child_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.CheckConstraint("kind IN ('piece', 'gain', 'heal', 'same_land')", name=op.f("ck_block_parent_kind")),
        sa.ForeignKeyConstraint(["child_id"], ["block.id"], name=op.f("fk_block_parent_child_id")),
        sa.ForeignKeyConstraint(["parent_id"], ["block.id"], name=op.f("fk_block_parent_parent_id")),
        sa.PrimaryKeyConstraint("child_id", "parent_id", name=op.f("pk_block_parent")),
    )
    with op.batch_alter_table("block_parent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_parent_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "expected_number",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area", TEXT, nullable=False),
        sa.Column("measure", TEXT, nullable=False),
        sa.Column("value", sa.Float(precision=53), nullable=False),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_expected_number_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_expected_number")),
        sa.UniqueConstraint("area", "measure", name=op.f("uq_expected_number_area_measure")),
        sa.UniqueConstraint("id", name=op.f("uq_expected_number_id")),
    )
    op.create_geospatial_table(
        "house_number",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("road", TEXT, nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_house_number_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_house_number")),
        sa.UniqueConstraint("id", name=op.f("uq_house_number_id")),
        sa.UniqueConstraint("road", "number", name=op.f("uq_house_number_road_number")),
    )
    with op.batch_alter_table("house_number", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_house_number_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_table(
        "import_row",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("record", sa.Text(), nullable=True),
        sa.Column("geom_wkb", sa.LargeBinary(), nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_import_row_import_id")),
        sa.PrimaryKeyConstraint("import_id", "row_no", name=op.f("pk_import_row")),
    )
    op.create_table(
        "inclusion",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid", TEXT, nullable=False),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("floor_from", sa.BigInteger(), nullable=False),
        sa.Column("floor_to", sa.BigInteger(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_inclusion_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_inclusion")),
        sa.UniqueConstraint(
            "grid",
            "subject_kind",
            "subject",
            "floor_from",
            "floor_to",
            name=op.f("uq_inclusion_grid_subject_kind_subject_floor_from_floor_to"),
        ),
        sa.UniqueConstraint("id", name=op.f("uq_inclusion_id")),
    )
    op.create_geospatial_table(
        "micro_grid",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("grid", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column("head", TEXT, nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_micro_grid_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_micro_grid")),
        sa.UniqueConstraint("code", name=op.f("uq_micro_grid_code")),
        sa.UniqueConstraint("id", name=op.f("uq_micro_grid_id")),
    )
    with op.batch_alter_table("micro_grid", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_micro_grid_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_geospatial_table(
        "railway",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column(
            "geom",
            Geometry(geometry_type="MULTILINESTRING", srid=4490, nullable=True, spatial_index=False),
            nullable=True,
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_railway_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_railway")),
        sa.UniqueConstraint("code", name=op.f("uq_railway_code")),
        sa.UniqueConstraint("id", name=op.f("uq_railway_id")),
    )
    with op.batch_alter_table("railway", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_railway_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_geospatial_table(
        "road",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("level", TEXT, nullable=True),
        sa.Column(
            "geom",
            Geometry(geometry_type="MULTILINESTRING", srid=4490, nullable=True, spatial_index=False),
            nullable=True,
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_road_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_road")),
        sa.UniqueConstraint("code", name=op.f("uq_road_code")),
        sa.UniqueConstraint("id", name=op.f("uq_road_id")),
    )
    with op.batch_alter_table("road", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_road_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_table(
        "section",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("leader", TEXT, nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_section_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_section")),
        sa.UniqueConstraint("id", name=op.f("uq_section_id")),
        sa.UniqueConstraint("name", name=op.f("uq_section_name")),
    )
    op.create_geospatial_table(
        "subdistrict",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plane", sa.Integer(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("district", TEXT, nullable=True),
        sa.Column("maker", TEXT, nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_subdistrict_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_subdistrict")),
        sa.UniqueConstraint("code", name=op.f("uq_subdistrict_code")),
        sa.UniqueConstraint("id", name=op.f("uq_subdistrict_id")),
    )
    with op.batch_alter_table("subdistrict", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_subdistrict_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_geospatial_table(
        "water",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("kind", TEXT, nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="GEOMETRY", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_water_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_water")),
        sa.UniqueConstraint("code", name=op.f("uq_water_code")),
        sa.UniqueConstraint("id", name=op.f("uq_water_id")),
    )
    with op.batch_alter_table("water", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_water_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_geospatial_table(
        "community",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subdistrict_id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("section", TEXT, nullable=True),
        sa.Column("four_limits", TEXT, nullable=True),
        sa.Column("source_document", TEXT, nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_community_import_id")),
        sa.ForeignKeyConstraint(["subdistrict_id"], ["subdistrict.id"], name=op.f("fk_community_subdistrict_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_community")),
        sa.UniqueConstraint("code", name=op.f("uq_community_code")),
        sa.UniqueConstraint("id", name=op.f("uq_community_id")),
    )
    with op.batch_alter_table("community", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_community_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_community_subdistrict_id"), ["subdistrict_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subdistrict_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("based_on", sa.Uuid(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("document_number", TEXT, nullable=True),
        sa.Column("document_date", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.CheckConstraint("state IN ('draft', 'in_force', 'superseded')", name=op.f("ck_plan_state")),
        sa.CheckConstraint("valid_to IS NULL OR valid_from <= valid_to", name=op.f("ck_plan_dates")),
        sa.ForeignKeyConstraint(["based_on"], ["plan.id"], name=op.f("fk_plan_based_on")),
        sa.ForeignKeyConstraint(["subdistrict_id"], ["subdistrict.id"], name=op.f("fk_plan_subdistrict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_subdistrict_id"), ["subdistrict_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("distance", sa.Float(precision=53), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=False),
        sa.Column("nearest_id", sa.Uuid(), nullable=True),
        sa.Column("review", sa.Boolean(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "reason IN ('manual', 'listed', 'inside', 'edge', 'outside', 'unlocated')",
            name=op.f("ck_assignment_reason"),
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_assignment_grid_id")),
        sa.ForeignKeyConstraint(["nearest_id"], ["grid.id"], name=op.f("fk_assignment_nearest_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_assignment_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "subject_kind", "subject_id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_grid_id_subject_kind"), ["grid_id", "subject_kind"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_assignment_subject_id"), ["subject_id"], unique=False)

    op.create_geospatial_table(
        "building",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=True),
        sa.Column("compound", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("floors", sa.BigInteger(), nullable=True),
        sa.Column("units", sa.BigInteger(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_building_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_building_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_building")),
        sa.UniqueConstraint("code", name=op.f("uq_building_code")),
        sa.UniqueConstraint("id", name=op.f("uq_building_id")),
    )
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_building_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_building_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "compound",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("property_management", sa.Boolean(), nullable=True),
        sa.Column("property_company", TEXT, nullable=True),
        sa.Column("owners_committee", sa.Boolean(), nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_compound_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_compound_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_compound")),
        sa.UniqueConstraint("code", name=op.f("uq_compound_code")),
        sa.UniqueConstraint("id", name=op.f("uq_compound_id")),
    )
    with op.batch_alter_table("compound", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_compound_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_compound_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "grid_shape",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column(
            "geom",
            Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=False, spatial_index=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_shape_grid_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_grid_shape_plan_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_grid_shape")),
        sa.UniqueConstraint("plan_id", "grid_id", name=op.f("uq_grid_shape_plan_id_grid_id")),
    )
    with op.batch_alter_table("grid_shape", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_grid_shape_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )

    op.create_geospatial_table(
        "household",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("head", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("compound", TEXT, nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("unit", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("room", TEXT, nullable=True),
        sa.Column("residents", sa.BigInteger(), nullable=True),
        sa.Column("surveyed", sa.Boolean(), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_household_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_household_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_household")),
        sa.UniqueConstraint("code", name=op.f("uq_household_code")),
        sa.UniqueConstraint("id", name=op.f("uq_household_id")),
    )
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_household_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_household_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "incident",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=True),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("reporter", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", TEXT, nullable=True),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_incident_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_incident_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_incident")),
        sa.UniqueConstraint("id", name=op.f("uq_incident_id")),
        sa.UniqueConstraint("number", name=op.f("uq_incident_number")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_incident_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_incident_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "key_place",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("contact", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_key_place_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_key_place_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_key_place")),
        sa.UniqueConstraint("code", name=op.f("uq_key_place_code")),
        sa.UniqueConstraint("id", name=op.f("uq_key_place_id")),
    )
    with op.batch_alter_table("key_place", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_key_place_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_key_place_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "organisation",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("contact", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_organisation_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_organisation_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_organisation_code")),
        sa.UniqueConstraint("id", name=op.f("uq_organisation_id")),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_organisation_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_organisation_community_id"), ["community_id"], unique=False)

    op.create_table(
        "person",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("post", TEXT, nullable=True),
        sa.Column("role", TEXT, nullable=True),
        sa.Column("team", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_person_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_person_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_person")),
        sa.UniqueConstraint("code", name=op.f("uq_person_code")),
        sa.UniqueConstraint("id", name=op.f("uq_person_id")),
    )
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_person_community_id"), ["community_id"], unique=False)

    op.create_table(
        "plan_grid",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("community_id", sa.Uuid(), nullable=False),
        sa.Column("four_limits", TEXT, nullable=False),
        sa.Column("source_document", TEXT, nullable=False),
        sa.Column("worker", TEXT, nullable=False),
        sa.Column("delivered", TEXT, nullable=True),
        sa.CheckConstraint("kind IN ('general', 'dedicated')", name=op.f("ck_plan_grid_kind")),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_plan_grid_community_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_plan_grid_grid_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_grid_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "grid_id", name=op.f("pk_plan_grid")),
        sa.UniqueConstraint("plan_id", "code", name=op.f("uq_plan_grid_plan_id_code")),
    )
    with op.batch_alter_table("plan_grid", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_grid_code"), ["code"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_grid_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_grid_grid_id"), ["grid_id"], unique=False)

    op.create_table(
        "plan_row",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("block_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["block_id"], ["block.id"], name=op.f("fk_plan_row_block_id")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_plan_row_grid_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_row_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "block_id", name=op.f("pk_plan_row")),
    )
    with op.batch_alter_table("plan_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_row_block_id"), ["block_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_plan_row_plan_id_grid_id"), ["plan_id", "grid_id"], unique=False)

    op.create_table(
        "post",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_post_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_post_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_post")),
        sa.UniqueConstraint("code", name=op.f("uq_post_code")),
        sa.UniqueConstraint("id", name=op.f("uq_post_id")),
    )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_post_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "shop",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("contact", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("surveyed", sa.Boolean(), nullable=True),
        sa.Column("signed", sa.Boolean(), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_shop_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_shop_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_shop")),
        sa.UniqueConstraint("code", name=op.f("uq_shop_code")),
        sa.UniqueConstraint("id", name=op.f("uq_shop_id")),
    )
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_shop_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_shop_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "social_organisation",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("category", TEXT, nullable=True),
        sa.Column("address", TEXT, nullable=True),
        sa.Column("building", TEXT, nullable=True),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("contact", TEXT, nullable=True),
        sa.Column("phone", TEXT, nullable=True),
        sa.Column("surveyed", sa.Boolean(), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_social_organisation_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_social_organisation_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_social_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_social_organisation_code")),
        sa.UniqueConstraint("id", name=op.f("uq_social_organisation_id")),
    )
    with op.batch_alter_table("social_organisation", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_social_organisation_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_social_organisation_community_id"), ["community_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("social_organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_social_organisation_community_id"))
        batch_op.drop_geospatial_index("idx_social_organisation_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("social_organisation")
    with op.batch_alter_table("shop", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shop_community_id"))
        batch_op.drop_geospatial_index("idx_shop_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("shop")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_post_community_id"))

    op.drop_table("post")
    with op.batch_alter_table("plan_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_row_plan_id_grid_id"))
        batch_op.drop_index(batch_op.f("ix_plan_row_block_id"))

    op.drop_table("plan_row")
    with op.batch_alter_table("plan_grid", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_grid_grid_id"))
        batch_op.drop_index(batch_op.f("ix_plan_grid_community_id"))
        batch_op.drop_index(batch_op.f("ix_plan_grid_code"))

    op.drop_table("plan_grid")
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_person_community_id"))

    op.drop_table("person")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_community_id"))
        batch_op.drop_geospatial_index("idx_organisation_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("organisation")
    with op.batch_alter_table("key_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_place_community_id"))
        batch_op.drop_geospatial_index("idx_key_place_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("key_place")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_community_id"))
        batch_op.drop_geospatial_index("idx_incident_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("incident")
    with op.batch_alter_table("household", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_household_community_id"))
        batch_op.drop_geospatial_index("idx_household_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("household")
    with op.batch_alter_table("grid_shape", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_grid_shape_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("grid_shape")
    with op.batch_alter_table("compound", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_compound_community_id"))
        batch_op.drop_geospatial_index("idx_compound_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("compound")
    with op.batch_alter_table("building", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_building_community_id"))
        batch_op.drop_geospatial_index("idx_building_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("building")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_subject_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_grid_id_subject_kind"))

    op.drop_table("assignment")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_plan_subdistrict_id"))

    op.drop_table("plan")
    with op.batch_alter_table("community", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_community_subdistrict_id"))
        batch_op.drop_geospatial_index("idx_community_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("community")
    with op.batch_alter_table("water", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_water_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("water")
    with op.batch_alter_table("subdistrict", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_subdistrict_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("subdistrict")
    op.drop_table("section")
    with op.batch_alter_table("road", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_road_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("road")
    with op.batch_alter_table("railway", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_railway_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("railway")
    with op.batch_alter_table("micro_grid", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_micro_grid_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("micro_grid")
    op.drop_table("inclusion")
    op.drop_table("import_row")
    with op.batch_alter_table("house_number", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_house_number_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("house_number")
    op.drop_table("expected_number")
    with op.batch_alter_table("block_parent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_block_parent_parent_id"))

    op.drop_table("block_parent")
    with op.batch_alter_table("import_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_import_run_sha256"))

    op.drop_table("import_run")
    op.drop_table("grid")
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_block_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("block")
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_subject_id"))
        batch_op.drop_index(batch_op.f("ix_audit_at"))

    op.drop_table("audit")
