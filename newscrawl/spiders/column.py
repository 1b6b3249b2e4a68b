"""The crawl of a site's columns: column pages to articles, everything remembered.

A site's spider is this class with a name and a :class:`newscrawl.site.Site`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, Self, cast

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import CloseSpider
from scrapy.http import Response

from newscrawl.clock import now
from newscrawl.errors import StorageFailed
from newscrawl.run import Run, prepare
from newscrawl.site import Site
from newscrawl.spiders.answers import conditional
from newscrawl.spiders.article_pages import ArticlePages
from newscrawl.spiders.configure import configure
from newscrawl.spiders.listing_pages import ListingPages
from newscrawl.store import Link, Terms


class ColumnSpider(Spider):
    """Walks columns, asks for what is new or owed, and hands captures to the pipelines."""

    site: ClassVar[Site]
    run: Run
    listings: ListingPages
    articles: ArticlePages
    _refusals: int

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, *args: Any, run: Run | None = None, **kwargs: Any
    ) -> Self:
        """``run`` comes from ``scrapy crawl``; a script's crawl is prepared here."""
        assert cls.name is not None
        run = run or prepare(crawler.settings, cls.site, cls.name, kwargs)
        configure(crawler.settings, run)
        spider = super().from_crawler(crawler, *args)
        spider.run = run
        spider.listings = ListingPages(spider)
        spider.articles = ArticlePages(spider)
        spider._refusals = 0
        return spider

    async def start(self) -> AsyncIterator[Request]:
        """What is owed first, then the first page of every column; or just the given articles."""
        steps = self._given() if self.run.arguments.urls else self._begin()
        try:
            for request in self.guarded(steps):
                yield request
        except CloseSpider:
            raise
        except Exception as error:
            # Scrapy only logs what start() raises, and the run would look healthy.
            self.run.fail(f"the crawl could not begin: {error!r}; the log has more")
            raise

    @property
    def terms(self) -> Terms:
        """What makes a debt due in this run."""
        arguments = self.run.arguments
        dated = arguments.since is not None or arguments.until is not None
        return Terms(now(), self.site.extractor, dated)

    # -- what listings and articles have in common -------------------------------------------------

    def guarded(self, steps: Iterator[Any]) -> Iterator[Any]:
        """Storing failed: end the run with one line instead of an error a page."""
        try:
            yield from steps
        except StorageFailed as error:
            self.run.fail(str(error))
            raise CloseSpider("storage_failed") from error

    def again(self, response: Response, fault: str) -> list[Request]:
        """The same request anew, as for a 503; empty when it was tried often enough."""
        self.count(f"newscrawl/fault/{fault}")
        request = cast(Request, response.request)
        retry = get_retry_request(request, spider=self, reason=f"page {fault}")
        return [retry] if retry is not None else []

    def answered(self) -> None:
        """The host gave something: refusals are counted anew."""
        self._refusals = 0

    def refused_if(self, reason: str) -> None:
        """403 after 403: the host does not want us; stop and say so."""
        if reason != "http_403":
            return
        self._refusals += 1
        if self._refusals >= self.run.conf.refusals:
            self.run.refused = self.site.host
            raise CloseSpider("refused")

    def count(self, stat: str, number: int = 1) -> None:
        """Add to one of Scrapy's stats."""
        self.crawler.stats.inc_value(stat, number)

    # -- where a crawl begins ----------------------------------------------------------------------

    def _given(self) -> Iterator[Request]:
        for url in self.run.arguments.urls:
            link = Link(self.run.key(url), url, None)
            self.run.store.owe(link)
            yield from self.articles.ask(link, source="url")

    def _begin(self) -> Iterator[Request]:
        entered = self.run.enter_columns()
        editions = {column.edition for column, _ in entered}
        for link in self.run.store.due([*self.run.memories, None], self.terms):
            of_here = link.column is not None or self.site.edition_of(link.url) in editions
            if of_here and self.run.arguments.covers_day(self.site.date_of(link.url)):
                yield from self.articles.ask(link)
        for column, memory in entered:
            walk = self.run.walk(memory)
            headers = conditional(memory, self.site) if walk.sends_validator else {}
            yield self.listings.request(column, walk, column.url, headers)
