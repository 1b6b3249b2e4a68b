"""robots.txt over real sockets: what it means when it does not come, and when it is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.site import Answer
from tests.live.conftest import LiveSite
from tests.tampering import tampered

ONE = ("-a", "columns=دفتر دانش")


def robots(live: LiveSite, *answers: Answer) -> None:
    """One answer after the other; the last one stays."""
    left = list(answers)
    live.override("/robots.txt", lambda _: left.pop(0) if len(left) > 1 else left[0])


def text(*lines: str) -> Answer:
    return Answer(200, [("Content-Type", "text/plain")], "\n".join([*lines, ""]).encode())


@pytest.mark.parametrize("status", [408, 429, 503])
def test_not_now_is_no_permission(live: LiveSite, status: int) -> None:
    robots(live, Answer(status))
    done = live.crawl(*ONE, code=1)
    assert f"robots.txt of www.rfi.fr could not be had (status {status})" in done.stderr
    assert set(live.asked()) == {"/robots.txt"}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_no_robots_txt_is_a_permission(live: LiveSite, status: int) -> None:
    robots(live, Answer(status))
    live.crawl(*ONE)
    assert live.records


def test_a_wait_that_robots_txt_names_is_kept_and_it_is_asked_for_again(live: LiveSite) -> None:
    robots(live, Answer(429, [("Retry-After", "2")]), text("User-agent: *", "Disallow:"))
    live.crawl(*ONE)
    first, second, *_ = live.server.requests
    assert first.path == second.path == "/robots.txt"
    assert second.time - first.time >= 2
    assert live.records


def test_a_long_wait_that_robots_txt_names_binds_the_next_runs(live: LiveSite) -> None:
    robots(live, Answer(429, [("Retry-After", "7200")]))
    assert "asks to wait 7200 s" in live.crawl(*ONE, code=1).stderr
    assert live.asked() == ["/robots.txt"]
    assert "an earlier run left www.rfi.fr alone until" in live.crawl(*ONE, code=1).stderr
    assert live.asked() == []


def test_a_group_for_a_version_of_us_holds(live: LiveSite) -> None:
    robots(live, text("User-agent: newscrawl/1.0", "Disallow: /", "", "User-agent: *", "Disallow:"))
    live.crawl(*ONE, code=1)
    assert set(live.asked()) == {"/robots.txt"}


def aged(folder: Path) -> dict[str, str]:
    """A crawl for which half a second is a day."""
    code = "import newscrawl.middlewares.robots as r\nr._FRESH_S, r._AGAIN_S = 0.5, 0.2\n"
    return tampered(folder, code)


def test_after_a_day_it_is_read_again_within_the_run(live: LiveSite, tmp_path: Path) -> None:
    open_ = text("User-agent: *", "Disallow:")
    robots(live, open_, text("User-agent: *", "Disallow: /"))
    live.crawl(*ONE, "-s", "DOWNLOAD_DELAY=0.1", code=0, **aged(tmp_path / "code"))
    asked = live.asked()
    assert asked.count("/robots.txt") >= 2
    assert len(asked) < 12, "what it forbids now is asked for no more"
    assert "robots" in live.owed.values()


def test_a_delay_that_it_no_longer_asks_for_is_over(live: LiveSite, tmp_path: Path) -> None:
    slow = text("User-agent: *", "Crawl-delay: 0.6")
    robots(live, slow, text("User-agent: *", "Disallow:"))
    live.crawl(*ONE, "-s", "DOWNLOAD_DELAY=0.05", **aged(tmp_path / "code"))
    times = [asked.time for asked in live.server.requests]
    assert times[1] - times[0] >= 0.6
    assert times[-1] - times[-2] < 0.5


def test_rules_that_cannot_be_read_again_hold(live: LiveSite, tmp_path: Path) -> None:
    robots(live, text("User-agent: *", "Disallow:"), Answer(500))
    live.crawl(*ONE, "-s", "RETRY_TIMES=0", "-s", "DOWNLOAD_DELAY=0.05", **aged(tmp_path / "code"))
    assert live.asked().count("/robots.txt") >= 2
    assert len(live.records) == len(live.articles("دفتر دانش"))
    assert "could not be read anew" in live.log
