"""The table of 属地核实单: what was said about a point, kept as it was said."""

from __future__ import annotations

from sqlalchemy import Column, Date, Table, UniqueConstraint

from gridmap.storage.columns import JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, reference, text

statement = Table(
    "statement",
    metadata,
    id_column(),
    text("code"),  # 校验码, made from the content
    reference("community_id", "community.id", nullable=True),  # where the point lies; none outside
    reference("incident_id", "incident.id", nullable=True, index=True),
    Column("day", Date, nullable=False),  # by the plan of which day
    Column("made_at", Moment, nullable=False),
    text("made_by"),
    Column("content", JsonText, nullable=False),
    UniqueConstraint("code"),
)
