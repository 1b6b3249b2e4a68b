"""The weeks that are compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newscrawl.monitors.evidence import _weeks
from newscrawl.store.health import PastRun

MOMENT = datetime(2024, 5, 1, 12, tzinfo=UTC)


def run(days: float, **new: int) -> PastRun:
    return PastRun(MOMENT - timedelta(days=days), 60, 10, new)


def test_whole_weeks_only() -> None:
    runs = [run(0, fa=1), run(3, fa=2, cn=5), run(8, fa=4), run(16, fa=90)]
    assert _weeks(runs, MOMENT) == {"cn": (5, 0), "fa": (3, 4)}


def test_a_crawl_of_a_few_days_has_none() -> None:
    assert _weeks([run(0, fa=1), run(6, fa=9)], MOMENT) == {}
