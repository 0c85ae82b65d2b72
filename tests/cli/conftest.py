"""Commands as they are typed, run in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from command_line import Done

from gridmap.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Done]:
    """Run a command in a folder of its own, on the database of `GRIDMAP_DATABASE`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("USER", "tester")
    monkeypatch.delenv("SUDO_USER", raising=False)

    def runner(*words: object, database: str | None = None) -> Done:
        if database is not None:
            monkeypatch.setenv("GRIDMAP_DATABASE", database)
        capsys.readouterr()
        status = run([str(word) for word in words])
        return Done(status, *capsys.readouterr())

    return runner


@pytest.fixture
def office(command: Callable[..., Done], shared_office: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Run commands on the drawn office, boundaries and nothing else."""
    monkeypatch.setenv("GRIDMAP_DATABASE", shared_office)
    return command
