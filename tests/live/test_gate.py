"""Waiting as a host asks for it, over real sockets."""

from __future__ import annotations

import signal
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.crawling import replay_settings, scrapy, start_scrapy
from tests.live.conftest import LiveSite
from tests.politeness.crawling import noted, noting

FA = ("-a", "editions=fa")
SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")


def robots(live: LiveSite, *lines: str) -> None:
    text = "\n".join(["User-agent: *", *lines, ""]).encode()
    live.override("/robots.txt", Answer(200, [("Content-Type", "text/plain")], text))


def gaps(live: LiveSite) -> list[float]:
    times = [asked.time for asked in live.server.requests]
    return [later - earlier for earlier, later in pairwise(times)]


@pytest.mark.parametrize("line", ["Crawl-delay: 0.3", "Request-rate: 10/3"])
def test_the_delay_of_robots_txt_is_kept(live: LiveSite, tmp_path: Path, line: str) -> None:
    robots(live, line)
    live.crawl(*ONE, "-a", "max_pages=1", **noting(tmp_path))
    times = [at for at, _ in noted(tmp_path)]
    assert len(live.server.requests) == len(times) > 10
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.298


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_waited_for_and_the_page_is_stored(live: LiveSite, status: int) -> None:
    article = live.site.articles("fa", SHOW)[1]
    answers = [Answer(status, [("Retry-After", "2")])]
    live.override(article.path, lambda _: answers.pop() if answers else None)
    live.crawl(*ONE)
    assert max(gaps(live)) > 1.9
    assert len(live.records) == len(live.articles(SHOW))
    log = next((live.data / "logs").glob("*.log")).read_text()
    assert "'newscrawl/gate/retry_after': 1" in log


def test_a_wait_beyond_the_longest_leaves_the_host_and_the_next_run_waits(live: LiveSite) -> None:
    article = live.site.articles("fa", SHOW)[1]
    live.override(article.path, Answer(503, [("Retry-After", "5000")]))
    done = live.crawl(*FA, code=1)
    assert "www.rfi.fr asks to wait 5000 s, more than NEWSCRAWL_MAX_WAIT" in done.stderr
    assert live.run["differences"] == []
    attempts = live.rows("SELECT attempts FROM links WHERE url IS NOT NULL")
    assert {number for (number,) in attempts} == {None}, "what was not asked is no failure"

    live.asked()
    done = live.crawl(*FA, code=1)
    assert "an earlier run left www.rfi.fr alone until" in done.stderr
    assert live.asked() == []

    _let_time_pass(live)
    live.server.overrides.clear()
    live.crawl(*FA)
    assert len(live.records) == len(live.site.articles("fa"))


def test_refusals_leave_the_host_for_longer_and_longer(live: LiveSite) -> None:
    live.override("*", lambda asked: None if asked.path == "/robots.txt" else Answer(403))
    waits = []
    for _ in range(4):
        live.crawl(code=1)
        until, started = live.rows(
            "SELECT pages_not_before, (SELECT max(started_at) FROM runs) FROM hosts"
        )[0]
        waits.append(_hours(started, until))
        live.asked()
        done = live.crawl(code=1)
        assert "left the pages of www.rfi.fr alone until" in done.stderr
        assert {path.rsplit("/")[-1] for path in live.asked()} == {"robots.txt", "rss"}
        _let_time_pass(live)
    assert waits == [1, 6, 24, 24]
    live.server.overrides.clear()
    live.crawl(*FA)
    assert live.rows("SELECT count(*) FROM hosts") == [(0,)]


def _hours(started: str, until: str) -> int:
    from datetime import datetime

    span = datetime.fromisoformat(until) - datetime.fromisoformat(started)
    return round(span.total_seconds() / 3600)


def _let_time_pass(live: LiveSite) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(live.data / "newscrawl.db")) as connection, connection:
        connection.execute(
            "UPDATE hosts SET not_before = '2000-01-01T00:00:00+00:00',"
            " pages_not_before = '2000-01-01T00:00:00+00:00'"
        )


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_during_a_long_wait_ends_the_run_within_seconds(live: LiveSite, times: int) -> None:
    first = live.site.articles("fa", SHOW)[1]
    live.override(first.path, Answer(503, [("Retry-After", "300")]))
    crawl = start_scrapy(*live.arguments(*FA))
    while not any(asked.path in live.server.overrides for asked in live.server.requests):
        time.sleep(0.02)
    time.sleep(0.5)
    began = time.monotonic()
    for _ in range(times):
        crawl.send_signal(signal.SIGINT)
        time.sleep(0.1)
    _, stderr = crawl.communicate(timeout=30)
    assert time.monotonic() - began < 3, stderr
    _let_time_pass(live)
    live.server.overrides.clear()
    live.crawl(*FA)
    assert len(live.records) == len(live.site.articles("fa"))


def test_errors_slow_the_crawl_down(live: LiveSite) -> None:
    down = {article.path for article in live.site.articles("fa", SHOW)[2:4]}
    failing: dict[str, Any] = dict.fromkeys(down, 2)

    def answer(path: str) -> Any:
        def one(_: Any) -> Answer | None:
            failing[path] -= 1
            return Answer(500) if failing[path] >= 0 else None

        return one

    for path in down:
        live.override(path, answer(path))
    live.crawl(*ONE, "-s", "DOWNLOAD_DELAY=0.1")
    assert len(live.records) == len(live.articles(SHOW))
    assert max(gaps(live)) > 0.35
    assert gaps(live)[-1] < 0.3, "the slowing is taken back"


def test_replay_waits_for_nothing(live: LiveSite, tmp_path: Any) -> None:
    robots(live, "Crawl-delay: 0.2")
    article = live.site.articles("fa", SHOW)[1]
    answers = [Answer(503, [("Retry-After", "1")])]
    live.override(article.path, lambda _: answers.pop() if answers else None)
    folder = tmp_path / "warc"
    live.crawl(*ONE, "-s", f"NEWSCRAWL_RECORD={folder}")
    began = time.monotonic()
    done = scrapy("crawl", "rfi", *replay_settings(tmp_path / "again", folder), *ONE)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 5
