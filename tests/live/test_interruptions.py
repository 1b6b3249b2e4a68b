"""Told to stop, once or twice, in the middle of anything: out at once, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fixtures.site import Answer
from tests.crawling import ROOT
from tests.live.conftest import LiveSite

SHOW = "دفتر دانش"
ONE = ("-a", f"columns={SHOW}")
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Sends signals to a crawl when it asks for a path."""

    def __init__(self, live: LiveSite, number: signal.Signals, times: int) -> None:
        self._live = live
        self._number = number
        self._times = times
        self.asked = threading.Event()
        self.released = threading.Event()
        self.seconds = 0.0

    def at(self, path: str, answer: Answer | None = None, *, holds: bool = False) -> None:
        """Signal when this path is asked for; ``holds``: no answer before the test is over."""

        def act(_: Any) -> Answer | None:
            first = not self.asked.is_set()
            self.asked.set()
            if holds and first:
                self.released.wait(60)
            return answer

        self._live.override(path, act)

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        """Crawl until the path is asked for; gives how the crawl ended."""
        crawl = self._live.start(*ONE, *more)
        assert self.asked.wait(60), "the path was never asked for"
        time.sleep(0.3)  # into the wait that follows
        began = time.monotonic()
        for _ in range(self._times):
            crawl.send_signal(self._number)
            time.sleep(0.2)
        out, err = crawl.communicate(timeout=60)
        self.seconds = time.monotonic() - began
        return subprocess.CompletedProcess(crawl.args, crawl.returncode, out, err)


@pytest.fixture
def interrupted(live: LiveSite) -> Iterator[Callable[[signal.Signals, int], Interruption]]:
    made: list[Interruption] = []

    def make(number: signal.Signals, times: int) -> Interruption:
        made.append(Interruption(live, number, times))
        return made[-1]

    yield make
    for one in made:
        one.released.set()


def column_path(live: LiveSite) -> str:
    return next(column.path for column in live.site.columns() if column.name == SHOW)


def the_next_run_has_all(live: LiveSite) -> None:
    """An ordinary run, once the host may be asked, ends with the undisturbed set."""
    live.change("UPDATE hosts SET not_before = '2000-01-01T00:00:00+00:00'")
    live.server.overrides.clear()
    live.crawl(*ONE)
    assert live.stored == live.articles(SHOW)
    assert len(live.records) == len(live.stored)
    assert live.owed == {}
    assert not list((live.data / "articles").glob("*.part"))
    states = {state for (state,) in live.rows("SELECT state FROM runs")}
    assert states <= {"ended", "killed"}


def check_words(live: LiveSite, done: subprocess.CompletedProcess[str], times: int) -> None:
    """One stop is in order and no failure; two may cut it short, and say so."""
    assert "Traceback" not in done.stderr
    if "stopped (shutdown): nothing is lost" in done.stderr:
        assert done.returncode == 0, done.stderr
        assert live.rows("SELECT state, exit_code FROM runs") == [("ended", 0)]
    else:
        assert times == 2, done.stderr
        assert done.returncode == 1, done.stderr
        assert "stopped at once" in done.stderr
        assert "run again" in done.stderr


@pytest.mark.parametrize(
    ("moment", "number", "times"),
    [
        ("article", signal.SIGINT, 1),
        ("article", signal.SIGTERM, 2),
        ("listing", signal.SIGTERM, 1),
        ("listing", signal.SIGINT, 2),
    ],
)
def test_while_pages_are_being_fetched(
    live: LiveSite, interrupted: Any, moment: str, number: signal.Signals, times: int
) -> None:
    article = live.site.articles("fa", SHOW)[5]
    stop = interrupted(number, times)
    stop.at(article.path if moment == "article" else column_path(live) + "2/")
    done = stop.run("-s", "DOWNLOAD_DELAY=0.2")
    assert stop.seconds < 10, done.stderr
    check_words(live, done, times)
    assert live.stored < live.articles(SHOW)
    the_next_run_has_all(live)


@pytest.mark.parametrize(("number", "times"), [(signal.SIGTERM, 1), (signal.SIGINT, 2)])
@pytest.mark.parametrize("wait", ["crawl_delay", "retry_after", "slow_article", "slow_listing"])
def test_during_a_long_wait(
    live: LiveSite, interrupted: Any, wait: str, number: signal.Signals, times: int
) -> None:
    article = live.site.articles("fa", SHOW)[5]
    stop = interrupted(number, times)
    if wait == "crawl_delay":
        robots = b"User-agent: *\nCrawl-delay: 200\n"
        stop.at("/robots.txt", Answer(200, [("Content-Type", "text/plain")], robots))
    elif wait == "retry_after":
        stop.at(article.path, Answer(503, [("Retry-After", "300")]))
    elif wait == "slow_article":
        stop.at(article.path, holds=True)
    else:
        stop.at(column_path(live) + "2/", holds=True)
    done = stop.run()
    assert stop.seconds < 3, done.stderr
    check_words(live, done, times)
    assert live.stored < live.articles(SHOW)
    stop.released.set()
    attempts = live.rows("SELECT count(*) FROM links WHERE attempts > 0")
    assert attempts == [(0,)], "to be told to stop is no failure of the page"
    the_next_run_has_all(live)


