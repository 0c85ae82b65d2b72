"""The tables of checking addresses (地址核对): rows that wait for a person, and what persons decided."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table, UniqueConstraint

from gridmap.storage.columns import NUMBER, JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, one_of, reference, text

REVIEW_STATES = ("open", "decided", "learned", "superseded")
DECISIONS = ("choose", "pin", "add", "unknown")

address_decision = Table(
    "address_decision",
    metadata,
    id_column(),
    text("kind"),
    reference("node_id", "address_node.id", nullable=True),  # none: nobody knows the place
    Column("node_made", Integer, nullable=False),  # 1 where the decision added the node: undoing ends it
    Column("alias_ids", JsonText, nullable=False),  # the other names that it taught
    text("author"),
    Column("made_at", Moment, nullable=False),
    Column("undone_at", Moment),
    one_of("kind", DECISIONS),
    Index(None, "author", "made_at"),
)

address_review = Table(
    "address_review",
    metadata,
    id_column(),
    reference("run_id", "geocode_run.id"),
    Column("row_no", Integer, nullable=False),
    text("address"),
    text("core"),  # what the address says, without notes: rows of one core mean the same place
    text("unknown"),  # the name that the gazetteer does not have; empty for none
    text("state"),
    Column("answer", JsonText, nullable=False),  # point, level, reasons and candidates as they were last asked for
    reference("node_id", "address_node.id", nullable=True),
    Column("lon", NUMBER),
    Column("lat", NUMBER),
    reference("decision_id", "address_decision.id", nullable=True, index=True),
    text("actor"),  # who started the run
    UniqueConstraint("run_id", "row_no"),
    one_of("state", REVIEW_STATES),
    Index(None, "state", "core"),
    Index(None, "state", "unknown"),
)
