"""When a case is due, and how its clock stands: 正常｜临期｜超期.

What the order itself says wins, then the limit of its category, then the office's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridmap.casework.calendar import Limit, Unit, deadline, working_hours_between
from gridmap.errors import BadInput
from gridmap.model.casework import DeadlineClass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from gridmap.casework.calendar import Calendar
    from gridmap.casework.categories import Category


class Clock(StrEnum):
    """How a case stands in time."""

    NORMAL = "正常"
    SOON = "临期"
    OVERDUE = "超期"


@dataclass(frozen=True)
class ClockRules:
    """The office's own limits.

    Parameters
    ----------
    default : Limit
        Where neither the order nor the category says one.
    soon : float
        Share of the time allowed that is left when a case becomes 临期.
    returns : mapping of str to Limit
        Until when an order can be handed back, by its source.
    """

    default: Limit
    soon: float
    returns: Mapping[str, Limit]


@dataclass(frozen=True)
class Terms:
    """How long a case may take.

    Parameters
    ----------
    limit : Limit or None
        None for 长期推进.
    fixed : datetime or None
        The order's own deadline, or one granted later: it wins over the limit.
    fixed_at : datetime or None
        Since when it holds: pauses that were over by then do not move it.
    """

    kind: DeadlineClass
    begun: datetime
    limit: Limit | None
    fixed: datetime | None
    fixed_at: datetime | None
    return_until: datetime | None


def read_clock_rules(content: Mapping[str, Any]) -> ClockRules:
    """Read the form of `data/lookups/clocks.json`.

    Raises
    ------
    BadInput
        A limit cannot be read, or the share is not between 0 and 1.
    """
    try:
        limits = {source: Limit(float(value[0]), Unit(value[1])) for source, value in content["returns"].items()}
        default = Limit(float(content["default"][0]), Unit(content["default"][1]))
        soon = float(content["soon"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadInput(f'a limit is [amount, "{"|".join(Unit)}"]: {error!r}', field="clocks") from error
    if not 0 <= soon < 1 or min(limit.amount for limit in (default, *limits.values())) <= 0:
        raise BadInput("limits are more than 0, and soon is a share between 0 and 1", field="clocks")
    return ClockRules(default, soon, limits)


def terms_of(
    rules: ClockRules,
    calendar: Calendar,
    *,
    begun: datetime,
    source: str,
    category: Category | None,
    fixed: datetime | None = None,
    return_until: datetime | None = None,
) -> Terms:
    """Return the terms of a case that came in at a moment.

    Parameters
    ----------
    fixed, return_until : datetime, optional
        What the order says itself; it wins.
    """
    kind = category.deadline_class if category else DeadlineClass.BY_DATE
    if fixed and kind is DeadlineClass.LONG_TERM:
        kind = DeadlineClass.BY_DATE  # an order with a date has one
    limit = None if kind is DeadlineClass.LONG_TERM else (category.limit if category else None) or rules.default
    if return_until is None and source in rules.returns:
        found = deadline(calendar, begun, rules.returns[source])
        return_until = found.at if found else None
    return Terms(kind, begun, limit, fixed, begun if fixed else None, return_until)


def due(terms: Terms, calendar: Calendar, pauses: Sequence[tuple[datetime, datetime | None]] = ()) -> datetime | None:
    """Return when a case is due; None for 长期推进, and while it is paused.

    A pause gives back the time that it took: to a limit as `deadline` does, to a fixed date by the working hours
    that were left when it began. A fixed date never comes earlier by a pause.
    """
    if terms.kind is DeadlineClass.LONG_TERM:
        return None
    if terms.fixed is None:
        if terms.limit is None:
            return None
        found = deadline(calendar, terms.begun, terms.limit, pauses)
        return found.at if found else None
    at = terms.fixed
    for since, until in pauses:
        if until is None:
            return None
        if terms.fixed_at and until <= terms.fixed_at:
            continue
        left = working_hours_between(calendar, since, at)
        if left <= 0:
            continue  # it was over, or had no working time left to give back
        moved = deadline(calendar, until, Limit(left, Unit.WORKING_HOURS))
        at = max(at, moved.at) if moved else at
    return at


def clock(
    terms: Terms,
    at: datetime | None,
    now: datetime,
    soon: float,
    pauses: Sequence[tuple[datetime, datetime | None]] = (),
) -> Clock:
    """Tell how a case stands.

    Parameters
    ----------
    at : datetime or None
        When it is due; without it nothing can be late.
    now : datetime
        Or when it was ended.
    soon : float
        Share of the time allowed that is left when it becomes 临期.
    """
    if at is None:
        return Clock.NORMAL
    if now > at:
        return Clock.OVERDUE
    paused = sum(((until or now) - max(since, terms.begun) for since, until in pauses), timedelta())
    allowed = at - terms.begun - paused
    return Clock.SOON if at - now <= allowed * soon else Clock.NORMAL
