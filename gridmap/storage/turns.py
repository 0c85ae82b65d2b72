"""One fair queue of writers for a database file: who came first writes first.

SQLite lets one connection write at a time and makes the others poll for the lock, so that an unlucky one starves
while others overtake it. Inside the process writers queue here; between processes `busy_timeout` remains.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gridmap.errors import DatabaseProblem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 120.0  # seconds that a writer waits for its turn; the longest single write is an import's last step


class Turns:
    """A lock that is handed over in the order of asking; any thread may give it back."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._guard = threading.Lock()
        self._busy = False
        self._waiting: deque[threading.Event] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for one's turn and hold it for the block.

        Raises
        ------
        DatabaseProblem
            The turn did not come in time.
        """
        self._take()
        try:
            yield
        finally:
            self._give_back()

    def _take(self) -> None:
        with self._guard:
            if not self._busy:
                self._busy = True
                return
            called = threading.Event()
            self._waiting.append(called)
        try:
            came = called.wait(self._patience)
        except BaseException:
            if not self._leave(called):
                self._give_back()
            raise
        if not came and self._leave(called):
            raise DatabaseProblem(
                f"the database was busy with another write for {self._patience:.0f} seconds; try again",
                seconds=self._patience,
            )

    def _leave(self, called: threading.Event) -> bool:
        """Stop waiting. False when the turn came in the very last moment: then one has it."""
        with self._guard:
            if called.is_set():
                return False
            self._waiting.remove(called)
            return True

    def _give_back(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._busy = False


_queues: dict[Path, Turns] = {}
_queues_guard = threading.Lock()


def turns_for(path: Path) -> Turns:
    """Return the queue of a database file: one for the process, however often the file is opened."""
    with _queues_guard:
        return _queues.setdefault(path.resolve(), Turns())
