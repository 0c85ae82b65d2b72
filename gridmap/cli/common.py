"""What several commands share: options, opening the database, printing."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gridmap.config import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gridmap.storage.database import Database

crs_option = click.option(
    "--crs",
    help="Coordinate system of the file: an EPSG code (EPSG:4547), cgcs2000, wgs84, gcj02, bd09 or bd09mc.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def actor() -> str:
    """Name the person at the keyboard, for the audit."""
    return os.environ.get("SUDO_USER") or os.environ.get("USER") or "local"


@contextmanager
def open_database() -> Iterator[Database]:
    """Open the database that the settings name, and close it after the block."""
    from gridmap.storage.database import Database  # noqa: PLC0415 -- `check FILE` needs no database

    database = Database.open(read_settings().database)
    try:
        yield database
    finally:
        database.close()


def print_json(value: Any) -> None:
    """Print a value as JSON, Chinese left readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


@contextmanager
def progress(label: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on a terminal (nothing in a pipe); yields a function that takes how many are done."""
    console = Console(file=sys.stderr)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda done: bar.update(task, completed=done)
