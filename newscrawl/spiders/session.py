"""What listing and article pages of one crawl share: the run, counts, faults, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from newscrawl.clock import now
from newscrawl.crawl.run import Run
from newscrawl.errors import StorageBusy, StorageFailed
from newscrawl.spiders.patience import Patience
from newscrawl.store import Terms
from newscrawl.text import readable

#: Characters of an address, which may be of any length, in a message.
_SHOWN = 300


class Session:
    """One crawl by one spider."""

    def __init__(self, spider: Spider, run: Run) -> None:
        self.patience = Patience(spider.crawler, run)
        self.run = run
        self.site = run.site
        self.logger = spider.logger
        self._spider = spider
        self.instead: Callable[[], Iterator[Any]] = lambda: iter(())
        """What a run does once its pages are refused."""
        self.looks_left = run.conf.relook_budget
        self._is_instead = False

    @property
    def terms(self) -> Terms:
        """What makes a debt due in this run."""
        arguments = self.run.arguments
        dated = arguments.since is not None or arguments.until is not None
        return Terms(now(), self.site.extractor, dated)

    def guarded(self, steps: Iterator[Any], request: Request | None = None) -> Iterator[Any]:
        """Storing failed: end the run with one line instead of an error a page.

        Where another program holds the database, the ``request`` is repeated once it is free: so
        the steps that an answer leads to must bear to be taken twice.
        """
        try:
            yield from steps
        except StorageBusy as error:
            if request is None:
                self.run.fail(str(error))
                raise CloseSpider("storage_failed") from error
            self.patience.later(request)
        except StorageFailed as error:
            self.run.fail(str(error))
            raise CloseSpider("storage_failed") from error

    def again(self, response: Response, fault: str) -> list[Request]:
        """The request once more, past any cache; empty when it was tried often enough."""
        self.count(f"newscrawl/fault/{fault}")
        request = cast(Request, response.request)
        retry = get_retry_request(request, spider=self._spider, reason=f"page {fault}")
        if retry is None:
            return []
        retry.headers["Cache-Control"] = "no-cache"
        return [retry]

    def slow(self, response: Response) -> None:
        """A page takes too long to read. It is not asked for anew at once, since the same bytes
        would take as long."""
        self.count("newscrawl/fault/slow")
        self.logger.warning("slow: reading %s takes too long", readable(response.url))

    def erred(self, url: str, error: Exception) -> None:
        """An error of the program cost one entry of a page: the run must not look healthy."""
        shown = readable(url[:_SHOWN])
        self.run.errors.append(f"{type(error).__name__}: {shown}")
        self.logger.error("%s is left out", shown, exc_info=error)

    def refused_if(self, reason: str) -> Iterator[Any]:
        """403 after 403: the host does not want its pages asked for; gives what is done instead."""
        refused = self.run.refused
        if reason == "http_403" and refused and not refused.earlier and not self._is_instead:
            self._is_instead = True
            yield from self.instead()

    def count(self, stat: str, number: int = 1) -> None:
        """Add to one of Scrapy's stats."""
        self._spider.crawler.stats.inc_value(stat, number)
