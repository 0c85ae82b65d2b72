"""While the server runs, plans take effect on their day."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from gridmap import runner

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gridmap.storage.database import Database

_log = logging.getLogger("gridmap.plans")
_EVERY = 60.0  # seconds between two looks at the calendar


@contextmanager
def watching_the_calendar(opened: Database) -> Iterator[None]:
    """Put plans in force whose day has come, at once and every minute, while the block runs."""
    over = Event()

    def watch() -> None:
        while True:
            _activate_due(opened)
            if over.wait(_EVERY):
                return

    thread = Thread(target=watch, name="calendar of plans", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _activate_due(opened: Database) -> None:
    try:
        outcomes = runner.activate_due(opened, "calendar")
    except Exception:  # noqa: BLE001 -- the next look may find what was missing; a thread that ends would never look again
        _log.exception("plans that are due could not be put in force")
        return
    for each in outcomes:
        if each.refused:
            _log.error("the plan %s is due and cannot take effect: %s", each.plan.id, each.refused.message)
        else:
            _log.info("the plan %s has taken effect", each.plan.id)
