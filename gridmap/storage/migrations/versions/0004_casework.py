"""casework: files of cases, their steps, approvals, whistles, pauses, photos, and imported categories."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    op.create_table(
        "case_file",
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("profile", TEXT, nullable=False),
        sa.Column("category_list", TEXT, nullable=False),
        sa.Column("category_code", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("worker", TEXT, nullable=False),
        sa.Column("deputy", TEXT, nullable=False),
        sa.Column("duty", sa.Text(), nullable=True),
        sa.Column("deadline_class", TEXT, nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("limit_amount", sa.Float(53), nullable=True),
        sa.Column("limit_unit", TEXT, nullable=True),
        sa.Column("fixed_deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("return_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("original", sa.Text(), nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.CheckConstraint(
            "deadline_class IN ('at_once', 'by_date', 'long_term')", name=op.f("ck_case_file_deadline_class")
        ),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_file_incident_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["incident.id"], name=op.f("fk_case_file_merged_into")),
        sa.PrimaryKeyConstraint("incident_id", name=op.f("pk_case_file")),
    )
    with op.batch_alter_table("case_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_file_merged_into"), ["merged_into"], unique=False)
    op.create_table(
        "case_approval",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("move", TEXT, nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", TEXT, nullable=False),
        sa.Column("asked_role", TEXT, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", TEXT, nullable=True),
        sa.Column("decided_role", TEXT, nullable=True),
        sa.Column("note", TEXT, nullable=True),
        sa.CheckConstraint("state IN ('pending', 'approved', 'refused')", name=op.f("ck_case_approval_state")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_approval_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_approval")),
    )
    with op.batch_alter_table("case_approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_approval_incident_id"), ["incident_id"], unique=False)
    op.create_table(
        "case_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("move", TEXT, nullable=False),
        sa.Column("state_before", TEXT, nullable=False),
        sa.Column("state_after", TEXT, nullable=False),
        sa.Column("level_before", TEXT, nullable=False),
        sa.Column("level_after", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("approval_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["approval_id"], ["case_approval.id"], name=op.f("fk_case_step_approval_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_step_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_step")),
        sa.UniqueConstraint("incident_id", "number", name=op.f("uq_case_step_incident_id_number")),
    )
    op.create_table(
        "case_whistle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        sa.Column("blown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blown_by", TEXT, nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('residents', 'community')", name=op.f("ck_case_whistle_kind")),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_whistle_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_whistle")),
    )
    with op.batch_alter_table("case_whistle", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_whistle_incident_id"), ["incident_id"], unique=False)
    op.create_table(
        "case_pause",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_pause_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_pause")),
    )
    with op.batch_alter_table("case_pause", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_case_pause_incident_id"), ["incident_id"], unique=False)
    op.create_table(
        "case_photo",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("media_type", TEXT, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name=op.f("fk_case_photo_incident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photo")),
        sa.UniqueConstraint("incident_id", "sha256", name=op.f("uq_case_photo_incident_id_sha256")),
    )
    op.create_table(
        "category_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_by", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category_list")),
        sa.UniqueConstraint("name", name=op.f("uq_category_list_name")),
    )


def downgrade() -> None:
    for table in (
        "category_list",
        "case_photo",
        "case_pause",
        "case_whistle",
        "case_step",
        "case_approval",
        "case_file",
    ):
        op.drop_table(table)
