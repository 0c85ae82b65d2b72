"""Working time: 工作时, 工作日 with 调休, and natural hours; and the deadline that follows from them.

All moments are aware; days are those of Asia/Shanghai.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from gridmap.errors import BadInput
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SATURDAY = 5
_LONGEST = 3660  # days; no deadline lies further away


class Unit(StrEnum):
    """In which time a limit is given."""

    WORKING_HOURS = "working_hours"  # 工作时
    WORKING_DAYS = "working_days"  # 工作日
    NATURAL_HOURS = "natural_hours"  # 自然时


@dataclass(frozen=True)
class Limit:
    """How long something may take."""

    amount: float
    unit: Unit


@dataclass(frozen=True)
class Deadline:
    """When it is due; `provisional` while the holidays of a year that it runs through are not announced."""

    at: datetime
    provisional: bool


@dataclass(frozen=True)
class Calendar:
    """The working time of an office.

    Parameters
    ----------
    hours : tuple of (time, time)
        Of a working day, in order, none overlapping.
    holidays, workdays : frozenset of date
        Days off, and weekend days that are worked.
    years : frozenset of int
        Whose holidays are known.
    """

    hours: tuple[tuple[time, time], ...]
    holidays: frozenset[date]
    workdays: frozenset[date]
    years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Whether the office works on a day."""
        if day in self.workdays:
            return True
        return day not in self.holidays and day.weekday() < _SATURDAY

    def opens(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return the working hours of a day, none on a day off."""
        if not self.is_workday(day):
            return []
        return [
            (datetime.combine(day, start, SHANGHAI), datetime.combine(day, end, SHANGHAI)) for start, end in self.hours
        ]


def read_calendar(content: Mapping[str, Any]) -> Calendar:
    """Read a calendar from the form of `data/lookups/calendar.json`.

    Raises
    ------
    BadInput
        A day or an hour cannot be read, working hours overlap, or a day is both worked and off.
    """
    holidays: set[date] = set()
    workdays: set[date] = set()
    for year, days in content["years"].items():
        holidays.update(_days(year, days["holidays"]))
        workdays.update(_days(year, days["workdays"]))
    both = sorted(holidays & workdays)
    if both:
        raise BadInput(
            f"{both[0]} is both a holiday and a working day in the calendar: take it out of one", day=both[0]
        )
    try:
        hours = tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in content["hours"])
    except ValueError as error:
        raise BadInput(f"working hours are written HH:MM: {error}", field="hours") from error
    edges = [edge for pair in hours for edge in pair]
    if not edges or edges != sorted(set(edges)):
        raise BadInput("working hours must be in order and must not overlap", field="hours")
    return Calendar(hours, frozenset(holidays), frozenset(workdays), frozenset(int(year) for year in content["years"]))


def _days(year: str, ranges: Sequence[str]) -> Iterator[date]:
    for each in ranges:
        start, _, end = each.partition("/")
        try:
            day, last = date.fromisoformat(f"{year}-{start}"), date.fromisoformat(f"{year}-{end or start}")
        except ValueError as error:
            raise BadInput(f"{each!r} of {year} is no day (MM-DD) or range (MM-DD/MM-DD)", year=year) from error
        if last < day:
            raise BadInput(f"{each!r} of {year} ends before it begins", year=year)
        while day <= last:
            yield day
            day += timedelta(days=1)


def deadline(
    calendar: Calendar,
    begun: datetime,
    limit: Limit,
    pauses: Sequence[tuple[datetime, datetime | None]] = (),
) -> Deadline | None:
    """Return when something is due that began at a moment.

    Working hours run only while the office is open. Working days are counted from the next one on (the day itself
    does not count) and end when the office closes. Natural hours always run. While a pause (挂账) lasts no time runs:
    hours stop, and of working days those that begin in it are not counted.

    Parameters
    ----------
    pauses : sequence of (datetime, datetime or None)
        In order; None while it lasts.

    Returns
    -------
    Deadline or None
        None while it is paused without end, so that no deadline can be told.

    Raises
    ------
    BadInput
        The moment has no time zone, or the limit is not positive or beyond ten years.
    """
    if begun.tzinfo is None:
        raise BadInput("a deadline needs a moment with a time zone", at=str(begun))
    if not limit.amount > 0:
        raise BadInput(f"a limit must be more than {limit.amount:g}", field="limit")
    closed = [(start, end or datetime.max.replace(tzinfo=SHANGHAI)) for start, end in pauses]
    if limit.unit is Unit.WORKING_DAYS:
        at = _by_days(calendar, begun, limit.amount, closed)
    else:
        spans = _always(begun) if limit.unit is Unit.NATURAL_HOURS else _open(calendar, begun)
        at = _by_hours(spans, begun, timedelta(hours=limit.amount), closed)
    if at is None:
        if any(end is None for _, end in pauses):
            return None
        raise BadInput(f"a limit of {limit.amount:g} {limit.unit} ends more than ten years away", field="limit")
    first, last = begun.astimezone(SHANGHAI).year, at.astimezone(SHANGHAI).year
    unknown = limit.unit is not Unit.NATURAL_HOURS and not set(range(first, last + 1)) <= calendar.years
    return Deadline(at, unknown)


def working_hours_between(calendar: Calendar, start: datetime, end: datetime) -> float:
    """Return how many working hours lie between two moments, negative when the second is earlier."""
    if end < start:
        return -working_hours_between(calendar, end, start)
    total = timedelta()
    for opens, closes in _open(calendar, start):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, start)
    return total / timedelta(hours=1)


def _open(calendar: Calendar, begun: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the working hours from a moment on."""
    day = begun.astimezone(SHANGHAI).date()
    for _ in range(_LONGEST):
        yield from ((opens, closes) for opens, closes in calendar.opens(day) if closes > begun)
        day += timedelta(days=1)


def _always(begun: datetime) -> Iterator[tuple[datetime, datetime]]:
    yield begun, begun + timedelta(days=_LONGEST)


def _by_hours(
    spans: Iterator[tuple[datetime, datetime]],
    begun: datetime,
    left: timedelta,
    closed: Sequence[tuple[datetime, datetime]],
) -> datetime | None:
    for opens, closes in spans:
        for start, end in _without(max(opens, begun), closes, closed):
            if start + left <= end:
                return start + left
            left -= end - start
    return None


def _without(
    start: datetime, end: datetime, closed: Sequence[tuple[datetime, datetime]]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield what is left of a span when the pauses are taken out."""
    for pause, resumed in closed:
        if resumed <= start or pause >= end:
            continue
        if pause > start:
            yield start, pause
        start = max(start, resumed)
    if start < end:
        yield start, end


def _by_days(
    calendar: Calendar, begun: datetime, amount: float, closed: Sequence[tuple[datetime, datetime]]
) -> datetime | None:
    day = begun.astimezone(SHANGHAI).date()
    counted = 0
    for _ in range(_LONGEST):
        day += timedelta(days=1)
        opens = calendar.opens(day)
        if not opens or any(pause <= opens[0][0] < resumed for pause, resumed in closed):
            continue
        counted += 1
        if counted >= amount:
            return opens[-1][1]
    return None
