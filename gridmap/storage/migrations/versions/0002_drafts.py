"""drafts: their edits, their steps, and grids in several pieces or with a code that is not yet in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both


def upgrade() -> None:
    with op.batch_alter_table("plan_grid", schema=None) as batch_op:
        batch_op.add_column(sa.Column("multipart", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("provisional", sa.Boolean(), server_default=sa.false(), nullable=False))

    op.create_table(
        "plan_edit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("inverse", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["plan_edit.id"], name=op.f("fk_plan_edit_parent_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_edit_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_edit")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_plan_edit_plan_id_number")),
    )
    op.create_table(
        "plan_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("verb", TEXT, nullable=False),
        sa.Column("edit_id", sa.Uuid(), nullable=False),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("grids", sa.Text(), nullable=False),
        sa.CheckConstraint("verb IN ('edit', 'undo', 'redo')", name=op.f("ck_plan_step_verb")),
        sa.ForeignKeyConstraint(["edit_id"], ["plan_edit.id"], name=op.f("fk_plan_step_edit_id")),
        sa.ForeignKeyConstraint(["head_id"], ["plan_edit.id"], name=op.f("fk_plan_step_head_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_step_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_step")),
        sa.UniqueConstraint("plan_id", "revision", name=op.f("uq_plan_step_plan_id_revision")),
    )


def downgrade() -> None:
    op.drop_table("plan_step")
    op.drop_table("plan_edit")
    with op.batch_alter_table("plan_grid", schema=None) as batch_op:
        batch_op.drop_column("provisional")
        batch_op.drop_column("multipart")
