"""Gaps: days without an article where there usually is one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

#: Row of a heat map to day to number.
Rows = dict[str, dict[date, int]]

#: Part of the days that must have articles for one without any to be a gap.
_USUAL = 0.6


def gaps(rows: Rows, last: date) -> list[tuple[str, date]]:
    """Row and day of every gap, to the last day.

    What is usual on a day of the week is told by all such days between the row's first article and
    its last; where there is only one of them, by all days.

    >>> days = {date(2024, 1, day): 1 for day in (1, 2, 3, 4, 6)}
    >>> gaps({"a": days, "b": {date(2024, 1, 1): 4}}, date(2024, 1, 7))
    [('a', datetime.date(2024, 1, 5)), ('a', datetime.date(2024, 1, 7))]
    """
    return [(name, day) for name, days in rows.items() for day in _of(set(days), last)]


def _of(days: set[date], last: date) -> Iterator[date]:
    lived = _days(min(days), max(days))
    for day in _days(min(days), last):
        if day not in days and _is_usual(days, lived, day):
            yield day


def _is_usual(days: set[date], lived: list[date], day: date) -> bool:
    alike = [one for one in lived if one.weekday() == day.weekday()]
    measure = alike if len(alike) > 1 else lived if len(lived) > 3 else []
    return bool(measure) and len(days.intersection(measure)) / len(measure) >= _USUAL


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=step) for step in range((last - first).days + 1)]
