"""gazetteer: nodes of addresses, their other names, the index made of them, runs of geocoding and answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    op.create_table(
        "address_node",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("lon", sa.Float(53), nullable=True),
        sa.Column("lat", sa.Float(53), nullable=True),
        sa.Column("radius", sa.Float(53), nullable=False),
        sa.Column("shape", sa.LargeBinary(), nullable=True),
        sa.Column("site_id", sa.Uuid(), nullable=True),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("redirect_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["address_node.id"], name=op.f("fk_address_node_parent_id")),
        sa.ForeignKeyConstraint(["redirect_id"], ["address_node.id"], name=op.f("fk_address_node_redirect_id")),
        sa.ForeignKeyConstraint(["site_id"], ["address_node.id"], name=op.f("fk_address_node_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_node")),
    )
    with op.batch_alter_table("address_node", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_node_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_node_source_origin"), ["source", "origin"], unique=False)
    op.create_table(
        "address_alias",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("origin IN ('register', 'review')", name=op.f("ck_address_alias_origin")),
        sa.ForeignKeyConstraint(["node_id"], ["address_node.id"], name=op.f("fk_address_alias_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_alias")),
    )
    with op.batch_alter_table("address_alias", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_alias_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_alias_node_id"), ["node_id"], unique=False)
    op.create_table(
        "gazetteer_index",
        sa.Column("version", TEXT, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", "part", name=op.f("pk_gazetteer_index")),
    )
    op.create_table(
        "geocode_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("index_version", TEXT, nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('running', 'finished')", name=op.f("ck_geocode_run_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_geocode_run")),
    )
    with op.batch_alter_table("geocode_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_geocode_run_sha256"), ["sha256"], unique=False)
    op.create_table(
        "geocode_row",
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("answer_key", TEXT, nullable=False),
        sa.Column("band", TEXT, nullable=False),
        sa.CheckConstraint("band IN ('auto', 'review', 'none')", name=op.f("ck_geocode_row_band")),
        sa.ForeignKeyConstraint(["run_id"], ["geocode_run.id"], name=op.f("fk_geocode_row_run_id")),
        sa.PrimaryKeyConstraint("run_id", "row_no", name=op.f("pk_geocode_row")),
    )
    with op.batch_alter_table("geocode_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_geocode_row_answer_key"), ["answer_key"], unique=False)
        batch_op.create_index(batch_op.f("ix_geocode_row_run_id_band"), ["run_id", "band"], unique=False)
    op.create_table(
        "geocode_answer",
        sa.Column("key", TEXT, nullable=False),
        sa.Column("index_version", TEXT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_geocode_answer")),
    )
    with op.batch_alter_table("geocode_answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_geocode_answer_index_version"), ["index_version"], unique=False)


def downgrade() -> None:
    for table in (
        "geocode_answer",
        "geocode_row",
        "geocode_run",
        "gazetteer_index",
        "address_alias",
        "address_node",
    ):
        op.drop_table(table)
