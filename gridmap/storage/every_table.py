"""The metadata with every module of tables read in: for migrations, which compare it with a database."""

from __future__ import annotations

from gridmap.storage import (
    batch_tables,
    casework_tables,
    draft_tables,
    gazetteer_tables,
    lineage_tables,
    review_tables,
    statement_tables,
    tables,
)
from gridmap.storage.declaring import metadata

__all__ = [
    "batch_tables",
    "casework_tables",
    "draft_tables",
    "gazetteer_tables",
    "lineage_tables",
    "metadata",
    "review_tables",
    "statement_tables",
    "tables",
]
