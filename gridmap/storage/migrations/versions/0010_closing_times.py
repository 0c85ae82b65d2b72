"""when an incident was closed stands with it, where that is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

CLOSED = "('已结案', '已评价', '自办结案', '作废', '撤回', '已并案', '退单')"
FILL = f"""
    UPDATE incident SET closed_at = (
        SELECT max(s.at) FROM case_step s
        WHERE s.incident_id = incident.id AND s.state_after IN {CLOSED} AND s.state_before NOT IN {CLOSED}
        AND (s.move <> '导入' OR s.given <> '{{}}')
    ) WHERE state IN {CLOSED}
"""


def upgrade() -> None:
    op.add_column("incident", sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(FILL)


def downgrade() -> None:
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_column("closed_at")
