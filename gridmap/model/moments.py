"""The time of the office: Asia/Shanghai, one offset since 1991, so that no zone database is needed."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import overload

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


@overload
def in_shanghai(moment: datetime) -> datetime: ...


@overload
def in_shanghai(moment: None) -> None: ...


@overload
def in_shanghai(moment: datetime | None) -> datetime | None: ...


def in_shanghai(moment: datetime | None) -> datetime | None:
    """Return an aware moment as clocks in China show it; None stays None."""
    return moment.astimezone(SHANGHAI) if moment else None
