"""A share of the seeds of ``python -m tests.politeness.run``, and the watch itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from scrapy.robotstxt import ProtegoRobotParser

from fixtures.site import StandInSite
from newscrawl.middlewares.gate import GateMiddleware
from tests.crawling import last_run
from tests.faults.server import Peer, serve
from tests.politeness import crawling
from tests.politeness.run import play
from tests.politeness.scripted import Met
from tests.politeness.simulation import World, crawler_of, simulate
from tests.politeness.watching import Watch

PATH = "/fa/a"


def test_hosts_in_memory() -> None:
    failed = {seed: problems for seed in range(1, 200) if (problems := simulate(seed))}
    assert not failed


@pytest.mark.parametrize("seed", [300, 600])
def test_hosts_over_sockets(seed: int) -> None:
    assert play(seed) == []


@pytest.mark.parametrize("waiting", ["before", "behind"])
def test_a_kept_connection_that_breaks_is_asked_again_in_turn_and_counted(
    tmp_path: Path, waiting: str
) -> None:
    """``behind``: the connection is closed behind an answer; ``before``: when it is used again."""
    site, met = StandInSite.load(), list[Met]()

    def answer(peer: Peer) -> bool:
        met.append(Met(peer.asked.path, "", 0.0))
        if waiting == "before" and len(met) % 4 == 0:
            return False
        peer.answer(site.answer(peer.asked.path, {}))
        return waiting == "before"

    with serve(site) as server:
        server.patterns.append(("", answer))
        left = crawling.departures(tmp_path, server.origin, "DOWNLOAD_DELAY=0.15", "RETRY_TIMES=5")
    if waiting == "before":
        assert [path for _, path in left] == [one.path for one in met]
    times = [at for at, _ in left]
    assert min(later - at for at, later in pairwise(times)) >= 0.149
    assert sum(last_run(tmp_path / "data")["answers"].values()) == len(left)
    assert len(met) > 8


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"Crawl-delay: 1{'0' * 300}", True),
        (f"Request-rate: 1/{'9' * 400}", True),
        ("Crawl-delay: nan", False),
        ("Crawl-delay: -9", False),
        (f"Request-rate: {'9' * 400}/1", False),
        ("Request-rate: 0/1", False),
    ],
)
def test_absurd_wishes_of_robots_txt(line: str, left: bool) -> None:
    world = World(1)
    run = world.run()
    gate = GateMiddleware(crawler_of(world, run))
    gate.robots_parsed(ProtegoRobotParser(f"User-agent: *\n{line}\n".encode(), None))
    assert (run.left is not None) is left
    if run.left:
        assert "asks to wait 2592000 s" in run.left


def watched(act: Callable[[Watch], None]) -> str:
    watch = Watch(own_s=1.0, max_wait_s=10.0, refusals=2)
    watch.begin(0.0)
    watch.leaves(0.0, PATH, page=True)
    act(watch)
    return " ".join(watch.problems)


@pytest.mark.parametrize(
    ("answer", "at", "found"),
    [
        ((200, 0.0), 0.9, "0.900 s after the last, not 1.000"),
        ((500, 0.0), 1.5, "1.500 s after the last, not 2.000"),
        ((None, 0.0), 1.5, "1.500 s after the last, not 2.000"),
        ((503, 5.0), 4.0, "before a Retry-After is over"),
        ((429, 11.0), 12.0, "the host is left alone"),
        ((200, 5.0), 1.0, ""),
        ((404, 5.0), 1.0, ""),
    ],
)
def test_the_watch_finds_what_is_too_early(
    answer: tuple[int | None, float], at: float, found: str
) -> None:
    def act(watch: Watch) -> None:
        watch.answers(0.5, *answer)
        watch.leaves(at, PATH, page=True)

    problems = watched(act)
    assert found in problems
    assert bool(found) is bool(problems)


def test_the_watch_finds_a_page_behind_refusals_and_two_at_once() -> None:
    def act(watch: Watch) -> None:
        watch.answers(0.5, 403)
        watch.leaves(1.0, PATH, page=True)
        watch.answers(1.5, 200, kind="feed")
        watch.answers(1.5, 403)
        watch.leaves(2.0, PATH, page=False)
        assert watch.problems == []
        watch.leaves(3.0, PATH, page=True)
        watch.leaves(4.0, PATH, page=False, under_way=1)

    assert watched(act).count("the pages are refused") == 1
    assert "1 are under way" in watched(act)
