"""batches: 五单, the cases on them, their steps and how residents rated."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", TEXT, nullable=False),
        sa.Column("subdistrict_id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", TEXT, nullable=False),
        sa.Column("meeting_on", sa.Date(), nullable=True),
        sa.Column("minutes", TEXT, nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["subdistrict_id"], ["subdistrict.id"], name=op.f("fk_batch_subdistrict_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("number", name=op.f("uq_batch_number")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_subdistrict_id"), ["subdistrict_id"], unique=False)
    op.create_table(
        "batch_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("put_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("put_by", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("mark", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("claimed_by", TEXT, nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("left_by", TEXT, nullable=True),
        sa.CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL)", name=op.f("ck_batch_case_claimed")),
        sa.CheckConstraint("(left_by IS NULL) = (left_at IS NULL)", name=op.f("ck_batch_case_left")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_case_batch_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_batch_case_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_case")),
    )
    with op.batch_alter_table("batch_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_case_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_batch_case_incident_id"), ["incident_id"], unique=False)
        batch_op.create_index(
            "uq_batch_case_open",
            ["incident_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )
    op.create_table(
        "batch_rating",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_case_id", sa.Uuid(), nullable=False),
        sa.Column("rating", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["batch_case_id"], ["batch_case.id"], name=op.f("fk_batch_rating_batch_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_rating")),
    )
    with op.batch_alter_table("batch_rating", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_rating_batch_case_id"), ["batch_case_id"], unique=False)
    op.create_table(
        "batch_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("act", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_step_batch_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_batch_step_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_step")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_step_batch_id_number")),
    )


def downgrade() -> None:
    op.drop_table("batch_step")
    op.drop_table("batch_rating")
    op.drop_table("batch_case")
    op.drop_table("batch")
