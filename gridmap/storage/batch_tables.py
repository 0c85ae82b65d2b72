"""The tables of 五单: lists of cases, what was decided about each case, who claimed it, how residents rated.

A step is never changed or taken away. A case that has left a list keeps its row there.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Index, Integer, Table, UniqueConstraint
from sqlalchemy import text as sql

from gridmap.storage.columns import TEXT, JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, reference, text

batch = Table(
    "batch",
    metadata,
    id_column(),
    text("number"),
    reference("subdistrict_id", "subdistrict.id", index=True),
    text("name"),
    text("stage"),  # of data/lookups/batches.json
    Column("opened_at", Moment, nullable=False),
    text("opened_by"),
    Column("meeting_on", Date),
    Column("minutes", TEXT),
    Column("closed_at", Moment),
    UniqueConstraint("number"),
)

batch_case = Table(
    "batch_case",
    metadata,
    id_column(),
    reference("batch_id", "batch.id", index=True),
    reference("incident_id", "incident.id", index=True),
    Column("put_at", Moment, nullable=False),
    text("put_by"),
    text("unit"),  # 拟领单位: proposed, then agreed
    text("mark"),  # what was decided about it at this stage; empty when the stage begins
    text("reason"),
    Column("claimed_by", TEXT),
    Column("claimed_at", Moment),
    Column("left_at", Moment),  # empty while it is on the list
    Column("left_by", TEXT),
    CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL)", name="claimed"),
    CheckConstraint("(left_by IS NULL) = (left_at IS NULL)", name="left"),
    Index(  # a case is on at most one list, whoever puts it on another one at the same moment
        "uq_batch_case_open",
        "incident_id",
        unique=True,
        sqlite_where=sql("left_at IS NULL"),
        postgresql_where=sql("left_at IS NULL"),
    ),
)

batch_rating = Table(
    "batch_rating",
    metadata,
    id_column(),
    reference("batch_case_id", "batch_case.id", index=True),
    text("rating"),
    text("note"),
    Column("at", Moment, nullable=False),
    text("taken_by"),  # who asked the residents; they themselves are not named
)

batch_step = Table(
    "batch_step",
    metadata,
    id_column(),
    reference("batch_id", "batch.id"),
    Column("number", Integer, nullable=False),  # the order of steps; two at once cannot have the same
    Column("at", Moment, nullable=False),
    text("actor"),
    text("role"),
    text("act"),
    text("stage"),  # that the list was at, or came to
    reference("incident_id", "incident.id", nullable=True),
    text("reason"),
    Column("given", JsonText, nullable=False),
    UniqueConstraint("batch_id", "number"),
)
