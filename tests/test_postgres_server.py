"""The server of the tests: what a killed run left behind is cleared away, and never stops the next one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from postgres_server import PREFIX, end_left_behind

if TYPE_CHECKING:
    from pathlib import Path


def _ended() -> int:
    """The number of a process that was."""
    with subprocess.Popen(["true"]) as process:
        pass
    return process.pid


def _left(where: Path, of: int, server: int) -> Path:
    folder = where / f"{PREFIX}{of}-x"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "postmaster.pid").write_text(f"{server}\n{folder}/data\n")
    return folder


def test_a_server_that_died_with_its_machine_is_cleared_away(tmp_path: Path) -> None:
    folder = _left(tmp_path, _ended(), _ended())
    end_left_behind(tmp_path)
    assert not folder.exists()


def test_a_number_that_another_program_has_now_is_not_stopped(tmp_path: Path) -> None:
    folder = _left(tmp_path, _ended(), os.getpid())
    end_left_behind(tmp_path)
    assert not folder.exists()  # and we are still here


def test_a_server_in_use_is_left_alone(tmp_path: Path) -> None:
    folder = _left(tmp_path, os.getpid(), _ended())
    end_left_behind(tmp_path)
    assert folder.exists()
