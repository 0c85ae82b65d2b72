from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.casework.calendar import (
    Calendar,
    Limit,
    Unit,
    deadline,
    read_calendar,
    working_hours_between,
)
from gridmap.config import data_dir
from gridmap.errors import BadInput
from gridmap.model.moments import SHANGHAI

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT: dict[str, Any] = json.loads((data_dir() / "lookups" / "calendar.json").read_text(encoding="utf-8"))
OFFICE = read_calendar(CONTENT)
START = datetime(2024, 1, 1, tzinfo=SHANGHAI)
MOMENTS = st.integers(0, 1065 * 1440).map(lambda minutes: START + timedelta(minutes=minutes))
HOURS = st.integers(1, 200)


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=SHANGHAI)


def due(begun: str, amount: float, unit: Unit, pauses: Sequence[tuple[str, str | None]] = ()) -> str:
    spans = [(moment(start), moment(end) if end else None) for start, end in pauses]
    found = deadline(OFFICE, moment(begun), Limit(amount, unit), spans)
    return "" if found is None else found.at.strftime("%Y-%m-%d %H:%M")


# Checked by hand against the printed calendars; each row says what it is about.
@pytest.mark.parametrize(
    ("begun", "amount", "unit", "expected"),
    [
        # 4 工作时 over the lunch break, and over a night
        ("2026-03-02 10:00", 4, Unit.WORKING_HOURS, "2026-03-02 15:30"),
        ("2026-03-02 16:00", 4, Unit.WORKING_HOURS, "2026-03-03 11:30"),
        # reported at night, in the lunch break, at the very end of the day
        ("2026-03-02 22:10", 2, Unit.WORKING_HOURS, "2026-03-03 11:00"),
        ("2026-03-02 12:30", 1, Unit.WORKING_HOURS, "2026-03-02 14:30"),
        ("2026-03-02 10:30", 5, Unit.WORKING_HOURS, "2026-03-02 17:00"),
        ("2026-03-02 10:30", 5.5, Unit.WORKING_HOURS, "2026-03-02 17:30"),
        # Friday evening; Saturday 28 February 2026 is worked (调休)
        ("2026-02-27 17:00", 2, Unit.WORKING_HOURS, "2026-02-28 10:30"),
        # the week before Spring Festival 2026: Saturday 14 is worked, then off until Monday 23, back on Tuesday 24
        ("2026-02-13 16:30", 9, Unit.WORKING_HOURS, "2026-02-24 10:00"),
        ("2026-02-13 09:00", 1, Unit.WORKING_DAYS, "2026-02-14 17:30"),
        ("2026-02-13 09:00", 2, Unit.WORKING_DAYS, "2026-02-24 17:30"),
        ("2026-02-13 09:00", 5, Unit.WORKING_DAYS, "2026-02-27 17:30"),
        ("2026-02-13 09:00", 6, Unit.WORKING_DAYS, "2026-02-28 17:30"),
        ("2026-02-13 09:00", 7, Unit.WORKING_DAYS, "2026-03-02 17:30"),
        # received on a Sunday in the holiday
        ("2026-02-22 09:00", 1, Unit.WORKING_DAYS, "2026-02-24 17:30"),
        # New Year 2026: Thursday 1 to Saturday 3 off, Sunday 4 worked
        ("2025-12-31 15:00", 1, Unit.WORKING_DAYS, "2026-01-04 17:30"),
        ("2025-12-31 16:30", 2, Unit.WORKING_HOURS, "2026-01-04 10:00"),
        ("2025-12-29 11:00", 5, Unit.WORKING_DAYS, "2026-01-06 17:30"),
        # the leap day: Thursday 29 February 2024
        ("2024-02-28 10:00", 1, Unit.WORKING_DAYS, "2024-02-29 17:30"),
        ("2024-02-28 17:00", 8, Unit.WORKING_HOURS, "2024-03-01 09:30"),
        ("2024-02-28 12:00", 48, Unit.NATURAL_HOURS, "2024-03-01 12:00"),
        # National Day 2025: 1 to 8 October off, Sunday 28 September and Saturday 11 October worked
        ("2025-09-26 10:00", 3, Unit.WORKING_DAYS, "2025-09-30 17:30"),
        ("2025-09-30 10:00", 3, Unit.WORKING_DAYS, "2025-10-11 17:30"),
        # natural hours know no holiday
        ("2026-02-16 23:30", 24, Unit.NATURAL_HOURS, "2026-02-17 23:30"),
        ("2026-02-16 23:30", 0.5, Unit.NATURAL_HOURS, "2026-02-17 00:00"),
    ],
)
def test_deadlines_checked_by_hand(begun: str, amount: float, unit: Unit, expected: str) -> None:
    assert due(begun, amount, unit) == expected


