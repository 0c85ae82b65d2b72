"""Every command once: its help shows examples; the version; the command as it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from gridmap import __version__
from gridmap.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import click
    from command_line import Done


def commands(group: click.Command = cli, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    import click

    found = [path]
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            sub = group.get_command(context, name)
            assert sub is not None
            found += commands(sub, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_help_shows_examples(command: Callable[..., Done], path: tuple[str, ...]) -> None:
    done = command(*path, "--help", database="missing.db")  # help needs no database
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Usage: gridmap")
    if path != ("map",):
        assert "gridmap " + " ".join(path) in done.out.partition("Examples:")[2]


def test_the_version_is_told(command: Callable[..., Done]) -> None:
    assert command("--version").out == f"gridmap, version {__version__}\n"


def test_the_installed_command_works_in_a_process_of_its_own(tmp_path: Path) -> None:
    program = os.path.join(os.path.dirname(sys.executable), "gridmap")  # noqa: PTH118, PTH120 -- not resolved
    done = subprocess.run([program, "stats"], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "database_problem: there is no database gridmap.db: run `gridmap init`\n"
