"""What became of the grids when a plan took effect (网格沿革), and what changed hands that day (交接)."""

from __future__ import annotations

from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, Uuid

from gridmap.storage.columns import NUMBER
from gridmap.storage.declaring import id_column, metadata, reference, text

plan_lineage = Table(
    "plan_lineage",
    metadata,
    id_column(),
    reference("plan_id", "plan.id", index=True),
    reference("old_plan_id", "plan.id"),
    reference("old_grid_id", "grid.id", nullable=True, index=True),  # none: land that nobody had
    reference("new_grid_id", "grid.id", nullable=True, index=True),  # none: land that nobody has any more
    Column("area", NUMBER, nullable=False),  # m²
    Column("area_share", NUMBER),  # of the old grid; none where there is no old grid
    Column("households", Integer, nullable=False),
    Column("household_share", NUMBER),  # of the old grid; none where it had no household
)

plan_handover = Table(
    "plan_handover",
    metadata,
    reference("plan_id", "plan.id"),
    text("subject_kind"),
    Column("subject_id", Uuid(), nullable=False),
    reference("old_grid_id", "grid.id", nullable=True),
    reference("new_grid_id", "grid.id", nullable=True),
    PrimaryKeyConstraint("plan_id", "subject_kind", "subject_id"),
)
