"""What stands in the file of a case, and what was done with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class DeadlineClass(StrEnum):
    """How a case is to be ended."""

    AT_ONCE = "at_once"  # 即办
    BY_DATE = "by_date"  # 限时销账
    LONG_TERM = "long_term"  # 长期推进


class Decision(StrEnum):
    """What became of a request."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class WhistleKind(StrEnum):
    """Who has blown it."""

    RESIDENTS = "residents"  # 居民吹哨·干部报到
    COMMUNITY = "community"  # 社区吹哨·部门报到


@dataclass(frozen=True)
class CaseFile:
    """What an incident needs beyond its record.

    Parameters
    ----------
    profile : str
        Of the ladder; empty for the common one.
    category_list, category_code : str
        The category by which duty and deadline were decided; empty when the words name none.
    level : str
        Where it stands, of the levels of the ladder.
    holder : str
        Who has to act now: a grid, an office or a unit by name.
    worker, deputy : str
        A角 and B角 of the day it came in.
    duty : dict or None
        Which duty rule decided, and what every rule before it said.
    begun_at : datetime
        From when on time is counted.
    limit_amount, limit_unit
        How long it may take; None for no limit.
    fixed_deadline : datetime or None
        The order's own deadline, or the one granted later: it wins over the limit.
    fixed_at : datetime or None
        Since when it holds: only pauses that end later move it.
    return_until : datetime or None
        Until when it can be handed back (退单时限).
    original : dict or None
        The texts that came in, as they were.
    outcome : str or None
        Such as 调解成功.
    """

    incident_id: UUID
    profile: str
    category_list: str
    category_code: str
    level: str
    holder: str
    worker: str
    deputy: str
    duty: Mapping[str, Any] | None
    deadline_class: DeadlineClass
    begun_at: datetime
    limit_amount: float | None
    limit_unit: str | None
    fixed_deadline: datetime | None
    fixed_at: datetime | None
    return_until: datetime | None
    merged_into: UUID | None = None
    original: Mapping[str, Any] | None = None
    outcome: str | None = None


TAKEN_OVER = "导入"  # the move of a first step that only tells in which state a case came from another system


@dataclass(frozen=True)
class Step:
    """One move that was made. It is never changed."""

    id: UUID
    incident_id: UUID
    number: int
    at: datetime
    actor: str
    role: str
    move: str
    state_before: str
    state_after: str
    level_before: str
    level_after: str
    reason: str
    given: Mapping[str, Any]
    approval_id: UUID | None = None


@dataclass(frozen=True)
class Approval:
    """A move that somebody asked for, and what another person decided."""

    id: UUID
    incident_id: UUID
    move: str
    given: Mapping[str, Any]
    state: Decision
    asked_at: datetime
    asked_by: str
    asked_role: str
    decided_at: datetime | None = None
    decided_by: str | None = None
    decided_role: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Whistle:
    """A 吹哨: which unit was called, when it answered (应哨) and when it came (报到)."""

    id: UUID
    incident_id: UUID
    kind: WhistleKind
    unit: str
    blown_at: datetime
    blown_by: str
    answered_at: datetime | None = None
    arrived_at: datetime | None = None


@dataclass(frozen=True)
class Pause:
    """A time that does not count (挂账); `until` is None while it lasts."""

    id: UUID
    incident_id: UUID
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Photo:
    """A picture as proof."""

    id: UUID
    incident_id: UUID
    sha256: str
    media_type: str
    content: bytes
    added_at: datetime
    added_by: str
