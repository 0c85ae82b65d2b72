"""The tables of casework: what an incident needs beyond its record, and everything that was ever done with it.

The state and the deadline of an incident stand in its own row, where every table of numbers reads them. A step is
never changed or taken away.
"""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, PrimaryKeyConstraint, Table, UniqueConstraint

from gridmap.model.casework import DeadlineClass, Decision, WhistleKind
from gridmap.storage.columns import NUMBER, TEXT, JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, one_of, reference, text

case_file = Table(
    "case_file",
    metadata,
    reference("incident_id", "incident.id"),
    text("profile"),  # of the ladder; empty for the common one
    text("category_list"),
    text("category_code"),
    text("level"),
    text("holder"),  # who has to act now: a grid, an office or a unit by name
    text("worker"),  # A角 of the day
    text("deputy"),  # B角 of the day
    Column("duty", JsonText),  # which rule decided, and what every rule said
    text("deadline_class"),
    Column("begun_at", Moment, nullable=False),  # from when on time is counted
    Column("limit_amount", NUMBER),
    Column("limit_unit", TEXT),
    Column("fixed_deadline", Moment),  # the order's own, or what was granted: it wins over the limit
    Column("fixed_at", Moment),  # only pauses that end later move it
    Column("return_until", Moment),  # 退单时限
    reference("merged_into", "incident.id", nullable=True, index=True),
    Column("original", JsonText),  # what came in, word by word
    Column("outcome", TEXT),
    PrimaryKeyConstraint("incident_id"),
    one_of("deadline_class", DeadlineClass),
)

case_step = Table(
    "case_step",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    Column("number", Integer, nullable=False),  # the order of steps; two at once cannot have the same
    Column("at", Moment, nullable=False),
    text("actor"),
    text("role"),
    text("move"),
    text("state_before"),
    text("state_after"),
    text("level_before"),
    text("level_after"),
    text("reason"),
    Column("given", JsonText, nullable=False),  # unit, grid, incident, deadline, whatever the move was given
    reference("approval_id", "case_approval.id", nullable=True),
    UniqueConstraint("incident_id", "number"),
)

case_approval = Table(
    "case_approval",
    metadata,
    id_column(),
    reference("incident_id", "incident.id", index=True),
    text("move"),
    Column("given", JsonText, nullable=False),
    text("state"),
    Column("asked_at", Moment, nullable=False),
    text("asked_by"),
    text("asked_role"),
    Column("decided_at", Moment),
    Column("decided_by", TEXT),
    Column("decided_role", TEXT),
    Column("note", TEXT),
    one_of("state", Decision),
)

case_whistle = Table(
    "case_whistle",
    metadata,
    id_column(),
    reference("incident_id", "incident.id", index=True),
    text("kind"),
    text("unit"),
    Column("blown_at", Moment, nullable=False),
    text("blown_by"),
    Column("answered_at", Moment),  # 应哨
    Column("arrived_at", Moment),  # 报到
    one_of("kind", WhistleKind),
)

case_pause = Table(
    "case_pause",
    metadata,
    id_column(),
    reference("incident_id", "incident.id", index=True),
    Column("since", Moment, nullable=False),
    Column("until", Moment),
)

case_photo = Table(
    "case_photo",
    metadata,
    id_column(),
    reference("incident_id", "incident.id"),
    text("sha256"),
    text("media_type"),
    Column("content", LargeBinary, nullable=False),
    Column("added_at", Moment, nullable=False),
    text("added_by"),
    UniqueConstraint("incident_id", "sha256"),
)

category_list = Table(
    "category_list",
    metadata,
    id_column(),
    text("name"),
    Column("content", JsonText, nullable=False),
    Column("imported_at", Moment, nullable=False),
    text("imported_by"),
    UniqueConstraint("name"),
)
