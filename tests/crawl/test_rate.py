"""The rate of one host, on a clock of numbers."""

from __future__ import annotations

from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newscrawl.clock import now
from newscrawl.crawl.rate import SLOWEST_S, Rate, retry_after


def send(rate: Rate, at: float) -> float:
    """Send a request as soon as may be; gives when."""
    at += rate.wait_s(at)
    rate.leaves(at)
    return at


def test_requests_are_a_delay_apart() -> None:
    rate = Rate(1.0)
    assert [send(rate, 0.0) for _ in range(3)] == [0.0, 1.0, 2.0]
    assert rate.wait_s(10.0) == 0.0


def test_the_delay_counts_from_when_the_last_one_left() -> None:
    rate = Rate(1.0)
    rate.leaves(4.0)
    rate.leaves(4.7)
    rate.leaves(0.0)
    assert rate.wait_s(5.0) == pytest.approx(0.7)


def test_a_delay_that_is_learnt_late_holds_at_once() -> None:
    rate = Rate(1.0)
    rate.leaves(0.0)
    rate.ask_for(3.0)
    assert rate.wait_s(0.5) == 2.5


def test_what_robots_txt_asked_for_before_counts_no_more() -> None:
    rate = Rate(1.0)
    rate.ask_for(3.0)
    rate.ask_for(2.0)
    assert rate.delay_s == 2.0
    rate.ask_for(0.0)
    assert rate.delay_s == 1.0


def test_a_share_of_the_rate() -> None:
    rate = Rate(1.0, share=0.25)
    assert [send(rate, 0.0) for _ in range(3)] == [0.0, 4.0, 8.0]


def test_the_slower_of_what_is_set_and_what_is_asked_for() -> None:
    rate = Rate(1.0)
    rate.ask_for(0.2)
    assert rate.delay_s == 1.0
    rate.ask_for(7.0)
    assert rate.delay_s == 7.0


def test_errors_slow_down_and_answers_take_it_back() -> None:
    rate = Rate(1.0)
    for expected in (2, 4, 8):
        rate.error()
        assert rate.delay_s == expected
    for expected in (4, 2, 1, 1):
        rate.success()
        assert rate.delay_s == expected


def test_slowing_ends_at_a_minute_and_never_touches_a_delay_of_0() -> None:
    rate, none = Rate(1.0), Rate(0.0)
    for _ in range(50):
        rate.error()
        none.error()
    assert rate.delay_s == SLOWEST_S
    assert none.delay_s == 0.0


def test_a_delay_of_robots_txt_above_a_minute_holds() -> None:
    rate = Rate(1.0)
    rate.ask_for(120.0)
    rate.error()
    assert rate.delay_s == 120.0


def test_a_hold() -> None:
    rate = Rate(1.0)
    rate.hold(0.0, 30.0)
    rate.hold(0.0, 5.0)
    assert rate.wait_s(1.0) == 29.0
    assert rate.wait_s(30.5) == 0.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("-7", 0.0),
        ("99999999999999999999", 30 * 86400.0),
        ("", None),
        ("soon", None),
        ("Mon, 99 Foo 2026", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        (None, None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_a_date() -> None:
    from datetime import timedelta

    value = format_datetime(now() + timedelta(seconds=90), usegmt=True)
    seconds = retry_after(value)
    assert seconds is not None
    assert 80 < seconds <= 91


@given(st.text(max_size=40))
def test_any_retry_after_is_a_wait_or_nothing(value: str) -> None:
    seconds = retry_after(value)
    assert seconds is None or 0 <= seconds <= 30 * 86400


@pytest.mark.parametrize("asked", [float("inf"), 1e300])
def test_an_absurd_delay_is_a_month(asked: float) -> None:
    rate = Rate(1.0)
    rate.ask_for(asked)
    assert rate.delay_s == 30 * 86400
    rate = Rate(1.0)
    rate.ask_for(float("nan"))
    assert rate.delay_s == 1.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("9" * 400, 30 * 86400),
        ("-" + "9" * 400, 0),
        ("9" * 5000, 30 * 86400),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
        ("Wed, 21 Oct 2015 07:28:00 +99999999999", None),
    ],
)
def test_an_absurd_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds
