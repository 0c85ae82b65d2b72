"""address review: rows that wait for a person, and what persons decided."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorts by code point on both
NUMBER = sa.Float(53)


def upgrade() -> None:
    op.create_table(
        "address_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("node_made", sa.Integer(), nullable=False),
        sa.Column("alias_ids", sa.Text(), nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('choose', 'pin', 'add', 'unknown')", name=op.f("ck_address_decision_kind")),
        sa.ForeignKeyConstraint(["node_id"], ["address_node.id"], name=op.f("fk_address_decision_node_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_decision")),
    )
    with op.batch_alter_table("address_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_decision_author_made_at"), ["author", "made_at"], unique=False)
    op.create_table(
        "address_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("core", TEXT, nullable=False),
        sa.Column("unknown", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Uuid(), nullable=True),
        sa.Column("lon", NUMBER, nullable=True),
        sa.Column("lat", NUMBER, nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'decided', 'learned', 'superseded')", name=op.f("ck_address_review_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["geocode_run.id"], name=op.f("fk_address_review_run_id")),
        sa.ForeignKeyConstraint(["node_id"], ["address_node.id"], name=op.f("fk_address_review_node_id")),
        sa.ForeignKeyConstraint(["decision_id"], ["address_decision.id"], name=op.f("fk_address_review_decision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_review")),
        sa.UniqueConstraint("run_id", "row_no", name=op.f("uq_address_review_run_id_row_no")),
    )
    with op.batch_alter_table("address_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_address_review_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_review_state_core"), ["state", "core"], unique=False)
        batch_op.create_index(batch_op.f("ix_address_review_state_unknown"), ["state", "unknown"], unique=False)


def downgrade() -> None:
    op.drop_table("address_review")
    op.drop_table("address_decision")
