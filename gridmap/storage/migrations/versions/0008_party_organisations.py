"""party organisations, and the areas around a sub-district."""
# GeoAlchemy2 adds its operations at run time:
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    op.create_geospatial_table(
        "party_organisation",
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
        sa.Column("members", sa.BigInteger(), nullable=True),
        sa.Column("accuracy", sa.Float(precision=53), nullable=True),
        sa.Column("manual_grid", TEXT, nullable=True),
        sa.Column("community_id", sa.Uuid(), nullable=True),
        sa.Column(
            "geom", Geometry(geometry_type="POINT", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["community_id"], ["community.id"], name=op.f("fk_party_organisation_community_id")),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_party_organisation_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_party_organisation")),
        sa.UniqueConstraint("code", name=op.f("uq_party_organisation_code")),
        sa.UniqueConstraint("id", name=op.f("uq_party_organisation_id")),
    )
    with op.batch_alter_table("party_organisation", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_party_organisation_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )
        batch_op.create_index(batch_op.f("ix_party_organisation_community_id"), ["community_id"], unique=False)

    op.create_geospatial_table(
        "neighbouring_area",
        sa.Column("fid", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column(
            "geom", Geometry(geometry_type="MULTIPOLYGON", srid=4490, nullable=True, spatial_index=False), nullable=True
        ),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_run.id"], name=op.f("fk_neighbouring_area_import_id")),
        sa.PrimaryKeyConstraint("fid", name=op.f("pk_neighbouring_area")),
        sa.UniqueConstraint("code", name=op.f("uq_neighbouring_area_code")),
        sa.UniqueConstraint("id", name=op.f("uq_neighbouring_area_id")),
    )
    with op.batch_alter_table("neighbouring_area", schema=None) as batch_op:
        batch_op.create_geospatial_index(
            "idx_neighbouring_area_geom", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
        )


def downgrade() -> None:
    with op.batch_alter_table("neighbouring_area", schema=None) as batch_op:
        batch_op.drop_geospatial_index("idx_neighbouring_area_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("neighbouring_area")
    with op.batch_alter_table("party_organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_party_organisation_community_id"))
        batch_op.drop_geospatial_index("idx_party_organisation_geom", postgresql_using="gist", column_name="geom")

    op.drop_geospatial_table("party_organisation")
