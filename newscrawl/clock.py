"""Times as the project writes them: UTC, whole seconds, ISO 8601."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

#: The site shows and means Paris time everywhere.
PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """The present, UTC, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def iso(moment: datetime) -> str:
    """
    >>> iso(datetime(2024, 2, 20, 14, 53, tzinfo=PARIS))
    '2024-02-20T13:53:00+00:00'
    """
    return moment.astimezone(UTC).replace(microsecond=0).isoformat()


def within_calendar(moment: datetime) -> datetime | None:
    """A foreign time in UTC, ``None`` for one so near the ends of the calendar that another zone
    may not have it.

    >>> within_calendar(datetime.fromisoformat("0001-01-01T00:00:00+14:00")) is None
    True
    """
    try:
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if MINYEAR < utc.year < MAXYEAR else None


def compact(moment: datetime) -> str:
    """For file names.

    >>> compact(datetime(2024, 2, 20, 13, 53, tzinfo=UTC))
    '20240220T135300Z'
    """
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def day_start(day: date) -> datetime:
    """First moment of a day in Paris."""
    return datetime.combine(day, time(), PARIS)


def day_end(day: date) -> datetime:
    """Last whole second of a day in Paris."""
    return datetime.combine(day + timedelta(days=1), time(), PARIS) - timedelta(seconds=1)


def paris_day(moment: datetime) -> date:
    """The day that a moment falls on in Paris."""
    return moment.astimezone(PARIS).date()
