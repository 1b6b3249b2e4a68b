"""The ledger: every article asked for ends as something, or the run is failed.

Callbacks and pipelines settle what they decide. What ends in neither is settled here, from
Scrapy's signals.
"""

from __future__ import annotations

from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from newscrawl.clock import now
from newscrawl.crawl.run import run_of
from newscrawl.crawl.tally import SourceTally
from newscrawl.crawl.walk import FAILED, Walk
from newscrawl.errors import StorageBusy, StorageFailed
from newscrawl.store import Capture, Link
from newscrawl.text import readable


class Ledger:
    """Settles as owed what was dropped or broke, and adds up at the end."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make an extension."""
        ledger = cls(crawler)
        connect = crawler.signals.connect
        connect(ledger.request_dropped, signals.request_dropped)
        connect(ledger.spider_error, signals.spider_error)
        connect(ledger.item_error, signals.item_error)
        connect(ledger.item_dropped, signals.item_dropped)
        connect(ledger.spider_closed, signals.spider_closed)
        return ledger

    def request_dropped(self, request: Request) -> None:
        """The scheduler took a request from nobody's hands."""
        self._owed(request, "dropped")

    def spider_error(self, failure: Failure, response: Response | Failure) -> None:
        """A callback or errback raised."""
        reason = f"error_{type(failure.value).__name__}"
        request = getattr(response, "request", None)
        if request is not None:
            self._owed(request, reason)
            self._err(reason, request.url)

    def item_dropped(self, item: Any, exception: Exception) -> None:
        """A pipeline dropped a capture: ours have settled it, or will once storing works again."""
        if not isinstance(item, Capture) or item.is_summary:
            return
        if not isinstance(exception.__cause__, StorageFailed):
            self._settle(item.link, "item_dropped")

    def item_error(self, item: Any, failure: Failure) -> None:
        """A pipeline raised."""
        if isinstance(item, Capture):
            reason = f"error_{type(failure.value).__name__}"
            self._settle(item.link, reason)
            self._err(reason, item.url_asked)

    def spider_closed(self, reason: str) -> None:
        """Add up; requests that a cut run never sent are owed."""
        run, stats = run_of(self._crawler), self._crawler.stats
        tally = run.tally
        tally.close(run.memories, cut=reason != "finished")
        stats.set_value("newscrawl/ledger/asked", tally.asked)
        stats.set_value("newscrawl/ledger/differences", len(tally.differences))
        for outcome, number in tally.outcomes.items():
            stats.set_value(f"newscrawl/ledger/{outcome.replace(' ', '_')}", number)

    def _err(self, reason: str, url: str) -> None:
        """An error of the program, not of the page: the run must not look healthy."""
        run_of(self._crawler).errors.append(f"{reason}: {readable(url)}")

    def _owed(self, request: Request, reason: str) -> None:
        link, walk, source = (request.cb_kwargs.get(name) for name in ("link", "walk", "tally"))
        if isinstance(link, Link):
            self._settle(link, reason)
        if isinstance(walk, Walk):
            self._cut(walk, reason)
        if isinstance(source, SourceTally) and source.problem is None:
            source.problem = reason
            self._crawler.stats.inc_value(f"newscrawl/{source.kind}/failed")

    def _cut(self, walk: Walk, reason: str) -> None:
        column = run_of(self._crawler).tally.column(walk.memory.id)
        if column.over is None:
            column.over, column.problem = FAILED, reason
            self._crawler.stats.inc_value("newscrawl/walk/cut")

    def _settle(self, link: Link, reason: str) -> None:
        run = run_of(self._crawler)
        if not run.tally.is_open(link.hash):
            return
        try:
            run.store.fail(link, reason, now())
        except StorageBusy:
            pass  # it is owed as it was
        except StorageFailed as error:
            run.fail(str(error))
        self._crawler.stats.inc_value(f"newscrawl/failed/{reason}")
        run.tally.settle(link.hash, "owed")
