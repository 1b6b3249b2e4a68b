"""Patience: another program holds the database, so the crawl rests and then asks again."""

from __future__ import annotations

import logging
import time

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call
from scrapy.utils.defer import _schedule_coro
from twisted.internet.task import LoopingCall

from newscrawl.crawl.run import Run

logger = logging.getLogger(__name__)

_TICK_S = 1.0
#: Seconds that the crawl rests at most.
LONGEST_S = 60.0


class Patience:
    """Pauses the engine until the database is free; gives up after :data:`LONGEST_S`.

    What could not be stored is asked for again in the same run: nothing is kept in memory that a
    kill would lose.
    """

    def __init__(self, crawler: Crawler, run: Run) -> None:
        self._crawler = crawler
        self._run = run
        self._again: list[Request] = []
        self._since: float | None = None
        self._loop: AsyncioLoopingCall | LoopingCall | None = None  # wants a reactor
        crawler.signals.connect(self._stop, signals.spider_closed)

    def later(self, request: Request) -> None:
        """Ask for this once the database is free."""
        self._again.append(request.replace(dont_filter=True))
        if self._since is None:
            self._since = time.monotonic()
            self._crawler.engine.pause()
            self._crawler.stats.inc_value("newscrawl/store/waits")
            logger.warning("another program holds the database: resting for up to %d s", LONGEST_S)
            self._loop = create_looping_call(self._tick)
            self._loop.start(_TICK_S, now=False)

    def _tick(self) -> None:
        assert self._since is not None
        free = self._run.store.is_free()
        if not free and time.monotonic() - self._since < LONGEST_S:
            return
        self._stop()
        self._since = None
        self._crawler.engine.unpause()
        requests, self._again = self._again, []
        if free:
            for request in requests:
                self._crawler.engine.crawl(request)
            return
        self._run.fail(
            f"another program has held the database for {LONGEST_S:.0f} s; close it and run again,"
            " nothing is lost"
        )
        _schedule_coro(self._crawler.engine.close_spider_async(reason="storage_failed"))

    def _stop(self) -> None:
        if self._loop is not None and self._loop.running:
            self._loop.stop()
