"""Cases: what is assigned, why, and to whom."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class Reason(StrEnum):
    """Why a subject belongs to a grid, in the order in which the rule asks.

    `UNLOCATED` is not a verdict of the rule but the state of a subject that has no point yet (待定位).
    """

    MANUAL = "manual"
    LISTED = "listed"
    INSIDE = "inside"
    EDGE = "edge"
    OUTSIDE = "outside"
    UNLOCATED = "unlocated"


CLOSED_STATES = frozenset({"已结案", "已评价", "自办结案", "作废", "撤回", "已并案", "退单"})
"""States after which nobody has anything left to do; every other incident is open (在办)."""


@dataclass(frozen=True)
class Assignment:
    """One subject's verdict under one plan.

    Parameters
    ----------
    grid_id : UUID or None
        None when outside or unlocated: nobody is responsible until a person decides.
    distance : float or None
        Metres to the border of the grid (inside, edge, listed, manual) or to the nearest grid (outside).
    accuracy : float
        The position's own accuracy in metres.
    nearest_id : UUID or None
        For `OUTSIDE`, the nearest grid.
    review : bool
        A person should look: outside, unlocated, an accuracy circle that crosses the border, or a manual or
        listed grid that the plan no longer has.
    """

    subject_kind: str
    subject_id: UUID
    plan_id: UUID
    grid_id: UUID | None
    reason: Reason
    distance: float | None
    accuracy: float
    nearest_id: UUID | None
    review: bool


@dataclass(frozen=True)
class Incident:
    """An 事件 or 工单. `lon`, `lat` are EPSG:4490; None while it has no place (待定位).

    `closed_at` is None while it is open, and where another system closed it without saying when (未记录).
    """

    id: UUID
    number: str
    source: str
    category: str
    title: str
    description: str
    address: str
    reporter: str
    phone: str
    reported_at: datetime | None
    state: str
    deadline: datetime | None
    closed_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy: float