@pytest.mark.parametrize("answer", [None, Answer(503, [("Retry-After", "300")])])
def test_while_robots_txt_is_waited_for(live: LiveSite, interrupted: Any, answer: Any) -> None:
    stop = interrupted(signal.SIGTERM, 1)
    stop.at("/robots.txt", answer, holds=answer is None)
    done = stop.run()
    assert stop.seconds < 3, done.stderr
    check_words(live, done, 1)
    stop.released.set()
    the_next_run_has_all(live)


@pytest.mark.parametrize("number", SIGNALS)
def test_while_another_run_is_waited_for(
    live: LiveSite, interrupted: Any, number: signal.Signals
) -> None:
    """It has not begun: one line, no traceback, and no run is entered."""
    first = interrupted(signal.SIGTERM, 1)
    first.at(live.site.articles("fa", SHOW)[2].path, holds=True)
    holder = live.start(*ONE)
    try:
        assert first.asked.wait(60)
        waiting = live.start(*ONE, "-s", "NEWSCRAWL_LEASE_WAIT=300s")
        time.sleep(2.5)  # into its wait
        assert waiting.poll() is None, "it waits"
        began = time.monotonic()
        waiting.send_signal(number)
        _, err = waiting.communicate(timeout=60)
        assert time.monotonic() - began < 3, err
        assert waiting.returncode == 1, err
        assert "Traceback" not in err
        assert len(err.strip().splitlines()) == 1
        assert "nothing was asked" in err
        assert live.rows("SELECT count(*) FROM runs") == [(1,)]
    finally:
        first.released.set()
        holder.communicate(timeout=60)
    assert holder.returncode == 0
    the_next_run_has_all(live)


def test_a_second_run_leaves_with_3_and_names_the_first(live: LiveSite, interrupted: Any) -> None:
    first = interrupted(signal.SIGTERM, 1)
    first.at(live.site.articles("fa", SHOW)[2].path, holds=True)
    holder = live.start(*ONE)
    assert first.asked.wait(60)
    done = live.start(*ONE)
    _, err = done.communicate(timeout=60)
    assert done.returncode == 3
    assert f"run 1 of process {holder.pid}, since 20" in err
    assert len(err.strip().splitlines()) == 1
    waiting = live.start(*ONE, "-s", "NEWSCRAWL_LEASE_WAIT=100s")
    first.released.set()
    holder.communicate(timeout=60)
    assert holder.returncode == 0
    _, err = waiting.communicate(timeout=100)
    assert waiting.returncode == 0, err
    assert "nothing new" in err
    assert len(live.records) == len(live.stored) == len(live.articles(SHOW))


def test_restarted_at_once_after_kill_9(live: LiveSite) -> None:
    """No lease is left over, and no time has to pass."""
    for number in (3, 14, 25):
        live.crawl_killed_at(live.site.articles("fa", SHOW)[number].path, *ONE)
    the_next_run_has_all(live)
    states = [state for (state,) in live.rows("SELECT state FROM runs ORDER BY id")]
    assert states == ["killed"] * 3 + ["ended"]


def bound_by_permissions(*command: str) -> list[str]:
    """A command that permissions hold for: root has no say over them."""
    if os.geteuid() != 0:
        return list(command)
    dropped = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={dropped}", f"--inh-caps={dropped}", *command]


def crawl_bound(live: LiveSite) -> subprocess.CompletedProcess[str]:
    command = bound_by_permissions(sys.executable, "-m", "scrapy", *live.arguments(*ONE))
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("part", ["", "articles", "locks", "logs", "rejected"])
def test_a_data_dir_that_may_not_be_written(live: LiveSite, part: str) -> None:
    live.crawl_killed_at(live.site.articles("fa", SHOW)[5].path, *ONE)
    folder: Path = live.data / part
    folder.chmod(0o500)
    try:
        done = crawl_bound(live)
    finally:
        folder.chmod(0o755)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert str(folder) in line.replace("/.probe", " ")
    assert "mend its permissions" in line
    the_next_run_has_all(live)


def test_a_database_that_may_not_be_written(live: LiveSite) -> None:
    live.crawl(*ONE, "-a", "max_pages=1")
    database = live.data / "newscrawl.db"
    database.chmod(0o400)
    try:
        done = crawl_bound(live)
    finally:
        database.chmod(0o644)
    assert done.returncode == 2, done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert str(database) in line
    the_next_run_has_all(live)


def test_records_that_may_not_be_written_from_some_moment_on(live: LiveSite) -> None:
    """The folder is closed while the crawl runs: storing fails, in one line, and all is owed."""
    folder = live.data / "articles"

    def close(_: Any) -> None:
        folder.chmod(0o500)

    live.override(column_path(live), close)
    try:
        done = crawl_bound(live)
    finally:
        folder.chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "storing failed" in line]) == 1
    assert live.stored == set()
    the_next_run_has_all(live)


@pytest.mark.parametrize("progress", ["plain", "live"])
def test_nobody_reads_what_it_says(live: LiveSite, progress: str) -> None:
    """A pipe whose reader is gone, as after ``| head``: the crawl says less, and goes on."""
    crawl = live.start(*ONE, "-s", f"NEWSCRAWL_PROGRESS={progress}")
    assert crawl.stderr is not None
    assert crawl.stdout is not None
    crawl.stderr.close()
    crawl.stdout.close()
    assert crawl.wait(120) == 0
    assert live.stored == live.articles(SHOW)
    assert live.rows("SELECT state, exit_code FROM runs") == [("ended", 0)]
