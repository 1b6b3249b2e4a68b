"""What each monitor warns of, and what it lets pass."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from newscrawl.monitors.evidence import Evidence, Freshness, Limits, Yield
from newscrawl.monitors.suite import judge
from newscrawl.store.health import Debts, PastRun

MOMENT = datetime(2024, 5, 1, 12, tzinfo=UTC)
GOOD = Evidence(
    moment=MOMENT,
    seconds=300,
    requests=100,
    asked=80,
    failed=2,
    statuses={200: 97, 404: 3},
    broken=0,
    debts=Debts(stuck=5, rejected=5, articles=1000),
    free=50 * 10**9,
    limits=Limits(failed=0.1, debt=0.02, disk=10**9),
    every_s=6 * 3600,
)


def test_a_good_run_has_no_warning() -> None:
    assert judge(GOOD) == []


def past(number: int, *, seconds: float = 300, requests: int = 100) -> tuple[PastRun, ...]:
    return tuple(
        PastRun(MOMENT - timedelta(hours=6 * age), seconds, requests)
        for age in range(1, number + 1)
    )


def fresh(hours: float | None) -> tuple[Freshness, ...]:
    newest = None if hours is None else MOMENT - timedelta(hours=hours)
    return (Freshness("km", newest, 48 * 3600),)


def seen(found: int) -> tuple[Yield, ...]:
    return (Yield("cn: 科技时空", found, 21, 2),)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"freshness": fresh(49)}, "newest article of km is 49 h old, its seed allows 48 h"),
        ({"freshness": fresh(None)}, "km has no article, its seed allows 48 h without one"),
        ({"freshness": fresh(47)}, None),
        ({"yields": seen(1)}, "cn: 科技时空 brought 1 new in 21 days, its seed expects 2 a week"),
        ({"yields": seen(2)}, None),
        ({"weeks": {"fa": (9, 30, 31, 29)}}, "fa brought 9 new in a week, 30 in weeks before"),
        ({"weeks": {"fa": (10, 30, 31, 29)}}, None),
        ({"weeks": {"fa": (0, 9, 9, 9)}}, None),
        ({"weeks": {"fa": (9, 30, 31)}}, None),
        ({"weeks": {"fa": (40, 900, 41, 39, 40)}}, None),
        ({"falls": ("lead of cn is in 70%",)}, "lead of cn is in 70%"),
        ({"debts": Debts(50, 0, 1000)}, "50 links are owed and failed again and again"),
        ({"debts": Debts(0, 50, 1000)}, "50 links are rejected, beside 1000 articles"),
        ({"debts": Debts(19, 19, 0)}, None),
        ({"statuses": {200: 99, 403: 1}}, "the host answered 403 (1x)"),
        ({"statuses": {200: 99, 429: 2}}, "the host answered 429 (2x)"),
        ({"failed": 9}, "9 of 80 articles asked for came to nothing"),
        ({"failed": 8}, None),
        ({"asked": 4, "failed": 4}, None),
        ({"statuses": {200: 90, 503: 8}, "broken": 4}, "12 of 102 requests met an error"),
        ({"past": past(5, seconds=90)}, "the run took 3.0 s a request, 0.9 s in runs before"),
        ({"past": past(4, seconds=90)}, None),
        ({"past": past(5, seconds=1, requests=2)}, None),
        ({"seconds": 59, "past": past(9, seconds=1)}, None),
        ({"seconds": 7 * 3600}, "the run took 7 h, its columns are due every 6 h"),
        ({"free": 10**8}, "100 MB are free on the disk of the data dir, fewer than 1000"),
    ],
)
def test_each_monitor(change: dict[str, Any], said: str | None) -> None:
    found = judge(replace(GOOD, **change))
    if said is None:
        assert found == []
    else:
        assert len(found) == 1
        assert said in found[0]


def test_a_monitor_that_breaks_is_a_warning_and_the_others_go_on() -> None:
    broken: Any = replace(GOOD, freshness=None, failed=70)
    found = judge(broken)
    assert len(found) == 2
    assert any("monitor" in line and "broke" in line for line in found)
    assert any("70 of 80" in line for line in found)
