"""The gate in memory: its own code, with a clock that jumps and a host that a seed makes up."""

from __future__ import annotations

import asyncio
import selectors
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from scrapy import Request
from scrapy.http import Response
from scrapy.settings import Settings
from scrapy.statscollectors import DummyStatsCollector

from newscrawl.clock import iso
from newscrawl.crawl import backoff, rate
from newscrawl.crawl.run import Run
from newscrawl.middlewares import gate as gates
from newscrawl.middlewares.closed import NotAsked
from newscrawl.rfi import SITE
from newscrawl.store.hosts import Hosts
from tests.politeness.watching import SLACK_S, Watch

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_TABLE = (
    "CREATE TABLE hosts (host TEXT PRIMARY KEY, not_before TEXT, pages_not_before TEXT,"
    " refusals INTEGER)"
)
_PATHS = ("/fa/story-{}/20260101-a", "/fa/column-{}/", "/fa/rss", "/robots.txt")
_HOURS = (1, 6, 24)


class _Jumping(selectors.SelectSelector):
    """Nobody waits: the clock jumps to when something is due."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        assert timeout is not None, "everything waits for something that never comes"
        self.now += max(0.0, timeout)
        return []


class World:
    """One host, its memory, and the time."""

    def __init__(self, seed: int) -> None:
        self.random = random = Random(seed)
        self.clock = _Jumping()
        self.at_once = random.choice([1, 1, 1, 3])
        self.share = random.choice([1.0, 1.0, 0.5])
        self.watch = Watch(
            own_s=random.choice([0.0, 0.2, 1.0, 2.0]),
            max_wait_s=random.choice([10.0, 600.0]),
            refusals=random.choice([2, 3, 5]),
            share=self.share,
        )
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute(_TABLE)
        self.hosts = Hosts(connection)
        self.under_way = 0
        self.pages_until: datetime | None = None
        self.series = 0
        """Series of refusals since a page was answered, and whether one was in this run."""
        self.has_answered = False

    @property
    def wall(self) -> datetime:
        """The time of day."""
        return _BEGIN + timedelta(seconds=self.clock.now)

    def run(self) -> Run:
        """A run with what the gate needs of one."""
        run = Run.__new__(Run)
        conf = {"max_wait_s": self.watch.max_wait_s, "share": self.share, "replay": ""}
        run.conf = SimpleNamespace(**conf, refusals=self.watch.refusals)  # type: ignore[assignment]
        run.store = SimpleNamespace(hosts=self.hosts, patient=nullcontext)  # type: ignore[assignment]
        run.site, run.started = SITE, self.wall.replace(microsecond=0)
        run.left = run.refused = run.failure = None
        return run


def simulate(seed: int) -> list[str]:
    """What was broken, in some runs one after the other."""
    world = World(seed)
    loop = asyncio.SelectorEventLoop(world.clock)
    loop.time = lambda: world.clock.now  # type: ignore[method-assign]
    with _time(world):
        try:
            for _ in range(world.random.randint(1, 4)):
                loop.run_until_complete(_crawl(world))
                loop.run_until_complete(asyncio.sleep(_pause(world.random)))
        finally:
            loop.close()
    return world.watch.problems


def _pause(random: Random) -> float:
    return random.choice([0.0, random.uniform(0, 30), random.uniform(0, 30 * 3600)])


@contextmanager
def _time(world: World) -> Iterator[None]:
    clock = SimpleNamespace(monotonic=lambda: world.clock.now)
    moment = lambda: world.wall.replace(microsecond=0)  # noqa: E731
    with (
        patch.object(gates, "time", clock),
        patch.object(gates, "now", moment),
        patch.object(backoff, "now", moment),
        patch.object(rate, "now", moment),
        patch.object(gates.logger, "warning"),
        patch.object(backoff.logger, "warning"),
    ):
        yield


def crawler_of(world: World, run: Run) -> Any:
    """A crawler with what the gate needs of one."""
    settings = Settings(
        {
            "DOWNLOAD_DELAY": world.watch.own_s,
            "CONCURRENT_REQUESTS_PER_DOMAIN": world.at_once,
            "ROBOTSTXT_USER_AGENT": "newscrawl",
        }
    )
    stats = DummyStatsCollector(SimpleNamespace(settings=settings))  # type: ignore[arg-type]
    spider = SimpleNamespace(run=run)
    return SimpleNamespace(settings=settings, stats=stats, spider=spider, crawling=True)


async def _crawl(world: World) -> None:
    run, watch = world.run(), world.watch
    crawler = crawler_of(world, run)
    watch.begin(world.clock.now)
    watch.refused = world.pages_until is not None and world.wall < world.pages_until
    world.has_answered = False
    gate = gates.GateMiddleware(crawler)
    run.look_at_the_host()
    if abs(watch.held_until - world.clock.now - watch.max_wait_s) <= 2:
        watch.left = run.left is not None  # the memory has whole seconds
    if (run.left is not None) is not watch.left:
        watch.problems.append(f"a run begins with {run.left}")
    requests = [_request(world, run, gate, number) for number in range(world.random.randint(1, 30))]
    await asyncio.gather(*requests)
    _compare(world, run)


async def _request(world: World, run: Run, gate: gates.GateMiddleware, number: int) -> None:
    random, watch = world.random, world.watch
    path = random.choices(_PATHS, [10, 3, 2, 1])[0].format(number)
    request = Request(f"https://{SITE.host}{path}")
    kind = SITE.classify(request.url)
    await asyncio.sleep(random.uniform(0, 20))
    ready, was_open = world.clock.now, run.may_ask(request.url)
    try:
        async with gate.turn(request):
            _leaves(world, path, kind, ready)
            if world.at_once == 1 and random.random() < 0.5:  # a connection is opened first
                await asyncio.sleep(random.uniform(0, 0.5))
                gate.leaves()
                watch._last = world.clock.now
            await asyncio.sleep(random.choice([0.0, random.uniform(0, 8)]))
            try:
                _answer(world, gate, request, kind)
            finally:
                world.under_way -= 1
    except ConnectionError:
        pass
    except NotAsked:
        if was_open and run.may_ask(request.url):
            watch.problems.append(f"{path} was kept back without a reason")


def _leaves(world: World, path: str, kind: str, ready: float) -> None:
    watch, now = world.watch, world.clock.now
    if world.under_way < world.at_once - 1 or world.at_once == 1:
        late = watch.waits_too_long(ready, now, 8.6)
        if late:
            watch.problems.append(f"{path} waited from {ready:.3f} to {now:.3f} for nothing")
    page = kind not in ("feed", "robots")
    watch.leaves(now, path, page=page, under_way=world.under_way, most=world.at_once)
    world.under_way += 1


def _answer(world: World, gate: gates.GateMiddleware, request: Request, kind: str) -> None:
    random, watch, now = world.random, world.watch, world.clock.now
    refusing = random.random() < 0.3
    status = random.choices(
        [200, 304, 302, 404, 403, 500, 503, 429, None], [20, 2, 2, 1, 9, 2, 2, 2, 1]
    )[0]
    if refusing and kind == "article":
        status = 403
    wait_s, headers = 0.0, {}
    if random.random() < 0.2:
        wait_s = float(random.choice([1, 3, 9, 30, 700, 7200, 99 * 86400]))
        headers["Retry-After"] = str(int(wait_s))
        wait_s = min(wait_s, 30 * 86400.0)
    counted = not (watch.left or watch.refused)
    watch.answers(now, status, wait_s, kind=kind)
    if counted and kind in ("article", "listing") and status in (200, 304) and not watch.left:
        world.series = 0 if not world.has_answered else world.series
        world.has_answered = True
    if counted and watch.refused:
        hours = _HOURS[min(world.series, 2)]
        world.pages_until = world.wall.replace(microsecond=0) + timedelta(hours=hours)
        world.series += 1
    if status is None:
        raise ConnectionError
    gate.learn(request, Response(request.url, status=status, headers=headers))
    if kind == "robots" and status == 200:
        asked_s = random.choice([0.0, 0.5, 3.0, 3.0, 700.0, 1e300])
        watch.robots(now, min(asked_s, 30 * 86400.0))
        parser: Any = SimpleNamespace(
            crawl_delay=lambda _: asked_s or None,
            rp=SimpleNamespace(request_rate=lambda _: None),
        )
        gate.robots_parsed(parser)


def _compare(world: World, run: Run) -> None:
    """What is remembered is what happened, and what the verdict says."""
    watch, memory = world.watch, world.hosts.get(SITE.host)
    problems = watch.problems
    rest = watch.held_until - world.clock.now
    if abs(memory.closed_for_s(world.wall) - max(rest, 0.0)) > 2 + SLACK_S:
        problems.append(f"{rest:.0f} s are left to wait, {memory.not_before} is remembered")
    if watch.left is not (run.left is not None):
        problems.append(f"the run says {run.left}, left is {watch.left}")
    if run.left and memory.not_before not in run.left:
        problems.append(f"the run says {run.left}, {memory.not_before} is remembered")
    if (run.refused is not None) is not watch.refused and not watch.left:
        problems.append(f"the run says {run.refused}, refused is {watch.refused}")
    until = iso(world.pages_until) if world.pages_until else None
    if run.refused and not run.refused.until == memory.pages_not_before == until:
        problems.append(f"{run.refused}, {memory}, {until}")
