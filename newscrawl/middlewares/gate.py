"""The gate: every request waits here until its host may be asked.

Scrapy's own slots keep ``DOWNLOAD_DELAY``; they know nothing of Crawl-delay, Request-rate and
Retry-After, and forget what is put on them while a slot is idle.
"""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.http import Response

from newscrawl.clock import iso, now
from newscrawl.crawl.rate import Rate, retry_after
from newscrawl.crawl.run import run_of
from newscrawl.middlewares.closed import NotAsked

#: A wait looks this often whether the run has come to its end, in seconds.
_TICK_S = 0.25
_OVERLOADED = frozenset([429, 503])


class GateMiddleware:
    """Holds the rate of the host; leaves it when it asks for more patience than a run has."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._run = run_of(crawler)
        delay = crawler.settings.getfloat("DOWNLOAD_DELAY")
        self._rate = Rate(delay, self._run.conf.share)

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
        delay = robotparser.crawl_delay(agent)
        if delay:
            self._rate.ask_for(delay)
        rate = robotparser.rp.request_rate(agent)
        if rate is not None and rate.requests > 0:
            self._rate.ask_for(rate.seconds / rate.requests)

    async def process_request(self, request: Request) -> None:
        """Wait for the request's turn."""
        wait = self._rate.reserve(time.monotonic())
        if wait > self._run.conf.max_wait_s:
            self._leave(wait)
            raise NotAsked(f"{self._run.site.host} is left alone: {request.url}")
        until = time.monotonic() + wait
        if wait > self._rate.delay_s:
            self._crawler.stats.inc_value("newscrawl/gate/waits")
        while (rest := until - time.monotonic()) > 0:
            await asyncio.sleep(min(rest, _TICK_S))
            if self._is_over(request):
                raise NotAsked(f"the run stops: {request.url}")

    def process_response(self, request: Request, response: Response) -> Response:
        """Learn from an answer how fast the host wants to be asked."""
        if response.status in _OVERLOADED:
            seconds = retry_after((response.headers.get("Retry-After") or b"").decode("latin-1"))
            if seconds:
                self._crawler.stats.inc_value("newscrawl/gate/retry_after")
                self._rate.hold(time.monotonic(), seconds)
        if response.status in _OVERLOADED or response.status >= 500:
            self._slow()
        else:
            self._rate.success()
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """A connection that broke counts like an error of the host."""
        if not isinstance(exception, IgnoreRequest):
            self._slow()

    def _slow(self) -> None:
        self._crawler.stats.inc_value("newscrawl/gate/slowed")
        self._rate.error()

    def _leave(self, wait: float) -> None:
        """The host asks for more patience than a run has: the next runs wait for it."""
        until = now() + timedelta(seconds=wait)
        self._run.leave_host(
            f"{self._run.site.host} asks to wait {wait:.0f} s, more than NEWSCRAWL_MAX_WAIT:"
            f" nothing is asked before {iso(until)}, what is owed stays owed",
            until,
        )

    def _is_over(self, request: Request) -> bool:
        run = self._run
        return not self._crawler.crawling or bool(run.failure) or not run.may_ask(request.url)
