"""Programs in processes of their own, and the plug that is pulled at a moment that a test chooses.

A process is a fork of one that has read the program's modules and done nothing else: reading them takes two seconds,
and these tests start sixty processes.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["gridmap.cli.main", "gridmap.cli.importing", "gridmap.runner", "gridmap.services.intake"]
)
_LONGEST = 120.0  # seconds of a process, on a busy machine
_numbers = itertools.count(1)


def after(function: Callable[..., Any], calls: int = 1) -> Callable[..., Any]:
    """Wrap a function: the process is killed when so many calls of it have returned."""
    left = calls

    def wrapped(*words: Any, **names: Any) -> Any:
        nonlocal left
        result = function(*words, **names)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return wrapped


class Running:
    """A program with its words (`sys.argv[1:]`) on a database, in a process of its own; what it says goes to files."""

    def __init__(self, program: str, words: list[str], database: str, folder: Path) -> None:
        number = next(_numbers)
        self.said = [folder / f"{number}.{name}" for name in ("out", "err")]
        self.process = _FORKS.Process(target=_execute, args=(program, words, database, *map(str, self.said)))
        self.process.start()

    @property
    def ended(self) -> bool:
        return not self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()

    def wait(self) -> Self:
        """Wait for its end; a process that does not end is killed, and its code says so."""
        self.process.join(_LONGEST)
        if not self.ended:
            self.kill()
            self.process.join()
        return self

    @property
    def code(self) -> int:
        found = self.process.exitcode
        assert found is not None, "it still runs"
        return found

    @property
    def out(self) -> str:
        return self.said[0].read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self.said[1].read_text(encoding="utf-8")


def _execute(program: str, words: list[str], database: str, *said: str) -> None:
    for number, path in enumerate(said, start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ["GRIDMAP_DATABASE"] = database
    sys.argv[1:] = words
    exec(compile(program, "program", "exec"), {"__name__": "__main__"})  # noqa: S102 -- the test's own program
