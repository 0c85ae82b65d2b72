"""The tables of drafts: every edit that was ever made, and every step that a draft has taken.

A draft's blocks, labels and shapes stand in the tables of plans, as those of any plan. What is kept here is how they
came about. An edit is never taken away; undo and redo are steps to and fro between edits.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from gridmap.storage.columns import JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, one_of, reference, text


class Verb(StrEnum):
    """What a step does to a draft."""

    EDIT = "edit"
    UNDO = "undo"
    REDO = "redo"


plan_edit = Table(
    "plan_edit",
    metadata,
    id_column(),
    reference("plan_id", "plan.id"),
    Column("number", Integer, nullable=False),  # the order of making; the newest child of an edit is the one to redo
    reference("parent_id", "plan_edit.id", nullable=True),  # the edit before it on its path
    text("author"),
    Column("at", Moment, nullable=False),
    Column("operation", JsonText, nullable=False),
    Column("change", JsonText, nullable=False),
    Column("inverse", JsonText, nullable=False),
    UniqueConstraint("plan_id", "number"),
)

plan_step = Table(
    "plan_step",
    metadata,
    id_column(),
    reference("plan_id", "plan.id"),
    Column("revision", Integer, nullable=False),  # of the plan after the step
    text("verb"),
    reference("edit_id", "plan_edit.id"),
    reference("head_id", "plan_edit.id", nullable=True),  # the last edit of the path after the step; none at its start
    text("actor"),
    Column("at", Moment, nullable=False),
    Column("grids", JsonText, nullable=False),  # which it changed
    UniqueConstraint("plan_id", "revision"),
    one_of("verb", Verb),
)
