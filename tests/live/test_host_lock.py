"""Two data dirs of one user ask a host one after the other.

The site of these tests is on loopback, where nobody has to wait: the crawls take it for another.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.crawling import SEEDS, replay_settings, scrapy
from tests.live.conftest import LiveSite
from tests.tampering import tampered

ONE = ("-a", "columns=دفتر دانش")
CODE = "import newscrawl.crawl.prepare as p\np.origin_is_loopback = lambda settings: False\n"


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """Environment in which the origin is not loopback, with a folder for locks."""
    state = str(tmp_path / "state")
    contact = "desk@example.org"
    return tampered(tmp_path / "code", CODE, XDG_STATE_HOME=state, NEWSCRAWL_CONTACT=contact)


@pytest.fixture
def held(live: LiveSite, elsewhere: dict[str, str]) -> Any:
    """A crawl that waits for its first listing until the test is over."""
    asked, go_on = threading.Event(), threading.Event()

    def wait(_: Any) -> Answer | None:
        asked.set()
        go_on.wait(60)
        return None

    live.override("/robots.txt", wait)
    crawl = live.start(*ONE, **elsewhere)
    assert asked.wait(60)
    yield crawl
    go_on.set()
    crawl.communicate(timeout=60)
    assert crawl.returncode == 0


def given(live: LiveSite, data: Path) -> tuple[str, ...]:
    settings = {
        "NEWSCRAWL_ORIGIN": live.server.origin,
        "NEWSCRAWL_SEEDS": str(SEEDS),
        "NEWSCRAWL_DATA_DIR": str(data),
    }
    return tuple(part for item in settings.items() for part in ("-s", "=".join(item)))


@pytest.mark.parametrize(
    "command",
    [
        ("crawl", "rfi", *ONE),
        ("doctor", "--edition", "fa"),
        ("columns", "--discover", "--edition", "fa"),
    ],
)
def test_the_second_is_told_who_holds_the_host(
    live: LiveSite, held: Any, elsewhere: dict[str, str], tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = scrapy(*command, *given(live, tmp_path / "other"), **elsewhere)
    assert done.returncode == 3, done.stderr
    assert done.stderr.count("\n") == 1
    holder = f"run 1 of process {held.pid}"
    assert f"{tmp_path}/state/newscrawl/hosts/127.0.0.1: {holder}" in done.stderr
    assert f"data dir {live.data}" in done.stderr
    assert live.asked() == ["/robots.txt"]


def test_the_second_may_wait(
    live: LiveSite, held: Any, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    began = time.monotonic()
    wait = ("-s", "NEWSCRAWL_LEASE_WAIT=1s")
    done = scrapy("crawl", "rfi", *given(live, tmp_path / "other"), *wait, *ONE, **elsewhere)
    assert done.returncode == 3
    assert time.monotonic() - began > 1


def test_loopback_and_replay_wait_for_nobody(live: LiveSite, held: Any, tmp_path: Path) -> None:
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    del live.server.overrides["/robots.txt"]
    done = scrapy("crawl", "rfi", *given(live, tmp_path / "other"), *ONE, **state)
    assert done.returncode == 0, done.stderr
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path / "replay"), *ONE, **state)
    assert done.returncode == 0, done.stderr


def test_a_folder_that_cannot_be_written_is_one_line(
    live: LiveSite, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    done = scrapy(*live.arguments(*ONE), **{**elsewhere, "XDG_STATE_HOME": f"{tmp_path}/file"})
    assert done.returncode == 2
    assert "the lock of 127.0.0.1 cannot be written" in done.stderr
    assert "set XDG_STATE_HOME" in done.stderr
    assert done.stderr.count("\n") == 1
    assert live.asked() == []
    live.crawl(*ONE, **elsewhere)


def test_a_check_up_that_is_told_to_wait_binds_the_next_crawl(live: LiveSite) -> None:
    live.override("/robots.txt", Answer(503, [("Retry-After", "7200")]))
    assert scrapy("doctor", *live.arguments()[2:], "--edition", "fa").returncode == 1
    assert live.asked() == ["/robots.txt"]
    live.server.overrides.clear()
    assert "an earlier run left www.rfi.fr alone until" in live.crawl(*ONE, code=1).stderr
    assert live.asked() == []


def test_a_check_up_that_is_refused_stops_and_binds_the_next_crawl(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    three = ("-s", "NEWSCRAWL_REFUSALS=3")
    assert scrapy("doctor", *live.arguments()[2:], *three).returncode == 1
    assert len(live.asked()) == 1 + 3
    assert "left the pages of www.rfi.fr alone until" in live.crawl(*ONE, code=1).stderr
