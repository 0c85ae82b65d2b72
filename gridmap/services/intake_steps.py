"""The first step of a case that another system had begun, so that its history begins where we learnt of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gridmap.model.casework import TAKEN_OVER, Step
from gridmap.model.land import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from gridmap.storage.database import Transaction


def entry_step(tx: Transaction, record: dict[str, Any], level: str, closed_at: datetime | None = None) -> Step:
    """Make the step that tells in which state a case came, and when the other system closed it, where that is known."""
    given = {"closed_at": closed_at.isoformat()} if closed_at else {}
    return Step(
        id=new_id(),
        incident_id=record["id"],
        number=1,
        at=closed_at or tx.now,
        actor=tx.actor,
        role="",
        move=TAKEN_OVER,
        state_before="",
        state_after=record["state"],
        level_before=level,
        level_after=level,
        reason="",
        given=given,
    )
