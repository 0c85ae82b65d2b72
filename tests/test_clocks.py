"""When cases are due and how their clocks stand: against a table worked out by hand, and by laws."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.casework.calendar import Limit, Unit, read_calendar
from gridmap.casework.categories import Category
from gridmap.casework.clocks import Clock, Terms, clock, due, read_clock_rules, terms_of
from gridmap.config import data_dir
from gridmap.errors import BadInput
from gridmap.model.casework import DeadlineClass
from gridmap.model.moments import SHANGHAI

LOOKUPS = data_dir() / "lookups"
CALENDAR = read_calendar(json.loads((LOOKUPS / "calendar.json").read_text(encoding="utf-8")))
CONTENT = json.loads((LOOKUPS / "clocks.json").read_text(encoding="utf-8"))
RULES = read_clock_rules(CONTENT)
UNITS = {"h": Unit.WORKING_HOURS, "d": Unit.WORKING_DAYS, "n": Unit.NATURAL_HOURS}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def terms(begun: str, limit: str, fixed: str = "", fixed_at: str = "") -> Terms:
    kept = Limit(float(limit[:-1]), UNITS[limit[-1]]) if limit else None
    kind = DeadlineClass.BY_DATE if limit else DeadlineClass.LONG_TERM
    own = at(fixed) if fixed else None
    return Terms(kind, at(begun), kept, own, at(fixed_at or begun) if own else None, None)


# Worked out by hand with the notices of the State Council and a calendar of paper.
# Office hours 09:00-12:00 and 13:30-17:30: seven hours a day.
TABLE = {
    # begun, limit, own date, pauses, due
    "a plain week": ("2026-03-02 10:00", "3d", "", [], "2026-03-05 17:30"),
    "over a weekend": ("2026-03-06 10:00", "1d", "", [], "2026-03-09 17:30"),
    "reported on Sunday": ("2026-03-08 10:00", "1d", "", [], "2026-03-09 17:30"),
    "hours over noon": ("2026-03-02 11:00", "2h", "", [], "2026-03-02 14:30"),
    "hours over night": ("2026-03-02 16:30", "2h", "", [], "2026-03-03 10:00"),
    "at midnight": ("2026-03-03 00:00", "1h", "", [], "2026-03-03 10:00"),
    "natural hours never rest": ("2026-02-16 23:00", "24n", "", [], "2026-02-17 23:00"),
    "spring festival, Saturday before is worked": ("2026-02-13 10:00", "2d", "", [], "2026-02-24 17:30"),
    "hours through spring festival": ("2026-02-14 16:30", "2h", "", [], "2026-02-24 10:00"),
    "the Saturday worked after it": ("2026-02-27 10:00", "1d", "", [], "2026-02-28 17:30"),
    "national day": ("2026-09-30 16:00", "4h", "", [], "2026-10-08 11:30"),
    "the Saturday worked after national day": ("2026-10-09 10:00", "1d", "", [], "2026-10-10 17:30"),
    "over New Year, Sunday is worked": ("2025-12-31 16:30", "1d", "", [], "2026-01-04 17:30"),
    "hours over New Year": ("2025-12-31 16:30", "2h", "", [], "2026-01-04 10:00"),
    "a leap day is worked": ("2024-02-28 10:00", "1d", "", [], "2024-02-29 17:30"),
    "natural hours over a leap day": ("2024-02-28 12:00", "48n", "", [], "2024-03-01 12:00"),
    "a pause of three days": (
        "2026-03-02 10:00",
        "3d",
        "",
        [("2026-03-03 08:00", "2026-03-05 18:00")],
        "2026-03-10 17:30",
    ),
    "hours stop in a pause": (
        "2026-03-02 10:00",
        "4h",
        "",
        [("2026-03-02 11:00", "2026-03-03 09:00")],
        "2026-03-03 12:00",
    ),
    "natural hours stop in a pause": (
        "2026-03-02 10:00",
        "24n",
        "",
        [("2026-03-02 12:00", "2026-03-02 18:00")],
        "2026-03-03 16:00",
    ),
    "the order's own date wins": ("2026-03-02 10:00", "3d", "2026-03-20 12:00", [], "2026-03-20 12:00"),
    "a pause gives a date back what it took": (
        "2026-03-02 10:00",
        "3d",
        "2026-03-03 12:00",
        [("2026-03-02 16:30", "2026-03-05 09:00")],
        "2026-03-05 14:30",
    ),
    "a pause on a day off takes nothing from a date": (
        "2026-03-02 10:00",
        "3d",
        "2026-03-09 12:00",
        [("2026-03-07 09:00", "2026-03-08 09:00")],
        "2026-03-09 12:00",
    ),
    "a pause after the date changes nothing": (
        "2026-03-02 10:00",
        "3d",
        "2026-03-03 12:00",
        [("2026-03-04 09:00", "2026-03-06 09:00")],
        "2026-03-03 12:00",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_deadlines_agree_with_a_table_worked_out_by_hand(case: str) -> None:
    begun, limit, fixed, pauses, expected = TABLE[case]
    spans = [(at(since), at(until)) for since, until in pauses]
    assert due(terms(begun, limit, fixed), CALENDAR, spans) == at(expected)


def test_a_date_that_was_granted_after_a_pause_is_not_moved_by_it() -> None:
    granted = terms("2026-03-02 10:00", "3d", "2026-03-20 12:00", fixed_at="2026-03-09 09:00")
    assert due(granted, CALENDAR, [(at("2026-03-03 09:00"), at("2026-03-06 09:00"))]) == at("2026-03-20 12:00")


def test_long_term_work_and_a_pause_without_end_have_no_date() -> None:
    assert due(terms("2026-03-02 10:00", ""), CALENDAR) is None
    for fixed in ("", "2026-03-20 12:00"):
        assert due(terms("2026-03-02 10:00", "3d", fixed), CALENDAR, [(at("2026-03-03 09:00"), None)]) is None


MOMENTS = st.timedeltas(timedelta(), timedelta(days=1000)).map(lambda each: at("2024-01-01") + each)
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=20))


@given(MOMENTS, SPANS, SPANS, SPANS)
def test_a_pause_never_brings_a_date_forward(
    begun: datetime, until_due: timedelta, wait: timedelta, pause: timedelta
) -> None:
    own = Terms(DeadlineClass.BY_DATE, begun, None, begun + until_due, begun, None)
    since = begun + wait
    assert due(own, CALENDAR, [(since, since + pause)]) >= begun + until_due  # type: ignore[operator]


@given(MOMENTS, SPANS, SPANS)
def test_a_clock_only_ever_runs_on(begun: datetime, until_due: timedelta, step: timedelta) -> None:
    own = Terms(DeadlineClass.BY_DATE, begun, None, begun + until_due, begun, None)
    order = [Clock.NORMAL, Clock.SOON, Clock.OVERDUE]
    stands = [clock(own, begun + until_due, begun + step * number, 0.25) for number in range(5)]
    assert [order.index(each) for each in stands] == sorted(order.index(each) for each in stands)
    assert clock(own, begun + until_due, begun + until_due, 0.25) is Clock.SOON
    assert clock(own, begun + until_due, begun + until_due + timedelta(seconds=1), 0.25) is Clock.OVERDUE


def test_what_is_left_of_the_time_allowed_makes_it_soon() -> None:
    own = terms("2026-03-02 00:00", "3d", "2026-03-06 00:00")
    assert clock(own, at("2026-03-06 00:00"), at("2026-03-04 23:59"), 0.25) is Clock.NORMAL
    assert clock(own, at("2026-03-06 00:00"), at("2026-03-05 00:00"), 0.25) is Clock.SOON
    assert clock(own, None, at("2030-01-01 00:00"), 0.25) is Clock.NORMAL


def test_the_order_wins_over_the_category_and_the_category_over_the_office() -> None:
    leak = Category("a", "appeal", "1", "漏水", "", (), DeadlineClass.BY_DATE, Limit(1, Unit.WORKING_DAYS), "", 0, 0)
    parking = Category("a", "appeal", "2", "停车难", "", (), DeadlineClass.LONG_TERM, None, "", 0, 0)
    begun = at("2026-03-02 10:00")

    def found(category: Category | None, fixed: datetime | None = None, source: str = "") -> Terms:
        return terms_of(RULES, CALENDAR, begun=begun, source=source, category=category, fixed=fixed)

    assert due(found(leak), CALENDAR) == at("2026-03-03 17:30")
    assert due(found(None), CALENDAR) == at("2026-03-09 17:30")
    assert due(found(parking), CALENDAR) is None
    own = at("2026-03-02 12:00")
    assert due(found(leak, own), CALENDAR) == own
    assert (found(parking, own).kind, due(found(parking, own), CALENDAR)) == (DeadlineClass.BY_DATE, own)
    assert found(leak, source="12345热线").return_until == at("2026-03-03 17:30")
    assert found(leak, source="巡查").return_until is None


@pytest.mark.parametrize(
    "change", [{"soon": 1}, {"default": [0, "working_days"]}, {"default": [1, "weeks"]}, {"returns": {"信访": [1]}}]
)
def test_limits_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        read_clock_rules(CONTENT | change)
