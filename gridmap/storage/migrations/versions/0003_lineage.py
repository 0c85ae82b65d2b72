"""lineage: what became of the grids, what changed hands, and plans that wait for their date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both
BEFORE = "'draft', 'in_force', 'superseded'"
NOW = "'draft', 'approved', 'in_force', 'superseded'"


def _allow(states: str) -> None:
    """Change which states a plan may have. SQLite makes the table anew, and forgets its checks unless told."""
    checks = {"ck_plan_state": f"state IN ({states})"}
    if op.get_bind().dialect.name == "sqlite":
        checks["ck_plan_dates"] = "valid_to IS NULL OR valid_from <= valid_to"
    else:
        op.drop_constraint(op.f("ck_plan_state"), "plan", type_="check")
    with op.batch_alter_table("plan", schema=None) as batch_op:
        for name, rule in checks.items():
            batch_op.create_check_constraint(op.f(name), rule)


def upgrade() -> None:
    _allow(NOW)
    op.create_table(
        "plan_lineage",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("old_plan_id", sa.Uuid(), nullable=False),
        sa.Column("old_grid_id", sa.Uuid(), nullable=True),
        sa.Column("new_grid_id", sa.Uuid(), nullable=True),
        sa.Column("area", sa.Float(53), nullable=False),
        sa.Column("area_share", sa.Float(53), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("household_share", sa.Float(53), nullable=True),
        sa.ForeignKeyConstraint(["new_grid_id"], ["grid.id"], name=op.f("fk_plan_lineage_new_grid_id")),
        sa.ForeignKeyConstraint(["old_grid_id"], ["grid.id"], name=op.f("fk_plan_lineage_old_grid_id")),
        sa.ForeignKeyConstraint(["old_plan_id"], ["plan.id"], name=op.f("fk_plan_lineage_old_plan_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_lineage_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_lineage")),
    )
    with op.batch_alter_table("plan_lineage", schema=None) as batch_op:
        for name in ("new_grid_id", "old_grid_id", "plan_id"):
            batch_op.create_index(batch_op.f(f"ix_plan_lineage_{name}"), [name], unique=False)
    op.create_table(
        "plan_handover",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("old_grid_id", sa.Uuid(), nullable=True),
        sa.Column("new_grid_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["new_grid_id"], ["grid.id"], name=op.f("fk_plan_handover_new_grid_id")),
        sa.ForeignKeyConstraint(["old_grid_id"], ["grid.id"], name=op.f("fk_plan_handover_old_grid_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_handover_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "subject_kind", "subject_id", name=op.f("pk_plan_handover")),
    )


def downgrade() -> None:
    op.drop_table("plan_handover")
    op.drop_table("plan_lineage")
    op.execute("UPDATE plan SET state = 'draft', valid_from = NULL WHERE state = 'approved'")
    _allow(BEFORE)
