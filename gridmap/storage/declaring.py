"""What every module of tables is written with: the one metadata, its names, and the columns that return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, MetaData, Uuid

from gridmap.storage.columns import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_REVISION = "0010"  # the head of migrations/versions; a test holds the two together

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """Restrict a column to a set of words."""
    quoted = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({quoted})", name=column)


def id_column() -> Column[Any]:
    """Return the key of a table without geometry."""
    return Column("id", Uuid(), primary_key=True)


def fid_and_id() -> tuple[Column[Any], Column[Any]]:
    """Return the two keys of a spatial table: its row number, which the index points at, and its id."""
    return Column("fid", Integer, primary_key=True), Column("id", Uuid(), nullable=False, unique=True)


def reference(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    """Return a column that holds the id of another table's row."""
    return Column(name, Uuid(), ForeignKey(target), nullable=nullable, index=index)


def text(name: str) -> Column[Any]:
    """Return a column of text that is always there, if empty."""
    return Column(name, TEXT, nullable=False)
