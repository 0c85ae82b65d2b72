"""The tables of the gazetteer (地名地址库): nodes, their other names, the index made of them, and what was answered.

A node's id is made of its path (parent, level, key), so that building the gazetteer again gives the same ids, and
what persons decided about a node stays with it.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Index, Integer, LargeBinary, PrimaryKeyConstraint, Table

from gridmap.storage.columns import NUMBER, TEXT, JsonText, Moment
from gridmap.storage.declaring import id_column, metadata, one_of, reference, text

ALIAS_ORIGINS = ("register", "review")
RUN_STATES = ("running", "finished")
BANDS = ("auto", "review", "none")

address_node = Table(
    "address_node",
    metadata,
    id_column(),
    reference("parent_id", "address_node.id", nullable=True, index=True),
    text("level"),
    text("name"),  # as it is written: 3栋
    text("key"),  # what it is compared by: 3
    Column("lon", NUMBER),
    Column("lat", NUMBER),
    Column("radius", NUMBER, nullable=False),  # metres; how far what it names may lie from the point
    Column("shape", LargeBinary),  # WKB, lon/lat: the axis of a road, the outline of a compound
    reference("site_id", "address_node.id", nullable=True),  # the house number at which a compound or place stands
    text("source"),  # the register, the file, or the review that brought it
    text("origin"),  # which record of it: a node of the same record under another path is the same thing renamed
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    reference("redirect_id", "address_node.id", nullable=True),
    Index(None, "source", "origin"),
)

address_alias = Table(
    "address_alias",
    metadata,
    id_column(),
    reference("node_id", "address_node.id", index=True),
    text("name"),
    text("origin"),
    text("author"),
    Column("created_at", Moment, nullable=False),
    Column("undone_at", Moment),
    one_of("origin", ALIAS_ORIGINS),
    Index(None, "name"),
)

gazetteer_index = Table(
    "gazetteer_index",
    metadata,
    Column("version", TEXT, nullable=False),
    Column("part", Integer, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("version", "part"),
)

geocode_run = Table(
    "geocode_run",
    metadata,
    id_column(),
    text("file_name"),
    text("sha256"),
    text("index_version"),
    Column("options", JsonText, nullable=False),
    text("state"),
    Column("total", Integer, nullable=False),
    Column("report", JsonText),
    text("actor"),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    one_of("state", RUN_STATES),
    Index(None, "sha256"),
)

geocode_row = Table(
    "geocode_row",
    metadata,
    reference("run_id", "geocode_run.id"),
    Column("row_no", Integer, nullable=False),
    text("address"),
    text("answer_key"),
    text("band"),
    PrimaryKeyConstraint("run_id", "row_no"),
    Index(None, "answer_key"),
    Index(None, "run_id", "band"),
    one_of("band", BANDS),
)

geocode_answer = Table(
    "geocode_answer",
    metadata,
    Column("key", TEXT, primary_key=True),  # hash of the normalised address and the index that answered
    text("index_version"),
    Column("answer", JsonText, nullable=False),
    Index(None, "index_version"),
)
