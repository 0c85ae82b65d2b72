"""五单: a list on which cases go together from the grids to the units, and back to the residents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID


@dataclass(frozen=True)
class Batch:
    """A list of a sub-district.

    Parameters
    ----------
    number : str
        Year and running number, such as 2026-003.
    stage : str
        Of the stages in data/lookups/batches.json; the last one that it reached when it is closed.
    meeting_on, minutes
        When the 大工委 met, and what it said (会议纪要).
    closed_at : datetime or None
        None while it goes on.
    """

    id: UUID
    number: str
    subdistrict_id: UUID
    name: str
    stage: str
    opened_at: datetime
    opened_by: str
    meeting_on: date | None = None
    minutes: str | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class BatchCase:
    """A case on a list, or one that was on it.

    Parameters
    ----------
    unit : str
        拟领单位: who is to claim it, as far as it was said.
    mark, reason : str
        What was last done about it at this stage, and why.
    claimed_by : str or None
        The unit that has claimed it (领单).
    left_at, left_by
        Since when it is no longer on the list, and by which act; None while it is.
    """

    id: UUID
    batch_id: UUID
    incident_id: UUID
    put_at: datetime
    put_by: str
    unit: str = ""
    mark: str = ""
    reason: str = ""
    claimed_by: str | None = None
    claimed_at: datetime | None = None
    left_at: datetime | None = None
    left_by: str | None = None


@dataclass(frozen=True)
class BatchRating:
    """How somebody for whom a case was worked on has rated it; residents are not named."""

    id: UUID
    batch_case_id: UUID
    rating: str
    note: str
    at: datetime
    taken_by: str


@dataclass(frozen=True)
class BatchStep:
    """One thing that was done with a list, or with a case on it. It is never changed."""

    id: UUID
    batch_id: UUID
    number: int
    at: datetime
    actor: str
    role: str
    act: str
    stage: str
    incident_id: UUID | None
    reason: str
    given: Mapping[str, Any]
