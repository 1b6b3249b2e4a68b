"""The bound on reading one page: what it interrupts, and what it leaves as it was."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from newscrawl.watchdog import SlowPage, watched


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Nothing is left of a watch."""
    handler = signal.getsignal(signal.SIGPROF)
    yield
    assert signal.getsignal(signal.SIGPROF) is handler
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)


def busy(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def match_without_end() -> None:
    re.fullmatch(r"(a|aa)+b", "a" * 60)


def swallow() -> None:
    while True:
        with suppress(Exception):
            busy(60)


def swallow_once_all() -> None:
    with suppress(BaseException):
        busy(60)
    busy(60)


@pytest.mark.parametrize("hang", [lambda: busy(60), match_without_end, swallow, swallow_once_all])
def test_what_takes_too_long_is_interrupted(hang: Callable[[], None]) -> None:
    began = time.process_time()
    with pytest.raises(SlowPage, match=r"takes longer than 0.1 s"), watched(0.1):
        hang()
    assert time.process_time() - began < 5


def test_what_is_done_in_time_is_not() -> None:
    with watched(0.1):
        pass
    busy(0.3)


def test_an_error_inside_passes() -> None:
    with pytest.raises(KeyError), watched(10):
        raise KeyError


def test_waiting_takes_no_time() -> None:
    with watched(0.1):
        time.sleep(0.3)


def test_an_inner_watch_leaves_the_outer_one_its_rest() -> None:
    def many() -> None:
        for _ in range(100):
            with watched(60):
                busy(0.05)

    with pytest.raises(SlowPage, match=r"0.3 s"), watched(0.3):
        many()


def test_a_page_inside_is_slow_by_itself() -> None:
    with watched(60):
        with pytest.raises(SlowPage, match=r"0.1 s"), watched(0.1):
            busy(60)
        busy(0.2)


def test_an_earlier_timer_and_handler_go_on() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGPROF, lambda number, _: heard.append(number))
    signal.setitimer(signal.ITIMER_PROF, 0.2)
    try:
        with watched(60):
            busy(0.1)
        assert heard == []
        busy(0.3)
        assert heard == [signal.SIGPROF]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def test_other_threads_are_not_watched() -> None:
    done: list[bool] = []

    def work() -> None:
        with watched(0.1):
            busy(0.3)
        done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [True]