@pytest.mark.parametrize(
    ("begun", "amount", "unit", "pauses", "expected"),
    [
        # 挂账 from 11:00 to 14:00: an hour of work lies before, half an hour of working time in it is not counted
        ("2026-03-02 10:00", 4, Unit.WORKING_HOURS, [("2026-03-02 11:00", "2026-03-02 14:00")], "2026-03-02 17:00"),
        # over a weekend
        ("2026-03-06 10:00", 4, Unit.WORKING_HOURS, [("2026-03-06 11:00", "2026-03-09 09:00")], "2026-03-09 12:00"),
        ("2026-03-02 10:00", 3, Unit.WORKING_DAYS, [("2026-03-03 08:00", "2026-03-05 08:00")], "2026-03-09 17:30"),
        ("2026-03-02 10:00", 2, Unit.NATURAL_HOURS, [("2026-03-02 11:00", "2026-03-03 11:00")], "2026-03-03 12:00"),
        # two pauses; one that ended before it began
        (
            "2026-03-02 10:00",
            3,
            Unit.NATURAL_HOURS,
            [
                ("2026-03-01 10:00", "2026-03-01 12:00"),
                ("2026-03-02 11:00", "2026-03-02 12:00"),
                ("2026-03-02 13:00", "2026-03-02 15:00"),
            ],
            "2026-03-02 16:00",
        ),
        # still paused: nobody can say
        ("2026-03-02 10:00", 4, Unit.WORKING_HOURS, [("2026-03-02 11:00", None)], ""),
        ("2026-03-02 10:00", 4, Unit.WORKING_DAYS, [("2026-03-02 11:00", None)], ""),
    ],
)
def test_deadlines_with_pauses(
    begun: str, amount: float, unit: Unit, pauses: list[tuple[str, str | None]], expected: str
) -> None:
    assert due(begun, amount, unit, pauses) == expected


def test_a_year_without_announced_holidays_is_said() -> None:
    known = deadline(OFFICE, moment("2026-12-28 09:00"), Limit(2, Unit.WORKING_DAYS))
    into_2027 = deadline(OFFICE, moment("2026-12-28 09:00"), Limit(5, Unit.WORKING_DAYS))
    natural = deadline(OFFICE, moment("2026-12-31 09:00"), Limit(48, Unit.NATURAL_HOURS))
    assert known is not None
    assert into_2027 is not None
    assert natural is not None
    assert (known.provisional, into_2027.provisional, natural.provisional) == (False, True, False)


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_every_year_has_as_many_working_days_as_announced(year: int) -> None:
    """261 or 262 weekdays less 11 statutory days (13 from 2025 on), whatever is moved to weekends."""
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365 + (year == 2024))]
    weekdays = sum(day.weekday() < 5 for day in days)
    assert sum(map(OFFICE.is_workday, days)) == {2024: 251, 2025: 248, 2026: 248}[year] <= weekdays


@given(MOMENTS, HOURS)
def test_the_hours_until_the_deadline_are_the_limit(begun: datetime, hours: int) -> None:
    found = deadline(OFFICE, begun, Limit(hours, Unit.WORKING_HOURS))
    assert found is not None
    assert working_hours_between(OFFICE, begun, found.at) == pytest.approx(hours)
    assert working_hours_between(OFFICE, found.at, begun) == pytest.approx(-hours)


@given(MOMENTS, HOURS, HOURS, st.sampled_from(list(Unit)))
def test_a_longer_limit_ends_later(begun: datetime, hours: int, more: int, unit: Unit) -> None:
    early, late = (deadline(OFFICE, begun, Limit(each, unit)) for each in (hours, hours + more))
    assert early is not None
    assert late is not None
    assert begun < early.at < late.at


@given(MOMENTS, HOURS, st.integers(0, 500), st.integers(1, 500), st.sampled_from(list(Unit)))
def test_a_pause_never_brings_a_deadline_forward(
    begun: datetime, hours: int, after: int, long: int, unit: Unit
) -> None:
    start = begun + timedelta(hours=after)
    plain = deadline(OFFICE, begun, Limit(hours, unit))
    paused = deadline(OFFICE, begun, Limit(hours, unit), [(start, start + timedelta(hours=long))])
    assert plain is not None
    assert paused is not None
    assert paused.at >= plain.at
    if start >= plain.at:
        assert paused.at == plain.at


@pytest.mark.parametrize("amount", [0, -3, float("nan"), 1e7])
def test_limits_that_cannot_be_are_refused(amount: float) -> None:
    with pytest.raises(BadInput, match="limit"):
        deadline(OFFICE, moment("2026-03-02 10:00"), Limit(amount, Unit.WORKING_HOURS))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="time zone"):
        deadline(OFFICE, moment("2026-03-02 10:00").replace(tzinfo=None), Limit(1, Unit.WORKING_HOURS))


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"hours": [["09:00", "18:00"], ["13:00", "17:00"]]}, "overlap"),
        ({"hours": []}, "overlap"),
        ({"hours": [["9 Uhr", "18:00"]]}, "HH:MM"),
        ({"years": {"2026": {"holidays": ["02-30"], "workdays": []}}}, "02-30"),
        ({"years": {"2026": {"holidays": ["05-05/05-01"], "workdays": []}}}, "ends before"),
        ({"years": {"2026": {"holidays": ["05-01"], "workdays": ["05-01"]}}}, "both"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(change: dict[str, Any], match: str) -> None:
    with pytest.raises(BadInput, match=match):
        read_calendar({**CONTENT, **change})


def test_an_office_that_never_opens_has_no_deadline() -> None:
    closed = Calendar(
        OFFICE.hours, frozenset(date(2026, 3, 2) + timedelta(days=n) for n in range(4000)), frozenset(), OFFICE.years
    )
    with pytest.raises(BadInput, match="ten years"):
        deadline(closed, moment("2026-03-02 10:00"), Limit(1, Unit.WORKING_HOURS))
