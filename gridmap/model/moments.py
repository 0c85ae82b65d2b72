"""The time of the office: Asia/Shanghai, one offset since 1991, so that no zone database is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, overload

from gridmap.errors import BadInput

if TYPE_CHECKING:
    from datetime import date

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


@overload
def in_shanghai(moment: datetime) -> datetime: ...


@overload
def in_shanghai(moment: None) -> None: ...


@overload
def in_shanghai(moment: datetime | None) -> datetime | None: ...


def in_shanghai(moment: datetime | None) -> datetime | None:
    """Return an aware moment as clocks in China show it; None stays None."""
    return moment.astimezone(SHANGHAI) if moment else None


def require_year(value: date, field: str) -> None:
    """Refuse a day or moment of a year in which nobody works: at the ends of the calendar no zone can be reckoned with.

    Raises
    ------
    BadInput
        Before 1900 or after 2199.
    """
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise BadInput(f"{field} {value.isoformat()} lies outside the years {_FIRST_YEAR} to {_LAST_YEAR}", field=field)
