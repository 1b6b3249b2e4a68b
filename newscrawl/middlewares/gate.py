"""The gate: every request waits here until its host may be asked, and leaves at once.

The download handler opens it, so nothing comes between a request's turn and its way out: what a
middleware lets through waits again in Scrapy's own slots, and leaves whatever was answered
meanwhile. These slots know nothing of Crawl-delay, Request-rate and Retry-After either.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from newscrawl.clock import iso, now
from newscrawl.crawl.backoff import HostBackOff
from newscrawl.crawl.rate import Rate, retry_after
from newscrawl.crawl.run import run_of
from newscrawl.errors import StorageFailed
from newscrawl.middlewares.closed import NotAsked
from newscrawl.store.hosts import LONGEST

logger = logging.getLogger(__name__)

#: A wait looks this often whether the run has come to its end, in seconds.
_TICK_S = 0.25
_LONGEST_S = LONGEST.total_seconds()
_OVERLOADED = frozenset([429, 503])
#: Answers after which nobody comes back, so that no wait can be meant.
_FINAL = frozenset([304, 404, 410])


class GateMiddleware:
    """Holds the rate of the host; leaves it when it asks for more patience than a run has.

    A middleware only so that there is one in a crawl, for the handlers of all schemes.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = run_of(crawler)
        self._rate = Rate(crawler.settings.getfloat("DOWNLOAD_DELAY"), self._run.conf.share)
        at_once = crawler.settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._backoff = HostBackOff(self._run)
        self._places = asyncio.Semaphore(max(1, at_once))
        memory = self._run.store.hosts.get(self._run.site.host)
        rest = memory.closed_for_s(now())
        if rest:
            logger.warning("the host asked an earlier run to wait: %.0f s are left of it", rest)
            self._rate.hold(time.monotonic(), rest)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make a middleware."""
        if run_of(crawler).conf.replay:
            raise NotConfigured
        gate = cls(crawler)
        crawler.signals.connect(gate.robots_parsed, signals.robots_parsed)
        return gate

    def robots_parsed(self, robotparser: Any) -> None:
        """robots.txt may ask for a slower rate."""
        agent = str(self._crawler.settings["ROBOTSTXT_USER_AGENT"])
        delays = [robotparser.crawl_delay(agent) or 0.0]
        rate = robotparser.rp.request_rate(agent)
        if rate is not None and rate.requests > 0:
            delays.append(min(rate.seconds, _LONGEST_S) / min(rate.requests, _LONGEST_S))
        asked_s = max(min(delay, _LONGEST_S) for delay in [0.0, *delays] if delay >= 0)
        self._rate.ask_for(asked_s)
        if asked_s > self._run.conf.max_wait_s:
            self._leave(asked_s)

    @asynccontextmanager
    async def turn(self, request: Request) -> AsyncIterator[None]:
        """Wait for the request's turn; the next one comes when this one has its answer.

        Raises :class:`NotAsked` where the host is left alone or the run stops meanwhile.
        """
        async with self._places:
            await self._wait(request)
            try:
                yield
            except IgnoreRequest:
                raise
            except Exception:
                self._slow()  # a connection that broke counts like an error of the host
                raise

    def leaves(self) -> None:
        """The bytes of a request leave: a new connection was opened first."""
        self._rate.leaves(time.monotonic())

    def learn(self, request: Request, response: Response) -> None:
        """Learn from an answer how fast the host wants to be asked, and whether at all."""
        if response.status >= 300 and response.status not in _FINAL:
            seconds = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"))
            if seconds:
                self._crawler.stats.inc_value("newscrawl/gate/retry_after")
                self._hold(seconds)
        if response.status in _OVERLOADED or response.status >= 500:
            self._slow()
        else:
            self._rate.success()
        self._backoff.learn(request.url, response.status)

    async def _wait(self, request: Request) -> None:
        was_told = False
        while True:
            if self._is_over(request):
                raise NotAsked(f"{self._run.site.host} is left alone: {request.url}")
            wait = self._rate.wait_s(time.monotonic())
            if wait <= 0:
                break
            if wait > self._rate.delay_s and not was_told:
                self._crawler.stats.inc_value("newscrawl/gate/waits")
                was_told = True
            await asyncio.sleep(min(wait, _TICK_S))
        self._rate.leaves(time.monotonic())

    def _slow(self) -> None:
        self._crawler.stats.inc_value("newscrawl/gate/slowed")
        self._rate.error()

    def _hold(self, seconds: float) -> None:
        """Wait as the host asks, in the next run too should this one end before."""
        self._rate.hold(time.monotonic(), seconds)
        if seconds > self._run.conf.max_wait_s:
            self._leave(seconds)
            return
        try:
            with self._run.store.patient():
                self._run.store.hosts.leave(self._run.site.host, _end(seconds))
        except StorageFailed as error:
            self._run.fail(str(error))

    def _leave(self, wait: float) -> None:
        """The host asks for more patience than a run has: the next runs wait for it."""
        until = _end(wait)
        try:
            with self._run.store.patient():
                self._run.leave_host(
                    f"{self._run.site.host} asks to wait {wait:.0f} s, more than"
                    f" NEWSCRAWL_MAX_WAIT: nothing is asked before {iso(until)}, what is owed"
                    " stays owed",
                    until,
                )
        except StorageFailed as error:
            self._run.fail(str(error))

    def _is_over(self, request: Request) -> bool:
        run = self._run
        return not self._crawler.crawling or bool(run.failure) or not run.may_ask(request.url)


def _end(wait: float) -> datetime:
    """When a wait from now on is over; the clock has whole seconds and must not be early."""
    return now() + min(timedelta(seconds=math.ceil(wait) + 1), LONGEST)
